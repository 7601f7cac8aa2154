//! Functions and samples.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use faas_core::model::egress::EgressRules;
use faas_core::model::http::HttpConfig;
use faas_core::model::{self, Environment, FunctionConfig as Limits, Json, Modules, RetryConfig};
use faas_core::model::{KvConfig, ToolConfig};
use faas_core::platform;
use faas_core::samples;
use faas_core::secrets::SecretText;
use serde::{Deserialize, Serialize};

use crate::alias::{Alias, aliases};
use crate::number::Millis;
use crate::read::value::{self, Ignored};
use crate::scalar::{FunctionKey, Moment, Text, Word};
use crate::words::{FunctionStatus, Language, Tier};

/// A function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Function<'a> {
    /// Its id, through all versions.
    #[serde(rename = "_id")]
    pub id: FunctionKey,
    /// Unique among the functions that are not deleted.
    pub name: Cow<'a, str>,
    /// What it is for.
    pub description: Cow<'a, str>,
    /// The source code: of several files the main one.
    pub code: Cow<'a, str>,
    /// The length of all files in bytes of UTF-8.
    pub code_length: u64,
    /// The language of the code, if it was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub language: Option<Language>,
    /// All files by their paths, if there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, value_type = Option<BTreeMap<String, String>>))]
    pub modules: Option<BTreeMap<Cow<'a, str>, Cow<'a, str>>>,
    /// The path of the main file, if there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub main: Option<Cow<'a, str>>,
    /// How the code is called, such as `export`, `lambda` or `workers.fetch`; absent for a function
    /// that an older release stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub handler: Option<Cow<'a, str>>,
    /// When it was uploaded first.
    pub created_at: Moment,
    /// When it was changed last.
    pub updated_at: Moment,
    /// Rises by one with each change of code or configuration; the first is 1.
    pub version: u32,
    /// Whether it takes executions.
    pub status: FunctionStatus,
    /// How it is run.
    pub config: FunctionConfig<'a>,
    /// The price tier that its code and timeout put it in.
    pub tier: Tier,
    /// The names for its versions. Without `live`, calls run the newest version.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, crate::Alias>))]
    pub aliases: BTreeMap<Cow<'a, str>, Alias<'a>>,
}

/// A function in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct FunctionSummary<'a> {
    /// Its id, through all versions.
    #[serde(rename = "_id")]
    pub id: FunctionKey,
    /// Unique among the functions that are not deleted.
    pub name: Cow<'a, str>,
    /// What it is for.
    pub description: Cow<'a, str>,
    /// The source code, of several files the main one; absent with `code=false`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub code: Option<Cow<'a, str>>,
    /// The length of all files in bytes of UTF-8.
    pub code_length: u64,
    /// The language of the code, if it was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub language: Option<Language>,
    /// All files by their paths, if there are several; absent with `code=false`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, value_type = Option<BTreeMap<String, String>>))]
    pub modules: Option<BTreeMap<Cow<'a, str>, Cow<'a, str>>>,
    /// The path of the main file, if there are several; absent with `code=false`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub main: Option<Cow<'a, str>>,
    /// How the code is called, such as `export`, `lambda` or `workers.fetch`; absent for a function
    /// that an older release stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub handler: Option<Cow<'a, str>>,
    /// When it was uploaded first.
    pub created_at: Moment,
    /// When it was changed last.
    pub updated_at: Moment,
    /// Rises by one with each change of code or configuration; the first is 1.
    pub version: u32,
    /// Whether it takes executions.
    pub status: FunctionStatus,
    /// How it is run.
    pub config: FunctionConfig<'a>,
    /// The price tier that its code and timeout put it in.
    pub tier: Tier,
    /// The names for its versions. Without `live`, calls run the newest version.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, crate::Alias>))]
    pub aliases: BTreeMap<Cow<'a, str>, Alias<'a>>,
}

impl<'a> From<&'a model::FunctionSummary> for FunctionSummary<'a> {
    fn from(function: &'a model::FunctionSummary) -> Self {
        Self {
            id: Text(function.id),
            name: Cow::Borrowed(&function.name),
            description: Cow::Borrowed(&function.description),
            code: function.code.as_deref().map(Cow::Borrowed),
            code_length: function.code_bytes,
            language: function.language.map(Word),
            modules: function
                .code
                .as_deref()
                .and_then(|code| files(code, function.modules.as_deref())),
            main: main(function.modules.as_deref()),
            handler: function.handler.as_deref().map(Cow::Borrowed),
            created_at: Moment(function.created_at),
            updated_at: Moment(function.updated_at),
            version: function.version,
            status: Word(function.status),
            config: FunctionConfig::new(&function.config, &function.environment),
            tier: Word(function.tier),
            aliases: aliases(&function.aliases),
        }
    }
}

/// How a function is run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct FunctionConfig<'a> {
    /// How long a call may run.
    pub timeout: Millis,
    /// How often a failed asynchronous execution is tried again.
    pub retry_count: u32,
    /// After which failures, and after how long; null: as the server's settings say.
    #[cfg_attr(feature = "openapi", schema(required, value_type = Option<crate::retry::RetryConfig>))]
    pub retry: Option<Cow<'a, RetryConfig>>,
    /// How many executions of it may run at once; null: as many as there are instances.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub concurrency: Option<u32>,
    /// How many executions with the same concurrency key may run at once; null: one.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub concurrency_per_key: Option<u32>,
    /// The memory of its code in MiB; null: what its tier gives.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub memory: Option<u32>,
    /// The bindings that its code may use; null: those that the host opens to all functions.
    #[cfg_attr(feature = "openapi", schema(required, value_type = Option<Vec<String>>))]
    pub bindings: Option<Vec<Cow<'a, str>>>,
    /// Which requests its code may make; null: all that the server allows.
    #[cfg_attr(feature = "openapi", schema(required, value_type = Option<crate::egress::EgressRules>))]
    pub egress: Option<Cow<'a, EgressRules>>,
    /// Whether and how it answers HTTP requests; null: not.
    #[cfg_attr(feature = "openapi", schema(required, value_type = Option<crate::http::HttpConfig>))]
    pub http: Option<Cow<'a, HttpConfig>>,
    /// Its namespaces of keys and values; null: none.
    #[cfg_attr(feature = "openapi", schema(required, value_type = Option<crate::kv::KvConfig>))]
    pub kv: Option<Cow<'a, KvConfig>>,
    /// Whether and how models get it as a tool; null: not.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required, value_type = Option<crate::tool::ToolConfig>))]
    pub tool: Option<Cow<'a, ToolConfig>>,
    /// The name of the runtime that runs it; null: the server's first one.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub runtime: Option<Cow<'a, str>>,
    /// What its code finds in `context.env`, without secrets.
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, String>))]
    pub env: BTreeMap<Cow<'a, str>, Cow<'a, str>>,
    /// The secrets that its code finds there as well, without their values.
    pub secrets: Vec<Secret<'a>>,
}

/// A secret, without its value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Secret<'a> {
    /// The name in `context.env`.
    pub name: Cow<'a, str>,
    /// When it was set last.
    pub set_at: Moment,
}

impl<'a> FunctionConfig<'a> {
    pub(crate) fn new(limits: &'a Limits, environment: &'a Environment) -> Self {
        let Limits {
            timeout,
            retry_count,
            retry,
            concurrency,
            concurrency_per_key,
            memory,
            bindings,
            egress,
            http,
            kv,
            tool,
            runtime,
        } = limits;
        let names = bindings.as_deref().map(<[_]>::iter);
        let variables = environment.variables.iter();
        let secrets = environment.secrets.iter().map(|(name, secret)| Secret {
            name: Cow::Borrowed(name),
            set_at: Moment(secret.set_at),
        });
        Self {
            timeout: Millis(*timeout),
            retry_count: *retry_count,
            retry: retry.as_deref().map(Cow::Borrowed),
            concurrency: *concurrency,
            concurrency_per_key: *concurrency_per_key,
            memory: *memory,
            bindings: names.map(|names| names.map(|name| Cow::Borrowed(&**name)).collect()),
            egress: egress.as_deref().map(Cow::Borrowed),
            http: http.as_deref().map(Cow::Borrowed),
            kv: kv.as_deref().map(Cow::Borrowed),
            tool: tool.as_deref().map(Cow::Borrowed),
            runtime: runtime.as_deref().map(Cow::Borrowed),
            env: variables
                .map(|(name, value)| (Cow::Borrowed(&**name), Cow::Borrowed(&**value)))
                .collect(),
            secrets: secrets.collect(),
        }
    }
}

impl<'a> From<&'a model::Function> for Function<'a> {
    fn from(function: &'a model::Function) -> Self {
        Self {
            id: Text(function.id),
            name: Cow::Borrowed(&function.name),
            description: Cow::Borrowed(&function.description),
            code: Cow::Borrowed(&function.code),
            code_length: function.code_bytes() as u64,
            language: function.language.map(Word),
            modules: files(&function.code, function.modules.as_deref()),
            main: main(function.modules.as_deref()),
            handler: function.handler.as_deref().map(Cow::Borrowed),
            created_at: Moment(function.created_at),
            updated_at: Moment(function.updated_at),
            version: function.version,
            status: Word(function.status),
            config: FunctionConfig::new(&function.config, &function.environment),
            tier: Word(function.tier),
            aliases: aliases(&function.aliases),
        }
    }
}

/// All files by their paths.
fn files<'a>(
    code: &'a str,
    modules: Option<&'a Modules>,
) -> Option<BTreeMap<Cow<'a, str>, Cow<'a, str>>> {
    let modules = modules?;
    let others = modules.others.iter();
    let others = others.map(|(path, text)| (Cow::Borrowed(&**path), Cow::Borrowed(&**text)));
    Some(
        others
            .chain([(Cow::Borrowed(&*modules.main), Cow::Borrowed(code))])
            .collect(),
    )
}

fn main(modules: Option<&Modules>) -> Option<Cow<'_, str>> {
    modules.map(|modules| Cow::Borrowed(&*modules.main))
}

/// The text of the main file and the other files, of `files`.
fn split(
    mut files: BTreeMap<String, String>,
    main: Option<String>,
) -> Result<(String, Arc<Modules>), String> {
    let paths = files.keys().map(String::as_str);
    let main = match main {
        Some(main) => main,
        None => Modules::default_main(paths)
            .ok_or("`main` is missing: modules has several files, and none is named index.js or index.ts")?
            .to_owned(),
    };
    let code = files
        .remove(&main)
        .ok_or_else(|| format!("modules has no file {main:?}, which is `main`"))?;
    let others = files
        .into_iter()
        .map(|(path, text)| (path.into(), text.into()));
    let modules = Modules {
        main: main.into(),
        others: others.collect(),
    };
    Ok((code, Arc::new(modules)))
}

/// A function to upload.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct NewFunction {
    /// Unique, 1 to 128 characters.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 128))]
    pub name: String,
    /// What it is for.
    #[cfg_attr(feature = "openapi", schema(min_length = 1))]
    pub description: String,
    /// JavaScript or TypeScript: the body of a function, declarations, or a module. Absent if there
    /// are `modules`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, nullable = false))]
    pub code: Option<String>,
    /// The language of the code. Absent or null: the compiler finds out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// Several files instead of `code`: their texts by their paths, such as `index.ts` and
    /// `lib/price.ts`. They can import and require each other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modules: Option<BTreeMap<String, String>>,
    /// The path of the main file among `modules`. Absent or null: the one named `index`, or the only
    /// one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub main: Option<String>,
    /// How to run it. Absent or null: the defaults.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<NewConfig>,
}

impl NewFunction {
    /// A function with the default configuration.
    pub fn new(
        name: impl Into<String>,
        description: impl Into<String>,
        code: impl Into<String>,
    ) -> Self {
        Self {
            name: name.into(),
            description: description.into(),
            code: Some(code.into()),
            language: None,
            modules: None,
            main: None,
            config: None,
        }
    }
}

impl TryFrom<NewFunction> for platform::NewFunction {
    /// What is wrong, for people.
    type Error = String;

    fn try_from(new: NewFunction) -> Result<Self, String> {
        let (code, modules) = match (new.code, new.modules) {
            (Some(code), None) if new.main.is_none() => (code, None),
            (_, None) if new.main.is_some() => {
                return Err("`main` is for `modules`, which are missing".to_owned());
            }
            (None, Some(files)) => {
                let (code, modules) = split(files, new.main)?;
                (code, Some(modules))
            }
            (Some(_), Some(_)) => {
                return Err("`code` and `modules` exclude each other".to_owned());
            }
            (_, None) => return Err("code is missing".to_owned()),
        };
        let mut function = Self::new(new.name, new.description, code);
        function.language = new.language.map(|Word(language)| language);
        function.modules = modules;
        let mut config = new.config.unwrap_or_default();
        if let Some(timeout) = config.timeout.flatten() {
            function.config.timeout = std::time::Duration::from_millis(timeout);
        }
        if let Some(retry_count) = config.retry_count.flatten() {
            function.config.retry_count = retry_count;
        }
        function.config.retry = config.retry.take().flatten().map(Arc::new);
        function.config.concurrency = config.concurrency.flatten();
        function.config.concurrency_per_key = config.concurrency_per_key.flatten();
        function.config.memory = config.memory.flatten();
        function.config.bindings = config.bindings.take().flatten().map(shared);
        function.config.egress = config.egress.take().flatten().map(Arc::new);
        function.config.http = config.http.take().flatten().map(Arc::new);
        function.config.kv = config.kv.take().flatten().map(Arc::new);
        function.config.tool = config.tool.take().flatten().map(Arc::new);
        function.config.runtime = config.runtime.take().flatten().map(Into::into);
        function.environment = config.environment();
        Ok(function)
    }
}

/// A change of a function: what is not named stays. A function may be sent back as it was read:
/// the members that cannot be changed (`_id`, `createdAt`, `updatedAt`, `version`, `tier`) are
/// ignored.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct FunctionChange {
    /// Unique, 1 to 128 characters.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "value::present"
    )]
    #[cfg_attr(
        feature = "openapi",
        schema(min_length = 1, max_length = 128, nullable = false)
    )]
    pub name: Option<String>,
    /// What it is for.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "value::present"
    )]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, nullable = false))]
    pub description: Option<String>,
    /// The source code: of several files the main one. Ignored beside `modules`.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "value::present"
    )]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, nullable = false))]
    pub code: Option<String>,
    /// The language of the code. Null: the compiler finds out.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "value::present"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Language>))]
    pub language: Option<Option<Language>>,
    /// All files by their paths. Null: `code` is the only file.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "value::present"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<BTreeMap<String, String>>))]
    pub modules: Option<Option<BTreeMap<String, String>>>,
    /// The path of the main file among `modules`. Absent or null: the one named `index`, or the only
    /// one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub main: Option<String>,
    /// Whether it takes executions.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "value::present"
    )]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub status: Option<FunctionStatus>,
    /// How to run it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<NewConfig>,
    /// Whether calls that name no alias run the new version. Absent or null: they do if the code
    /// changes, or if they ran the newest version until now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live: Option<bool>,
    #[serde(default, rename = "_id", skip_serializing)]
    #[cfg_attr(feature = "openapi", schema(ignore))]
    id: Ignored,
    #[serde(default, skip_serializing)]
    #[cfg_attr(feature = "openapi", schema(ignore))]
    code_length: Ignored,
    #[serde(default, skip_serializing)]
    #[cfg_attr(feature = "openapi", schema(ignore))]
    created_at: Ignored,
    #[serde(default, skip_serializing)]
    #[cfg_attr(feature = "openapi", schema(ignore))]
    updated_at: Ignored,
    #[serde(default, skip_serializing)]
    #[cfg_attr(feature = "openapi", schema(ignore))]
    version: Ignored,
    #[serde(default, skip_serializing)]
    #[cfg_attr(feature = "openapi", schema(ignore))]
    tier: Ignored,
    #[serde(default, skip_serializing)]
    #[cfg_attr(feature = "openapi", schema(ignore))]
    aliases: Ignored,
}

impl TryFrom<FunctionChange> for platform::FunctionUpdate {
    /// What is wrong, for people.
    type Error = String;

    fn try_from(change: FunctionChange) -> Result<Self, String> {
        let mut config = change.config.unwrap_or_default();
        let default = Limits::default();
        let timeout = config
            .timeout
            .map(|timeout| timeout.map_or(default.timeout, std::time::Duration::from_millis));
        let retry_count = config.retry_count;
        let mut update = Self::default();
        update.name = change.name;
        update.description = change.description;
        update.code = change.code;
        update.language = change
            .language
            .map(|one| one.map(|Word(language)| language));
        match change.modules {
            Some(Some(files)) => {
                let (code, modules) = split(files, change.main)?;
                update.code = Some(code);
                update.modules = Some(Some(modules));
            }
            Some(None) => update.modules = Some(None),
            None if change.main.is_some() => {
                return Err("`main` is for `modules`, which are missing".to_owned());
            }
            None => {}
        }
        update.status = change.status.map(|Word(status)| status);
        update.timeout = timeout;
        update.retry_count = retry_count.map(|count| count.unwrap_or(default.retry_count));
        update.retry = config.retry.take().map(|retry| retry.map(Arc::new));
        update.concurrency = config.concurrency;
        update.concurrency_per_key = config.concurrency_per_key;
        update.memory = config.memory;
        update.bindings = config.bindings.take().map(|names| names.map(shared));
        update.egress = config.egress.take().map(|rules| rules.map(Arc::new));
        update.http = config.http.take().map(|http| http.map(Arc::new));
        update.kv = config.kv.take().map(|kv| kv.map(Arc::new));
        update.tool = config.tool.take().map(|tool| tool.map(Arc::new));
        update.runtime = config.runtime.take().map(|name| name.map(Into::into));
        update.environment = config.environment();
        update.live = change.live;
        Ok(update)
    }
}

/// A function's configuration. Of a change, what is not named stays; null stands for the default.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct NewConfig {
    /// Milliseconds that a call may run. Default: 30000.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "value::millis_or_default"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u64>, minimum = 1))]
    pub timeout: Option<Option<u64>>,
    /// How often a failed asynchronous execution is tried again. Default: 3.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "value::whole_or_default"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u32>, maximum = 10))]
    pub retry_count: Option<Option<u32>>,
    /// After which failures it is tried again, and after how long. What is left out is as the server's
    /// settings say. Null: all of it.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "value::present"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::retry::RetryConfig>))]
    pub retry: Option<Option<RetryConfig>>,
    /// How many executions of it may run at once; null: as many as there are instances.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "value::whole_or_default"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u32>))]
    pub concurrency: Option<Option<u32>>,
    /// How many executions with the same concurrency key may run at once; null: one.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "value::whole_or_default"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u32>, minimum = 1))]
    pub concurrency_per_key: Option<Option<u32>>,
    /// The memory of its code in MiB, at most what its tier gives. The price stays that of the tier.
    /// Null: what its tier gives.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "value::whole_or_default"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u32>, minimum = 1))]
    pub memory: Option<Option<u32>>,
    /// The names of the bindings that its code may use, each with 1 to 64 ASCII letters, digits and
    /// `_`. Null: those that the host opens to all functions.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "value::present"
    )]
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = Option<Vec<String>>, max_items = 64)
    )]
    pub bindings: Option<Option<Vec<String>>>,
    /// Which requests its code may make with `fetch`, within what the server allows. Null: all of
    /// those. A secret that a header names is not in `context.env`.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "value::present"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::egress::EgressRules>))]
    pub egress: Option<Option<EgressRules>>,
    /// Whether and how it answers HTTP requests at `/f/NAME`. Null: not.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "value::present"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::http::HttpConfig>))]
    pub http: Option<Option<HttpConfig>>,
    /// Its namespaces of keys and values. `true`: its own one, which is deleted with it. A name: one
    /// that all functions share that name it. Both are `context.kv` and `env.KV` in its code. An object:
    /// several, by the names under which its code finds them, each `true` or a name. `false` or null:
    /// none; what they have stays.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "crate::kv::optional"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::kv::KvConfig>))]
    pub kv: Option<Option<KvConfig>>,
    /// Offers it as a tool to clients of the Model Context Protocol at `/mcp`. Null: not.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "value::present"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::tool::ToolConfig>))]
    pub tool: Option<Option<ToolConfig>>,
    /// The name of the runtime that runs it, one of those that the session lists. Null: the first.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "value::present"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub runtime: Option<Option<String>>,
    /// Names and values that its code finds in `context.env`. A value sets the name, null removes
    /// it, and a name that is not there stays. A name has letters, digits and `_`, no digit first,
    /// and at most 128 characters. At most 100 names and 65536 bytes, secrets included.
    #[serde(
        default,
        skip_serializing_if = "value::is_empty",
        deserialize_with = "value::map"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<BTreeMap<String, Option<String>>>))]
    pub env: BTreeMap<String, Option<String>>,
    /// Like `env`, for values that only its code can read. They are encrypted before they are
    /// stored, and no answer contains them. A name is in one of the two. Needs a server with a
    /// secret key. The array of names that answers have in this place changes nothing.
    #[serde(
        default,
        skip_serializing_if = "value::is_empty",
        deserialize_with = "value::secrets",
        serialize_with = "value::expose"
    )]
    #[cfg_attr(
        feature = "openapi",
        schema(write_only, value_type = Option<BTreeMap<String, Option<String>>>)
    )]
    pub secrets: BTreeMap<String, Option<SecretText>>,
}

fn shared(names: Vec<String>) -> Arc<[Arc<str>]> {
    names.into_iter().map(Arc::from).collect()
}

impl NewConfig {
    fn environment(self) -> platform::EnvironmentUpdate {
        let mut environment = platform::EnvironmentUpdate::default();
        environment.variables = self.env;
        environment.secrets = self.secrets;
        environment
    }
}

/// The answer to a deletion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Message<'a> {
    /// For people.
    pub message: Cow<'a, str>,
}

impl<'a> Message<'a> {
    /// With this text.
    pub fn new(message: impl Into<Cow<'a, str>>) -> Self {
        Self {
            message: message.into(),
        }
    }
}

/// A sample function, ready to be uploaded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Sample<'a> {
    /// Its name.
    pub name: Cow<'a, str>,
    /// What it does.
    pub description: Cow<'a, str>,
    /// JavaScript source.
    pub code: Cow<'a, str>,
    /// An example input.
    #[cfg_attr(feature = "openapi", schema(value_type = serde_json::Value))]
    pub input: Json,
    /// What it returns for that.
    #[cfg_attr(feature = "openapi", schema(value_type = serde_json::Value))]
    pub expected_output: Json,
}

impl<'a> From<&'a samples::Sample> for Sample<'a> {
    fn from(sample: &'a samples::Sample) -> Self {
        Self {
            name: Cow::Borrowed(&sample.name),
            description: Cow::Borrowed(&sample.description),
            code: Cow::Borrowed(sample.code),
            input: sample.input.clone(),
            expected_output: sample.expected_output.clone(),
        }
    }
}
