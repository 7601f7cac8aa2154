//! The names of tools. A function's name that is a valid one is the name of its tool. Otherwise the
//! id of the function follows what is left of its name, so that the tool can be found by its name.

use faas_core::model::FunctionId;

/// The tool that runs code.
pub(super) const RUN_CODE: &str = "run_code";

/// The longest name of a tool, in characters.
const MAX: usize = 128;
/// How much of a function's name is left before its id.
const LEFT: usize = 80;
/// Stands before the id.
const BEFORE_ID: &str = "--";

/// The name of a function's tool.
pub(super) fn of(name: &str, id: FunctionId) -> String {
    let is_valid = !name.is_empty() && name.len() <= MAX && name.chars().all(is_allowed);
    if is_valid && name != RUN_CODE && by_id(name).is_none() {
        return name.to_owned();
    }
    let left: String = (name.chars().take(LEFT))
        .map(|c| if is_allowed(c) { c } else { '_' })
        .collect();
    format!("{left}{BEFORE_ID}{:032x}", id.as_u128())
}

/// The function whose id the name of a tool has.
pub(super) fn by_id(tool: &str) -> Option<FunctionId> {
    let (_, digits) = tool.rsplit_once(BEFORE_ID)?;
    let is_id = digits.len() == 32 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let bits = u128::from_str_radix(digits, 16).ok().filter(|_| is_id)?;
    Some(FunctionId::from_u128(bits))
}

const fn is_allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_function_has_a_valid_name_by_which_it_is_found() {
        let id = FunctionId::from_u128(0x1234);
        for name in ["greet", "a.b-c_D9", &"x".repeat(MAX)] {
            assert_eq!(of(name, id), name);
        }
        let like_one_with_an_id = of("grüße", FunctionId::from_u128(5));
        for name in [
            "grüße",
            "two words",
            RUN_CODE,
            "",
            "/",
            &"x".repeat(MAX + 1),
            &like_one_with_an_id,
        ] {
            let tool = of(name, id);
            assert!(tool.len() <= MAX && tool.chars().all(is_allowed), "{tool}");
            assert_eq!(by_id(&tool), Some(id), "{name}");
        }
        for other in ["greet", "a--b", "a--+0000000000000000000000000000001"] {
            assert_eq!(by_id(other), None, "{other}");
        }
    }
}
