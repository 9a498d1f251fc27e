//! The calendar service on the wire, and the working calendar itself.

use tidyward_kit::{
    Error, Reason,
    caller::{self, Caller, District},
    clock,
    request::Once,
};
use tidyward_proto::v1::{
    AreaSuspension, CreateAreaSuspensionRequest, DeadlineExplanation, EndAreaSuspensionRequest,
    GetAreaSuspensionRequest, GetWorkingCalendarRequest, ListAreaSuspensionsRequest,
    ListAreaSuspensionsResponse, ReckonDeadlineRequest, UpdateWorkingCalendarRequest, WeekdayHours,
    WorkSpan, WorkingCalendar, calendar_service_server::CalendarService,
};
use tonic::{Request, Response, async_trait};

use super::Answer;
use crate::{
    Issues,
    calendar::{STANDARD_DAYS, STANDARD_HOURS, WorkCalendar},
    rereckon::{self, Cause},
    store::{self, calendar::Published, rereckon::Which},
};

const PATTERN: &str = "districts/{}/workingCalendar";

#[async_trait]
impl CalendarService for Issues {
    async fn get_working_calendar(
        &self,
        request: Request<GetWorkingCalendarRequest>,
    ) -> Answer<WorkingCalendar> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.calendar_get(&caller, request.into_inner()).await?,
        ))
    }

    async fn update_working_calendar(
        &self,
        request: Request<UpdateWorkingCalendarRequest>,
    ) -> Answer<WorkingCalendar> {
        let (issues, caller) = (self.clone(), caller::of(&request)?);
        let request = request.into_inner();
        let work = async move { issues.calendar_update(&caller, request).await };
        Ok(Response::new(to_its_end(work).await?))
    }

    async fn reckon_deadline(
        &self,
        request: Request<ReckonDeadlineRequest>,
    ) -> Answer<DeadlineExplanation> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.deadline_reckon(&caller, request.into_inner()).await?,
        ))
    }

    async fn create_area_suspension(
        &self,
        request: Request<CreateAreaSuspensionRequest>,
    ) -> Answer<AreaSuspension> {
        let (issues, caller) = (self.clone(), caller::of(&request)?);
        let request = request.into_inner();
        let work = async move { issues.suspension_create(&caller, request).await };
        Ok(Response::new(to_its_end(work).await?))
    }

    async fn get_area_suspension(
        &self,
        request: Request<GetAreaSuspensionRequest>,
    ) -> Answer<AreaSuspension> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.suspension_get(&caller, request.into_inner()).await?,
        ))
    }

    async fn list_area_suspensions(
        &self,
        request: Request<ListAreaSuspensionsRequest>,
    ) -> Answer<ListAreaSuspensionsResponse> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.suspension_list(&caller, request.into_inner()).await?,
        ))
    }

    async fn end_area_suspension(
        &self,
        request: Request<EndAreaSuspensionRequest>,
    ) -> Answer<AreaSuspension> {
        let (issues, caller) = (self.clone(), caller::of(&request)?);
        let request = request.into_inner();
        let work = async move { issues.suspension_end(&caller, request).await };
        Ok(Response::new(to_its_end(work).await?))
    }
}

impl Issues {
    async fn calendar_get(
        &self,
        caller: &Caller,
        request: GetWorkingCalendarRequest,
    ) -> Result<WorkingCalendar, Error> {
        let (district, _) = caller.resource::<1>(PATTERN, "name", &request.name)?;
        self.territory.calendar(&district).await?;
        let published = store::calendar::latest(self.db.read(), &district).await?;
        Ok(published.map_or_else(
            || standard(&district),
            |published| rendered(&district, published),
        ))
    }

    async fn calendar_update(
        &self,
        caller: &Caller,
        request: UpdateWorkingCalendarRequest,
    ) -> Result<WorkingCalendar, Error> {
        let field = "working_calendar";
        let told = request.working_calendar.clone();
        let told = told.ok_or_else(|| Error::field(field, "must be there"))?;
        let (district, _) = caller.resource::<1>(PATTERN, "working_calendar.name", &told.name)?;
        let zone = self.territory.calendar(&district).await?.zone.clone();
        let now = self.clock.now();
        let id = request.request_id.as_str();
        let method = "UpdateWorkingCalendar";
        let once = Once::new(
            store::PREFIX,
            method,
            caller,
            Some(&district),
            &request,
            id,
            now,
        )?;
        WorkCalendar::read(zone, field, &told)?;
        let own = district.clone();
        let answer = once
            .write(&self.db, move |transaction| {
                let (district, mut calendar) = (own.clone(), told.clone());
                Box::pin(async move {
                    store::calendar::lock(transaction, &district).await?;
                    let number = store::calendar::number(transaction, &district).await?;
                    let etag = std::mem::take(&mut calendar.etag);
                    if !etag.is_empty() && etag != number.to_string() {
                        return Err(stale("the calendar"));
                    }
                    calendar.name = String::new();
                    calendar.publish_time = None;
                    let published = Published {
                        number: number + 1,
                        published_at: now,
                        calendar,
                    };
                    store::calendar::publish(transaction, &district, &published).await?;
                    Ok(rendered(&district, published))
                })
            })
            .await?;
        self.reckon_again(
            &district,
            Cause {
                which: Which::Provisional,
                suspension: String::new(),
                actor: caller.subject.clone(),
                now,
            },
        )
        .await?;
        Ok(answer)
    }

    /// Deadlines as they are by what was just written.
    pub(super) async fn reckon_again(
        &self,
        district: &District,
        cause: Cause,
    ) -> Result<(), Error> {
        let changed = rereckon::run(self, district, &cause).await;
        if let Err(error) = &changed {
            tracing::error!(district = district.id(), error.source = %error, "deadlines were not all reckoned again");
        }
        changed.map(drop)
    }
}

/// Does it to its end even where the caller goes away: what was written is to be followed by new deadlines.
async fn to_its_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    tokio::spawn(work).await.map_err(Error::internal)?
}

/// A resource that changed since it was read.
pub(super) fn stale(what: &str) -> Error {
    Error::new(
        Reason::ChangedMeanwhile,
        format!("{what} changed since it was read; read it again and decide anew"),
    )
}

fn rendered(district: &District, published: Published) -> WorkingCalendar {
    WorkingCalendar {
        name: format!("{}/workingCalendar", district.name()),
        etag: published.number.to_string(),
        publish_time: Some(clock::to_wire(published.published_at)),
        ..published.calendar
    }
}

/// Of a district that published none.
fn standard(district: &District) -> WorkingCalendar {
    let hours = WorkSpan {
        from_minute: STANDARD_HOURS.from,
        to_minute: STANDARD_HOURS.until,
    };
    let week = (1..).take(STANDARD_DAYS).map(|weekday| WeekdayHours {
        weekday,
        spans: vec![hours],
    });
    WorkingCalendar {
        name: format!("{}/workingCalendar", district.name()),
        week: week.collect(),
        etag: "0".to_owned(),
        ..WorkingCalendar::default()
    }
}
