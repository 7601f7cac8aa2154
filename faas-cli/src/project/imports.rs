//! What a file imports and requires.

use std::collections::BTreeSet;
use std::path::Path;

use oxc_allocator::Allocator;
use oxc_ast::ast::{
    Argument, CallExpression, ExportAllDeclaration, ExportFromDeclaration, Expression,
    ImportDeclaration, ImportExpression, TSExternalModuleReference,
};
use oxc_ast_visit::{Visit, walk};
use oxc_parser::{ParseOptions, Parser};
use oxc_span::SourceType;

/// The specifiers of all modules that a file imports or requires, except for types. A file that cannot
/// be parsed has none: the server explains what is wrong with it.
pub(super) fn of(path: &str, text: &str) -> BTreeSet<String> {
    let allocator = Allocator::default();
    let kind = SourceType::from_path(Path::new(path)).unwrap_or_default();
    let options = ParseOptions {
        allow_return_outside_function: true,
        ..ParseOptions::default()
    };
    let parsed = Parser::new(&allocator, text, kind)
        .with_options(options)
        .parse();
    let mut found = Found::default();
    found.visit_program(&parsed.program);
    found.specifiers
}

#[derive(Default)]
struct Found {
    specifiers: BTreeSet<String>,
}

impl Found {
    fn add(&mut self, specifier: &str) {
        self.specifiers.insert(specifier.to_owned());
    }
}

impl<'a> Visit<'a> for Found {
    fn visit_import_declaration(&mut self, import: &ImportDeclaration<'a>) {
        if !import.import_kind.is_type() {
            self.add(&import.source.value);
        }
    }

    fn visit_export_all_declaration(&mut self, export: &ExportAllDeclaration<'a>) {
        if !export.export_kind.is_type() {
            self.add(&export.source.value);
        }
    }

    fn visit_export_from_declaration(&mut self, export: &ExportFromDeclaration<'a>) {
        if !export.export_kind.is_type() {
            self.add(&export.source.value);
        }
    }

    fn visit_import_expression(&mut self, import: &ImportExpression<'a>) {
        if let Expression::StringLiteral(source) = &import.source {
            self.add(&source.value);
        }
        walk::walk_import_expression(self, import);
    }

    fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
        if let Expression::Identifier(callee) = &call.callee
            && callee.name == "require"
            && let [Argument::StringLiteral(source)] = call.arguments.as_slice()
        {
            self.add(&source.value);
        }
        walk::walk_call_expression(self, call);
    }

    fn visit_ts_external_module_reference(&mut self, reference: &TSExternalModuleReference<'a>) {
        self.add(&reference.expression.value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_import_is_found_and_types_are_not() {
        let text = "
            import a from './a'; import './b'; import type { C } from './c';
            export * from './d'; export { e } from './e'; export type { F } from './f';
            const g = await import('./g'); const h = require('./h'); import i = require('./i');
            // import './j'
            const k = \"import './k'\";
            export const l = () => require('./l');
        ";
        let found = of("index.ts", text).into_iter().collect::<Vec<_>>();
        let expected = ["./a", "./b", "./d", "./e", "./g", "./h", "./i", "./l"];
        assert_eq!(found, expected);
    }

    #[test]
    fn the_body_of_a_function_can_import_and_a_broken_file_imports_nothing() {
        let body = "const { a } = await import('./a'); return a(input)";
        assert!(of("index.js", body).contains("./a"));
        assert!(of("index.js", "import './a'; const = 1").is_empty());
    }
}
