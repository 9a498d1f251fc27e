//! The sentences in Chinese.

use tidyward_rules::{
    manifest::{Criterion, Direction, Text},
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

/// The Chinese text, or the English one where nobody wrote it.
fn chinese(text: &Text) -> &str {
    if text.zh.is_empty() {
        &text.en
    } else {
        &text.zh
    }
}

/// Where a mean comes from; nothing where there is none.
fn mean(account: &Account) -> Option<String> {
    let weight = account.manifest.weight.as_deref().unwrap_or_default();
    let there = account.area.score.total != ABSENT;
    there.then(|| format!("该得分是其下有得分网格的平均值，以{weight}加权。"))
}

fn head(account: &Account) -> String {
    let (area, score, manifest) = (account.area, &account.area.score, account.manifest);
    let who = named(account);
    if let Some(failure) = &score.failure {
        return format!(
            "{who}在{}期没有得分：规则在计算时出错（{failure}）。",
            account.period
        );
    }
    if score.total == ABSENT {
        let required: Vec<&str> = manifest
            .criteria
            .iter()
            .zip(&score.items)
            .filter(|(criterion, item)| criterion.required && **item == ABSENT)
            .map(|(criterion, _)| chinese(&criterion.title))
            .collect();
        let why = match required.as_slice() {
            _ if account.is_mean() => "其下没有既有得分又有权重的网格".to_owned(),
            [] => "各项均缺少所需的事实".to_owned(),
            some => format!("规则要求有{}，而所需的事实缺失", some.join("、")),
        };
        return format!("{who}在{}期没有得分，不参与排名：{why}。", account.period);
    }
    let total = format_points(score.total, manifest.decimals);
    let scored = match manifest.direction {
        Direction::HigherIsBetter => format!("{total}分（满分{}）", points(manifest.range.max)),
        Direction::LowerIsBetter => format!("{total}分（越低越好）"),
    };
    let mut parts = vec![format!("{who}得{scored}")];
    if let Some(place) = score.standing.place {
        let ranked = score.standing.ranked;
        parts.push(match area.peer_group.as_str() {
            "" => format!("在{ranked}个{}中列第{place}名", level(area.level)),
            group => format!("在“{group}”组{ranked}个中列第{place}名"),
        });
    }
    if score.stars != NO_STARS {
        parts.push(stars(score.stars));
    }
    match score.standing.list {
        ListKind::Neither => {}
        ListKind::Red => parts.push("列入红榜".to_owned()),
        ListKind::Black => parts.push("列入黑榜".to_owned()),
    }
    parts.join("，") + "。"
}

fn level(level: u8) -> &'static str {
    match level {
        1 => "街道",
        2 => "社区",
        _ => "网格",
    }
}

fn named(account: &Account) -> String {
    let area = account.area;
    let level = level(area.level);
    match area.display_name.as_str() {
        "" => format!("{level}{}", area.code),
        name if name == area.code => format!("{level}{}", area.code),
        name => format!("{level}{}（{name}）", area.code),
    }
}

fn criterion_sentence(account: &Account, index: usize, criterion: &Criterion, item: i64) -> String {
    let title = chinese(&criterion.title);
    let mut text = match item {
        ABSENT => format!("{title}：缺少所需的事实，不计分"),
        item if criterion.max <= 0 && item == 0 => format!("{title}：不扣分"),
        item if criterion.max <= 0 => format!("{title}：扣{}分", points(item.saturating_neg())),
        item if item == criterion.max => format!("{title}：得满分{}分", points(item)),
        item => format!(
            "{title}：得{}分，满分{}分",
            points(item),
            points(criterion.max)
        ),
    };
    for note in &account.area.score.notes {
        let message = account.manifest.messages.get(note.message as usize);
        if let Some(message) = message.filter(|_| note.criterion as usize == index) {
            text.push('；');
            text.push_str(chinese(&message.render(note.value)));
            if let Some(issue) = account.issue(note) {
                text.push_str(&format!("（案件{issue}）"));
            }
        }
    }
    text.push('。');
    let clause = criterion.clause.trim();
    if !clause.is_empty() {
        text.push_str(&format!("细则：{clause}"));
    }
    text
}

fn left_out(account: &Account) -> Option<String> {
    let score = &account.area.score;
    let some = score.total != ABSENT && score.items.contains(&ABSENT);
    (some && account.manifest.normalise)
        .then(|| "不计分的项目不参与折算，其余项目按百分制折算。".to_owned())
}

fn facts(facts: &[ReadFact]) -> Option<String> {
    let present: Vec<String> = facts
        .iter()
        .filter(|fact| fact.value.is_some())
        .map(|fact| match fact.unit.as_str() {
            "" | "count" => format!("{}{}", fact.zh, fact.text()),
            other => format!("{}{}{}", fact.zh, fact.text(), unit(other)),
        })
        .collect();
    (!present.is_empty()).then(|| format!("依据的事实：{}。", present.join("；")))
}

/// Units of the fact table as people say them; those of a district's own metrics stay as they were declared.
fn unit(unit: &str) -> &str {
    match unit {
        "days" => "天",
        "m2" => "平方米",
        "m" => "米",
        "working minutes" => "工作分钟",
        "points" => "分",
        "place" => "名",
        "percent" => "%",
        other => other,
    }
}

fn absent(facts: &[ReadFact]) -> Option<String> {
    let names: Vec<&str> = facts
        .iter()
        .filter(|fact| fact.value.is_none())
        .map(|fact| fact.zh.as_str())
        .collect();
    match names.len() {
        0 => None,
        count if count == facts.len() => Some("规则所需的事实均无数据。".to_owned()),
        _ => Some(format!("无数据：{}。", names.join("、"))),
    }
}

fn change(account: &Account, previous: &Previous) -> Option<String> {
    let score = &account.area.score;
    let place = score.standing.place.filter(|_| score.total != ABSENT)?;
    let rounded = account.manifest.rounded(score.total);
    let from = format_points(previous.rounded, previous.decimals);
    let by = rounded.saturating_sub(previous.rounded);
    let score_part = match by {
        0 => "得分持平".to_owned(),
        up if up > 0 => format!("得分由{from}分上升{}分", points(up)),
        down => format!("得分由{from}分下降{}分", points(down.saturating_neg())),
    };
    let (before, ranked) = (previous.place, previous.ranked);
    let place_part = match place.cmp(&before) {
        std::cmp::Ordering::Equal => "名次不变".to_owned(),
        std::cmp::Ordering::Less => {
            format!("名次由{ranked}个中的第{before}名上升{}名", before - place)
        }
        std::cmp::Ordering::Greater => {
            format!("名次由{ranked}个中的第{before}名下降{}名", place - before)
        }
    };
    let rule = if previous.same_rule {
        ""
    } else {
        "当时执行的规则或版本不同。"
    };
    Some(format!(
        "与{}期相比，{score_part}，{place_part}。{rule}",
        previous.period
    ))
}

fn stars(count: u8) -> String {
    let words = [
        "无星", "一星", "二星", "三星", "四星", "五星", "六星", "七星",
    ];
    words
        .get(usize::from(count))
        .map_or_else(|| format!("{count}星"), |words| (*words).to_owned())
}
