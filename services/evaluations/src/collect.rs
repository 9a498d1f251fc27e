//! What the ledger computed and what was recorded become one table of facts, ready to be frozen.

use std::collections::BTreeMap;

use tidyward_kit::{
    Error, Reason,
    fact::{ABSENT, Addition, roll_up},
};

use crate::{
    facts::{FactColumn, FactRow, PeriodFacts},
    metric::Metric,
    rounds::{Category, PeriodRounds, Round},
};

/// What the ledger and the territory give for a period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LedgerFacts {
    /// The areas valid at the period's last instant, in any order.
    pub areas: Vec<ReviewedArea>,
    /// One value for each area, in the same order.
    pub columns: BTreeMap<String, Vec<i64>>,
    pub issues_outside: i64,
    /// Where they were asked for.
    pub rounds: LedgerRounds,
}

/// The rounds behind the facts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LedgerRounds {
    /// Codes with the code above, empty where there is none; in byte order.
    pub categories: Vec<(String, String)>,
    /// Each row is an index of the ledger's areas.
    pub rounds: Vec<Round>,
}

/// An area as it was at the end of the period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewedArea {
    pub code: String,
    /// The number of the proto's level.
    pub level: u8,
    /// Code of the area above; empty where there is none.
    pub parent: String,
    pub peer_group: String,
    pub display_name: String,
}

/// A metric with its numbers of one period, by code of the area.
#[derive(Clone, Debug)]
pub struct MetricColumn {
    pub metric: Metric,
    pub values: BTreeMap<String, i64>,
}

/// The facts of a period, and what people need beside them.
#[derive(Clone, Debug, Default)]
pub struct Collected {
    pub facts: PeriodFacts,
    pub rounds: PeriodRounds,
    /// In the order of the facts' rows.
    pub areas: Vec<ReviewedArea>,
    pub issues_outside: i64,
    /// Facts that were recorded though a service gives them; a freeze refuses the first.
    pub twice: Vec<Twice>,
}

/// A number that was recorded and also computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Twice {
    pub fact: String,
    pub area: String,
}

impl Twice {
    pub fn into_error(self) -> Error {
        let message = format!(
            "`{}` of area `{}` was recorded and the ledger computes it too; record it under a name of its own, `metric.<name>`",
            self.fact, self.area
        );
        Error::new(Reason::FactTwice, message)
            .with("fact", self.fact)
            .with("area", self.area)
    }
}

/// Puts both together. A computed value stands before a recorded one; a parent's own value stands before the sum of its
/// children's. Numbers of areas that are not in the ledger's rows are left out, and so are columns that hold nothing.
pub fn collect(period: &str, ledger: LedgerFacts, metrics: &[MetricColumn]) -> Collected {
    let mut order: Vec<usize> = (0..ledger.areas.len()).collect();
    order.sort_by(|&a, &b| ledger.areas[a].code.cmp(&ledger.areas[b].code));
    let mut columns: BTreeMap<String, Vec<i64>> = ledger
        .columns
        .into_iter()
        .map(|(name, values)| {
            (
                name,
                order
                    .iter()
                    .map(|&index| values.get(index).copied().unwrap_or(ABSENT))
                    .collect(),
            )
        })
        .collect();
    let areas: Vec<ReviewedArea> = order
        .iter()
        .map(|&index| ledger.areas[index].clone())
        .collect();
    let mut twice = Vec::new();
    for column in metrics {
        let computed = columns
            .entry(column.metric.name.clone())
            .or_insert_with(|| vec![ABSENT; areas.len()]);
        merge(&areas, computed, column, &mut twice);
    }
    columns.retain(|_, values| values.iter().any(|value| *value != ABSENT));
    let rows = areas.iter().map(|area| FactRow {
        code: area.code.clone(),
        level: area.level,
        peer_group: area.peer_group.clone(),
        parent: parent(&areas, area).and_then(|row| u32::try_from(row).ok()),
    });
    let rounds = rounds(period, ledger.rounds, &order);
    let facts = PeriodFacts {
        period: period.to_owned(),
        rows: rows.collect(),
        columns: columns
            .into_iter()
            .map(|(name, values)| FactColumn { name, values })
            .collect(),
    };
    Collected {
        facts,
        rounds,
        areas,
        issues_outside: ledger.issues_outside,
        twice,
    }
}

/// The rounds with the rows that they have among the facts; `order` are the ledger's rows in that order.
fn rounds(period: &str, ledger: LedgerRounds, order: &[usize]) -> PeriodRounds {
    let mut rows = vec![0; order.len()];
    for (row, place) in (0..).zip(order) {
        rows[*place] = row;
    }
    let listed = &ledger.categories;
    let number = |code: &String| listed.binary_search_by(|one| one.0.cmp(code)).ok();
    let categories = listed.iter().map(|(code, parent)| Category {
        code: code.clone(),
        parent: number(parent).and_then(|above| u32::try_from(above).ok()),
    });
    let mut rounds = PeriodRounds {
        period: period.to_owned(),
        categories: categories.collect(),
        rounds: ledger.rounds,
    };
    for round in &mut rounds.rounds {
        round.row = rows[round.row as usize];
    }
    rounds.rounds.sort_by_key(Round::place);
    rounds
}

/// The row of the area above, where that is reviewed, too.
fn parent(areas: &[ReviewedArea], area: &ReviewedArea) -> Option<usize> {
    let found = areas.binary_search_by(|other| other.code.cmp(&area.parent));
    found.ok()
}

fn merge(
    areas: &[ReviewedArea],
    values: &mut [i64],
    column: &MetricColumn,
    twice: &mut Vec<Twice>,
) {
    for (area, value) in areas.iter().zip(values.iter_mut()) {
        match column.values.get(&area.code) {
            None => {}
            Some(recorded) if *value == ABSENT => *value = *recorded,
            Some(_) => twice.push(Twice {
                fact: column.metric.name.clone(),
                area: area.code.clone(),
            }),
        }
    }
    if column.metric.addition == Addition::Sum {
        let depths: Vec<u8> = areas.iter().map(|area| area.level).collect();
        let parents: Vec<Option<usize>> = areas.iter().map(|area| parent(areas, area)).collect();
        roll_up(&depths, &parents, values);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(code: &str, level: u8, parent: &str) -> ReviewedArea {
        ReviewedArea {
            code: code.into(),
            level,
            parent: parent.into(),
            peer_group: String::new(),
            display_name: format!("Area {code}"),
        }
    }

    /// A community with two grids, in no order.
    fn ledger() -> LedgerFacts {
        LedgerFacts {
            areas: vec![area("G2", 3, "C"), area("C", 2, ""), area("G1", 3, "C")],
            columns: BTreeMap::from([
                ("issues.due".to_owned(), vec![2, 3, 1]),
                ("issues.closed".to_owned(), vec![ABSENT; 3]),
                ("grid.households".to_owned(), vec![ABSENT, 100, 100]),
            ]),
            issues_outside: 4,
            rounds: LedgerRounds::default(),
        }
    }

    fn recorded(name: &str, addition: Addition, values: &[(&str, i64)]) -> MetricColumn {
        let metric = Metric {
            name: name.into(),
            unit: "count".into(),
            scale: 0,
            addition,
            source: String::new(),
        };
        let values = values
            .iter()
            .map(|(code, value)| ((*code).to_owned(), *value))
            .collect();
        MetricColumn { metric, values }
    }

    #[test]
    fn rows_and_columns_are_sorted_and_empty_columns_left_out() {
        let collected = collect("2013-q3", ledger(), &[]);
        let codes: Vec<&str> = collected
            .facts
            .rows
            .iter()
            .map(|row| row.code.as_str())
            .collect();
        assert_eq!(codes, ["C", "G1", "G2"]);
        let names: Vec<&str> = collected
            .facts
            .columns
            .iter()
            .map(|column| column.name.as_str())
            .collect();
        assert_eq!(names, ["grid.households", "issues.due"]);
        assert_eq!(collected.facts.column("issues.due"), Some(&[3, 1, 2][..]));
        assert_eq!(
            (
                collected.issues_outside,
                collected.areas[1].display_name.as_str()
            ),
            (4, "Area G1")
        );
    }

    #[test]
    fn a_parent_gets_the_sum_unless_it_has_its_own_or_there_is_none_to_have() {
        let metrics = [
            recorded("metric.sum", Addition::Sum, &[("G1", 3), ("G2", 4)]),
            recorded(
                "metric.own",
                Addition::Sum,
                &[("G1", 3), ("G2", 4), ("C", 100)],
            ),
            recorded("metric.none", Addition::None, &[("G1", 3), ("G2", 4)]),
        ];
        let facts = collect("2013-q3", ledger(), &metrics).facts;
        assert_eq!(facts.column("metric.sum"), Some(&[7, 3, 4][..]));
        assert_eq!(facts.column("metric.own"), Some(&[100, 3, 4][..]));
        assert_eq!(facts.column("metric.none"), Some(&[ABSENT, 3, 4][..]));
    }

    #[test]
    fn a_fact_recorded_where_it_is_computed_is_named_and_where_it_is_not_it_stands() {
        let fills = recorded("grid.households", Addition::Sum, &[("G2", 80)]);
        let collected = collect("2013-q3", ledger(), &[fills]);
        assert_eq!(collected.twice, []);
        assert_eq!(
            collected.facts.column("grid.households"),
            Some(&[100, 100, 80][..])
        );

        let doubles = recorded("issues.due", Addition::Sum, &[("G1", 9)]);
        let collected = collect("2013-q3", ledger(), &[doubles]);
        assert_eq!(
            collected.twice,
            [Twice {
                fact: "issues.due".into(),
                area: "G1".into()
            }]
        );
        let error = collected.twice.into_iter().next().unwrap().into_error();
        assert_eq!(error.reason, Reason::FactTwice);
        assert_eq!(
            (
                error.metadata["fact"].as_str(),
                error.metadata["area"].as_str()
            ),
            ("issues.due", "G1")
        );
    }

    #[test]
    fn rounds_follow_their_rows_and_stand_in_the_order_of_their_reports() {
        let round = |row: u32, reported: i64| {
            let mut round = Round {
                row,
                ..Round::default()
            };
            round.told.reported = reported;
            round
        };
        let mut ledger = ledger();
        let codes = [("bins", "litter"), ("litter", "")];
        ledger.rounds = LedgerRounds {
            categories: codes
                .map(|(code, above)| (code.into(), above.into()))
                .into(),
            rounds: vec![round(2, 9), round(0, 4)],
        };
        let rounds = collect("2013-q3", ledger, &[]).rounds;
        // G2 and then G1, which come third and second.
        assert_eq!(rounds.rounds, [round(2, 4), round(1, 9)]);
        let parents: Vec<Option<u32>> = rounds.categories.iter().map(|one| one.parent).collect();
        assert_eq!(parents, [Some(1), None]);
    }

    #[test]
    fn numbers_of_areas_that_are_gone_are_left_out() {
        let gone = recorded("metric.gone", Addition::Sum, &[("G9", 9)]);
        assert_eq!(
            collect("2013-q3", ledger(), &[gone])
                .facts
                .column("metric.gone"),
            None
        );
    }
}
