//! Who answers for a place, and which places have nobody.

use std::ops::RangeInclusive;

use jiff::{Timestamp, civil::Date};
use tidyward_kit::{
    Violations,
    caller::{Caller, District as Key},
    error::{Error, Reason},
    fact,
    page::Page,
};
use tidyward_proto::v1::{
    Duty, FindDutiesRequest, FindDutiesResponse, ListVacanciesRequest, ListVacanciesResponse,
    Vacancy,
};

use super::{batch, duty::render, time_argument};
use crate::{
    Grids,
    answers::Question,
    area::Level,
    duty::{self, Answering, Holding, Node},
    places::Places,
    store::{self, duty::Asked},
};

/// Duties of one answer at most.
const MOST: usize = 1_000;
/// Categories of a chain, and rosters in force, at most.
const MOST_CATEGORIES: usize = 20;
const MOST_ROSTERS: usize = 10;
/// Sites come after the areas of every level.
const SITES: i32 = 4;

/// A node without a head, by what it is sorted by.
struct Vacant {
    rank: i32,
    id: String,
    display_name: String,
    node: Node,
}

impl Grids {
    pub(super) async fn duties_find(
        &self,
        caller: &Caller,
        request: FindDutiesRequest,
    ) -> Result<FindDutiesResponse, Error> {
        let (district, profile) = self.profile(caller, "parent", &request.parent).await?;
        let mut violations = Violations::default();
        let instant = self.instant(&mut violations, "at_time", request.at_time.as_ref());
        let node = match request.node.as_str() {
            "" => None,
            name => violations.take(Node::parse(&district, "node", name)),
        };
        check(&request, &mut violations);
        violations.into_result()?;
        let day = profile.day_of(instant);
        // Sites have no count of their changes, and what is hidden from whom is not in the question.
        let is_kept = !matches!(node, Some(Node::Site(_))) && caller.areas.is_empty();
        let question = is_kept.then(|| Question::new(&district, day, &request));
        let known = question.as_ref();
        if let Some(answer) = known.and_then(|asked| self.answers.find(asked, &profile)) {
            return Ok(FindDutiesResponse::clone(&answer));
        }
        let asked = Asked {
            day,
            officer: &request.officer,
            unit: &request.unit,
            rosters: &request.rosters,
        };
        let answering = match node {
            Some(node) => {
                self.answering_for(caller, &district, asked, &node, &request)
                    .await?
            }
            None => self.held(caller, &district, asked).await?,
        };
        let rendered = |duties: Vec<duty::Duty>| -> Vec<Duty> {
            let duties = duties.into_iter().map(|duty| render(&district, duty));
            duties.collect()
        };
        let answer = FindDutiesResponse {
            area_duties: rendered(answering.area),
            category_duties: rendered(answering.category),
        };
        if let Some(question) = question {
            self.answers.keep(question, &profile, &answer);
        }
        Ok(answer)
    }

    /// Who answers for a node that the caller may see.
    async fn answering_for(
        &self,
        caller: &Caller,
        district: &Key,
        asked: Asked<'_>,
        node: &Node,
        request: &FindDutiesRequest,
    ) -> Result<Answering, Error> {
        let places = Places::of(&self.db, district, asked.day, [node]).await?;
        if !places.within(node, &caller.areas) {
            return Err(Error::not_found(&request.node));
        }
        let (chain, categories) = (places.chain(node), &request.categories);
        let read = self.db.read();
        let held =
            store::duty::answering(read, district, asked, &chain, categories, MOST + 1).await?;
        bounded(held.len())?;
        let holdings = held.into_iter().filter_map(|(node, duty)| {
            let step = chain.iter().position(|above| *above == node)?;
            Some(Holding { step, duty })
        });
        Ok(duty::answering(
            holdings.collect(),
            categories,
            asked.rosters,
        ))
    }

    /// What an officer or a unit answers for, of what the caller may see.
    async fn held(
        &self,
        caller: &Caller,
        district: &Key,
        asked: Asked<'_>,
    ) -> Result<Answering, Error> {
        let mut held = store::duty::held(self.db.read(), district, asked, MOST + 1).await?;
        bounded(held.len())?;
        // Everybody sees what is theirs.
        if asked.officer != caller.subject {
            held = self
                .duties_within(caller, district, asked.day, held)
                .await?;
        }
        held.sort_by_key(|duty| (!duty.head, duty.id));
        let (area, category) = held.into_iter().partition(|duty| duty.category.is_empty());
        Ok(Answering { area, category })
    }

    pub(super) async fn vacancies_list(
        &self,
        caller: &Caller,
        request: ListVacanciesRequest,
    ) -> Result<ListVacanciesResponse, Error> {
        let (district, profile) = self.profile(caller, "parent", &request.parent).await?;
        let mut violations = Violations::default();
        let instant = self.instant(&mut violations, "at_time", request.at_time.as_ref());
        let level = Level::from_number(request.level);
        violations.require(
            request.level == 0 || level.is_some(),
            "level",
            "must be a level of areas, or unspecified for every level and sites",
        );
        violations.into_result()?;
        let (number, areas) = (request.level.to_string(), caller.areas.join("/"));
        let time = time_argument(request.at_time.as_ref());
        let arguments = ["ListVacancies", district.id(), &number, &time, &areas];
        let page = Page::parse(request.page_size, &request.page_token, &arguments, 2)?;
        let ranks = match level {
            Some(level) => level.number()..=level.number(),
            None => 1..=SITES,
        };
        let after = match &page.after {
            Some(key) => (key[0].parse().unwrap_or(0), key[1].clone()),
            None => (0, String::new()),
        };
        let (at, want) = ((instant, profile.day_of(instant)), page.size + 1);
        let mut rows = self
            .vacant(caller, &district, at, ranks, after, want)
            .await?;
        let next_page_token = page.cut(&mut rows, |row: &Vacant| {
            vec![row.rank.to_string(), row.id.clone()]
        });
        let vacancies = rows.into_iter().map(|row| Vacancy {
            node: row.node.name(&district),
            level: if row.rank == SITES { 0 } else { row.rank },
            display_name: row.display_name,
        });
        Ok(ListVacanciesResponse {
            vacancies: vacancies.collect(),
            next_page_token,
        })
    }

    /// So many nodes without a head after the one of that rank and id, and of the caller's areas.
    async fn vacant(
        &self,
        caller: &Caller,
        district: &Key,
        (instant, day): (Timestamp, Date),
        ranks: RangeInclusive<i32>,
        mut after: (i32, String),
        want: usize,
    ) -> Result<Vec<Vacant>, Error> {
        let (begin, most) = (after.0, batch(caller, want));
        let mut rows = Vec::new();
        for rank in ranks.filter(|rank| *rank >= begin) {
            while rows.len() < want {
                let from = match rank == after.0 {
                    true => after.1.clone(),
                    false => String::new(),
                };
                let some = match Level::from_number(rank) {
                    Some(level) => self.vacant_areas(district, day, level, &from, most).await?,
                    None => {
                        let at = (instant, day);
                        self.vacant_sites(district, at, &from, most).await?
                    }
                };
                let more = some.len() == most;
                if let Some(last) = some.last() {
                    after = (rank, last.id.clone());
                }
                let places = self.places_of(caller, district, day, &some).await?;
                let mine = |one: &Vacant| match &places {
                    Some(places) => places.within(&one.node, &caller.areas),
                    None => true,
                };
                rows.extend(some.into_iter().filter(mine));
                if !more {
                    break;
                }
            }
        }
        rows.truncate(want);
        Ok(rows)
    }

    async fn vacant_areas(
        &self,
        district: &Key,
        day: Date,
        level: Level,
        after: &str,
        most: usize,
    ) -> Result<Vec<Vacant>, Error> {
        let areas = store::area::vacant(self.db.read(), district, day, level, after, most).await?;
        let areas = areas.into_iter().map(|area| Vacant {
            rank: level.number(),
            id: area.code.clone(),
            display_name: area.version.display_name,
            node: Node::Area(area.code),
        });
        Ok(areas.collect())
    }

    async fn vacant_sites(
        &self,
        district: &Key,
        at: (Timestamp, Date),
        after: &str,
        most: usize,
    ) -> Result<Vec<Vacant>, Error> {
        let sites = store::site::vacant(self.db.read(), district, at, after, most).await?;
        let sites = sites.into_iter().map(|site| Vacant {
            rank: SITES,
            id: site.id.clone(),
            display_name: site.display_name,
            node: Node::Site(site.id),
        });
        Ok(sites.collect())
    }

    /// Where the nodes are, for a caller with areas of its own.
    async fn places_of(
        &self,
        caller: &Caller,
        district: &Key,
        day: Date,
        vacant: &[Vacant],
    ) -> Result<Option<Places>, Error> {
        if caller.areas.is_empty() {
            return Ok(None);
        }
        let nodes = vacant.iter().map(|one| &one.node);
        Places::of(&self.db, district, day, nodes).await.map(Some)
    }
}

fn check(request: &FindDutiesRequest, violations: &mut Violations) {
    violations.require(
        !(request.node.is_empty() && request.officer.is_empty() && request.unit.is_empty()),
        "node",
        "is missing; name a node, an officer or a unit",
    );
    let (categories, rosters) = (&request.categories, &request.rosters);
    violations.require(
        categories.len() <= MOST_CATEGORIES,
        "categories",
        "must be at most 20: a category and those above it",
    );
    for (number, code) in categories.iter().take(MOST_CATEGORIES).enumerate() {
        let field = format!("categories[{number}]");
        violations.require(
            fact::is_category_code(code),
            &field,
            "must be the code of a category",
        );
    }
    violations.require(
        rosters.len() <= MOST_ROSTERS,
        "rosters",
        "must be at most 10",
    );
    for (number, roster) in rosters.iter().take(MOST_ROSTERS).enumerate() {
        let good = !roster.is_empty() && duty::is_roster(roster);
        let field = format!("rosters[{number}]");
        violations.require(
            good,
            &field,
            "must be 1 to 40 of a-z, 0-9, hyphen and underscore",
        );
    }
}

fn bounded(count: usize) -> Result<(), Error> {
    if count <= MOST {
        return Ok(());
    }
    let message = format!(
        "more than {MOST} duties hold there; name an officer or a unit too, or list them by pages"
    );
    Err(Error::new(Reason::TooMany, message).with("limit", MOST))
}
