//! Puts the built dashboard into the binary: a list of the files under `web/dist/app`, each with its
//! bytes. Where it was not built the list is empty, so that the server builds without Node.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let crate_folder = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let built = crate_folder.join("../../web/dist");
    println!("cargo::rerun-if-changed=build.rs");
    if built.exists() {
        println!("cargo::rerun-if-changed={}", built.display());
    }
    let mut files = Vec::new();
    collect(&built.join("app"), "", &mut files)?;
    files.sort();
    let mut list = String::from("&[\n");
    for (path, file) in &files {
        let file = file.canonicalize()?;
        writeln!(list, "    ({path:?}, include_bytes!({file:?})),").map_err(io::Error::other)?;
    }
    list.push(']');
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(out.join("dashboard_files.rs"), list)
}

/// Adds the files below `folder`, named by their paths from the root of the site.
fn collect(folder: &Path, prefix: &str, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Ok(());
    };
    for entry in entries {
        let entry = entry?;
        let path = format!("{prefix}/{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &path, files)?;
        } else {
            files.push((path, entry.path()));
        }
    }
    Ok(())
}
