//! The limits of a function's name, description, code and configuration.

use std::sync::Arc;
use std::time::Duration;

use crate::bindings::check_binding_name;
use crate::cost::PriceBook;
use crate::engine::Shared;
use crate::error::Error;
use crate::model::egress::EgressRules;
use crate::model::http::HttpConfig;
use crate::model::{Function, FunctionConfig, KvConfig, Modules, Tier};
use crate::options::PlatformOptions;

/// The longest name, in characters.
const MAX_NAME: usize = 128;
/// The longest description, in characters.
const MAX_DESCRIPTION: usize = 10_000;
/// The most retries.
const MAX_RETRIES: u32 = 10;

/// Checks everything except the syntax of the code. For a function that was stored `before`, checks
/// only what differs from it, because values of an earlier release or another system must not block
/// other changes.
pub(in crate::platform) fn check(
    function: &Function,
    before: Option<&Function>,
    engine: &Shared,
) -> Result<(), Error> {
    let is_new = |differs: fn(&Function, &Function) -> bool| {
        before.is_none_or(|before| differs(before, function))
    };
    if is_new(|before, after| before.name != after.name) {
        check_name(&function.name)?;
    }
    if is_new(|before, after| before.description != after.description) {
        check_description(&function.description)?;
    }
    if is_new(|before, after| before.source() != after.source()) {
        check_code(function, &engine.options)?;
    }
    check_config(function, before, &engine.options, &engine.price_book)?;
    let given = |function: &Function| {
        let config = &function.config;
        let environment = &function.environment;
        let names: Vec<_> = environment.variables.keys().cloned().collect();
        let secrets: Vec<_> = environment.secrets.keys().cloned().collect();
        (config.kv.clone(), config.bindings.clone(), names, secrets)
    };
    if before.is_none_or(|before| given(before) != given(function)) {
        check_kv(function, engine)?;
    }
    if is_new(|before, after| before.config.runtime != after.config.runtime) {
        let name = function.config.runtime.as_deref();
        engine.runtimes.find(name).map_err(Error::Invalid)?;
    }
    Ok(())
}

/// Whether a character shows nothing: white space, formatting, and letters without a shape.
fn is_invisible(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

fn wrong(text: String) -> Result<(), Error> {
    Err(Error::Invalid(text))
}

fn require_text(what: &str, text: &str) -> Result<(), Error> {
    if text.trim().is_empty() {
        return wrong(format!("{what} is blank: expected some text"));
    }
    Ok(())
}

pub(in crate::platform) fn check_name(name: &str) -> Result<(), Error> {
    require_text("name", name)?;
    let length = name.chars().count();
    if length > MAX_NAME {
        return wrong(format!(
            "name has {length} characters: at most {MAX_NAME} are allowed"
        ));
    }
    if name.chars().all(is_invisible) {
        return wrong("name has no visible character: expected some text".to_owned());
    }
    if name.chars().any(char::is_control) {
        return wrong("name has a control character, such as a line break".to_owned());
    }
    Ok(())
}

fn check_description(description: &str) -> Result<(), Error> {
    require_text("description", description)?;
    let length = description.chars().count();
    if length > MAX_DESCRIPTION {
        return wrong(format!(
            "description has {length} characters: at most {MAX_DESCRIPTION} are allowed"
        ));
    }
    Ok(())
}

fn check_code(function: &Function, options: &PlatformOptions) -> Result<(), Error> {
    require_text("code", &function.code)?;
    let (size, limit) = (function.code_bytes(), options.max_code);
    if size > limit {
        return Err(Error::TooLarge(format!(
            "code has {size} bytes: at most {limit} are accepted"
        )));
    }
    let Some(modules) = &function.modules else {
        return Ok(());
    };
    let count = modules.others.len() + 1;
    if count > Modules::MAX {
        let most = Modules::MAX;
        return wrong(format!(
            "modules has {count} files: at most {most} are accepted"
        ));
    }
    for path in modules.others.keys().chain([&modules.main]) {
        if let Some(fault) = Modules::fault_of(path) {
            let shown: String = path.chars().take(100).collect();
            return wrong(format!("the path {shown:?} in modules {fault}"));
        }
    }
    if modules.others.contains_key(&modules.main) {
        return wrong(format!("modules has the main file {} twice", modules.main));
    }
    Ok(())
}

fn check_config(
    function: &Function,
    before: Option<&Function>,
    options: &PlatformOptions,
    price_book: &PriceBook,
) -> Result<(), Error> {
    let FunctionConfig {
        timeout,
        retry_count,
        // It was checked when it was read.
        retry: _,
        concurrency,
        concurrency_per_key,
        memory,
        bindings,
        egress,
        http,
        // The engine knows the bindings.
        kv: _,
        // It was checked when it was read.
        tool: _,
        // A platform knows its runtimes.
        runtime: _,
    } = &function.config;
    let is_new = |differs: fn(&FunctionConfig, &FunctionConfig) -> bool| {
        before.is_none_or(|before| differs(&before.config, &function.config))
    };
    let max_timeout = options.max_timeout;
    if is_new(|before, after| before.timeout != after.timeout)
        && (*timeout < Duration::from_millis(1) || *timeout > max_timeout)
    {
        let (timeout, max) = (timeout.as_millis(), max_timeout.as_millis());
        return wrong(format!("timeout is {timeout} ms: expected 1 to {max} ms"));
    }
    if is_new(|before, after| before.retry_count != after.retry_count) && *retry_count > MAX_RETRIES
    {
        return wrong(format!(
            "retryCount is {retry_count}: expected 0 to {MAX_RETRIES}"
        ));
    }
    if is_new(|before, after| before.concurrency != after.concurrency) && *concurrency == Some(0) {
        return wrong("concurrency is 0: expected at least 1, or none for no limit".to_owned());
    }
    if is_new(|before, after| before.concurrency_per_key != after.concurrency_per_key)
        && *concurrency_per_key == Some(0)
    {
        return wrong("concurrencyPerKey is 0: expected at least 1".to_owned());
    }
    let http_limit = http.as_deref().and_then(HttpConfig::time_limit);
    if let Some(limit) = http_limit
        && limit > *timeout
        && is_new(|before, after| before.http != after.http || before.timeout != after.timeout)
    {
        let (limit, timeout) = (limit.as_millis(), timeout.as_millis());
        return wrong(format!(
            "http.timeout is {limit} ms: expected at most the function's timeout of {timeout} ms"
        ));
    }
    // Code and timeout decide the tier.
    let may_have_new_tier = before.is_none_or(|before| before.source() != function.source())
        || is_new(|before, after| before.timeout != after.timeout);
    if let Some(memory) = *memory
        && (may_have_new_tier || is_new(|before, after| before.memory != after.memory))
    {
        check_memory(memory, function.tier, price_book)?;
    }
    let of_rules = egress
        .as_deref()
        .into_iter()
        .flat_map(EgressRules::secret_names);
    for name in of_rules {
        if !function.environment.secrets.contains_key(name) {
            return wrong(format!(
                "egress names the secret {name}, which the function does not have: set it in \
                 `secrets`"
            ));
        }
    }
    match bindings {
        Some(names) if is_new(|before, after| before.bindings != after.bindings) => {
            check_bindings(names)
        }
        _ => Ok(()),
    }
}

fn check_memory(memory: u32, tier: Tier, price_book: &PriceBook) -> Result<(), Error> {
    let most = price_book.tier(tier).memory_mb;
    if memory == 0 || memory > most {
        return wrong(format!(
            "memory is {memory} MiB: expected 1 to {most} MiB, which tier {tier} gives, or none for \
             {most} MiB"
        ));
    }
    Ok(())
}

/// Checks the names of a function's namespaces, and those under which its code finds them.
fn check_kv(function: &Function, engine: &Shared) -> Result<(), Error> {
    let Some(kv) = &function.config.kv else {
        return Ok(());
    };
    if engine.store.as_key_value().is_none() {
        return wrong(format!(
            "kv cannot be used: the store {} keeps no keys and values",
            engine.store.describe()
        ));
    }
    let bindings = kv.bindings();
    if bindings.is_empty() {
        return wrong("kv names no namespace: leave it out, or name one".to_owned());
    }
    if bindings.len() > KvConfig::MAX {
        let (count, most) = (bindings.len(), KvConfig::MAX);
        return wrong(format!("kv has {count} names: at most {most} are allowed"));
    }
    let given = engine.bindings.given(function.config.bindings.as_deref());
    let environment = &function.environment;
    for (name, target) in &bindings {
        let namespace = target.namespace(function.id);
        namespace.map_err(|fault| Error::Invalid(format!("kv: {fault}")))?;
        check_binding_name(name).map_err(|fault| Error::Invalid(format!("kv: {fault}")))?;
    }
    // The first one has two names.
    let names = bindings.iter().map(|(name, _)| *name);
    for name in names.chain([KvConfig::FIRST]) {
        if given.iter().any(|binding| *binding.name == *name) {
            return wrong(format!(
                "kv uses the name {name}, which is a binding of the host: choose another name, or \
                 leave the binding out of `bindings`"
            ));
        }
        let what = if environment.variables.contains_key(name) {
            "variable"
        } else if environment.secrets.contains_key(name) {
            "secret"
        } else {
            continue;
        };
        return wrong(format!(
            "kv uses the name {name}, which is a {what} of the function: rename one of them"
        ));
    }
    Ok(())
}

fn check_bindings(names: &[Arc<str>]) -> Result<(), Error> {
    let (most, longest) = (
        FunctionConfig::MAX_BINDINGS,
        FunctionConfig::MAX_BINDING_NAME,
    );
    if names.len() > most {
        let count = names.len();
        return wrong(format!(
            "bindings has {count} names: at most {most} are allowed"
        ));
    }
    for (place, name) in names.iter().enumerate() {
        let is_allowed = |c: u8| c.is_ascii_alphanumeric() || c == b'_';
        if name.is_empty() || name.len() > longest || !name.bytes().all(is_allowed) {
            // A name may have any length and any character.
            let shown: String = name.chars().take(longest).collect();
            return wrong(format!(
                "bindings[{place}] is {shown:?}: expected 1 to {longest} ASCII letters, digits or _"
            ));
        }
        if names.iter().take(place).any(|earlier| earlier == name) {
            return wrong(format!("bindings names {name} twice"));
        }
    }
    Ok(())
}
