//! Issues, their events and their categories.

use tidyward_kit::{
    Error, Violations,
    caller::{Caller, District},
    name,
    page::Page,
    request::Once,
};
use tidyward_proto::v1::{
    GetIssueRequest, Issue, ListCategoriesRequest, ListCategoriesResponse, ListIssueEventsRequest,
    ListIssueEventsResponse, ListIssuesRequest, ListIssuesResponse, ReportIssueRequest,
};
use uuid::Uuid;

use super::render;
use crate::{
    Issues,
    issue::State,
    report::{self, Desk},
    round,
    store::{
        self,
        issue::{Filter, Found},
    },
};

/// Events of one issue that are read for its rounds.
const MOST_EVENTS: usize = 100_000;

impl Issues {
    pub(super) async fn issue_report(
        &self,
        caller: &Caller,
        request: ReportIssueRequest,
    ) -> Result<Issue, Error> {
        let district = caller.district("parent", &request.parent)?;
        let calendar = self.territory.calendar(&district).await?;
        let now = self.clock.now();
        let id = request.request_id.as_str();
        let once = Once::new(
            store::PREFIX,
            "ReportIssue",
            caller,
            Some(&district),
            &request,
            id,
            now,
        )?;
        let Some(asked) = request.issue.clone() else {
            return Err(Error::field("issue", "must be there"));
        };
        let categories = store::category::of_district(self.db.read(), &district).await?;
        let desk = Desk {
            caller,
            district: &district,
            calendar: &calendar,
            territory: &self.territory,
            knows: &|code| categories.contains_key(code),
            now,
            id: self.clock.id(),
        };
        let new = report::check(desk, asked).await?;
        once.write(&self.db, move |transaction| {
            let (district, new) = (district.clone(), new.clone());
            Box::pin(async move {
                store::write::insert_one(transaction, &district, &new).await?;
                Ok(render::issue(&district, &new.issue, &[]))
            })
        })
        .await
    }

    pub(super) async fn issue_get(
        &self,
        caller: &Caller,
        request: GetIssueRequest,
    ) -> Result<Issue, Error> {
        let (district, found) = self.issue_found(caller, "name", &request.name).await?;
        let events = store::issue::events(&self.db, &district, &found, 0, MOST_EVENTS).await?;
        Ok(render::issue(
            &district,
            &found.issue,
            &round::rounds(&events),
        ))
    }

    pub(super) async fn issue_list(
        &self,
        caller: &Caller,
        request: ListIssuesRequest,
    ) -> Result<ListIssuesResponse, Error> {
        let district = caller.district("parent", &request.parent)?;
        self.territory.calendar(&district).await?;
        let filter = filter(&district, &request)?;
        let state = request.state.to_string();
        let arguments = [
            "ListIssues",
            &request.parent,
            &state,
            &request.category,
            &request.grid,
        ];
        let page = Page::parse(request.page_size, &request.page_token, &arguments, 2)?;
        let after = page
            .after
            .as_ref()
            .and_then(|key| Some((key[0].parse().ok()?, key[1].clone())));
        let mut issues =
            store::issue::list(&self.db, &district, &filter, after, page.size + 1).await?;
        let next_page_token = page.cut(&mut issues, |issue| {
            vec![
                issue.reported_at.as_microsecond().to_string(),
                issue.id.to_string(),
            ]
        });
        let issues = issues
            .iter()
            .map(|issue| render::issue(&district, issue, &[]))
            .collect();
        Ok(ListIssuesResponse {
            issues,
            next_page_token,
        })
    }

    pub(super) async fn issue_events(
        &self,
        caller: &Caller,
        request: ListIssueEventsRequest,
    ) -> Result<ListIssueEventsResponse, Error> {
        let (district, found) = self.issue_found(caller, "parent", &request.parent).await?;
        let arguments = ["ListIssueEvents", &request.parent];
        let page = Page::parse(request.page_size, &request.page_token, &arguments, 1)?;
        let after = page
            .after
            .as_ref()
            .and_then(|key| key[0].parse().ok())
            .unwrap_or(0);
        let mut events =
            store::issue::events(&self.db, &district, &found, after, page.size + 1).await?;
        let next_page_token = page.cut(&mut events, |event| vec![event.sequence.to_string()]);
        let events = events.iter().map(render::event).collect();
        Ok(ListIssueEventsResponse {
            events,
            next_page_token,
        })
    }

    pub(super) async fn category_list(
        &self,
        caller: &Caller,
        request: ListCategoriesRequest,
    ) -> Result<ListCategoriesResponse, Error> {
        let district = caller.district("parent", &request.parent)?;
        self.territory.calendar(&district).await?;
        let arguments = ["ListCategories", &request.parent];
        let page = Page::parse(request.page_size, &request.page_token, &arguments, 1)?;
        let after = page.after.as_ref().map(|key| key[0].as_str());
        let categories = store::category::of_district(self.db.read(), &district).await?;
        let categories = categories.into_values();
        let rest =
            categories.filter(|category| after.is_none_or(|after| category.code.as_str() > after));
        let mut categories: Vec<_> = rest.take(page.size + 1).collect();
        let next_page_token = page.cut(&mut categories, |category| vec![category.code.clone()]);
        let categories = categories
            .iter()
            .map(|category| render::category(&district, category))
            .collect();
        Ok(ListCategoriesResponse {
            categories,
            next_page_token,
        })
    }

    async fn issue_found(
        &self,
        caller: &Caller,
        field: &str,
        name: &str,
    ) -> Result<(District, Found), Error> {
        let (district, [_, id]) = caller.resource::<2>("districts/{}/issues/{}", field, name)?;
        let found = match Uuid::try_parse(&id) {
            Ok(id) => store::issue::find(&self.db, &district, id).await?,
            Err(_) => None,
        };
        found
            .map(|found| (district, found))
            .ok_or_else(|| Error::not_found(name))
    }
}

fn filter(district: &District, request: &ListIssuesRequest) -> Result<Filter, Error> {
    let mut violations = Violations::default();
    let state = State::try_from(request.state);
    violations.require(state.is_ok(), "state", "is no state of issues");
    let mut grid = None;
    if !request.grid.is_empty() {
        let ids = name::take::<2>("districts/{}/areas/{}", "grid", &request.grid);
        if let Some([own, code]) = violations.take(ids) {
            violations.require(
                own == district.id(),
                "grid",
                "must be a grid of the parent's district",
            );
            grid = Some(code);
        }
    }
    violations.into_result()?;
    Ok(Filter {
        state: state.ok().filter(|state| *state != State::Unspecified),
        category: Some(request.category.clone()).filter(|code| !code.is_empty()),
        grid,
    })
}
