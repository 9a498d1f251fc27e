//! What the rules of a district used, counted by version and month where rules are called: for reviews, trials and shadows,
//! and at the gate.

use std::sync::Arc;

use jiff::{Timestamp, tz::TimeZone};
use tidyward_kit::{Error, caller::District};
use tidyward_rules::host::Rule;
pub use tidyward_rules::host::Used;

use crate::{House, rule::VersionId, store};

/// What a version used in a month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    /// In UTC: `2026-11`.
    pub month: String,
    pub id: VersionId,
    pub used: Used,
}

/// The month of an instant, in UTC.
pub fn month(now: Timestamp) -> String {
    now.to_zoned(TimeZone::UTC).strftime("%Y-%m").to_string()
}

/// Writes down what versions used.
pub(crate) async fn write(
    house: &House,
    district: &District,
    used: Vec<(VersionId, Used)>,
) -> Result<(), Error> {
    let (own, month) = (district.clone(), month(house.clock.now()));
    let used: Arc<[_]> = used.into();
    let written = house.db.write(move |transaction| {
        let (district, month, used) = (own.clone(), month.clone(), used.clone());
        Box::pin(async move {
            for (id, used) in used.iter() {
                store::usage::add(transaction, &district, id, &month, used).await?;
            }
            Ok(())
        })
    });
    written.await
}

/// Writes down what the rule used since it was asked last. What cannot be written down is counted with the next.
pub(crate) async fn note(house: &House, district: &District, rule: &Rule) -> Result<(), Error> {
    let used = rule.take_used();
    if used == Used::default() {
        return Ok(());
    }
    let id = VersionId::of(rule.manifest());
    let written = write(house, district, vec![(id, used)]).await;
    written.inspect_err(|_| rule.give_back(used))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_those_of_utc() {
        let month = |text: &str| month(text.parse().unwrap());
        assert_eq!(month("2026-11-30T23:59:59Z"), "2026-11");
        assert_eq!(month("2026-12-01T00:00:00Z"), "2026-12");
        assert_eq!(month("2026-12-01T07:00:00+08:00"), "2026-11");
    }
}
