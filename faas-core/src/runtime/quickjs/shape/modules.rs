//! ES modules: whether one exports a handler.

use oxc_allocator::Allocator;
use oxc_ast::ast::{ExportDefaultDeclarationKind, ObjectExpression, Statement};
use oxc_span::{GetSpan, SourceType, Span};

use super::common_js::{HANDLERS, property_name};
use super::{NO_IMPORTS, Refusal, Rejection, declarations, list, parse};
use crate::runtime::quickjs::syntax_error::{SyntaxError, place_at};

/// The HTTP methods that a module can name its handlers after.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// The handlers that a default export can have, except for `handler` and `main`.
const EVENTS: [&str; 4] = ["fetch", "scheduled", "queue", "email"];

/// Checks that `source`, which QuickJS accepts as a module, exports a handler.
///
/// # Errors
/// When it imports, when it exports no handler, and, as a syntax error, when it is no module.
pub(in crate::runtime::quickjs) fn check(source: &str) -> Result<(), Rejection> {
    let allocator = Allocator::default();
    let program = parse(&allocator, source, SourceType::mjs(), 0, source)?;
    let mut exports = Exports::default();
    for statement in &program.body {
        exports.add(statement, source)?;
    }
    if !exports.is_module {
        return Err(Rejection::Syntax(SyntaxError {
            message: "the module exports nothing".to_owned(),
            place: Some(place_at(source, 0)),
        }));
    }
    Ok(exports.check(source)?)
}

#[derive(Default)]
struct Exports {
    is_module: bool,
    names: Vec<String>,
    /// A default export that is an object and has no handler that can be called: where it is, and
    /// which handlers it has.
    object: Option<(Span, Vec<String>)>,
}

impl Exports {
    fn add(&mut self, statement: &Statement<'_>, source: &str) -> Result<(), Refusal> {
        match statement {
            Statement::ImportDeclaration(import) => return Err(no_imports(source, import.span)),
            Statement::ExportAllDeclaration(export) => return Err(no_imports(source, export.span)),
            Statement::ExportFromDeclaration(export) => {
                return Err(no_imports(source, export.span));
            }
            Statement::ExportDefaultDeclaration(export) => match &export.declaration {
                ExportDefaultDeclarationKind::ObjectExpression(object)
                    if has_no_handler(object) =>
                {
                    let names = object.properties.iter().filter_map(property_name);
                    self.object = Some((export.declaration.span(), names.collect()));
                }
                _ => self.names.push("default".to_owned()),
            },
            Statement::ExportNamedDeclaration(export) => {
                let exported = export.specifiers.iter().map(|name| name.exported.name());
                self.names.extend(exported.map(|name| name.to_string()));
            }
            Statement::ExportDeclaration(export) => {
                self.names
                    .extend(declarations::declared_by(&export.declaration));
            }
            _ => return Ok(()),
        }
        self.is_module = true;
        Ok(())
    }

    fn check(&self, source: &str) -> Result<(), Refusal> {
        let named = |names: &[&str]| self.names.iter().any(|name| names.contains(&name.as_str()));
        if named(&HANDLERS) {
            return Ok(());
        }
        if let Some((span, names)) = &self.object {
            let events = EVENTS
                .into_iter()
                .filter(|event| names.iter().any(|n| n == event));
            let events = list(events);
            let message = if events.is_empty() {
                "the default export has no handler: export a function".to_owned()
            } else {
                format!("an object with {events} is not supported yet: export a function")
            };
            return Err(Refusal::unsupported(
                source,
                span.start as usize,
                &message,
            ));
        }
        if named(&METHODS) {
            return Err(Refusal::whole(
                "handlers that are named after HTTP methods are not supported yet: export a \
                 function as default",
            ));
        }
        let found = list(self.names.iter().map(String::as_str));
        let found = if found.is_empty() {
            found
        } else {
            format!(", only {found}")
        };
        Err(Refusal::whole(format!(
            "the module exports no handler{found}: export a function as default, or named `handler`"
        )))
    }
}

/// Whether an object certainly has no method that can be called: none named `handler`, and no
/// property whose name cannot be seen.
fn has_no_handler(object: &ObjectExpression<'_>) -> bool {
    object
        .properties
        .iter()
        .map(property_name)
        .all(|name| name.is_some_and(|name| name != "handler"))
}

fn no_imports(source: &str, span: Span) -> Refusal {
    Refusal::unsupported(source, span.start as usize, NO_IMPORTS)
}
