//! What a deployment changes: compares a project with the function on the server.

use std::collections::BTreeMap;
use std::fmt;

use faas_api::{Function, FunctionChange, NewConfig, NewFunction, Word};
use serde::Serialize;
use serde_json::Value;

use crate::failure::Failure;
use crate::project::Code;
use crate::project::manifest::Manifest;

/// One change of a function.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Change {
    /// What changes, such as `code` or `config.timeout`.
    what: String,
    /// What it is on the server.
    from: Value,
    to: Value,
}

impl Change {
    pub(crate) const fn new(what: String, from: Value, to: Value) -> Self {
        Self { what, from, to }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.from, &self.to) {
            (from, Value::Null) => write!(f, "- {}: {from}", self.what),
            (Value::Null, to) => write!(f, "+ {}: {to}", self.what),
            (from, to) => write!(f, "~ {}: {from} → {to}", self.what),
        }
    }
}

/// What a deployment does.
#[derive(Debug)]
pub(crate) enum Plan {
    Create(Box<NewFunction>),
    Update(Box<Function<'static>>, Box<FunctionChange>, Vec<Change>),
}

impl Plan {
    /// Compares the project with the function that the server has.
    pub(crate) fn new(
        name: &str,
        code: Code,
        manifest: &Manifest,
        there: Option<Function<'static>>,
    ) -> Result<Self, Failure> {
        let mut config = manifest.config.clone().unwrap_or_default();
        for (name, value) in manifest.env.iter().flatten() {
            config.env.insert(name.clone(), Some(value.clone()));
        }
        let Some(there) = there else {
            let mut new = NewFunction::default();
            name.clone_into(&mut new.name);
            new.description = match &manifest.description {
                Some(description) => description.clone(),
                None => format!("Deployed from {}", code.main),
            };
            let files = Files::of(code);
            (new.code, new.language) = (files.code, files.language.map(Word));
            (new.modules, new.main) = (files.modules, files.main);
            new.config = Some(config);
            return Ok(Self::Create(Box::new(new)));
        };
        let mut changes = Vec::new();
        let mut change = FunctionChange::default();
        if let Some(description) = &manifest.description
            && *description != there.description
        {
            changes.push(Change {
                what: "description".to_owned(),
                from: there.description.clone().into(),
                to: description.clone().into(),
            });
            change.description = Some(description.clone());
        }
        let size = code.bytes();
        let files = Files::of(code);
        if !files.are_those_of(&there) {
            changes.push(Change {
                what: "code".to_owned(),
                from: format!("{} bytes", there.code_length).into(),
                to: format!("{size} bytes").into(),
            });
            change.language = Some(files.language.map(Word));
            change.modules = Some(files.modules);
            (change.code, change.main) = (files.code, files.main);
        }
        if manifest.env.is_some() {
            // The file lists all variables.
            for name in there.config.env.keys() {
                config.env.entry(name.to_string()).or_insert(None);
            }
        }
        let before = changes.len();
        compare(&there, &config, &mut changes)?;
        if changes.len() > before {
            change.config = Some(config);
        }
        Ok(Self::Update(Box::new(there), Box::new(change), changes))
    }
}

/// The code in the members of the API.
struct Files {
    code: Option<String>,
    language: Option<faas_core::model::Language>,
    modules: Option<BTreeMap<String, String>>,
    main: Option<String>,
}

impl Files {
    fn of(mut code: Code) -> Self {
        if code.files.len() > 1 {
            return Self {
                code: None,
                language: None,
                main: Some(code.main),
                modules: Some(code.files),
            };
        }
        Self {
            language: code.language(),
            code: code.files.remove(&code.main),
            modules: None,
            main: None,
        }
    }

    fn are_those_of(&self, there: &Function<'_>) -> bool {
        let language = there.language.map(|Word(language)| language);
        match (&self.modules, &there.modules) {
            (None, None) => self.code.as_deref() == Some(&*there.code) && self.language == language,
            (Some(here), Some(modules)) => {
                let modules = modules.iter().map(|(path, text)| (&**path, &**text));
                let here = here.iter().map(|(path, text)| (&**path, &**text));
                self.main.as_deref() == there.main.as_deref() && here.eq(modules)
            }
            _ => false,
        }
    }
}

/// Adds what `config` changes of the function's configuration.
fn compare(
    there: &Function<'_>,
    config: &NewConfig,
    changes: &mut Vec<Change>,
) -> Result<(), Failure> {
    let json = |value: Result<Value, serde_json::Error>| {
        value.map_err(|error| Failure::new(format!("the configuration has no JSON: {error}")))
    };
    let from = json(serde_json::to_value(&there.config))?;
    let Value::Object(to) = json(serde_json::to_value(config))? else {
        return Ok(());
    };
    // In the same order, however maps of JSON are kept.
    for (name, to) in to.into_iter().collect::<BTreeMap<_, _>>() {
        let from = from.get(&name).cloned().unwrap_or_default();
        match (name.as_str(), to) {
            ("env", Value::Object(variables)) => {
                for (variable, to) in variables.into_iter().collect::<BTreeMap<_, _>>() {
                    let from = from.get(&variable).cloned().unwrap_or_default();
                    note(format!("env.{variable}"), from, to, changes);
                }
            }
            (_, to) => note(format!("config.{name}"), from, to, changes),
        }
    }
    Ok(())
}

fn note(what: String, from: Value, to: Value, changes: &mut Vec<Change>) {
    let is_same = match (from.as_f64(), to.as_f64()) {
        // A whole number and one with a decimal point can be equal.
        (Some(from), Some(to)) => from.to_bits() == to.to_bits(),
        _ => from == to,
    };
    if !is_same {
        changes.push(Change { what, from, to });
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn function(config: &str) -> Function<'static> {
        let text = format!(
            r#"{{"_id": "01890a5d-ac96-774b-bcce-b302099a8057", "name": "f", "description": "d",
            "code": "return 1", "codeLength": 8, "version": 3,
            "createdAt": "2026-01-31T14:05:09.123Z", "updatedAt": "2026-01-31T14:05:09.123Z",
            "status": "active", "tier": "basic", "config": {{"timeout": 30000, "retryCount": 3,
            "concurrency": null, "secrets": [], {config}}}}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    fn code(text: &str) -> Code {
        Code {
            main: "index.js".to_owned(),
            files: BTreeMap::from([("index.js".to_owned(), text.to_owned())]),
            sources: BTreeSet::new(),
            is_bundled: false,
            unknown: BTreeSet::new(),
        }
    }

    fn changes(text: &str, manifest: &str, there: Function<'static>) -> Vec<String> {
        let manifest: Manifest = faas_api::read(manifest).unwrap();
        match Plan::new("f", code(text), &manifest, Some(there)).unwrap() {
            Plan::Update(_, _, changes) => changes.iter().map(Change::to_string).collect(),
            Plan::Create(_) => panic!("the function exists"),
        }
    }

    #[test]
    fn the_same_code_and_settings_change_nothing() {
        let manifest = r#"{"description": "d", "env": {"A": "1"}, "config": {"timeout": 30000}}"#;
        let there = function(r#""env": {"A": "1"}"#);
        assert_eq!(changes("return 1", manifest, there), Vec::<String>::new());
    }

    #[test]
    fn each_member_that_differs_is_one_change() {
        let manifest = r#"{"env": {"A": "2", "C": "3"},
            "config": {"timeout": 5000, "http": {"enabled": true}}}"#;
        let there = function(r#""env": {"A": "1", "B": "2"}"#);
        assert_eq!(
            changes("return 22", manifest, there),
            [
                "~ code: \"8 bytes\" → \"9 bytes\"",
                "~ env.A: \"1\" → \"2\"",
                "- env.B: \"2\"",
                "+ env.C: \"3\"",
                "+ config.http: {\"auth\":\"key\",\"enabled\":true}",
                "~ config.timeout: 30000 → 5000",
            ]
        );
    }

    #[test]
    fn variables_stay_if_the_file_lists_none() {
        let there = function(r#""env": {"A": "1"}"#);
        assert_eq!(changes("return 1", "{}", there), Vec::<String>::new());
    }
}
