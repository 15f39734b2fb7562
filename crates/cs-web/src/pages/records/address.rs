//! Where a record's page is, and that of a failed unit.

use cs_domain::{MappingName, RecordRef, System, guarded};

/// The address of a record's page. Where its name is one that nobody is to see, there is none: an address shows it.
pub(crate) fn of_record(record: &RecordRef) -> Option<String> {
    is_showable(record).then(|| path(record))
}

/// The address of a failed unit's page.
pub(crate) fn of_failure(mapping: &MappingName, record: &RecordRef) -> Option<String> {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("mapping", mapping.as_str())
        .append_pair("system", record.system.as_str())
        .append_pair("kind", record.kind.as_str())
        .append_pair("id", record.id.as_str())
        .finish();
    is_showable(record).then(|| format!("/errors/unit?{query}"))
}

/// The address of what explains a field's value.
pub(crate) fn of_reason(mapping: &MappingName, record: &RecordRef, field: &str) -> Option<String> {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("mapping", mapping.as_str())
        .append_pair("field", field)
        .finish();
    Some(format!("{}/why?{query}", of_record(record)?))
}

fn is_showable(record: &RecordRef) -> bool {
    !guarded::is_guarded(record)
}

fn path(record: &RecordRef) -> String {
    let (kind, id) = (part(record.kind.as_str()), part(record.id.as_str()));
    format!("/records/{}/{kind}/{id}", record.system.as_str())
}

/// A text as one part of a path: a slash in it is none of the path's.
fn part(text: &str) -> String {
    // A form writes a space as `+`, which a path takes literally.
    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

/// The side of this name.
pub(crate) fn system(name: &str) -> Option<System> {
    [System::Vtiger, System::Frappe].into_iter().find(|system| system.as_str() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_keep_names_in_one_part_and_numbers_out() {
        let order = RecordRef::frappe("Sales Order", "SO 1/a?é");
        assert_eq!(of_record(&order).unwrap(), "/records/frappe/Sales%20Order/SO%201%2Fa%3F%C3%A9");
        assert_eq!(of_record(&RecordRef::frappe("Bank Account", "123456789012 - Banco")), None);
        let subject = RecordRef::vtiger("SalesOrder", "6x1");
        assert_eq!(
            of_failure(&"policy".into(), &subject).unwrap(),
            "/errors/unit?mapping=policy&system=vtiger&kind=SalesOrder&id=6x1"
        );
        assert_eq!(
            of_reason(&"policy".into(), &subject, "owner.last_name").unwrap(),
            "/records/vtiger/SalesOrder/6x1/why?mapping=policy&field=owner.last_name"
        );
        assert_eq!(system("frappe"), Some(System::Frappe));
        assert_eq!(system("sap"), None);
    }
}
