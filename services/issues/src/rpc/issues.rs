//! Issues, their events, their reporters and what may be the same problem.

use std::collections::BTreeSet;

use jiff::Timestamp;
use tidyward_kit::{
    Error, Reason,
    caller::{Caller, District},
    page::Page,
    request::Once,
};
use tidyward_proto::v1::{
    AreaLevel, EraseReporterRequest, EraseReporterResponse, GetIssueRequest, Issue,
    ListDuplicateCandidatesRequest, ListDuplicateCandidatesResponse, ListIssueEventsRequest,
    ListIssueEventsResponse, ListIssuesRequest, ListIssuesResponse, ReportIssueRequest,
};
use uuid::Uuid;

use super::render;
use crate::{
    Issues,
    category::Category,
    duplicate::Search,
    in_force::Kept,
    query::Query,
    report::FURTHEST_BACK,
    reporter, sight,
    standing::Standing,
    store::{
        self,
        issue::Found,
        query::After,
        report::{NewReport, Written},
    },
    transition::ATTEMPTS,
};

impl Issues {
    pub(super) async fn issue_report(
        &self,
        caller: &Caller,
        request: ReportIssueRequest,
    ) -> Result<Issue, Error> {
        let district = caller.district("parent", &request.parent)?;
        self.territory.calendar(&district).await?;
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
        for _ in 0..ATTEMPTS {
            let from = now.saturating_sub(FURTHEST_BACK).map_err(Error::internal)?;
            let kept = self.terms_kept(&district, from).await?;
            let edition = kept.edition;
            match self
                .report_planned(caller, &district, &request, &kept, &once, now)
                .await
            {
                Ok(planned) => match self.reports.run(planned).await? {
                    Written::Before(answer) => return Ok(*answer),
                    Written::Made {
                        answer,
                        has_deliveries,
                    } => {
                        if has_deliveries {
                            self.outbox.wake();
                        }
                        return Ok(*answer);
                    }
                    Written::Outdated => {}
                },
                Err(error) => {
                    // A request that was answered once is answered again, whatever would be said to it today.
                    if let Some(answer) = once.answered(&self.db).await? {
                        return Ok(answer);
                    }
                    if store::ledger::edition(self.db.read(), &district).await? == edition {
                        return Err(error);
                    }
                }
            }
            self.kept_terms.forget(&district);
        }
        Err(Error::unavailable("what is in force changes all the time"))
    }

    /// The report by the terms, with what it will be answered.
    async fn report_planned(
        &self,
        caller: &Caller,
        district: &District,
        request: &ReportIssueRequest,
        kept: &Kept,
        once: &Once,
        now: Timestamp,
    ) -> Result<NewReport, Error> {
        let Some(asked) = request.issue.clone() else {
            return Err(Error::field("issue", "must be there"));
        };
        let shown = self.shown(caller, district, &request.evidence, now).await?;
        let mut report = self
            .report(caller, district, asked, &kept.terms, now)
            .await?;
        if let Some(first) = report.new.moves.first_mut() {
            first.show(&shown);
        }
        let issue = &report.new.issue;
        let search = Search::of(issue, &report.category);
        let candidates = store::duplicate::candidates(&self.db, district, caller, &search).await?;
        let answer = Issue {
            candidates: render::candidates(district, &candidates),
            ..render::issue(district, issue, &[])
        };
        Ok(NewReport {
            district: district.clone(),
            once: once.clone(),
            edition: kept.edition,
            report,
            answer,
        })
    }

    pub(super) async fn issue_get(
        &self,
        caller: &Caller,
        request: GetIssueRequest,
    ) -> Result<Issue, Error> {
        let (district, [_, id]) =
            caller.resource::<2>("districts/{}/issues/{}", "name", &request.name)?;
        let whole = match Uuid::try_parse(&id) {
            Ok(id) => self.wholes.run((district.clone(), id)).await?,
            Err(_) => None,
        };
        let seen = whole.filter(|whole| {
            let (issue, events) = &**whole;
            sight::visible(caller, issue)
                || sight::sees(caller, issue, &Standing::of(issue, events))
        });
        let seen = seen.ok_or_else(|| Error::not_found(&request.name))?;
        let (issue, events) = &*seen;
        let reporter = match issue.reporter.filter(|_| reporter::may_see(caller, issue)) {
            Some(id) => store::reporter::find(&self.db, &district, id).await?,
            None => None,
        };
        Ok(Issue {
            reporter: reporter.map(render::reporter),
            ..render::issue_whole(&district, issue, events)
        })
    }

    pub(super) async fn issue_list(
        &self,
        caller: &Caller,
        request: ListIssuesRequest,
    ) -> Result<ListIssuesResponse, Error> {
        let district = caller.district("parent", &request.parent)?;
        self.territory.calendar(&district).await?;
        let mut query = Query::parse(&district, &request)?;
        query.grids = self.grids_of(&district, &query).await;
        let state = request.state.to_string();
        let arguments = [
            "ListIssues",
            &request.parent,
            &state,
            &request.category,
            &request.grid,
            &request.filter,
            &request.order_by,
        ];
        let page = Page::parse(request.page_size, &request.page_token, &arguments, 2)?;
        let after = page.after.as_deref().map(after).transpose()?;
        let most = page.size + 1;
        let mut issues =
            store::query::list(&self.db, &district, caller, &query, after.as_ref(), most).await?;
        let next_page_token = page.cut(&mut issues, |found| {
            let After { at, number } = After::of(query.order, found);
            let at = at.map_or_else(String::new, |at| at.to_string());
            vec![at, number.to_string()]
        });
        let issues = issues
            .iter()
            .map(|found| render::issue(&district, &found.issue, &[]))
            .collect();
        Ok(ListIssuesResponse {
            issues,
            next_page_token,
        })
    }

    /// Which of the areas that the query names are grids. A level stays, so the present one is that of all times. Nothing
    /// but the way to the rows depends on it, so what the territory does not know or cannot tell is left out.
    async fn grids_of(&self, district: &District, query: &Query) -> BTreeSet<String> {
        let mut grids = BTreeSet::new();
        for code in query.areas() {
            let area = self.territory.area(district, code, self.clock.now());
            if let Ok(Some(area)) = area.await
                && area.level() == AreaLevel::Grid
            {
                grids.insert(code.to_owned());
            }
        }
        grids
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

    pub(super) async fn candidates_list(
        &self,
        caller: &Caller,
        request: ListDuplicateCandidatesRequest,
    ) -> Result<ListDuplicateCandidatesResponse, Error> {
        let (district, found) = self.issue_found(caller, "parent", &request.parent).await?;
        let categories = store::category::of_district(self.db.read(), &district).await?;
        let category = categories.get(&found.issue.category).cloned();
        let category = category.unwrap_or_else(|| Category::new(&found.issue.category));
        let search = Search::of(&found.issue, &category);
        let candidates = store::duplicate::candidates(&self.db, &district, caller, &search).await?;
        Ok(ListDuplicateCandidatesResponse {
            candidates: render::candidates(&district, &candidates),
        })
    }

    pub(super) async fn reporter_erase(
        &self,
        caller: &Caller,
        request: EraseReporterRequest,
    ) -> Result<EraseReporterResponse, Error> {
        let (district, found) = self.issue_found(caller, "name", &request.name).await?;
        let erased = match found.issue.reporter {
            Some(id) => store::reporter::erase(&self.db, &district, id).await?,
            None => 0,
        };
        Ok(EraseReporterResponse {
            issues: i64::try_from(erased).map_err(Error::internal)?,
        })
    }

    /// An issue that the caller may see.
    pub(super) async fn issue_found(
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
        let found = found.ok_or_else(|| Error::not_found(name))?;
        if self.issue_seen(caller, &district, &found).await? {
            return Ok((district, found));
        }
        Err(Error::not_found(name))
    }

    /// Whether the caller may see the issue.
    pub(crate) async fn issue_seen(
        &self,
        caller: &Caller,
        district: &District,
        found: &Found,
    ) -> Result<bool, Error> {
        if sight::visible(caller, &found.issue) || !sight::is_staff(caller) {
            return Ok(sight::visible(caller, &found.issue));
        }
        // Who handles it beside the assignee is told by its events alone.
        let most = store::issue::MOST_EVENTS;
        let events = store::issue::events(&self.db, district, found, 0, most).await?;
        let standing = Standing::of(&found.issue, &events);
        Ok(sight::sees(caller, &found.issue, &standing))
    }
}

/// The row that a token names.
fn after(key: &[String]) -> Result<After, Error> {
    let broken = || {
        let words = "the page token is no token of this list; start from the first page";
        Error::new(Reason::PageTokenInvalid, words)
    };
    let [at, number] = key else {
        return Err(broken());
    };
    let at = match at.as_str() {
        "" => None,
        at => Some(at.parse().map_err(|_| broken())?),
    };
    let number = number.parse().map_err(|_| broken())?;
    Ok(After { at, number })
}
