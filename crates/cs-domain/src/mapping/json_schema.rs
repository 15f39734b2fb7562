//! The form of mapping files as a JSON Schema, for editors that complete and check TOML.

use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use serde_json::Value;

use crate::mapping::file::MappingForm;

/// The JSON Schema (draft 7, the one that TOML editors know) of a mapping file. Keys are checked by it, what they say
/// is not: that is [`crate::mapping::parse`]'s to do.
pub fn json_schema() -> Value {
    let settings = SchemaSettings::draft07().with_transform(RecursiveTransform(without_null));
    let mut generator = settings.into_generator();
    let mut schema = generator.root_schema_for::<MappingForm>();
    schema.insert("title".to_owned(), "Company Sync mapping".into());
    Value::from(schema)
}

/// TOML has no null: what may be left out is left out.
fn without_null(schema: &mut Schema) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(options)) = schema.get_mut("anyOf") {
        options.retain(|option| option.get("type").is_none_or(|name| name != "null"));
        if let [Value::Object(only)] = options.as_slice() {
            let only = only.clone();
            schema.remove("anyOf");
            for (key, value) in only {
                schema.insert(key, value);
            }
        }
    }
}
