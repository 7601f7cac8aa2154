//! Bundling a function with its packages, by the project's esbuild.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use crate::failure::{Attempt, Failure};

const ESBUILD: &str = if cfg!(windows) {
    "node_modules/.bin/esbuild.cmd"
} else {
    "node_modules/.bin/esbuild"
};

/// Bundles `main`, a path in `root`, and everything that it imports into one file.
///
/// # Errors
/// If there is no esbuild, or if it fails: its messages are in the failure.
pub(super) async fn bundle(
    root: &Path,
    main: &str,
    packages: &BTreeSet<String>,
) -> Result<String, Failure> {
    let Some(esbuild) = find(root) else {
        let packages = packages.iter().cloned().collect::<Vec<_>>().join(", ");
        return Err(Failure::new(format!(
            "{main} needs esbuild, because it imports from npm: {packages}"
        ))
        .hint(format!(
            "run npm install --save-dev esbuild in {}",
            root.display()
        )));
    };
    let output = Command::new(&esbuild)
        .current_dir(root)
        .arg(main)
        .args([
            "--bundle",
            "--format=esm",
            "--platform=node",
            "--main-fields=module,main",
            "--legal-comments=none",
            "--log-level=warning",
        ])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .attempt(format_args!("cannot run {}", esbuild.display()))?;
    if !output.status.success() {
        let messages = String::from_utf8_lossy(&output.stderr);
        return Err(Failure::new(format!(
            "esbuild cannot bundle {main}:\n{}",
            messages.trim()
        )));
    }
    String::from_utf8(output.stdout).attempt("the bundle of esbuild is not UTF-8")
}

/// The esbuild of the project: in its folder or in one above.
fn find(root: &Path) -> Option<PathBuf> {
    let paths = root.ancestors().map(|folder| folder.join(ESBUILD));
    paths.into_iter().find(|path| path.is_file())
}
