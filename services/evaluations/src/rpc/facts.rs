//! The facts of a period, frozen or as they are at present.

use std::{collections::BTreeMap, sync::Arc};

use tidyward_kit::{
    Error, Violations,
    caller::{Caller, District},
    fact::ABSENT,
    page::Page,
    period::Period,
};
use tidyward_proto::v1::{FactValue, ListFactsRequest, ListFactsResponse};

use super::area;
use crate::{
    House,
    facts::PeriodFacts,
    freeze, kept,
    metric::{Metric, format_decimal, of_table},
    store,
};

pub(super) async fn list(
    house: &House,
    caller: &Caller,
    request: ListFactsRequest,
) -> Result<ListFactsResponse, Error> {
    let district = caller.district("parent", &request.parent)?;
    let mut violations = Violations::default();
    let period = violations.take(Period::parse("period", &request.period));
    let only = match request.area.as_str() {
        "" => None,
        name => violations.take(area(&district, "area", name)),
    };
    let arguments = ["ListFacts", &request.parent, &request.period, &request.area];
    violations.into_result()?;
    let page = Page::parse(request.page_size, &request.page_token, &arguments, 2)?;
    let period = period.ok_or_else(|| Error::internal("a period that is none passed"))?;
    let (facts, frozen) = facts(house, &district, period, page.after.is_none()).await?;
    let declared = store::metric::declared(house.db.read(), &district).await?;
    let rows = match &only {
        None => 0..facts.rows.len(),
        Some(code) => {
            let row = facts
                .row(code)
                .ok_or_else(|| Error::not_found(&request.area))?;
            row..row + 1
        }
    };
    let mut found = Vec::new();
    // One more than the page is enough to know whether there is another.
    'rows: for row in rows {
        let code = &facts.rows[row].code;
        if page.after.as_ref().is_some_and(|after| *code < after[0]) {
            continue;
        }
        for column in &facts.columns {
            let seen = page
                .after
                .as_ref()
                .is_some_and(|after| *code == after[0] && column.name <= after[1]);
            if seen || column.values[row] == ABSENT {
                continue;
            }
            found.push(value(code, &column.name, column.values[row], &declared));
            if found.len() > page.size {
                break 'rows;
            }
        }
    }
    let next_page_token = page.cut(&mut found, |fact| {
        vec![fact.area.clone(), fact.fact.clone()]
    });
    Ok(ListFactsResponse {
        facts: found,
        frozen,
        next_page_token,
    })
}

/// The frozen facts, or the present ones; those stay the same while a client turns pages.
async fn facts(
    house: &House,
    district: &District,
    period: Period,
    first_page: bool,
) -> Result<(Arc<PeriodFacts>, bool), Error> {
    let review = store::review::find(house.db.read(), district, period).await?;
    if let Some(frozen) = review.and_then(|review| review.frozen) {
        return Ok((
            kept::facts(house, district, frozen.facts_sha256).await?,
            true,
        ));
    }
    if let Some(facts) = house.kept.live(district, period).filter(|_| !first_page) {
        return Ok((facts, false));
    }
    let facts = Arc::new(freeze::live(house, district, period).await?);
    house.kept.keep_live(district, period, facts.clone());
    Ok((facts, false))
}

pub(super) fn value(
    code: &str,
    fact: &str,
    units: i64,
    declared: &BTreeMap<String, Metric>,
) -> FactValue {
    let scale = declared.get(fact).map(|metric| metric.scale);
    let scale = scale
        .or_else(|| of_table(fact).map(|metric| metric.scale))
        .unwrap_or(0);
    let present = units != ABSENT;
    FactValue {
        area: code.to_owned(),
        fact: fact.to_owned(),
        value: present.then_some(units),
        text: if present {
            format_decimal(units, scale)
        } else {
            String::new()
        },
    }
}
