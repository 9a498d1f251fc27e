//! By what an issue's limits end: the working calendar in force, and the suspensions of where it lies.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::Timestamp;
use tidyward_kit::{Error, caller::District, db::Db};

use crate::{
    Issues,
    calendar::WorkCalendar,
    store,
    suspension::{self, Suspension},
    territory::Territory,
    timing::Timing,
};

/// By district: the number of its calendar, and the calendar.
type Known = HashMap<String, (i64, Arc<WorkCalendar>)>;

/// The calendars in force, as far as they were asked for; clones share them.
#[derive(Clone, Default)]
pub struct Calendars {
    known: Arc<Mutex<Known>>,
}

impl Calendars {
    /// The calendar in force. What was published meanwhile, by whichever replica, is seen.
    pub async fn in_force(
        &self,
        db: &Db,
        territory: &Territory,
        district: &District,
    ) -> Result<Arc<WorkCalendar>, Error> {
        let zone = territory.calendar(district).await?.zone.clone();
        let number = store::calendar::number(db.read(), district).await?;
        if let Some((known, calendar)) = self.known().get(district.id())
            && *known == number
        {
            return Ok(calendar.clone());
        }
        let (number, calendar) = match store::calendar::latest(db.read(), district).await? {
            None => (0, WorkCalendar::standard(zone)),
            Some(published) => {
                let calendar = WorkCalendar::read(zone, "working_calendar", &published.calendar);
                (published.number, calendar.map_err(Error::internal)?)
            }
        };
        let calendar = Arc::new(calendar);
        self.known()
            .insert(district.id().to_owned(), (number, calendar.clone()));
        Ok(calendar)
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Issues {
    pub(crate) async fn work_calendar(
        &self,
        district: &District,
    ) -> Result<Arc<WorkCalendar>, Error> {
        self.calendars
            .in_force(&self.db, &self.territory, district)
            .await
    }

    /// The suspensions that end behind the instant and name what lies in the grid and areas of the codes and is of the
    /// category that the chain begins with. `suspension::rosters` and `suspension::percent` tell what they switch.
    pub(crate) async fn suspensions(
        &self,
        district: &District,
        codes: &[String],
        chain: &[String],
        from: Timestamp,
    ) -> Result<Vec<Suspension>, Error> {
        let mut found = store::suspension::ending_after(self.db.read(), district, from).await?;
        found.retain(|one| one.names(codes, chain));
        Ok(found)
    }

    /// By what limits end there that begin at the instant or later.
    pub(crate) async fn timing(
        &self,
        district: &District,
        codes: &[String],
        chain: &[String],
        from: Timestamp,
    ) -> Result<Timing, Error> {
        let calendar = self.work_calendar(district).await?;
        let suspensions = self.suspensions(district, codes, chain, from).await?;
        Ok(Timing {
            calendar,
            pauses: suspension::pauses(&suspensions),
        })
    }
}
