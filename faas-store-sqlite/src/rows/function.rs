//! Rows of `functions`.

use std::sync::Arc;

use faas_core::cost::PriceBook;
use faas_core::model::egress::EgressRules;
use faas_core::model::http::HttpConfig;
use faas_core::model::{
    Aliases, Environment, Function, FunctionConfig, FunctionId, FunctionLabel, FunctionStatus,
    FunctionSummary, KvConfig, Language, Modules, RetryConfig, Source, Tier, Timestamp, ToolConfig,
};
use rusqlite::{Connection, Row, params};

use super::{Columns, count, function_key, nanos, signed, tier_code, tier_of};
use crate::error::Error;

const INSERT: &str = "
    INSERT INTO functions (no, name, description, code, created_at, updated_at, version, active,
        timeout, retry_count, concurrency, tier, environment, memory, bindings, language,
        module_bytes, modules, runtime, handler, egress, http, kv, retry,
        aliases, concurrency_per_key, tool)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19,
        ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27)";

const UPDATE: &str = "
    UPDATE functions SET name = ?2, description = ?3, code = ?4, created_at = ?5, updated_at = ?6,
        version = ?7, active = ?8, timeout = ?9, retry_count = ?10, concurrency = ?11, tier = ?12,
        environment = ?13, memory = ?14, bindings = ?15, language = ?16, module_bytes = ?17,
        modules = ?18, runtime = ?19, handler = ?20, egress = ?21, http = ?22, kv = ?23,
        retry = ?24, aliases = ?25, concurrency_per_key = ?26, tool = ?27
    WHERE no = ?1";

/// Replaces a name or description that cannot be read.
const UNREADABLE: &str = "(unreadable)";

/// The columns that [`read`] needs, with `f` for `functions` and `n` for `function_numbers`.
pub(crate) const SELECT: &str = "
    SELECT n.id, f.name, f.description, f.code, f.created_at, f.updated_at, f.version, f.active,
        f.timeout, f.retry_count, f.concurrency, f.memory, f.bindings, f.runtime,
        f.environment, f.tier, f.language, f.modules, f.handler, f.egress, f.http, f.kv, f.retry,
        f.aliases, f.concurrency_per_key, f.tool
    FROM functions f JOIN function_numbers n ON n.no = f.no
    ";

/// The columns that [`read_summary`] needs for functions without their code.
pub(crate) const SELECT_WITHOUT_CODE: &str = "
    SELECT n.id, f.name, f.description, octet_length(f.code) + coalesce(f.module_bytes, 0),
        f.created_at, f.updated_at, f.version, f.active,
        f.timeout, f.retry_count, f.concurrency, f.memory, f.bindings, f.runtime,
        f.environment, f.tier, f.language, NULL, f.handler, f.egress, f.http, f.kv, f.retry,
        f.aliases, f.concurrency_per_key, f.tool
    FROM functions f JOIN function_numbers n ON n.no = f.no
    ";

/// The columns that [`read`] needs of a replaced version.
pub(crate) const SELECT_VERSION: &str = "
    SELECT n.id, f.name, f.description, f.code, f.created_at, f.updated_at, f.version, f.active,
        f.timeout, f.retry_count, f.concurrency, f.memory, f.bindings, f.runtime,
        f.environment, f.tier, f.language, f.modules, f.handler, f.egress, f.http, f.kv, f.retry,
        NULL, f.concurrency_per_key, f.tool
    FROM function_versions f JOIN function_numbers n ON n.no = f.function_no
    ";

/// The columns that [`read_summary`] needs of a replaced version without its code.
pub(crate) const SELECT_VERSION_WITHOUT_CODE: &str = "
    SELECT n.id, f.name, f.description, octet_length(f.code) + coalesce(f.module_bytes, 0),
        f.created_at, f.updated_at, f.version, f.active,
        f.timeout, f.retry_count, f.concurrency, f.memory, f.bindings, f.runtime,
        f.environment, f.tier, f.language, NULL, f.handler, f.egress, f.http, f.kv, f.retry,
        NULL, f.concurrency_per_key, f.tool
    FROM function_versions f JOIN function_numbers n ON n.no = f.function_no
    ";

/// Copies a row of `functions` to `function_versions`, with the time at which it was replaced.
const KEEP: &str = "
    INSERT OR REPLACE INTO function_versions (function_no, version, replaced_at, name, description,
        created_at, updated_at, active, timeout, retry_count, concurrency, memory, bindings, runtime,
        tier, environment, code, language, module_bytes, modules, handler, egress,
        http, kv, retry, concurrency_per_key, tool)
    SELECT no, version, ?2, name, description, created_at, updated_at, active, timeout, retry_count,
        concurrency, memory, bindings, runtime, tier, environment, code, language, module_bytes,
        modules, handler, egress, http, kv, retry, concurrency_per_key, tool
    FROM functions WHERE no = ?1";

/// The columns that [`read_label`] needs.
pub(crate) const SELECT_LABEL: &str = "
    SELECT n.id, f.name, f.description, f.tier, f.deleted_at IS NOT NULL
    FROM functions f JOIN function_numbers n ON n.no = f.no
    ";

pub(crate) fn insert(connection: &Connection, no: i64, function: &Function) -> Result<(), Error> {
    write(connection, INSERT, no, function)
}

pub(crate) fn update(connection: &Connection, no: i64, function: &Function) -> Result<(), Error> {
    write(connection, UPDATE, no, function)
}

/// Keeps the stored version, which is replaced next.
pub(crate) fn keep(connection: &Connection, no: i64, replaced_at: Timestamp) -> Result<(), Error> {
    let mut statement = connection.prepare_cached(KEEP)?;
    statement.execute(params![no, replaced_at.as_micros()])?;
    Ok(())
}

/// Replaces the environment of this version, current or kept, if it was last changed at `expected`.
/// Returns whether it was replaced.
pub(crate) fn replace_environment(
    connection: &Connection,
    function: &Function,
    expected: Timestamp,
) -> Result<bool, Error> {
    let mut statement = connection.prepare_cached(
        "UPDATE functions SET environment = ?3, updated_at = ?4
         WHERE no = (SELECT no FROM function_numbers WHERE id = ?1)
            AND deleted_at IS NULL AND updated_at = ?2 AND version = ?5",
    )?;
    let params = params![
        function_key(function.id),
        expected.as_micros(),
        environment(function)?,
        function.updated_at.as_micros(),
        function.version,
    ];
    if statement.execute(params)? > 0 {
        return Ok(true);
    }
    let mut statement = connection.prepare_cached(
        "UPDATE function_versions SET environment = ?3, updated_at = ?4
         WHERE function_no = (SELECT no FROM function_numbers WHERE id = ?1)
            AND updated_at = ?2 AND version = ?5",
    )?;
    Ok(statement.execute(params)? > 0)
}

fn write(connection: &Connection, sql: &str, no: i64, function: &Function) -> Result<(), Error> {
    connection.prepare_cached(sql)?.execute(params![
        no,
        &*function.name,
        &*function.description,
        &*function.code,
        function.created_at.as_micros(),
        function.updated_at.as_micros(),
        function.version,
        function.status == FunctionStatus::Active,
        nanos(function.config.timeout),
        function.config.retry_count,
        function.config.concurrency,
        tier_code(function.tier),
        environment(function)?,
        function.config.memory,
        bindings(function)?,
        function.language.map(Language::as_str),
        function
            .modules
            .as_ref()
            .map(|modules| signed(modules.bytes() as u64)),
        modules(function)?,
        function.config.runtime.as_deref(),
        function.handler.as_deref(),
        egress(function)?,
        http(function)?,
        kv(function)?,
        retry(function)?,
        aliases(function)?,
        function.config.concurrency_per_key,
        tool(function)?,
    ])?;
    Ok(())
}

/// `None` stands for every binding that is open to all.
fn bindings(function: &Function) -> Result<Option<String>, Error> {
    let names = function.config.bindings.as_deref();
    let text = names.map(|names| {
        let names: Vec<&str> = names.iter().map(|name| &**name).collect();
        serde_json::to_string(&names)
    });
    (text.transpose()).map_err(|_| Error::row("functions", "bindings"))
}

fn read_bindings(columns: &mut Columns<'_, '_>) -> Result<Option<Arc<[Arc<str>]>>, Error> {
    let read = |text| serde_json::from_slice::<Vec<String>>(text);
    let names = columns.bytes()?.map(read).transpose();
    let names = names.map_err(|_| Error::row("functions", "bindings"))?;
    Ok(names.map(|names| names.into_iter().map(Arc::from).collect()))
}

/// `None` stands for all that the server allows.
fn egress(function: &Function) -> Result<Option<String>, Error> {
    let text = function.config.egress.as_deref().map(serde_json::to_string);
    (text.transpose()).map_err(|_| Error::row("functions", "egress"))
}

fn read_egress(columns: &mut Columns<'_, '_>) -> Result<Option<Arc<EgressRules>>, Error> {
    let rules = columns.bytes()?.map(serde_json::from_slice).transpose();
    let rules = rules.map_err(|_| Error::row("functions", "egress"))?;
    Ok(rules.map(Arc::new))
}

/// `None` when it answers no HTTP requests.
fn http(function: &Function) -> Result<Option<String>, Error> {
    let text = function.config.http.as_deref().map(serde_json::to_string);
    (text.transpose()).map_err(|_| Error::row("functions", "http"))
}

fn read_http(columns: &mut Columns<'_, '_>) -> Result<Option<Arc<HttpConfig>>, Error> {
    let http = columns.bytes()?.map(serde_json::from_slice).transpose();
    let http = http.map_err(|_| Error::row("functions", "http"))?;
    Ok(http.map(Arc::new))
}

/// `None` stands for no namespaces.
fn kv(function: &Function) -> Result<Option<String>, Error> {
    let text = function.config.kv.as_deref().map(serde_json::to_string);
    (text.transpose()).map_err(|_| Error::row("functions", "kv"))
}

fn read_kv(columns: &mut Columns<'_, '_>) -> Result<Option<Arc<KvConfig>>, Error> {
    let kv = columns.bytes()?.map(serde_json::from_slice).transpose();
    let kv = kv.map_err(|_| Error::row("functions", "kv"))?;
    Ok(kv.map(Arc::new))
}

/// `None` stands for the platform's own policy.
fn retry(function: &Function) -> Result<Option<String>, Error> {
    let text = function.config.retry.as_deref().map(serde_json::to_string);
    (text.transpose()).map_err(|_| Error::row("functions", "retry"))
}

fn read_retry(columns: &mut Columns<'_, '_>) -> Result<Option<Arc<RetryConfig>>, Error> {
    let retry = columns.bytes()?.map(serde_json::from_slice).transpose();
    let retry = retry.map_err(|_| Error::row("functions", "retry"))?;
    Ok(retry.map(Arc::new))
}

/// `None` when models do not get it as a tool.
fn tool(function: &Function) -> Result<Option<String>, Error> {
    let text = function.config.tool.as_deref().map(serde_json::to_string);
    (text.transpose()).map_err(|_| Error::row("functions", "tool"))
}

fn read_tool(columns: &mut Columns<'_, '_>) -> Result<Option<Arc<ToolConfig>>, Error> {
    let tool = columns.bytes()?.map(serde_json::from_slice).transpose();
    let tool = tool.map_err(|_| Error::row("functions", "tool"))?;
    Ok(tool.map(Arc::new))
}

/// `None` when there is none.
fn aliases(function: &Function) -> Result<Option<String>, Error> {
    let aliases = Some(&*function.aliases).filter(|some| !some.is_empty());
    let text = aliases.map(serde_json::to_string).transpose();
    text.map_err(|_| Error::row("functions", "aliases"))
}

fn read_aliases(columns: &mut Columns<'_, '_>) -> Result<Arc<Aliases>, Error> {
    let Some(text) = columns.bytes()? else {
        return Ok(Arc::default());
    };
    let read = serde_json::from_slice(text);
    (read.map(Arc::new)).map_err(|_| Error::row("functions", "aliases"))
}

/// `None` when the code is the only file.
fn modules(function: &Function) -> Result<Option<String>, Error> {
    let text = function.modules.as_deref().map(serde_json::to_string);
    (text.transpose()).map_err(|_| Error::row("functions", "modules"))
}

fn read_modules(columns: &mut Columns<'_, '_>) -> Result<Option<Arc<Modules>>, Error> {
    let modules = columns.bytes()?.map(serde_json::from_slice).transpose();
    let modules = modules.map_err(|_| Error::row("functions", "modules"))?;
    Ok(modules.map(Arc::new))
}

/// `None` when there is none.
fn environment(function: &Function) -> Result<Option<String>, Error> {
    let environment = Some(&*function.environment).filter(|some| !some.is_empty());
    let text = environment.map(serde_json::to_string).transpose();
    text.map_err(|_| Error::row("functions", "environment"))
}

fn read_environment(columns: &mut Columns<'_, '_>) -> Result<Arc<Environment>, Error> {
    let Some(text) = columns.bytes()? else {
        return Ok(Arc::default());
    };
    let read = serde_json::from_slice(text);
    (read.map(Arc::new)).map_err(|_| Error::row("functions", "environment"))
}

/// Fails only if the id cannot be read. Other columns that cannot be read are replaced and logged.
pub(crate) fn read(row: &Row<'_>) -> Result<Function, Error> {
    Ok(read_either(row, true)?.0)
}

/// Reads what [`SELECT`] or [`SELECT_WITHOUT_CODE`] selected.
pub(crate) fn read_summary(row: &Row<'_>, with_code: bool) -> Result<FunctionSummary, Error> {
    let (function, code_bytes) = read_either(row, with_code)?;
    Ok(FunctionSummary {
        code_bytes,
        ..FunctionSummary::new(function, with_code)
    })
}

/// The function, without its code if that was not selected, and the length of its code in bytes.
fn read_either(row: &Row<'_>, with_code: bool) -> Result<(Function, u64), Error> {
    let mut columns = Columns::new(row, "functions");
    let id = FunctionId::from_u128(columns.id_bits()?);
    let default = FunctionConfig::default();
    let unreadable = || UNREADABLE.to_owned();
    let name = columns.value_or("name", unreadable());
    let description = columns.value_or("description", unreadable());
    let (code, code_bytes) = if with_code {
        (columns.value_or("code", String::new()), 0)
    } else {
        (String::new(), count(columns.value_or("code", 0)))
    };
    let created_at = columns.value_or("created_at", id.created_at().as_micros());
    let updated_at = columns.value_or("updated_at", created_at);
    let version = columns.value_or("version", 1);
    let is_active = columns.value_or("active", false);
    let mut config = FunctionConfig {
        timeout: columns.duration_or("timeout", default.timeout),
        retry_count: columns.value_or("retry_count", default.retry_count),
        concurrency: columns.value_or("concurrency", None),
        concurrency_per_key: None,
        memory: columns.value_or("memory", None),
        // A function whose bindings cannot be read gets none, so that it cannot use more than it was
        // given.
        bindings: {
            let bindings = read_bindings(&mut columns);
            columns.sound("bindings", bindings, Some([].into()))
        },
        egress: None,
        http: None,
        kv: None,
        retry: None,
        tool: None,
        runtime: columns
            .value_or::<Option<String>>("runtime", None)
            .map(Into::into),
    };
    let environment = read_environment(&mut columns);
    let environment = columns.sound("environment", environment, Arc::default());
    let tier = tier_of(columns.value_or("tier", -1));
    let language = columns.value_or::<Option<String>>("language", None);
    let language = language.as_deref().and_then(Language::named);
    let modules = read_modules(&mut columns);
    let modules = columns.sound("modules", modules, None);
    let handler = columns.value_or::<Option<String>>("handler", None);
    let egress = read_egress(&mut columns);
    // A function whose rules cannot be read may make no request.
    let nothing = Some(Arc::new(EgressRules::nothing()));
    config.egress = columns.sound("egress", egress, nothing);
    let http = read_http(&mut columns);
    // A function whose HTTP settings cannot be read answers no requests.
    config.http = columns.sound("http", http, None);
    let kv = read_kv(&mut columns);
    config.kv = columns.sound("kv", kv, None);
    let retry = read_retry(&mut columns);
    config.retry = columns.sound("retry", retry, None);
    let aliases = read_aliases(&mut columns);
    let aliases = columns.sound("aliases", aliases, Arc::default());
    config.concurrency_per_key = columns.value_or("concurrency_per_key", None);
    let tool = read_tool(&mut columns);
    config.tool = columns.sound("tool", tool, None);
    columns.report(&id);
    let source = Source {
        code: code.into(),
        language,
        modules,
    };
    let code_bytes = if with_code {
        source.bytes() as u64
    } else {
        code_bytes
    };
    let function = Function {
        id,
        name: name.into(),
        description: description.into(),
        created_at: Timestamp::from_micros(created_at),
        updated_at: Timestamp::from_micros(updated_at),
        version,
        status: if is_active {
            FunctionStatus::Active
        } else {
            FunctionStatus::Inactive
        },
        tier: tier.unwrap_or_else(|| PriceBook::default().tier_of_source(&source, config.timeout)),
        config,
        environment,
        code: source.code,
        language: source.language,
        modules: source.modules,
        handler: handler.map(Arc::from),
        aliases,
    };
    Ok((function, code_bytes))
}

pub(crate) fn read_label(row: &Row<'_>) -> Result<FunctionLabel, Error> {
    let mut columns = Columns::new(row, "functions");
    let id = FunctionId::from_u128(columns.id_bits()?);
    let unreadable = || UNREADABLE.to_owned();
    let label = FunctionLabel {
        id,
        name: columns.value_or("name", unreadable()).into(),
        description: columns.value_or("description", unreadable()).into(),
        tier: tier_of(columns.value_or("tier", 0)).unwrap_or(Tier::Basic),
        deleted: columns.value()?,
    };
    columns.report(&id);
    Ok(label)
}
