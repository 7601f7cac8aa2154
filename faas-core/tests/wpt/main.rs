//! Runs web platform tests in isolates and compares the results with `expectations.txt`.
//!
//! The tests are downloaded when they are first needed. CONTRIBUTING.md says how to use this runner.
//! Modules: `suite` finds and reads tests, `run` runs one, `expectations` has the list of those
//! that fail, and `report` compares and prints.
#![expect(clippy::print_stderr, reason = "the runner is a program")]

#[cfg(target_os = "linux")]
mod expectations;
#[cfg(target_os = "linux")]
mod report;
#[cfg(target_os = "linux")]
mod run;
#[cfg(target_os = "linux")]
mod suite;

use std::process::ExitCode;

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    eprintln!("the web platform tests were skipped: they run in child processes, which need Linux");
    ExitCode::SUCCESS
}

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    faas_core::runtime::worker::run_if_asked();
    match start() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Returns whether all is as expected.
#[cfg(target_os = "linux")]
fn start() -> Result<bool, String> {
    let mut update = false;
    let mut prefixes = Vec::new();
    for argument in std::env::args().skip(1) {
        match &*argument {
            "--update" => update = true,
            // Nothing here has a name for the standard harness.
            "--list" => return Ok(true),
            // The other options are those of the standard harness, which `cargo test` passes to all.
            _ if argument.starts_with('-') => {}
            _ => prefixes.push(argument),
        }
    }
    let Some(folder) = suite::folder()? else {
        eprintln!("the web platform tests were skipped: WPT_TESTS=skip");
        return Ok(true);
    };
    let mut expected = expectations::Expectations::read()?;
    let origin = suite::origin(&folder)?;
    if expected.origin != origin && !update {
        return Err(format!(
            "the expectations are for {}, but the tests are from {origin}: \
             run the web platform tests with --update and review the changes",
            expected.origin
        ));
    }
    let tests: Vec<_> = suite::tests(&folder)?
        .into_iter()
        .filter(|test| {
            prefixes.is_empty() || prefixes.iter().any(|prefix| test.name.starts_with(prefix))
        })
        .collect();
    if tests.is_empty() {
        eprintln!("no web platform test begins with {}", prefixes.join(" or "));
        return Ok(true);
    }
    let results = run::all(&folder, &tests, &expected)?;
    report::table(&results);
    if !prefixes.is_empty() {
        report::failures(&results);
    }
    if update {
        expected.origin = origin;
        expected.update(&results, prefixes.is_empty());
        expected.write()?;
        return Ok(true);
    }
    Ok(report::differences(
        &results,
        &expected,
        prefixes.is_empty(),
    ))
}
