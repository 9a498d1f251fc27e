//! Rounds as a person would tell them from an issue's moves.

use tidyward_kit::mark;

use super::*;
use crate::{
    facts::rounds::RoundTable,
    issue::{Severity, Source, State},
};
use Kind::*;

/// The rounds of one issue of category `a` in `g0` that count in the period.
fn rounds_of(moves: &[Moved], (start, end): (i64, i64)) -> Vec<RoundFacts> {
    let report = |index: usize| {
        (index == 0).then(|| Report {
            category: "a".into(),
            grid: Some("g0".into()),
        })
    };
    let moves = moves.iter().enumerate();
    let entries = moves.map(|(index, moved)| entry(7, index as i64, *moved, report(index)));
    let counted = tally(
        entries.collect(),
        Window { start, end },
        Closings::default(),
        i64::MAX,
    );
    counted.rounds.unwrap().rounds
}

fn before(kind: Kind, at: i64) -> Moved {
    Moved {
        round: 0,
        ..moved(kind, at)
    }
}

fn second(kind: Kind, at: i64) -> Moved {
    Moved {
        round: 2,
        ..moved(kind, at)
    }
}

fn by(deadline: i64, kind: Kind, at: i64) -> Moved {
    Moved {
        handling_deadline: Some(deadline),
        ..moved(kind, at)
    }
}

/// Number, state, and marks of each.
fn standing(rounds: &[RoundFacts]) -> Vec<(i32, State, u32)> {
    let standing = |round: &RoundFacts| (round.round, round.state, round.marks);
    rounds.iter().map(standing).collect()
}

#[test]
fn a_round_tells_its_instants_and_how_it_was_filed() {
    let mut moves = dispatched(10, 20, 60);
    moves[0].marks = Marks::OWN;
    moves[1].marks = Marks::URGENT;
    moves.extend([moved(HandedIn, 15), moved(CheckPassed, 16)]);
    let expected = RoundFacts {
        row: 0,
        issue: 7,
        round: 1,
        category: 1,
        severity: Severity::Urgent,
        state: State::Closed,
        reported_at: 10,
        filed_at: Some(10),
        due_at: Some(20),
        handed_in_at: Some(15),
        closed_at: Some(16),
        failed_checks: 0,
        marks: mark::OWN | mark::URGENT,
    };
    assert_eq!(rounds_of(&moves, (0, 100)), std::slice::from_ref(&expected));
    // The check is seen no more.
    let checking = RoundFacts {
        state: State::Checking,
        closed_at: None,
        ..expected
    };
    assert_eq!(rounds_of(&moves, (0, 16)), [checking]);
    assert_eq!(rounds_of(&moves, (100, 200)), [], "nothing counts there");
}

#[test]
fn a_reopened_issue_has_two_rounds_each_with_a_state_of_its_own() {
    let mut moves = dispatched(10, 20, 60);
    moves.extend([
        moved(HandedIn, 15),
        moved(CheckFraud, 16),
        moved(HandedIn, 18),
        moved(CheckPassed, 19),
        moved(Reopened, 30),
        moved(FoundFalse, 30),
        second(Filed, 30),
        second(Dispatched, 35),
        second(Returned, 36),
        second(ReturnOverruled, 37),
        second(Dispatched, 37),
        second(Accepted, 38),
    ]);
    let marks = mark::FRAUD | mark::FALSE_CLOSE;
    let again = mark::REOPENED | mark::REFUSED;
    let rounds = rounds_of(&moves, (0, 100));
    assert_eq!(
        standing(&rounds),
        [(1, State::Closed, marks), (2, State::Handling, again)]
    );
    assert_eq!((rounds[0].failed_checks, rounds[1].failed_checks), (1, 0));
    assert_eq!((rounds[1].reported_at, rounds[1].filed_at), (10, Some(30)));
    assert_eq!((rounds[1].due_at, rounds[1].closed_at), (None, None));
    // Where the second was not begun yet, the first is not found false either.
    assert_eq!(
        standing(&rounds_of(&moves, (0, 30))),
        [(1, State::Closed, mark::FRAUD)]
    );
    // What the first came to counts in that period and no longer.
    assert_eq!(
        standing(&rounds_of(&moves, (35, 100))),
        [(2, State::Handling, again)]
    );
}

#[test]
fn what_is_never_filed_is_a_round_without_a_number() {
    let check = |moves: &[Moved], state: State, closed_at: Option<i64>| {
        let rounds = rounds_of(moves, (0, 100));
        assert_eq!(standing(&rounds), [(0, state, 0)]);
        assert_eq!(rounds[0].severity, Severity::Unspecified);
        assert_eq!((rounds[0].filed_at, rounds[0].closed_at), (None, closed_at));
    };
    let reported = moved(Reported, 10);
    check(&[reported], State::Reported, None);
    check(&[reported, before(Verified, 12)], State::Verified, None);
    check(&[reported, before(Rejected, 12)], State::Rejected, None);
    check(&[reported, before(Merged, 12)], State::Merged, None);
    check(&[reported, before(Settled, 12)], State::Closed, Some(12));
}

#[test]
fn a_filing_after_the_period_leaves_a_round_without_a_number_in_it() {
    let mut moves = dispatched(110, 120, 160);
    moves[0].at = 90;
    moves[1].category = Some(0);
    assert_eq!(
        standing(&rounds_of(&moves, (0, 100))),
        [(0, State::Reported, 0)]
    );
    let filed = rounds_of(&moves, (100, 200));
    assert_eq!(standing(&filed), [(1, State::Dispatched, 0)]);
    assert_eq!((filed[0].reported_at, filed[0].filed_at), (90, Some(110)));
}

#[test]
fn what_came_before_the_filing_belongs_to_the_first_round() {
    // Found false, reopened and filed: one round, which was not closed itself.
    let moves = [
        moved(Reported, 10),
        before(Settled, 12),
        before(RecheckFailed, 20),
        before(FoundFalse, 20),
        before(Reopened, 30),
        moved(Filed, 30),
    ];
    let settled = rounds_of(&moves, (0, 30));
    assert_eq!(standing(&settled), [(0, State::Closed, mark::FALSE_CLOSE)]);
    let filed = rounds_of(&moves, (0, 100));
    let marks = mark::REOPENED | mark::FALSE_CLOSE;
    assert_eq!(standing(&filed), [(1, State::Filed, marks)]);
    assert_eq!(filed[0].closed_at, None);
    // The report takes effect later than the filing, which counts in the period before: it is a round of that number.
    let late = [moved(Reported, 110), moved(Filed, 50)];
    assert_eq!(
        standing(&rounds_of(&late, (100, 200))),
        [(1, State::Filed, 0)]
    );
}

#[test]
fn a_hand_in_keeps_the_deadline_by_which_it_was_measured() {
    let mut moves = dispatched(10, 20, 60);
    let due = |moves: &[Moved]| {
        let rounds = rounds_of(moves, (0, 100));
        (rounds[0].handed_in_at, rounds[0].due_at)
    };
    moves.push(by(25, ExtensionApproved, 18));
    assert_eq!(due(&moves), (None, Some(25)));
    moves.push(moved(HandedIn, 30));
    assert_eq!(due(&moves), (Some(30), Some(25)));
    moves.push(by(50, CheckFailed, 40));
    assert_eq!(due(&moves), (Some(30), Some(25)), "handed in too late");
    moves.push(moved(HandedIn, 45));
    assert_eq!(due(&moves), (Some(45), Some(50)));
    // A deadline that comes after the period's end is none of the period.
    let mut later = dispatched(10, 20, 60);
    later.push(by(150, ExtensionApproved, 120));
    assert_eq!(due(&later), (None, Some(20)));
}

#[test]
fn a_suspension_that_is_over_is_none_even_where_nobody_wrote_that_down() {
    let mut moves = dispatched(10, 20, 60);
    moves.push(moved(Accepted, 11));
    moves.push(Moved {
        until: Some(50),
        ..moved(Suspended, 15)
    });
    let standing = |moves: &[Moved], end: i64| standing(&rounds_of(moves, (0, end)));
    let suspended = [(1, State::Suspended, mark::SUSPENDED)];
    assert_eq!(standing(&moves, 50), suspended);
    let handling = [(1, State::Handling, 0)];
    assert_eq!(standing(&moves, 51), handling);
    moves[4].until = None;
    assert_eq!(standing(&moves, 51), suspended);
    moves.push(moved(Resumed, 30));
    assert_eq!(standing(&moves, 51), handling);
    moves[5] = moved(ForceClosed, 30);
    assert_eq!(standing(&moves, 51), [(1, State::Closed, mark::FORCED)]);
    moves[5] = moved(Merged, 30);
    moves[5].round = 1;
    assert_eq!(standing(&moves, 51), [(1, State::Merged, 0)]);
}

fn named(row: u32, category: u32, reported_at: i64, round: i32, issue: i64) -> RoundFacts {
    RoundFacts {
        row,
        issue,
        round,
        category,
        reported_at,
        ..rounds_of(&dispatched(10, 20, 60), (0, 100)).remove(0)
    }
}

/// Issue 3 is named before issue 2.
fn table(rounds: Vec<RoundFacts>) -> RoundTable {
    let names = [(2, 9), (3, 4), (5, 5)];
    let id = |last: u128| uuid::Uuid::from_u128(last);
    let names = names.map(|(number, last)| (number, (id(last), Source::Patrol)));
    let pair = |code: &str, above: &str| (code.to_owned(), Some(above.to_owned()));
    let gathered = Gathered {
        codes: ["litter", "bags", "snow"].map(str::to_owned).to_vec(),
        rounds,
    };
    let tree = Tree::new([pair("bags", "litter"), pair("litter", "waste")]);
    RoundTable::new(0, gathered, tree, &HashMap::from(names)).unwrap()
}

#[test]
fn rounds_come_by_report_then_name_then_number() {
    let table = table(vec![
        named(0, 0, 20, 2, 2),
        named(0, 0, 20, 1, 2),
        named(0, 0, 20, 1, 3),
        named(0, 0, 10, 1, 5),
    ]);
    let order = table.rounds.iter().map(|one| {
        let facts = &one.facts;
        (facts.reported_at, facts.issue, facts.round)
    });
    let order: Vec<_> = order.collect();
    assert_eq!(order, [(10, 5, 1), (20, 3, 1), (20, 2, 1), (20, 2, 2)]);
}

#[test]
fn the_rounds_of_some_rows_have_those_rows_places_and_their_own_categories() {
    let rounds = vec![
        named(4, 2, 1, 1, 2),
        named(1, 1, 2, 1, 3),
        named(3, 0, 3, 1, 5),
    ];
    let mut table = table(rounds);
    let all = [
        ("bags", "litter"),
        ("litter", "waste"),
        ("snow", ""),
        ("waste", ""),
    ];
    assert_eq!(table.categories().into_iter().collect::<Vec<_>>(), all);
    table.keep(&[1, 2, 3]);
    let rows: Vec<_> = table
        .rounds
        .iter()
        .map(|one| (one.facts.issue, one.facts.row))
        .collect();
    assert_eq!(rows, [(3, 0), (5, 2)]);
    let kept: Vec<&str> = table.categories().into_keys().collect();
    assert_eq!(kept, ["bags", "litter", "waste"]);
    table.keep(&[]);
    assert!(table.rounds.is_empty() && table.categories().is_empty());
}
