//! CommonJS: texts that assign to `exports` or `module.exports`.

use std::collections::HashSet;

use oxc_ast::ast::{
    Argument, AssignmentExpression, AssignmentTarget, ComputedMemberExpression, Expression,
    ObjectExpression, ObjectPropertyKind, Statement,
};

use super::conventions::{Callee, Exported};
use super::{declarations, list};
use crate::runtime::quickjs::handler::Handler;
use crate::runtime::quickjs::syntax_error::Refusal;

/// The exports that can be the handler, in the order in which they are looked for.
pub(super) const HANDLERS: [&str; 3] = ["default", "handler", "main"];

/// What the text exports, as far as can be seen without running it.
#[derive(Debug, Default)]
pub(super) struct Exports {
    names: Vec<String>,
    /// Whether it may export more, or a function.
    is_open: bool,
    /// How the handler among them is called, if its function can be seen.
    convention: Option<Handler>,
    /// A function under another name that is certainly a handler.
    node_http: Option<Handler>,
}

impl Exports {
    /// # Errors
    /// When there is no handler among them.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        let is_handler = |name: &String| HANDLERS.contains(&name.as_str());
        if self.is_open || self.names.iter().any(is_handler) {
            return Ok(());
        }
        if self.node_http.is_some() {
            return Ok(());
        }
        Err(Refusal::whole(format!(
            "the module exports no handler, only {}: export a function as `exports.handler`",
            list(self.names.iter().map(String::as_str))
        )))
    }

    /// How the handler is called, as far as can be seen.
    pub(super) fn convention(&self) -> Handler {
        if let Some(handler) = self.convention.or(self.node_http) {
            return handler;
        }
        let has_handler = self.names.iter().any(|name| name == "handler");
        let has_default = self.names.iter().any(|name| name == "default");
        if has_handler && !has_default {
            Handler::Lambda
        } else {
            Handler::Export
        }
    }

    /// The names that it exports.
    pub(super) fn into_names(self) -> Vec<String> {
        self.names
    }
}

/// The exports of a text; `None` when it is no CommonJS module.
pub(super) fn exports(statements: &[Statement<'_>], text: &str) -> Option<Exports> {
    let declared = declarations::names(statements);
    let mut found = Finder {
        declared,
        exports: None,
        top: statements,
        text,
    };
    found.statements(statements);
    found.exports
}

/// Looks for exports in what runs when the text does, outside functions.
struct Finder<'s, 'a> {
    /// Names that are the text's own, and so not the module's.
    declared: HashSet<String>,
    exports: Option<Exports>,
    /// The statements at the top of the text.
    top: &'s [Statement<'a>],
    text: &'s str,
}

/// What an expression of member accesses begins with.
enum Root<'t> {
    /// `exports` or `module.exports`.
    Exports,
    /// A property of it, by name where that is plain.
    Property(Option<&'t str>),
}

impl Finder<'_, '_> {
    fn statements(&mut self, statements: &[Statement<'_>]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Statement<'_>) {
        match statement {
            Statement::ExpressionStatement(statement) => self.expression(&statement.expression),
            Statement::BlockStatement(block) => self.statements(&block.body),
            Statement::IfStatement(choice) => {
                self.statement(&choice.consequent);
                if let Some(alternate) = &choice.alternate {
                    self.statement(alternate);
                }
            }
            Statement::TryStatement(attempt) => {
                self.statements(&attempt.block.body);
                if let Some(handler) = &attempt.handler {
                    self.statements(&handler.body.body);
                }
                if let Some(finalizer) = &attempt.finalizer {
                    self.statements(&finalizer.body);
                }
            }
            Statement::VariableDeclaration(variables) => {
                for variable in &variables.declarations {
                    if let Some(value) = &variable.init {
                        self.expression(value);
                    }
                }
            }
            _ => {}
        }
    }

    fn expression(&mut self, expression: &Expression<'_>) {
        match expression.without_parentheses() {
            Expression::AssignmentExpression(assignment) => self.assignment(assignment),
            Expression::LogicalExpression(logical) => self.expression(&logical.right),
            Expression::SequenceExpression(sequence) => {
                for part in &sequence.expressions {
                    self.expression(part);
                }
            }
            Expression::CallExpression(call) => {
                // `Object.assign(exports, …)`, `Object.defineProperty(exports, …)` and the like.
                let fills = |argument: &Argument<'_>| {
                    argument
                        .as_expression()
                        .is_some_and(|value| matches!(self.root(value), Some(Root::Exports)))
                };
                if call.arguments.iter().any(fills) {
                    self.found().is_open = true;
                }
            }
            _ => {}
        }
    }

    fn assignment(&mut self, assignment: &AssignmentExpression<'_>) {
        match self.target(&assignment.left) {
            Some(Root::Exports) => self.whole(&assignment.right),
            Some(Root::Property(Some(name))) => {
                let name = name.to_owned();
                self.exported(&name, &assignment.right);
                self.found().names.push(name);
            }
            Some(Root::Property(None)) => self.found().is_open = true,
            None => {}
        }
        self.expression(&assignment.right);
    }

    /// `module.exports = value`.
    fn whole(&mut self, value: &Expression<'_>) {
        match value.without_parentheses() {
            Expression::ObjectExpression(object) if !is_open(object) => {
                self.found();
                for property in &object.properties {
                    let Some(name) = property_name(property) else {
                        continue;
                    };
                    if let ObjectPropertyKind::ObjectProperty(property) = property {
                        self.exported(&name, &property.value);
                    }
                    self.found().names.push(name);
                }
            }
            value => {
                let convention = self.callee(value, Exported::Whole);
                let found = self.found();
                found.is_open = true;
                found.convention = found.convention.or(convention);
            }
        }
    }

    /// Sees how the value of an export is called, if it may be the handler.
    fn exported(&mut self, name: &str, value: &Expression<'_>) {
        let exported = match name {
            "default" => Exported::Default,
            "handler" => Exported::Handler,
            _ => Exported::Named,
        };
        let convention = self.callee(value, exported);
        let found = self.found();
        if HANDLERS.contains(&name) {
            found.convention = found.convention.or(convention);
        } else if convention == Some(Handler::NodeHttp) {
            found.node_http = convention;
        }
    }

    fn callee(&self, value: &Expression<'_>, exported: Exported) -> Option<Handler> {
        let callee = match value.without_parentheses() {
            Expression::Identifier(id) => Callee::named(id.name.as_str(), self.top, self.text),
            value => Callee::of(value, self.text),
        };
        callee.map(|callee| callee.convention(exported))
    }

    fn found(&mut self) -> &mut Exports {
        self.exports.get_or_insert_default()
    }

    fn target<'t>(&self, target: &'t AssignmentTarget<'_>) -> Option<Root<'t>> {
        match target {
            AssignmentTarget::StaticMemberExpression(member) => {
                self.member(&member.object, Some(member.property.name.as_str()))
            }
            AssignmentTarget::ComputedMemberExpression(member) => {
                self.member(&member.object, computed_name(member))
            }
            _ => None,
        }
    }

    /// What `object.name` is.
    fn member<'t>(&self, object: &Expression<'_>, name: Option<&'t str>) -> Option<Root<'t>> {
        if self.is_own(object, "module") {
            return (name == Some("exports")).then_some(Root::Exports);
        }
        match self.root(object)? {
            Root::Exports => Some(Root::Property(name)),
            // `exports.a.b = …` changes an export that is there.
            Root::Property(_) => Some(Root::Property(None)),
        }
    }

    /// What an expression is, when it is `exports`, `module.exports` or inside it.
    fn root<'t>(&self, expression: &'t Expression<'_>) -> Option<Root<'t>> {
        let mut object = expression.without_parentheses();
        let mut names: Vec<Option<&str>> = Vec::new();
        // A loop, because a chain of members can be as long as the text.
        loop {
            object = match object {
                Expression::StaticMemberExpression(member) => {
                    names.push(Some(member.property.name.as_str()));
                    member.object.without_parentheses()
                }
                Expression::ComputedMemberExpression(member) => {
                    names.push(computed_name(member));
                    member.object.without_parentheses()
                }
                _ => break,
            };
        }
        if self.is_own(object, "module") && names.pop() != Some(Some("exports")) {
            return None;
        }
        if !self.is_own(object, "module") && !self.is_own(object, "exports") {
            return None;
        }
        match names.as_slice() {
            [] => Some(Root::Exports),
            [name] => Some(Root::Property(*name)),
            _ => Some(Root::Property(None)),
        }
    }

    /// Whether the expression is the module's `name`, which the text has not declared itself.
    fn is_own(&self, expression: &Expression<'_>, name: &str) -> bool {
        let expression = expression.without_parentheses();
        matches!(expression, Expression::Identifier(id) if id.name.as_str() == name)
            && !self.declared.contains(name)
    }
}

/// The name in `object['name']`.
fn computed_name<'t>(member: &'t ComputedMemberExpression<'_>) -> Option<&'t str> {
    match member.expression.without_parentheses() {
        Expression::StringLiteral(literal) => Some(literal.value.as_str()),
        _ => None,
    }
}

/// Whether an object has properties whose names cannot be seen.
fn is_open(object: &ObjectExpression<'_>) -> bool {
    object
        .properties
        .iter()
        .any(|property| property_name(property).is_none())
}

pub(super) fn property_name(property: &ObjectPropertyKind<'_>) -> Option<String> {
    match property {
        ObjectPropertyKind::ObjectProperty(property) if !property.computed => {
            property.key.static_name().map(|name| name.into_owned())
        }
        _ => None,
    }
}
