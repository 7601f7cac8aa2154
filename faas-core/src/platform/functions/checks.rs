//! The limits of a function's name, description, code and configuration.

use std::time::Duration;

use crate::error::Error;
use crate::model::{Function, FunctionConfig};
use crate::options::PlatformOptions;

/// The longest name, in characters.
const MAX_NAME: usize = 128;
/// The longest description, in characters.
const MAX_DESCRIPTION: usize = 10_000;
/// The most retries.
const MAX_RETRIES: u32 = 10;

/// Checks everything but the code's syntax. Of a function that was stored `before`, only what differs
/// from that: what an earlier release or another system has stored must not keep the rest from being
/// changed.
pub(super) fn check(
    function: &Function,
    before: Option<&Function>,
    options: &PlatformOptions,
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
    if is_new(|before, after| before.code != after.code) {
        check_code(&function.code, options)?;
    }
    check_config(
        &function.config,
        before.map(|before| &before.config),
        options,
    )
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

fn check_name(name: &str) -> Result<(), Error> {
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

fn check_code(code: &str, options: &PlatformOptions) -> Result<(), Error> {
    require_text("code", code)?;
    if code.len() > options.max_code {
        let (size, limit) = (code.len(), options.max_code);
        return Err(Error::TooLarge(format!(
            "code has {size} bytes: at most {limit} are accepted"
        )));
    }
    Ok(())
}

fn check_config(
    config: &FunctionConfig,
    before: Option<&FunctionConfig>,
    options: &PlatformOptions,
) -> Result<(), Error> {
    let FunctionConfig {
        timeout,
        retry_count,
        concurrency,
    } = *config;
    let max_timeout = options.max_timeout;
    let is_new = before.is_none_or(|before| before.timeout != timeout);
    if is_new && (timeout < Duration::from_millis(1) || timeout > max_timeout) {
        let (timeout, max) = (timeout.as_millis(), max_timeout.as_millis());
        return wrong(format!("timeout is {timeout} ms: expected 1 to {max} ms"));
    }
    let is_new = before.is_none_or(|before| before.retry_count != retry_count);
    if is_new && retry_count > MAX_RETRIES {
        return wrong(format!(
            "retryCount is {retry_count}: expected 0 to {MAX_RETRIES}"
        ));
    }
    let is_new = before.is_none_or(|before| before.concurrency != concurrency);
    if is_new && concurrency == Some(0) {
        return wrong("concurrency is 0: expected at least 1, or none for no limit".to_owned());
    }
    Ok(())
}
