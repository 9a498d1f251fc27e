//! Locating points: all of them are checked, then all of them located by one index.

use geo::Coord;
use tidyward_kit::{
    Violations,
    caller::{Caller, District as Key},
    error::Error,
    position as kit_position,
};
use tidyward_proto::v1::{
    LocatePoint, LocatePointsRequest, LocatePointsResponse, Location, NearArea, Position,
};
use tokio::task::spawn_blocking;

use crate::{Grids, locate::Index};

/// Points of one call at most.
const MOST_POINTS: usize = 10_000;
/// The farthest that a near grid may be, in metres.
const FARTHEST: f64 = 500.0;
/// So many points are located in no time; more are located off the workers.
const AT_ONCE: usize = 64;

/// A point that was checked, and the instant in microseconds.
type Question = (Coord<f64>, i64);

impl Grids {
    pub(super) async fn points_locate(
        &self,
        caller: &Caller,
        request: LocatePointsRequest,
    ) -> Result<LocatePointsResponse, Error> {
        let (district, profile) = self.profile(caller, "parent", &request.parent).await?;
        let questions = self.questions(&request)?;
        let index = self.indexes.of(&district, &profile).await?;
        let near_metres = request.near_metres;
        if questions.len() <= AT_ONCE {
            return Ok(answer(&index, &district, &questions, near_metres));
        }
        let work = move || answer(&index, &district, &questions, near_metres);
        spawn_blocking(work).await.map_err(Error::internal)
    }

    fn questions(&self, request: &LocatePointsRequest) -> Result<Vec<Question>, Error> {
        let mut violations = Violations::default();
        let count = request.points.len();
        if !(1..=MOST_POINTS).contains(&count) {
            return Err(Error::field(
                "points",
                format!("must be 1 to 10,000, not {count}; send them in several calls"),
            ));
        }
        let near = (0.0..=FARTHEST).contains(&request.near_metres);
        violations.require(
            near,
            "near_metres",
            "must be 0 to 500; 0 asks for no near grids",
        );
        let now = self.clock.now().as_microsecond();
        let mut questions = Vec::with_capacity(count);
        for (number, LocatePoint { position, at_time }) in request.points.iter().enumerate() {
            let at = match at_time {
                None => now,
                Some(_) => {
                    let field = format!("points[{number}].at_time");
                    self.instant(&mut violations, &field, at_time.as_ref())
                        .as_microsecond()
                }
            };
            let field = format!("points[{number}].position");
            questions
                .extend(place(&mut violations, &field, position.as_ref()).map(|place| (place, at)));
        }
        violations.into_result()?;
        Ok(questions)
    }
}

fn place(
    violations: &mut Violations,
    field: &str,
    position: Option<&Position>,
) -> Option<Coord<f64>> {
    let Some(position) = position else {
        violations.add(field, "is missing; say where the point is");
        return None;
    };
    let place = kit_position::check(violations, field, position)?;
    Some(Coord {
        x: place.longitude,
        y: place.latitude,
    })
}

fn answer(
    index: &Index,
    district: &Key,
    questions: &[Question],
    near_metres: f64,
) -> LocatePointsResponse {
    let name = |area| district.child("areas", index.code(area));
    let mut near = Vec::new();
    let locations = questions.iter().map(|&(point, at)| {
        let found = index.locate(point, at);
        if near_metres > 0.0 {
            index.near(
                point,
                at,
                near_metres,
                found.map(|found| found.grid),
                &mut near,
            );
        }
        Location {
            grid: found.map_or(String::new(), |found| name(found.grid)),
            ancestors: found
                .iter()
                .flat_map(|found| found.ancestors)
                .flatten()
                .map(name)
                .collect(),
            near: near
                .iter()
                .map(|one| NearArea {
                    area: name(one.grid),
                    distance_metres: one.distance,
                })
                .collect(),
        }
    });
    LocatePointsResponse {
        locations: locations.collect(),
    }
}
