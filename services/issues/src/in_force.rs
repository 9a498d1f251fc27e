//! What is in force for an issue at a time: the calendar, the area suspensions that let its clocks stand, and an
//! emergency's rosters and percent.

use jiff::Timestamp;
use tidyward_kit::{Error, caller::District};

use crate::{Issues, category, issue::Issue, store, suspension, timing::Timing};

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
    /// What is in force for the issue, under the category, at the time. The pauses are all since its report.
    pub(crate) async fn in_force(
        &self,
        district: &District,
        issue: &Issue,
        category: &str,
        at: Timestamp,
    ) -> Result<InForce, Error> {
        let declared = store::category::declared(&self.db, district).await?;
        let chain = category::chain(&category::of_district(declared), category);
        let since = issue.reported_at.min(at);
        let codes = issue.codes();
        let suspensions = self.suspensions(district, &codes, &chain, since).await?;
        Ok(InForce {
            timing: Timing {
                calendar: self.work_calendar(district).await?,
                pauses: suspension::pauses(&suspensions),
            },
            rosters: suspension::rosters(&suspensions, at),
            percent: i64::from(suspension::percent(&suspensions, at)),
        })
    }
}
