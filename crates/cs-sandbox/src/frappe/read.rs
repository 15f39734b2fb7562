//! Reading: one document, lists, counts and single values (facts/FRAPPE.md, "Reading").

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::catalogue::{DocType, Field};
use super::collate;
use super::draft::{rows_of, shape};
use super::permission::{Reach, Right};
use super::query::{self, Column, Filter, Query, Wanted};
use super::refusal::{Class, Refusal};
use super::rules::describe;
use super::site::Txn;
use super::values::{CHILD, Row, STANDARD, number, text};

/// Users that no list shows.
const STANDARD_USERS: [&str; 2] = ["Administrator", "Guest"];

/// A row of a join: the document, and for each joined table one of its rows.
struct Joined {
    row: Arc<Row>,
    tables: BTreeMap<String, Option<Row>>,
}

/// A table that a query joins: how it was named, and where it is.
struct Join {
    named: String,
    table: String,
    child: Arc<DocType>,
}

impl Txn<'_> {
    /// A document. Its name is compared without case and trailing spaces.
    pub fn get(&mut self, doctype: &str, name: &str) -> Result<Row, Refusal> {
        let meta = self.meta(doctype)?;
        if doctype == "DocType" {
            return self.get_doctype(&meta, name);
        }
        let row = self.stored(doctype, name)?;
        self.require(&meta, Right::Read, &row)?;
        Ok(Row::clone(&row))
    }

    fn get_doctype(&mut self, meta: &DocType, name: &str) -> Result<Row, Refusal> {
        self.require(meta, Right::Read, &Row::new())?;
        let described = self.site.store.doctype(name).map(|found| describe(&found));
        let mut row = described.ok_or_else(|| Refusal::not_found("DocType", name))?;
        if let Some(stored) = self.site.store.get("DocType", name) {
            for (key, value) in stored.iter() {
                row.entry(key.clone()).or_insert_with(|| value.clone());
            }
        }
        Ok(row)
    }

    /// A document as `/api/resource` shows it (`nulls` false) or as `frappe.client` does (`nulls` true).
    pub fn shaped(&self, doctype: &str, row: &Row, nulls: bool) -> Value {
        match self.site.store.doctype(doctype) {
            Some(meta) => Value::Object(shape(self, &meta, row, nulls)),
            None => Value::Object(row.clone()),
        }
    }

    /// A list. A user without any right to a document gets an empty one, not a refusal (trap 7), unless no role of theirs
    /// knows the kind at all. `parent` is the kind that child rows are listed for.
    pub fn list(
        &mut self,
        doctype: &str,
        query: &Query,
        parent: Option<&str>,
    ) -> Result<Vec<Map<String, Value>>, Refusal> {
        let meta =
            self.site.store.doctype(doctype).ok_or_else(|| {
                Refusal::thrown(Class::DoesNotExist, format!("DocType {doctype} not found"))
            })?;
        let mut rows = self.readable(&meta, parent)?;
        let sieves: Vec<Sieve<'_>> = query.filters.iter().filter_map(Sieve::of).collect();
        rows.retain(|row| sieves.iter().all(|sieve| sieve.may_pass(row)));
        let joins = self.joins(&meta, query);
        self.check_columns(&meta, &joins, query)?;
        let mut joined: Vec<Joined> = rows.iter().flat_map(|row| multiply(row, &joins)).collect();
        joined.retain(|row| {
            let holds = |filter: &Filter| self.holds(&meta, row, filter);
            query.filters.iter().all(holds)
                && (query.or_filters.is_empty() || query.or_filters.iter().any(holds))
        });
        self.sort(&meta, &mut joined, query);
        let has_aggregate = query.fields.iter().any(|field| matches!(field, Wanted::Aggregate(..)));
        if query.group.is_some() || has_aggregate {
            return Ok(grouped(&joined, query));
        }
        let window = joined.iter().skip(query.start).take(query.limit.unwrap_or(usize::MAX));
        Ok(window.map(|row| self.show(&meta, row, &query.fields)).collect())
    }

    /// How many rows a list would have.
    pub fn count(&mut self, doctype: &str, filters: Vec<Filter>) -> Result<usize, Refusal> {
        let query = Query { filters, ..Query::default() };
        self.list(doctype, &query, None).map(|rows| rows.len())
    }

    /// The rows that the user may see.
    fn readable(&mut self, meta: &Arc<DocType>, parent: Option<&str>) -> Result<Vec<Arc<Row>>, Refusal> {
        if !meta.is_table {
            let reach = self.reach(meta, Right::Read);
            if matches!(reach, Reach::NoRole | Reach::None) {
                return Err(self.no_list(meta));
            }
            if meta.name == "DocType" {
                return Ok(self.site.store.doctypes().map(|meta| Arc::new(describe(meta))).collect());
            }
            let rows = self.site.store.rows(&meta.name);
            let mine = |row: &&Arc<Row>| {
                let hidden = meta.name == "User" && STANDARD_USERS.contains(&text(row.get("name")).as_str());
                !hidden && (reach == Reach::All || text(row.get("owner")) == self.user)
            };
            return Ok(rows.filter(mine).cloned().collect());
        }
        let Some(parent) = parent.and_then(|parent| self.site.store.doctype(parent)) else {
            return Err(Refusal::silent(Class::Permission, ""));
        };
        if self.reach(&parent, Right::Read) != Reach::All {
            return Err(self.no_list(&parent));
        }
        let tables = parent.tables().filter(|table| table.options == meta.name);
        let rows = tables.flat_map(|table| {
            let parents = self.site.store.rows(&parent.name);
            parents.flat_map(|row| rows_of(row, &table.fieldname)).map(Arc::new)
        });
        let mut rows: Vec<Arc<Row>> = rows.collect();
        rows.sort_by_key(|row| collate::key(&text(row.get("name"))));
        Ok(rows)
    }

    fn joins(&self, meta: &DocType, query: &Query) -> Vec<Join> {
        let mut joins: Vec<Join> = Vec::new();
        for named in columns_of(query).filter_map(|column| column.of.as_deref()) {
            let table = meta.tables().find(|table| table.fieldname == named || table.options == named);
            let child = table.and_then(|table| self.site.store.doctype(&table.options));
            if let (Some(table), Some(child)) = (table, child)
                && !joins.iter().any(|join| join.named == named)
            {
                joins.push(Join { named: named.to_owned(), table: table.fieldname.clone(), child });
            }
        }
        joins
    }

    /// A column in a filter that there is not is Frappe's refusal; one in the order is the database's.
    fn check_columns(&self, meta: &DocType, joins: &[Join], query: &Query) -> Result<(), Refusal> {
        let mut filters = query.filters.iter().chain(&query.or_filters).map(|filter| &filter.column);
        if let Some(column) = filters.find(|column| !self.is_known(meta, joins, column)) {
            return Err(query::not_permitted(column));
        }
        let is_alias = |column: &Column| {
            let names = |wanted: &Wanted| matches!(wanted, Wanted::Column(_, name) | Wanted::Aggregate(_, _, name) if *name == column.field);
            query.fields.iter().any(names)
        };
        let mut orders = query.order.iter().map(|(column, _)| column);
        match orders.find(|column| !is_alias(column) && !self.is_known(meta, joins, column)) {
            Some(column) => Err(Refusal::silent(
                Class::Operational,
                format!("(1054, \"Unknown column '{}' in 'order clause'\")", column.field),
            )),
            None => Ok(()),
        }
    }

    fn is_known(&self, meta: &DocType, joins: &[Join], column: &Column) -> bool {
        let field = &column.field;
        let Some(of) = column.of.as_deref().filter(|of| *of != meta.name) else {
            return is_column(meta, field);
        };
        joins.iter().any(|join| join.named == of && is_column(&join.child, field))
            || self.behind_link(meta, of).is_some_and(|target| is_column(&target, field))
    }

    fn behind_link(&self, meta: &DocType, link: &str) -> Option<Arc<DocType>> {
        let field = meta.field(link).filter(|field| field.fieldtype == "Link")?;
        self.site.store.doctype(&field.options)
    }

    fn value_of(&self, meta: &DocType, row: &Joined, column: &Column) -> Value {
        let Some(of) = column.of.as_deref().filter(|of| *of != meta.name) else {
            return row.row.get(&column.field).cloned().unwrap_or_default();
        };
        if let Some(child) = row.tables.get(of) {
            let value = child.as_ref().and_then(|child| child.get(&column.field));
            return value.cloned().unwrap_or_default();
        }
        let target = self.behind_link(meta, of);
        let linked = target.and_then(|target| self.site.store.get(&target.name, &text(row.row.get(of))));
        linked.and_then(|linked| linked.get(&column.field)).cloned().unwrap_or_default()
    }

    fn holds(&self, meta: &DocType, row: &Joined, filter: &Filter) -> bool {
        let kind = meta.field(&filter.column.field).map(|field| field.fieldtype.as_str());
        let is_moment = matches!(kind, Some("Datetime"))
            || ["creation", "modified"].contains(&filter.column.field.as_str());
        holds(&self.value_of(meta, row, &filter.column), filter, is_moment)
    }

    fn sort(&self, meta: &DocType, rows: &mut [Joined], query: &Query) {
        let mut order = query.order.clone();
        // Without an order MariaDB answers by whatever index it uses: the one on `modified` where that covers
        // the query, else the primary key (rows come by name already).
        let covered =
            |column: &Column| column.of.is_none() && ["name", "modified"].contains(&column.field.as_str());
        let by_name =
            query.filters.iter().chain(&query.or_filters).any(|filter| filter.column.field == "name");
        if order.is_empty()
            && !meta.is_table
            && !by_name
            && columns_of(query).all(covered)
            && !query.fields.contains(&Wanted::All)
        {
            order.push((query::column("modified"), false));
        }
        rows.sort_by(|left, right| {
            let steps = order.iter().map(|(column, down)| {
                let step = compare(&self.value_of(meta, left, column), &self.value_of(meta, right, column));
                if *down { step.reverse() } else { step }
            });
            steps.fold(Ordering::Equal, Ordering::then)
        });
    }

    fn show(&self, meta: &DocType, row: &Joined, fields: &[Wanted]) -> Map<String, Value> {
        let name = [Wanted::Column(query::column("name"), "name".to_owned())];
        let fields = if fields.is_empty() { &name } else { fields };
        let mut shown = Map::new();
        for wanted in fields {
            match wanted {
                Wanted::All => {
                    let child = if meta.is_table { CHILD.as_slice() } else { &[] };
                    let columns = meta.columns().map(|field| field.fieldname.as_str());
                    for field in STANDARD.into_iter().chain(child.iter().copied()).chain(columns) {
                        shown.insert(field.to_owned(), row.row.get(field).cloned().unwrap_or_default());
                    }
                }
                // A field that there is not is left out in silence.
                Wanted::Column(column, _) if column.of.is_none() && !is_column(meta, &column.field) => {}
                Wanted::Column(column, name) => {
                    shown.insert(name.clone(), self.value_of(meta, row, column));
                }
                Wanted::Aggregate(..) => {}
            }
        }
        shown
    }
}

fn grouped(rows: &[Joined], query: &Query) -> Vec<Map<String, Value>> {
    let mut groups: Vec<(Value, Vec<&Joined>)> = Vec::new();
    for row in rows {
        let key = query.group.as_ref().map(|column| row.row.get(&column.field).cloned().unwrap_or_default());
        let key = key.unwrap_or_default();
        match groups.iter_mut().find(|(found, _)| *found == key) {
            Some((_, members)) => members.push(row),
            None => groups.push((key, vec![row])),
        }
    }
    let shown = groups.iter().map(|(_, members)| {
        let mut shown = Map::new();
        for wanted in &query.fields {
            match wanted {
                Wanted::Aggregate(function, column, name) => {
                    shown.insert(name.clone(), aggregate(function, column, members));
                }
                Wanted::Column(column, name) => {
                    let value = members.first().and_then(|row| row.row.get(&column.field));
                    shown.insert(name.clone(), value.cloned().unwrap_or_default());
                }
                Wanted::All => {}
            }
        }
        shown
    });
    shown.collect()
}

fn columns_of(query: &Query) -> impl Iterator<Item = &Column> {
    let fields = query.fields.iter().filter_map(|wanted| match wanted {
        Wanted::Column(column, _) | Wanted::Aggregate(_, column, _) => Some(column),
        Wanted::All => None,
    });
    let filters = query.filters.iter().chain(&query.or_filters).map(|filter| &filter.column);
    fields.chain(filters).chain(query.order.iter().map(|(column, _)| column))
}

fn is_column(meta: &DocType, field: &str) -> bool {
    STANDARD.contains(&field)
        || (meta.is_table && CHILD.contains(&field))
        || meta.field(field).is_some_and(Field::has_column)
}

/// What the texts of a plain filter on the document itself come to, worked out once a query; what is less plain is looked
/// at with the joins.
struct Sieve<'q> {
    field: &'q str,
    keys: HashSet<String>,
}

impl<'q> Sieve<'q> {
    fn of(filter: &'q Filter) -> Option<Self> {
        let texts: Vec<&str> = match (&filter.column.of, filter.operator.as_str(), &filter.value) {
            (None, "=", Value::String(text)) => vec![text],
            (None, "in", Value::Array(list)) => list.iter().map(Value::as_str).collect::<Option<_>>()?,
            _ => return None,
        };
        let plain = texts.iter().all(|text| !text.is_empty());
        plain.then(|| Self {
            field: &filter.column.field,
            keys: texts.into_iter().map(collate::key).collect(),
        })
    }

    fn may_pass(&self, row: &Row) -> bool {
        match row.get(self.field) {
            Some(Value::String(held)) => self.keys.contains(&collate::key(held)),
            _ => true,
        }
    }
}

/// A document once for each row of each joined table: a join multiplies, and a table without rows gives one empty one.
fn multiply(row: &Arc<Row>, joins: &[Join]) -> Vec<Joined> {
    let mut all = vec![Joined { row: Arc::clone(row), tables: BTreeMap::new() }];
    for join in joins {
        let mut children: Vec<Option<Row>> = rows_of(row, &join.table).into_iter().map(Some).collect();
        if children.is_empty() {
            children.push(None);
        }
        // The same table under two names is one join.
        let twin = joins.iter().find(|other| other.table == join.table).map(|other| other.named.clone());
        let twin = twin.filter(|named| *named != join.named);
        all = all
            .into_iter()
            .flat_map(|joined| match twin.as_ref().and_then(|named| joined.tables.get(named).cloned()) {
                Some(child) => vec![with_table(&joined, &join.named, child)],
                None => {
                    children.iter().map(|child| with_table(&joined, &join.named, child.clone())).collect()
                }
            })
            .collect();
    }
    all
}

fn with_table(joined: &Joined, named: &str, child: Option<Row>) -> Joined {
    let mut tables = joined.tables.clone();
    tables.insert(named.to_owned(), child);
    Joined { row: Arc::clone(&joined.row), tables }
}

fn aggregate(function: &str, column: &Column, members: &[&Joined]) -> Value {
    let values: Vec<&Value> = members.iter().filter_map(|row| row.row.get(&column.field)).collect();
    match function {
        "count" => {
            let all = column.field == "*";
            (if all { members.len() } else { values.len() }).into()
        }
        "sum" => super::values::float(values.iter().map(|value| number(Some(value))).sum()),
        "min" => values.into_iter().min_by(|left, right| compare(left, right)).cloned().unwrap_or_default(),
        _ => values.into_iter().max_by(|left, right| compare(left, right)).cloned().unwrap_or_default(),
    }
}

/// As the database compares: nothing is least, numbers as numbers, texts by the collation.
fn compare(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Less,
        (_, Value::Null) => Ordering::Greater,
        (Value::Number(_), _) | (_, Value::Number(_)) => number(Some(left)).total_cmp(&number(Some(right))),
        _ => collate::order(&text(Some(left)), &text(Some(right))),
    }
}

fn holds(value: &Value, filter: &Filter, is_moment: bool) -> bool {
    let wanted = &filter.value;
    // Frappe wraps columns in ifnull(column, ''): nothing and an empty text are one (facts/FRAPPE.md, "Reading").
    let filled = if value.is_null() { Value::from("") } else { value.clone() };
    let empty = text(Some(&filled)).is_empty();
    match filter.operator.as_str() {
        "=" => equal(&filled, wanted),
        "!=" => !equal(&filled, wanted),
        "in" => among(&filled, wanted),
        "not in" => !among(&filled, wanted),
        "like" => collate::like(&text(Some(&filled)), &text(Some(wanted))),
        "not like" => !collate::like(&text(Some(&filled)), &text(Some(wanted))),
        "is" => empty != text(Some(wanted)).eq_ignore_ascii_case("set"),
        "between" => between(value, wanted, is_moment),
        ">" => !value.is_null() && compare(value, wanted).is_gt(),
        ">=" => !value.is_null() && compare(value, wanted).is_ge(),
        "<" => compare(&filled, wanted).is_lt(),
        "<=" => compare(&filled, wanted).is_le(),
        _ => false,
    }
}

fn equal(value: &Value, wanted: &Value) -> bool {
    let wanted = if wanted.is_null() { Value::from("") } else { wanted.clone() };
    match (value, &wanted) {
        (Value::Number(_), other) => !text(Some(other)).is_empty() && compare(value, &wanted).is_eq(),
        _ => collate::same(&text(Some(value)), &text(Some(&wanted))),
    }
}

fn among(value: &Value, wanted: &Value) -> bool {
    match wanted {
        Value::Array(list) => list.iter().any(|choice| equal(value, choice)),
        other => choices(other).iter().any(|choice| equal(value, choice)),
    }
}

fn choices(wanted: &Value) -> Vec<Value> {
    match wanted {
        Value::Array(list) => list.clone(),
        Value::String(list) => list.split(',').map(|one| one.trim().into()).collect(),
        other => vec![other.clone()],
    }
}

fn between(value: &Value, wanted: &Value, is_moment: bool) -> bool {
    let bounds = choices(wanted);
    let [from, to, ..] = bounds.as_slice() else {
        return false;
    };
    let mut to = to.clone();
    // A day as the upper bound means its end.
    if is_moment && text(Some(&to)).len() == 10 {
        to = format!("{} 23:59:59.999999", text(Some(&to))).into();
    }
    !value.is_null() && compare(value, from).is_ge() && compare(value, &to).is_le()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(value: impl Into<Value>, operator: &str, wanted: Value) -> bool {
        let filter = Filter { column: query::column("x"), operator: operator.to_owned(), value: wanted };
        holds(&value.into(), &filter, true)
    }

    #[test]
    fn nothing_and_an_empty_text_are_one() {
        assert!(check(Value::Null, "=", json!("")));
        assert!(check(Value::Null, "!=", json!("a")));
        assert!(check(Value::Null, "not in", json!(["a"])));
        assert!(check(Value::Null, "is", json!("not set")));
        assert!(!check(json!(""), "is", json!("set")));
        assert!(!check(Value::Null, ">", json!("")));
        assert!(check(Value::Null, "<", json!("2026")));
    }

    #[test]
    fn texts_and_numbers_compare_as_the_database_does() {
        assert!(check(json!("Ana"), "in", json!("x, ANA ")));
        assert!(check(json!(1), "=", json!("1")));
        assert!(check(json!(10), ">", json!(9)));
        assert!(check(json!("2026-11-21 19:40:00"), "between", json!(["2026-11-21", "2026-11-21"])));
        assert!(check(json!("IM1"), "like", json!("im%")));
    }
}
