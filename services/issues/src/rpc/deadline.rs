//! How deadlines come about, for people to read.

use tidyward_kit::{Error, Violations, caller::Caller, clock};
use tidyward_proto::v1::{
    DeadlineExplanation, ExplainDeadlineRequest, LocalizedText, ReckonDeadlineRequest,
    ReckoningStep,
};

use crate::{
    Issues, category,
    limit::Limit,
    reckon::{self, Reckoned, Step},
    standing::Stage,
    store, suspension,
};

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
        let categories = store::category::of_district(self.db.read(), &district).await?;
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
                .territory
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
        let terms = self.terms_with(categories, &district, from).await?;
        let mut timing = terms.timing(&codes, &chain);
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
        let (district, found) = self.issue_found(caller, "name", &request.name).await?;
        let (history, _) = self.history(&district, &found, self.clock.now()).await?;
        let standing = &history.standing;
        let asked = Stage::try_from(request.stage);
        let asked = asked.map_err(|_| Error::field("stage", "is no stage"))?;
        let stage = match asked {
            Stage::Unspecified if standing.dispatched => Stage::Handle,
            Stage::Unspecified => Stage::Total,
            stage => stage,
        };
        Ok(explained(reckon::reckon(
            &history.events,
            standing.round,
            stage,
            &history.timing,
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
