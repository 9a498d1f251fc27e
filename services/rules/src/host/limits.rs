//! The limits of one call: the sum of its memories is bounded, and growing past a bound is a trap, never an answer that
//! the rule could act on.

use std::fmt;

use wasmtime::ResourceLimiter;

/// Core instances of one rule; the gate lets one module through, and the component model may add glue of its own.
pub(super) const MOST_INSTANCES: u32 = 4;
pub(super) const MOST_TABLES: u32 = 4;
pub(super) const TABLE_ELEMENTS: usize = 10_000;

/// The rule asked for more memory or table space than it may have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MemoryExhausted {
    pub limit_bytes: usize,
}

impl fmt::Display for MemoryExhausted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "the rule asked for more than the {} bytes of memory it may have",
            self.limit_bytes
        )
    }
}

impl std::error::Error for MemoryExhausted {}

/// What a store carries while a rule runs in it.
pub(crate) struct CallState {
    used_bytes: usize,
    limit_bytes: usize,
}

impl CallState {
    pub fn new(limit_bytes: usize) -> Self {
        Self {
            used_bytes: 0,
            limit_bytes,
        }
    }

    fn exhausted(&self) -> wasmtime::Error {
        wasmtime::Error::new(MemoryExhausted {
            limit_bytes: self.limit_bytes,
        })
    }
}

impl ResourceLimiter for CallState {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let used = self
            .used_bytes
            .saturating_add(desired.saturating_sub(current));
        if used > self.limit_bytes {
            return Err(self.exhausted());
        }
        self.used_bytes = used;
        Ok(true)
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        Err(self.exhausted())
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if desired > TABLE_ELEMENTS {
            Err(self.exhausted())
        } else {
            Ok(true)
        }
    }

    fn table_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        Err(self.exhausted())
    }

    fn instances(&self) -> usize {
        MOST_INSTANCES as usize
    }

    fn tables(&self) -> usize {
        MOST_TABLES as usize
    }

    fn memories(&self) -> usize {
        1
    }
}
