//! Duties: making, giving, listing, ending. A caller with areas of its own meets only the duties whose nodes all lie in
//! them.

use jiff::civil::Date;
use tidyward_kit::{
    Violations,
    caller::{Caller, District as Key},
    clock,
    error::{Error, Reason},
    etag,
    filter::{self, Field, FieldKind},
    page::Page,
};
use tidyward_proto::v1::{
    CreateDutyRequest, Duty, EndDutyRequest, GetDutyRequest, ListDutiesRequest, ListDutiesResponse,
};
use uuid::Uuid;

use super::batch;
use crate::{
    Grids,
    district::{self, DistrictProfile},
    duty::{self, Node},
    places::Places,
    store,
};

/// What duties can be filtered by.
const FIELDS: &[Field] = &[
    field("officer", FieldKind::Text),
    field("unit", FieldKind::Text),
    field("role", FieldKind::Enum(duty::ROLES)),
    field("node", FieldKind::Text),
    field("category", FieldKind::Text),
    field("head", FieldKind::Bool),
    field("roster", FieldKind::Text),
    field("first_day", FieldKind::Day),
    field("last_day", FieldKind::Day),
];
/// Nodes of one page at most, so that it stays far below the largest message.
const MOST_NODES: usize = 20_000;

const fn field(name: &'static str, kind: FieldKind) -> Field {
    Field { name, kind }
}

impl Grids {
    pub(super) async fn duty_create(
        &self,
        caller: &Caller,
        request: CreateDutyRequest,
    ) -> Result<Duty, Error> {
        let (district, profile) = self.profile(caller, "parent", &request.parent).await?;
        let id = request.request_id.as_str();
        let mut violations = Violations::default();
        let once = self.once("CreateDuty", caller, &district, &request, id);
        let once = violations.take(once);
        if let Some(answer) = self.answered(once.as_ref()).await? {
            return Ok(answer);
        }
        let asked = request.duty.clone().unwrap_or_default();
        let (made, numbers) = self.draft(caller, &district, &profile, asked, &mut violations);
        if made.nodes.len() <= duty::MOST_NODES {
            self.check_nodes(caller, &district, &made, &numbers, &mut violations)
                .await?;
        }
        let (Some(once), true) = (once, violations.is_empty()) else {
            return Err(violations.into_error());
        };
        once.write(&self.db, move |transaction| {
            let (district, made) = (district.clone(), made.clone());
            Box::pin(async move {
                if made.head {
                    store::duty::lock(transaction, &district).await?;
                    let taken = store::duty::other_head(transaction, &district, &made).await?;
                    if let Some((node, other)) = taken {
                        return Err(duty::head_taken(&district, &node, &other));
                    }
                }
                store::duty::insert(transaction, &district, &made, None).await?;
                Ok(render(&district, made))
            })
        })
        .await
    }

    pub(super) async fn duty_get(
        &self,
        caller: &Caller,
        request: GetDutyRequest,
    ) -> Result<Duty, Error> {
        let (district, duty, _) = self.duty_named(caller, &request.name).await?;
        Ok(render(&district, duty))
    }

    pub(super) async fn duty_list(
        &self,
        caller: &Caller,
        request: ListDutiesRequest,
    ) -> Result<ListDutiesResponse, Error> {
        let (district, profile) = self.profile(caller, "parent", &request.parent).await?;
        let mut violations = Violations::default();
        let instant = self.instant(&mut violations, "at_time", request.at_time.as_ref());
        violations.into_result()?;
        let filter = filter::parse(&request.filter, FIELDS)?;
        let day = request.at_time.map(|_| profile.day_of(instant));
        let at = day.map_or(String::new(), |day| day.to_string());
        let areas = caller.areas.join("/");
        let arguments = ["ListDuties", district.id(), &request.filter, &at, &areas];
        let mut page = Page::parse(request.page_size, &request.page_token, &arguments, 1)?;
        let mut before = page.after.as_ref().map(|key| key[0].clone());
        let want = page.size + 1;
        let most = batch(caller, want);
        let today = profile.day_of(self.clock.now());
        let (mut rows, mut nodes) = (Vec::new(), 0);
        loop {
            let some = store::duty::list(
                self.db.read(),
                &district,
                filter.as_ref(),
                day,
                before.as_deref(),
                most,
            )
            .await?;
            let more = some.len() == most;
            before = some.last().map(|last| last.id.to_string()).or(before);
            rows.extend(self.duties_within(caller, &district, today, some).await?);
            if !more || rows.len() >= want {
                break;
            }
        }
        rows.truncate(want);
        let fit = rows.iter().take_while(|duty: &&duty::Duty| {
            nodes += duty.nodes.len();
            nodes <= MOST_NODES
        });
        page.size = page.size.min(fit.count()).max(1);
        let next_page_token = page.cut(&mut rows, |row| vec![row.id.to_string()]);
        let duties = rows.into_iter().map(|duty| render(&district, duty));
        Ok(ListDutiesResponse {
            duties: duties.collect(),
            next_page_token,
        })
    }

    pub(super) async fn duty_end(
        &self,
        caller: &Caller,
        request: EndDutyRequest,
    ) -> Result<Duty, Error> {
        let (district, duty, profile) = self.duty_named(caller, &request.name).await?;
        let now = self.clock.now();
        let id = request.request_id.as_str();
        let mut violations = Violations::default();
        let once = self.once("EndDuty", caller, &district, &request, id);
        let once = violations.take(once);
        let last_day = match request.last_day.as_str() {
            "" => Some(profile.day_of(now)),
            text => district::day(text),
        };
        violations.require(
            last_day.is_some(),
            "last_day",
            "must be a day like `2026-01-31`; empty is today",
        );
        let (Some(once), Some(last_day)) = (once, last_day) else {
            return Err(violations.into_error());
        };
        once.write(&self.db, move |transaction| {
            let (district, id, sent) = (district.clone(), duty.id, request.etag.clone());
            Box::pin(async move {
                store::duty::lock(transaction, &district).await?;
                let found = store::duty::find(transaction, &district, id).await?;
                let mut duty = found.ok_or_else(|| Error::internal("a duty is gone"))?;
                if duty.last_day == Some(last_day) {
                    return Ok(render(&district, duty));
                }
                etag::check(&sent, &duty.etag())?;
                check_end(&duty, last_day)?;
                duty.last_day = Some(last_day);
                duty.revision += 1;
                store::duty::end(transaction, &district, &duty).await?;
                Ok(render(&district, duty))
            })
        })
        .await
    }

    /// A duty as somebody asks for it, with what is wrong with it noted, but for whether its nodes exist. Those that cannot
    /// be read are left out; the numbers say where the others stand in the request.
    fn draft(
        &self,
        caller: &Caller,
        district: &Key,
        profile: &DistrictProfile,
        asked: Duty,
        violations: &mut Violations,
    ) -> (duty::Duty, Vec<usize>) {
        let now = self.clock.now();
        let mut day = |field: &str, text: &str| {
            let day = district::day(text).filter(|day| *day >= profile.start_date);
            let words = "must be a day like `2026-01-31`, not before the district's start";
            violations.require(text.is_empty() || day.is_some(), field, words);
            day
        };
        let first_day = day("duty.first_day", &asked.first_day);
        let last_day = day("duty.last_day", &asked.last_day);
        let names = asked.nodes.iter().take(duty::MOST_NODES + 1).enumerate();
        let read = names.filter_map(|(number, name)| {
            let field = format!("duty.nodes[{number}]");
            let node = violations.take(Node::parse(district, &field, name))?;
            Some((number, node))
        });
        let (numbers, nodes): (Vec<usize>, Vec<Node>) = read.unzip();
        let duty = duty::Duty {
            id: self.clock.id(),
            officer: asked.officer,
            display_name: asked.display_name,
            unit: asked.unit,
            role: asked.role,
            nodes,
            set_name: asked.set_name,
            category: asked.category,
            head: asked.head,
            roster: asked.roster,
            first_day: first_day.unwrap_or_else(|| profile.day_of(now)),
            last_day,
            created_at: now,
            creator: caller.subject.clone(),
            revision: 1,
        };
        duty.check(violations);
        let numbered = numbers.iter().copied().zip(&duty.nodes);
        duty::check_nodes(asked.nodes.len(), numbered, violations);
        (duty, numbers)
    }

    /// Notes the nodes that do not stand on the duty's first day, or are not in the caller's areas.
    async fn check_nodes(
        &self,
        caller: &Caller,
        district: &Key,
        duty: &duty::Duty,
        numbers: &[usize],
        violations: &mut Violations,
    ) -> Result<(), Error> {
        let places = Places::of(&self.db, district, duty.first_day, &duty.nodes).await?;
        for (number, node) in numbers.iter().zip(&duty.nodes) {
            if !places.within(node, &caller.areas) {
                let (name, day) = (node.name(district), duty.first_day);
                let message = format!(
                    "`{name}` does not exist on {day} or is not yours to see; check the name and the first day"
                );
                violations.add_reason(
                    format!("duty.nodes[{number}]"),
                    Reason::AreaUnknown,
                    message,
                );
            }
        }
        Ok(())
    }

    /// A duty that the caller may see, by its name.
    async fn duty_named(
        &self,
        caller: &Caller,
        name: &str,
    ) -> Result<(Key, duty::Duty, DistrictProfile), Error> {
        let (district, [_, id]) = caller.resource::<2>("districts/{}/duties/{}", "name", name)?;
        let profile = self.known(&district, name).await?;
        let id = Uuid::try_parse(&id).map_err(|_| Error::not_found(name))?;
        let found = store::duty::find(self.db.read(), &district, id).await?;
        let today = profile.day_of(self.clock.now());
        let found = self
            .duties_within(caller, &district, today, found.into_iter().collect())
            .await?
            .pop();
        let duty = found.ok_or_else(|| Error::not_found(name))?;
        Ok((district, duty, profile))
    }

    /// Those of the duties whose nodes all lie in the caller's areas: as they are today, or were or will be on the day of
    /// the duty that is nearest to it.
    pub(super) async fn duties_within(
        &self,
        caller: &Caller,
        district: &Key,
        today: Date,
        mut duties: Vec<duty::Duty>,
    ) -> Result<Vec<duty::Duty>, Error> {
        if caller.areas.is_empty() {
            return Ok(duties);
        }
        let nearest = |duty: &duty::Duty| {
            let until = duty.last_day.map_or(today, |last| last.min(today));
            until.max(duty.first_day)
        };
        let nodes = duties.iter().map(|duty| (nearest(duty), &duty.nodes[..]));
        let places = Places::by_day(&self.db, district, nodes).await?;
        duties.retain(|duty| {
            let places = &places[&nearest(duty)];
            let mut nodes = duty.nodes.iter();
            nodes.all(|node| places.within(node, &caller.areas))
        });
        Ok(duties)
    }
}

fn check_end(duty: &duty::Duty, last_day: Date) -> Result<(), Error> {
    let first = duty.first_day;
    if last_day < first {
        let message = format!(
            "{last_day} is before the duty's first day, {first}; a duty has at least one day"
        );
        return Err(Error::field("last_day", message));
    }
    match duty.last_day {
        Some(before) if last_day > before => {
            let message = format!(
                "the duty ends on {before} already and can only end earlier; make another for the days after"
            );
            Err(Error::field("last_day", message))
        }
        _ => Ok(()),
    }
}

pub(super) fn render(district: &Key, duty: duty::Duty) -> Duty {
    Duty {
        name: district.child("duties", duty.id),
        etag: duty.etag(),
        nodes: duty.nodes.iter().map(|node| node.name(district)).collect(),
        officer: duty.officer,
        display_name: duty.display_name,
        unit: duty.unit,
        role: duty.role,
        set_name: duty.set_name,
        category: duty.category,
        head: duty.head,
        roster: duty.roster,
        first_day: duty.first_day.to_string(),
        last_day: duty.last_day.map_or(String::new(), |day| day.to_string()),
        create_time: Some(clock::to_wire(duty.created_at)),
        creator: duty.creator,
    }
}
