//! Both sides of a unit as they are now, for "look up a record".

use std::collections::BTreeMap;
use std::sync::Arc;

use cs_domain::mapping::{DocumentMapping, UnitMapping};
use cs_domain::policy::{ConflictPolicy, Direction};
use cs_domain::{
    Edition, FieldName, Kind, KindSchema, LinkStanding, MappingName, Record, RecordRef, Role, System, Value,
    guarded,
};
use cs_ports::{Discovery, ErrorKind, FieldRequest, FieldRequests, Guard, KindAbout, Peer, PeerError, Store};
use cs_store::SqliteStore;
use cs_web::office::{Lookup, OfficeError, Sight, SightField};

use super::telling::told;
use super::{Office, addresses};
use crate::config::Config;
use crate::failure::CommandError;
use crate::mappings::Editions;
use crate::weighing::{Bound, bound};
use crate::wiring::{Looking, look};

/// What each system says of a kind; nothing where it has none of the name.
type SchemasSeen = BTreeMap<(System, Kind), Option<Arc<KindSchema>>>;

/// The two systems, and the mappings that were held against them. It is made anew with other settings, and after a while: both
/// systems' fields change, too.
pub(super) struct Desk {
    config: Arc<Config>,
    looking: Looking,
    bound: tokio::sync::Mutex<BTreeMap<MappingName, (Edition, Arc<Bound>)>>,
    schemas: tokio::sync::Mutex<SchemasSeen>,
    kinds: tokio::sync::Mutex<BTreeMap<System, Arc<Vec<KindAbout>>>>,
    samples: tokio::sync::Mutex<BTreeMap<Sample, Arc<Vec<Record>>>>,
    since: tokio::time::Instant,
}

/// Which records were looked at: of which kind, which of their fields, how many.
type Sample = (System, Kind, Vec<FieldName>, u32);

/// How long what the systems said of their fields is taken to hold.
const AGE: std::time::Duration = std::time::Duration::from_secs(300);

impl Desk {
    fn holds(&self, config: &Arc<Config>) -> bool {
        Arc::ptr_eq(&self.config, config) && self.since.elapsed() < AGE
    }

    async fn bound(&self, mapping: &MappingName, store: &SqliteStore) -> Result<Arc<Bound>, CommandError> {
        let editions = Editions::read(&self.config, store).await?;
        let edition = editions.source(mapping.as_str())?.edition;
        let mut known = self.bound.lock().await;
        if let Some((_, bound)) = known.get(mapping).filter(|(of, _)| *of == edition) {
            return Ok(Arc::clone(bound));
        }
        let bound = Arc::new(bound(&self.looking, &editions, mapping.as_str()).await?);
        known.insert(mapping.clone(), (edition, Arc::clone(&bound)));
        Ok(bound)
    }

    /// What a system says of a kind; `None`: there is none of this name that its user may see.
    async fn schema(&self, system: System, kind: &Kind) -> Result<Option<Arc<KindSchema>>, PeerError> {
        let key = (system, kind.clone());
        let mut known = self.schemas.lock().await;
        if let Some(schema) = known.get(&key) {
            return Ok(schema.clone());
        }
        let schema = match self.peer(system).schema(kind).await {
            Ok(schema) => Some(Arc::new(schema)),
            Err(error) if error.kind == ErrorKind::Missing => None,
            Err(error) => return Err(error),
        };
        known.insert(key, schema.clone());
        Ok(schema)
    }

    /// What tells what a system has; a connector of one's own in VTiger's place does not.
    fn discovery(&self, system: System) -> Result<&dyn Discovery, OfficeError> {
        match (system, &self.looking.vtiger) {
            (System::Frappe, _) => Ok(self.looking.frappe.as_ref()),
            (System::Vtiger, Some(vtiger)) => Ok(vtiger.as_ref()),
            (System::Vtiger, None) => Err(OfficeError::NotThere { what: "list of its modules".to_owned() }),
        }
    }

    fn peer(&self, system: System) -> &dyn Peer {
        match system {
            System::Vtiger => self.looking.engine.vtiger.as_ref(),
            System::Frappe => self.looking.engine.frappe.as_ref(),
        }
    }
}

/// A unit of a mapping, by which records and documents are shown.
struct Seat<'b> {
    bound: &'b Bound,
    unit: &'b UnitMapping,
}

impl Office {
    /// The desk for the settings that hold now.
    async fn desk(&self) -> Result<Arc<Desk>, OfficeError> {
        let config = self.config();
        let mut desk = self.desk.lock().await;
        if let Some(desk) = desk.as_ref().filter(|desk| desk.holds(&config)) {
            return Ok(Arc::clone(desk));
        }
        let looking = look(&config).map_err(told)?;
        let (bound, schemas) = (tokio::sync::Mutex::default(), tokio::sync::Mutex::default());
        let since = tokio::time::Instant::now();
        let (kinds, samples) = (tokio::sync::Mutex::default(), tokio::sync::Mutex::default());
        let made = Arc::new(Desk { config, looking, bound, schemas, kinds, samples, since });
        *desk = Some(Arc::clone(&made));
        Ok(made)
    }

    /// What a system says of a kind.
    pub(super) async fn described(
        &self,
        system: System,
        kind: &Kind,
    ) -> Result<Option<Arc<KindSchema>>, OfficeError> {
        let desk = self.desk().await?;
        desk.schema(system, kind).await.map_err(|error| told(CommandError::from(error)))
    }

    /// The kinds of a system.
    pub(super) async fn listed(&self, system: System) -> Result<Arc<Vec<KindAbout>>, OfficeError> {
        let desk = self.desk().await?;
        let mut known = desk.kinds.lock().await;
        if let Some(kinds) = known.get(&system) {
            return Ok(Arc::clone(kinds));
        }
        let kinds = desk.discovery(system)?.kinds().await;
        let kinds = Arc::new(kinds.map_err(|error| told(CommandError::from(error)))?);
        known.insert(system, Arc::clone(&kinds));
        Ok(kinds)
    }

    /// The newest records of a kind.
    pub(super) async fn sampled(
        &self,
        system: System,
        kind: &Kind,
        fields: &[FieldName],
        most: u32,
    ) -> Result<Arc<Vec<Record>>, OfficeError> {
        let desk = self.desk().await?;
        let sample = (system, kind.clone(), fields.to_vec(), most);
        if let Some(records) = desk.samples.lock().await.get(&sample) {
            return Ok(Arc::clone(records));
        }
        let wanted = FieldRequests::plain(fields.iter().cloned());
        let records = desk.discovery(system)?.newest(kind, &wanted, most).await;
        let records = Arc::new(records.map_err(|error| told(CommandError::from(error)))?);
        desk.samples.lock().await.insert(sample, Arc::clone(&records));
        Ok(records)
    }

    /// Both sides of a record's unit, or of a document's.
    pub(super) async fn sides(
        &self,
        mapping: &MappingName,
        record: &RecordRef,
    ) -> Result<Lookup, OfficeError> {
        let desk = self.desk().await?;
        let bound = desk.bound(mapping, &self.store).await.map_err(told)?;
        let (subject, documents) = self.unit_of(mapping, record).await?;
        let unit = unit_for(&bound, subject.as_ref(), &documents).ok_or_else(|| OfficeError::NotThere {
            what: format!("{} in the mapping {mapping}", record.kind),
        })?;
        let seat = Seat { bound: &bound, unit };
        let address = |record: &RecordRef| addresses::of(record, &desk.config);
        let mut sights = Vec::new();
        if let Some(subject) = &subject {
            let found = one(desk.peer(System::Vtiger), subject, &seat.wanted_of_record()).await?;
            sights.push(Sight {
                reference: subject.clone(),
                role: None,
                there: found.is_some(),
                fields: found.map(|found| seat.of_record(&found)).unwrap_or_default(),
                address: address(subject),
            });
        }
        for (role, document) in &documents {
            let Some(form) = role_of(unit, role.as_ref(), &document.kind) else { continue };
            let found = one(desk.peer(System::Frappe), document, &wanted_of(form)).await?;
            let shown = guarded::shown(document);
            sights.push(Sight {
                role: Some(form.role.clone()),
                there: found.is_some(),
                fields: found.map(|found| seat.of_document(form, &found)).unwrap_or_default(),
                // An address has the document's name in it.
                address: address(document).filter(|_| shown == *document),
                reference: shown,
            });
        }
        Ok(Lookup { mapping: mapping.clone(), sights })
    }

    /// The VTiger record and the documents that belong together; of a document without a link only itself.
    async fn unit_of(
        &self,
        mapping: &MappingName,
        record: &RecordRef,
    ) -> Result<(Option<RecordRef>, Vec<(Option<Role>, RecordRef)>), OfficeError> {
        let subject = match record.system {
            System::Vtiger => Some(record.clone()),
            System::Frappe => {
                let ties = self.store.ties_to(mapping, std::slice::from_ref(record)).await?;
                let live = ties.iter().find(|tie| tie.link.standing == LinkStanding::Live);
                live.or(ties.first()).map(|tie| tie.link.subject.clone())
            }
        };
        let Some(subject) = subject else { return Ok((None, vec![(None, record.clone())])) };
        let ties = self.store.ties_of(mapping, std::slice::from_ref(&subject)).await?;
        let live = ties.into_iter().filter(|tie| tie.link.standing == LinkStanding::Live);
        let documents = live.map(|tie| (Some(tie.link.role), tie.link.document));
        Ok((Some(subject), documents.collect()))
    }
}

fn unit_for<'b>(
    bound: &'b Bound,
    subject: Option<&RecordRef>,
    documents: &[(Option<Role>, RecordRef)],
) -> Option<&'b UnitMapping> {
    let mut units = bound.mapping.units.iter();
    match subject {
        Some(subject) => units.find(|unit| unit.module == subject.kind),
        None => units.find(|unit| {
            documents.iter().any(|(role, document)| role_of(unit, role.as_ref(), &document.kind).is_some())
        }),
    }
}

fn role_of<'u>(unit: &'u UnitMapping, role: Option<&Role>, kind: &Kind) -> Option<&'u DocumentMapping> {
    match role {
        Some(role) => unit.document(role),
        None => unit.documents.iter().find(|document| document.doctype == *kind),
    }
}

async fn one(
    peer: &dyn Peer,
    reference: &RecordRef,
    wanted: &FieldRequests,
) -> Result<Option<Record>, OfficeError> {
    let ids = std::slice::from_ref(&reference.id);
    let read = peer.read(&reference.kind, ids, wanted).await;
    let read = read.map_err(|error| told(CommandError::from(error)))?;
    Ok(read.into_iter().next())
}

/// What is asked of a document: its fields with a rule, card data reduced before it leaves the connector.
fn wanted_of(form: &DocumentMapping) -> FieldRequests {
    let rules = form.fields.iter().map(|rule| FieldRequest {
        name: rule.frappe.clone(),
        guard: if rule.guards_card_data() { Guard::LastFour } else { Guard::None },
    });
    let plain = |name: FieldName| FieldRequest { name, guard: Guard::None };
    let key = form.external_id.clone().filter(|key| form.rule(key).is_none()).map(plain);
    FieldRequests(rules.chain(key).collect())
}

impl Seat<'_> {
    fn wanted_of_record(&self) -> FieldRequests {
        let guarded = self.unit.guarded_fields();
        let mut wanted = FieldRequests::plain(self.unit.vtiger_fields().into_iter().cloned());
        for field in wanted.0.iter_mut().filter(|field| guarded.contains(&field.name)) {
            field.guard = Guard::LastFour;
        }
        wanted
    }

    /// The record's fields in the order in which the mapping names them.
    fn of_record(&self, record: &Record) -> Vec<SightField> {
        let schema = self.bound.vtiger.get(&self.unit.module);
        let mut fields: Vec<SightField> = Vec::new();
        for document in &self.unit.documents {
            for rule in &document.fields {
                for name in rule.source.vtiger_fields() {
                    let partner = format!("{}.{}", document.role, rule.frappe);
                    if let Some(field) = fields.iter_mut().find(|field| field.name == *name) {
                        field.value = guarded::manner(System::Frappe, &document.doctype)(&field.value);
                        join(&mut field.partner, ", ", &partner);
                        join(&mut field.rule, "; ", &worded(document, rule));
                        continue;
                    }
                    let field = plain(schema, name, record);
                    fields.push(SightField {
                        partner: Some(partner),
                        rule: Some(worded(document, rule)),
                        value: guarded::manner(System::Frappe, &document.doctype)(&field.value),
                        ..field
                    });
                }
            }
        }
        let selected = self.unit.vtiger_fields();
        let rest = selected.into_iter().filter(|name| !fields.iter().any(|field| field.name == **name));
        let rest: Vec<SightField> = rest.map(|name| plain(schema, name, record)).collect();
        fields.extend(rest);
        fields
    }

    fn of_document(&self, form: &DocumentMapping, document: &Record) -> Vec<SightField> {
        let schema = self.bound.frappe.get(&form.doctype);
        let rules = form.fields.iter().map(|rule| {
            let partners: Vec<String> = rule.source.vtiger_fields().iter().map(ToString::to_string).collect();
            SightField {
                partner: Some(partners.join(", ")).filter(|partners| !partners.is_empty()),
                rule: Some(worded(form, rule)),
                ..plain(schema, &rule.frappe, document)
            }
        });
        let key = form.external_id.iter().filter(|key| form.rule(key).is_none());
        rules.chain(key.map(|key| plain(schema, key, document))).collect()
    }
}

/// A field by itself, without what the mapping says of it.
fn plain(schema: Option<&KindSchema>, name: &FieldName, record: &Record) -> SightField {
    let label = schema.and_then(|schema| schema.fields.get(name)).map(|field| field.label.clone());
    SightField {
        name: name.clone(),
        label: label.filter(|label| !label.is_empty()).unwrap_or_else(|| name.to_string()),
        value: guarded::manner(System::Frappe, &record.reference.kind)(
            record.get(name).unwrap_or(&Value::Empty),
        ),
        partner: None,
        rule: None,
    }
}

/// A rule in the mapping's words, with the document's role before it.
fn worded(document: &DocumentMapping, rule: &cs_domain::mapping::FieldRule) -> String {
    let own = format!("{}.{rule}", document.role);
    let both = rule.direction == Direction::Both && !rule.on_create;
    match (rule.conflict, document.conflict) {
        (None, ConflictPolicy::VtigerWins) if both => format!("{own}, conflicts: VTiger wins"),
        (None, ConflictPolicy::FrappeWins) if both => format!("{own}, conflicts: Frappe wins"),
        (None, ConflictPolicy::NewestWins) if both => format!("{own}, conflicts: the newest wins"),
        _ => own,
    }
}

fn join(text: &mut Option<String>, between: &str, more: &str) {
    match text {
        Some(text) => {
            text.push_str(between);
            text.push_str(more);
        }
        None => *text = Some(more.to_owned()),
    }
}
