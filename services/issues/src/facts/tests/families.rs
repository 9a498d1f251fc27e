//! Columns: families and trees of areas and categories.

use tidyward_kit::fact::{self, Addition};

use super::{life::Life, *};

/// Four grids, two communities and two subdistricts; each lies in one above it, or in none.
fn trees() -> impl Strategy<Value = Vec<AreaRow>> {
    let above = (0_usize..5, 0_usize..5, 0_usize..5, 0_usize..5);
    (above, 0_usize..3, 0_usize..3).prop_map(|(grids, first, second)| {
        let parents = ["", "u0", "u1", "v0", "v1"];
        let rows = [
            ("g0", 3, parents[grids.0]),
            ("g1", 3, parents[grids.1]),
            ("g2", 3, parents[grids.2]),
            ("g3", 3, parents[grids.3]),
            ("u0", 2, ["", "v0", "v1"][first]),
            ("u1", 2, ["", "v0", "v1"][second]),
            ("v0", 1, ""),
            ("v1", 1, ""),
        ];
        let row = |(code, level, parent): (&str, i32, &str)| AreaRow {
            code: code.to_owned(),
            level,
            is_grid: level == 3,
            parent: parent.to_owned(),
            ..AreaRow::default()
        };
        rows.map(row).to_vec()
    })
}

fn columns(lives: &[Life], rows: Vec<AreaRow>, index: i64) -> HashMap<String, Vec<i64>> {
    let tally = tally(
        life::entries(lives),
        period(index),
        Closings::default(),
        i64::MAX,
    );
    let pair = |code: &str, above: &str| (code.to_owned(), Some(above.to_owned()));
    let tree = Tree::new([pair("c", "a"), pair("a", "top")]);
    Columns::new(rows, "2013-q3".parse().unwrap(), tally, &tree)
        .map(|column| (column.name, column.values))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_fact_that_adds_adds_over_areas_families_and_categories(lives in life::lives(), rows in trees(), index in 0_i64..model::PERIODS) {
        let columns = columns(&lives, rows.clone(), index);
        for (name, values) in &columns {
            let row = fact::find(name);
            prop_assert!(row.is_some(), "{}", name);
            if row.map(|row| row.addition) != Some(Addition::Sum) {
                continue;
            }
            for (index, area) in rows.iter().enumerate().filter(|row| !row.1.is_grid) {
                let children = rows.iter().zip(values).filter(|child| child.0.parent == area.code);
                let present = children.map(|child| *child.1).filter(|value| *value != ABSENT);
                let sum = present.reduce(|a, b| a + b).unwrap_or(ABSENT);
                prop_assert_eq!(values[index], sum, "{} of {}", name, &area.code);
            }
        }
        if columns.contains_key("issues.due") {
            check_families(&columns)?;
        }
    }
}

/// In each grid.
fn check_families(columns: &HashMap<String, Vec<i64>>) -> Result<(), TestCaseError> {
    // A category that no issue was of has no columns.
    let nothing = vec![0; 8];
    for row in measure::TABLE.iter().filter(|row| row.in_families()) {
        let of = |family: &str| {
            let name = format!("issues.{family}{}", row.last());
            columns.get(&name).unwrap_or(&nothing)[..4].to_vec()
        };
        let adds = |whole: &str, parts: &[&str]| {
            let parts: Vec<Vec<i64>> = parts.iter().map(|part| of(part)).collect();
            for (grid, value) in of(whole).into_iter().enumerate() {
                // A number that is unknown in the whole is unknown in one of its parts.
                let known = parts.iter().all(|part| part[grid] != ABSENT);
                prop_assert_eq!(value != ABSENT, known, "{}", row.fact);
                if known {
                    let sum: i64 = parts.iter().map(|part| part[grid]).sum();
                    prop_assert_eq!(value, sum, "{} is {} of {:?}", whole, row.fact, parts);
                }
            }
            Ok(())
        };
        adds("", &["own.", "external."])?;
        adds("", &["top.", "b.", "declared."])?;
        adds("top.", &["a."])?;
        for (part, whole) in [("urgent.", ""), ("duty.", ""), ("c.", "a.")] {
            for (part, whole) in of(part).into_iter().zip(of(whole)) {
                prop_assert!(
                    whole == ABSENT || part == ABSENT || part <= whole,
                    "{}",
                    row.fact
                );
            }
        }
    }
    Ok(())
}

#[test]
fn a_parent_has_the_percentile_of_all_hand_ins_below_it_and_too_few_give_none() {
    let rows = model::rows();
    let mut tally = Tally::new(period(0), Closings::default(), columns::grids(&rows), []);
    let minutes = [
        ("g0", 10),
        ("g0", 30),
        ("g0", 20),
        ("g1", 50),
        ("g1", 40),
        ("g2", 600),
    ];
    for (issue, (grid, worked)) in (1..).zip(minutes) {
        let mut moves = dispatched(1, 10, 10);
        moves.extend([
            moved(Kind::HandedIn, 2),
            moved(Kind::CheckFailed, 3),
            moved(Kind::HandedIn, 4),
        ]);
        moves[3].worked_minutes = Some(9_000);
        moves[5].worked_minutes = Some(worked);
        moves.push(moved(Kind::CheckPassed, 5));
        for (index, moved) in moves.into_iter().enumerate() {
            let report = Report {
                category: "a".into(),
                grid: Some(grid.into()),
            };
            tally.push(&entry(
                issue,
                issue * 10,
                moved,
                (index == 0).then_some(report),
            ));
        }
    }
    let columns = Columns::new(
        rows,
        "2013-q3".parse().unwrap(),
        tally.finish(),
        &Tree::default(),
    );
    let columns: HashMap<String, Vec<i64>> = columns.map(|one| (one.name, one.values)).collect();
    const NO: i64 = ABSENT;
    // Rows: g0 to g3, then the community of g0 and g1, then the subdistrict of all.
    assert_eq!(
        columns["issues.handle_minutes_p50"],
        [NO, NO, NO, NO, 30, 30, NO]
    );
    assert_eq!(
        columns["issues.handle_minutes_p90"],
        [NO, NO, NO, NO, 50, 600, NO]
    );
}

#[test]
fn what_no_file_says_is_absent_until_somebody_works_with_the_ledger() {
    let rows = model::rows();
    let file = ["2013-08-01T08:00:00Z", "2013-08-02T08:00:00Z"].map(|at| at.parse().unwrap());
    let zone = jiff::tz::TimeZone::UTC;
    let course = crate::event::course(
        file[0],
        crate::event::Fate::Closed(file[1]),
        &crate::category::Category::new("a"),
        &crate::timing::tests::china(),
    );
    let report = Report {
        category: "a".into(),
        grid: Some("g0".into()),
    };
    let imported = (0..).zip(&course.moves).map(|(index, step)| Entry {
        marks: step.marks,
        ..entry(
            1,
            index,
            Moved {
                round: step.round,
                ..moved(step.kind, step.occurred_at.as_microsecond())
            },
            (index == 0).then(|| report.clone()),
        )
    });
    let imported: Vec<Entry<'_>> = imported.collect();
    let quarter: tidyward_kit::period::Period = "2013-q3".parse().unwrap();
    let window = columns::window(quarter, &zone);
    let columns = |entries: Vec<Entry<'_>>| -> HashMap<String, Vec<i64>> {
        let mut tally = Tally::new(window, Closings::default(), columns::grids(&rows), []);
        entries.iter().for_each(|entry| tally.push(entry));
        Columns::new(rows.clone(), quarter, tally.finish(), &Tree::default())
            .map(|column| (column.name, column.values))
            .collect()
    };
    let of_files = columns(imported.clone());
    for row in &measure::TABLE {
        assert_eq!(
            of_files.contains_key(row.fact),
            row.in_files,
            "{}",
            row.fact
        );
    }
    assert_eq!(of_files["issues.closed"][0], 1);
    assert_eq!(of_files["issues.a.closed"][0], 1);
    assert!(!of_files.contains_key("issues.external.closed"));

    let mut worked = imported;
    worked.push(entry(
        2,
        9,
        moved(Kind::Reported, window.end - 1),
        Some(report),
    ));
    let of_both = columns(worked);
    for row in &measure::TABLE {
        assert!(of_both.contains_key(row.fact), "{}", row.fact);
    }
    assert_eq!(of_both["issues.external.closed"][0], 1);
    assert_eq!(of_both["issues.checks"][0], 0, "nobody checked");
}
