//! Any text compiles, or is refused at a position in the text, within the timeout.

#![no_main]

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use faas_core::runtime::{QuickJs, QuickJsOptions, Runtime};
use libfuzzer_sys::fuzz_target;

const TIMEOUT: Duration = Duration::from_secs(5);

static QUICKJS: OnceLock<QuickJs> = OnceLock::new();

fuzz_target!(|text: &str| {
    let quickjs = QUICKJS.get_or_init(|| {
        QuickJs::new(QuickJsOptions {
            blank_isolates: 0,
            compile_timeout: TIMEOUT,
            ..QuickJsOptions::default()
        })
        .expect("a runtime")
    });
    let begun = Instant::now();
    let compiled = quickjs.compile(&text.into());
    assert!(begun.elapsed() < 2 * TIMEOUT, "took {:?}", begun.elapsed());
    if let Err(error) = compiled {
        assert!(!error.temporary, "{error:?}");
        let lines = text.replace("\r\n", "\n").split(['\n', '\r']).count();
        assert!(error.line.is_none_or(|line| (1..=lines).contains(&(line as usize))), "{error:?} in {lines} lines");
        assert!(error.column != Some(0), "{error:?}");
    }
});
