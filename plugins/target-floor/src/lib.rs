//! A target, a slope and a floor: full points at the target, so much less for each percentage point short, never below the
//! floor. Targets are parameters, so that the same rule runs another year.

use tidyward_rule_sdk::{Failure, Points, Ratio, Row, Rule, Sheet, export, names};

names! {
    parameter { SATISFACTION_TARGET = "satisfaction_target", ON_TIME_TARGET = "on_time_target" }
}

names! {
    input { SATISFACTION = "metric.satisfaction_rate", ON_TIME = "metric.on_time_rate" }
}

names! {
    criterion { SATISFACTION = "satisfaction", ON_TIME = "on_time" }
}

names! {
    message { SHORT = "short" }
}

/// The targets in percent.
#[derive(Debug)]
pub struct TargetFloor {
    satisfaction: Points,
    on_time: Points,
}

export!(TargetFloor);

impl Rule for TargetFloor {
    const PARAMETERS: &'static [&'static str] = parameter::NAMES;
    const INPUTS: &'static [&'static str] = input::NAMES;
    const CRITERIA: &'static [&'static str] = criterion::NAMES;
    const MESSAGES: &'static [&'static str] = message::NAMES;

    fn new(parameters: &[Points]) -> Result<Self, Failure> {
        let target = |index: usize| parameters.get(index).copied().ok_or(Failure::BadParameters);
        Ok(Self {
            satisfaction: target(parameter::SATISFACTION_TARGET)?,
            on_time: target(parameter::ON_TIME_TARGET)?,
        })
    }

    #[inline(always)]
    fn score(&self, row: Row<'_>, sheet: &mut Sheet<'_>) {
        let satisfaction = Scheme {
            full: Points::whole(25),
            for_each_percent: Ratio::constant(1, 2),
            floor: Points::from_units(125_000),
        };
        let on_time = Scheme {
            full: Points::whole(20),
            for_each_percent: Ratio::whole(1),
            floor: Points::ZERO,
        };
        // A rate has four decimal places, as points have, so that it reads as them.
        let rate = |input: usize| row.get(input).map(Points::from_units);
        if let Some(rate) = rate(input::SATISFACTION) {
            satisfaction.give(sheet, criterion::SATISFACTION, self.satisfaction - rate);
        }
        if let Some(rate) = rate(input::ON_TIME) {
            on_time.give(sheet, criterion::ON_TIME, self.on_time - rate);
        }
    }
}

/// How points fall with the percentage points short of a target.
struct Scheme {
    full: Points,
    for_each_percent: Ratio,
    floor: Points,
}

impl Scheme {
    fn give(&self, sheet: &mut Sheet<'_>, criterion: usize, short: Points) {
        if short <= Points::ZERO {
            sheet.item(criterion, Some(self.full));
            return;
        }
        let points = self.full - short.times(self.for_each_percent);
        sheet.item(criterion, Some(points.max(self.floor)));
        sheet.note(criterion, message::SHORT, short);
    }
}

#[cfg(test)]
mod tests {
    use tidyward_rule_sdk::testing::{check_golden, check_manifest, score_row};

    use super::*;

    #[test]
    fn the_lists_are_the_manifests() {
        check_manifest::<TargetFloor>(include_str!("../rule.toml"));
    }

    #[test]
    fn every_published_pair_comes_out_exactly() {
        check_golden::<TargetFloor>(include_str!("../rule.toml"), include_str!("../golden.csv"));
    }

    #[test]
    fn what_is_short_is_said() {
        let scored =
            score_row::<TargetFloor>(&["98", "95"], &[("metric.satisfaction_rate", 875_000)]);
        assert_eq!(
            scored.notes,
            [("satisfaction", "short", Points::from_units(105_000))]
        );
        assert_eq!(scored.items["on_time"], None);
        let reached = score_row::<TargetFloor>(&["98", "95"], &[("metric.on_time_rate", 950_000)]);
        assert_eq!(reached.items["on_time"], Some(Points::whole(20)));
        assert_eq!(reached.notes, []);
    }
}
