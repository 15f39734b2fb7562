//! Where a module's fields lie: `vtiger_field` for names and tables, `information_schema` for keys, lengths and
//! scales. The result is the same kind of schema that `describe` gives, so both doors decode alike.

use std::collections::{BTreeMap, BTreeSet};

use cs_domain::{FieldName, FieldSchema, FieldType, Kind, KindSchema};
use sqlx::mysql::MySqlRow;

use super::VtigerDatabase;
use super::rows::text;
use super::sql::{identifier, string};
use crate::decode::Referees;
use crate::describe::{Described, ITEM_TYPE};
use crate::error::VtigerError;

/// Tables that `vtiger_field` names and that do not hold one row for each record: line items, marks of single users,
/// a relation to campaigns.
const NOT_OF_THE_RECORD: [&str; 2] = ["vtiger_crmentity_user_field", "vtiger_campaignrelstatus"];
const ITEMS: &str = "vtiger_inventoryproductrel";

/// The table that every record has a row in.
pub(super) const ENTITY: &str = "vtiger_crmentity";

/// One module.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) described: Described,
    places: BTreeMap<FieldName, Place>,
    /// The key that joins a table to `vtiger_crmentity.crmid`.
    keys: BTreeMap<String, String>,
}

/// Where one field lies.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) table: String,
    pub(super) column: String,
    /// Whether its number is the id of another record (and not of a user, a group or a currency).
    pub(super) points_at_record: bool,
}

/// What ids begin with, and which owners are groups.
#[derive(Debug, Default)]
pub(super) struct References {
    prefixes: BTreeMap<Kind, String>,
    groups: BTreeSet<String>,
}

impl References {
    pub(super) async fn load(database: &VtigerDatabase) -> Result<Self, VtigerError> {
        let entities =
            database.ask("list VTiger's modules", "select id, name from vtiger_ws_entity".into()).await?;
        let groups = "select table_name from information_schema.tables where table_schema = database() and \
                      table_name = 'vtiger_groups'";
        let has_groups = !database.ask("look for groups", groups.into()).await?.is_empty();
        let groups = if has_groups {
            database.ask("list groups", "select groupid from vtiger_groups".into()).await?
        } else {
            Vec::new()
        };
        Ok(Self {
            prefixes: entities.iter().map(|row| (Kind::new(text(row, 1)), text(row, 0))).collect(),
            groups: groups.iter().map(|row| text(row, 0)).collect(),
        })
    }

    fn full_id(&self, kind: &Kind, number: &str) -> Option<(Kind, String)> {
        let prefix = self.prefixes.get(kind)?;
        Some((kind.clone(), format!("{prefix}x{number}")))
    }
}

impl Referees for References {
    /// `raw` is a number, or `Module:number` where the field points at a record.
    fn resolve(&self, field: &FieldSchema, raw: &str) -> Option<(Kind, String)> {
        if let Some((module, number)) = raw.split_once(':') {
            return self.full_id(&Kind::from(module), number);
        }
        let FieldType::Reference { kinds } = &field.field_type else {
            return None;
        };
        let group = Kind::from("Groups");
        let kind = kinds.iter().find(|kind| (**kind == group) == self.groups.contains(raw));
        self.full_id(kind?, raw)
    }
}

/// A row of `vtiger_field`.
struct Known {
    id: String,
    name: String,
    column: String,
    table: String,
    label: String,
    uitype: String,
    typeofdata: String,
}

/// What `information_schema` says of a column.
#[derive(Clone, Default)]
struct Stored {
    characters: Option<u32>,
    scale: Option<u32>,
}

impl Layout {
    pub(super) async fn load(database: &VtigerDatabase, kind: &Kind) -> Result<Self, VtigerError> {
        let missing = |what: String| VtigerError::DatabaseShape { what };
        let tab = format!("select tabid, tablabel from vtiger_tab where name = {}", string(kind.as_str()));
        let tabs = database.ask("look up a module", tab).await?;
        let tab = tabs.first().ok_or_else(|| missing(format!("it has no module {kind}")))?;
        let prefix = database.references.prefixes.get(kind).cloned();
        let prefix = prefix.ok_or_else(|| missing(format!("its module {kind} has no id prefix")))?;
        let fields = known_fields(database, &text(tab, 0)).await?;
        let related = related_modules(database, &fields).await?;
        let tables: BTreeSet<&str> = fields.iter().map(|field| field.table.as_str()).collect();
        let (stored, keys) = stored_columns(database, &tables).await?;
        let mut layout = Self {
            described: Described {
                schema: KindSchema {
                    kind: kind.clone(),
                    label: text(tab, 1),
                    creatable: false,
                    updatable: false,
                    submittable: false,
                    fields: BTreeMap::new(),
                },
                prefix,
                guessed: BTreeSet::new(),
            },
            places: BTreeMap::new(),
            keys,
        };
        for field in fields {
            let stored = stored.get(&(field.table.clone(), field.column.clone())).cloned();
            layout.add(field, stored, &related);
        }
        layout.add_id();
        Ok(layout)
    }

    /// A field whose column is not there, or not one for each record, is left out: asking for it is an error then.
    fn add(&mut self, field: Known, stored: Option<Stored>, related: &BTreeMap<String, Vec<Kind>>) {
        let is_item = field.table == ITEMS;
        let Some(stored) = stored.or_else(|| is_item.then(Stored::default)) else {
            return;
        };
        let joined = field.table == ENTITY || self.keys.contains_key(&field.table);
        if !is_item && (!joined || NOT_OF_THE_RECORD.contains(&field.table.as_str())) {
            return;
        }
        let field_type = if is_item {
            FieldType::Other { name: ITEM_TYPE.into() }
        } else {
            field_type(&field.uitype, &field.typeofdata, stored.scale, related.get(&field.id))
        };
        let name = FieldName::from(field.name.as_str());
        let points_at_record = matches!(&field_type, FieldType::Reference { kinds }
            if !kinds.iter().any(|kind| ["Users", "Groups", "Currency"].contains(&kind.as_str())));
        let texts = matches!(field_type, FieldType::Text | FieldType::Choice { .. });
        self.described.schema.fields.insert(
            name.clone(),
            FieldSchema {
                name: name.clone(),
                label: field.label,
                field_type,
                mandatory: field.typeofdata.split('~').nth(1) == Some("M"),
                writable: false,
                max_chars: stored.characters.filter(|_| texts),
                bmp_only: true,
                unique: false,
                allow_on_submit: false,
            },
        );
        self.places.insert(name, Place { table: field.table, column: field.column, points_at_record });
    }

    fn add_id(&mut self) {
        let name = FieldName::from("id");
        self.described.schema.fields.insert(
            name.clone(),
            FieldSchema {
                name: name.clone(),
                label: "id".into(),
                field_type: FieldType::Text,
                mandatory: false,
                writable: false,
                max_chars: None,
                bmp_only: true,
                unique: true,
                allow_on_submit: false,
            },
        );
        self.places
            .insert(name, Place { table: ENTITY.into(), column: "crmid".into(), points_at_record: false });
    }

    /// Where a field lies; refuses what is not there and line items.
    pub(super) fn place(&self, name: &FieldName) -> Result<(&FieldSchema, &Place), VtigerError> {
        let field = self.described.column(name)?;
        let place = self.places.get(name).ok_or_else(|| VtigerError::NoSuchField {
            kind: self.described.kind().clone(),
            field: name.clone(),
        })?;
        Ok((field, place))
    }

    pub(super) fn key(&self, table: &str) -> Option<&str> {
        self.keys.get(table).map(String::as_str)
    }
}

async fn known_fields(database: &VtigerDatabase, tabid: &str) -> Result<Vec<Known>, VtigerError> {
    let sql = format!(
        "select fieldid, fieldname, columnname, tablename, fieldlabel, uitype, typeofdata from vtiger_field \
         where tabid = {} and presence in (0, 2) order by fieldid",
        string(tabid)
    );
    let rows = database.ask("list a module's fields", sql).await?;
    let known = |row: &MySqlRow| Known {
        id: text(row, 0),
        name: text(row, 1),
        column: text(row, 2),
        table: text(row, 3),
        label: text(row, 4),
        uitype: text(row, 5),
        typeofdata: text(row, 6),
    };
    let safe = |field: &Known| identifier(&field.table).is_some() && identifier(&field.column).is_some();
    Ok(rows.iter().map(known).filter(safe).collect())
}

/// What the fields of uitype 10 point at, by field id.
async fn related_modules(
    database: &VtigerDatabase,
    fields: &[Known],
) -> Result<BTreeMap<String, Vec<Kind>>, VtigerError> {
    let ids: Vec<String> =
        fields.iter().filter(|field| field.uitype == "10").map(|field| string(&field.id)).collect();
    let mut related: BTreeMap<String, Vec<Kind>> = BTreeMap::new();
    if ids.is_empty() {
        return Ok(related);
    }
    let sql =
        format!("select fieldid, relmodule from vtiger_fieldmodulerel where fieldid in ({})", ids.join(","));
    for row in database.ask("look up references", sql).await? {
        related.entry(text(&row, 0)).or_default().push(Kind::new(text(&row, 1)));
    }
    Ok(related)
}

type StoredColumns = BTreeMap<(String, String), Stored>;

/// Columns and keys of some tables. A table is joined by its primary key where that is one column.
async fn stored_columns(
    database: &VtigerDatabase,
    tables: &BTreeSet<&str>,
) -> Result<(StoredColumns, BTreeMap<String, String>), VtigerError> {
    let names: Vec<String> = tables.iter().map(|table| string(table)).collect();
    let sql = format!(
        "select table_name, column_name, column_key, character_maximum_length, numeric_scale \
         from information_schema.columns where table_schema = database() and table_name in ({})",
        names.join(",")
    );
    let mut columns = BTreeMap::new();
    let mut keys: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in database.ask("look at a module's tables", sql).await? {
        let (table, column) = (text(&row, 0), text(&row, 1));
        if text(&row, 2) == "PRI" {
            keys.entry(table.clone()).or_default().push(column.clone());
        }
        let stored = Stored { characters: text(&row, 3).parse().ok(), scale: text(&row, 4).parse().ok() };
        columns.insert((table, column), stored);
    }
    let single = |(table, mut columns): (String, Vec<String>)| match (columns.pop(), columns.is_empty()) {
        (Some(column), true) if table != ITEMS => Some((table, column)),
        _ => None,
    };
    Ok((columns, keys.into_iter().filter_map(single).collect()))
}

/// What a field holds, by its uitype first and the letter of `typeofdata` else, as VTiger's web service decides it.
fn field_type(uitype: &str, typeofdata: &str, scale: Option<u32>, related: Option<&Vec<Kind>>) -> FieldType {
    let to =
        |kinds: &[&str]| FieldType::Reference { kinds: kinds.iter().map(|kind| Kind::from(*kind)).collect() };
    match uitype {
        "10" => FieldType::Reference { kinds: related.cloned().unwrap_or_default() },
        "50" | "51" | "73" => to(&["Accounts"]),
        "57" => to(&["Contacts"]),
        "58" => to(&["Campaigns"]),
        "59" => to(&["Products"]),
        "68" => to(&["Accounts", "Contacts"]),
        "75" | "81" => to(&["Vendors"]),
        "76" => to(&["Potentials"]),
        "78" => to(&["Quotes"]),
        "80" => to(&["SalesOrder"]),
        "52" | "77" | "101" => to(&["Users"]),
        "53" => to(&["Users", "Groups"]),
        "117" => to(&["Currency"]),
        "15" | "16" => FieldType::Choice { values: Vec::new(), closed: false },
        "56" => FieldType::Boolean,
        "5" | "6" | "23" => FieldType::Date,
        "70" => FieldType::DateTime,
        "71" | "72" => FieldType::Decimal { scale },
        "69" | "28" | "61" | "99" => FieldType::Other { name: format!("uitype {uitype}") },
        _ => by_letter(typeofdata, scale),
    }
}

fn by_letter(typeofdata: &str, scale: Option<u32>) -> FieldType {
    match typeofdata.split('~').next().unwrap_or_default() {
        "I" => FieldType::Integer,
        "N" | "NN" => FieldType::Decimal { scale },
        "D" => FieldType::Date,
        "DT" => FieldType::DateTime,
        "C" => FieldType::Boolean,
        _ => FieldType::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::Payload;
    use std::mem::discriminant;

    /// Both doors must decode alike: the types found by uitype are those that `describe` told on the same server.
    #[test]
    fn uitypes_mean_what_describe_says() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures/vtiger");
        if !folder.is_dir() {
            println!("skipped: no recorded answers in {}", folder.display());
            return;
        }
        let mut compared = 0;
        for (fields, module) in [
            ("fields_salesorder.tsv", "038_describe_SalesOrder.json"),
            ("fields_contacts.tsv", "002_describe_Contacts.json"),
            ("fields_accounts.tsv", "002_describe_Accounts.json"),
        ] {
            let recording: serde_json::Value =
                serde_json::from_slice(&std::fs::read(folder.join(module)).unwrap()).unwrap();
            let body: serde_json::Value =
                serde_json::from_str(recording["response"]["body"].as_str().unwrap()).unwrap();
            let described = Described::read(Payload(body["result"].clone())).unwrap();
            for line in std::fs::read_to_string(folder.join(fields)).unwrap().lines().skip(1) {
                let cells: Vec<&str> = line.split('\t').collect();
                let Ok(expected) = described.column(&cells[0].into()) else {
                    continue;
                };
                let related = vec![Kind::from("Products")];
                let found = field_type(cells[4], cells[5], None, Some(&related));
                let same = discriminant(&found) == discriminant(&expected.field_type);
                // An address is a picklist nowhere: both are plain text or neither is.
                assert!(same, "{module} {}: {found:?}, described {:?}", cells[0], expected.field_type);
                if let (FieldType::Reference { kinds: a }, FieldType::Reference { kinds: b }) =
                    (&found, &expected.field_type)
                {
                    assert_eq!(a, b, "{}", cells[0]);
                }
                compared += 1;
            }
        }
        assert!(compared > 120, "{compared}");
    }
}
