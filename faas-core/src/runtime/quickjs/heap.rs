//! How much memory an isolate has and may have.
//!
//! Owns the allocator under each QuickJS runtime. It counts what the runtime holds, so that reading
//! the size of a warm isolate costs one load, and it refuses what would exceed the limit and records
//! that it did: QuickJS reports a failed allocation as an exception that may be a bare `null`, which
//! users can throw as well.
//!
//! It also makes two kinds of faults in QuickJS harmless:
//!
//! - *Leaks.* After some errors, mostly where memory ran out, QuickJS forgets references and so
//!   never frees what they point to. The allocator keeps a list of its blocks, and frees what is
//!   left of them when the runtime has ended. (An assertion in `JS_FreeRuntime` aborts the process
//!   for a leak; the feature `disable-assertions` of rquickjs compiles it out.)
//! - *Early frees.* A module that still awaits something at its top level when its runtime ends is
//!   freed before functions that count their references to it (bellard/quickjs#280). So a runtime
//!   with a module frees nothing at its end: all of its blocks are freed after it.

mod pages;

use std::alloc::{self, Layout};
use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use parking_lot::Mutex;
use rquickjs::allocator::Allocator;

use self::pages::{PAGE, Pages};

/// The account of one isolate's memory. Only the thread that uses the isolate writes to it, so
/// nothing here needs more than relaxed order.
#[derive(Debug)]
pub(super) struct Heap {
    used: AtomicUsize,
    limit: AtomicUsize,
    /// Bytes that do not count against the limit.
    exempt: AtomicUsize,
    refused: AtomicBool,
    /// Whether a module was loaded.
    has_module: AtomicBool,
    /// Whether what is freed is kept until the runtime has ended.
    keeping: AtomicBool,
    states: Mutex<States>,
}

/// What native functions keep between their calls, with its size in bytes. It is here and not in the
/// functions so that it is freed with the isolate even if QuickJS has leaked them.
#[derive(Default)]
struct States {
    last: u64,
    kept: HashMap<u64, (Box<dyn Any + Send>, usize)>,
}

impl fmt::Debug for States {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("States").field(&self.kept.len()).finish()
    }
}

/// The state of a native function. It counts as memory of the isolate until this is dropped.
pub(super) struct Kept<T> {
    heap: Arc<Heap>,
    number: u64,
    state: PhantomData<fn() -> T>,
}

impl<T: Any> Kept<T> {
    /// Calls `work` with the state; `None` when the isolate has ended. `work` must not use another
    /// state.
    pub(super) fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> Option<R> {
        let mut states = self.heap.states.lock();
        let (state, _) = states.kept.get_mut(&self.number)?;
        state.downcast_mut().map(work)
    }

    /// Drops the state before its time.
    pub(super) fn end(&self) {
        let removed = self.heap.states.lock().kept.remove(&self.number);
        if let Some((_, bytes)) = removed {
            self.heap.replace(0, bytes);
        }
    }
}

impl<T> Drop for Kept<T> {
    fn drop(&mut self) {
        let removed = self.heap.states.lock().kept.remove(&self.number);
        if let Some((_, bytes)) = removed {
            self.heap.replace(0, bytes);
        }
    }
}

impl Heap {
    /// An empty heap without a limit.
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            used: AtomicUsize::new(0),
            limit: AtomicUsize::new(usize::MAX),
            exempt: AtomicUsize::new(0),
            refused: AtomicBool::new(false),
            has_module: AtomicBool::new(false),
            keeping: AtomicBool::new(false),
            states: Mutex::default(),
        })
    }

    /// Keeps the state of a native function, which takes about `bytes` bytes; `None` if that exceeds
    /// the limit.
    pub(super) fn keep<T: Any + Send>(
        self: &Arc<Self>,
        bytes: usize,
        make: impl FnOnce() -> T,
    ) -> Option<Kept<T>> {
        if !self.admit(bytes, 0) {
            return None;
        }
        self.replace(bytes, 0);
        let mut states = self.states.lock();
        states.last += 1;
        let number = states.last;
        states.kept.insert(number, (Box::new(make()), bytes));
        Some(Kept {
            heap: self.clone(),
            number,
            state: PhantomData,
        })
    }

    /// Bytes taken from the system.
    pub(super) fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// Sets the limit in bytes and forgets that anything was refused.
    pub(super) fn set_limit(&self, limit: usize) {
        self.limit.store(limit, Ordering::Relaxed);
        self.refused.store(false, Ordering::Relaxed);
    }

    /// Exempts memory of the platform, in bytes, from the limit.
    #[cfg(target_os = "linux")]
    pub(super) fn exempt(&self, bytes: usize) {
        self.exempt.fetch_add(bytes, Ordering::Relaxed);
    }

    /// The limit in bytes.
    pub(super) fn limit(&self) -> usize {
        self.limit.load(Ordering::Relaxed)
    }

    /// Whether anything was refused since the limit was set.
    pub(super) fn refused(&self) -> bool {
        self.refused.load(Ordering::Relaxed)
    }

    /// Lets the platform's own code take `reserve` bytes beyond the limit while `work` runs.
    pub(super) fn with_reserve<R>(&self, reserve: usize, work: impl FnOnce() -> R) -> R {
        let limit = self.limit();
        self.limit
            .store(limit.saturating_add(reserve), Ordering::Relaxed);
        let result = work();
        self.limit.store(limit, Ordering::Relaxed);
        result
    }

    /// A module is about to be loaded.
    pub(super) fn load_module(&self) {
        self.has_module.store(true, Ordering::Relaxed);
    }

    /// The runtime is about to end.
    pub(super) fn end(&self) {
        let keep = self.has_module.load(Ordering::Relaxed);
        self.keeping.store(keep, Ordering::Relaxed);
    }

    /// Whether `more` bytes in place of `less` stay within the limit.
    fn admit(&self, more: usize, less: usize) -> bool {
        let total = self.used().saturating_sub(less).saturating_add(more);
        // A slack of a page keeps rounding and headers from overflowing.
        let limit = self
            .limit()
            .saturating_add(self.exempt.load(Ordering::Relaxed));
        if total.saturating_add(4096) > limit || total > isize::MAX as usize / 2 {
            self.refused.store(true, Ordering::Relaxed);
            return false;
        }
        true
    }

    fn replace(&self, more: usize, less: usize) {
        let used = self.used().saturating_sub(less).saturating_add(more);
        self.used.store(used, Ordering::Relaxed);
    }
}

/// What precedes each block: its place in the list of all blocks, and the bytes after the header.
struct Header {
    previous: *mut Header,
    next: *mut Header,
    size: usize,
}

const HEADER: usize = size_of::<Header>();
/// No block is at the start of a page, unless it is a page: blocks follow a header of 24 bytes.
const ALIGN: usize = 16;
const _: () = assert!(HEADER % ALIGN == 8);

/// The layout of a block with `size` bytes after its header; `None` when that is too large.
fn layout(size: usize) -> Option<Layout> {
    let total = size.checked_next_multiple_of(8)?.checked_add(HEADER)?;
    Layout::from_size_align(total, ALIGN).ok()
}

/// The allocator that keeps the account.
pub(super) struct Metered {
    heap: Arc<Heap>,
    first: *mut Header,
    pages: Pages,
}

#[expect(unsafe_code, reason = "an allocator is unsafe by nature")]
impl Metered {
    pub(super) fn new(heap: Arc<Heap>) -> Self {
        Self {
            heap,
            first: ptr::null_mut(),
            pages: Pages::default(),
        }
    }

    /// Makes a block with `size` bytes, by `make`.
    fn take(&mut self, size: usize, make: unsafe fn(Layout) -> *mut u8) -> *mut u8 {
        if size == 0 || !self.heap.admit(size, 0) {
            return ptr::null_mut();
        }
        if pages::is_page(size) {
            return self.take_page();
        }
        let Some(layout) = layout(size) else {
            return ptr::null_mut();
        };
        // SAFETY: the layout has room for a header at least.
        let header = unsafe { make(layout) }.cast::<Header>();
        if header.is_null() {
            self.heap.refused.store(true, Ordering::Relaxed);
            return ptr::null_mut();
        }
        self.heap.replace(layout.size(), 0);
        // SAFETY: the block is as large as its layout, aligned for a header, and nobody else's; so
        // is the first block of the list.
        unsafe {
            header.write(Header {
                previous: ptr::null_mut(),
                next: ptr::null_mut(),
                size: layout.size() - HEADER,
            });
            self.link(header);
            header.cast::<u8>().add(HEADER)
        }
    }

    fn take_page(&mut self) -> *mut u8 {
        let page = self.pages.take();
        if page.is_null() {
            self.heap.refused.store(true, Ordering::Relaxed);
        } else {
            self.heap.replace(PAGE, 0);
        }
        page
    }

    /// # Safety
    /// `header` must be a block of this allocator that is in no list.
    unsafe fn link(&mut self, header: *mut Header) {
        // SAFETY: by the caller's promise, and since all in the list are blocks of this allocator.
        unsafe {
            (*header).previous = ptr::null_mut();
            (*header).next = self.first;
            if let Some(next) = self.first.as_mut() {
                next.previous = header;
            }
        }
        self.first = header;
    }

    /// # Safety
    /// `header` must be in the list.
    unsafe fn unlink(&mut self, header: *mut Header) {
        // SAFETY: by the caller's promise, and since all in the list are blocks of this allocator.
        unsafe {
            let Header { previous, next, .. } = *header;
            match previous.as_mut() {
                Some(previous) => previous.next = next,
                None => self.first = next,
            }
            if let Some(next) = next.as_mut() {
                next.previous = previous;
            }
        }
    }

    /// # Safety
    /// `header` must be in the list, and nobody may use the block any more.
    unsafe fn free(&mut self, header: *mut Header) {
        // SAFETY: by the caller's promise; the layout is the one that the block was made with.
        unsafe {
            let total = (*header).size + HEADER;
            self.unlink(header);
            self.heap.replace(0, total);
            alloc::dealloc(
                header.cast(),
                Layout::from_size_align_unchecked(total, ALIGN),
            );
        }
    }
}

/// The header of a block.
///
/// # Safety
/// `block` must come from this allocator.
#[expect(unsafe_code, reason = "an allocator is unsafe by nature")]
const unsafe fn header_of(block: *mut u8) -> *mut Header {
    // SAFETY: a header precedes each block.
    unsafe { block.sub(HEADER).cast() }
}

#[expect(unsafe_code, reason = "an allocator is unsafe by nature")]
// SAFETY: every block comes from the global allocator with a layout that its header keeps; a request
// is either refused with a null pointer or fulfilled. Blocks are freed once: by QuickJS, or by
// `drop`, when the runtime has ended.
unsafe impl Allocator for Metered {
    fn alloc(&mut self, size: usize) -> *mut u8 {
        self.take(size, alloc::alloc)
    }

    fn calloc(&mut self, count: usize, size: usize) -> *mut u8 {
        let size = count.saturating_mul(size);
        let block = self.take(size, alloc::alloc_zeroed);
        if !block.is_null() && pages::is_page(size) {
            // SAFETY: the page is nobody else's.
            unsafe { block.write_bytes(0, PAGE) };
        }
        block
    }

    unsafe fn dealloc(&mut self, block: *mut u8) {
        if block.is_null() || self.heap.keeping.load(Ordering::Relaxed) {
            return;
        }
        if pages::is_at_page(block) {
            self.pages.give_back(block);
            self.heap.replace(0, PAGE);
            return;
        }
        // SAFETY: the caller hands back a block of this allocator.
        unsafe { self.free(header_of(block)) };
    }

    unsafe fn realloc(&mut self, block: *mut u8, size: usize) -> *mut u8 {
        if block.is_null() {
            return self.alloc(size);
        }
        if pages::is_at_page(block) || pages::is_page(size) {
            // SAFETY: the caller hands in a block of this allocator. Both blocks are at least as
            // large as what is copied, and apart.
            unsafe {
                let old = Self::usable_size(block);
                let moved = self.alloc(size);
                if !moved.is_null() {
                    moved.copy_from_nonoverlapping(block, old.min(size));
                    self.dealloc(block);
                }
                return moved;
            }
        }
        // SAFETY: the caller hands in a block of this allocator. When it cannot be moved it stays
        // as it is, in the list, and so does the account.
        unsafe {
            let header = header_of(block);
            let before = (*header).size + HEADER;
            if !self.heap.admit(size, before) {
                return ptr::null_mut();
            }
            let Some(after) = layout(size) else {
                return ptr::null_mut();
            };
            self.unlink(header);
            let old = Layout::from_size_align_unchecked(before, ALIGN);
            let moved = alloc::realloc(header.cast(), old, after.size()).cast::<Header>();
            if moved.is_null() {
                self.heap.refused.store(true, Ordering::Relaxed);
                self.link(header);
                return ptr::null_mut();
            }
            (*moved).size = after.size() - HEADER;
            self.link(moved);
            self.heap.replace(after.size(), before);
            moved.cast::<u8>().add(HEADER)
        }
    }

    unsafe fn usable_size(block: *mut u8) -> usize {
        if pages::is_at_page(block) {
            return PAGE;
        }
        // SAFETY: by the caller's promise.
        unsafe { (*header_of(block)).size }
    }
}

impl Drop for Metered {
    #[expect(unsafe_code, reason = "frees what the runtime left")]
    fn drop(&mut self) {
        let states = std::mem::take(&mut *self.heap.states.lock());
        for (_, bytes) in states.kept.values() {
            self.heap.replace(0, *bytes);
        }
        while !self.first.is_null() {
            // SAFETY: the first block is in the list. The runtime, which owns this allocator, has
            // ended, so nobody uses its blocks.
            unsafe { self.free(self.first) };
        }
        self.heap.replace(0, self.pages.used() * PAGE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(unsafe_code, reason = "calls the allocator as QuickJS does")]
    fn the_account_is_empty_once_everything_is_freed() {
        let heap = Heap::new();
        let mut allocator = Metered::new(heap.clone());
        let first = allocator.alloc(1000);
        let second = allocator.calloc(10, 100);
        assert!(heap.used() >= 2000);
        // SAFETY: both blocks are the allocator's own and are used no more.
        unsafe {
            let first = allocator.realloc(first, 5000);
            assert!(heap.used() >= 6000);
            allocator.dealloc(first);
            allocator.dealloc(second);
        }
        assert_eq!((heap.used(), heap.refused()), (0, false));
    }

    #[test]
    #[expect(unsafe_code, reason = "calls the allocator as QuickJS does")]
    fn what_is_freed_while_a_runtime_with_a_module_ends_is_freed_after_it() {
        for (has_module, left) in [(true, 1000), (false, 0)] {
            let heap = Heap::new();
            let mut allocator = Metered::new(heap.clone());
            let block = allocator.alloc(1000);
            if has_module {
                heap.load_module();
            }
            heap.end();
            // SAFETY: the block is the allocator's own and is used no more.
            unsafe { allocator.dealloc(block) };
            assert!(heap.used() >= left && (heap.used() > 0) == has_module);
            drop(allocator);
            assert_eq!(heap.used(), 0);
        }
    }

    #[test]
    #[expect(unsafe_code, reason = "calls the allocator as QuickJS does")]
    fn blocks_become_pages_and_pages_blocks_with_their_contents() {
        let heap = Heap::new();
        let mut allocator = Metered::new(heap.clone());
        // SAFETY: the blocks are the allocator's own, and used within their sizes.
        unsafe {
            let used = allocator.alloc(PAGE);
            used.write_bytes(1, PAGE);
            allocator.dealloc(used);
            let page = allocator.calloc(10, 400);
            assert_eq!(page, used);
            assert_eq!(std::slice::from_raw_parts(page, 4000), [0; 4000]);
            assert_eq!((Metered::usable_size(page), heap.used()), (PAGE, PAGE));
            page.write_bytes(2, 4000);
            let block = allocator.realloc(page, 6000);
            let page = allocator.realloc(block, 3900);
            assert!(pages::is_at_page(page) && !pages::is_at_page(block));
            assert_eq!(std::slice::from_raw_parts(page, 3900), [2; 3900]);
            allocator.dealloc(page);
        }
        assert_eq!(heap.used(), 0);
    }

    #[test]
    fn what_a_runtime_leaks_is_freed_after_it() {
        let heap = Heap::new();
        let mut allocator = Metered::new(heap.clone());
        let blocks = [10, 1000, 4000, 100_000].map(|size| allocator.alloc(size));
        assert!(blocks.iter().all(|block| !block.is_null()));
        heap.end();
        drop(allocator);
        assert_eq!(heap.used(), 0);
    }

    #[test]
    #[expect(unsafe_code, reason = "calls the allocator as QuickJS does")]
    fn blocks_keep_their_contents_when_others_are_freed_and_they_move() {
        let mut allocator = Metered::new(Heap::new());
        let mut blocks = Vec::new();
        for round in 0..200_u8 {
            let block = allocator.calloc(1, 64);
            // SAFETY: the blocks are the allocator's own, and used within their sizes.
            unsafe {
                block.write(round);
                blocks.push(allocator.realloc(block, 64 + 50 * usize::from(round)));
                if round % 3 == 0 {
                    allocator.dealloc(blocks.swap_remove(blocks.len() / 2));
                }
            }
        }
        // SAFETY: as above.
        let first = blocks.iter().map(|block| unsafe { **block });
        let mut first: Vec<u8> = first.collect();
        let before = first.len();
        first.sort_unstable();
        first.dedup();
        assert_eq!(first.len(), before);
    }

    #[test]
    fn the_state_of_a_native_function_counts_and_is_freed_with_the_heap() {
        let heap = Heap::new();
        let allocator = Metered::new(heap.clone());
        heap.set_limit(1 << 20);
        assert!(heap.keep(2 << 20, || 0).is_none() && heap.refused());
        let state = Arc::new(());
        let first = heap.keep(1000, || state.clone()).unwrap();
        let second = heap.keep(1000, || state.clone()).unwrap();
        assert_eq!((heap.used(), Arc::strong_count(&state)), (2000, 3));
        drop(first);
        assert_eq!((heap.used(), Arc::strong_count(&state)), (1000, 2));
        assert!(second.with(|_| ()).is_some());
        drop(allocator);
        assert_eq!((heap.used(), Arc::strong_count(&state)), (0, 1));
        assert!(second.with(|_| ()).is_none());
    }

    #[test]
    fn what_exceeds_the_limit_or_overflows_is_refused_and_recorded() {
        let heap = Heap::new();
        let mut allocator = Metered::new(heap.clone());
        heap.set_limit(1 << 20);
        assert!(allocator.alloc(2 << 20).is_null());
        assert!(heap.refused());
        heap.set_limit(usize::MAX);
        assert!(!heap.refused());
        assert!(allocator.calloc(usize::MAX, 16).is_null());
        assert!(allocator.alloc(usize::MAX).is_null());
        assert!(heap.refused());
    }
}
