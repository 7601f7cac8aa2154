//! Uploads of code as it is, of archives and of forms:
//! `curl --data-binary @hello.ts -H 'Content-Type: text/typescript'`, for example.

mod archive;
mod form;

use std::collections::BTreeMap;

use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use faas_api as wire;
use faas_core::model::Language;
use faas_core::platform::{FunctionUpdate, NewFunction};

use self::archive::Archive;
use crate::body;
use crate::error::ApiError;
use crate::extract::Params;

/// The description of a function that is uploaded without one.
const DESCRIPTION: &str = "Uploaded as a file";

/// What a body is, by its content type.
enum Kind {
    JavaScript,
    TypeScript,
    Archive(Archive),
    /// With the boundary between its parts.
    Form(String),
}

impl Kind {
    fn of(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
        let kind = value.split(';').next().unwrap_or_default().trim();
        match kind.to_ascii_lowercase().as_str() {
            "text/javascript" | "application/javascript" | "application/x-javascript" => {
                Some(Self::JavaScript)
            }
            "text/typescript" | "application/typescript" | "application/x-typescript" => {
                Some(Self::TypeScript)
            }
            "application/zip" | "application/x-zip-compressed" => Some(Self::Archive(Archive::Zip)),
            "application/x-tar" => Some(Self::Archive(Archive::Tar)),
            "application/gzip"
            | "application/x-gzip"
            | "application/x-gtar"
            | "application/x-compressed-tar" => Some(Self::Archive(Archive::TarGz)),
            "multipart/form-data" => multer::parse_boundary(value).ok().map(Self::Form),
            _ => None,
        }
    }
}

/// A function, or the parts of one, from a body that is no JSON.
#[derive(Default)]
pub(crate) struct Upload {
    name: Option<String>,
    description: Option<String>,
    config: Option<Box<str>>,
    main: Option<String>,
    /// `None` for JavaScript, so that the compiler finds TypeScript under that type.
    language: Option<Language>,
    code: Option<String>,
    /// Several files, by their paths.
    files: BTreeMap<String, String>,
}

impl Upload {
    /// Whether the body is an upload of its own.
    pub(crate) fn is_one(headers: &HeaderMap) -> bool {
        Kind::of(headers).is_some()
    }

    /// Reads a body of at most `limit` bytes; the files of an archive may have as many together.
    pub(crate) async fn receive(request: Request, limit: usize) -> Result<Self, ApiError> {
        let (parts, stream) = request.into_parts();
        let Some(kind) = Kind::of(&parts.headers) else {
            return Err(ApiError::invalid("the body has no content type of code"));
        };
        let bytes = body::read(&parts.headers, stream, limit).await?;
        let params = Params::of(&parts.uri)?;
        let mut upload = match kind {
            Kind::JavaScript => Self::of_code(text("the code", bytes.to_vec())?, None),
            Kind::TypeScript => {
                let code = text("the code", bytes.to_vec())?;
                Self::of_code(code, Some(Language::TypeScript))
            }
            Kind::Archive(kind) => Self {
                files: archive::read(kind, bytes, limit).await?,
                ..Self::default()
            },
            Kind::Form(boundary) => form::read(boundary, bytes, limit).await?,
        };
        for (member, name) in [
            (&mut upload.name, "name"),
            (&mut upload.description, "description"),
            (&mut upload.main, "main"),
        ] {
            if let Some(given) = params.text(name)? {
                *member = Some(given.to_owned());
            }
        }
        if upload.main.is_none() {
            upload.main = archive::main_of_package(&upload.files);
        }
        Ok(upload)
    }

    fn of_code(code: String, language: Option<Language>) -> Self {
        Self {
            code: Some(code),
            language,
            ..Self::default()
        }
    }

    /// A new function.
    pub(crate) fn into_new(self) -> Result<NewFunction, ApiError> {
        let name = self.name.ok_or_else(|| {
            ApiError::invalid("the upload has no name: write ?name=hello after the path")
        })?;
        let config = self.config.map(|text| read_config(&text)).transpose()?;
        let mut new = wire::NewFunction::default();
        new.name = name;
        new.description = self.description.unwrap_or_else(|| DESCRIPTION.to_owned());
        new.code = self.code;
        new.language = self.language.map(wire::Word);
        new.modules = (!self.files.is_empty()).then_some(self.files);
        new.main = self.main;
        new.config = config;
        new.try_into()
            .map_err(|fault: String| ApiError::invalid(fault))
    }

    /// A change of the code of a function, and of what else the upload has.
    pub(crate) fn into_update(self) -> Result<FunctionUpdate, ApiError> {
        let config = self.config.map(|text| read_config(&text)).transpose()?;
        let mut change = wire::FunctionChange::default();
        if self.code.is_some() || !self.files.is_empty() {
            change.code = self.code;
            change.language = Some(self.language.map(wire::Word));
            change.modules = Some((!self.files.is_empty()).then_some(self.files));
        }
        change.name = self.name;
        change.description = self.description;
        change.main = self.main;
        change.config = config;
        change
            .try_into()
            .map_err(|fault: String| ApiError::invalid(fault))
    }
}

/// Reads a file that must be text.
fn text(name: &str, bytes: Vec<u8>) -> Result<String, ApiError> {
    String::from_utf8(bytes).map_err(|_| {
        ApiError::invalid(format!(
            "{name} is not UTF-8 text: upload code and JSON only"
        ))
    })
}

fn read_config(text: &str) -> Result<wire::NewConfig, ApiError> {
    wire::read(text).map_err(|error| ApiError::invalid(format!("config: {error}")))
}
