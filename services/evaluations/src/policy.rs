//! What a district's rules may take, and whether they must be signed. What is not set is the default.

use std::{collections::BTreeMap, ops::RangeInclusive};

use tidyward_kit::Violations;
use tidyward_rules::gate::GateLimits;

/// The largest component that a district may be given.
pub const LARGEST_COMPONENT: i64 = 16 * 1_024 * 1_024;
/// The most fuel of a call that a district may be given.
pub const MOST_FUEL: i64 = 10_000_000_000;
/// Versions that a district may have pushed where nothing else is set.
const VERSIONS: i64 = 1_000;

/// What is set; nothing is the default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    pub signature_required: bool,
    /// Bytes.
    pub component_bytes: Option<i64>,
    /// The engine's units.
    pub call_fuel: Option<i64>,
    pub versions: Option<i64>,
}

/// A limit by the name of its field in `RulePolicy`, and what it may be.
const LIMITS: [(&str, RangeInclusive<i64>); 3] = [
    ("component_bytes_limit", 1_024..=LARGEST_COMPONENT),
    ("call_fuel_limit", 1_000_000..=MOST_FUEL),
    ("versions_limit", 1..=100_000),
];

/// Every field that can be set, the limits last.
pub const FIELDS: [&str; 4] = ["signature_required", LIMITS[0].0, LIMITS[1].0, LIMITS[2].0];

/// Whether what the field says is for the platform's admin alone.
pub fn is_limit(field: &str) -> bool {
    LIMITS.iter().any(|limit| limit.0 == field)
}

impl Policy {
    /// Bytes of a component at most.
    pub fn component_bytes(&self) -> usize {
        let set = self
            .component_bytes
            .and_then(|bytes| usize::try_from(bytes).ok());
        set.unwrap_or_else(|| GateLimits::default().bytes)
    }

    /// Fuel of every call.
    pub fn call_fuel(&self, of_server: u64) -> u64 {
        self.call_fuel.map_or(of_server, i64::unsigned_abs)
    }

    /// Versions that may have been pushed.
    pub fn versions(&self) -> i64 {
        self.versions.unwrap_or(VERSIONS)
    }

    /// Sets a limit by its field's name; 0 is the default.
    pub fn set_limit(&mut self, field: &str, value: i64, violations: &mut Violations) {
        let Some((_, range)) = LIMITS.iter().find(|limit| limit.0 == field) else {
            return;
        };
        if value != 0 && !range.contains(&value) {
            let words = format!(
                "must be {} to {}, or 0 for the default",
                range.start(),
                range.end()
            );
            violations.add(format!("rule_policy.{field}"), words);
            return;
        }
        let value = (value != 0).then_some(value);
        match field {
            "component_bytes_limit" => self.component_bytes = value,
            "call_fuel_limit" => self.call_fuel = value,
            _ => self.versions = value,
        }
    }

    /// What is set, by the fields' names.
    pub fn details(&self) -> BTreeMap<String, String> {
        let limits = [self.component_bytes, self.call_fuel, self.versions];
        let limits = LIMITS
            .iter()
            .zip(limits)
            .filter_map(|(limit, value)| Some((limit.0.to_owned(), value?.to_string())));
        let required = self.signature_required.to_string();
        limits
            .chain([("signature_required".to_owned(), required)])
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_set_is_the_default_and_0_takes_it_back() {
        let mut policy = Policy::default();
        assert_eq!(policy.component_bytes(), 1_024 * 1_024);
        assert_eq!((policy.call_fuel(7), policy.versions()), (7, 1_000));
        let mut violations = Violations::default();
        for (field, value) in FIELDS[1..].iter().zip([2_048, 3_000_000, 5]) {
            assert!(is_limit(field));
            policy.set_limit(field, value, &mut violations);
        }
        assert_eq!(policy.component_bytes(), 2_048);
        assert_eq!((policy.call_fuel(7), policy.versions()), (3_000_000, 5));
        assert_eq!(policy.details().len(), 4);
        for field in &FIELDS[1..] {
            policy.set_limit(field, 0, &mut violations);
        }
        assert!(violations.is_empty());
        assert_eq!(policy, Policy::default());
        assert!(!is_limit(FIELDS[0]));
    }

    #[test]
    fn a_limit_out_of_its_range_is_refused_by_its_field_and_changes_nothing() {
        for (field, range) in LIMITS {
            for value in [range.start() - 1, range.end() + 1, -1, i64::MIN] {
                if value == 0 {
                    continue;
                }
                let (mut policy, mut violations) = (Policy::default(), Violations::default());
                policy.set_limit(field, value, &mut violations);
                let error = violations.into_error();
                assert_eq!(error.violations[0].field, format!("rule_policy.{field}"));
                assert_eq!(policy, Policy::default());
            }
        }
    }
}
