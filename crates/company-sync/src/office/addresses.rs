//! Where a record's page is in its own system.

use cs_domain::{RecordRef, System};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::config::Config;

/// What stays as it is in a part of an address.
const PART: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The address of a record's page; none where its system is not configured.
pub(super) fn of(record: &RecordRef, config: &Config) -> Option<String> {
    let part = |text: &str| utf8_percent_encode(text, PART).to_string();
    match record.system {
        System::Vtiger => {
            let base = base(&config.vtiger.as_ref()?.url);
            // The web service's ids name the module first: `6x231` is record 231.
            let number = record.id.as_str().split_once('x').map_or(record.id.as_str(), |(_, number)| number);
            let (module, number) = (part(record.kind.as_str()), part(number));
            Some(format!("{base}/index.php?module={module}&view=Detail&record={number}"))
        }
        System::Frappe => {
            let base = base(&config.frappe.as_ref()?.url);
            let doctype = part(&record.kind.as_str().to_lowercase().replace(' ', "-"));
            Some(format!("{base}/app/{doctype}/{}", part(record.id.as_str())))
        }
    }
}

fn base(url: &str) -> &str {
    let url = url.trim();
    url.strip_suffix("webservice.php").unwrap_or(url).trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Environment, Flags};

    #[test]
    fn addresses_lead_to_a_record_s_page() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("company-sync.toml");
        let text = "[vtiger]\nurl = 'https://crm.example.test/v/webservice.php'\nuser = 'u'\naccess_key = 'k'\n\
                    [frappe]\nurl = 'https://erp.example.test/'\napi_key = 'k'\napi_secret = 's'";
        std::fs::write(&path, text).unwrap();
        let flags = Flags { file: Some(path), ..Flags::default() };
        let config = Config::load(&flags, &Environment::of(&[])).unwrap();
        let order = RecordRef::vtiger("SalesOrder", "6x231");
        assert_eq!(
            of(&order, &config).unwrap(),
            "https://crm.example.test/v/index.php?module=SalesOrder&view=Detail&record=231"
        );
        let contact = RecordRef::frappe("Sales Order", "SO 1/a?#é");
        assert_eq!(
            of(&contact, &config).unwrap(),
            "https://erp.example.test/app/sales-order/SO%201%2Fa%3F%23%C3%A9"
        );
    }
}
