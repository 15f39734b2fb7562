//! The users and the currency that a server begins with, as the recorded server had them.

use super::system::{Rights, User, Values};

/// The columns of a user as VTiger fills them in.
const USER: [(&str, &str); 59] = [
    ("activity_view", "Today"),
    ("lead_view", ""),
    ("hour_format", "24"),
    ("end_hour", ""),
    ("start_hour", "09:00"),
    ("is_owner", "0"),
    ("title", ""),
    ("phone_work", ""),
    ("department", ""),
    ("phone_mobile", ""),
    ("reports_to_id", ""),
    ("phone_other", ""),
    ("email2", ""),
    ("phone_fax", ""),
    ("secondaryemail", ""),
    ("phone_home", ""),
    ("date_format", "yyyy-mm-dd"),
    ("signature", ""),
    ("description", ""),
    ("address_street", ""),
    ("address_city", ""),
    ("address_state", ""),
    ("address_postalcode", ""),
    ("address_country", ""),
    ("time_zone", "America/Bogota"),
    ("currency_id", "1"),
    ("currency_grouping_pattern", ""),
    ("currency_decimal_separator", "."),
    ("currency_grouping_separator", ","),
    ("currency_symbol_placement", ""),
    ("imagename", ""),
    ("internal_mailer", "0"),
    ("theme", "softed"),
    ("language", "en_us"),
    ("reminder_interval", ""),
    ("phone_crm_extension", ""),
    ("no_of_currency_decimals", "2"),
    ("truncate_trailing_zeros", "0"),
    ("dayoftheweek", "Sunday"),
    ("callduration", "5"),
    ("othereventduration", "5"),
    ("calendarsharedtype", "public"),
    ("default_record_view", "Summary"),
    ("leftpanelhide", "0"),
    ("rowheight", ""),
    ("defaulteventstatus", ""),
    ("defaultactivitytype", ""),
    ("hidecompletedevents", "0"),
    ("defaultcalendarview", ""),
    ("defaultlandingpage", ""),
    ("first_name", ""),
    ("last_name", ""),
    ("user_name", ""),
    ("userlabel", ""),
    ("roleid", "H5"),
    ("email1", ""),
    ("status", "Active"),
    ("is_admin", "off"),
    ("crypt_type", ""),
];

/// A user with the usual columns and these besides.
pub(crate) fn user(id: u64, access_key: &str, rights: Rights, given: &[(&str, Option<&str>)]) -> User {
    let usual = USER.iter().map(|(name, value)| (*name, Some(*value)));
    let columns = usual.chain(given.iter().copied());
    let values = columns.map(|(name, value)| (name.to_owned(), value.map(str::to_owned))).collect();
    User { id, access_key: access_key.to_owned(), rights, values }
}

pub(crate) fn admin() -> User {
    user(
        1,
        "sandbox-admin-key",
        Rights::Admin,
        &[
            ("user_name", Some("admin")),
            ("is_admin", Some("on")),
            ("first_name", Some("Admin")),
            ("last_name", Some("Laboratorio")),
            ("userlabel", Some("Admin Laboratorio")),
            ("roleid", Some("H2")),
            ("email1", Some("admin@example.test")),
            ("activity_view", Some("This Week")),
            ("hour_format", Some("12")),
            ("is_owner", Some("1")),
            // The columns of the user that the installer makes were never saved by the form.
            ("phone_crm_extension", None),
            ("no_of_currency_decimals", None),
            ("rowheight", None),
            ("hidecompletedevents", None),
        ],
    )
}

pub(crate) fn salesperson() -> User {
    user(
        5,
        "sandbox-ventas1-key",
        Rights::ViewAll,
        &[
            ("user_name", Some("ventas1")),
            ("last_name", Some("Prueba ventas1")),
            ("userlabel", Some("Prueba ventas1")),
            ("email1", Some("ventas1@example.test")),
            ("date_format", Some("dd-mm-yyyy")),
            ("time_zone", Some("Europe/Madrid")),
        ],
    )
}

/// The one currency.
pub(crate) fn us_dollars() -> Values {
    [
        ("currency_name", "USA, Dollars"),
        ("currency_code", "USD"),
        ("currency_symbol", "$"),
        ("conversion_rate", "1.00000"),
        ("currency_status", "Active"),
        ("defaultid", "-11"),
        ("deleted", "0"),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), Some(value.to_owned())))
    .collect()
}
