//! Facts counted once more, from nothing but the rounds behind them, as a rule would count them.

use std::collections::HashSet;

use tidyward_kit::mark;

use super::*;
use crate::issue::State;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn the_rounds_of_a_grid_come_to_its_facts(lives in life::lives(), late in model::closing_delays(), index in 0_i64..model::PERIODS) {
        let closings = model::closings(&life::entries(&lives), &late);
        let window = period(index);
        let counted = tally(life::entries(&lives), window, Closings::new(closings), i64::MAX);
        let gathered = counted.rounds.as_ref().unwrap();
        let sums = &counted.sums;
        for grid in 0..4 {
            let of = |by_grid: &ByGrid| by_grid.get(&grid).copied().unwrap_or_default();
            let there: Vec<&RoundFacts> = gathered.rounds.iter().filter(|one| one.row == grid).collect();
            let (own, external): (Vec<&RoundFacts>, Vec<&RoundFacts>) = there.iter().partition(|one| has(one, mark::OWN));
            for (rounds, counts) in [(own, of(&sums.own)), (external, of(&sums.external))] {
                prop_assert_eq!(rounds.is_empty(), counts.is_zero(), "no round where nothing counts, and none without a round");
                moves_agree(&rounds, &counts, window)?;
                states_agree(&rounds, &counts)?;
                beginnings_agree(&rounds, &counts, window)?;
            }
            moves_agree(&only(&there, |one| has(one, mark::URGENT)), &of(&sums.urgent), window)?;
            for (code, by_grid) in &counted.categories {
                let category = gathered.codes.iter().position(|other| other == code).unwrap() as u32;
                moves_agree(&only(&there, |one| one.category == category), &of(by_grid), window)?;
            }
        }
    }

    /// And where nothing is recorded late, an issue is reported in its first round and in no other.
    #[test]
    fn nothing_after_the_end_changes_a_round(lives in life::lives(), index in 0_i64..model::PERIODS) {
        let window = period(index);
        let rounds = |entries: Vec<Entry<'_>>| {
            let gathered = tally(entries, window, Closings::default(), i64::MAX).rounds.unwrap();
            // Categories have the numbers in which they come.
            let coded = |one: RoundFacts| (gathered.codes[one.category as usize].clone(), RoundFacts { category: 0, ..one });
            gathered.rounds.into_iter().map(coded).collect::<Vec<_>>()
        };
        let all = rounds(life::entries(&lives));
        let mut seen = life::entries(&lives);
        seen.retain(|entry| entry.occurred_at < window.end);
        prop_assert_eq!(&all, &rounds(seen));

        let firsts = all.iter().filter(|one| one.1.round <= 1).map(|one| one.1.issue);
        let firsts: Vec<i64> = firsts.collect();
        prop_assert_eq!(firsts.len(), firsts.iter().collect::<HashSet<_>>().len());
        for (_, one) in all.iter().filter(|one| one.1.round > 1) {
            prop_assert!(has(one, mark::REOPENED) && one.filed_at.is_some());
        }
    }
}

fn has(round: &RoundFacts, mark: u32) -> bool {
    round.marks & mark != 0
}

fn only<'r>(rounds: &[&'r RoundFacts], holds: impl Fn(&RoundFacts) -> bool) -> Vec<&'r RoundFacts> {
    rounds.iter().copied().filter(|one| holds(one)).collect()
}

fn count(rounds: &[&RoundFacts], holds: impl Fn(&RoundFacts) -> bool) -> i64 {
    only(rounds, holds).len() as i64
}

/// What is counted in the round in which it happens, and whose instant the round tells.
fn moves_agree(
    rounds: &[&RoundFacts],
    counts: &Counts,
    window: Window,
) -> Result<(), TestCaseError> {
    let within = |at: Option<i64>| at.is_some_and(|at| window.holds(at));
    let filed = count(rounds, |one| within(one.filed_at));
    prop_assert_eq!(counts.of(Measure::Filed), filed);
    let forced = count(rounds, |one| {
        has(one, mark::FORCED) && within(one.closed_at)
    });
    prop_assert_eq!(counts.of(Measure::Forced), forced);
    let passed = count(rounds, |one| {
        one.round > 0 && !has(one, mark::FORCED) && within(one.closed_at)
    });
    let checks = counts.of(Measure::Checks) - counts.of(Measure::ChecksFailed);
    prop_assert_eq!(checks, passed);
    Ok(())
}

/// What is counted of rounds only if they stand so at the end.
fn states_agree(rounds: &[&RoundFacts], counts: &Counts) -> Result<(), TestCaseError> {
    let passed =
        |one: &RoundFacts| one.round > 0 && one.closed_at.is_some() && !has(one, mark::FORCED);
    let on_time = |one: &RoundFacts| {
        let times = one.handed_in_at.zip(one.due_at);
        passed(one) && times.is_some_and(|(handed_in, due)| handed_in <= due)
    };
    let open = |one: &RoundFacts| crate::standing::is_open(one.state);
    let at_most = [
        (
            &[Measure::DueSuspended][..],
            count(rounds, |one| has(one, mark::SUSPENDED)),
        ),
        (
            &[Measure::Closed, Measure::BacklogClosed],
            count(rounds, passed),
        ),
        (&[Measure::HandledOnTime], count(rounds, on_time)),
        (
            &[Measure::OverdueOpen, Measure::BacklogOpen],
            count(rounds, open),
        ),
        (
            &[Measure::Rejected],
            count(rounds, |one| one.state == State::Rejected),
        ),
        (
            &[Measure::Merged],
            count(rounds, |one| one.state == State::Merged),
        ),
        (
            &[Measure::ReworkCases],
            count(rounds, |one| one.failed_checks >= 1),
        ),
        (
            &[Measure::ReworkCases3],
            count(rounds, |one| one.failed_checks >= 3),
        ),
    ];
    for (measures, most) in at_most {
        let told: i64 = measures.iter().map(|measure| counts.of(*measure)).sum();
        prop_assert!(told <= most, "{:?}: {} of {}", measures, told, most);
    }
    let marks = [
        (Measure::Fraud, mark::FRAUD),
        (Measure::Refused, mark::REFUSED),
        (Measure::FalseClose, mark::FALSE_CLOSE),
    ];
    for (measure, mark) in marks {
        let marked = rounds.iter().any(|one| has(one, mark));
        prop_assert!(marked || counts.of(measure) == 0, "{:?}", measure);
    }
    Ok(())
}

/// What came before the filing, under whatever category that was. What was settled on the spot and reopened is a round
/// that tells of it no more.
fn beginnings_agree(
    rounds: &[&RoundFacts],
    counts: &Counts,
    window: Window,
) -> Result<(), TestCaseError> {
    let reported = rounds.iter().filter(|one| window.holds(one.reported_at));
    let reported: HashSet<i64> = reported.map(|one| one.issue).collect();
    prop_assert_eq!(counts.of(Measure::Reported), reported.len() as i64);
    let on_spot = count(rounds, |one| {
        one.round == 0 && one.closed_at.is_some_and(|at| window.holds(at))
    });
    let reopened = count(rounds, |one| one.round == 1 && has(one, mark::REOPENED));
    let told = on_spot..=on_spot + reopened;
    prop_assert!(told.contains(&counts.of(Measure::OnSpot)));
    Ok(())
}
