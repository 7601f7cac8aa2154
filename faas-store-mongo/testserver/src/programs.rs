//! The servers of our own, and what they need.
//!
//! What is fetched and built lies in a folder that several test binaries use at the same time: one
//! at a time makes it, under a lock.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where the sources of `program` are.
fn source(program: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(program)
}

/// Held while something is made in a folder; let go of when dropped, and when the process ends.
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    pub(crate) fn of(folder: &Path) -> Result<Self, String> {
        let path = folder.join("mongo-testserver.lock");
        let locked = fs::create_dir_all(folder)
            .and_then(|()| File::create(&path))
            .and_then(|file| file.lock().map(|()| file));
        match locked {
            Ok(file) => Ok(Self { _file: file }),
            Err(error) => Err(format!("cannot lock {}: {error}", path.display())),
        }
    }
}

/// The server on Java, its libraries in `scratch`; `None` without Java or Maven.
pub(crate) fn java(scratch: &Path, _lock: &Lock) -> Result<Option<Command>, String> {
    if !runs("java", "-version") || !runs("mvn", "--version") {
        return Ok(None);
    }
    let source = source("javaserver");
    let libraries = libraries(scratch, &source.join("pom.xml"))?;
    let mut java = Command::new("java");
    java.arg("-cp")
        .arg(libraries.join("*"))
        .arg(source.join("Server.java"));
    Ok(Some(java))
}

/// A folder with what `list` names, fetched unless it is there.
fn libraries(scratch: &Path, list: &Path) -> Result<PathBuf, String> {
    let wanted = read(list)?;
    let mut hasher = DefaultHasher::new();
    wanted.hash(&mut hasher);
    let folder = scratch.join(format!("javaserver-{:016x}", hasher.finish()));
    if folder.exists() {
        return Ok(folder);
    }
    // Whatever a run that was interrupted has left here is fetched over.
    let fetching = scratch.join("javaserver-fetching");
    let fail = |what: &str| format!("the libraries of the server on Java: {what}");
    fs::create_dir_all(&fetching).map_err(|error| fail(&error.to_string()))?;
    fs::write(fetching.join("pom.xml"), wanted).map_err(|error| fail(&error.to_string()))?;
    let fetched = Command::new("mvn")
        .args(["--quiet", "--batch-mode", "dependency:copy-dependencies"])
        .args(["-DoutputDirectory=.", "-DoverWriteReleases=true"])
        .current_dir(&fetching)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status();
    match fetched {
        Ok(status) if status.success() => {}
        Ok(status) => return Err(fail(&format!("mvn ended with {status}"))),
        Err(error) => return Err(fail(&error.to_string())),
    }
    // Last, so that a folder of this name is whole.
    fs::rename(&fetching, &folder).map_err(|error| fail(&error.to_string()))?;
    Ok(folder)
}

/// FerretDB, built in `scratch`; `None` without Go. Go builds only what has changed.
pub(crate) fn ferretdb(scratch: &Path, _lock: &Lock) -> Result<Option<Command>, String> {
    if !runs("go", "version") {
        return Ok(None);
    }
    let program = scratch.join("ferretdb-for-tests");
    let built = Command::new("go")
        .args(["build", "-trimpath", "-o"])
        .arg(&program)
        .arg(".")
        .current_dir(source("ferretdb"))
        .stdin(Stdio::null())
        .status();
    match built {
        Ok(status) if status.success() => Ok(Some(Command::new(program))),
        Ok(status) => Err(format!("FerretDB: go build ended with {status}")),
        Err(error) => Err(format!("FerretDB: {error}")),
    }
}

/// Whether there is such a program.
fn runs(program: &str, version: &str) -> bool {
    Command::new(program)
        .arg(version)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}
