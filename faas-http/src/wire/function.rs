//! Functions and samples.

use faas_core::model::{Function, FunctionConfig, FunctionId, Json, Timestamp};
use faas_core::samples::Sample;
use serde::Serialize;

use super::{Millis, Text};

/// A function.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FunctionBody<'a> {
    #[serde(rename = "_id")]
    id: Text<FunctionId>,
    name: &'a str,
    description: &'a str,
    code: &'a str,
    created_at: Text<Timestamp>,
    updated_at: Text<Timestamp>,
    version: u32,
    status: &'static str,
    config: ConfigBody,
    tier: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ConfigBody {
    timeout: Millis,
    retry_count: u32,
    concurrency: Option<u32>,
}

impl<'a> From<&'a Function> for FunctionBody<'a> {
    fn from(function: &'a Function) -> Self {
        let FunctionConfig {
            timeout,
            retry_count,
            concurrency,
        } = function.config;
        Self {
            id: Text(function.id),
            name: &function.name,
            description: &function.description,
            code: &function.code,
            created_at: Text(function.created_at),
            updated_at: Text(function.updated_at),
            version: function.version,
            status: function.status.as_str(),
            config: ConfigBody {
                timeout: Millis(timeout),
                retry_count,
                concurrency,
            },
            tier: function.tier().as_str(),
        }
    }
}

/// A sentence.
#[derive(Serialize)]
pub(crate) struct Message {
    pub(crate) message: &'static str,
}

/// A sample function, ready to be uploaded.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SampleBody<'a> {
    name: &'a str,
    description: &'a str,
    code: &'a str,
    input: &'a Json,
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
