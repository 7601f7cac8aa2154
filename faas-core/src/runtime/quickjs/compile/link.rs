//! Compiles the files of a function and what they import from each other.

use std::collections::BTreeMap;
use std::ffi::CString;
use std::sync::Arc;

use oxc_span::SourceType;
use rquickjs::Ctx;

use super::super::modules::{Linked, Unit};
use super::super::presets::PresetNames;
use super::super::resolve;
use super::super::source_map::{SourceMap, SourceMaps};
use super::super::syntax_error::{Refusal, Rejection, SyntaxError};
use super::read::{Reader, prepare};
use super::typescript::{self, Stripped};
use super::{Compiled, dialect, nesting};
use crate::error::CompileError;
use crate::model::{Language, Source};

/// The names of a single file in stacks, by its language.
const JAVASCRIPT_FILE: &str = "function.js";
const TYPESCRIPT_FILE: &str = "function.ts";

/// The endings of files that are code.
const CODE: [&str; 8] = ["ts", "tsx", "mts", "cts", "js", "jsx", "mjs", "cjs"];

/// Compiles `source` in the context, which must have the `Eval` intrinsic.
pub(super) fn compile(
    ctx: &Ctx<'_>,
    source: &Source,
    presets: &PresetNames,
) -> Result<Compiled, CompileError> {
    let linker = Linker {
        ctx,
        source: Some(source),
        presets,
    };
    let Some(modules) = &source.modules else {
        let text = Text::Function(source.language);
        let (mut compiled, file, map) = linker.file(text, &source.code, |reader| reader.read())?;
        compiled.linked = Arc::new(Linked {
            main: file.clone(),
            units: BTreeMap::new(),
        });
        if let Some(map) = map {
            compiled.maps = Arc::new(SourceMaps::of(&file, map));
        }
        return Ok(compiled);
    };
    let mut maps = SourceMaps::default();
    let mut add_map = |path: &str, map: Option<SourceMap>| {
        if let Some(map) = map {
            maps.add(path, map);
        }
    };
    let main = &*modules.main;
    if !is_code(main) {
        let fault = format!("the main file {main} is no code: its name must end with .js or .ts");
        return Err(Refusal::whole(fault).into_error(None, ""));
    }
    let text = Text::File(main);
    let (mut compiled, _, map) = linker.file(text, &source.code, |reader| reader.read())?;
    add_map(main, map);
    let mut units = BTreeMap::new();
    for (path, text) in &modules.others {
        let (unit, map) = linker.unit(path, text)?;
        add_map(path, map);
        units.insert(path.to_string(), unit);
    }
    compiled.maps = Arc::new(maps);
    compiled.linked = Arc::new(Linked {
        main: main.to_owned(),
        units,
    });
    Ok(compiled)
}

/// Compiles a module of the host, which can import other ones.
pub(super) fn compile_preset(
    ctx: &Ctx<'_>,
    name: &str,
    text: &str,
    presets: &PresetNames,
) -> Result<(Unit, Option<SourceMap>), CompileError> {
    let linker = Linker {
        ctx,
        source: None,
        presets,
    };
    let read = |reader: &Reader<'_, '_>| reader.read_unit(false);
    let (unit, _, map) = linker.file(Text::Preset(name), text, read)?;
    Ok((unit, map))
}

/// What a text is.
#[derive(Clone, Copy)]
enum Text<'a> {
    /// The only file of a function, in this language if it is known.
    Function(Option<Language>),
    /// One of several files, with this path.
    File(&'a str),
    /// A module of the host, with this name.
    Preset(&'a str),
}

impl<'a> Text<'a> {
    fn name(self) -> Option<&'a str> {
        match self {
            Self::Function(_) => None,
            Self::File(name) | Self::Preset(name) => Some(name),
        }
    }
}

struct Linker<'a, 'js> {
    ctx: &'a Ctx<'js>,
    /// `None` for modules of the host, which have no files.
    source: Option<&'a Source>,
    presets: &'a PresetNames,
}

impl Linker<'_, '_> {
    fn has(&self, path: &str) -> bool {
        (self.source.and_then(|source| source.modules.as_ref()))
            .is_some_and(|modules| path == &*modules.main || modules.others.contains_key(path))
    }

    /// Compiles a file that is not the main one.
    fn unit(&self, path: &str, text: &str) -> Result<(Unit, Option<SourceMap>), CompileError> {
        if ending(path) == "json" {
            check_json(path, text)?;
            return Ok((Unit::Json(text.to_owned()), None));
        }
        if !is_code(path) {
            return Ok((Unit::Text(text.to_owned()), None));
        }
        let is_module = matches!(ending(path), "mjs" | "mts");
        let read = |reader: &Reader<'_, '_>| reader.read_unit(is_module);
        let (unit, _, map) = self.file(Text::File(path), text, read)?;
        Ok((unit, map))
    }

    /// Compiles one file with `read`: as its language if that is known, otherwise as JavaScript or
    /// else as TypeScript or JSX. Returns its name in stacks, too, and its map if it was transformed.
    fn file<T>(
        &self,
        kind: Text<'_>,
        text: &str,
        read: impl Fn(&Reader<'_, '_>) -> Result<T, Rejection>,
    ) -> Result<(T, String, Option<SourceMap>), CompileError> {
        let text = &*prepare(text);
        let path = kind.name();
        let read = |text: &str, file: &str| {
            let name =
                CString::new(file).map_err(|_| Refusal::whole("the name of a file has a NUL"))?;
            read(&Reader {
                ctx: self.ctx,
                text,
                file: &name,
                has_files: path.is_some(),
                check_import: &|specifier| {
                    let has = |path: &str| self.has(path);
                    resolve::resolve(file, specifier, has, self.presets).map(drop)
                },
            })
        };
        let refused = |refusal: Refusal| refusal.into_error(path, text);
        let (file, dialects) = match kind {
            Text::File(path) => (path, dialects_of(path)),
            Text::Preset(name) => (name, [].as_slice()),
            Text::Function(Some(Language::TypeScript)) => {
                (TYPESCRIPT_FILE, typescript::TYPESCRIPT.as_slice())
            }
            Text::Function(_) => (JAVASCRIPT_FILE, [].as_slice()),
        };
        let stripped = if dialects.is_empty() {
            let error = match read(text, file) {
                Ok(read) => return Ok((read, file.to_owned(), None)),
                Err(Rejection::Syntax(error)) => error,
                Err(rejection) => return Err(refused(final_refusal(rejection))),
            };
            let place = error.place;
            let stripped =
                dialect::transform(text, error).map_err(|error| refused(error.into()))?;
            if matches!(kind, Text::Function(Some(Language::JavaScript))) {
                let message =
                    "this is TypeScript or JSX, and `language` is \"javascript\": set it \
                    to \"typescript\" or leave it out"
                        .to_owned();
                return Err(refused(SyntaxError { message, place }.into()));
            }
            stripped
        } else {
            strip(text, dialects).map_err(|error| refused(error.into()))?
        };
        let file = path.unwrap_or(TYPESCRIPT_FILE);
        match read(&stripped.text, file) {
            Ok(read) => Ok((read, file.to_owned(), Some(stripped.map))),
            Err(rejection) => Err(refused(
                final_refusal(rejection).in_original(&stripped.map, &stripped.text),
            )),
        }
    }
}

/// Transforms a text in one of these dialects.
fn strip(text: &str, dialects: &[SourceType]) -> Result<Stripped, SyntaxError> {
    if !dialect::is_small(text) {
        return Err(SyntaxError {
            message: "the file is too long, or nested too deeply, for the TypeScript compiler: \
                split it, or compile it to JavaScript first"
                .to_owned(),
            place: None,
        });
    }
    typescript::strip(text, dialects).map_err(|fault| fault.error)
}

/// The refusal for a rejection in all forms. The reader has already made the error for a text that
/// nests too deeply.
fn final_refusal(rejection: Rejection) -> Refusal {
    rejection.into_refusal(|| SyntaxError {
        message: nesting::TOO_DEEP.to_owned(),
        place: None,
    })
}

fn ending(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, ending)| ending)
}

fn is_code(path: &str) -> bool {
    CODE.contains(&ending(path))
}

/// The dialects that the name of a file leaves; none for JavaScript, which may turn out to be
/// another.
fn dialects_of(path: &str) -> &'static [SourceType] {
    const TS: [SourceType; 1] = [SourceType::ts()];
    const TSX: [SourceType; 1] = [SourceType::tsx()];
    const JSX: [SourceType; 1] = [SourceType::jsx()];
    match ending(path) {
        "ts" | "mts" | "cts" => &TS,
        "tsx" => &TSX,
        "jsx" => &JSX,
        _ => &[],
    }
}

fn check_json(path: &str, text: &str) -> Result<(), CompileError> {
    serde_json::from_str::<serde::de::IgnoredAny>(text)
        .map(drop)
        .map_err(|error| {
            let lines = text
                .split_inclusive('\n')
                .take(error.line().saturating_sub(1));
            let before: usize = lines.map(str::len).sum();
            let offset = before + error.column().saturating_sub(1);
            let message = error.to_string();
            let message = message.split(" at line ").next().unwrap_or_default();
            Refusal::at_offset(text, offset, &format!("invalid JSON: {message}"))
                .into_error(Some(path), text)
        })
}
