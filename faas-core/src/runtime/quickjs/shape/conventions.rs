//! Tells by its parameters, and by what it does with them, how a handler wants to be called.

use oxc_ast::ast::{
    Argument, BindingPattern, CallExpression, ExportDefaultDeclarationKind, Expression,
    FormalParameters, Statement,
};
use oxc_span::Span;

use crate::runtime::quickjs::handler::Handler;

/// How a handler was exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exported {
    /// As the default export of an ES module.
    Default,
    /// As `module.exports` itself.
    Whole,
    /// Under the name `handler`.
    Handler,
    /// Under another name.
    Named,
}

/// A function that can be seen in the text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Callee<'t> {
    first: Option<&'t str>,
    second: Option<&'t str>,
    count: usize,
    text: &'t str,
}

const RESPONSE_METHODS: [&str; 12] = [
    "status",
    "json",
    "send",
    "end",
    "setHeader",
    "writeHead",
    "write",
    "sendStatus",
    "redirect",
    "type",
    "set",
    "statusCode",
];

impl<'t> Callee<'t> {
    fn new(parameters: &'t FormalParameters<'_>, span: Span, text: &'t str) -> Self {
        let name = |index: usize| {
            let parameter = parameters.items.get(index)?;
            match &parameter.pattern {
                BindingPattern::BindingIdentifier(id) => Some(id.name.as_str()),
                _ => None,
            }
        };
        Self {
            first: name(0),
            second: name(1),
            count: parameters.items.len(),
            text: text
                .get(span.start as usize..span.end as usize)
                .unwrap_or_default(),
        }
    }

    /// The function that an expression is.
    pub(super) fn of(expression: &'t Expression<'_>, text: &'t str) -> Option<Self> {
        match expression.without_parentheses() {
            Expression::FunctionExpression(function) => {
                Some(Self::new(&function.params, function.span, text))
            }
            Expression::ArrowFunctionExpression(arrow) => {
                Some(Self::new(&arrow.params, arrow.span, text))
            }
            _ => None,
        }
    }

    /// The function that a default export is or names.
    pub(super) fn of_default(
        exported: &'t ExportDefaultDeclarationKind<'_>,
        statements: &'t [Statement<'_>],
        text: &'t str,
    ) -> Option<Self> {
        match exported {
            ExportDefaultDeclarationKind::FunctionDeclaration(function) => {
                Some(Self::new(&function.params, function.span, text))
            }
            ExportDefaultDeclarationKind::Identifier(id) => {
                Self::named(id.name.as_str(), statements, text)
            }
            other => Self::of(other.as_expression()?, text),
        }
    }

    /// The function that a statement at the top declares under this name.
    pub(super) fn named(
        name: &str,
        statements: &'t [Statement<'_>],
        text: &'t str,
    ) -> Option<Self> {
        statements.iter().find_map(|statement| match statement {
            Statement::FunctionDeclaration(function) => function
                .id
                .as_ref()
                .filter(|id| id.name == name)
                .map(|_| Self::new(&function.params, function.span, text)),
            Statement::VariableDeclaration(variables) => {
                Self::variable(name, &variables.declarations, text)
            }
            Statement::ExportDeclaration(export) => match &export.declaration {
                oxc_ast::ast::Declaration::FunctionDeclaration(function) => function
                    .id
                    .as_ref()
                    .filter(|id| id.name == name)
                    .map(|_| Self::new(&function.params, function.span, text)),
                oxc_ast::ast::Declaration::VariableDeclaration(variables) => {
                    Self::variable(name, &variables.declarations, text)
                }
                _ => None,
            },
            _ => None,
        })
    }

    fn variable(
        name: &str,
        variables: &'t [oxc_ast::ast::VariableDeclarator<'_>],
        text: &'t str,
    ) -> Option<Self> {
        variables.iter().find_map(|variable| match &variable.id {
            BindingPattern::BindingIdentifier(id) if id.name == name => {
                Self::of(variable.init.as_ref()?, text)
            }
            _ => None,
        })
    }

    /// How the function wants to be called.
    pub(super) fn convention(self, exported: Exported) -> Handler {
        let is = |name: Option<&str>, names: &[&str]| {
            name.is_some_and(|name| names.contains(&name.trim_start_matches('_')))
        };
        let request = ["req", "request"];
        if is(self.second, &["res", "response", "reply"])
            && self.uses(self.second, &RESPONSE_METHODS)
        {
            return Handler::NodeHttp;
        }
        if is(self.first, &request)
            && self.count <= 2
            && exported != Exported::Whole
            && self.text.contains("Response")
        {
            return Handler::Request;
        }
        match exported {
            Exported::Whole
                if self.uses(self.second, &["status", "succeed", "fail", "headers"]) =>
            {
                Handler::OpenFaas
            }
            Exported::Whole if self.count == 1 && is(self.first, &["context"]) => Handler::Fission,
            Exported::Handler
                if is(self.first, &["context"])
                    && self.uses(self.first, &["callback", "Response", "logger"]) =>
            {
                Handler::Nuclio
            }
            Exported::Handler
                if self.count >= 3 || self.uses(self.second, &["succeed", "done", "fail"]) =>
            {
                Handler::LambdaCallback
            }
            Exported::Handler => Handler::Lambda,
            Exported::Default | Exported::Whole | Exported::Named => Handler::Export,
        }
    }

    /// Whether the text has `name.member` for one of these members.
    fn uses(self, name: Option<&str>, members: &[&str]) -> bool {
        let Some(name) = name else {
            return false;
        };
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$');
        self.text.match_indices(name).any(|(at, _)| {
            let before = self
                .text
                .get(..at)
                .and_then(|text| text.chars().next_back());
            let after = self.text.get(at + name.len()..).unwrap_or_default();
            let member = after.trim_start().strip_prefix('.').map(str::trim_start);
            !before.is_some_and(|c| is_part(c) || c == '.')
                && member.is_some_and(|member| {
                    let end = member.find(|c| !is_part(c)).unwrap_or(member.len());
                    member
                        .get(..end)
                        .is_some_and(|member| members.contains(&member))
                })
        })
    }
}

/// How the text registers a handler when it runs, if a statement at its top does.
pub(super) fn registered(statements: &[Statement<'_>]) -> Option<Handler> {
    statements.iter().find_map(|statement| match statement {
        Statement::ExpressionStatement(statement) => {
            registers(statement.expression.without_parentheses())
        }
        Statement::VariableDeclaration(variables) => variables
            .declarations
            .iter()
            .find_map(|variable| registers(variable.init.as_ref()?.without_parentheses())),
        _ => None,
    })
}

fn registers(expression: &Expression<'_>) -> Option<Handler> {
    let call: &CallExpression<'_> = match expression {
        Expression::CallExpression(call) => call,
        Expression::AwaitExpression(awaited) => {
            return registers(awaited.argument.without_parentheses());
        }
        _ => return None,
    };
    let adds_listener = |name: &str| {
        let is_fetch = |argument: &Argument<'_>| matches!(argument, Argument::StringLiteral(event) if event.value == "fetch");
        name == "addEventListener" && call.arguments.first().is_some_and(is_fetch)
    };
    match call.callee.without_parentheses() {
        Expression::Identifier(id) if adds_listener(id.name.as_str()) => {
            Some(Handler::ServiceWorker)
        }
        Expression::StaticMemberExpression(member) => {
            let Expression::Identifier(object) = member.object.without_parentheses() else {
                return None;
            };
            match (object.name.as_str(), member.property.name.as_str()) {
                ("Deno", "serve") => Some(Handler::DenoServe),
                ("self" | "globalThis", name) if adds_listener(name) => {
                    Some(Handler::ServiceWorker)
                }
                _ => None,
            }
        }
        _ => None,
    }
}
