//! Issues that turn out to be the same.

use tidyward_kit::{Reason, caller::Role};
use tidyward_proto::v1::{
    self as wire, Issue, IssueEventKind as Kind, IssueOutcome, IssueState,
    transition_issue_request::Action,
};

use super::{
    house::House,
    moves::{dispatch, file},
    reason,
};

fn merge(into: &Issue) -> Action {
    Action::Merge(wire::MergeAction {
        into: into.name.clone(),
        note: String::new(),
    })
}

#[tokio::test]
async fn chains_of_merges_collapse_and_the_earlier_deadline_is_kept() {
    let house = House::open().await;
    house.limits().await;
    let mut issues = Vec::new();
    for minute in 0..3 {
        house.tell(&format!("2015-01-05T12:0{minute}:00Z"));
        issues.push(house.reported(41.9).await);
    }
    let [first, second, third] = &issues[..] else {
        panic!("three were reported");
    };
    house.done("op", Role::Operator, second, file("bags")).await;
    let sent = house.done("d", Role::Dispatcher, second, dispatch()).await;
    house.tell("2015-01-05T13:00:00Z");
    house.done("op", Role::Operator, first, file("bags")).await;
    house.done("d", Role::Dispatcher, first, dispatch()).await;

    let later = house
        .refused("op", Role::Operator, first, merge(second))
        .await;
    assert_eq!(reason(&later), Reason::MergeForbidden);
    let itself = house
        .refused("op", Role::Operator, first, merge(first))
        .await;
    assert_eq!(reason(&itself), Reason::MergeForbidden);
    house.done("op", Role::Operator, third, merge(second)).await;
    let merged = house.done("op", Role::Operator, second, merge(first)).await;
    assert_eq!(
        (merged.state(), merged.outcome()),
        (IssueState::Merged, IssueOutcome::Duplicate)
    );
    for issue in [second, third] {
        assert_eq!(
            house.get(issue).await.merged_into,
            first.name,
            "the chain collapsed"
        );
    }
    // Merging into what was merged means its survivor: here the issue itself.
    let cycle = house
        .refused("op", Role::Operator, first, merge(third))
        .await;
    assert_eq!(reason(&cycle), Reason::MergeForbidden);
    let survivor = house.get(first).await;
    assert_eq!(survivor.handling_deadline, sent.handling_deadline);
    assert_eq!(survivor.total_deadline, sent.total_deadline);
    let absorbed = house
        .events(first)
        .await
        .into_iter()
        .filter(|event| event.kind() == Kind::Absorbed);
    assert_eq!(absorbed.count(), 1);
    house.courses_agree().await;
}

#[tokio::test]
async fn however_issues_are_merged_each_leads_in_one_step_to_the_earliest_of_its_like() {
    let house = House::open().await;
    let mut issues = Vec::new();
    for minute in 10..20 {
        house.tell(&format!("2015-01-05T12:{minute}:00Z"));
        issues.push(house.reported(41.9).await);
    }
    // For each issue the one to which it leads, as a model has it.
    let mut leads: Vec<usize> = (0..issues.len()).collect();
    let mut random = 7_u64;
    let mut draw = || {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(random >> 33).unwrap() % 10
    };
    let mut merged = 0;
    for _ in 0..60 {
        let (one, into) = (draw(), draw());
        let target = leads[into];
        let allowed = leads[one] == one && target < one;
        let result = house
            .moves("op", Role::Operator, &issues[one], merge(&issues[into]))
            .await;
        assert_eq!(
            result.is_ok(),
            allowed,
            "{one} into {into}, {leads:?}: {result:?}"
        );
        if allowed {
            merged += 1;
            for lead in leads.iter_mut().filter(|lead| **lead == one) {
                *lead = target;
            }
        }
        for (index, lead) in leads.iter().enumerate() {
            let found = house.get(&issues[index]).await;
            let expected = if *lead == index {
                ""
            } else {
                &issues[*lead].name
            };
            assert_eq!(found.merged_into, expected);
            assert_eq!(found.state() == IssueState::Merged, *lead != index);
        }
    }
    assert!(merged > 5, "only {merged} were merged");
    house.courses_agree().await;
}
