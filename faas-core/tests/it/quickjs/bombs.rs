//! Texts that are made to overflow a parser's stack: each is refused or compiles.

use super::rig::Rig;

/// A megabyte of one construct after another, closed or not.
const MEGABYTE: usize = 1 << 20;

#[test]
fn a_megabyte_of_nesting_is_refused_or_compiles_and_never_crashes() {
    let rig = Rig::new();
    for open in [
        "(",
        "[",
        "{",
        "{a:",
        "({a:",
        "!",
        "-",
        "+",
        "~",
        "typeof ",
        "void ",
        "delete ",
        "new ",
        "await ",
        "yield ",
        "async ",
        "a=>",
        "a=>{",
        "async()=>",
        "async a=>",
        "`${",
        "a`${",
        "a?b:",
        "a?",
        "a=",
        "a+=",
        "a.x",
        "a?.x",
        "a?.[",
        "a[",
        "a(",
        "a+",
        "a**",
        "a??",
        "a&&",
        "a,",
        "a;",
        "...",
        "[...",
        "f(...",
        "({...",
        "({a=",
        "([a=",
        "(a=",
        "var {a:",
        "let [",
        "if(1)",
        "if(1){",
        "if(1);else ",
        "else if(1)",
        "for(;;)",
        "for(a of b)",
        "for(;;){",
        "while(1)",
        "do ",
        "try{",
        "switch(1){case 1:",
        "with(a)",
        "function(){",
        "function f(){",
        "(function(){",
        "function*f(){yield ",
        "class{",
        "class A{a(){",
        "(class{a=",
        "class extends ",
        "class A{static{",
        "label:",
        "a:b:",
        "import(",
        "import.meta",
        "export default ",
        "<a>",
        "<a b={",
        "/(",
        "/a/",
        "/*",
        "//",
        "\"",
        "\\",
        "}",
        ")",
        "]",
        "return ",
        "throw ",
        "debugger;",
        "#a in ",
        "@a ",
        "([{a:",
        "(`${[",
        "!(a=>",
        "{[`${(",
        "/((((/.b(",
        "var a;",
        "let a=1,",
        "a=>b=>({c:[",
        "\u{feff}",
        "\u{2028}",
        "é",
        "\0",
        "<!--",
        "-->",
    ] {
        let text = open.repeat(MEGABYTE / open.len());
        for before in ["", "return "] {
            // Whatever it says is right, as long as it says it.
            let _ = rig.quickjs_compile(&format!("{before}{text}"));
        }
    }
    assert_eq!(rig.value("return 1", "{}"), 1);
}

#[test]
fn what_nests_too_deeply_is_told_so() {
    let rig = Rig::new();
    for (open, inside, close) in [
        ("(", "1", ")"),
        ("[", "1", "]"),
        ("!", "1", ""),
        ("a=>", "1", ""),
    ] {
        let depth = 50_000;
        let text = format!(
            "return {}{inside}{}",
            open.repeat(depth),
            close.repeat(depth)
        );
        let message = rig.error(&text).message;
        assert!(message.contains("nested too deeply"), "{open}: {message}");
    }
}

#[test]
fn what_people_write_nests_little_enough() {
    let rig = Rig::new();
    let nested = |open: &str, inside: &str, close: &str, depth| {
        format!(
            "return {}{inside}{}",
            open.repeat(depth),
            close.repeat(depth)
        )
    };
    assert_eq!(rig.value(&nested("(", "1", ")", 200), "{}"), 1);
    assert!(rig.run(&nested("[", "1", "]", 200), "{}").result.is_ok());
    assert!(rig.run(&nested("{a:", "1", "}", 200), "{}").result.is_ok());
    let chain = "if (input === 1) return 1; else ".repeat(500) + "return 0";
    assert_eq!(rig.value(&chain, "{}"), 0);
    let sum = format!("return {}1", "1 + ".repeat(10_000));
    assert_eq!(rig.value(&sum, "{}"), 10_001);
}

#[test]
fn a_large_upload_compiles_and_runs() {
    let rig = Rig::new();
    let lines: String = (0..5000)
        .map(|n| format!("function f{n}(x) {{ return x + {n} }}\n"))
        .collect();
    let source = format!("{lines}return f4999(input)");
    assert_eq!(rig.value(&source, "1"), 5000);
}
