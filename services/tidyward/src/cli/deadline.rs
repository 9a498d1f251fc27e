//! How a deadline came about, as a list of steps.

use tidyward_kit::clock;
use tidyward_proto::v1::DeadlineExplanation;

use super::{
    context::Context,
    failure::Failure,
    output::{Cell, Table, Tone, number, say, text, unseen},
    words::{instant, minutes, to_the_second},
};

/// Prints the steps, and for people what they come to.
pub fn print(
    context: &Context,
    explanation: &DeadlineExplanation,
    language: &str,
) -> Result<(), Failure> {
    context.print(&table(explanation, language))?;
    if context.output.for_people() {
        let words = result(explanation) + "\n";
        say(context.output.toned(&words, Tone::Strong));
    }
    Ok(())
}

/// What the steps come to.
fn result(explanation: &DeadlineExplanation) -> String {
    let deadline = explanation.deadline.as_ref().and_then(clock::from_wire);
    match (deadline, explanation.provisional) {
        (None, _) => "there is no limit, and so no deadline".to_owned(),
        (Some(deadline), false) => format!("the deadline is {}", to_the_second(deadline)),
        (Some(deadline), true) => format!(
            "the deadline is {}, provisionally: it lies beyond the published calendar",
            to_the_second(deadline)
        ),
    }
}

fn table(explanation: &DeadlineExplanation, language: &str) -> Table {
    let seen = |own: &str| {
        if own == language {
            text(own, "Step")
        } else {
            unseen(own)
        }
    };
    let mut table = Table::new(vec![
        number("step", "No."),
        text("from", "From"),
        text("to", "To"),
        number("minutes", "Counts"),
        seen("en"),
        seen("zh"),
        unseen("deadline"),
        unseen("provisional"),
    ]);
    table.when_empty = "there is nothing to reckon".to_owned();
    let steps = (1..).zip(&explanation.steps);
    table.rows = steps
        .map(|(place, step)| {
            let words = step.text.clone().unwrap_or_default();
            let counts = step.minutes.map_or(Cell::Nothing, |passed| {
                Cell::Integer(passed).worded(minutes(passed))
            });
            vec![
                Cell::Integer(place),
                instant(step.start_time.as_ref()),
                instant(step.end_time.as_ref()),
                counts,
                Cell::text(words.en),
                Cell::text(words.zh),
                instant(explanation.deadline.as_ref()),
                Cell::Switch(explanation.provisional),
            ]
        })
        .collect();
    table
}

#[cfg(test)]
mod tests {
    use tidyward_proto::v1::{LocalizedText, ReckoningStep};

    use super::*;

    #[test]
    fn a_reckoning_reads_as_a_list_and_ends_in_the_deadline() {
        let at = |seconds: i64| Some(prost_types::Timestamp { seconds, nanos: 0 });
        let mut explanation = DeadlineExplanation {
            deadline: at(5_700),
            provisional: true,
            steps: vec![ReckoningStep {
                start_time: at(0),
                end_time: at(5_700),
                minutes: Some(95),
                text: Some(LocalizedText {
                    zh: "工作时间".to_owned(),
                    en: "work".to_owned(),
                }),
            }],
        };
        let shown = table(&explanation, "zh");
        let zh = shown.columns.iter().find(|column| column.key == "zh");
        assert_eq!(zh.unwrap().title, "Step");
        assert_eq!(shown.rows[0][3], Cell::Integer(95).worded("1 h 35 min"));
        assert_eq!(
            result(&explanation),
            "the deadline is 1970-01-01 01:35:00Z, provisionally: it lies beyond the published calendar"
        );
        explanation.deadline = None;
        assert_eq!(
            result(&explanation),
            "there is no limit, and so no deadline"
        );
    }
}
