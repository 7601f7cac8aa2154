//! Reading the `config` of a function: how to run it, and what its code finds in `context.env`.

use std::collections::BTreeMap;
use std::time::Duration;

use faas_core::platform::EnvironmentUpdate;
use faas_core::secrets::SecretText;
use serde::Deserialize;

use crate::error::ApiError;
use crate::extract::Members;

/// The members of `config`, with what is not given left out.
#[derive(Default)]
pub(super) struct Config {
    pub(super) timeout: Option<Duration>,
    pub(super) retry_count: Option<u32>,
    pub(super) concurrency: Option<Option<u32>>,
    pub(super) environment: EnvironmentUpdate,
}

impl Config {
    pub(super) fn read(members: &Members<'_>) -> Result<Self, ApiError> {
        let Some(config) = members.object("config", "config.")? else {
            return Ok(Self::default());
        };
        config.only(&["timeout", "retryCount", "concurrency", "env", "secrets"])?;
        let concurrency = match config.raw("concurrency") {
            Some(raw) if raw.get() == "null" => Some(None),
            _ => config.whole("concurrency", "")?.map(Some),
        };
        Ok(Self {
            timeout: config
                .whole("timeout", " of milliseconds")?
                .map(Duration::from_millis),
            retry_count: config.whole("retryCount", "")?,
            concurrency,
            environment: EnvironmentUpdate {
                variables: texts(config.object("env", "config.env.")?)?,
                secrets: secrets(&config)?,
            },
        })
    }
}

/// Answers tell the names of secrets as a list. One that comes back as it was read changes nothing.
fn secrets(config: &Members<'_>) -> Result<BTreeMap<String, Option<SecretText>>, ApiError> {
    #[derive(Deserialize)]
    struct Listed {
        #[serde(rename = "name")]
        _name: String,
    }
    if let Some(list) = config
        .raw("secrets")
        .filter(|raw| raw.get().starts_with('['))
    {
        return match serde_json::from_str::<Vec<Listed>>(list.get()) {
            Ok(_) => Ok(BTreeMap::new()),
            Err(_) => Err(ApiError::invalid(
                "config.secrets must be an object of names and strings, not such an array",
            )),
        };
    }
    texts(config.object("secrets", "config.secrets.")?)
}

/// Names with their texts, and with `None` for `null`. Messages name names and never values.
fn texts<T: From<String>>(
    members: Option<Members<'_>>,
) -> Result<BTreeMap<String, Option<T>>, ApiError> {
    let Some(members) = members else {
        return Ok(BTreeMap::new());
    };
    let read = |name: &str| {
        let removed = members.raw(name).is_some_and(|raw| raw.get() == "null");
        let text = if removed { None } else { members.string(name)? };
        Ok((name.to_owned(), text.map(T::from)))
    };
    members.names().map(read).collect()
}
