//! Measures that the texts that reach oxc do not need more stack than there is.

use super::super::syntax_error::SyntaxError;
use super::*;

/// Ways to nest: what opens a level, what is inside all levels, what closes a level; in a body.
const EXPRESSIONS: [(&str, &str, &str); 46] = [
    ("(", "1", ")"),
    ("[", "1", "]"),
    ("({a:", "1", "})"),
    ("({[", "1", "]:1})"),
    ("!", "1", ""),
    ("- ", "1", ""),
    ("typeof ", "1", ""),
    ("void ", "1", ""),
    ("delete ", "1", ""),
    ("new ", "a", ""),
    ("new (", "a", ")"),
    ("await ", "1", ""),
    ("a=>", "1", ""),
    ("a=>{", "", "}"),
    ("async()=>", "1", ""),
    ("async a=>{", "", "}"),
    ("(a=", "1", ")=>1"),
    ("({a=", "1", "})=>1"),
    ("([a=", "1", "])=>1"),
    ("`${", "1", "}`"),
    ("a`${", "1", "}`"),
    ("a?b:", "1", ""),
    ("a?", "1", ":b"),
    ("a=", "1", ""),
    ("a??=", "1", ""),
    ("a**", "1", ""),
    ("a+", "1", ""),
    ("a,", "1", ""),
    ("a??", "1", ""),
    ("1+(", "1", ")"),
    ("a.b", ".c", ""),
    ("a?.[", "1", "]"),
    ("a[", "1", "]"),
    ("a(", "1", ")"),
    ("a(...", "a", ")"),
    ("[...", "a", "]"),
    ("({...", "a", "})"),
    ("(function(){", "", "})()"),
    ("function*a(){yield ", "1", "}"),
    ("class extends ", "Object", "{}"),
    ("(class{[", "1", "](){}})"),
    ("(class{static{", "", "}})"),
    ("(class{a=", "1", "})"),
    ("({get a(){return ", "1", "}})"),
    ("import(", "1", ")"),
    ("/a/.b(", "1", ")"),
];

const STATEMENTS: [(&str, &str, &str); 18] = [
    ("{", "", "}"),
    ("if(1)", ";", ""),
    ("if(1);else ", ";", ""),
    ("if(1){", "", "}"),
    ("for(;;)", ";", ""),
    ("for(a of b)", ";", ""),
    ("while(1)", ";", ""),
    ("do ", ";", ";while(1)"),
    ("try{", "", "}catch{}"),
    ("try{}finally{", "", "}"),
    ("switch(1){case 1:", "", "}"),
    ("with(a)", ";", ""),
    ("function f(){", "", "}"),
    ("async function f(){", "", "}"),
    ("class A{static{", "", "}}"),
    ("var {a:", "b", "}=1;"),
    ("var a=", "1", ""),
    ("({a:[", "1", "]});"),
];

/// Ways to nest in turn.
const MIXED: [&[(&str, &str, &str)]; 5] = [
    &[("(", "1", ")"), ("[", "1", "]"), ("({a:", "1", "})")],
    &[("!", "1", ""), ("(", "1", ")"), ("a=>", "1", "")],
    &[("`${", "1", "}`"), ("async()=>", "1", ""), ("a**", "1", "")],
    &[("new ", "a", ""), ("class extends ", "a", "{}")],
    &[("a?b:", "1", ""), ("a=", "1", ""), ("- ", "1", "")],
];

/// The bytes of the calling thread's stack that were ever touched.
fn touched() -> usize {
    let local = 0_u8;
    let address = (&raw const local).addr();
    let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
    let mut inside = false;
    for line in maps.lines() {
        let range = line
            .split(' ')
            .next()
            .and_then(|range| range.split_once('-'));
        if let Some((start, end)) = range
            && let Ok(start) = usize::from_str_radix(start, 16)
            && let Ok(end) = usize::from_str_radix(end, 16)
        {
            inside = (start..end).contains(&address);
        } else if inside && let Some(size) = line.strip_prefix("Rss:") {
            return size
                .trim()
                .trim_end_matches(" kB")
                .parse::<usize>()
                .unwrap()
                << 10;
        }
    }
    panic!("a stack without a mapping")
}

/// Compiles on a thread of its own; returns whether it nests too deeply, and the stack used.
fn compile_on_a_fresh_stack(text: String) -> (bool, usize) {
    std::thread::Builder::new()
        .stack_size(COMPILE_STACK)
        .spawn(move || {
            let result = compile_here(&text.into(), &PresetNames::default());
            let too_deep = result.is_err_and(|error| error.message.contains("too deeply"));
            (too_deep, touched())
        })
        .unwrap()
        .join()
        .unwrap()
}

fn nest(before: &str, levels: &[(&str, &str, &str)], depth: usize) -> String {
    let mut text = String::from(before);
    let pick = |level: usize| levels[level % levels.len()];
    for level in 0..depth {
        text.push_str(pick(level).0);
    }
    text.push_str(pick(depth - 1).1);
    for level in (0..depth).rev() {
        text.push_str(pick(level).2);
    }
    text.push_str("\nreturn 1");
    text
}

/// The greatest depth that QuickJS accepts, and the most stack that any accepted depth takes.
fn deepest(before: &str, levels: &[(&str, &str, &str)]) -> (usize, usize) {
    let (mut fits, mut too_deep) = (1, 1 << 17);
    let mut most = 0;
    let (over, used) = compile_on_a_fresh_stack(nest(before, levels, too_deep));
    if !over {
        return (too_deep, used);
    }
    while too_deep - fits > fits / 16 + 1 {
        let middle = if too_deep > 4 * fits {
            2 * fits
        } else {
            fits.midpoint(too_deep)
        };
        let (over, used) = compile_on_a_fresh_stack(nest(before, levels, middle));
        most = most.max(used);
        if over {
            too_deep = middle
        } else {
            fits = middle
        }
    }
    (fits, most)
}

#[test]
fn a_text_that_quickjs_accepts_needs_at_most_a_quarter_of_the_stack() {
    let check = |before, levels: &[_]| {
        let (depth, used) = deepest(before, levels);
        println!("{depth:>8} levels {:>8} KiB  {levels:?}", used >> 10);
        assert!(
            used < COMPILE_STACK / 4,
            "{levels:?}: {used} bytes at {depth} levels"
        );
    };
    for nest in EXPRESSIONS {
        check("x = ", &[nest]);
    }
    for nest in STATEMENTS {
        check("", &[nest]);
    }
    for nests in MIXED {
        check("x = ", nests);
    }
}

/// Ways to nest in TypeScript, in JSX, and in JavaScript that QuickJS rejects; some with a closing
/// bracket in a string, which hides the nesting from whoever counts brackets.
const DIALECTS: [&str; 48] = [
    "<a>",
    "<a b={",
    "<a>{",
    "a as ",
    "keyof ",
    "(a:",
    "a<(",
    "a<b,(",
    "<a>(",
    "(a?:",
    "type A=",
    "x:(a:",
    "():",
    "async<a>(",
    "a?(b):",
    "infer ",
    "A extends ",
    "T extends U?",
    "readonly ",
    "namespace a{",
    "declare ",
    "enum A{a=",
    "@a(",
    "new <",
    "[K in ",
    "(...a:",
    "type A=(a:",
    "type A=new()=>",
    "let a:",
    "let a:()=>",
    "!",
    "- ",
    "typeof ",
    "new ",
    "await ",
    "a=>",
    "async a=>",
    "a?b:",
    "a=",
    "a**",
    "if(1)",
    "if(1);else ",
    "do ",
    "label:",
    "\")\"+(",
    "[\"]\",",
    "a?(\")\"+",
    "function f(){\"}\"",
];

#[test]
fn a_text_that_oxc_reads_first_fits_the_stack_that_its_tokens_are_given() {
    for open in DIALECTS {
        for before in ["", "type A = "] {
            let nested = |depth| format!("{before}{}", open.repeat(depth));
            let depth = (1..14).map(|power| 1 << power);
            let Some(text) = depth
                .map(nested)
                .take_while(|text| dialect::is_small(text))
                .last()
            else {
                continue;
            };
            let (bytes, tokens) = (text.len(), dialect::nesting_tokens(&text));
            let given = COMPILE_STACK + tokens * dialect::LEVEL_STACK;
            let used = std::thread::Builder::new()
                .stack_size(given)
                .spawn(move || {
                    let before = touched();
                    let (message, place) = ("an error".to_owned(), None);
                    let _ = dialect::transform(&text, SyntaxError { message, place });
                    touched() - before
                })
                .unwrap()
                .join()
                .unwrap();
            println!(
                "{bytes:>8} bytes {tokens:>8} tokens {:>8} KiB  {before}{open}",
                used >> 10
            );
            assert!(
                used < (64 << 10) + tokens * dialect::LEVEL_STACK,
                "{before}{open}: {used} bytes for {tokens} tokens"
            );
        }
    }
}

/// Ways to nest in TypeScript that is valid, so that it is transformed and printed too.
const VALID: [(&str, &str, &str); 14] = [
    ("(", "1 as number", ")"),
    ("[", "1 as number", "]"),
    ("{a:", "1 as number", "}"),
    ("a + ", "1 as number", ""),
    ("a?.b(", "1 as number", ")"),
    ("!", "(1 as number)", ""),
    ("(a: number) => ", "1", ""),
    ("a ? b : ", "1 as number", ""),
    ("a = ", "1 as number", ""),
    ("a ** ", "(1 as number)", ""),
    ("`${", "1 as number", "}`"),
    ("<b c={", "1 as number", "}/>"),
    ("class {[", "1 as number", "]() {}}"),
    ("function () { return ", "1 as number", "}"),
];

#[test]
fn typescript_that_is_transformed_fits_the_stack_that_its_tokens_are_given() {
    for level in VALID {
        for depth in [100, 200] {
            let text = nest("x = ", &[level], depth);
            let tokens = dialect::nesting_tokens(&text);
            let given = COMPILE_STACK + tokens * dialect::LEVEL_STACK;
            let used = std::thread::Builder::new()
                .stack_size(given)
                .spawn(move || {
                    let before = touched();
                    let stripped = super::typescript::strip(&text, &super::typescript::ANY);
                    assert!(stripped.is_ok(), "{stripped:?}");
                    touched() - before
                })
                .unwrap()
                .join()
                .unwrap();
            println!(
                "{depth} levels {tokens} tokens {:>6} KiB {level:?}",
                used >> 10
            );
            assert!(
                used < (128 << 10) + tokens * dialect::LEVEL_STACK,
                "{level:?}: {used} bytes for {tokens} tokens"
            );
        }
    }
}
