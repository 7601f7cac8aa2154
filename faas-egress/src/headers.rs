//! The headers that a function's rules set, with the texts of secrets.

use faas_core::egress::{Secrets, code};
use faas_core::model::egress::{HeaderTemplate, Part};
use hyper::header::{HeaderMap, HeaderName, HeaderValue};

use crate::failure::Failure;

/// Fills in the templates. Later ones replace earlier ones of the same name.
///
/// # Errors
/// `ERR_EGRESS_SECRET` if there is no such secret, or no header can have its text. The message does
/// not contain the text.
pub(crate) fn fill(
    templates: &[(&str, &HeaderTemplate)],
    secrets: &dyn Secrets,
) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::with_capacity(templates.len());
    for (name, template) in templates {
        let mut text = Vec::new();
        for part in template.parts() {
            match part {
                Part::Text(part) => text.extend_from_slice(part.as_bytes()),
                Part::Secret(secret) => {
                    let found = secrets.secret(secret).ok_or_else(|| {
                        let message = format!(
                            "the function has no secret {secret}, which its rules put into the \
                             header {name}"
                        );
                        Failure::new(code::SECRET, message)
                    })?;
                    text.extend_from_slice(found.expose().as_bytes());
                }
            }
        }
        let wrong = || {
            let message = format!(
                "the header {name} cannot be set: a secret in it contains a line break or another \
                 control character"
            );
            Failure::new(code::SECRET, message)
        };
        let mut value =
            HeaderValue::from_maybe_shared(bytes::Bytes::from(text)).map_err(|_| wrong())?;
        // It is not printed, and not kept in tables of HTTP/2.
        value.set_sensitive(true);
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
        headers.insert(name, value);
    }
    Ok(headers)
}
