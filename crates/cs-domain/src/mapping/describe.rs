//! A mapping in plain text, for people: units, their documents in the order of writing, and which way values go.

use std::fmt;

use crate::mapping::{
    Check, Condition, CreateInVtiger, DocumentMapping, FieldRule, Mapping, MatchPart, Operand, RowRule,
    Source, Test, UnitMapping,
};
use crate::policy::{Clearing, ConflictPolicy, DeletePolicy, Direction, DriftPolicy};
use crate::value::Value;

impl fmt::Display for Mapping {
    /// Ends without a line break.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} - {}", self.name, self.title)?;
        for (name, spec) in &self.settings {
            write!(f, "\n  setting {name}: {}", spec.help)?;
            match (&spec.default, spec.required) {
                (Some(default), _) => write!(f, " (where nothing is said: {default})")?,
                (None, true) => f.write_str(" (required)")?,
                (None, false) => {}
            }
        }
        for unit in &self.units {
            write!(f, "\n\n{unit}")?;
        }
        Ok(())
    }
}

impl fmt::Display for UnitMapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unit {}: VTiger {}", self.name, self.module)?;
        for condition in &self.selection {
            write!(f, "\n  only where {condition}")?;
        }
        for field in &self.never_read {
            write!(f, "\n  never reads {field}")?;
        }
        if let Some(create) = &self.create_in_vtiger {
            write!(f, "\n  {create}")?;
        }
        for document in &self.documents {
            write!(f, "\n\n{document}")?;
        }
        Ok(())
    }
}

impl fmt::Display for CreateInVtiger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a new {} makes a new record", self.document)?;
        if !self.when.is_empty() {
            write!(f, ", only where {}", list(&self.when, " and "))?;
        }
        match &self.key {
            Some(key) => write!(f, "; {key} holds the key of the creation"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for DocumentMapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "  {}: {}", self.role, self.doctype)?;
        if self.shared {
            f.write_str(", may be shared")?;
        }
        if self.keyed {
            f.write_str(", another key is another document")?;
        }
        if !self.exists_when.is_empty() {
            write!(f, "\n    exists when there is {}", list(&self.exists_when, " or "))?;
        }
        if let Some(field) = &self.external_id {
            write!(f, "\n    found by {field}")?;
        }
        for key in &self.match_keys {
            let parts: Vec<String> = key.0.iter().map(part).collect();
            write!(f, "\n    found by {}", parts.join(" + "))?;
        }
        for check in &self.checks {
            match check {
                Check::NotInFuture(field) => write!(f, "\n    only if {field} is not in the future")?,
                Check::Required(field) => write!(f, "\n    only if {field} has a value")?,
            }
        }
        if self.conflict != ConflictPolicy::Ask {
            write!(f, "\n    conflicts: {}", decides(self.conflict))?;
        }
        if let Some(policy) = self.first_contact {
            write!(f, "\n    at first contact: {}", decides(policy))?;
        }
        match &self.deletes {
            DeletePolicy::Unlink => {}
            DeletePolicy::Ignore => f.write_str("\n    deletes: nothing happens")?,
            DeletePolicy::Propagate => f.write_str("\n    deletes: the other side is deleted, too")?,
            DeletePolicy::Mark { field, value } => write!(f, "\n    deletes: {field} becomes {value}")?,
        }
        if let Some(policy) = self.on_drift {
            let said = match policy {
                DriftPolicy::Stop => "no run begins",
                DriftPolicy::SkipField => "a run goes on without its rule",
                DriftPolicy::GoOn => "a run goes on",
            };
            write!(f, "\n    where a field has changed in its system: {said}")?;
        }
        if self.amend {
            f.write_str("\n    amended where a submitted one may not change")?;
        }
        let width = self.fields.iter().map(|rule| rule.frappe.as_str().chars().count()).max();
        for rule in &self.fields {
            f.write_str("\n    ")?;
            describe_rule(rule, width.unwrap_or(0), f)?;
        }
        for row in &self.rows {
            write!(f, "\n    {row}")?;
        }
        Ok(())
    }
}

impl fmt::Display for FieldRule {
    /// `custom_sales_date <-  cf_2179`, without the document's role.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        describe_rule(self, 0, f)
    }
}

fn describe_rule(rule: &FieldRule, width: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let arrow = match rule.direction {
        Direction::Both => "<->",
        Direction::ToFrappe => "<- ",
        Direction::ToVtiger => " ->",
    };
    write!(f, "{:width$} {arrow} {}", rule.frappe.as_str(), rule.source)?;
    for transform in &rule.transforms {
        write!(f, ", {}", transform.name())?;
    }
    if rule.on_create {
        f.write_str(match rule.direction {
            Direction::Both => ", only when created on either side",
            Direction::ToFrappe => ", only when created",
            Direction::ToVtiger => ", only when created in VTiger",
        })?;
    }
    if rule.deferred {
        f.write_str(", written last")?;
    }
    if rule.clearing == Clearing::Clear {
        f.write_str(", empty clears")?;
    }
    match rule.conflict {
        Some(conflict) => write!(f, ", conflicts: {}", decides(conflict)),
        None => Ok(()),
    }
}

fn decides(policy: ConflictPolicy) -> &'static str {
    match policy {
        ConflictPolicy::Ask => "a person decides",
        ConflictPolicy::VtigerWins => "VTiger wins",
        ConflictPolicy::FrappeWins => "Frappe wins",
        ConflictPolicy::NewestWins => "the newest wins",
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fields { names, join } => f.write_str(&list(names, &format!(" + {join:?} + "))),
            Self::Constant(Value::Boolean(flag)) => {
                f.write_str(if *flag { "always yes" } else { "always no" })
            }
            Self::Constant(value) => write!(f, "always {:?}", value.plain()),
            Self::Setting(name) => write!(f, "setting {name}"),
            Self::Document(role) => write!(f, "document {role}"),
            Self::Linked { field, unit, role } => write!(f, "document {role} of the {unit} in {field}"),
        }
    }
}

impl fmt::Display for RowRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.columns.iter().map(|(column, source)| format!("{column} <- {source}"));
        let columns: Vec<String> = columns.collect();
        write!(f, "row of {}: {}", self.table, columns.join("; "))?;
        if !self.exclusive.is_empty() {
            write!(f, ", {} only where no other row is", list(&self.exclusive, " and "))?;
        }
        if self.on_create { f.write_str(", only when created") } else { Ok(()) }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.field)?;
        match &self.test {
            Test::In(operands) => write!(f, "is {}", list(operands, " or ")),
            Test::NotIn(operands) => write!(f, "is not {}", list(operands, " or ")),
            Test::Equals(operand) => write!(f, "is {operand}"),
            Test::AtLeast(operand) => write!(f, "is at least {operand}"),
            Test::AtMost(operand) => write!(f, "is at most {operand}"),
            Test::Present => f.write_str("has a value"),
            Test::Missing => f.write_str("is empty"),
        }
    }
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(text) => write!(f, "{text:?}"),
            Self::Setting(name) => write!(f, "setting {name}"),
        }
    }
}

fn part(part: &MatchPart) -> String {
    match part {
        MatchPart::Field(field) => field.to_string(),
        MatchPart::Linked(role) => format!("its tie to {role}"),
        MatchPart::IfKnown(field) => format!("{field} if known"),
    }
}

fn list<T: ToString>(items: &[T], between: &str) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(between)
}

#[cfg(test)]
mod tests {
    use crate::mapping::{parse, shipped};

    #[test]
    fn shipped_mappings_read_like_this() {
        for (name, text) in shipped() {
            insta::assert_snapshot!(format!("describe_{name}"), parse(text).unwrap().mapping);
        }
    }
}
