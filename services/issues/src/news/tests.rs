//! Filters name every kind of event, and what an event is placed by is what came before it.

use super::{
    scope::{KINDS, POST_KINDS},
    *,
};
use crate::post::PostKind;

#[test]
fn a_filter_knows_every_kind_of_the_protos() {
    let named = |number: i32| KINDS.iter().find(|row| row.1 == number).map(|row| row.0);
    for number in 0..=999 {
        let proto = Kind::try_from(number)
            .ok()
            .filter(|kind| *kind != Kind::Unspecified);
        let name = proto.map(|kind| kind.as_str_name().trim_start_matches("ISSUE_EVENT_KIND_"));
        assert_eq!(named(number), name, "{number}");
    }
    assert_eq!(KINDS.iter().filter(|row| row.1 > 999).count(), 1);
    for number in 0..=99 {
        let name = PostKind::try_from(number).ok();
        let name = name.map(|kind| kind.as_str_name().trim_start_matches("POST_KIND_"));
        let row = POST_KINDS.iter().find(|row| row.1 == number);
        assert_eq!(row.map(|row| row.0), name, "{number}");
    }
}

fn placing(sequence: i32, kind: Kind, actor: &str, detail: Detail) -> Placing {
    Placing {
        sequence,
        kind,
        urgent: sequence == 2,
        category: (kind == Kind::Filed).then(|| format!("filed at {sequence}")),
        actor: Some(actor.to_owned()),
        detail,
    }
}

#[test]
fn an_event_is_placed_by_what_held_when_it_happened() {
    let to = |assignee: &str, with: &str| Detail {
        assignee: assignee.to_owned(),
        co_handlers: with.split_whitespace().map(str::to_owned).collect(),
        ..Detail::default()
    };
    let none = Detail::default;
    let task = Detail {
        owner: "eve".to_owned(),
        ..none()
    };
    let report = Placing {
        category: Some("litter".to_owned()),
        ..placing(1, Kind::Reported, "ann", none())
    };
    let all = [
        report,
        placing(2, Kind::Filed, "op", none()),
        placing(3, Kind::Dispatched, "d", to("bob", "carl")),
        placing(5, Kind::TaskAssigned, "bob", task),
        placing(7, Kind::Dispatched, "d", to("", "")),
        placing(8, Kind::Accepted, "dora", none()),
        placing(9, Kind::Filed, "op", none()),
    ];
    #[rustfmt::skip]
    let cases = [
        (1, "litter", false, "", ""),
        (2, "filed at 2", true, "", ""),
        (3, "filed at 2", true, "bob", "bob carl"),
        (4, "filed at 2", true, "bob", "bob carl"),
        (6, "filed at 2", true, "bob", "bob carl eve"),
        (7, "filed at 2", true, "", "bob carl eve"),
        (8, "filed at 2", true, "dora", "bob carl dora eve"),
        (9, "filed at 9", false, "dora", "bob carl dora eve"),
    ];
    for (sequence, category, urgent, assignee, involved) in cases {
        let as_of = AsOf::of(sequence, &all);
        assert_eq!(as_of.category, category, "{sequence}");
        assert_eq!(as_of.urgent, urgent, "{sequence}");
        assert_eq!(as_of.assignee.unwrap_or_default(), assignee, "{sequence}");
        let told: Vec<String> = as_of.involved.into_iter().collect();
        assert_eq!(told.join(" "), involved, "{sequence}");
    }
}
