//! Cases that a person would ask about: the whole life against the model, and single moves by hand.

use super::{life::Life, *};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn a_whole_life_counts_for_what_a_walk_through_its_time_counts(lives in life::lives(), index in 0_i64..model::PERIODS) {
        let told = tally(life::entries(&lives), period(index), Closings::default(), i64::MAX).sums.city;
        let walked = walk::walk(&lives, period(index));
        for measure in all() {
            prop_assert_eq!(told.of(measure), walked[measure as usize], "{:?}", measure);
        }
    }

    /// Each period is counted as it is when it is closed, as a review does, and again when all is recorded, however late.
    #[test]
    fn no_round_is_accountable_in_two_periods_or_in_none(lives in life::lives(), late in model::closing_delays()) {
        for one in &lives {
            let entries = || life::entries(std::slice::from_ref::<Life>(one));
            let closings = model::closings(&entries(), &late);
            let (mut due, mut left) = (0, 0);
            for (index, closing) in (0..).zip(&closings) {
                let known = Closings::new(closings[..index].to_vec());
                let city = tally(entries(), period(index as i64), known, closing.watermark).sums.city;
                let later = Closings::new(closings.clone());
                let later = tally(entries(), period(index as i64), later, i64::MAX).sums.city;
                prop_assert_eq!(city, later, "what is recorded later changes no closed period");
                let of = |measure: Measure| city.of(measure);
                prop_assert!(of(Measure::Closed) <= of(Measure::Due) - of(Measure::DueSuspended));
                prop_assert!(of(Measure::HandledOnTime) <= of(Measure::Closed));
                prop_assert!(of(Measure::Answered) <= of(Measure::Asked));
                prop_assert_eq!(of(Measure::BacklogStart), left, "the backlog goes on from period to period");
                left = of(Measure::OverdueOpen) + of(Measure::BacklogOpen);
                due += of(Measure::Due) - of(Measure::DueSuspended);
            }
            let last = closings.last().unwrap();
            let whole = Window { start: 0, end: last.end };
            let known = Closings::new(closings.clone());
            let all = tally(entries(), whole, known, i64::MAX).sums.city;
            prop_assert_eq!(due, all.of(Measure::Due) - all.of(Measure::DueSuspended), "in one period, neither in two nor in none");
        }
    }
}

/// A round that is dispatched at 10 and is to be handled by 20 and closed by 60.
fn handling() -> Vec<Moved> {
    dispatched(10, 20, 60)
}

fn by(deadline: i64, kind: Kind, at: i64) -> Moved {
    Moved {
        handling_deadline: Some(deadline),
        ..moved(kind, at)
    }
}

fn marked(marks: Marks, kind: Kind, at: i64) -> Moved {
    Moved {
        marks,
        ..moved(kind, at)
    }
}

fn of(moves: &[Moved], window: (i64, i64), measures: &[Measure]) -> Vec<i64> {
    let counted = counted(moves, window);
    let value = |measure: &Measure| {
        let pair = counted.iter().find(|pair| pair.0 == *measure);
        pair.map_or(0, |pair| pair.1)
    };
    measures.iter().map(value).collect()
}

#[test]
fn the_clock_stands_from_hand_in_to_a_failed_check_and_goes_on_from_there() {
    use Measure::*;
    let mut moves = handling();
    moves.extend([
        moved(Kind::HandedIn, 18),
        by(42, Kind::CheckFailed, 40),
        moved(Kind::HandedIn, 42),
        moved(Kind::CheckPassed, 50),
    ]);
    let measures = [
        Due,
        HandledOnTime,
        Closed,
        Checks,
        ChecksFailed,
        ReworkCases,
    ];
    assert_eq!(of(&moves, (0, 100), &measures), [1, 1, 1, 2, 1, 1]);
    // A moment later the clock has run out, whatever comes after.
    moves[5].at = 43;
    assert_eq!(of(&moves, (0, 43), &[Due, OverdueOpen]), [1, 1]);
    assert_eq!(of(&moves, (0, 100), &measures), [1, 0, 1, 2, 1, 1]);
}

#[test]
fn a_suspended_round_is_due_where_its_deadline_lay_and_again_when_it_goes_on() {
    use Measure::*;
    let mut moves = handling();
    moves.push(Moved {
        until: Some(150),
        ..moved(Kind::Suspended, 15)
    });
    let measures = [Due, DueSuspended, Closed, OverdueOpen, Suspended];
    assert_eq!(of(&moves, (0, 100), &measures), [1, 1, 0, 0, 1]);
    assert_eq!(
        of(&moves, (100, 120), &measures),
        [0; 5],
        "its deadline lay before"
    );
    // It goes on at 150 by itself, so at 160 it is not suspended, even where nobody has written that down.
    assert_eq!(of(&moves, (0, 160), &measures), [0, 0, 0, 0, 1]);
    moves.extend([
        by(155, Kind::Resumed, 150),
        moved(Kind::HandedIn, 155),
        moved(Kind::CheckPassed, 156),
    ]);
    assert_eq!(of(&moves, (0, 100), &measures), [1, 1, 0, 0, 1]);
    assert_eq!(
        of(&moves, (100, 200), &[Due, DueSuspended, HandledOnTime]),
        [1, 0, 1]
    );
}

#[test]
fn an_extension_moves_the_deadline_and_nothing_moves_one_that_has_passed() {
    use Measure::*;
    let mut moves = handling();
    moves.push(by(30, Kind::ExtensionApproved, 19));
    moves.extend([moved(Kind::HandedIn, 29), moved(Kind::CheckPassed, 29)]);
    assert_eq!(
        of(&moves, (0, 100), &[Due, HandledOnTime, Extended]),
        [1, 1, 1]
    );
    moves[3].at = 25;
    assert_eq!(
        of(&moves, (0, 25), &[Due, OverdueOpen]),
        [1, 1],
        "it ran out at 20"
    );
    assert_eq!(
        of(&moves, (25, 100), &[Due, BacklogStart, BacklogClosed]),
        [0, 1, 1]
    );
}

#[test]
fn a_return_that_is_upheld_begins_a_clock_and_one_that_is_overruled_does_not() {
    use Measure::*;
    let mut upheld = handling();
    upheld.extend([
        moved(Kind::Returned, 12),
        moved(Kind::ReturnUpheld, 16),
        by(26, Kind::Dispatched, 16),
    ]);
    let measures = [Due, Returned, Refused];
    assert_eq!(of(&upheld, (0, 25), &measures), [0, 1, 0]);
    assert_eq!(of(&upheld, (0, 27), &measures), [1, 1, 0]);
    let mut overruled = handling();
    overruled.extend([
        moved(Kind::Returned, 12),
        moved(Kind::ReturnOverruled, 16),
        moved(Kind::Dispatched, 16),
    ]);
    assert_eq!(of(&overruled, (0, 21), &measures), [1, 1, 1]);
}

#[test]
fn a_closing_by_force_is_due_and_neither_closed_nor_on_time_and_leaves_the_backlog() {
    use Measure::*;
    let measures = [
        Due,
        Closed,
        HandledOnTime,
        ClosedOnTime,
        OverdueOpen,
        Forced,
    ];
    let mut moves = handling();
    moves.extend([moved(Kind::HandedIn, 15), moved(Kind::ForceClosed, 18)]);
    assert_eq!(of(&moves, (0, 100), &measures), [1, 0, 0, 0, 0, 1]);
    moves.remove(3);
    moves[3].at = 150;
    assert_eq!(of(&moves, (0, 100), &measures), [1, 0, 0, 0, 1, 0]);
    assert_eq!(
        of(
            &moves,
            (100, 200),
            &[BacklogStart, BacklogClosed, BacklogOpen, Forced]
        ),
        [1, 0, 0, 1]
    );
}

#[test]
fn a_rejected_round_never_counts_and_a_reopened_one_is_a_round_of_its_own() {
    use Measure::*;
    let mut moves = handling();
    moves.extend([moved(Kind::Returned, 12), moved(Kind::Rejected, 14)]);
    assert_eq!(of(&moves, (0, 100), &[Due, Rejected]), [0, 1]);
    let mut moves = handling();
    moves.extend([
        moved(Kind::HandedIn, 15),
        moved(Kind::CheckPassed, 16),
        moved(Kind::FoundFalse, 30),
        moved(Kind::Reopened, 30),
    ]);
    let second = [moved(Kind::Filed, 30), by(40, Kind::Dispatched, 30)];
    moves.extend(second.map(|one| Moved { round: 2, ..one }));
    let measures = [Due, Closed, OverdueOpen, Filed, Reopened, FalseClose];
    assert_eq!(of(&moves, (0, 100), &measures), [2, 1, 1, 2, 1, 1]);
}

#[test]
fn a_round_counts_as_reworked_when_its_first_check_fails_and_again_at_its_third() {
    use Measure::*;
    let mut moves = dispatched(10, 1_000, 1_000);
    for at in [20, 40, 60] {
        moves.push(moved(Kind::HandedIn, at));
        moves.push(moved(Kind::CheckFailed, at + 5));
    }
    moves[8].kind = Kind::CheckFraud;
    moves.push(moved(Kind::CheckUnable, 70));
    let measures = [Checks, ChecksFailed, Fraud, ReworkCases, ReworkCases3];
    assert_eq!(of(&moves, (0, 30), &measures), [1, 1, 0, 1, 0]);
    assert_eq!(of(&moves, (30, 50), &measures), [1, 1, 0, 0, 0]);
    assert_eq!(of(&moves, (50, 100), &measures), [1, 1, 1, 0, 1]);
}

#[test]
fn a_closing_is_called_once_however_often_and_by_the_last_word() {
    use Measure::*;
    let measures = [Contactable, Asked, Answered, Solved, Satisfied];
    let mut moves = vec![
        marked(Marks::CONTACTABLE, Kind::Reported, 5),
        moved(Kind::Settled, 10),
        moved(Kind::CalledBack, 12),
    ];
    moves[1].round = 0;
    moves[2].round = 0;
    assert_eq!(
        of(&moves, (0, 100), &measures),
        [1, 1, 0, 0, 0],
        "nobody answered"
    );
    let said = Marks(Marks::REACHED.0 | Marks::SATISFIED.0);
    moves.push(Moved {
        round: 0,
        ..marked(said, Kind::CalledBack, 14)
    });
    assert_eq!(of(&moves, (0, 100), &measures), [1, 1, 1, 0, 1]);
    moves.push(Moved {
        round: 0,
        ..marked(Marks::REACHED, Kind::CalledBack, 120)
    });
    assert_eq!(of(&moves, (0, 100), &measures), [1, 1, 1, 0, 1]);
    assert_eq!(
        of(&moves, (100, 200), &measures),
        [0; 5],
        "it was called before"
    );
    moves[0].marks = Marks::default();
    assert_eq!(
        of(&moves, (0, 100), &measures),
        [0; 5],
        "there is nobody to call"
    );
}

#[test]
fn duty_begins_with_the_dispatch_and_stays_with_what_it_counted_for() {
    let duty = |moves: &[Moved], window: (i64, i64), measure: Measure| {
        let (start, end) = window;
        let mut replay = Replay::default();
        replay.count(moves, Window { start, end });
        replay
            .parts
            .iter()
            .map(|part| part.duty.of(measure))
            .sum::<i64>()
    };
    let mut moves = handling();
    moves[2].marks = Marks::TO_DUTY;
    assert_eq!(duty(&moves, (0, 100), Measure::Due), 1);
    assert_eq!(duty(&moves, (0, 100), Measure::Filed), 0, "it came before");
    // It ran out with a duty-holder; to whom it goes then changes nothing of that.
    moves.extend([
        moved(Kind::Returned, 30),
        moved(Kind::ReturnUpheld, 110),
        by(140, Kind::Dispatched, 110),
    ]);
    moves.extend([moved(Kind::HandedIn, 120), moved(Kind::CheckPassed, 120)]);
    assert_eq!(duty(&moves, (0, 100), Measure::Returned), 1);
    assert_eq!(duty(&moves, (100, 200), Measure::BacklogClosed), 1);
    assert_eq!(
        duty(&moves, (100, 200), Measure::Checks),
        0,
        "it was with somebody else"
    );
    // Its total deadline passed before anybody had it.
    let mut waited = dispatched(10, 100, 20);
    waited[2].at = 50;
    waited[2].marks = Marks::TO_DUTY;
    assert_eq!(duty(&waited, (0, 100), Measure::Due), 0);
}
