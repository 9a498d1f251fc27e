//! Any text is a manifest or has problems that can be shown; a manifest is read the same twice, and its own parameters fit it.

#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use tidyward_fuzz::known_fact;
use tidyward_rules::{manifest::Manifest, points::ABSENT};

fuzz_target!(|text: &str| {
    match Manifest::parse(text, &known_fact) {
        Ok(manifest) => {
            assert_eq!(manifest.source, text);
            assert_eq!(Manifest::parse(text, &known_fact).as_ref(), Ok(&manifest));
            let parameters = manifest.parameters(&BTreeMap::new());
            assert_eq!(
                parameters.map(|values| values.len()),
                Ok(manifest.parameters.len())
            );
            let best: Vec<i64> = manifest.criteria.iter().map(|one| one.max).collect();
            let total = manifest.total(&best);
            let range = manifest.range.min..=manifest.range.max;
            assert!(total == ABSENT || range.contains(&total));
        }
        Err(problems) => {
            assert!(!problems.is_empty());
            for problem in problems {
                assert!(!problem.to_string().contains(char::is_control), "{problem}");
            }
        }
    }
});
