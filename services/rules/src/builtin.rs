//! The rules that come with every installation, built and embedded. None is in force until a district activates it.

/// One embedded rule: the file as it stands beside its source in `plugins/`.
#[derive(Clone, Copy, Debug)]
pub struct Builtin {
    pub id: &'static str,
    pub bytes: &'static [u8],
}

/// All of them, by id.
pub const BUILTIN: &[Builtin] = &[
    Builtin {
        id: "case-deductions",
        bytes: include_bytes!("../../../plugins/case-deductions/case-deductions.wasm"),
    },
    Builtin {
        id: "case-rates",
        bytes: include_bytes!("../../../plugins/case-rates/case-rates.wasm"),
    },
    Builtin {
        id: "standard",
        bytes: include_bytes!("../../../plugins/standard/standard.wasm"),
    },
    Builtin {
        id: "target-floor",
        bytes: include_bytes!("../../../plugins/target-floor/target-floor.wasm"),
    },
];
