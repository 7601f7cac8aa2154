//! `faas.json` or `faas.toml`: what a function is called and how it runs, in its folder.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use faas_api::{MissedFirings, Moment, NewConfig};
use serde::Deserialize;

use crate::failure::{Attempt, Failure};

/// The names of the file, in the order in which they are tried.
pub(crate) const FILES: [&str; 2] = ["faas.json", "faas.toml"];

/// The file's contents. What it does not name stays as it is on the server.
#[derive(Debug, Default, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Manifest {
    /// The function's name.
    #[serde(default)]
    pub(crate) name: Option<String>,
    /// What it is for.
    #[serde(default)]
    pub(crate) description: Option<String>,
    /// The path of the main file.
    #[serde(default)]
    pub(crate) main: Option<String>,
    /// How to run it: the members of `config` in the API, without `env` and `secrets`.
    #[serde(default)]
    pub(crate) config: Option<NewConfig>,
    /// All variables that the code finds in `context.env`: others are removed.
    #[serde(default)]
    pub(crate) env: Option<BTreeMap<String, String>>,
    /// All schedules of the function: others are deleted.
    #[serde(default)]
    pub(crate) schedules: Option<Vec<ScheduleSettings>>,
}

/// A schedule, as the API has it.
#[derive(Debug, Default, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ScheduleSettings {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) cron: Option<String>,
    #[serde(default)]
    pub(crate) time_zone: Option<String>,
    #[serde(default)]
    pub(crate) every: Option<String>,
    #[serde(default)]
    pub(crate) at: Option<Moment>,
    #[serde(default)]
    pub(crate) input: Option<serde_json::Value>,
    #[serde(default)]
    pub(crate) alias: Option<String>,
    /// Whether it fires. Absent: as it is on the server.
    #[serde(default)]
    pub(crate) enabled: Option<bool>,
    #[serde(default)]
    pub(crate) missed: Option<MissedFirings>,
}

impl Manifest {
    /// Reads the file in `folder`, if there is one.
    ///
    /// # Errors
    /// If it cannot be read, is not JSON or TOML, or has unknown members.
    pub(crate) fn read(folder: &Path) -> Result<Option<Self>, Failure> {
        for name in FILES {
            let path = folder.join(name);
            match fs::read_to_string(&path) {
                Ok(text) => {
                    let read = Self::parse(&text, name.ends_with(".toml"));
                    return read.map(Some).map_err(|(problem, hint)| {
                        let failure = Failure::new(format!("{}: {problem}", path.display()));
                        match hint {
                            Some(hint) => failure.hint(hint),
                            None => failure,
                        }
                    });
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error).attempt(path.display()),
            }
        }
        Ok(None)
    }

    fn parse(text: &str, is_toml: bool) -> Result<Self, (String, Option<&'static str>)> {
        let json = if is_toml {
            let value: serde_json::Value =
                toml::from_str(text).map_err(|error| (error.to_string(), None))?;
            value.to_string()
        } else {
            text.to_owned()
        };
        let manifest: Self = faas_api::read(&json).map_err(|error| {
            let hint = is_toml.then_some(
                "if this is the settings file of a server, name the function's file faas.json",
            );
            (error.to_string(), hint)
        })?;
        if let Some(config) = &manifest.config {
            if !config.env.is_empty() {
                let problem = "config.env: write the variables into \"env\", beside \"config\"";
                return Err((problem.to_owned(), None));
            }
            if !config.secrets.is_empty() {
                let problem = "config.secrets: secrets do not belong into a file";
                return Err((problem.to_owned(), Some("set them with faas secret set")));
            }
        }
        Ok(manifest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_and_toml_have_the_same_members() {
        let json = r#"{"name": "hello", "main": "index.ts", "env": {"A": "1"},
            "config": {"timeout": 5000, "http": {"enabled": true}}}"#;
        let toml = "name = \"hello\"\nmain = \"index.ts\"\n[env]\nA = \"1\"\n\
            [config]\ntimeout = 5000\nhttp = { enabled = true }\n";
        let read = Manifest::parse(json, false).unwrap();
        assert_eq!(read, Manifest::parse(toml, true).unwrap());
        assert_eq!(read.name.as_deref(), Some("hello"));
    }

    #[test]
    fn unknown_members_are_refused_with_a_suggestion() {
        for (text, is_toml, expected) in [
            (r#"{"nmae": "x"}"#, false, r#"did you mean "name"?"#),
            (
                r#"{"config": {"timout": 1}}"#,
                false,
                r#"did you mean "config.timeout"?"#,
            ),
            ("mian = \"index.ts\"", true, r#"did you mean "main"?"#),
        ] {
            let (problem, _) = Manifest::parse(text, is_toml).unwrap_err();
            assert!(problem.contains(expected), "{problem}");
        }
    }

    #[test]
    fn variables_and_secrets_are_refused_in_config() {
        let read = |config: &str| Manifest::parse(config, false).unwrap_err().0;
        assert!(read(r#"{"config": {"env": {"A": "1"}}}"#).contains("beside"));
        assert!(read(r#"{"config": {"secrets": {"A": "1"}}}"#).contains("secrets"));
    }
}
