//! The memory of a thread, counted by an allocator that the binary declares.
//!
//! ```
//! use convex_testkit::fuzzing::memory::{self, Counting};
//!
//! #[global_allocator]
//! static ALLOCATOR: Counting = Counting;
//!
//! let (text, at_most) = memory::peak_of(|| "x".repeat(1000));
//! assert!((1000..2000).contains(&at_most));
//! drop(text);
//! ```

#![allow(unsafe_code, reason = "an allocator cannot be written without")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

/// The system's allocator, which counts the bytes that each thread has allocated and not freed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counting;

thread_local! {
    static ALLOCATED: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

/// The bytes that this thread has allocated and not freed; 0 if [`Counting`] is not the allocator.
pub fn allocated() -> isize {
    ALLOCATED.get()
}

/// The largest number of bytes that this thread has allocated during `act`, above the number
/// before.
pub fn peak_of<R>(act: impl FnOnce() -> R) -> (R, isize) {
    let before = ALLOCATED.get();
    PEAK.set(before);
    let result = act();
    (result, PEAK.get() - before)
}

fn count(bytes: isize) {
    let allocated = ALLOCATED.get() + bytes;
    ALLOCATED.set(allocated);
    PEAK.set(PEAK.get().max(allocated));
}

// SAFETY: the system's allocator does all the work, and counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size().cast_signed());
        // SAFETY: the caller upholds the contract of this method.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        count(-layout.size().cast_signed());
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // If the block moves, both copies exist for a moment.
        count(size.cast_signed());
        count(-layout.size().cast_signed());
        // SAFETY: as above.
        unsafe { System.realloc(memory, layout, size) }
    }
}
