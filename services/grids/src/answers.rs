//! Who answers for a place, as it was told before: the same question is asked with each report of the same officer in the
//! same grid. An answer is made of the district's areas and duties alone, so it holds while its row counts no change of
//! either; that row is read with each question, and so it does not matter which process made the change.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::civil::Date;
use prost::Message;
use tidyward_kit::caller::District;
use tidyward_proto::v1::{FindDutiesRequest, FindDutiesResponse};

use crate::district::DistrictProfile;

/// Answers that are kept at most; behind that they are all forgotten.
const MOST_KEPT: usize = 10_000;
/// Duties of an answer that is kept, at most: longer ones are rare, and would fill the memory.
const MOST_DUTIES: usize = 20;

/// Answers by question; clones share them.
#[derive(Clone, Default)]
pub struct Answers(Arc<Mutex<HashMap<Question, Known>>>);

/// Of whom, on which day, and what: the request as it is encoded, without its time.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Question {
    district: District,
    day: Date,
    request: Vec<u8>,
}

struct Known {
    generation: i64,
    duty_edition: i64,
    answer: Arc<FindDutiesResponse>,
}

impl Question {
    pub fn new(district: &District, day: Date, request: &FindDutiesRequest) -> Question {
        let request = FindDutiesRequest {
            at_time: None,
            ..request.clone()
        };
        Question {
            district: district.clone(),
            day,
            request: request.encode_to_vec(),
        }
    }
}

impl Answers {
    pub fn find(
        &self,
        question: &Question,
        profile: &DistrictProfile,
    ) -> Option<Arc<FindDutiesResponse>> {
        let known = self.known();
        let known = known.get(question)?;
        let same =
            (known.generation, known.duty_edition) == (profile.generation, profile.duty_edition);
        same.then(|| known.answer.clone())
    }

    /// The profile was read before the answer was made, so the answer is never older than it.
    pub fn keep(&self, question: Question, profile: &DistrictProfile, answer: &FindDutiesResponse) {
        if answer.area_duties.len() + answer.category_duties.len() > MOST_DUTIES {
            return;
        }
        let mut known = self.known();
        if known.len() >= MOST_KEPT {
            known.clear();
        }
        let fresh = Known {
            generation: profile.generation,
            duty_edition: profile.duty_edition,
            answer: Arc::new(answer.clone()),
        };
        known.insert(question, fresh);
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Question, Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
