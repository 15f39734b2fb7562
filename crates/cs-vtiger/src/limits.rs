//! How much VTiger's own columns hold, where `describe` does not say (it never does, 7.5 to 8.3): overlong text is cut
//! and surplus decimals are rounded in silence (facts/VTIGER.md, "Values").
//!
//! Source: fixtures/vtiger/fields_*.tsv joined with `tables_8_3_0.tsv`. Custom fields (`cf_N`) have lengths of their
//! own that only the database knows; for them nothing is claimed.

/// `(modules, field, characters)`; a module list of `*` means all.
const CHARS: &[(&[&str], &[&str], u32)] = &[
    (&["Contacts"], &["firstname", "mailingcity", "othercity", "mailingcountry"], 40),
    (&["Contacts"], &["lastname"], 80),
    (&["Contacts"], &["email", "secondaryemail", "contact_no"], 100),
    (&["Contacts"], &["salutationtype", "leadsource"], 200),
    (&["Contacts"], &["mailingstreet", "otherstreet"], 250),
    (&["Contacts"], &["imagename"], 150),
    (
        &["Contacts"],
        &["phone", "mobile", "fax", "homephone", "otherphone", "assistantphone", "title", "otherstate"],
        50,
    ),
    (
        &["Contacts"],
        &[
            "assistant",
            "department",
            "mailingpobox",
            "mailingstate",
            "mailingzip",
            "othercountry",
            "otherpobox",
            "otherzip",
        ],
        30,
    ),
    (&["Accounts"], &["accountname", "account_no", "email1", "email2", "website"], 100),
    (&["Accounts"], &["accounttype", "industry", "rating"], 200),
    (&["Accounts"], &["ownership", "siccode"], 50),
    (&["Accounts"], &["fax", "phone", "otherphone", "tickersymbol"], 30),
    (&["SalesOrder"], &["subject", "customerno", "salesorder_no"], 100),
    (&["SalesOrder"], &["hdnTaxType"], 25),
    (
        &["SalesOrder"],
        &[
            "carrier",
            "pending",
            "sostatus",
            "vtiger_purchaseorder",
            "invoicestatus",
            "payment_duration",
            "recurring_frequency",
        ],
        200,
    ),
    (
        &["Accounts", "SalesOrder"],
        &[
            "bill_city",
            "bill_code",
            "bill_country",
            "bill_pobox",
            "bill_state",
            "ship_city",
            "ship_code",
            "ship_country",
            "ship_pobox",
            "ship_state",
        ],
        30,
    ),
    (&["Accounts", "SalesOrder"], &["bill_street", "ship_street"], 250),
    (&["Products"], &["productname"], 255),
    (&["Products"], &["productcode"], 40),
    (&["Products"], &["product_no", "website"], 100),
    (
        &["Products"],
        &[
            "productcategory",
            "manufacturer",
            "usageunit",
            "mfr_part_no",
            "vendor_part_no",
            "productsheet",
            "glacct",
            "serial_no",
        ],
        200,
    ),
];

/// Decimal places.
const SCALES: &[(&str, &[&str], u32)] = &[
    (
        "SalesOrder",
        &[
            "txtAdjustment",
            "hdnGrandTotal",
            "hdnSubTotal",
            "hdnDiscountAmount",
            "hdnS_H_Amount",
            "pre_tax_total",
        ],
        8,
    ),
    (
        "SalesOrder",
        &["salescommission", "exciseduty", "hdnDiscountPercent", "conversion_rate", "hdnS_H_Percent"],
        3,
    ),
    ("Accounts", &["annual_revenue"], 8),
    ("Products", &["unit_price", "purchase_cost"], 8),
    ("Products", &["weight", "commissionrate", "qtyinstock"], 3),
    ("Products", &["qty_per_unit"], 2),
];

/// The longest text that the column takes, where it is known.
pub(crate) fn max_chars(module: &str, field: &str) -> Option<u32> {
    CHARS
        .iter()
        .find(|(modules, fields, _)| modules.contains(&module) && fields.contains(&field))
        .map(|(_, _, chars)| *chars)
}

/// The decimal places that the column keeps, where they are known.
pub(crate) fn scale(module: &str, field: &str) -> Option<u32> {
    SCALES
        .iter()
        .find(|(known, fields, _)| *known == module && fields.contains(&field))
        .map(|(_, _, scale)| *scale)
}
