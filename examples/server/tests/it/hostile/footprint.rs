//! The resources of a server and its child processes: memory, processes, descriptors, threads.

use std::fs;

use crate::family::descendants;

/// Resources in use.
#[derive(Debug, Clone, Copy)]
pub(super) struct Footprint {
    /// Bytes of memory; shared pages count once.
    pub(super) memory: usize,
    /// Child processes and their children.
    pub(super) descendants: usize,
    /// Open descriptors of the server itself.
    pub(super) descriptors: usize,
    /// Its threads.
    pub(super) threads: usize,
}

impl Footprint {
    /// Of the process with this id.
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

    /// Whether this is no more than `other`, apart from `growth` bytes and the noise of memory.
    pub(super) fn is_at_most(&self, other: &Self, growth: usize) -> bool {
        const NOISE: usize = 4 << 20;
        self.memory <= other.memory + growth.max(NOISE)
            && self.descendants <= other.descendants
            && self.descriptors <= other.descriptors
            && self.threads <= other.threads
    }
}

fn entries(id: u32, folder: &str) -> usize {
    let entries = fs::read_dir(format!("/proc/{id}/{folder}"));
    entries.unwrap().count()
}

/// `None` if the process has ended.
fn memory(id: u32) -> Option<usize> {
    // A sandboxed process may not permit reading this.
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
