//! What is in force for an issue at a time: the calendar, the area suspensions that let its clocks stand, and an
//! emergency's rosters and percent.

use std::sync::Arc;

use jiff::Timestamp;
use tidyward_kit::{Error, caller::District};

use crate::{Issues, calendar::WorkCalendar, issue::Issue, timing::Timing};

/// What is in force.
#[derive(Clone, Debug)]
pub struct InForce {
    pub timing: Timing,
    /// Beside the ordinary one, the first wins over the later.
    pub rosters: Vec<String>,
    /// Limits of what is filed, in percent of the ordinary.
    pub percent: i64,
}

impl Issues {
    /// What is in force for the issue, under the category, at the time.
    pub(crate) async fn in_force(
        &self,
        district: &District,
        _issue: &Issue,
        _category: &str,
        _at: Timestamp,
    ) -> Result<InForce, Error> {
        Ok(InForce {
            timing: Timing::of(self.work_calendar(district).await?),
            rosters: Vec::new(),
            percent: 100,
        })
    }

    pub(crate) async fn work_calendar(
        &self,
        district: &District,
    ) -> Result<Arc<WorkCalendar>, Error> {
        let calendar = self.territory.calendar(district).await?;
        Ok(Arc::new(WorkCalendar::standard(calendar.zone.clone())))
    }
}
