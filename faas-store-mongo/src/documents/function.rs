//! Documents of `functions`, and of what is kept of deleted ones.

use std::sync::Arc;
use std::time::Duration;

use faas_core::cost::PriceBook;
use faas_core::model::Sealed;
use faas_core::model::egress::EgressRules;
use faas_core::model::http::HttpConfig;
use faas_core::model::{
    Aliases, Environment, Function, FunctionConfig, FunctionId, FunctionLabel, FunctionStatus,
    FunctionSummary, KvConfig, Language, Modules, RetryConfig, Secret, Tier, Timestamp, ToolConfig,
};
use faas_core::store::Period;
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Bson, Document, doc};

use super::damage::Damage;
use super::{Fields, date, nanos, signed};
use crate::collections::{DELETED_FUNCTIONS, FUNCTIONS};
use crate::error::Error;
use crate::ids::Id;

/// The function with how much code was kept from when until when.
pub(crate) fn write(function: &Function, spans: &[CodeSpan]) -> Document {
    let (variables, secrets) = write_environment(&function.environment);
    doc! {
        "_id": function.id.bson(),
        "name": &*function.name,
        "description": &*function.description,
        "code": &*function.code,
        "codeBytes": signed(function.code_bytes() as u64),
        "language": function.language.map(Language::as_str),
        "modules": write_modules(function),
        "handler": function.handler.as_deref(),
        "createdAt": date(function.created_at),
        "updatedAt": date(function.updated_at),
        "version": i64::from(function.version),
        "status": function.status.as_str(),
        "config": {
            "timeout": signed(u64::try_from(function.config.timeout.as_millis()).unwrap_or(u64::MAX)),
            "retryCount": i64::from(function.config.retry_count),
            "retry": write_retry(&function.config),
            "concurrency": function.config.concurrency.map(i64::from),
            "concurrencyPerKey": function.config.concurrency_per_key.map(i64::from),
            "memory": function.config.memory.map(i64::from),
            "bindings": write_bindings(&function.config),
            "egress": write_egress(&function.config),
            "http": write_http(&function.config),
            "kv": write_kv(&function.config),
            "tool": write_tool(&function.config),
            "runtime": function.config.runtime.as_deref(),
            "env": variables,
            "secrets": secrets,
            "exact": { "timeout": nanos(function.config.timeout) },
        },
        "tier": function.tier.as_str(),
        "aliases": write_aliases(function),
        "codeSpans": spans.iter().map(CodeSpan::write).collect::<Vec<_>>(),
        "exact": {
            "createdAt": function.created_at.as_micros(),
            "updatedAt": function.updated_at.as_micros(),
        },
    }
}

/// As JSON text: the name of an alias is no name of a field. Null: there is none.
fn write_aliases(function: &Function) -> Bson {
    let aliases = Some(&*function.aliases).filter(|some| !some.is_empty());
    let text = aliases.and_then(|aliases| serde_json::to_string(aliases).ok());
    text.map_or(Bson::Null, Bson::String)
}

fn aliases(fields: &Fields<'_>) -> Result<Arc<Aliases>, Error> {
    let Some(text) = fields.optional_text("aliases")? else {
        return Ok(Arc::default());
    };
    let aliases = serde_json::from_str(text);
    (aliases.map(Arc::new)).map_err(|_| fields.unreadable("aliases"))
}

/// The main path, and the other files as a list: a path can have dots, which names of fields cannot.
fn write_modules(function: &Function) -> Bson {
    let Some(modules) = &function.modules else {
        return Bson::Null;
    };
    let files = modules.others.iter();
    let files = files.map(|(path, text)| doc! { "path": &**path, "text": &**text });
    let files: Vec<Document> = files.collect();
    Bson::Document(doc! { "main": &*modules.main, "files": files })
}

fn modules(fields: &Fields<'_>) -> Result<Option<Arc<Modules>>, Error> {
    if fields.value("modules").is_none() {
        return Ok(None);
    }
    let modules = fields.within("modules");
    let files = modules.list("files")?.into_iter();
    let files = files.map(|file| Ok((file.text("path")?.into(), file.text("text")?.into())));
    Ok(Some(Arc::new(Modules {
        main: modules.text("main")?.into(),
        others: files.collect::<Result<_, Error>>()?,
    })))
}

/// Null stands for every binding that is open to all.
fn write_bindings(config: &FunctionConfig) -> Bson {
    let names = config.bindings.as_deref();
    let names = names.map(|names| names.iter().map(|name| Bson::from(&**name)).collect());
    names.map_or(Bson::Null, Bson::Array)
}

fn bindings(fields: &Fields<'_>) -> Result<Option<Arc<[Arc<str>]>>, Error> {
    let Some(value) = fields.value("bindings") else {
        return Ok(None);
    };
    let unreadable = || fields.unreadable("config.bindings");
    let names = value.as_array().ok_or_else(unreadable)?;
    let name = |name: &Bson| Ok(Arc::from(name.as_str().ok_or_else(unreadable)?));
    names.iter().map(name).collect::<Result<_, _>>().map(Some)
}

/// As JSON text: rules have names of headers, which can be no names of fields. Null stands for all
/// that the server allows.
fn write_egress(config: &FunctionConfig) -> Bson {
    let rules = config.egress.as_deref();
    let text = rules.and_then(|rules| serde_json::to_string(rules).ok());
    text.map_or(Bson::Null, Bson::String)
}

fn egress(fields: &Fields<'_>) -> Result<Option<Arc<EgressRules>>, Error> {
    let Some(text) = fields.optional_text("egress")? else {
        return Ok(None);
    };
    let rules = serde_json::from_str(text);
    (rules.map(|rules| Some(Arc::new(rules)))).map_err(|_| fields.unreadable("config.egress"))
}

/// As JSON text, like the rules. Null: it answers no HTTP requests.
fn write_http(config: &FunctionConfig) -> Bson {
    let http = config.http.as_deref();
    let text = http.and_then(|http| serde_json::to_string(http).ok());
    text.map_or(Bson::Null, Bson::String)
}

fn http(fields: &Fields<'_>) -> Result<Option<Arc<HttpConfig>>, Error> {
    let Some(text) = fields.optional_text("http")? else {
        return Ok(None);
    };
    let http = serde_json::from_str(text);
    (http.map(|http| Some(Arc::new(http)))).map_err(|_| fields.unreadable("config.http"))
}

/// As JSON text. Null stands for the platform's own policy.
fn write_retry(config: &FunctionConfig) -> Bson {
    let retry = config.retry.as_deref();
    let text = retry.and_then(|retry| serde_json::to_string(retry).ok());
    text.map_or(Bson::Null, Bson::String)
}

fn retry(fields: &Fields<'_>) -> Result<Option<Arc<RetryConfig>>, Error> {
    let Some(text) = fields.optional_text("retry")? else {
        return Ok(None);
    };
    let retry = serde_json::from_str(text);
    (retry.map(|retry| Some(Arc::new(retry)))).map_err(|_| fields.unreadable("config.retry"))
}

/// As JSON text: schemas have names that can be no names of fields. Null: models do not get it.
fn write_tool(config: &FunctionConfig) -> Bson {
    let tool = config.tool.as_deref();
    let text = tool.and_then(|tool| serde_json::to_string(tool).ok());
    text.map_or(Bson::Null, Bson::String)
}

fn tool(fields: &Fields<'_>) -> Result<Option<Arc<ToolConfig>>, Error> {
    let Some(text) = fields.optional_text("tool")? else {
        return Ok(None);
    };
    let tool = serde_json::from_str(text);
    (tool.map(|tool| Some(Arc::new(tool)))).map_err(|_| fields.unreadable("config.tool"))
}

/// As JSON text. Null stands for no namespaces.
fn write_kv(config: &FunctionConfig) -> Bson {
    let kv = config.kv.as_deref();
    let text = kv.and_then(|kv| serde_json::to_string(kv).ok());
    text.map_or(Bson::Null, Bson::String)
}

fn kv(fields: &Fields<'_>) -> Result<Option<Arc<KvConfig>>, Error> {
    let Some(text) = fields.optional_text("kv")? else {
        return Ok(None);
    };
    let kv = serde_json::from_str(text);
    (kv.map(|kv| Some(Arc::new(kv)))).map_err(|_| fields.unreadable("config.kv"))
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

/// Stands for a name or description that cannot be read.
const UNREADABLE: &str = "(unreadable)";

/// The fields without the code.
pub(crate) fn fields_without_code() -> Document {
    doc! { "code": 0, "modules": 0, "codeSpans": 0 }
}

/// Reads a function. Fails only if its id cannot be read; other fields that cannot be read are
/// replaced and logged.
pub(crate) fn read(document: &Document) -> Result<Function, Error> {
    let mut damage = Damage::default();
    let (mut function, tier) = head(document, &mut damage)?;
    let fields = Fields::new(document, FUNCTIONS);
    let code = damage.or("code", fields.text("code"), "");
    function.code = code.into();
    function.modules = damage.or("modules", modules(&fields), None);
    let timeout = function.config.timeout;
    function.tier =
        tier.unwrap_or_else(|| PriceBook::default().tier_of_source(&function.source(), timeout));
    damage.report(FUNCTIONS, &function.id);
    Ok(function)
}

/// Reads a function without its code. Returns also whether the document has its tier and the length of
/// its code, in `codeBytes` or in the span that is open.
pub(crate) fn read_without_code(document: &Document) -> Result<(FunctionSummary, bool), Error> {
    let mut damage = Damage::default();
    let (function, tier) = head(document, &mut damage)?;
    damage.report(FUNCTIONS, &function.id);
    let fields = Fields::new(document, FUNCTIONS);
    let code_bytes = match fields.value("codeBytes") {
        Some(_) => fields.count("codeBytes").ok(),
        None => {
            let spans = stored_spans(document);
            let open = spans.iter().find(|span| span.to.is_none());
            open.map(|span| span.bytes)
        }
    };
    let summary = FunctionSummary {
        code_bytes: code_bytes.unwrap_or(0),
        ..FunctionSummary::new(function, false)
    };
    Ok((summary, tier.is_some() && code_bytes.is_some()))
}

/// The function without its code, and the tier that is stored.
fn head(document: &Document, damage: &mut Damage) -> Result<(Function, Option<Tier>), Error> {
    let fields = Fields::new(document, FUNCTIONS);
    let id: FunctionId = fields.id("_id")?;
    let created_at = damage.or("createdAt", created_at(&fields, id), id.created_at());
    let status = damage.or("status", status(&fields), FunctionStatus::Inactive);
    let description = damage.or(
        "description",
        fields.optional_text("description"),
        Some(UNREADABLE),
    );
    let version = damage.or("version", fields.optional_u32("version"), None);
    let of = fields.within("config");
    let environment = damage.or("config.env", environment(&of), Environment::default());
    let tier = damage.or("tier", fields.optional_tier("tier"), None);
    let function = Function {
        id,
        name: damage.or("name", fields.text("name"), UNREADABLE).into(),
        description: description.unwrap_or("").into(),
        code: "".into(),
        language: damage
            .or("language", fields.optional_text("language"), None)
            .and_then(Language::named),
        modules: None,
        handler: damage
            .or("handler", fields.optional_text("handler"), None)
            .map(Arc::from),
        created_at,
        updated_at: damage.or("updatedAt", changed(document), created_at),
        version: version.unwrap_or(1),
        status,
        config: config(&of, damage),
        environment: Arc::new(environment),
        tier: tier.unwrap_or(Tier::Basic),
        aliases: damage.or("aliases", aliases(&fields), Arc::default()),
    };
    Ok((function, tier))
}

fn status(fields: &Fields<'_>) -> Result<FunctionStatus, Error> {
    match fields.optional_text("status")?.unwrap_or("active") {
        "active" => Ok(FunctionStatus::Active),
        "inactive" => Ok(FunctionStatus::Inactive),
        _ => Err(fields.unreadable("status")),
    }
}

/// When the function in this document was last changed.
pub(crate) fn changed(document: &Document) -> Result<Timestamp, Error> {
    let fields = Fields::new(document, FUNCTIONS);
    match fields.optional_moment("updatedAt") {
        Ok(Some(updated_at)) => Ok(updated_at),
        _ => {
            let id: FunctionId = fields.id("_id")?;
            Ok(created_at(&fields, id).unwrap_or_else(|_| id.created_at()))
        }
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

fn config(fields: &Fields<'_>, damage: &mut Damage) -> FunctionConfig {
    let default = FunctionConfig::default();
    let timeout: Option<Duration> =
        damage.or("config.timeout", fields.optional_duration("timeout"), None);
    let retries = damage.or("config.retryCount", fields.optional_u32("retryCount"), None);
    FunctionConfig {
        timeout: timeout.unwrap_or(default.timeout),
        retry_count: retries.unwrap_or(default.retry_count),
        retry: damage.or("config.retry", retry(fields), None),
        concurrency: damage.or(
            "config.concurrency",
            fields.optional_u32("concurrency"),
            None,
        ),
        concurrency_per_key: damage.or(
            "config.concurrencyPerKey",
            fields.optional_u32("concurrencyPerKey"),
            None,
        ),
        memory: damage.or("config.memory", fields.optional_u32("memory"), None),
        // A function whose bindings cannot be read gets none, so that it cannot use more than it was
        // given.
        bindings: damage.or("config.bindings", bindings(fields), Some([].into())),
        // Nor can one whose rules cannot be read make a request.
        egress: damage.or(
            "config.egress",
            egress(fields),
            Some(Arc::new(EgressRules::nothing())),
        ),
        // And one whose HTTP settings cannot be read answers no requests.
        http: damage.or("config.http", http(fields), None),
        kv: damage.or("config.kv", kv(fields), None),
        tool: damage.or("config.tool", tool(fields), None),
        runtime: damage
            .or("config.runtime", fields.optional_text("runtime"), None)
            .map(Into::into),
    }
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

/// What stays of a deleted function.
pub(crate) fn read_deleted(document: &Document) -> Result<FunctionLabel, Error> {
    let fields = Fields::new(document, DELETED_FUNCTIONS);
    let id: FunctionId = fields.id("_id")?;
    let mut damage = Damage::default();
    let description = damage.or(
        "description",
        fields.optional_text("description"),
        Some(UNREADABLE),
    );
    let tier = damage.or("tier", fields.optional_tier("tier"), None);
    let label = FunctionLabel {
        id,
        name: damage.or("name", fields.text("name"), UNREADABLE).into(),
        description: description.unwrap_or("").into(),
        tier: tier.unwrap_or(Tier::Basic),
        deleted: true,
    };
    damage.report(DELETED_FUNCTIONS, &id);
    Ok(label)
}

/// The fields of an environment in `config`, for an update.
pub(crate) fn write_environment(environment: &Environment) -> (Document, Document) {
    let variables = environment.variables.iter();
    let variables = variables.map(|(name, value)| (name.to_string(), Bson::from(&**value)));
    let secrets = environment.secrets.iter();
    let secrets = secrets.map(|(name, secret)| (name.to_string(), write_secret(secret)));
    (variables.collect(), secrets.collect())
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
    pub(crate) fn open(function: &Function, from: Timestamp) -> Self {
        Self {
            bytes: function.code_bytes() as u64,
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
        return Ok(vec![CodeSpan::open(&function, function.created_at)]);
    }
    Ok(stored_spans(document))
}

/// The spans in the document. Those that cannot be read are left out.
fn stored_spans(document: &Document) -> Vec<CodeSpan> {
    let fields = Fields::new(document, FUNCTIONS);
    let span = |fields: Fields<'_>| -> Result<CodeSpan, Error> {
        let to = fields.optional_integer("to")?;
        Ok(CodeSpan {
            bytes: fields.count("bytes")?,
            from: Timestamp::from_micros(fields.integer("from")?),
            to: to.map(Timestamp::from_micros),
        })
    };
    let spans = fields.list("codeSpans").unwrap_or_default();
    spans.into_iter().map(span).filter_map(Result::ok).collect()
}
