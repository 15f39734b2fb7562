//! The JSON Schema against the reader and the shipped files.

use cs_domain::mapping::{json_schema, parse, shipped};
use serde_json::Value;

/// As much of JSON Schema as this schema uses; anything else in it is an error, so that nothing goes unchecked.
fn conforms(schema: &Value, root: &Value, value: &Value) -> Result<(), String> {
    let schema = schema.as_object().unwrap();
    if let Some(reference) = schema.get("$ref") {
        let name = reference.as_str().unwrap().rsplit('/').next().unwrap();
        return conforms(&root["definitions"][name], root, value);
    }
    for key in schema.keys() {
        let known = [
            "$schema",
            "title",
            "description",
            "definitions",
            "type",
            "properties",
            "required",
            "additionalProperties",
            "items",
            "anyOf",
            "allOf",
            "oneOf",
            "enum",
            "const",
            "format",
            "minimum",
            "maximum",
            "default",
        ];
        assert!(known.contains(&key.as_str()), "this test does not know {key}");
    }
    check_type(schema, value)?;
    for key in ["anyOf", "oneOf"] {
        if let Some(options) = schema.get(key) {
            let results = options.as_array().unwrap().iter().map(|option| conforms(option, root, value));
            let errors: Vec<String> = results.filter_map(Result::err).collect();
            if errors.len() == options.as_array().unwrap().len() {
                return Err(format!("{value}: none of {errors:?}"));
            }
        }
    }
    for all in schema.get("allOf").into_iter().flat_map(|all| all.as_array().unwrap()) {
        conforms(all, root, value)?;
    }
    check_keys(schema, root, value)?;
    if let (Some(array), Some(items)) = (value.as_array(), schema.get("items")) {
        for item in array {
            conforms(items, root, item)?;
        }
    }
    Ok(())
}

fn check_keys(schema: &serde_json::Map<String, Value>, root: &Value, value: &Value) -> Result<(), String> {
    let Some(object) = value.as_object() else { return Ok(()) };
    for key in schema.get("required").into_iter().flat_map(|required| required.as_array().unwrap()) {
        if !object.contains_key(key.as_str().unwrap()) {
            return Err(format!("{key} is missing"));
        }
    }
    for (key, value) in object {
        let known = schema.get("properties").and_then(|properties| properties.get(key));
        match known.or(schema.get("additionalProperties")) {
            Some(Value::Bool(false)) => return Err(format!("{key} is not known")),
            Some(Value::Bool(true)) | None => {}
            Some(inner) => conforms(inner, root, value).map_err(|error| format!("{key}: {error}"))?,
        }
    }
    Ok(())
}

fn check_type(schema: &serde_json::Map<String, Value>, value: &Value) -> Result<(), String> {
    let name = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let fits = |wanted: &Value| wanted == name || (wanted == "number" && name == "integer");
    let allowed = match schema.get("type") {
        None => true,
        Some(Value::Array(types)) => types.iter().any(fits),
        Some(one) => fits(one),
    };
    let chosen = schema.get("enum").is_none_or(|choices| choices.as_array().unwrap().contains(value));
    let constant = schema.get("const").is_none_or(|constant| constant == value);
    if allowed && chosen && constant { Ok(()) } else { Err(format!("{value} is no {schema:?}")) }
}

fn as_json(text: &str) -> Value {
    serde_json::to_value(toml::from_str::<toml::Table>(text).unwrap()).unwrap()
}

#[test]
fn shipped_files_conform_and_spoilt_ones_do_not() {
    let schema = json_schema();
    for (name, text) in shipped() {
        let value = as_json(text);
        conforms(&schema, &schema, &value).unwrap_or_else(|error| panic!("{name}: {error}"));
        for (path, spoilt) in [("name", Value::from(7)), ("unit", Value::Null), ("nmae", Value::from("x"))] {
            let mut value = value.clone();
            value[path] = spoilt;
            assert!(conforms(&schema, &schema, &value).is_err(), "{name} with a wrong {path}");
        }
    }
}

/// The reader tells the keys it knows when it meets one it does not; the schema must list the same.
#[test]
fn schema_and_reader_know_the_same_keys() {
    let schema = json_schema();
    let properties = |schema: &Value| -> Vec<String> {
        schema["properties"].as_object().unwrap().keys().cloned().collect()
    };
    let unit = |rest: &str| format!("[[unit]]\nname = \"u\"\nmodule = \"M\"\n{rest}");
    let document = |rest: &str| unit(&format!("[[unit.document]]\nrole = \"r\"\ndoctype = \"D\"\n{rest}"));
    let tables = [
        ("", "zzzzzzzzzz = 1".to_owned()),
        ("Setting", "[settings.s]\nhelp = \"h\"\nzzzzzzzzzz = 1".to_owned()),
        ("Unit", unit("zzzzzzzzzz = 1\ndocument = []")),
        ("Condition", unit("document = []\nselection = [{ field = 1, zzzzzzzzzz = 1 }]")),
        ("CreateInVtiger", unit("document = []\ncreate_in_vtiger = { document = \"r\", zzzzzzzzzz = 1 }")),
        ("Document", document("zzzzzzzzzz = 1")),
        ("Mark", document("deletes = { mark = { field = \"f\", value = 1 }, zzzzzzzzzz = 1 }")),
        ("MarkTarget", document("deletes = { mark = { field = \"f\", value = 1, zzzzzzzzzz = 1 } }")),
        ("IfKnown", document("match = [[{ if_known = \"f\", zzzzzzzzzz = 1 }]]")),
        ("Check", document("checks = [{ zzzzzzzzzz = 1 }]")),
        ("Rule", document("fields = { f = { zzzzzzzzzz = 1 } }")),
        ("TransformTable", document("fields = { f = { vtiger = 1, transform = { zzzzzzzzzz = 1 } } }")),
        ("Row", document("row = [{ table = \"t\", columns = {}, zzzzzzzzzz = 1 }]")),
        ("Source", document("row = [{ table = \"t\", columns = { c = { zzzzzzzzzz = 1 } } }]")),
    ];
    for (name, rest) in tables {
        let text = format!("format = 1\nname = \"t\"\ntitle = \"T\"\n{rest}\n");
        let problems = parse(&text).unwrap_err();
        let unknown = problems.iter().find(|problem| problem.code == "file.unknown_key").unwrap();
        let mut read: Vec<&str> = unknown.help.trim_start_matches("known here: ").split(", ").collect();
        let table = if name.is_empty() { &schema } else { &schema["definitions"][name] };
        let mut listed = properties(table);
        read.sort_unstable();
        listed.sort_unstable();
        assert_eq!(read, listed, "{name}");
    }
}

#[test]
fn the_schema_is_this_one() {
    insta::assert_json_snapshot!("json_schema", json_schema());
}
