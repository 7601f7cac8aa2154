//! Pages for the arenas of QuickJS.
//!
//! QuickJS takes most of its memory in arenas of a page, or a little less. With a header, such a
//! block does not fit the page-sized blocks of common allocators: jemalloc then takes 5 KiB for it,
//! and all allocators let it straddle two pages, both of which a fork copies when it uses one. So
//! arenas come from chunks of whole pages, without headers.

use std::alloc::{self, Layout};
use std::collections::BTreeMap;

/// The size of a page, in bytes.
pub(super) const PAGE: usize = 4096;

/// The smallest block that takes a page: QuickJS's arenas are not smaller.
const SMALLEST: usize = 3600;

const CHUNK: usize = 16 * PAGE;

/// Pages in chunks. Chunks without a page in use are freed.
#[derive(Default)]
pub(super) struct Pages {
    /// The pages that are not in use. The last is used next.
    free: Vec<*mut u8>,
    /// How many pages of each chunk are in use, by the chunk's address.
    chunks: BTreeMap<usize, Chunk>,
}

struct Chunk {
    memory: *mut u8,
    used: usize,
}

/// Whether a block of `size` bytes takes a page.
pub(super) fn is_page(size: usize) -> bool {
    (SMALLEST..=PAGE).contains(&size)
}

/// Whether `block`, which [`Metered`](super::Metered) returned, is a page. Other blocks follow a
/// header at an address that is a multiple of 16, so theirs is not.
pub(super) fn is_at_page(block: *mut u8) -> bool {
    (block as usize).is_multiple_of(PAGE)
}

const fn chunk_layout() -> Option<Layout> {
    match Layout::from_size_align(CHUNK, PAGE) {
        Ok(layout) => Some(layout),
        Err(_) => None,
    }
}

#[expect(unsafe_code, reason = "an allocator is unsafe by nature")]
impl Pages {
    /// Returns a page whose content is undefined; null when there is no memory.
    pub(super) fn take(&mut self) -> *mut u8 {
        if self.free.is_empty() && self.grow().is_none() {
            return std::ptr::null_mut();
        }
        let Some(page) = self.free.pop() else {
            return std::ptr::null_mut();
        };
        if let Some(chunk) = self.chunk_of(page) {
            chunk.used += 1;
        }
        page
    }

    /// Takes back a page that [`Self::take`] returned.
    pub(super) fn give_back(&mut self, page: *mut u8) {
        self.free.push(page);
        let Some(chunk) = self.chunk_of(page) else {
            return;
        };
        chunk.used -= 1;
        let (used, start) = (chunk.used, chunk.memory as usize);
        // One chunk is kept, for the next arena.
        if used > 0 || self.free.len() <= CHUNK / PAGE {
            return;
        }
        let Some(chunk) = self.chunks.remove(&start) else {
            return;
        };
        self.free
            .retain(|page| !(start..start + CHUNK).contains(&(*page as usize)));
        free(&chunk);
    }

    /// The number of pages in use.
    pub(super) fn used(&self) -> usize {
        self.chunks.values().map(|chunk| chunk.used).sum()
    }

    /// The chunk of a page.
    fn chunk_of(&mut self, page: *mut u8) -> Option<&mut Chunk> {
        let before = self.chunks.range_mut(..=page as usize);
        before.map(|(_, chunk)| chunk).next_back()
    }

    /// Adds a chunk.
    fn grow(&mut self) -> Option<()> {
        // SAFETY: the layout has a size.
        let memory = unsafe { alloc::alloc(chunk_layout()?) };
        if memory.is_null() {
            return None;
        }
        self.chunks
            .insert(memory as usize, Chunk { memory, used: 0 });
        // The first page is used first.
        let offsets = (0..CHUNK).step_by(PAGE).rev();
        // SAFETY: the offsets are within the chunk.
        self.free
            .extend(offsets.map(|offset| unsafe { memory.add(offset) }));
        Some(())
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        self.chunks.values().for_each(free);
    }
}

#[expect(unsafe_code, reason = "an allocator is unsafe by nature")]
fn free(chunk: &Chunk) {
    if let Some(layout) = chunk_layout() {
        // SAFETY: chunks are made with this layout, and freed once: when they are removed, or by
        // `drop`. Nobody uses their pages any more.
        unsafe { alloc::dealloc(chunk.memory, layout) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_apart_and_chunks_are_freed_when_none_of_their_pages_is_used() {
        let mut pages = Pages::default();
        let mut taken: Vec<_> = (0..100).map(|_| pages.take()).collect();
        assert!(taken.iter().all(|page| is_at_page(*page)));
        let all = pages.chunks.len();
        assert_eq!(all, 7);
        taken.sort_unstable();
        taken.dedup();
        assert_eq!(taken.len(), 100);
        for page in taken.drain(..) {
            pages.give_back(page);
        }
        assert!(pages.chunks.len() <= 2, "{}", pages.chunks.len());
        // What is left is used again.
        let left = pages.chunks.len();
        for _ in 0..left * CHUNK / PAGE {
            taken.push(pages.take());
        }
        assert_eq!(pages.chunks.len(), left);
    }
}
