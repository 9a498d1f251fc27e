//! What is in force in a district: its categories, its working calendar, and the suspensions of its areas. All of it is
//! read at once, and then answers for any place, category and time.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
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
    pub categories: Arc<Categories>,
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
    /// As if they had been read from the instant on, which is not before the one from which they were.
    pub fn from(&self, from: Timestamp) -> Terms {
        let ending_after = self.suspensions.iter().filter(|one| one.ends_at > from);
        Terms {
            categories: self.categories.clone(),
            calendar: self.calendar.clone(),
            suspensions: ending_after.cloned().collect(),
        }
    }

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
            categories: Arc::new(categories),
            calendar: self.calendars.in_force(db, territory, district).await?,
            suspensions: store::suspension::ending_after(db.read(), district, from).await?,
        })
    }
}

/// Districts whose terms are kept.
const MOST_KEPT: usize = 1_000;
/// Terms are kept from so far back, so that they serve for a while.
const KEPT_BACK: SignedDuration = SignedDuration::from_hours(24);

/// Terms as they were at an edition of the district's: what is planned by them holds if the district has that edition
/// still in the transaction that writes it.
#[derive(Clone, Debug)]
pub struct Kept {
    pub edition: i64,
    pub terms: Terms,
    from: Timestamp,
}

/// The terms of districts, as far as they were asked for; clones share them.
#[derive(Clone, Default)]
pub struct KeptTerms(Arc<Mutex<HashMap<String, Arc<Kept>>>>);

impl KeptTerms {
    /// To be called with terms that turned out not to be in force any more.
    pub fn forget(&self, district: &District) {
        self.kept().remove(district.id());
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<String, Arc<Kept>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Issues {
    /// What was in force when it was last read; see `Kept` for whether it still is.
    pub(crate) async fn terms_kept(
        &self,
        district: &District,
        from: Timestamp,
    ) -> Result<Arc<Kept>, Error> {
        let known = self.kept_terms.kept().get(district.id()).cloned();
        if let Some(kept) = known.filter(|kept| kept.from <= from) {
            return Ok(kept);
        }
        let from = from.saturating_sub(KEPT_BACK).map_err(Error::internal)?;
        // What is read after the edition is never older than it says.
        let kept = Arc::new(Kept {
            edition: store::ledger::edition(self.db.read(), district).await?,
            terms: self.terms(district, from).await?,
            from,
        });
        let mut all = self.kept_terms.kept();
        if all.len() >= MOST_KEPT {
            all.clear();
        }
        all.insert(district.id().to_owned(), kept.clone());
        Ok(kept)
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

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
