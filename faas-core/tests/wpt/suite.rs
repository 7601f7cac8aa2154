//! Finds the tests and reads what each of them needs.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folders with tests that make sense in a function. A line in the table for each.
pub(crate) const DIRECTORIES: &[&str] = &[
    "FileAPI",
    "WebCryptoAPI",
    "compression",
    "console",
    "dom/abort",
    "dom/events",
    "encoding",
    "fetch/api",
    "hr-time",
    "html/webappapis/atob",
    "html/webappapis/microtask-queuing",
    "html/webappapis/structured-clone",
    "html/webappapis/timers",
    "performance-timeline",
    "streams",
    "url",
    "urlpattern",
    "user-timing",
    "webidl",
    "webmessaging",
];

/// One file of tests, in one of its variants.
#[derive(Debug)]
pub(crate) struct Test {
    /// The path in the folder of tests, and the variant: `url/urlsearchparams-get.any.js?1-10`.
    pub(crate) name: String,
    /// The path in the folder of tests.
    pub(crate) path: String,
    /// The query of the variant; empty if there are no variants.
    pub(crate) variant: String,
    /// The scripts that it includes, then its own text.
    pub(crate) scripts: Vec<PathBuf>,
    /// Whether it says that it needs long.
    pub(crate) is_long: bool,
}

/// Returns the folder with the tests, and downloads them if necessary; `None` if they are to be
/// skipped.
pub(crate) fn folder() -> Result<Option<PathBuf>, String> {
    match std::env::var_os("WPT_TESTS") {
        Some(value) if value == "skip" => return Ok(None),
        Some(folder) => return Ok(Some(folder.into())),
        None => {}
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("wpt");
    if !folder.join("origin").exists() {
        eprintln!("downloading the web platform tests");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wpt/download");
        let status = Command::new(&script)
            .arg(&folder)
            .status()
            .map_err(|error| format!("cannot run {}: {error}", script.display()))?;
        if !status.success() {
            return Err(
                "the web platform tests were not downloaded: connect to a network, \
                 or skip them with WPT_TESTS=skip"
                    .to_owned(),
            );
        }
    }
    Ok(Some(folder))
}

/// Returns the name and version of what the tests come from.
pub(crate) fn origin(folder: &Path) -> Result<String, String> {
    Ok(read(&folder.join("origin"))?.trim().to_owned())
}

/// Reads a file of the suite.
pub(crate) fn read(path: &Path) -> Result<String, String> {
    fs::read(path)
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .map_err(|error| format!("cannot read {}: {error}", path.display()))
}

/// Returns all tests, in order.
pub(crate) fn tests(folder: &Path) -> Result<Vec<Test>, String> {
    let mut files = Vec::new();
    for directory in DIRECTORIES {
        let directory = folder.join(directory);
        if directory.exists() {
            collect(&directory, &mut files)?;
        }
    }
    files.sort();
    let mut tests = Vec::new();
    for file in files {
        add(folder, &file, &mut tests)?;
    }
    Ok(tests)
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) -> Result<(), String> {
    let entries = fs::read_dir(directory)
        .map_err(|error| format!("cannot read {}: {error}", directory.display()))?;
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path
            .file_name()
            .and_then(OsStr::to_str)
            .is_some_and(|name| name.ends_with(".any.js"))
        {
            files.push(path);
        }
    }
    Ok(())
}

fn add(folder: &Path, file: &Path, tests: &mut Vec<Test>) -> Result<(), String> {
    let path = file.strip_prefix(folder).unwrap_or(file);
    let path = path.to_string_lossy().into_owned();
    let mut scripts = vec![folder.join("resources/testharness.js")];
    let mut variants = Vec::new();
    let mut is_long = false;
    for line in read(file)?.lines() {
        let Some((key, value)) = line
            .strip_prefix("// META:")
            .and_then(|meta| meta.trim().split_once('='))
        else {
            continue;
        };
        match key {
            "script" => scripts.push(resolve(folder, file, value)),
            "variant" => variants.push(value.to_owned()),
            "timeout" => is_long |= value == "long",
            _ => {}
        }
    }
    scripts.push(file.to_owned());
    if variants.is_empty() {
        variants.push(String::new());
    }
    for variant in variants {
        tests.push(Test {
            name: format!("{path}{variant}"),
            path: path.clone(),
            variant,
            scripts: scripts.clone(),
            is_long,
        });
    }
    Ok(())
}

/// Returns the file at an address that is relative to `base`, or to the folder with all tests.
fn resolve(folder: &Path, base: &Path, address: &str) -> PathBuf {
    match address.strip_prefix('/') {
        // The server of the tests has another name for this file.
        Some("resources/WebIDLParser.js") => folder.join("resources/webidl2/lib/webidl2.js"),
        Some(absolute) => folder.join(absolute),
        None => base.with_file_name(address),
    }
}

/// Returns the files that a test of this text fetches, by their addresses in it.
pub(crate) fn fetched(folder: &Path, test: &Test, text: &str) -> BTreeMap<String, String> {
    let base = folder.join(&test.path);
    let mut found = BTreeMap::new();
    let mut keep = |address: &str| {
        if let Ok(content) = read(&resolve(folder, &base, address)) {
            found.insert(address.to_owned(), content);
        }
    };
    for call in text.split("fetch(").skip(1) {
        let quoted = call.split(['"', '\'']).nth(1);
        if let Some(address) = quoted.filter(|_| call.starts_with(['"', '\''])) {
            keep(address);
        }
    }
    // `idl_test(['streams'], ['dom'])` fetches the definitions with these names.
    for call in text.split("idl_test(").skip(1) {
        let names = call.split("=>").next().unwrap_or_default();
        for name in names.split(['"', '\'']).skip(1).step_by(2) {
            keep(&format!("/interfaces/{name}.idl"));
        }
    }
    found
}
