//! Input templates.

use serde_json::Value;

use crate::model::Json;

/// An input in which `{{i}}` is replaced by the number of the call, from 0, and `{{random}}` by a
/// random integer below 2³¹. A string that consists of one placeholder becomes a number.
#[derive(Debug)]
pub(crate) struct Template(Vec<Piece>);

#[derive(Debug)]
enum Piece {
    Text(String),
    Placeholder(Placeholder),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Placeholder {
    Index,
    Random,
}

impl Placeholder {
    const ALL: [Self; 2] = [Self::Index, Self::Random];

    const fn name(self) -> &'static str {
        match self {
            Self::Index => "{{i}}",
            Self::Random => "{{random}}",
        }
    }

    /// Returns the first placeholder in `text` and its position.
    fn first_in(text: &str) -> Option<(usize, Self)> {
        let found = |one: Self| Some((text.find(one.name())?, one));
        Self::ALL
            .into_iter()
            .filter_map(found)
            .min_by_key(|(at, _)| *at)
    }
}

impl Template {
    pub(crate) fn new(input: &Json) -> Self {
        let mut template = Self(Vec::new());
        match input.to::<Value>() {
            Ok(value) if input.as_str().contains("{{") => template.value(&value),
            // Unchanged, byte for byte.
            _ => template.text(input.as_str()),
        }
        template
    }

    /// Returns the input of the call with this number.
    pub(crate) fn render(&self, index: u64) -> Json {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Placeholder(Placeholder::Index) => text.push_str(&index.to_string()),
                Piece::Placeholder(Placeholder::Random) => {
                    text.push_str(&fastrand::u32(..1 << 31).to_string());
                }
            }
        }
        Json::trusted(text)
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::String(string) => {
                let alone = Placeholder::ALL.iter().find(|one| one.name() == string);
                match alone {
                    Some(one) => self.0.push(Piece::Placeholder(*one)),
                    None => self.string(string),
                }
            }
            Value::Array(items) => {
                self.text("[");
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        self.text(",");
                    }
                    self.value(item);
                }
                self.text("]");
            }
            Value::Object(members) => {
                self.text("{");
                for (index, (name, member)) in members.iter().enumerate() {
                    if index > 0 {
                        self.text(",");
                    }
                    self.string(name);
                    self.text(":");
                    self.value(member);
                }
                self.text("}");
            }
            other => self.text(&other.to_string()),
        }
    }

    /// Adds a quoted string with its placeholders. JSON never escapes braces or digits.
    fn string(&mut self, string: &str) {
        let quoted = Value::from(string).to_string();
        let mut rest = quoted.as_str();
        while let Some((at, one)) = Placeholder::first_in(rest) {
            let (before, after) = rest.split_at(at);
            self.text(before);
            self.0.push(Piece::Placeholder(one));
            rest = after.get(one.name().len()..).unwrap_or_default();
        }
        self.text(rest);
    }

    fn text(&mut self, more: &str) {
        match self.0.last_mut() {
            Some(Piece::Text(text)) => text.push_str(more),
            _ => self.0.push(Piece::Text(more.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn rendered(value: Value, index: u64) -> Value {
        let template = Template::new(&Json::from(value));
        template.render(index).to().expect("valid JSON")
    }

    #[test]
    fn a_placeholder_alone_becomes_a_number_and_within_a_string_its_digits() {
        let template = json!({"n": "{{i}}", "name": "user-{{i}}/{{i}}", "{{i}}": ["{{i}}", 1.5]});
        let expected = json!({"n": 7, "name": "user-7/7", "7": [7, 1.5]});
        assert_eq!(rendered(template, 7), expected);
    }

    #[test]
    fn each_random_number_is_drawn_separately() {
        let template = Template::new(&Json::from(json!(["{{random}}", "{{random}}"])));
        let draw = || template.render(0).to::<[u32; 2]>().expect("two numbers");
        let ([a, b], [c, d]) = (draw(), draw());
        assert!(a != b || b != c || c != d);
    }

    #[test]
    fn an_input_without_placeholders_stays_unchanged_byte_for_byte() {
        let input = Json::parse(r#"{ "b" : 1.0, "a":1e400, "{":"}" }"#).expect("valid JSON");
        assert_eq!(Template::new(&input).render(3), input);
    }

    proptest! {
        #[test]
        fn any_template_renders_to_json(text in ".{0,20}(\\{\\{i\\}\\}|\\{\\{random\\}\\}|\"|\\\\){0,3}.{0,20}") {
            let template = Template::new(&Json::from(json!({ text.clone(): [text.clone(), {"a": text}] })));
            let json = template.render(u64::MAX);
            prop_assert!(Json::parse(json.as_str().to_owned()).is_ok());
        }
    }
}
