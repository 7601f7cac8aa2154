//! Code that nests too deeply is refused with a message that says so, whatever nests.

use super::*;

/// What nests: the text before all levels, what opens a level, what is inside all levels, what
/// closes a level, and the text after all levels.
const KINDS: [(&str, &str, &str, &str, &str); 30] = [
    ("return ", "[", "1", "]", ""),
    ("return ", "{a:", "1", "}", ""),
    ("return ", "(", "1", ")", ""),
    ("return ", "{[", "1", "]:1}", ""),
    ("return ", "(function(){return ", "1", "})", ""),
    ("", "function f(){", "", "}", ""),
    ("return ", "{a(){return ", "1", "}}", ""),
    ("return ", "a=>", "1", "", ""),
    ("return ", "a=>{return ", "1", "}", ""),
    ("return ", "async()=>", "1", "", ""),
    ("return ", "(a=", "1", ")=>1", ""),
    ("return ", "({a=", "1", "})=>1", ""),
    ("let ", "[", "a", "]", "=input; return 1"),
    ("let ", "{a:", "a", "}", "=input; return 1"),
    ("", "[", "a", "]", "=input; return 1"),
    ("return ", "`${", "1", "}`", ""),
    ("return ", "a?b:", "1", "", ""),
    ("return ", "a?", "1", ":b", ""),
    ("", "{", "", "}", ""),
    ("", "if(a)", ";", "", ""),
    ("", "if(a);else ", ";", "", ""),
    ("", "for(;;)", ";", "", ""),
    ("", "for(a of b)", ";", "", ""),
    ("", "try{", "", "}catch{}", ""),
    ("", "switch(a){case 1:", "", "}", ""),
    ("return ", "(class{a=", "1", "})", ""),
    ("", "class A{static{", "", "}}", ""),
    ("return ", "a(", "1", ")", ""),
    ("export default ", "{a:", "1", "}", ""),
    ("return ", "!", "1", "", ""),
];

fn compile(text: String) -> Result<Form, CompileError> {
    let compile =
        move || compile_here(&text.into(), &PresetNames::default()).map(|compiled| compiled.form);
    let thread = std::thread::Builder::new().stack_size(COMPILE_STACK);
    thread.spawn(compile).unwrap().join().unwrap()
}

fn nest(kind: (&str, &str, &str, &str, &str), depth: usize) -> String {
    let (before, open, inside, close, after) = kind;
    let (open, close) = (open.repeat(depth), close.repeat(depth));
    format!("{before}{open}{inside}{close}{after}")
}

#[test]
fn code_that_is_nested_too_deeply_is_refused_with_that_reason_and_its_place() {
    for kind in KINDS {
        // Around the limits of the stack and of the lookahead, and far beyond them.
        for depth in [2_000, 5_000, 50_000] {
            let Err(error) = compile(nest(kind, depth)) else {
                assert!(depth < 50_000, "{kind:?} is accepted at {depth} levels");
                continue;
            };
            let message = &error.message;
            assert!(message.contains("nested too deeply"), "{kind:?}: {message}");
            assert_eq!(error.line, Some(1), "{kind:?}: {message}");
            assert!(error.column > Some(1), "{kind:?}: {message}");
        }
    }
}

#[test]
fn nesting_far_behind_the_beginning_is_refused_without_a_place() {
    let text = format!("{}\nreturn {}", " ".repeat(100_000), "[".repeat(50_000));
    let error = compile(text).unwrap_err();
    assert_eq!(error.message, "syntax error: the code is nested too deeply");
}

#[test]
fn an_error_in_code_of_usual_nesting_says_nothing_about_nesting() {
    let error = compile(format!("return {}1", "[".repeat(200))).unwrap_err();
    assert!(!error.message.contains("nested"), "{error}");
    let error = compile("let [a] = input; return {{}}".to_owned()).unwrap_err();
    assert!(!error.message.contains("nested"), "{error}");
}
