//! `tidyward review explain`: how one area's score came about, in sentences and in numbers.

use clap::Args;
use tidyward_proto::v1::{ExplainScoreRequest, Explanation, FactValue};

use super::Which;
use crate::cli::{
    client::Client,
    context::Context,
    failure::Failure,
    output::{Cell, Format, Table, number, put, text, unseen},
};

#[derive(Args, Clone, Debug)]
pub struct ExplainArguments {
    #[command(flatten)]
    pub which: Which,
    /// The area's code
    #[arg(long, value_name = "CODE")]
    pub area: String,
    /// The language of the sentences
    #[arg(long, value_name = "LANGUAGE", default_value = "en", value_parser = ["en", "zh"])]
    pub language: String,
}

pub async fn command(
    context: &Context,
    client: &Client,
    arguments: &ExplainArguments,
) -> Result<(), Failure> {
    let explanation = explain(client, arguments).await?;
    let output = &context.output;
    match output.format {
        Format::Table => {
            for sentence in &explanation.sentences {
                put(wrapped(sentence, output.columns(), ""));
            }
            put("\n");
            context.print(&items(&explanation, &arguments.language))?;
            put("\n");
            context.print(&facts(&explanation.facts))
        }
        Format::Json => context.put(&json(&explanation)),
        Format::Csv | Format::Xlsx => context.print(&items(&explanation, &arguments.language)),
    }
}

pub async fn explain(
    client: &Client,
    arguments: &ExplainArguments,
) -> Result<Explanation, Failure> {
    let request = ExplainScoreRequest {
        name: format!("{}/scores/{}", arguments.which.name(client), arguments.area),
        language: arguments.language.clone(),
    };
    Ok(client
        .evaluations()
        .explain_score(request)
        .await?
        .into_inner())
}

/// Points by criterion.
fn items(explanation: &Explanation, language: &str) -> Table {
    let mut table = Table::new(vec![
        text("criterion", "Criterion"),
        text("title", "Title"),
        number("points", "Points"),
        number("max", "Of"),
        unseen("clause"),
    ]);
    table.when_empty = "the rule has no criteria".to_owned();
    let score = explanation.score.clone().unwrap_or_default();
    for item in score.items {
        let title = item.title.unwrap_or_default();
        let points = item.points.map(|points| points.text);
        table.rows.push(vec![
            Cell::text(item.criterion),
            Cell::text(if language == "zh" { title.zh } else { title.en }),
            points.map_or(Cell::absent(), Cell::decimal),
            Cell::decimal(item.max.map(|max| max.text).unwrap_or_default()),
            Cell::text(item.clause),
        ]);
    }
    table
}

/// What the rule read.
fn facts(facts: &[FactValue]) -> Table {
    let mut table = Table::new(vec![
        text("fact", "Fact that the rule read"),
        number("value", "Value"),
    ]);
    table.when_empty = "the rule reads no facts".to_owned();
    for fact in facts {
        let value = match fact.value {
            Some(_) => Cell::decimal(&fact.text),
            None => Cell::absent(),
        };
        table.rows.push(vec![Cell::text(&fact.fact), value]);
    }
    table
}

fn json(explanation: &Explanation) -> String {
    let score = explanation.score.clone().unwrap_or_default();
    let items: Vec<serde_json::Value> = score
        .items
        .iter()
        .map(|item| {
            serde_json::json!({
                "criterion": item.criterion,
                "title_en": item.title.as_ref().map(|title| title.en.as_str()),
                "title_zh": item.title.as_ref().map(|title| title.zh.as_str()),
                "points": item.points.as_ref().map(|points| points.text.as_str()),
                "max": item.max.as_ref().map(|max| max.text.as_str()),
                "clause": item.clause,
            })
        })
        .collect();
    let facts: Vec<serde_json::Value> = explanation
        .facts
        .iter()
        .map(|fact| serde_json::json!({ "fact": fact.fact, "value": fact.value.map(|_| fact.text.as_str()), "integer": fact.value }))
        .collect();
    let whole = serde_json::json!({
        "score_name": score.name,
        "name": score.area_display_name,
        "score": score.total.as_ref().map(|_| score.total_text.as_str()),
        "place": score.rank,
        "ranked": score.ranked,
        "stars": score.stars,
        "sentences": explanation.sentences,
        "items": items,
        "facts": facts,
        "failure": score.failure,
    });
    format!("{whole:#}\n")
}

/// The text in lines of at most so many columns, each behind the margin. Chinese characters take two columns.
pub fn wrapped(sentence: &str, width: usize, margin: &str) -> String {
    let room = width.saturating_sub(margin.chars().count()).max(20);
    let mut lines = String::new();
    let mut line = String::new();
    let mut used = 0;
    for word in sentence.split_inclusive(|c: char| c == ' ' || is_wide(c)) {
        let columns: usize = word.chars().map(columns_of).sum();
        if used + columns > room + usize::from(word.ends_with(' ')) && used > 0 {
            lines.push_str(&format!("{margin}{}\n", line.trim_end()));
            line.clear();
            used = 0;
        }
        line.push_str(word);
        used += columns;
    }
    lines + &format!("{margin}{}\n", line.trim_end())
}

fn columns_of(c: char) -> usize {
    if is_wide(c) { 2 } else { 1 }
}

/// Of the scripts that Tidyward writes, the ones with two columns a character.
fn is_wide(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_wrapped_between_words() {
        assert_eq!(
            wrapped("one two three four five six", 22, "  "),
            "  one two three four\n  five six\n"
        );
    }

    #[test]
    fn chinese_is_wrapped_by_the_columns_that_it_takes() {
        let text = "海棠社区第一网格得分九十八点五分";
        for line in wrapped(text, 20, "").lines() {
            assert!(line.chars().map(columns_of).sum::<usize>() <= 20, "{line}");
        }
        assert_eq!(wrapped(text, 20, "").replace('\n', ""), text);
    }
}
