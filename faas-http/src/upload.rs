//! Uploads of code as it is, such as by
//! `curl --data-binary @hello.ts -H 'Content-Type: text/typescript'`.

use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use faas_core::model::Language;
use faas_core::platform::{FunctionUpdate, NewFunction};

use crate::body;
use crate::error::ApiError;
use crate::extract::Params;

/// The content types of JavaScript and TypeScript.
const JAVASCRIPT: [&str; 3] = [
    "text/javascript",
    "application/javascript",
    "application/x-javascript",
];
const TYPESCRIPT: [&str; 3] = [
    "text/typescript",
    "application/typescript",
    "application/x-typescript",
];

/// The description of a function that is uploaded without one.
const DESCRIPTION: &str = "Uploaded as a file";

/// Code that is a body of its own.
pub(crate) struct Upload {
    code: String,
    /// `None` for JavaScript, so that TypeScript under that type is found out.
    language: Option<Language>,
}

impl Upload {
    /// Whether the body is code.
    pub(crate) fn is_code(headers: &HeaderMap) -> bool {
        let kind = content_type(headers);
        JAVASCRIPT.iter().chain(&TYPESCRIPT).any(|one| kind == *one)
    }

    /// Reads a body of at most `limit` bytes.
    pub(crate) async fn receive(request: Request, limit: usize) -> Result<Self, ApiError> {
        let (parts, stream) = request.into_parts();
        let bytes = body::read(&parts.headers, stream, limit).await?;
        let code = String::from_utf8(bytes.to_vec())
            .map_err(|_| ApiError::invalid("the code is not UTF-8"))?;
        let kind = content_type(&parts.headers);
        let is_typescript = TYPESCRIPT.iter().any(|one| kind == *one);
        Ok(Self {
            code,
            language: is_typescript.then_some(Language::TypeScript),
        })
    }

    /// A new function with the name, and the description if there is one, in the query.
    pub(crate) fn into_new(self, params: &Params) -> Result<NewFunction, ApiError> {
        let name = params.text("name")?.ok_or_else(|| {
            ApiError::invalid("the query has no name: write ?name=hello after the path")
        })?;
        let description = params.text("description")?.unwrap_or(DESCRIPTION);
        let mut new = NewFunction::new(name, description, self.code);
        new.language = self.language;
        Ok(new)
    }

    /// A change of the code of a function, which has no other files then.
    pub(crate) fn into_update(self) -> FunctionUpdate {
        FunctionUpdate::default()
            .code(self.code)
            .language(self.language)
            .modules(None)
    }
}

/// The content type in lower case, without its parameters.
fn content_type(headers: &HeaderMap) -> String {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next());
    kind.unwrap_or_default().trim().to_ascii_lowercase()
}
