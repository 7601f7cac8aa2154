//! What a server and its child processes hold: memory, processes, descriptors, threads.

use std::collections::HashMap;
use std::fs;

/// What they hold at one moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Footprint {
    /// Bytes of memory; what processes share counts once.
    pub(super) memory: usize,
    /// Child processes, and theirs.
    pub(super) descendants: usize,
    /// Open descriptors of the server itself.
    pub(super) descriptors: usize,
    /// Its threads.
    pub(super) threads: usize,
}

impl Footprint {
    /// That of the process with this id.
    pub(super) fn of(server: u32) -> Self {
        let descendants = descendants(server);
        let family = descendants.iter().copied().chain([server]);
        Self {
            memory: family.filter_map(memory).sum(),
            descendants: descendants.len(),
            descriptors: entries(server, "fd"),
            threads: entries(server, "task"),
        }
    }
}

fn entries(id: u32, folder: &str) -> usize {
    let entries = fs::read_dir(format!("/proc/{id}/{folder}"));
    entries.unwrap().count()
}

/// All processes below this one.
fn descendants(root: u32) -> Vec<u32> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|id| id.parse().ok()) else {
            continue;
        };
        if let Some(parent) = parent(id) {
            children.entry(parent).or_default().push(id);
        }
    }
    let mut found = children.remove(&root).unwrap_or_default();
    let mut next = 0;
    while let Some(id) = found.get(next) {
        let below = children.remove(id).unwrap_or_default();
        found.extend(below);
        next += 1;
    }
    found
}

fn parent(id: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name before may contain anything, a bracket too.
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(1)?.parse().ok()
}

/// `None`: it has ended.
fn memory(id: u32) -> Option<usize> {
    // A sandboxed process may not let anybody look that closely.
    let shared_out = fs::read_to_string(format!("/proc/{id}/smaps_rollup"))
        .ok()
        .and_then(|text| kibibytes(&text, "Pss:"));
    let resident = || {
        let text = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
        kibibytes(&text, "VmRSS:")
    };
    Some(shared_out.or_else(resident)? << 10)
}

fn kibibytes(text: &str, name: &str) -> Option<usize> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}
