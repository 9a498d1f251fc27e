//! The sentences in English.

use tidyward_rules::{
    manifest::{Criterion, Direction},
    points::{ABSENT, format_points},
    score::NO_STARS,
};

use super::{Account, Previous, ReadFact, points};
use crate::rank::ListKind;

pub(super) fn sentences(account: &Account) -> Vec<String> {
    let mut all = vec![head(account)];
    if account.is_mean() {
        all.extend(mean(account));
        all.extend(
            account
                .previous
                .and_then(|previous| change(account, previous)),
        );
        return all;
    }
    if account.area.score.failure.is_none() {
        let items = account
            .manifest
            .criteria
            .iter()
            .zip(&account.area.score.items)
            .enumerate();
        all.extend(items.map(|(index, (criterion, item))| {
            criterion_sentence(account, index, criterion, *item)
        }));
        all.extend(left_out(account));
    }
    all.extend(facts(account.facts));
    all.extend(absent(account.facts));
    all.extend(
        account
            .previous
            .and_then(|previous| change(account, previous)),
    );
    all
}

/// Where a mean comes from; nothing where there is none.
fn mean(account: &Account) -> Option<String> {
    let weight = account.manifest.weight.as_deref().unwrap_or_default();
    (account.area.score.total != ABSENT).then(|| {
        format!("That is the mean of the grids below it that have a score, weighted by {weight}.")
    })
}

fn head(account: &Account) -> String {
    let (area, score, manifest) = (account.area, &account.area.score, account.manifest);
    let who = named(account);
    if let Some(failure) = &score.failure {
        return format!(
            "{who} has no score for {}: the rule failed on it ({failure}).",
            account.period
        );
    }
    if score.total == ABSENT {
        let required: Vec<&str> = manifest
            .criteria
            .iter()
            .zip(&score.items)
            .filter(|(criterion, item)| criterion.required && **item == ABSENT)
            .map(|(criterion, _)| criterion.title.en.as_str())
            .collect();
        let why = match required.as_slice() {
            _ if account.is_mean() => "no grid below it has a score and a weight".to_owned(),
            [] => "no criterion had the facts that it needs".to_owned(),
            some => format!(
                "the rule requires {}, and the facts for it are absent",
                listed(some)
            ),
        };
        return format!(
            "{who} has no score and no place for {}: {why}.",
            account.period
        );
    }
    let total = format_points(score.total, manifest.decimals);
    let scored = match manifest.direction {
        Direction::HigherIsBetter => format!("{total} of {}", points(manifest.range.max)),
        Direction::LowerIsBetter => format!("{total}, where less is better,"),
    };
    let mut parts = vec![format!("{who} scored {scored}")];
    if let Some(place) = score.standing.place {
        let group = match area.peer_group.as_str() {
            "" => plural(area.level).to_owned(),
            group => format!("in its group, “{group}”"),
        };
        parts[0].push_str(&format!(
            " and is {} of {} {group}",
            ordinal(place),
            score.standing.ranked
        ));
    }
    if score.stars != NO_STARS {
        parts.push(stars(score.stars));
    }
    match score.standing.list {
        ListKind::Neither => {}
        ListKind::Red => parts.push("on the red list".to_owned()),
        ListKind::Black => parts.push("on the black list".to_owned()),
    }
    parts.join(", ") + "."
}

fn named(account: &Account) -> String {
    let area = account.area;
    let level = match area.level {
        1 => "Subdistrict",
        2 => "Community",
        _ => "Grid",
    };
    match area.display_name.as_str() {
        "" => format!("{level} {}", area.code),
        name if name == area.code => format!("{level} {}", area.code),
        name => format!("{level} {} ({name})", area.code),
    }
}

fn plural(level: u8) -> &'static str {
    match level {
        1 => "subdistricts",
        2 => "communities",
        _ => "grids",
    }
}

fn criterion_sentence(account: &Account, index: usize, criterion: &Criterion, item: i64) -> String {
    let title = &criterion.title.en;
    let mut text = match item {
        ABSENT => format!("{title} does not count, for the facts that it needs are absent"),
        item if criterion.max <= 0 && item == 0 => format!("{title} took nothing off"),
        item if criterion.max <= 0 => {
            format!("{title} took {} off", counted(item.saturating_neg()))
        }
        item if item == criterion.max => format!("{title} gave all of its {}", counted(item)),
        0 => format!("{title} gave none of its {}", counted(criterion.max)),
        item => format!(
            "{title} gave {} of {}",
            points(item),
            counted(criterion.max)
        ),
    };
    let notes: Vec<String> = account
        .area
        .score
        .notes
        .iter()
        .filter(|note| note.criterion as usize == index)
        .filter_map(|note| {
            let message = account.manifest.messages.get(note.message as usize)?;
            let said = message.render(note.value).en;
            Some(match account.issue(note) {
                Some(issue) => format!("{said} (issue {issue})"),
                None => said,
            })
        })
        .collect();
    if !notes.is_empty() {
        text.push_str(": ");
        text.push_str(&notes.join("; "));
    }
    text.push('.');
    let clause = criterion.clause.trim();
    if !clause.is_empty() {
        text.push_str(&format!(" The rule: {clause}"));
        if !clause.ends_with(['.', ')', '!']) {
            text.push('.');
        }
    }
    text
}

fn left_out(account: &Account) -> Option<String> {
    let score = &account.area.score;
    let some = score.total != ABSENT && score.items.contains(&ABSENT);
    (some && account.manifest.normalise).then(|| {
        "What does not count is left out, and the rest is taken as the whole hundred.".to_owned()
    })
}

fn facts(facts: &[ReadFact]) -> Option<String> {
    let present: Vec<String> = facts
        .iter()
        .filter(|fact| fact.value.is_some())
        .map(|fact| match fact.unit.as_str() {
            "" | "count" => format!("{} {}", fact.en, fact.text()),
            unit => format!("{} {} {unit}", fact.en, fact.text()),
        })
        .collect();
    (!present.is_empty()).then(|| format!("It rests on these facts: {}.", present.join("; ")))
}

fn absent(facts: &[ReadFact]) -> Option<String> {
    let names: Vec<&str> = facts
        .iter()
        .filter(|fact| fact.value.is_none())
        .map(|fact| fact.en.as_str())
        .collect();
    match names.len() {
        0 => None,
        count if count == facts.len() => {
            Some("There is no data for any of the facts that the rule reads.".to_owned())
        }
        _ => Some(format!("There is no data for {}.", listed(&names))),
    }
}

fn change(account: &Account, previous: &Previous) -> Option<String> {
    let score = &account.area.score;
    let place = score.standing.place.filter(|_| score.total != ABSENT)?;
    let rounded = account.manifest.rounded(score.total);
    let (from, to) = (
        format_points(previous.rounded, previous.decimals),
        format_points(rounded, account.manifest.decimals),
    );
    let by = rounded.saturating_sub(previous.rounded);
    let score_part = match by {
        0 => format!("its score stayed at {to}"),
        up if up > 0 => format!("its score went up by {}, from {from} to {to}", counted(up)),
        down => format!(
            "its score went down by {}, from {from} to {to}",
            counted(down.saturating_neg())
        ),
    };
    let (before, ranked) = (previous.place, previous.ranked);
    let place_part = match place.cmp(&before) {
        std::cmp::Ordering::Equal => {
            format!("it kept its place, {} (of {ranked} then)", ordinal(place))
        }
        std::cmp::Ordering::Less => {
            format!(
                "it rose by {}, from {} of {ranked}",
                places(before - place),
                ordinal(before)
            )
        }
        std::cmp::Ordering::Greater => {
            format!(
                "it fell by {}, from {} of {ranked}",
                places(place - before),
                ordinal(before)
            )
        }
    };
    let rule = if previous.same_rule {
        ""
    } else {
        " Another rule, or another version, was in force then."
    };
    Some(format!(
        "Since {} {score_part}, and {place_part}.{rule}",
        previous.period
    ))
}

fn counted(units: i64) -> String {
    match points(units) {
        one if one == "1" => "1 point".to_owned(),
        many => format!("{many} points"),
    }
}

fn places(count: u32) -> String {
    if count == 1 {
        "one place".to_owned()
    } else {
        format!("{count} places")
    }
}

fn stars(count: u8) -> String {
    let words = [
        "no star",
        "one star",
        "two stars",
        "three stars",
        "four stars",
        "five stars",
        "six stars",
        "seven stars",
    ];
    words
        .get(usize::from(count))
        .map_or_else(|| format!("{count} stars"), |words| (*words).to_owned())
}

fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [some @ .., last] => format!("{} and {last}", some.join(", ")),
    }
}

pub(super) fn ordinal(number: u32) -> String {
    let suffix = match (number % 100, number % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{number}{suffix}")
}
