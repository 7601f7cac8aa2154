//! What a server and its child processes hold: memory, processes, descriptors, threads.

use std::fs;

use crate::family::descendants;

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
