//! Measures that what passes the gate does not need more stack than there is.

use super::*;

/// Ways to nest: what opens a level, what is inside all, what closes a level; in a body.
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

/// Bytes of the calling thread's stack that were ever touched.
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
            let result = compile_here(&text);
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

/// The most stack that any depth takes which passes the gate.
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
fn what_passes_the_gate_needs_a_quarter_of_the_stack_at_most() {
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
