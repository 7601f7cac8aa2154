//! How much memory an isolate has and may have.
//!
//! Owns the allocator under each QuickJS runtime. It counts what the runtime holds, which makes
//! the size of a warm isolate cost one load, and it refuses what would pass the limit and keeps in
//! mind that it did: QuickJS tells of a failed allocation through an exception that may be a bare
//! `null`, which users can throw as well.
//!
//! It also makes one fault of QuickJS's harmless. A module that still awaits something at its top
//! level when its runtime ends is freed before functions that count their references to it
//! (bellard/quickjs#280). So what a runtime with a module frees at its end is kept until all of it
//! has ended: the count is then lowered in memory that nobody else has been given.

use std::mem;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use parking_lot::Mutex;
use rquickjs::allocator::{Allocator, RustAllocator};

/// The account of one isolate's memory. Only the thread that uses the isolate writes to it, so
/// nothing here needs more than relaxed order.
#[derive(Debug)]
pub(super) struct Heap {
    used: AtomicUsize,
    limit: AtomicUsize,
    refused: AtomicBool,
    /// Whether a module was loaded.
    has_module: AtomicBool,
    /// Whether what is freed is kept.
    keeping: AtomicBool,
    /// The addresses of what was freed meanwhile.
    kept: Mutex<Vec<usize>>,
}

impl Heap {
    /// An empty heap without a limit.
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            used: AtomicUsize::new(0),
            limit: AtomicUsize::new(usize::MAX),
            refused: AtomicBool::new(false),
            has_module: AtomicBool::new(false),
            keeping: AtomicBool::new(false),
            kept: Mutex::default(),
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

    /// The limit in bytes.
    pub(super) fn limit(&self) -> usize {
        self.limit.load(Ordering::Relaxed)
    }

    /// Whether anything was refused since the limit was set.
    pub(super) fn refused(&self) -> bool {
        self.refused.load(Ordering::Relaxed)
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
        // A slack of a page keeps the allocator's own rounding and headers from overflowing.
        if total.saturating_add(4096) > self.limit() || total > isize::MAX as usize / 2 {
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

/// The allocator that keeps the account.
pub(super) struct Metered(pub(super) Arc<Heap>);

impl Metered {
    #[expect(unsafe_code, reason = "reads the size of a block of its own")]
    fn took(&self, block: *mut u8) -> *mut u8 {
        if block.is_null() {
            self.0.refused.store(true, Ordering::Relaxed);
        } else {
            // SAFETY: `block` was just made by the allocator below.
            self.0
                .replace(unsafe { RustAllocator::usable_size(block) }, 0);
        }
        block
    }
}

#[expect(unsafe_code, reason = "an allocator is unsafe by nature")]
// SAFETY: every block comes from, and goes back to, `RustAllocator`, which keeps the contract; a
// request is either refused with a null pointer or handed on as it is.
unsafe impl Allocator for Metered {
    fn alloc(&mut self, size: usize) -> *mut u8 {
        if !self.0.admit(size, 0) {
            return ptr::null_mut();
        }
        self.took(RustAllocator.alloc(size))
    }

    fn calloc(&mut self, count: usize, size: usize) -> *mut u8 {
        let total = count.saturating_mul(size);
        if total == 0 || !self.0.admit(total, 0) {
            return ptr::null_mut();
        }
        self.took(RustAllocator.calloc(count, size))
    }

    unsafe fn dealloc(&mut self, block: *mut u8) {
        if self.0.keeping.load(Ordering::Relaxed) {
            self.0.kept.lock().push(block.expose_provenance());
            return;
        }
        // SAFETY: the caller hands back a block of this allocator.
        unsafe {
            self.0.replace(0, RustAllocator::usable_size(block));
            RustAllocator.dealloc(block);
        }
    }

    unsafe fn realloc(&mut self, block: *mut u8, size: usize) -> *mut u8 {
        if block.is_null() {
            return self.alloc(size);
        }
        // SAFETY: the caller hands in a block of this allocator. When it cannot be moved it stays
        // as it is, and so does the account.
        unsafe {
            let before = RustAllocator::usable_size(block);
            if !self.0.admit(size, before) {
                return ptr::null_mut();
            }
            let moved = RustAllocator.realloc(block, size);
            if moved.is_null() {
                self.0.refused.store(true, Ordering::Relaxed);
            } else {
                self.0.replace(RustAllocator::usable_size(moved), before);
            }
            moved
        }
    }

    unsafe fn usable_size(block: *mut u8) -> usize {
        // SAFETY: by the caller's promise.
        unsafe { RustAllocator::usable_size(block) }
    }
}

impl Drop for Metered {
    #[expect(unsafe_code, reason = "frees what was kept")]
    fn drop(&mut self) {
        self.0.keeping.store(false, Ordering::Relaxed);
        let kept = mem::take(&mut *self.0.kept.lock());
        for address in kept {
            // SAFETY: `dealloc` was handed this block, and did nothing else with it. The runtime,
            // which owns this allocator, has ended.
            unsafe { self.dealloc(ptr::with_exposed_provenance_mut(address)) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(unsafe_code, reason = "calls the allocator as QuickJS does")]
    fn the_account_is_empty_once_everything_is_given_back() {
        let heap = Heap::new();
        let mut allocator = Metered(heap.clone());
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
            let mut allocator = Metered(heap.clone());
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
    fn what_passes_the_limit_or_overflows_is_refused_and_remembered() {
        let heap = Heap::new();
        let mut allocator = Metered(heap.clone());
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
