//! Uploads of `multipart/form-data`.

use std::convert::Infallible;

use bytes::Bytes;
use faas_core::model::{Language, Modules};
use futures_util::stream;
use multer::{Field, Multipart};

use super::archive::{self, Archive};
use super::{Upload, text};
use crate::error::ApiError;
use crate::extract::shorten;

const KNOWN: &str = "name, description, config, language, main, code and files";

/// Reads a form. Its fields are the members of the JSON form of a function; `config` is JSON. A part
/// with a file name is a file at that path; the only file is the code, or an archive.
pub(super) async fn read(boundary: String, bytes: Bytes, limit: usize) -> Result<Upload, ApiError> {
    let mut form = Multipart::new(
        stream::once(std::future::ready(Ok::<_, Infallible>(bytes))),
        boundary,
    );
    let mut upload = Upload::default();
    while let Some(field) = form.next_field().await.map_err(damaged)? {
        add(&mut upload, field, limit).await?;
    }
    if let [(path, _)] = &*upload.files.iter().collect::<Vec<_>>()
        && !path.contains('/')
    {
        let language = is_typescript(path).then_some(Language::TypeScript);
        upload.language = upload.language.or(language);
        upload.code = upload.files.pop_first().map(|(_, text)| text);
    }
    if upload.files.len() > Modules::MAX {
        let most = Modules::MAX;
        return Err(ApiError::invalid(format!("more than {most} files")));
    }
    Ok(upload)
}

async fn add(upload: &mut Upload, field: Field<'_>, limit: usize) -> Result<(), ApiError> {
    let name = field.name().unwrap_or_default().to_owned();
    let path = field.file_name().map(str::to_owned);
    let bytes = field.bytes().await.map_err(damaged)?;
    if let Some(path) = path.filter(|path| !path.is_empty()) {
        if let Some(kind) = Archive::named(&path) {
            let files = archive::read(kind, bytes, limit).await?;
            upload.files.extend(files);
            return Ok(());
        }
        let text = text(&format!("the file {}", shorten(&path)), bytes.to_vec())?;
        return match upload.files.insert(path, text) {
            None => Ok(()),
            Some(_) => Err(ApiError::invalid("the form has a file twice")),
        };
    }
    let text = text(&format!("the field {}", shorten(&name)), bytes.to_vec())?;
    let member = match name.as_str() {
        "name" => &mut upload.name,
        "description" => &mut upload.description,
        "main" => &mut upload.main,
        "code" => &mut upload.code,
        "config" => {
            upload.config = Some(text.into());
            return Ok(());
        }
        "language" => {
            upload.language =
                Some(Language::named(&text).ok_or_else(|| {
                    ApiError::invalid("language: expected javascript or typescript")
                })?);
            return Ok(());
        }
        _ => {
            let name = shorten(&name);
            return Err(ApiError::invalid(format!(
                "unknown field {name}: known are {KNOWN}"
            )));
        }
    };
    *member = Some(text);
    Ok(())
}

fn is_typescript(path: &str) -> bool {
    [".ts", ".tsx", ".mts", ".cts"]
        .iter()
        .any(|end| path.to_ascii_lowercase().ends_with(end))
}

fn damaged(error: impl std::fmt::Display) -> ApiError {
    ApiError::invalid(format!("the form cannot be read: {error}"))
}
