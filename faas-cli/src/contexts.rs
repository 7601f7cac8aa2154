//! Named servers with their keys: a file that only the user can read.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::failure::{Attempt, Failure};
use crate::host::Environment;

/// The file, below the user's folder for settings.
const FILE: &str = "faas/contexts.json";

/// A named server.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Context {
    pub(crate) url: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<String>,
}

/// The file's contents.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    current: Option<String>,
    #[serde(default)]
    contexts: BTreeMap<String, Context>,
}

/// All named servers.
pub(crate) struct Contexts {
    path: PathBuf,
    stored: Stored,
}

impl Contexts {
    /// Reads the file. Without one there are no contexts.
    pub(crate) fn read(environment: &Environment) -> Result<Self, Failure> {
        let path = match &environment.config_folder {
            Some(folder) => folder.join(FILE),
            None => {
                return Ok(Self {
                    path: PathBuf::new(),
                    stored: Stored::default(),
                });
            }
        };
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let stored = Stored::default();
                return Ok(Self { path, stored });
            }
            Err(error) => {
                return Err(Failure::new(format!(
                    "cannot read {}: {error}",
                    path.display()
                )));
            }
        };
        expect_private(&path)?;
        let stored = serde_json::from_str(&text);
        let stored = stored.attempt(format_args!("cannot read {}", path.display()))?;
        Ok(Self { path, stored })
    }

    /// The context with this name, or the one in use.
    pub(crate) fn find(&self, name: Option<&str>) -> Result<Option<&Context>, Failure> {
        let Some(name) = name.or(self.stored.current.as_deref()) else {
            return Ok(None);
        };
        match self.stored.contexts.get(name) {
            Some(context) => Ok(Some(context)),
            None => Err(no_context(name)),
        }
    }

    /// Each context with its name, and whether it is in use.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &Context, bool)> {
        let current = self.stored.current.as_deref();
        let contexts = self.stored.contexts.iter();
        contexts.map(move |(name, context)| (&**name, context, current == Some(name)))
    }

    /// Adds or replaces one. The first one is in use.
    pub(crate) fn add(&mut self, name: String, context: Context) {
        if self.stored.contexts.is_empty() {
            self.stored.current = Some(name.clone());
        }
        self.stored.contexts.insert(name, context);
    }

    pub(crate) fn make_current(&mut self, name: String) -> Result<(), Failure> {
        if !self.stored.contexts.contains_key(&name) {
            return Err(no_context(&name));
        }
        self.stored.current = Some(name);
        Ok(())
    }

    pub(crate) fn remove(&mut self, name: &str) -> Result<(), Failure> {
        if self.stored.contexts.remove(name).is_none() {
            return Err(no_context(name));
        }
        if self.stored.current.as_deref() == Some(name) {
            self.stored.current = None;
        }
        Ok(())
    }

    /// Replaces the file.
    pub(crate) fn write(&self) -> Result<(), Failure> {
        let folder = self.path.parent();
        let Some(folder) = folder.filter(|folder| !folder.as_os_str().is_empty()) else {
            return Err(Failure::new(
                "there is no folder for settings: set HOME or XDG_CONFIG_HOME",
            ));
        };
        let failed = format!("cannot write {}", self.path.display());
        fs::create_dir_all(folder).attempt(&failed)?;
        let text = serde_json::to_string_pretty(&self.stored).attempt(&failed)?;
        let new = self.path.with_extension("json.new");
        create_private(&new)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .and_then(|()| fs::rename(&new, &self.path))
            .attempt(&failed)
    }
}

fn no_context(name: &str) -> Failure {
    Failure::new(format!("there is no context {name:?}"))
        .hint("faas context list shows them; faas context add creates one")
}

/// Creates a file that only the user can read.
pub(crate) fn create_private(path: &Path) -> io::Result<fs::File> {
    // An old file would keep its mode.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Refuses a file with keys that other users can read.
#[cfg(unix)]
fn expect_private(path: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt as _;

    let metadata = fs::metadata(path).attempt(format_args!("cannot read {}", path.display()))?;
    if metadata.permissions().mode() & 0o077 == 0 {
        return Ok(());
    }
    let path = path.display();
    Err(
        Failure::new(format!("other users can read {path}, which has keys"))
            .hint(format!("run chmod 600 {path}, and replace the keys")),
    )
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "it can fail elsewhere")]
const fn expect_private(_path: &Path) -> Result<(), Failure> {
    Ok(())
}
