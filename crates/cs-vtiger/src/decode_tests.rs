use super::*;
use crate::answer::Payload;
use crate::describe::Described;

struct Known;

impl Referees for Known {
    fn resolve(&self, _field: &FieldSchema, raw: &str) -> Option<(Kind, String)> {
        let (prefix, _) = id_parts(raw)?;
        let kind = match prefix {
            "11" => "Accounts",
            "19" => "Users",
            "20" => "Groups",
            _ => return None,
        };
        Some((kind.into(), raw.to_owned()))
    }
}

fn field(name: &str, field_type: FieldType) -> FieldSchema {
    FieldSchema {
        name: name.into(),
        label: name.into(),
        field_type,
        mandatory: false,
        writable: true,
        max_chars: None,
        bmp_only: true,
        unique: false,
        allow_on_submit: false,
    }
}

fn decoded(field_type: FieldType, raw: Option<&str>) -> Value {
    value(&field("f", field_type), raw, Guard::None, &TimeZone::UTC, &Known)
}

#[test]
fn nothing_is_empty_however_it_is_spelled() {
    for raw in [None, Some("")] {
        for field_type in [FieldType::Text, FieldType::Date, FieldType::DateTime, FieldType::Integer] {
            assert_eq!(decoded(field_type, raw), Value::Empty);
        }
    }
    assert_eq!(decoded(FieldType::Date, Some("0000-00-00")), Value::Empty);
    assert_eq!(decoded(FieldType::DateTime, Some("0000-00-00 00:00:00")), Value::Empty);
    let reference = || FieldType::Reference { kinds: vec!["Accounts".into()] };
    for raw in ["", "0", "11x0", "11x"] {
        assert_eq!(decoded(reference(), Some(raw)), Value::Empty, "{raw}");
    }
    assert_eq!(decoded(FieldType::Boolean, None), Value::Boolean(false), "a checkbox has no third state");
}

#[test]
fn values_take_their_fields_types() {
    assert_eq!(
        decoded(FieldType::Decimal { scale: None }, Some("257.07000000")),
        Value::Decimal("257.07".parse().unwrap())
    );
    assert_eq!(decoded(FieldType::Integer, Some("3")), Value::Integer(3));
    assert_eq!(decoded(FieldType::Boolean, Some("on")), Value::Boolean(true));
    assert_eq!(decoded(FieldType::Date, Some("1990-02-28")), Value::Date("1990-02-28".parse().unwrap()));
    assert_eq!(
        decoded(FieldType::Reference { kinds: vec![] }, Some("11x30")),
        Value::Reference(RecordRef::vtiger("Accounts", "11x30"))
    );
    let choice = FieldType::Choice { values: vec![], closed: false };
    assert_eq!(decoded(choice, Some("A & B")), Value::Choice("A & B".into()));
}

#[test]
fn what_does_not_read_as_its_type_is_kept_verbatim() {
    assert_eq!(decoded(FieldType::Date, Some("2026-02-31")), Value::Opaque("2026-02-31".into()));
    assert_eq!(decoded(FieldType::Integer, Some("many")), Value::Opaque("many".into()));
    let owner = FieldType::Reference { kinds: vec!["Users".into(), "Groups".into()] };
    assert_eq!(decoded(owner, Some("999")), Value::Opaque("999".into()), "a dangling owner");
}

#[test]
fn date_times_know_the_servers_zone() {
    let zone = TimeZone::get("America/Bogota").unwrap();
    let stamp = field("modifiedtime", FieldType::DateTime);
    let read = value(&stamp, Some("2026-11-22 01:42:01"), Guard::None, &zone, &Known);
    let Value::DateTime(moment) = read else { panic!("{read:?}") };
    assert_eq!(moment.utc, "2026-11-22T06:42:01Z".parse().unwrap());
    assert_eq!(moment.raw, "2026-11-22 01:42:01");
}

#[test]
fn entities_are_decoded_only_where_vtiger_encodes() {
    let raw = "Jos&eacute; &quot;Pepe&quot; &amp; O&#039;Niel";
    let of =
        |name: &str| value(&field(name, FieldType::Text), Some(raw), Guard::None, &TimeZone::UTC, &Known);
    assert_eq!(of("label"), Value::Text("José \"Pepe\" & O'Niel".into()));
    assert_eq!(of("product_name"), of("label"));
    assert_eq!(of("description"), Value::Text(raw.into()));
}

#[test]
fn of_a_guarded_number_only_four_digits_leave() {
    for (raw, kept) in [
        ("4111 1111 1111 1234", "1234"),
        ("4111-1111-1111-1234 x", "1234"),
        ("************9876", "9876"),
        ("123", "123"),
        ("none", ""),
        ("", ""),
    ] {
        for field_type in [
            FieldType::Text,
            FieldType::Integer,
            FieldType::Date,
            FieldType::Boolean,
            FieldType::Other { name: "x".into() },
            FieldType::Reference { kinds: vec![] },
        ] {
            let read =
                value(&field("cf_1465", field_type), Some(raw), Guard::LastFour, &TimeZone::UTC, &Known);
            assert_eq!(read, Value::text(kept), "{raw}");
            assert!(!format!("{read:?}").contains("4111"));
        }
    }
}

#[test]
fn decoding_never_fails_and_is_a_fixed_point() {
    use proptest::prelude::*;
    proptest!(|(raw in "\\PC{0,40}")| {
        for field_type in [FieldType::Text, FieldType::Integer, FieldType::Decimal { scale: None }, FieldType::Boolean,
            FieldType::Date, FieldType::DateTime, FieldType::Reference { kinds: vec![] }] {
            let field = field("f", field_type);
            let first = value(&field, Some(&raw), Guard::None, &TimeZone::UTC, &Known);
            if let Ok(fitted) = field.fit(first.clone()) {
                prop_assert_eq!(&fitted, &first);
            }
        }
    });
}

fn recorded(name: &str) -> Option<Json> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures/vtiger");
    let Ok(bytes) = std::fs::read(folder.join(name)) else {
        println!("skipped: no recorded answer {name}");
        return None;
    };
    let recording: Json = serde_json::from_slice(&bytes).unwrap();
    let body = recording["response"]["body"].as_str().unwrap().to_owned();
    let answer: Json = serde_json::from_str(&body).unwrap();
    Some(answer["result"].clone())
}

#[test]
fn recorded_orders_decode_whole() {
    let Some(module) = recorded("038_describe_SalesOrder.json") else {
        return;
    };
    let described = Described::read(Payload(module)).unwrap();
    assert_eq!(described.prefix, "6");
    for name in [
        "250_so_revise_status_and_cf.json",
        "280_so_retrieve_v820.json",
        "328_retrieve_as_comma_mdy_user.json",
    ] {
        let order = recorded(name).unwrap();
        let mut seen = 0;
        for (name, json) in order.as_object().unwrap() {
            let Ok(field) = described.column(&name.as_str().into()) else {
                continue;
            };
            let read = value(field, scalar(json).as_deref(), Guard::None, &TimeZone::UTC, &Known);
            let dangling = matches!(field.field_type, FieldType::Reference { .. });
            assert!(dangling || !matches!(read, Value::Opaque(_)), "{name}: {read:?}");
            seen += 1;
        }
        assert!(seen > 40, "{seen}");
    }
}
