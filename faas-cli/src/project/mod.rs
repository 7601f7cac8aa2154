//! A function in the file system: its folder, its settings file and its code.
//!
//! `manifest` reads `faas.json` or `faas.toml`, `imports` finds what a file imports, `bundle` runs the
//! project's esbuild.

mod bundle;
mod imports;
pub(crate) mod manifest;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use faas_core::model::{Language, Modules, specifier};
use serde::Deserialize;

use self::manifest::Manifest;
use crate::failure::{Attempt, Failure};

/// The endings of TypeScript files.
const TYPESCRIPT: [&str; 4] = [".ts", ".tsx", ".mts", ".cts"];
/// The largest file that is read, in bytes: servers accept no larger function.
const MAX_FILE: u64 = 64 << 20;

/// A function in the file system.
#[derive(Debug)]
pub(crate) struct Project {
    /// The folder that all its files are in.
    pub(crate) root: PathBuf,
    /// The main file, with `/` between its parts.
    main: String,
    /// The name of the function, unless the command line has another one.
    pub(crate) name: String,
    pub(crate) manifest: Manifest,
    package: Package,
}

/// What matters of a `package.json`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Package {
    name: Option<String>,
    main: Option<String>,
    module: Option<String>,
    dependencies: BTreeMap<String, serde_json::Value>,
    #[serde(rename = "devDependencies")]
    dev_dependencies: BTreeMap<String, serde_json::Value>,
}

/// The code of a function, as it is uploaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Code {
    pub(crate) main: String,
    /// The texts of all files by their paths, the main one too.
    pub(crate) files: BTreeMap<String, String>,
    /// The files of the project that the code is made of. They differ from `files` if it is bundled.
    pub(crate) sources: BTreeSet<PathBuf>,
    pub(crate) is_bundled: bool,
    /// What it imports that is no file of the project and no package that is installed or listed.
    pub(crate) unknown: BTreeSet<String>,
}

impl Code {
    /// The language of the only file, if its name tells.
    pub(crate) fn language(&self) -> Option<Language> {
        let is_typescript = TYPESCRIPT.iter().any(|end| self.main.ends_with(end));
        is_typescript.then_some(Language::TypeScript)
    }

    /// The size of all files, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.files.values().map(String::len).sum()
    }
}

impl Project {
    /// The function in a folder, or in a file.
    ///
    /// # Errors
    /// If there is none, or if its settings file is wrong.
    pub(crate) fn find(path: &Path) -> Result<Self, Failure> {
        let metadata =
            fs::metadata(path).attempt(format_args!("cannot read {}", path.display()))?;
        let path = fs::canonicalize(path).attempt(path.display())?;
        if metadata.is_dir() {
            Self::in_folder(path)
        } else {
            Self::of_file(&path)
        }
    }

    fn in_folder(root: PathBuf) -> Result<Self, Failure> {
        let manifest = Manifest::read(&root)?.unwrap_or_default();
        let package = Package::read(&root)?;
        let named = [&manifest.main, &package.module, &package.main];
        let named = named.into_iter().find_map(|main| main.clone());
        let main = match named {
            Some(main) => main.trim_start_matches("./").to_owned(),
            None => main_of(&root)?,
        };
        if !root.join(&main).is_file() {
            let failure = Failure::new(format!("there is no file {main} in {}", root.display()));
            return Err(failure.hint("name the main file as \"main\" in faas.json"));
        }
        let named = [&manifest.name, &package.name];
        let named = named.into_iter().find_map(|name| name.clone());
        // The name of a package may have a scope: @acme/greet.
        let name = named.map(|name| name.rsplit('/').next().unwrap_or_default().to_owned());
        let name = name.unwrap_or_else(|| file_name(&root));
        Ok(Self {
            root,
            main,
            name,
            manifest,
            package,
        })
    }

    fn of_file(path: &Path) -> Result<Self, Failure> {
        let folder = path.parent().unwrap_or(path);
        // The file may import others of its project.
        let is_root = |folder: &&Path| folder.join("package.json").is_file();
        let root = folder.ancestors().find(is_root).unwrap_or(folder);
        let main = path.strip_prefix(root).attempt(path.display())?;
        let stem = path.file_stem().unwrap_or_default();
        Ok(Self {
            main: slashed(main)?,
            name: stem.to_string_lossy().into_owned(),
            manifest: Manifest::default(),
            package: Package::read(root)?,
            root: root.to_owned(),
        })
    }

    /// Reads the main file and what it imports. If it imports packages, all is bundled into one file.
    ///
    /// # Errors
    /// If a file cannot be read, or if the code cannot be bundled.
    pub(crate) async fn code(&self) -> Result<Code, Failure> {
        let mut files = BTreeMap::new();
        let mut packages = BTreeSet::new();
        let mut unknown = BTreeSet::new();
        let mut waiting = vec![self.main.clone()];
        while let Some(path) = waiting.pop() {
            if files.contains_key(&path) {
                continue;
            }
            let text = self.read(&path)?;
            for import in imports::of(&path, &text) {
                match specifier::path_of(&path, &import) {
                    Some(Some(wanted)) => {
                        let has = |path: &str| self.root.join(path).is_file();
                        // Of a file that does not exist, the server says where it is imported.
                        waiting.extend(specifier::find(&wanted, has));
                    }
                    Some(None) => {
                        let root = self.root.display();
                        return Err(Failure::new(format!(
                            "{path} imports {import:?}, which is outside of the project {root}"
                        ))
                        .hint("put a package.json into the folder that has all files"));
                    }
                    None if self.has_package(&import) => {
                        packages.insert(import);
                    }
                    None => {
                        unknown.insert(import);
                    }
                }
            }
            files.insert(path, text);
            if files.len() > Modules::MAX {
                let most = Modules::MAX;
                return Err(Failure::new(format!(
                    "the function has more than {most} files"
                )));
            }
        }
        let sources = files.keys().map(|path| self.root.join(path)).collect();
        let is_bundled = !packages.is_empty();
        let mut main = self.main.clone();
        if is_bundled {
            let bundle = bundle::bundle(&self.root, &main, &packages).await?;
            "index.js".clone_into(&mut main);
            files = BTreeMap::from([(main.clone(), bundle)]);
        }
        Ok(Code {
            main,
            files,
            sources,
            is_bundled,
            unknown,
        })
    }

    fn read(&self, path: &str) -> Result<String, Failure> {
        let failed = format!("cannot read {path}");
        let path = self.root.join(path);
        let size = fs::metadata(&path).attempt(&failed)?.len();
        if size > MAX_FILE {
            return Err(Failure::new(format!("{failed}: it has {size} bytes")));
        }
        fs::read_to_string(&path).attempt(&failed)
    }

    /// Whether a specifier names a package that the project lists or has installed.
    fn has_package(&self, specifier: &str) -> bool {
        let parts = if specifier.starts_with('@') { 2 } else { 1 };
        let name: Vec<_> = specifier.split('/').take(parts).collect();
        let name = name.join("/");
        if name.is_empty() || name.contains(':') {
            return false;
        }
        let package = &self.package;
        package.dependencies.contains_key(&name)
            || package.dev_dependencies.contains_key(&name)
            || self
                .root
                .ancestors()
                .any(|folder| folder.join("node_modules").join(&name).is_dir())
    }
}

impl Package {
    fn read(folder: &Path) -> Result<Self, Failure> {
        let path = folder.join("package.json");
        match fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text).attempt(path.display()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).attempt(path.display()),
        }
    }
}

/// The main file of a folder whose settings name none.
fn main_of(root: &Path) -> Result<String, Failure> {
    let failed = format!("cannot read {}", root.display());
    let mut sources = Vec::new();
    for entry in fs::read_dir(root).attempt(&failed)? {
        let name = entry.attempt(&failed)?.file_name();
        let name = name.to_string_lossy().into_owned();
        let is_source = [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs"]
            .iter()
            .any(|end| name.ends_with(end));
        let is_other = name.ends_with(".d.ts") || name.contains(".test.") || name.starts_with('.');
        if is_source && !is_other {
            sources.push(name);
        }
    }
    Modules::default_main(sources.iter().map(String::as_str))
        .map(str::to_owned)
        .ok_or_else(|| {
            Failure::new(format!("{} has no index.ts or index.js", root.display()))
                .hint("name the main file as \"main\" in faas.json; faas init creates a function")
        })
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// A relative path with `/` between its parts.
fn slashed(path: &Path) -> Result<String, Failure> {
    let parts = path.iter().map(|part| part.to_str());
    let parts: Option<Vec<_>> = parts.collect();
    let parts =
        parts.ok_or_else(|| Failure::new(format!("the path {} is not UTF-8", path.display())))?;
    Ok(parts.join("/"))
}
