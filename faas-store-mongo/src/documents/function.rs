//! Documents of `functions`, and of what is kept of deleted ones.

use std::sync::Arc;
use std::time::Duration;

use faas_core::cost::PriceBook;
use faas_core::model::Sealed;
use faas_core::model::{
    Environment, Function, FunctionConfig, FunctionId, FunctionLabel, FunctionStatus, Secret, Tier,
    Timestamp,
};
use faas_core::store::Period;
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Bson, Document, doc};

use super::{Fields, date, nanos, signed};
use crate::collections::FUNCTIONS;
use crate::error::Error;
use crate::ids::Id;

/// The function with how much code was kept from when until when.
pub(crate) fn write(function: &Function, spans: &[CodeSpan]) -> Document {
    let environment = &function.environment;
    let variables = environment.variables.iter();
    let variables = variables.map(|(name, value)| (name.to_string(), Bson::from(&**value)));
    let secrets = environment.secrets.iter();
    let secrets = secrets.map(|(name, secret)| (name.to_string(), write_secret(secret)));
    doc! {
        "_id": function.id.bson(),
        "name": &*function.name,
        "description": &*function.description,
        "code": &*function.code,
        "createdAt": date(function.created_at),
        "updatedAt": date(function.updated_at),
        "version": i64::from(function.version),
        "status": function.status.as_str(),
        "config": {
            "timeout": signed(u64::try_from(function.config.timeout.as_millis()).unwrap_or(u64::MAX)),
            "retryCount": i64::from(function.config.retry_count),
            "concurrency": function.config.concurrency.map(i64::from),
            "env": variables.collect::<Document>(),
            "secrets": secrets.collect::<Document>(),
            "exact": { "timeout": nanos(function.config.timeout) },
        },
        "tier": function.tier.as_str(),
        "codeSpans": spans.iter().map(CodeSpan::write).collect::<Vec<_>>(),
        "exact": {
            "createdAt": function.created_at.as_micros(),
            "updatedAt": function.updated_at.as_micros(),
        },
    }
}

/// Names are of letters, digits and `_`, so they can be names of fields.
fn write_secret(secret: &Secret) -> Bson {
    Bson::Document(doc! {
        "sealed": Binary { subtype: BinarySubtype::Generic, bytes: secret.sealed.as_bytes().to_vec() },
        "setAt": date(secret.set_at),
        "exact": { "setAt": secret.set_at.as_micros() },
    })
}

/// What stays of a deleted function.
pub(crate) fn write_deleted(
    label: &FunctionLabel,
    spans: &[CodeSpan],
    deleted_at: Timestamp,
) -> Document {
    doc! {
        "_id": label.id.bson(),
        "name": &*label.name,
        "description": &*label.description,
        "tier": label.tier.as_str(),
        "deletedAt": date(deleted_at),
        "codeSpans": spans.iter().map(CodeSpan::write).collect::<Vec<_>>(),
    }
}

pub(crate) fn read(document: &Document) -> Result<Function, Error> {
    let fields = Fields::new(document, FUNCTIONS);
    let id: FunctionId = fields.id("_id")?;
    let created_at = created_at(&fields, id)?;
    let status = match fields.optional_text("status")?.unwrap_or("active") {
        "active" => FunctionStatus::Active,
        "inactive" => FunctionStatus::Inactive,
        _ => return Err(fields.unreadable("status")),
    };
    let code = fields.text("code")?;
    let config = config(&fields.within("config"))?;
    // Documents of the original system have none.
    let tier = fields.optional_tier("tier")?;
    Ok(Function {
        id,
        name: fields.text("name")?.into(),
        description: fields.optional_text("description")?.unwrap_or("").into(),
        code: code.into(),
        created_at,
        updated_at: changed(document)?,
        version: fields.optional_u32("version")?.unwrap_or(1),
        status,
        tier: tier.unwrap_or_else(|| PriceBook::default().tier_of(code, config.timeout)),
        config,
        environment: Arc::new(environment(&fields.within("config"))?),
    })
}

/// When the function in this document was last changed.
pub(crate) fn changed(document: &Document) -> Result<Timestamp, Error> {
    let fields = Fields::new(document, FUNCTIONS);
    match fields.optional_moment("updatedAt")? {
        Some(updated_at) => Ok(updated_at),
        None => created_at(&fields, fields.id("_id")?),
    }
}

/// The fields that [`changed`] reads.
pub(crate) fn changed_fields() -> Document {
    doc! { "updatedAt": 1, "createdAt": 1, "exact": 1 }
}

fn created_at(fields: &Fields<'_>, id: FunctionId) -> Result<Timestamp, Error> {
    let created_at = fields.optional_moment("createdAt")?;
    Ok(created_at.unwrap_or_else(|| id.created_at()))
}

fn config(fields: &Fields<'_>) -> Result<FunctionConfig, Error> {
    let default = FunctionConfig::default();
    let timeout: Option<Duration> = fields.optional_duration("timeout")?;
    Ok(FunctionConfig {
        timeout: timeout.unwrap_or(default.timeout),
        retry_count: fields
            .optional_u32("retryCount")?
            .unwrap_or(default.retry_count),
        concurrency: fields.optional_u32("concurrency")?,
    })
}

fn environment(fields: &Fields<'_>) -> Result<Environment, Error> {
    let mut environment = Environment::default();
    for (name, value) in fields.entries("env") {
        let text = value.as_str().ok_or(fields.unreadable("config.env"))?;
        environment.variables.insert(name.into(), text.into());
    }
    for (name, value) in fields.entries("secrets") {
        let unreadable = || fields.unreadable("config.secrets");
        let document = value.as_document().ok_or_else(unreadable)?;
        let secret = Fields::new(document, FUNCTIONS);
        let sealed = secret.bytes("sealed")?;
        let sealed = Sealed::from_bytes(sealed).map_err(|_| unreadable())?;
        let set_at = secret.moment("setAt")?;
        environment
            .secrets
            .insert(name.into(), Secret { sealed, set_at });
    }
    Ok(environment)
}

/// The label of a function in either collection. `deleted` says in which.
pub(crate) fn read_label(document: &Document, deleted: bool) -> Result<FunctionLabel, Error> {
    if !deleted {
        return read(document).map(|function| function.label());
    }
    let fields = Fields::new(document, FUNCTIONS);
    Ok(FunctionLabel {
        id: fields.id("_id")?,
        name: fields.text("name")?.into(),
        description: fields.optional_text("description")?.unwrap_or("").into(),
        tier: fields.optional_tier("tier")?.unwrap_or(Tier::Basic),
        deleted,
    })
}

/// So many bytes of code were kept from then until then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CodeSpan {
    pub(crate) bytes: u64,
    pub(crate) from: Timestamp,
    /// `None`: they still are.
    pub(crate) to: Option<Timestamp>,
}

impl CodeSpan {
    pub(crate) fn open(code: &str, from: Timestamp) -> Self {
        Self {
            bytes: code.len() as u64,
            from,
            to: None,
        }
    }

    /// Bytes times microseconds within `period`.
    pub(crate) fn byte_micros(&self, period: Period) -> u128 {
        let from = self.from.max(period.from);
        let to = self.to.unwrap_or(period.to).min(period.to);
        u128::from(self.bytes) * to.since(from).as_micros()
    }

    fn write(&self) -> Bson {
        Bson::Document(doc! {
            "bytes": signed(self.bytes),
            "from": self.from.as_micros(),
            "to": self.to.map(Timestamp::as_micros),
        })
    }
}

/// Ends the span that is open.
pub(crate) fn end_span(spans: &mut [CodeSpan], at: Timestamp) {
    for span in spans.iter_mut().filter(|span| span.to.is_none()) {
        span.to = Some(at.max(span.from));
    }
}

/// The spans of a function in either collection. An earlier system kept none: its code counts from
/// the function's beginning.
pub(crate) fn spans(document: &Document) -> Result<Vec<CodeSpan>, Error> {
    let fields = Fields::new(document, FUNCTIONS);
    if fields.value("codeSpans").is_none() {
        let function = read(document)?;
        return Ok(vec![CodeSpan::open(&function.code, function.created_at)]);
    }
    let span = |fields: Fields<'_>| {
        let to = fields.optional_integer("to")?;
        Ok(CodeSpan {
            bytes: fields.count("bytes")?,
            from: Timestamp::from_micros(fields.integer("from")?),
            to: to.map(Timestamp::from_micros),
        })
    };
    fields.list("codeSpans")?.into_iter().map(span).collect()
}
