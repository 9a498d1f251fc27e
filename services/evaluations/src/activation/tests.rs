//! Which activation counts, what a rollback undoes, and where versions stand by it.

use proptest::prelude::*;

use super::*;

fn activation(from: &str, number: i64, rule: &str) -> Activation {
    Activation {
        from: from.parse().unwrap(),
        part: Part::InForce,
        number,
        id: VersionId::parse(rule, "1.0.0").unwrap(),
        parameters: BTreeMap::new(),
        created_at: 0,
        actor: "admin".into(),
        undone_from: None,
    }
}

fn counts(all: &[Activation], part: Part, period: &str) -> Option<String> {
    let found = counting(all, part, period.parse().unwrap());
    found.map(|one| one.id.rule.clone())
}

#[test]
fn the_latest_period_counts_then_the_latest_activation_and_each_kind_for_itself() {
    let all = [
        activation("2013-q1", 1, "a"),
        activation("2013-q3", 2, "b"),
        activation("2013-q3", 4, "c"),
        activation("2013-07", 5, "monthly"),
        activation("2013-q2", 6, "d"),
    ];
    let check = |period: &str, rule: Option<&str>| {
        let found = counts(&all, Part::InForce, period);
        assert_eq!(found.as_deref(), rule, "{period}");
        assert_eq!(counts(&all, Part::Shadow, period), None, "{period}");
    };
    check("2012-q4", None);
    check("2013-q1", Some("a"));
    check("2013-q2", Some("d"));
    check("2013-q3", Some("c"));
    check("2014-q1", Some("c"));
    check("2013-06", None);
    check("2014-01", Some("monthly"));
}

#[test]
fn a_version_is_active_where_it_counts_or_will() {
    let mut all = vec![
        activation("2013-q1", 1, "past"),
        activation("2014-q1", 2, "present"),
        activation("2015-q1", 3, "undone"),
        activation("2015-q1", 4, "future"),
        activation("2014-q2", 5, "taken-back"),
        activation("2014-q1", 6, "shadow"),
    ];
    all[4].undone_from = Some(all[4].from);
    all[5].part = Part::Shadow;
    let (quarter, month) = present("2014-05-02".parse().unwrap());
    let check = |rule: &str, expected| {
        let id = VersionId::parse(rule, "1.0.0").unwrap();
        assert_eq!(standing(&id, &all, quarter, month), expected, "{rule}");
    };
    check("past", Standing::Superseded);
    check("present", Standing::Active);
    check("undone", Standing::Superseded);
    check("future", Standing::Active);
    check("taken-back", Standing::Superseded);
    check("shadow", Standing::Validated);
    check("never", Standing::Validated);
}

#[test]
fn a_rollback_steps_back_one_by_one_and_never_to_nothing_in_force() {
    let mut all = vec![
        activation("2013-q1", 1, "a"),
        activation("2013-q3", 2, "b"),
        activation("2013-q3", 3, "c"),
    ];
    let from: Period = "2013-q4".parse().unwrap();
    for (undone, before) in [(3, 2), (2, 1)] {
        let (gone, back) = rollback(&all, Part::InForce, from).unwrap();
        assert_eq!((gone.number, back.unwrap().number), (undone, before));
        all[undone as usize - 1].undone_from = Some(from);
    }
    // Before that period nothing is undone.
    assert_eq!(counts(&all, Part::InForce, "2013-q3").as_deref(), Some("c"));
    assert_eq!(counts(&all, Part::InForce, "2014-q2").as_deref(), Some("a"));
    let error = rollback(&all, Part::InForce, from).unwrap_err();
    assert_eq!(error.reason, Reason::NoRuleBefore);
    assert!(error.message.contains("before a@1.0.0"), "{error}");
    let month = "2013-11".parse().unwrap();
    let error = rollback(&all, Part::InForce, month).unwrap_err();
    assert!(error.message.contains("no rule is in force for 2013-11"));
}

#[test]
fn a_shadow_may_be_undone_to_none() {
    let mut all = vec![activation("2013-q1", 1, "a"), activation("2013-q1", 2, "b")];
    all[1].part = Part::Shadow;
    let from: Period = "2013-q2".parse().unwrap();
    let (gone, back) = rollback(&all, Part::Shadow, from).unwrap();
    assert_eq!((gone.number, back), (2, None));
    all[1].undone_from = Some(from);
    assert_eq!(counts(&all, Part::Shadow, "2013-q1").as_deref(), Some("b"));
    assert_eq!(counts(&all, Part::Shadow, "2013-q2"), None);
    let error = rollback(&all, Part::Shadow, from).unwrap_err();
    assert!(error.message.contains("in shadow"), "{error}");
}

fn period(quarter: i16) -> Period {
    let (year, quarter) = (2_013 + quarter / 4, 1 + quarter % 4);
    format!("{year}-q{quarter}").parse().unwrap()
}

proptest! {
    /// An activation and its rollback from the same period on leave every period as it was.
    #[test]
    fn undoing_the_last_activation_is_as_if_it_had_not_been(
        before in prop::collection::vec((0_i16..12, 0_u8..4), 1..8),
        at in 0_i16..12,
    ) {
        let mut all: Vec<Activation> = (1..)
            .zip(&before)
            .map(|(number, (from, rule))| Activation {
                from: period(*from),
                ..activation("2013-q1", number, &format!("r{rule}"))
            })
            .collect();
        let was: Vec<Option<i64>> = (0..16)
            .map(|at| counting(&all, Part::InForce, period(at)).map(|one| one.number))
            .collect();
        let last = Activation {
            from: period(at),
            ..activation("2013-q1", all.len() as i64 + 1, "last")
        };
        all.push(last.clone());
        match rollback(&all, Part::InForce, period(at)) {
            Ok((undone, back)) => {
                prop_assert_eq!(&undone, &last);
                prop_assert_eq!(back.map(|one| one.number), was[at as usize]);
                let place = all.len() - 1;
                all[place].undone_from = Some(period(at));
                for (at, was) in (0..16).zip(&was) {
                    let now = counting(&all, Part::InForce, period(at)).map(|one| one.number);
                    prop_assert_eq!(now, *was);
                }
            }
            Err(error) => {
                prop_assert_eq!(error.reason, Reason::NoRuleBefore);
                prop_assert_eq!(was[at as usize], None);
            }
        }
    }
}
