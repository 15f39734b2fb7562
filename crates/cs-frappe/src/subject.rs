//! The field or the document that one of Frappe's messages names.

use crate::plain_text::clean;
use crate::refusal::Class;

/// What a message is about, as far as it says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// The field: its API name where the exception tells it, else its label.
    pub field: Option<String>,
    /// The document, or the value that should have named one.
    pub document: Option<String>,
}

impl Subject {
    /// Reads the field and the document out of Frappe's words. `exception` (with tracebacks on) is preferred, since
    /// it names fields by API name; `message` is what the user would see.
    pub(crate) fn of(class: Class, exception: &str, message: &str) -> Self {
        match class {
            Class::Mandatory => Self::of_mandatory(exception, message),
            Class::LinkValidation => Self::of_link(message),
            Class::Unique => Self {
                field: between(exception, "for key '", "'")
                    .or_else(|| before(message, " must be unique"))
                    .map(|field| field.rsplit('.').next().unwrap_or_default().to_owned()),
                document: None,
            },
            Class::Duplicate => Self {
                field: None,
                document: before(message, " already exists")
                    .or_else(|| between(exception, "('", "', Integ").map(|at| at.replace("', '", " "))),
            },
            Class::TooLong => {
                Self { field: between(message, ": '", "' ("), document: before(message, ": '") }
            }
            Class::UpdateAfterSubmit => {
                Self { field: between(message, "change ", " after submission"), document: None }
            }
            Class::LinkExists => Self { field: None, document: after(message, " is linked with ") },
            Class::Missing => Self { field: None, document: before(message, " not found") },
            Class::Permission => Self {
                field: None,
                document: Self::of_permission(message)
                    .or_else(|| after(message, "No permission for "))
                    .or_else(|| between(message, "permission on ", " to perform this action")),
            },
            _ => Self::default(),
        }
    }

    /// `... role permission for document Bank Card`, and often behind it, once a line of its own, ` User
    /// nobody@example.invalid does not have access to this document`.
    fn of_permission(message: &str) -> Option<String> {
        let told = after(message, "permission for document ")?;
        let document = match told.split_once(" does not have access") {
            Some((head, _)) => head.rsplit_once(" User ").map_or(head, |(document, _)| document),
            None => &told,
        };
        Some(document.trim().to_owned()).filter(|document| !document.is_empty())
    }

    /// `[Address, T-Billing]: address_line1, city`, or `Error: Value missing for Address: City/Town`, or for a row
    /// `Error: Contact Email Row #1: Value missing for: Email ID`.
    fn of_mandatory(exception: &str, message: &str) -> Self {
        if let Some((document, fields)) =
            exception.split_once('[').and_then(|(_, rest)| rest.split_once("]: "))
        {
            return Self {
                field: Some(fields.trim().to_owned()),
                document: Some(document.replacen(", ", " ", 1)),
            };
        }
        let told = after(message, "Value missing for").unwrap_or_default();
        match told.split_once(": ") {
            Some((document, field)) => Self {
                field: Some(field.to_owned()),
                document: Some(document.trim().to_owned()).filter(|document| !document.is_empty()),
            },
            None => Self::default(),
        }
    }

    /// `Could not find Gender: NoExiste`, `Could not find Row #1: Link Name: No Existe SA`.
    fn of_link(message: &str) -> Self {
        let told = after(message, "Could not find ").unwrap_or_default();
        let told = match told.split_once(": ") {
            Some((row, rest)) if row.starts_with("Row #") => rest.to_owned(),
            _ => told,
        };
        match told.split_once(": ") {
            Some((field, document)) => {
                Self { field: Some(field.to_owned()), document: Some(document.to_owned()) }
            }
            None => Self::default(),
        }
    }
}

fn before(text: &str, mark: &str) -> Option<String> {
    text.split_once(mark).map(|(head, _)| head.trim().to_owned())
}

fn after(text: &str, mark: &str) -> Option<String> {
    text.split_once(mark).map(|(_, tail)| tail.trim().to_owned())
}

fn between(text: &str, start: &str, end: &str) -> Option<String> {
    let (_, rest) = text.split_once(start)?;
    let (found, _) = rest.split_once(end)?;
    Some(clean(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_their_field_and_document() {
        let mandatory = Subject::of(
            Class::Mandatory,
            "frappe.exceptions.MandatoryError: [Address, T-Billing]: address_line1, city",
            "Error: Value missing for Address: Address Line 1",
        );
        assert_eq!(mandatory.field.as_deref(), Some("address_line1, city"));
        assert_eq!(mandatory.document.as_deref(), Some("Address T-Billing"));
        let quiet = Subject::of(Class::Mandatory, "", "Error: Value missing for Address: Address Line 1");
        assert_eq!(quiet.field.as_deref(), Some("Address Line 1"));
        let row =
            Subject::of(Class::Mandatory, "", "Error: Contact Email Row #1: Value missing for: Email ID");
        assert_eq!(row.field.as_deref(), Some("Email ID"));
        let link = Subject::of(Class::LinkValidation, "", "Could not find Row #1: Link Name: No Existe SA");
        assert_eq!(
            (link.field.as_deref(), link.document.as_deref()),
            (Some("Link Name"), Some("No Existe SA"))
        );
        let unique = Subject::of(
            Class::Unique,
            "('Contact', 'Otro', IntegrityError(1062, \"Duplicate entry '12x100' for key 'vtiger_id'\"))",
            "Vtiger ID must be unique",
        );
        assert_eq!(unique.field.as_deref(), Some("vtiger_id"));
        let refused = |message: &str| Subject::of(Class::Permission, "", message).document;
        let role = "User nobody@example.invalid does not have doctype access via role permission for document Bank Card";
        assert_eq!(refused(role).as_deref(), Some("Bank Card"));
        let access = "User nobody@example.invalid does not have access to this document: Bank Card - BC-1";
        assert_eq!(refused(&format!("{role} {access}")).as_deref(), Some("Bank Card"));
        let need = "You need the 'create' permission on Bank Card to perform this action.";
        assert_eq!(refused(need).as_deref(), Some("Bank Card"));
        let linked =
            "Cannot delete or cancel because Customer Ana is linked with Sales Order SAL-ORD-2026-00002";
        let linked = Subject::of(Class::LinkExists, "", linked);
        assert_eq!(linked.document.as_deref(), Some("Sales Order SAL-ORD-2026-00002"));
        let missing = Subject::of(Class::Missing, "", "Customer No Existe not found");
        assert_eq!(missing.document.as_deref(), Some("Customer No Existe"));
        assert!(Class::Missing.remedy_for(&missing).contains("Customer No Existe"));
    }
}
