//! How the engine is set up: every proposal that rules do not need is off, and every pool is as small as a rule needs.

use std::time::Duration;

use wasmtime::{
    Config, Enabled, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, Strategy,
    WasmFeatures,
};

use super::THREAD_STACK_BYTES;
use super::limits::{MOST_INSTANCES, MOST_TABLES, TABLE_ELEMENTS};

/// What one machine gives to rules.
#[derive(Clone, Copy, Debug)]
pub struct HostSettings {
    /// Calls that may run at one time; more wait.
    pub instances: u32,
    /// The sum of one instance's memories.
    pub memory_bytes: usize,
    /// How often the wall clock is looked at.
    pub tick: Duration,
    /// After this a call is cancelled and tried again with twice the time.
    pub call_limit: Duration,
    /// Tries before a run gives up.
    pub attempts: u32,
    /// Whether what this process compiles itself is optimised. It makes no difference to any result, as tests show.
    pub optimised: bool,
}

impl Default for HostSettings {
    fn default() -> Self {
        let cores = std::thread::available_parallelism()
            .map_or(4, |cores| u32::try_from(cores.get()).unwrap_or(64));
        Self {
            instances: (2 * cores).max(4),
            memory_bytes: 64 * 1024 * 1024,
            tick: Duration::from_millis(10),
            call_limit: Duration::from_secs(10),
            attempts: 3,
            optimised: true,
        }
    }
}

/// What a rule may use of a thread's stack.
const WASM_STACK_BYTES: usize = THREAD_STACK_BYTES / 4;

/// The features that stay on; the gate validates with the same ones.
const FEATURES: WasmFeatures = WasmFeatures::MUTABLE_GLOBAL
    .union(WasmFeatures::SATURATING_FLOAT_TO_INT)
    .union(WasmFeatures::SIGN_EXTENSION)
    .union(WasmFeatures::REFERENCE_TYPES)
    .union(WasmFeatures::MULTI_VALUE)
    .union(WasmFeatures::BULK_MEMORY)
    .union(WasmFeatures::FLOATS)
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::COMPONENT_MODEL);

/// How rules run here.
pub(super) fn engine_config(settings: &HostSettings) -> Config {
    let mut config = code_config(settings.optimised);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(settings)));
    config
}

/// What decides on the code that a rule is compiled to. Whoever only compiles needs no pool of memory.
pub(crate) fn code_config(optimised: bool) -> Config {
    let mut config = Config::new();
    let level = if optimised {
        OptLevel::Speed
    } else {
        OptLevel::None
    };
    config
        .strategy(Strategy::Cranelift)
        .cranelift_opt_level(level)
        .cranelift_nan_canonicalization(true)
        .consume_fuel(true)
        .epoch_interruption(true)
        .memory_init_cow(true)
        .max_wasm_stack(WASM_STACK_BYTES)
        .concurrency_support(false)
        .wasm_features(WasmFeatures::all().difference(FEATURES), false)
        .wasm_features(FEATURES, true);
    config
}

fn pool(settings: &HostSettings) -> PoolingAllocationConfig {
    // With the kernel's page scan only dirty pages are reset, and a warm mebibyte is the fastest; without it the whole
    // of it would be cleared at each instantiation, and nothing kept is.
    let scan = PoolingAllocationConfig::is_pagemap_scan_available();
    let instances = settings.instances.max(1);
    let mut pool = PoolingAllocationConfig::new();
    pool.pagemap_scan(Enabled::Auto)
        .linear_memory_keep_resident(if scan { 1024 * 1024 } else { 0 })
        .table_keep_resident(if scan { 64 * 1024 } else { 0 })
        .total_component_instances(instances)
        .total_core_instances(instances * MOST_INSTANCES)
        .total_memories(instances)
        .total_tables(instances * MOST_TABLES)
        .max_core_instances_per_component(MOST_INSTANCES)
        .max_memories_per_component(1)
        .max_memories_per_module(1)
        .max_tables_per_component(MOST_TABLES)
        .max_tables_per_module(MOST_TABLES)
        .table_elements(TABLE_ELEMENTS)
        .max_memory_size(settings.memory_bytes);
    pool
}
