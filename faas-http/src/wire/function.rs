//! Functions and samples.

use std::collections::BTreeMap;
use std::sync::Arc;

use faas_core::model::{Environment, Function, FunctionConfig, FunctionSummary, Json};
use faas_core::samples::Sample;
use serde::Serialize;
use utoipa::ToSchema;

use super::{FunctionKey, Millis, Moment, Text};
use crate::openapi::words;

/// A function.
#[derive(Serialize, ToSchema)]
#[schema(as = Function)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FunctionBody<'a> {
    #[serde(rename = "_id")]
    id: FunctionKey,
    name: &'a str,
    description: &'a str,
    code: &'a str,
    created_at: Moment,
    updated_at: Moment,
    version: u32,
    #[schema(value_type = words::FunctionStatus)]
    status: &'static str,
    config: ConfigBody<'a>,
    #[schema(value_type = words::Tier)]
    tier: &'static str,
}

/// A function in a list.
#[derive(Serialize, ToSchema)]
#[schema(as = FunctionSummary)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FunctionSummaryBody<'a> {
    #[serde(rename = "_id")]
    id: FunctionKey,
    name: &'a str,
    description: &'a str,
    /// Not there with `code=false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    code: Option<&'a str>,
    created_at: Moment,
    updated_at: Moment,
    version: u32,
    #[schema(value_type = words::FunctionStatus)]
    status: &'static str,
    config: ConfigBody<'a>,
    #[schema(value_type = words::Tier)]
    tier: &'static str,
}

impl<'a> From<&'a FunctionSummary> for FunctionSummaryBody<'a> {
    fn from(function: &'a FunctionSummary) -> Self {
        Self {
            id: Text(function.id),
            name: &function.name,
            description: &function.description,
            code: function.code.as_deref(),
            created_at: Text(function.created_at),
            updated_at: Text(function.updated_at),
            version: function.version,
            status: function.status.as_str(),
            config: ConfigBody::new(&function.config, &function.environment),
            tier: function.tier.as_str(),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = FunctionConfig)]
#[serde(rename_all = "camelCase")]
struct ConfigBody<'a> {
    timeout: Millis,
    retry_count: u32,
    #[schema(required)]
    concurrency: Option<u32>,
    /// What its code finds in `context.env`, secrets apart.
    #[schema(value_type = BTreeMap<String, String>)]
    env: &'a BTreeMap<Arc<str>, Arc<str>>,
    /// What its code finds there as well, without the values.
    secrets: Vec<SecretBody<'a>>,
}

/// A secret, without its value.
#[derive(Serialize, ToSchema)]
#[schema(as = Secret)]
#[serde(rename_all = "camelCase")]
struct SecretBody<'a> {
    name: &'a str,
    /// When it was set last.
    set_at: Moment,
}

impl<'a> ConfigBody<'a> {
    fn new(config: &FunctionConfig, environment: &'a Environment) -> Self {
        let FunctionConfig {
            timeout,
            retry_count,
            concurrency,
        } = *config;
        let secrets = environment.secrets.iter();
        let secrets = secrets.map(|(name, secret)| SecretBody {
            name,
            set_at: Text(secret.set_at),
        });
        Self {
            timeout: Millis(timeout),
            retry_count,
            concurrency,
            env: &environment.variables,
            secrets: secrets.collect(),
        }
    }
}

impl<'a> From<&'a Function> for FunctionBody<'a> {
    fn from(function: &'a Function) -> Self {
        Self {
            id: Text(function.id),
            name: &function.name,
            description: &function.description,
            code: &function.code,
            created_at: Text(function.created_at),
            updated_at: Text(function.updated_at),
            version: function.version,
            status: function.status.as_str(),
            config: ConfigBody::new(&function.config, &function.environment),
            tier: function.tier().as_str(),
        }
    }
}

/// A sentence.
#[derive(Serialize, ToSchema)]
pub(crate) struct Message {
    pub(crate) message: &'static str,
}

/// A sample function, ready to be uploaded.
#[derive(Serialize, ToSchema)]
#[schema(as = Sample)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SampleBody<'a> {
    name: &'a str,
    description: &'a str,
    code: &'a str,
    #[schema(value_type = serde_json::Value)]
    input: &'a Json,
    #[schema(value_type = serde_json::Value)]
    expected_output: &'a Json,
}

impl<'a> From<&'a Sample> for SampleBody<'a> {
    fn from(sample: &'a Sample) -> Self {
        Self {
            name: &sample.name,
            description: &sample.description,
            code: sample.code,
            input: &sample.input,
            expected_output: &sample.expected_output,
        }
    }
}
