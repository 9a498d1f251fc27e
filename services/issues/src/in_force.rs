//! What is in force in a district: its categories, its working calendar, and the suspensions of its areas. All of it is
//! read at once, and then answers for any place, category and time.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::Timestamp;
use tidyward_kit::{Error, caller::District, db::Db};

use crate::{
    Issues,
    calendar::WorkCalendar,
    category::{self, Categories},
    issue::Issue,
    store,
    suspension::{self, Suspension},
    territory::Territory,
    timing::Timing,
};

/// What a district has in force.
#[derive(Clone, Debug)]
pub struct Terms {
    pub categories: Categories,
    calendar: Arc<WorkCalendar>,
    /// Those that end behind the instant from which on they were read.
    suspensions: Vec<Suspension>,
}

/// What of it concerns an issue, under a category, at a time.
#[derive(Clone, Debug)]
pub struct InForce {
    pub timing: Timing,
    /// Beside the ordinary one, the first wins over the later.
    pub rosters: Vec<String>,
    /// Limits of what is filed, in percent of the ordinary.
    pub percent: i64,
}

impl Terms {
    /// For the issue under the category at the time. The pauses are all since the instant from which on they were read.
    pub fn of_issue(&self, issue: &Issue, category: &str, at: Timestamp) -> InForce {
        let chain = category::chain(&self.categories, category);
        let named = self.naming(&issue.codes(), &chain);
        InForce {
            timing: self.timed(&named),
            rosters: suspension::rosters(&named, at),
            percent: i64::from(suspension::percent(&named, at)),
        }
    }

    /// By what limits end in the grid and areas of the codes, under the category that the chain begins with.
    pub fn timing(&self, codes: &[String], chain: &[String]) -> Timing {
        self.timed(&self.naming(codes, chain))
    }

    fn naming(&self, codes: &[String], chain: &[String]) -> Vec<Suspension> {
        let all = self.suspensions.iter();
        all.filter(|one| one.names(codes, chain)).cloned().collect()
    }

    fn timed(&self, named: &[Suspension]) -> Timing {
        Timing {
            calendar: self.calendar.clone(),
            pauses: suspension::pauses(named),
        }
    }
}

impl Issues {
    /// What is in force. Of suspensions, those that end behind the instant.
    pub(crate) async fn terms(&self, district: &District, from: Timestamp) -> Result<Terms, Error> {
        let categories = store::category::of_district(self.db.read(), district).await?;
        self.terms_with(categories, district, from).await
    }

    /// The same for whoever has read the categories before.
    pub(crate) async fn terms_with(
        &self,
        categories: Categories,
        district: &District,
        from: Timestamp,
    ) -> Result<Terms, Error> {
        let (db, territory) = (&self.db, &self.territory);
        Ok(Terms {
            categories,
            calendar: self.calendars.in_force(db, territory, district).await?,
            suspensions: store::suspension::ending_after(db.read(), district, from).await?,
        })
    }
}

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
