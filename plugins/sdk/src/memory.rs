//! The memory of a built rule. Each call has an instance of its own, so what is taken goes with it: taking is counting up,
//! and only what was taken last is given back. The memory that the instance begins with is enough for most chunks, for
//! every growth costs as much as scoring a hundred areas.

use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Bytes of a page of WebAssembly.
const PAGE: usize = 65_536;
/// Pages that are taken at once, so that lists which grow do not ask for each.
const PAGES: usize = 4;

/// Where the next block begins; 0 before the first. There are no threads in a rule.
struct Counting(AtomicUsize);

#[global_allocator]
static MEMORY: Counting = Counting(AtomicUsize::new(0));

unsafe extern "C" {
    /// The first byte behind the stack and what is static, as the linker lays it out.
    static __heap_base: u8;
}

impl Counting {
    fn next(&self) -> usize {
        match self.0.load(Relaxed) {
            0 => (&raw const __heap_base) as usize,
            next => next,
        }
    }

    /// Makes the memory reach so far; nothing where there is no more of it.
    fn reach(&self, end: usize) -> Option<()> {
        let has = wasm32::memory_size(0) * PAGE;
        if end > has {
            let pages = (end - has).div_ceil(PAGE).next_multiple_of(PAGES);
            (wasm32::memory_grow(0, pages) != usize::MAX).then_some(())?;
        }
        self.0.store(end, Relaxed);
        Some(())
    }

    fn is_last(&self, block: *mut u8, size: usize) -> bool {
        block as usize + size == self.next()
    }
}

// SAFETY: every block lies behind all that are in use, within the memory, and begins at a multiple of its alignment.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let begin = self.next().next_multiple_of(layout.align());
        let end = begin.checked_add(layout.size());
        match end.and_then(|end| self.reach(end)) {
            Some(()) => begin as *mut u8,
            None => null_mut(),
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if self.is_last(block, layout.size()) {
            self.0.store(block as usize, Relaxed);
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if self.is_last(block, layout.size()) {
            let end = (block as usize).checked_add(size);
            return match end.and_then(|end| self.reach(end)) {
                Some(()) => block,
                None => null_mut(),
            };
        }
        if size <= layout.size() {
            return block;
        }
        // SAFETY: the new block is another one, and both have so many bytes.
        unsafe {
            let moved = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !moved.is_null() {
                moved.copy_from_nonoverlapping(block, layout.size());
            }
            moved
        }
    }
}
