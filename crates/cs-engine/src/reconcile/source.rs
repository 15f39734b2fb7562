//! Where the orders come from.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use cs_companies::{Order, ReadReport};
use cs_domain::{FieldName, Record, RecordId, Value};
use cs_ports::{Criterion, Peer, PeerError};

use super::fields::{NoDate, OrderDecoder, OrderFields};

/// What a reconciliation needs of the CRM.
#[derive(Clone, Copy, Debug)]
pub struct OrdersAsked<'a> {
    /// The companies whose orders should stand in the report, as the CRM calls them.
    pub companies: &'a BTreeSet<String>,
    /// The report: a member's order counts whatever its company.
    pub report: &'a ReadReport,
}

/// An order that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadableOrder {
    /// Its member id, as the CRM has it: nothing may be concluded about this member.
    pub member_id: String,
    /// Why.
    pub reason: NoDate,
}

/// Orders, and those that cannot be used.
#[derive(Clone, Debug, Default)]
pub struct OrdersRead {
    /// The orders.
    pub orders: Vec<Order>,
    /// The others.
    pub unreadable: Vec<UnreadableOrder>,
}

/// Reads the CRM's orders: all of the companies', whatever their broker, and those of the report's members at least.
#[async_trait]
pub trait OrderSource: Send + Sync {
    /// The orders as they are now.
    async fn orders(&self, asked: OrdersAsked<'_>) -> Result<OrdersRead, PeerError>;
}

/// The orders by VTiger's web service: named columns, page by page after the last id (facts/VTIGER.md, traps 8 and 9).
pub struct WebService {
    /// VTiger.
    pub vtiger: Arc<dyn Peer>,
    /// What its fields are called.
    pub fields: OrderFields,
}

#[async_trait]
impl OrderSource for WebService {
    async fn orders(&self, asked: OrdersAsked<'_>) -> Result<OrdersRead, PeerError> {
        let mut gathered = Gathered::new(&self.fields);
        let companies = asked.companies.iter().map(|name| Value::text(name.as_str())).collect();
        gathered.take(self.find(&self.fields.company, companies).await?);
        let known: HashSet<String> = gathered.read.orders.iter().map(Order::clean_member_id).collect();
        let others = asked.report.rows.iter().filter(|row| !known.contains(&*row.member_id));
        // VTiger's query language cannot say these (facts/VTIGER.md, trap 11); no order has such an id.
        let askable = |id: &&str| !id.ends_with('\\') && !id.contains(char::is_control);
        let others: BTreeSet<&str> = others.map(|row| &*row.member_id).filter(askable).collect();
        let others: Vec<Value> = others.into_iter().map(Value::text).collect();
        for chunk in others.chunks(MEMBERS) {
            gathered.take(self.find(&self.fields.member_id, chunk.to_vec()).await?);
        }
        Ok(gathered.read)
    }
}

/// Member ids that are asked for at once.
const MEMBERS: usize = 5_000;

impl WebService {
    async fn find(&self, field: &FieldName, any_of: Vec<Value>) -> Result<Vec<Record>, PeerError> {
        if any_of.is_empty() {
            return Ok(Vec::new());
        }
        let criteria = [Criterion { field: field.clone(), any_of }];
        self.vtiger.find(&self.fields.module, &criteria, &self.fields.requests()).await
    }
}

struct Gathered<'f> {
    fields: &'f OrderFields,
    decoder: OrderDecoder<'f>,
    seen: HashSet<RecordId>,
    read: OrdersRead,
}

impl<'f> Gathered<'f> {
    fn new(fields: &'f OrderFields) -> Self {
        let decoder = OrderDecoder::new(fields);
        Self { fields, decoder, seen: HashSet::new(), read: OrdersRead::default() }
    }

    fn take(&mut self, records: Vec<Record>) {
        for record in records {
            if !self.seen.insert(record.reference.id.clone()) {
                continue;
            }
            match self.decoder.order(&record) {
                Ok(order) => self.read.orders.push(order),
                Err(reason) => {
                    let member_id = record.get(&self.fields.member_id).map(Value::plain).unwrap_or_default();
                    self.read.unreadable.push(UnreadableOrder { member_id, reason });
                }
            }
        }
    }
}

/// Records by what the CRM calls their members.
pub(super) type ByMember = BTreeMap<String, Vec<Record>>;
