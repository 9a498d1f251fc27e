//! How deadlines come about, for people to read.

use tidyward_kit::{Error, Violations, caller::Caller, clock};
use tidyward_proto::v1::{
    DeadlineExplanation, ExplainDeadlineRequest, LocalizedText, ReckonDeadlineRequest,
    ReckoningStep,
};
use uuid::Uuid;

use crate::{
    Issues, category,
    limit::Limit,
    reckon::{self, Reckoned, Step},
    sight,
    standing::{Stage, Standing},
    store, suspension,
};

const PATTERN: &str = "districts/{}/issues/{}";

impl Issues {
    pub(super) async fn deadline_reckon(
        &self,
        caller: &Caller,
        request: ReckonDeadlineRequest,
    ) -> Result<DeadlineExplanation, Error> {
        let district = caller.district("parent", &request.parent)?;
        self.territory.calendar(&district).await?;
        let mut violations = Violations::default();
        let limit = Limit::parse(&request.limit);
        if let Err(words) = &limit {
            violations.add("limit", words);
        }
        let now = self.clock.now();
        let from = match &request.start_time {
            None => Some(now),
            Some(told) => clock::from_wire(told),
        };
        violations.require(from.is_some(), "start_time", "is no time");
        let declared = store::category::declared(&self.db, &district).await?;
        let categories = category::of_district(declared);
        violations.require(
            request.category.is_empty() || categories.contains_key(&request.category),
            "category",
            "is no category of the district; ListCategories gives them",
        );
        let mut codes = Vec::new();
        if !request.area.is_empty()
            && let Some(code) =
                suspension::area_code(&mut violations, &district, "area", &request.area)
        {
            codes = self
                .area_and_above(&district, &code, from.unwrap_or(now))
                .await?;
            violations.require(
                !codes.is_empty(),
                "area",
                "is no area of the district; ListAreas gives them",
            );
        }
        let (Ok(limit), Some(from), true) = (limit, from, violations.is_empty()) else {
            return Err(violations.into_error());
        };
        let chain = match request.category.as_str() {
            "" => Vec::new(),
            code => category::chain(&categories, code),
        };
        let mut timing = self.timing(&district, &codes, &chain, from).await?;
        if request.area.is_empty() {
            timing.pauses.clear();
        }
        let deadline = timing.deadline(from, limit).ok_or_else(|| {
            Error::field(
                "limit",
                "does not end within twenty years of the working calendar; shorten it",
            )
        })?;
        let steps = reckon::of_limit(&timing, from, limit, deadline);
        Ok(explained(Reckoned {
            deadline: Some(deadline.at),
            provisional: deadline.provisional,
            steps,
        }))
    }

    pub(super) async fn deadline_explain(
        &self,
        caller: &Caller,
        request: ExplainDeadlineRequest,
    ) -> Result<DeadlineExplanation, Error> {
        let name = &request.name;
        let (district, [_, id]) = caller.resource::<2>(PATTERN, "name", name)?;
        let found = match Uuid::try_parse(&id) {
            Ok(id) => store::issue::find(&self.db, &district, id).await?,
            Err(_) => None,
        };
        let found = found.ok_or_else(|| Error::not_found(name))?;
        let issue = &found.issue;
        let events =
            store::issue::events(&self.db, &district, &found, 0, store::issue::MOST_EVENTS).await?;
        let standing = Standing::of(issue, &events);
        let involved = sight::is_staff(caller) && standing.involves(&caller.subject);
        if !sight::visible(caller, issue) && !involved {
            return Err(Error::not_found(name));
        }
        let asked = Stage::try_from(request.stage);
        let asked = asked.map_err(|_| Error::field("stage", "is no stage"))?;
        let stage = match asked {
            Stage::Unspecified if standing.dispatched => Stage::Handle,
            Stage::Unspecified => Stage::Total,
            stage => stage,
        };
        let declared = store::category::declared(&self.db, &district).await?;
        let chain = category::chain(&category::of_district(declared), &issue.category);
        let codes = issue.codes();
        let timing = self
            .timing(&district, &codes, &chain, issue.reported_at)
            .await?;
        Ok(explained(reckon::reckon(
            &events,
            standing.round,
            stage,
            &timing,
        )))
    }
}

fn explained(reckoned: Reckoned) -> DeadlineExplanation {
    DeadlineExplanation {
        deadline: reckoned.deadline.map(clock::to_wire),
        provisional: reckoned.provisional,
        steps: reckoned.steps.into_iter().map(step).collect(),
    }
}

fn step(step: Step) -> ReckoningStep {
    ReckoningStep {
        start_time: Some(clock::to_wire(step.start)),
        end_time: Some(clock::to_wire(step.end)),
        minutes: step.minutes,
        text: Some(LocalizedText {
            zh: step.zh,
            en: step.en,
        }),
    }
}
