//! Recording metrics, and the table of facts.

use std::collections::BTreeMap;

use tidyward_kit::{
    Error, Violations,
    caller::Caller,
    fact::{self, Addition},
    page::Page,
    request::Once,
};
use tidyward_proto::v1::{
    FactAddition, ListFactDefinitionsRequest, ListFactDefinitionsResponse, RecordMetricsRequest,
    RecordMetricsResponse,
};

use super::area;
use crate::{
    House,
    metric::Declaration,
    record::{self, Wanted, WantedValue},
    render, store,
};

pub(super) async fn record(
    house: &House,
    caller: &Caller,
    request: RecordMetricsRequest,
) -> Result<RecordMetricsResponse, Error> {
    let district = caller.district("parent", &request.parent)?;
    // A district that does not exist has a zone as little as anything else.
    house.territory.zone(&district).await?;
    let now = house.clock.now();
    let id = request.request_id.as_str();
    let once = Once::new(
        store::EVALUATION,
        "RecordMetrics",
        caller,
        Some(&district),
        &request,
        id,
        now,
    )?;
    if let Some(answer) = once.answered(&house.db).await? {
        return Ok(answer);
    }
    let mut violations = Violations::default();
    let mut wanted = Wanted {
        definitions: Vec::new(),
        values: Vec::with_capacity(request.values.len()),
    };
    for definition in request.definitions {
        wanted.definitions.push(Declaration {
            addition: addition(definition.addition),
            name: definition.name,
            unit: definition.unit,
            scale: definition.scale,
            source: definition.source,
        });
    }
    let mut named = true;
    for (index, value) in request.values.into_iter().enumerate() {
        let code = violations.take(area(
            &district,
            &format!("values[{index}].area"),
            &value.area,
        ));
        named &= code.is_some();
        let area = code.unwrap_or_default();
        wanted.values.push(WantedValue {
            metric: value.metric,
            area,
            period: value.period,
            value: value.value,
        });
    }
    let mut areas = BTreeMap::new();
    for period in record::periods(&mut violations, &wanted) {
        if named {
            areas.insert(period, house.territory.codes(&district, period).await?);
        }
    }
    let declared = store::metric::declared(house.db.read(), &district).await?;
    let checked = record::check(&mut violations, &wanted, &declared, &areas);
    violations.into_result()?;
    record::write(&house.db, &district, checked, once).await
}

fn addition(number: i32) -> Option<Addition> {
    match FactAddition::try_from(number) {
        Ok(FactAddition::Sum) => Some(Addition::Sum),
        Ok(FactAddition::Recompute) => Some(Addition::Recompute),
        Ok(FactAddition::None) => Some(Addition::None),
        _ => None,
    }
}

pub(super) fn list_definitions(
    request: &ListFactDefinitionsRequest,
) -> Result<ListFactDefinitionsResponse, Error> {
    let page = Page::parse(
        request.page_size,
        &request.page_token,
        &["ListFactDefinitions"],
        1,
    )?;
    let mut rows: Vec<&fact::Fact> = fact::TABLE.iter().collect();
    if let Some(key) = &page.after {
        let last = rows.iter().position(|row| row.name == key[0]);
        rows.drain(..last.map_or(0, |last| last + 1));
    }
    let next_page_token = page.cut(&mut rows, |row| vec![row.name.to_owned()]);
    let fact_definitions = rows.into_iter().map(render::fact_definition).collect();
    Ok(ListFactDefinitionsResponse {
        fact_definitions,
        next_page_token,
    })
}
