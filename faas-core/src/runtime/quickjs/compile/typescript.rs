//! Turns TypeScript and JSX into JavaScript.
//!
//! Types are removed and not checked. Enums, namespaces, parameter properties, legacy decorators and
//! JSX become plain JavaScript, as esbuild's defaults make it: JSX calls `React.createElement`
//! unless a pragma says otherwise.
//!
//! oxc recurses without a check of the stack, and nothing has bounded how deeply the text nests.
//! So a text is only transformed if it has so few tokens that even one level of nesting for each
//! fits on the stack of the thread: see [`super::is_small`].

use std::path::Path;

use oxc_allocator::Allocator;
use oxc_codegen::{Codegen, CodegenOptions, CommentOptions};
use oxc_diagnostics::OxcDiagnostic;
use oxc_parser::{ParseOptions, Parser};
use oxc_semantic::SemanticBuilder;
use oxc_span::SourceType;
use oxc_transformer::{
    DecoratorOptions, HelperLoaderMode, HelperLoaderOptions, JsxOptions, JsxRuntime,
    TransformOptions, Transformer,
};

use super::super::source_map::{Position, SourceMap};
use super::super::syntax_error::{self, SyntaxError};

/// What the transformer's output for decorators calls, on the first line of the text.
const HELPERS: &str = include_str!("helpers.js");

/// JavaScript, and where each part of it comes from.
#[derive(Debug)]
pub(super) struct Stripped {
    pub(super) text: String,
    pub(super) map: SourceMap,
}

/// The dialects to try in turn for TypeScript of unknown kind: `<T>x` is a cast in the first and an
/// element in the second.
pub(super) const TYPESCRIPT: [SourceType; 2] = [SourceType::ts(), SourceType::tsx()];

/// The dialects to try in turn for a text that is no plain JavaScript.
pub(super) const ANY: [SourceType; 3] = [SourceType::ts(), SourceType::jsx(), SourceType::tsx()];

/// Transforms `text`, which is in one of these dialects.
///
/// # Errors
/// The error in the dialect that fits the text, or else of the one in which it is farthest into the
/// text.
pub(super) fn strip(text: &str, dialects: &[SourceType]) -> Result<Stripped, Fault> {
    let mut farthest: Option<Fault> = None;
    for dialect in dialects {
        match strip_as(text, *dialect) {
            Ok(stripped) => return Ok(stripped),
            Err(fault) if fault.fits => return Err(fault),
            Err(fault)
                if farthest
                    .as_ref()
                    .is_some_and(|other| other.error.place >= fault.error.place) => {}
            Err(fault) => farthest = Some(fault),
        }
    }
    Err(farthest.unwrap_or_else(|| Fault {
        error: SyntaxError {
            message: "the code is in no known language".to_owned(),
            place: None,
        },
        fits: false,
    }))
}

/// Why a text cannot be transformed.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) error: SyntaxError,
    /// Whether the text parses in the dialect, and breaks another of its rules.
    pub(super) fits: bool,
}

fn strip_as(text: &str, dialect: SourceType) -> Result<Stripped, Fault> {
    let allocator = Allocator::default();
    let options = ParseOptions {
        allow_return_outside_function: true,
        ..ParseOptions::default()
    };
    let parsed = Parser::new(&allocator, text, dialect)
        .with_options(options)
        .parse();
    if let Some(error) = parsed.diagnostics.errors().next() {
        return Err(reported(text, error, false));
    }
    let mut program = parsed.program;
    let semantic = SemanticBuilder::new_compiler()
        .with_enum_eval(true)
        .build(&program);
    if let Some(error) = semantic.diagnostics.errors().next() {
        return Err(reported(text, error, true));
    }
    let scoping = semantic.semantic.into_scoping();
    let options = options_of();
    // The path is for source maps only.
    let path = Path::new("function");
    let transformed =
        Transformer::new(&allocator, path, &options).build_with_scoping(scoping, &mut program);
    if let Some(error) = transformed.diagnostics.errors().next() {
        return Err(reported(text, error, true));
    }
    let printed = Codegen::new()
        .with_options(CodegenOptions {
            source_map_path: Some(path.to_owned()),
            comments: CommentOptions::disabled(),
            ..CodegenOptions::default()
        })
        .with_source_text(text)
        .build(&program);
    let helpers = if printed.code.contains("babelHelpers.") {
        HELPERS.trim_end()
    } else {
        ""
    };
    let tokens = printed.map.iter().flat_map(|map| map.get_tokens());
    let tokens = tokens.map(|token| {
        let place = |line, column| (line as usize, column as usize);
        (
            place(token.get_dst_line(), token.get_dst_col()),
            place(token.get_src_line(), token.get_src_col()),
        )
    });
    let map = map_of(&printed.code, text, helpers.len(), tokens);
    Ok(Stripped {
        text: format!("{helpers}{}", printed.code),
        map,
    })
}

fn options_of() -> TransformOptions {
    TransformOptions {
        decorator: DecoratorOptions {
            legacy: true,
            ..DecoratorOptions::default()
        },
        jsx: JsxOptions {
            runtime: JsxRuntime::Classic,
            display_name_plugin: false,
            throw_if_namespace: false,
            ..JsxOptions::enable()
        },
        helper_loader: HelperLoaderOptions {
            mode: HelperLoaderMode::External,
            ..HelperLoaderOptions::default()
        },
        ..TransformOptions::default()
    }
}

fn reported(text: &str, error: &OxcDiagnostic, fits: bool) -> Fault {
    let label = error.labels.first();
    let mut message = error.message.to_string();
    if let Some(help) = &error.help {
        message.push_str(": ");
        message.push_str(help);
    }
    let place = label.map(|label| syntax_error::place_at(text, label.offset() as usize));
    let error = SyntaxError { message, place };
    Fault { error, fits }
}

/// The map from `compiled`, whose first line has `shift` more bytes before it, to `original`. Places
/// in `tokens` count UTF-16 code units from 0. QuickJS counts bytes in its lines; columns of the
/// user's text count characters.
fn map_of(
    compiled: &str,
    original: &str,
    shift: usize,
    tokens: impl Iterator<Item = ((usize, usize), (usize, usize))>,
) -> SourceMap {
    let compiled: Vec<&str> = compiled.split('\n').collect();
    let original: Vec<&str> = original.split('\n').collect();
    let position = |line: usize, column: usize| Position {
        line: u32::try_from(line + 1).unwrap_or(u32::MAX),
        column: u32::try_from(column + 1).unwrap_or(u32::MAX),
    };
    let places = tokens.map(|((to_line, to_column), (from_line, from_column))| {
        let to = compiled.get(to_line).copied().unwrap_or_default();
        let from = original.get(from_line).copied().unwrap_or_default();
        let bytes = if to.is_ascii() {
            to_column
        } else {
            units(to, to_column).0
        };
        let shift = if to_line == 0 { shift } else { 0 };
        let characters = if from.is_ascii() {
            from_column
        } else {
            units(from, from_column).1
        };
        (
            position(to_line, bytes + shift),
            position(from_line, characters),
        )
    });
    SourceMap::new(places.collect())
}

/// How many bytes and characters of `line` the first `units` UTF-16 code units are.
fn units(line: &str, units: usize) -> (usize, usize) {
    let mut left = units;
    let (mut bytes, mut characters) = (0, 0);
    for character in line.chars() {
        if left == 0 {
            break;
        }
        left = left.saturating_sub(character.len_utf16());
        bytes += character.len_utf8();
        characters += 1;
    }
    (bytes, characters)
}
