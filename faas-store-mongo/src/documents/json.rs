//! Inputs and outputs.
//!
//! Ours are kept as their JSON text, to the last byte. An earlier system kept them as values.

use std::fmt::Write as _;

use faas_core::model::Json;
use mongodb::bson::Bson;

/// A value of an earlier system as JSON.
pub(super) fn of_value(value: Option<&Bson>) -> Json {
    let mut text = String::new();
    write(value.unwrap_or(&Bson::Null), &mut text);
    Json::trusted(text)
}

fn write(value: &Bson, text: &mut String) {
    match value {
        Bson::Null | Bson::Undefined => text.push_str("null"),
        Bson::Boolean(value) => text.push_str(if *value { "true" } else { "false" }),
        Bson::Int32(value) => print(value, text),
        Bson::Int64(value) => print(value, text),
        Bson::Double(value) if value.is_finite() => print(value, text),
        Bson::Double(_) => text.push_str("null"),
        Bson::String(value) | Bson::Symbol(value) => quote(value, text),
        Bson::ObjectId(id) => quote(&id.to_hex(), text),
        Bson::DateTime(date) => {
            let moment = faas_core::model::Timestamp::from_millis(date.timestamp_millis());
            quote(&moment.to_string(), text);
        }
        Bson::Array(values) => {
            text.push('[');
            for (index, value) in values.iter().enumerate() {
                separate(index, text);
                write(value, text);
            }
            text.push(']');
        }
        Bson::Document(document) => {
            text.push('{');
            for (index, (name, value)) in document.iter().enumerate() {
                separate(index, text);
                quote(name, text);
                text.push(':');
                write(value, text);
            }
            text.push('}');
        }
        // What JavaScript's own JSON has no value for.
        other => quote(&other.to_string(), text),
    }
}

fn separate(index: usize, text: &mut String) {
    if index > 0 {
        text.push(',');
    }
}

fn print(value: impl std::fmt::Display, text: &mut String) {
    // Writing to a string cannot fail.
    let _ = write!(text, "{value}");
}

fn quote(value: &str, text: &mut String) {
    text.push('"');
    for letter in value.chars() {
        match letter {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            control if control < ' ' => {
                // As above.
                let _ = write!(text, "\\u{:04x}", u32::from(control));
            }
            other => text.push(other),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use mongodb::bson::{DateTime, bson};

    use super::*;

    #[test]
    fn a_value_reads_as_the_json_that_it_was() {
        let value = bson!({
            "a": [1, 2.5, 3_i64, null, true],
            "text": "quote \" back \\ line\n nul \u{0} ü😀",
            "when": DateTime::from_millis(1_769_868_309_123),
        });
        let json = of_value(Some(&value));
        assert_eq!(
            json.as_str(),
            "{\"a\":[1,2.5,3,null,true],\
             \"text\":\"quote \\\" back \\\\ line\\n nul \\u0000 ü😀\",\
             \"when\":\"2026-01-31T14:05:09.123Z\"}"
        );
        assert!(Json::parse(json.as_str().to_owned()).is_ok());
        assert_eq!(of_value(None).as_str(), "null");
        assert_eq!(of_value(Some(&Bson::Double(f64::NAN))).as_str(), "null");
    }
}
