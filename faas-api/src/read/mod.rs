//! Reading what clients send, with errors that say what is wrong, where, and what was expected.
//!
//! [`read`] deserializes any type that derives `Deserialize`. The type is the only description of
//! its members: an unknown member is refused by the names that the derived code declares, at every
//! level. Of a member that is there twice the last counts, as in JavaScript. Nothing is parsed into
//! a tree: a `&RawValue` member borrows the text.
//!
//! - `node`: the deserializer.
//! - `error`: the messages.
//! - `suggest`: the known member that an unknown one was probably meant to be.
//! - `shape`: lists the members of a type.
//! - `value`: numbers, and `null` for "the default".

mod error;
mod node;
mod shape;
mod suggest;
pub(crate) mod value;

use serde::Deserialize;

pub use error::ReadError;

use node::Node;

/// Reads a JSON object as `T`.
///
/// ```
/// let error = faas_api::read::<faas_api::Subscribe>(r#"{"type": "subscribe", "tpyes": []}"#);
/// assert_eq!(error.unwrap_err().to_string(), r#"unknown member "tpyes": did you mean "types"?"#);
/// ```
///
/// # Errors
/// When `text` is not JSON, is not an object, or does not fit `T`. The message is a sentence
/// fragment for people, and never contains the value of a text member.
pub fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, ReadError> {
    T::deserialize(Node::json(text)).map_err(|error| error.explained::<T>())
}

/// Reads a JSON object made of a form ([`form_to_json`]) as `T`: numbers may be texts, and an empty
/// text counts as absent where `null` would.
///
/// # Errors
/// As for [`read`].
pub fn read_form<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, ReadError> {
    T::deserialize(Node::form(text)).map_err(|error| error.explained::<T>())
}

/// Turns an `application/x-www-form-urlencoded` body into a JSON object of strings. Forms have flat
/// members only.
pub fn form_to_json(body: &[u8]) -> String {
    let mut json = String::with_capacity(body.len() + 16);
    json.push('{');
    for (name, value) in form_urlencoded::parse(body) {
        if json.len() > 1 {
            json.push(',');
        }
        json.push_str(&serde_json::Value::from(name).to_string());
        json.push(':');
        json.push_str(&serde_json::Value::from(value).to_string());
    }
    json.push('}');
    json
}

#[cfg(test)]
mod tests;
