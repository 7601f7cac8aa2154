//! The files of an archive.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};

use bytes::Bytes;
use faas_core::model::Modules;
use flate2::read::MultiGzDecoder;

use super::text;
use crate::error::ApiError;
use crate::extract::shorten;

/// How files are archived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Archive {
    Zip,
    Tar,
    TarGz,
}

impl Archive {
    /// The kind of an archive with this file name.
    pub(super) fn named(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        if name.ends_with(".zip") {
            Some(Self::Zip)
        } else if name.ends_with(".tar.gz") || name.ends_with(".tgz") {
            Some(Self::TarGz)
        } else if name.ends_with(".tar") {
            Some(Self::Tar)
        } else {
            None
        }
    }
}

/// Reads the files of an archive, which have at most `limit` bytes together. A folder that has all
/// files is left out of their paths, and what systems add for themselves is no file.
pub(super) async fn read(
    kind: Archive,
    bytes: Bytes,
    limit: usize,
) -> Result<BTreeMap<String, String>, ApiError> {
    let read = tokio::task::spawn_blocking(move || {
        let mut files = Files::new(limit);
        match kind {
            Archive::Zip => files.add_zip(&bytes)?,
            Archive::Tar => files.add_tar(&*bytes)?,
            Archive::TarGz => files.add_tar(MultiGzDecoder::new(&*bytes))?,
        }
        files.finish()
    });
    match read.await {
        Ok(files) => files,
        Err(panic) => Err(ApiError::internal(format!("reading an archive: {panic}"))),
    }
}

struct Files {
    limit: usize,
    left: usize,
    all: BTreeMap<String, String>,
}

impl Files {
    const fn new(limit: usize) -> Self {
        Self {
            limit,
            left: limit,
            all: BTreeMap::new(),
        }
    }

    fn add_zip(&mut self, bytes: &[u8]) -> Result<(), ApiError> {
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
        for index in 0..archive.len() {
            let mut file = archive.by_index(index).map_err(damaged)?;
            let path = file.name().map_err(damaged)?.into_owned();
            if file.is_symlink() {
                return Err(link(&path));
            }
            if file.is_file() {
                self.add(&path, &mut file)?;
            }
        }
        Ok(())
    }

    fn add_tar(&mut self, bytes: impl Read) -> Result<(), ApiError> {
        let mut archive = tar::Archive::new(Bounded {
            bytes,
            // Each file has a header and is padded.
            left: self.limit.saturating_add(Modules::MAX * 2048),
        });
        for entry in archive.entries().map_err(damaged)? {
            let mut entry = entry.map_err(damaged)?;
            let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let kind = entry.header().entry_type();
            if kind.is_symlink() || kind.is_hard_link() {
                return Err(link(&path));
            }
            if kind.is_file() || kind.is_contiguous() {
                self.add(&path, &mut entry)?;
            }
        }
        Ok(())
    }

    fn add(&mut self, path: &str, file: &mut dyn Read) -> Result<(), ApiError> {
        let path = path.trim_start_matches("./");
        if is_of_the_system(path) {
            return Ok(());
        }
        if self.all.len() >= Modules::MAX {
            return Err(ApiError::invalid(format!(
                "the archive has more than {} files",
                Modules::MAX
            )));
        }
        let mut bytes = Vec::new();
        let most = u64::try_from(self.left).unwrap_or(u64::MAX);
        let read = file.take(most.saturating_add(1)).read_to_end(&mut bytes);
        read.map_err(damaged)?;
        self.left =
            (self.left.checked_sub(bytes.len())).ok_or_else(|| ApiError::too_large(self.limit))?;
        let text = text(&format!("the file {}", shorten(path)), bytes)?;
        if self.all.insert(path.to_owned(), text).is_some() {
            return Err(ApiError::invalid(format!(
                "the archive has the file {} twice",
                shorten(path)
            )));
        }
        Ok(())
    }

    fn finish(self) -> Result<BTreeMap<String, String>, ApiError> {
        let top = |path: &String| path.split_once('/').map(|(top, _)| top.to_owned());
        let first = self.all.keys().next();
        let Some(first) = first else {
            return Err(ApiError::invalid("the archive has no files"));
        };
        match top(first) {
            Some(folder)
                if self
                    .all
                    .keys()
                    .all(|path| top(path).as_ref() == Some(&folder)) =>
            {
                let within = |path: String| path.get(folder.len() + 1..).map(str::to_owned);
                let files = self.all.into_iter();
                Ok(files
                    .filter_map(|(path, text)| Some((within(path)?, text)))
                    .collect())
            }
            _ => Ok(self.all),
        }
    }
}

/// Ends with an error after as many bytes as may be read.
struct Bounded<R> {
    bytes: R,
    left: usize,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.read(buffer)?;
        self.left = (self.left.checked_sub(read))
            .ok_or_else(|| io::Error::other("its files are too large"))?;
        Ok(read)
    }
}

/// Whether systems and tools keep this for themselves.
fn is_of_the_system(path: &str) -> bool {
    path.starts_with("__MACOSX/")
        || path
            .split('/')
            .any(|part| part == ".git" || part == ".DS_Store" || part.starts_with("._"))
}

fn link(path: &str) -> ApiError {
    let path = shorten(path);
    ApiError::invalid(format!(
        "the archive has a link, {path}: archive the file itself"
    ))
}

fn damaged(error: impl std::fmt::Display) -> ApiError {
    ApiError::invalid(format!("the archive cannot be read: {error}"))
}

/// The main file that `package.json` names, if there is such a file.
pub(super) fn main_of_package(files: &BTreeMap<String, String>) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Package {
        main: Option<String>,
        module: Option<String>,
    }
    let package: Package = serde_json::from_str(files.get("package.json")?).ok()?;
    let named = [package.module, package.main].into_iter().flatten();
    let mut paths = named.map(|path| path.trim_start_matches("./").to_owned());
    paths.find(|path| files.contains_key(path))
}
