//! ES modules: what one imports, and which of its exports is the handler.

use oxc_allocator::Allocator;
use oxc_ast::ast::{ExportDefaultDeclarationKind, ObjectExpression, Program, Statement};
use oxc_span::{GetSpan, SourceType, Span};

use super::common_js::property_name;
use super::conventions::{self, Callee, Exported};
use super::{FORMS, Refusal, Rejection, declarations, list, parse};
use crate::runtime::quickjs::handler::Handler;
use crate::runtime::quickjs::syntax_error::{SyntaxError, place_at};

/// The HTTP methods that a module can name its handlers after.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// The handlers of a default export that nothing here calls.
const EVENTS: [&str; 2] = ["queue", "email"];

/// Checks what an import names; the error says what is wrong.
pub(in crate::runtime::quickjs) type CheckImport<'a> = &'a dyn Fn(&str) -> Result<(), String>;

/// Why a class is refused.
const CLASS: &str = "the default export is a class, which is no handler: export a function, or an \
    object that has a method `fetch`";

/// How an ES module has its handler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::runtime::quickjs) struct ModuleShape {
    pub(in crate::runtime::quickjs) handler: Handler,
    /// The function that it declares and does not export, which is the handler.
    pub(in crate::runtime::quickjs) declared: Option<String>,
}

/// Finds the handler of `source`, which QuickJS accepts as a module, and checks its imports.
///
/// # Errors
/// When an import names nothing, when there is no handler, and, as a syntax error, when it neither
/// imports nor exports.
pub(in crate::runtime::quickjs) fn of_module(
    source: &str,
    check_import: CheckImport<'_>,
) -> Result<ModuleShape, Rejection> {
    let allocator = Allocator::default();
    let program = parse(&allocator, source, SourceType::mjs(), 0, source)?;
    let exports = Exports::of(&program, source, check_import)?;
    if !exports.imports && !exports.exports && exports.registered.is_none() {
        return Err(Rejection::Syntax(SyntaxError {
            message: "the module exports nothing".to_owned(),
            place: Some(place_at(source, 0)),
        }));
    }
    if !exports.exports && exports.registered.is_none() {
        let statements = program.body.iter();
        let is_import =
            |statement: &&Statement<'_>| matches!(statement, Statement::ImportDeclaration(_));
        let handler = declarations::handler(statements.filter(|one| !is_import(one)))?;
        return match handler {
            Some(name) => Ok(ModuleShape {
                handler: Handler::Function,
                declared: Some(name),
            }),
            None => Err(Refusal::whole(format!("the module exports nothing: {FORMS}")).into()),
        };
    }
    let handler = exports.handler(&program, source)?;
    Ok(ModuleShape {
        handler,
        declared: None,
    })
}

/// Checks the imports of a file that is not the main one.
///
/// # Errors
/// When an import names nothing.
pub(in crate::runtime::quickjs) fn check_imports(
    source: &str,
    check_import: CheckImport<'_>,
) -> Result<(), Rejection> {
    let allocator = Allocator::default();
    let program = parse(&allocator, source, SourceType::mjs(), 0, source)?;
    Exports::of(&program, source, check_import)?;
    Ok(())
}

#[derive(Default)]
struct Exports {
    imports: bool,
    exports: bool,
    /// Whether it exports all that another file exports.
    is_open: bool,
    /// The exported names, and the names that they have in the module.
    names: Vec<(String, String)>,
    /// A default export that is an object and has no `handler`: where it is, and its properties.
    object: Option<(Span, Vec<String>)>,
    /// The handler that it registers when it runs.
    registered: Option<Handler>,
}

impl Exports {
    fn of(
        program: &Program<'_>,
        source: &str,
        check_import: CheckImport<'_>,
    ) -> Result<Self, Refusal> {
        let mut exports = Self {
            registered: conventions::registered(&program.body),
            ..Self::default()
        };
        let check = |specifier: &oxc_ast::ast::StringLiteral<'_>| {
            check_import(specifier.value.as_str()).map_err(|message| {
                Refusal::unsupported(source, specifier.span.start as usize, &message)
            })
        };
        for statement in &program.body {
            match statement {
                Statement::ImportDeclaration(import) => {
                    check(&import.source)?;
                    exports.imports = true;
                }
                Statement::ExportAllDeclaration(export) => {
                    check(&export.source)?;
                    exports.exports = true;
                    match &export.exported {
                        Some(name) => exports.add(&name.name(), ""),
                        None => exports.is_open = true,
                    }
                }
                Statement::ExportFromDeclaration(export) => {
                    check(&export.source)?;
                    exports.exports = true;
                    for name in &export.specifiers {
                        exports.add(&name.exported.name(), "");
                    }
                }
                Statement::ExportDefaultDeclaration(export) => {
                    exports.exports = true;
                    match &export.declaration {
                        ExportDefaultDeclarationKind::ObjectExpression(object)
                            if has_no_handler(object) =>
                        {
                            let names = object.properties.iter().filter_map(property_name);
                            exports.object = Some((export.declaration.span(), names.collect()));
                        }
                        ExportDefaultDeclarationKind::ClassDeclaration(class) => {
                            let start = class.span.start as usize;
                            return Err(Refusal::unsupported(source, start, CLASS));
                        }
                        _ => exports.add("default", ""),
                    }
                }
                Statement::ExportNamedDeclaration(export) => {
                    exports.exports = true;
                    for name in &export.specifiers {
                        exports.add(&name.exported.name(), &name.local.name());
                    }
                }
                Statement::ExportDeclaration(export) => {
                    exports.exports = true;
                    for name in declarations::declared_by(&export.declaration) {
                        exports.add(&name, &name);
                    }
                }
                _ => {}
            }
        }
        Ok(exports)
    }

    fn add(&mut self, exported: &str, local: &str) {
        self.names.push((exported.to_owned(), local.to_owned()));
    }

    fn handler(&self, program: &Program<'_>, source: &str) -> Result<Handler, Refusal> {
        let has = |name: &str| self.names.iter().any(|(exported, _)| exported == name);
        let statements = program.body.as_slice();
        let local = |name: &str| {
            let (_, local) = self.names.iter().find(|(exported, _)| exported == name)?;
            Callee::named(local, statements, source)
        };
        if has("default") {
            let default = statements.iter().find_map(|statement| match statement {
                Statement::ExportDefaultDeclaration(export) => {
                    Callee::of_default(&export.declaration, statements, source)
                }
                _ => None,
            });
            let callee = default.or_else(|| local("default"));
            return Ok(callee.map_or(Handler::Export, |one| one.convention(Exported::Default)));
        }
        if has("handler") {
            let callee = local("handler");
            return Ok(callee.map_or(Handler::Lambda, |one| one.convention(Exported::Handler)));
        }
        if has("main") {
            let callee = local("main");
            return Ok(callee.map_or(Handler::Export, |one| one.convention(Exported::Named)));
        }
        if let Some((span, names)) = &self.object {
            if names.iter().any(|name| name == "fetch") {
                return Ok(Handler::WorkersFetch);
            }
            if names.iter().any(|name| name == "scheduled") {
                return Ok(Handler::WorkersScheduled);
            }
            let start = span.start as usize;
            let events = EVENTS
                .into_iter()
                .filter(|event| names.iter().any(|n| n == event));
            let events = list(events);
            let found = if events.is_empty() {
                "the default export has no handler".to_owned()
            } else {
                format!("the default export has only {events}, which no call reaches")
            };
            return Err(Refusal::unsupported(
                source,
                start,
                &format!("{found}: {FORMS}"),
            ));
        }
        if METHODS.into_iter().any(has) {
            return Ok(Handler::Methods);
        }
        if let Some(registered) = self.registered {
            return Ok(registered);
        }
        if let [(_, local)] = self.names.as_slice()
            && let Some(callee) = Callee::named(local, statements, source)
            && callee.convention(Exported::Named) == Handler::NodeHttp
        {
            return Ok(Handler::NodeHttp);
        }
        if self.is_open {
            return Ok(Handler::Export);
        }
        let found = list(self.names.iter().map(|(exported, _)| exported.as_str()));
        let found = if found.is_empty() {
            found
        } else {
            format!(", only {found}")
        };
        Err(Refusal::whole(format!(
            "the module exports no handler{found}: {FORMS}"
        )))
    }
}

/// Whether an object certainly has no method named `handler`, and no property whose name cannot be
/// seen.
fn has_no_handler(object: &ObjectExpression<'_>) -> bool {
    object
        .properties
        .iter()
        .map(property_name)
        .all(|name| name.is_some_and(|name| name != "handler"))
}
