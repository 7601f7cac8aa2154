//! Fills the holes in the heap of a process that will be forked.
//!
//! A fork shares each page with its parent until one of the two writes to it. Freed blocks leave
//! holes all over the parent's heap, and allocators use holes first: without this, almost each
//! small allocation of a fork copies another page. Once the holes are filled, what a fork allocates
//! lies side by side. The blocks in the holes are never used; they cost nothing, as the pages
//! around them exist already.

use std::alloc::{Layout, alloc, dealloc};

use rquickjs::{Ctx, qjs};

use super::heap::Heap;

/// The largest block, in bytes, that QuickJS takes from its arenas, without its header.
const LARGEST_IN_ARENA: usize = 504;

/// The most blocks of one size: beyond, holes are left.
const MOST_BLOCKS: usize = 1 << 16;

/// Fills the holes in the arenas of QuickJS, which hold blocks of one size each. Leaves one new arena
/// for each size.
#[expect(unsafe_code, reason = "rquickjs has no function that allocates memory")]
pub(super) fn fill_arenas(ctx: &Ctx<'_>, heap: &Heap) {
    let mut size = 1;
    while size <= LARGEST_IN_ARENA {
        let mut usable = LARGEST_IN_ARENA;
        for _ in 0..MOST_BLOCKS {
            let before = heap.used();
            // SAFETY: the context is alive, and so is its runtime, which owns the block.
            usable = unsafe {
                let runtime = qjs::JS_GetRuntime(ctx.as_raw().as_ptr());
                let block = qjs::js_malloc_rt(runtime, size as qjs::size_t);
                if block.is_null() {
                    return;
                }
                qjs::js_malloc_usable_size_rt(runtime, block) as usize
            };
            // The heap grows when all arenas for this size are full.
            if heap.used() > before {
                break;
            }
        }
        size = usable + 1;
    }
}

/// Fills the holes in the memory of the process.
pub(super) fn fill_process() {
    // Large holes first: else the small blocks fill them one by one.
    let large = (1024..=7680).rev().step_by(512);
    let small = (16..=1008).rev().step_by(16);
    for size in large.chain(small) {
        if let Ok(layout) = Layout::from_size_align(size, align_of::<usize>()) {
            fill_with(layout);
        }
    }
}

/// Allocates blocks until a row of them lies side by side, then frees that row.
#[expect(unsafe_code, reason = "allocates memory that is never used")]
fn fill_with(layout: Layout) {
    /// The length of a row, in bytes.
    const ROW: usize = 8 << 10;
    let size = layout.size();
    let mut row = Vec::<*mut u8>::with_capacity(ROW / size + 1);
    // From one block of the row to the next.
    let mut distance = 0;
    // SAFETY: the layout has a size. The blocks in the row are freed once, with their layout.
    unsafe {
        for _ in 0..MOST_BLOCKS {
            let block = alloc(layout);
            if block.is_null() {
                break;
            }
            if let Some(last) = row.last() {
                let from_last = (block as usize).wrapping_sub(*last as usize);
                // Allocators add a header, and round up.
                let is_beside = (size..=size + size / 2 + 32).contains(&from_last);
                if !is_beside || row.len() > 1 && from_last != distance {
                    row.clear();
                }
                distance = from_last;
            }
            row.push(block);
            if row.len() * size >= ROW {
                break;
            }
        }
        // The first is freed last, so that it is used first.
        while let Some(block) = row.pop() {
            dealloc(block, layout);
        }
    }
}
