//! Names the place of a finding: a byte offset, and the function by name where the file has names.

use std::collections::BTreeMap;

use wasmparser::{Name, NameSectionReader};

use super::{Refusal, RefusalReason};
use crate::text;

/// Where a breach lies, until the names at the end of the module are known.
#[derive(Clone, Copy)]
pub(super) enum Place {
    Offset(u64),
    Function { index: u32, offset: u64 },
}

/// A breach of a limit that waits for the manifest and for names.
pub(super) struct Finding {
    pub reason: RefusalReason,
    pub message: String,
    pub place: Place,
}

impl Finding {
    pub fn refusal(self, names: &BTreeMap<u32, String>) -> Refusal {
        let place = match self.place {
            Place::Offset(at) => offset(at),
            Place::Function { index, offset: at } => match names.get(&index) {
                Some(name) => format!("function {index} ({name}), {}", offset(at)),
                None => format!("function {index}, {}", offset(at)),
            },
        };
        Refusal::new(self.reason, self.message).at(place)
    }
}

pub(super) fn offset(offset: u64) -> String {
    format!("byte offset {offset:#x}")
}

/// Function names by index; a broken name section names nothing, for names are only for people.
pub(super) fn function_names(section: NameSectionReader) -> BTreeMap<u32, String> {
    let mut names = BTreeMap::new();
    for name in section.into_iter().flatten() {
        let Name::Function(functions) = name else {
            continue;
        };
        for naming in functions.into_iter().flatten() {
            let shortened: String = naming
                .name
                .chars()
                .filter(|letter| !text::is_hidden(*letter))
                .take(120)
                .collect();
            names.insert(naming.index, shortened);
        }
    }
    names
}
