//! Texts of declarations only: which of the functions is the handler, and which names are declared.

use std::collections::HashSet;

use oxc_ast::ast::{
    BindingPattern, Declaration, Expression, Statement, VariableDeclaration,
    VariableDeclarationKind, VariableDeclarator,
};

use super::{is_function, list};
use crate::runtime::quickjs::syntax_error::Refusal;

/// The name of the handler, when the text is declarations only and has a function: the one named
/// `handler`, else `main`, else the only one.
///
/// # Errors
/// When there are several and none has one of these names.
pub(super) fn handler<'t, 'a: 't>(
    statements: impl IntoIterator<Item = &'t Statement<'a>>,
) -> Result<Option<String>, Refusal> {
    let mut functions: Vec<&str> = Vec::new();
    let mut named: HashSet<&str> = HashSet::new();
    for statement in statements {
        match statement {
            Statement::EmptyStatement(_) | Statement::ClassDeclaration(_) => {}
            Statement::FunctionDeclaration(function) => {
                if let Some(id) = &function.id {
                    functions.push(id.name.as_str());
                }
            }
            Statement::VariableDeclaration(variables) if !is_using(variables) => {
                for variable in &variables.declarations {
                    let (Some(name), Some(value)) = (simple_name(variable), &variable.init) else {
                        continue;
                    };
                    if is_function(value) {
                        functions.push(name);
                    } else if may_be_function(value) {
                        named.insert(name);
                    }
                }
            }
            _ => return Ok(None),
        }
    }
    let preferred = ["handler", "main"]
        .into_iter()
        .find(|name| functions.contains(name) || named.contains(name));
    if let Some(name) = preferred {
        return Ok(Some(name.to_owned()));
    }
    // One name can be declared twice, as by two `function f() {}`.
    let mut seen = HashSet::new();
    functions.retain(|name| seen.insert(*name));
    match functions.as_slice() {
        [] => Ok(None),
        [only] => Ok(Some((*only).to_owned())),
        several => Err(Refusal::whole(format!(
            "cannot choose the function to call among {}: name it `handler`",
            list(several.iter().copied())
        ))),
    }
}

/// Whether the statement declares a function of this name.
pub(super) fn declares_function(statement: &Statement<'_>, name: &str) -> bool {
    match statement {
        Statement::FunctionDeclaration(function) => {
            function.id.as_ref().is_some_and(|id| id.name == name)
        }
        Statement::VariableDeclaration(variables) => {
            variables.declarations.iter().any(|variable| {
                simple_name(variable) == Some(name)
                    && variable.init.as_ref().is_some_and(is_function)
            })
        }
        _ => false,
    }
}

/// Whether the statement is a `using` declaration.
pub(super) fn has_using(statement: &Statement<'_>) -> bool {
    matches!(statement, Statement::VariableDeclaration(variables) if is_using(variables))
}

/// The names that are declared with `let`, `const`, `using` or `class`.
pub(super) fn lexical_names(statements: &[Statement<'_>]) -> HashSet<String> {
    let mut names = HashSet::new();
    for statement in statements {
        match statement {
            Statement::ClassDeclaration(class) => names.extend(class.name().map(String::from)),
            Statement::VariableDeclaration(variables)
                if variables.kind != VariableDeclarationKind::Var =>
            {
                add_names(variables, &mut names);
            }
            _ => {}
        }
    }
    names
}

/// All names that are declared at the top.
pub(super) fn names(statements: &[Statement<'_>]) -> HashSet<String> {
    let mut names = lexical_names(statements);
    for statement in statements {
        match statement {
            Statement::FunctionDeclaration(function) => {
                names.extend(function.name().map(String::from));
            }
            Statement::VariableDeclaration(variables) => add_names(variables, &mut names),
            _ => {}
        }
    }
    names
}

/// The names that an exported declaration declares.
pub(super) fn declared_by(declaration: &Declaration<'_>) -> HashSet<String> {
    let mut names = HashSet::new();
    match declaration {
        Declaration::FunctionDeclaration(function) => {
            names.extend(function.name().map(String::from));
        }
        Declaration::ClassDeclaration(class) => names.extend(class.name().map(String::from)),
        Declaration::VariableDeclaration(variables) => add_names(variables, &mut names),
        _ => {}
    }
    names
}

fn add_names(variables: &VariableDeclaration<'_>, names: &mut HashSet<String>) {
    for variable in &variables.declarations {
        let identifiers = variable.id.get_binding_identifiers();
        names.extend(identifiers.iter().map(|id| id.name.to_string()));
    }
}

/// A `using` declaration does something at the end of the text: it is a statement of a body.
fn is_using(variables: &VariableDeclaration<'_>) -> bool {
    matches!(
        variables.kind,
        VariableDeclarationKind::Using | VariableDeclarationKind::AwaitUsing
    )
}

fn simple_name<'t>(variable: &'t VariableDeclarator<'_>) -> Option<&'t str> {
    match &variable.id {
        BindingPattern::BindingIdentifier(id) => Some(id.name.as_str()),
        _ => None,
    }
}

/// Whether a variable named `handler` can be meant as the handler, such as `wrap(f)`.
fn may_be_function(value: &Expression<'_>) -> bool {
    !matches!(
        value.without_parentheses(),
        Expression::BooleanLiteral(_)
            | Expression::NullLiteral(_)
            | Expression::NumericLiteral(_)
            | Expression::BigIntLiteral(_)
            | Expression::RegExpLiteral(_)
            | Expression::StringLiteral(_)
            | Expression::TemplateLiteral(_)
            | Expression::ArrayExpression(_)
            | Expression::ObjectExpression(_)
            | Expression::BinaryExpression(_)
            | Expression::UnaryExpression(_)
            | Expression::UpdateExpression(_)
            | Expression::ClassExpression(_)
    )
}
