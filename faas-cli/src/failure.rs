//! Why a command failed, for people and as JSON.

use std::fmt::Display;
use std::process::ExitCode;

use faas_client::Error;
use serde_json::{Value, json};

use crate::terminal::{Paint, Terminal};

/// Why a command failed.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    /// What to do about it.
    hint: Option<String>,
    /// More for people, such as a stack.
    detail: Option<String>,
    /// What programs need of a server's error.
    api: Option<Value>,
    code: u8,
}

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
            detail: None,
            api: None,
            code: 1,
        }
    }

    /// The command line is wrong.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self {
            code: 2,
            ..Self::new(message)
        }
    }

    /// Adds what to do about it.
    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }

    /// Adds more for people, such as a stack.
    pub(crate) fn detail(self, detail: impl Into<String>) -> Self {
        Self {
            detail: Some(detail.into()),
            ..self
        }
    }

    /// Writes it to standard error.
    pub(crate) fn report(self, terminal: &Terminal) -> ExitCode {
        if terminal.json {
            let mut body = json!({ "error": self.message });
            if let (Some(Value::Object(api)), Some(body)) = (self.api, body.as_object_mut()) {
                body.extend(api);
            }
            if let (Some(hint), Some(body)) = (self.hint, body.as_object_mut()) {
                body.insert("hint".to_owned(), hint.into());
            }
            terminal.note(body);
        } else {
            let error = terminal.paint_note(Paint::Red, "error");
            terminal.note(format_args!("{error}: {}", self.message));
            if let Some(detail) = self.detail {
                terminal.note(terminal.paint_note(Paint::Dim, &detail));
            }
            if let Some(hint) = self.hint {
                terminal.note(format_args!("hint: {hint}"));
            }
        }
        ExitCode::from(self.code)
    }
}

/// What to do about errors of any command, by their code.
fn hint(code: &str) -> Option<&'static str> {
    Some(match code {
        "key_required" => {
            "give a key: set FAAS_KEY, or run faas context add NAME URL --key-stdin; the server's \
             operator creates one with faas key create"
        }
        "key_invalid" | "key_expired" => {
            "give another key: set FAAS_KEY, or run faas context add NAME URL --key-stdin"
        }
        "role_insufficient" => "use a key with the role developer; faas key create makes one",
        "function_not_found" => "faas list shows the functions of this server",
        "version_not_found" | "alias_not_found" => {
            "faas versions NAME lists the versions of a function and its aliases"
        }
        _ => return None,
    })
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let message = match std::error::Error::source(&error) {
            Some(cause) => format!("{error}: {cause}"),
            None => error.to_string(),
        };
        let failure = Self::new(message);
        match error {
            Error::Connect { .. } => failure.hint(
                "start a server with faas serve, or name another one with FAAS_URL or faas context \
                 use",
            ),
            Error::Api(error) => {
                let mut message = error.message.clone();
                if let Some(id) = error.request_id.as_ref().filter(|_| error.status >= 500) {
                    message = format!("{message} (request {id})");
                }
                Self {
                    message,
                    hint: hint(&error.code).map(str::to_owned),
                    detail: error.stack.clone(),
                    api: Some(json!({
                        "code": error.code,
                        "status": error.status,
                        "executionId": error.execution,
                        "requestId": error.request_id,
                    })),
                    code: 1,
                }
            }
            _ => failure,
        }
    }
}

/// Adds what was attempted to errors of files and of other programs.
pub(crate) trait Attempt<T> {
    /// Says that `what` failed, such as `cannot read PATH`.
    ///
    /// # Errors
    /// The error, as a failure.
    fn attempt(self, what: impl Display) -> Result<T, Failure>;
}

impl<T, E: Display> Attempt<T> for Result<T, E> {
    fn attempt(self, what: impl Display) -> Result<T, Failure> {
        self.map_err(|error| Failure::new(format!("{what}: {error}")))
    }
}
