//! Packed moves against the moves themselves.

use proptest::prelude::*;

use super::*;

fn entry() -> impl Strategy<Value = Entry<'static>> {
    let instants = proptest::collection::vec(any::<Option<i64>>(), 4);
    let words = || proptest::option::of("\\PC{0,6}");
    let plain = (0..40_i32, any::<i32>(), any::<i64>(), any::<i64>());
    (
        plain,
        any::<i64>(),
        any::<i32>(),
        instants,
        words(),
        words(),
    )
        .prop_map(
            |((kind, round, occurred_at, recorded_at), number, marks, instants, category, grid)| {
                let kind = Kind::try_from(kind).unwrap_or(Kind::Noted);
                let report = (kind == Kind::Reported).then(|| Report {
                    category: category.clone().unwrap_or_default().into(),
                    grid: grid.map(Cow::from),
                });
                Entry {
                    issue: 0,
                    kind,
                    round,
                    occurred_at,
                    recorded_at,
                    number,
                    handling_deadline: instants[0],
                    total_deadline: instants[1],
                    marks: Marks(marks),
                    worked_minutes: instants[2],
                    until: instants[3],
                    category: category.filter(|_| report.is_none()).map(Cow::from),
                    report,
                }
            },
        )
}

proptest! {
    #[test]
    fn what_was_packed_piece_by_piece_is_read_whole(
        runs in proptest::collection::vec((any::<i64>(), proptest::collection::vec(entry(), 1..6)), 0..6),
    ) {
        let (mut text, mut expected) = (String::new(), Vec::new());
        for (issue, mut run) in runs {
            run.iter_mut().for_each(|entry| entry.issue = issue);
            let mut piece = String::new();
            pack(&run, &mut piece);
            text.push_str(&piece);
            expected.extend(run);
        }
        let mut read = Vec::new();
        prop_assert!(unpack(&text, &mut read).is_some());
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,60}") {
        let _ = unpack(&text, &mut Vec::new());
    }
}

#[test]
fn an_imported_issue_takes_few_letters() {
    let at = 1_772_000_000_000_000;
    let day = 86_400_000_000;
    let plain = Entry {
        issue: 1_000_000,
        kind: Kind::Reported,
        round: 0,
        occurred_at: at,
        recorded_at: at + 200 * day,
        number: 1_000_000,
        handling_deadline: None,
        total_deadline: None,
        marks: Marks::IMPORTED,
        worked_minutes: None,
        until: None,
        category: None,
        report: Some(Report {
            category: "bins".into(),
            grid: Some("G7".into()),
        }),
    };
    let later = |kind, number, occurred_at| Entry {
        kind,
        number,
        occurred_at,
        round: 1,
        report: None,
        ..plain.clone()
    };
    let deadline = Some(at + 14 * day);
    let moves = [
        plain.clone(),
        Entry {
            total_deadline: deadline,
            ..later(Kind::Filed, 1_000_001, at)
        },
        Entry {
            handling_deadline: deadline,
            ..later(Kind::Dispatched, 1_000_002, at)
        },
        later(Kind::HandedIn, 1_000_003, at + 4 * day),
        later(Kind::CheckPassed, 1_000_004, at + 4 * day),
    ];
    let mut text = String::new();
    pack(&moves, &mut text);
    assert!(text.len() <= 110, "{} letters: {text}", text.len());
}
