//! Sites and duties as their callers meet them: who answers for a place, what has nobody, what is refused and why.

mod again;
mod heads;
mod refusals;
mod scopes;

use tidyward_proto::v1::{
    CreateDutyRequest, CreateSiteRequest, Duty, EndDutyRequest, FindDutiesRequest,
    FindDutiesResponse, GetDutyRequest, ListDutiesRequest, ListVacanciesRequest, Site,
    UpdateSiteRequest, duty_service_server::DutyService,
};

use super::*;
use crate::Duties;

pub(super) const DISTRICT: &str = "districts/city";

/// A city with two wards of which `w1` has two grids and `w2` one, and its service of duties.
pub(super) struct Street {
    pub city: City,
    pub duties: Duties,
}

pub(super) async fn street() -> Street {
    let city = city_with_a_tree().await;
    let duties = Duties(city.grids.clone());
    Street { city, duties }
}

pub(super) fn area(code: &str) -> String {
    format!("{DISTRICT}/areas/{code}")
}

/// A cadre of the areas from a day on.
pub(super) fn duty(officer: &str, areas: &[&str], first_day: &str) -> Duty {
    Duty {
        officer: officer.to_owned(),
        role: 1,
        nodes: areas.iter().map(|code| area(code)).collect(),
        first_day: first_day.to_owned(),
        ..Duty::default()
    }
}

pub(super) fn head(officer: &str, areas: &[&str], first_day: &str) -> Duty {
    Duty {
        head: true,
        ..duty(officer, areas, first_day)
    }
}

pub(super) fn bin_station() -> CreateSiteRequest {
    CreateSiteRequest {
        parent: DISTRICT.to_owned(),
        site_id: "bin-7".to_owned(),
        site: Some(Site {
            kind: 1,
            area: area("w1-2"),
            display_name: "7号垃圾房".to_owned(),
            geometry: r#"{"type":"Point","coordinates":[-87.695,41.905]}"#.to_owned(),
            schedule: "daily 06:00-22:00".to_owned(),
            ..Site::default()
        }),
        request_id: String::new(),
    }
}

impl Street {
    pub async fn create(&self, duty: Duty) -> Result<Duty, Status> {
        let request = CreateDutyRequest {
            parent: DISTRICT.to_owned(),
            duty: Some(duty),
            request_id: String::new(),
        };
        let made = self
            .duties
            .create_duty(by(&self.city.caller, request))
            .await?;
        Ok(made.into_inner())
    }

    pub async fn end(&self, name: &str, last_day: &str) -> Result<Duty, Status> {
        let request = EndDutyRequest {
            name: name.to_owned(),
            last_day: last_day.to_owned(),
            ..EndDutyRequest::default()
        };
        let ended = self.duties.end_duty(by(&self.city.caller, request)).await?;
        Ok(ended.into_inner())
    }

    pub async fn find(&self, request: FindDutiesRequest) -> Result<FindDutiesResponse, Status> {
        let request = FindDutiesRequest {
            parent: DISTRICT.to_owned(),
            ..request
        };
        let found = self
            .duties
            .find_duties(by(&self.city.caller, request))
            .await?;
        Ok(found.into_inner())
    }

    /// Officers who answer for the node without a category at the time.
    pub async fn answering(&self, node: &str, time: &str) -> Vec<String> {
        let request = FindDutiesRequest {
            node: node.to_owned(),
            at_time: at(time),
            ..FindDutiesRequest::default()
        };
        officers(&self.find(request).await.unwrap().area_duties)
    }

    pub async fn listed(&self, filter: &str, page_size: i32) -> Vec<Duty> {
        let (mut all, mut page_token) = (Vec::new(), String::new());
        loop {
            let request = ListDutiesRequest {
                parent: DISTRICT.to_owned(),
                filter: filter.to_owned(),
                page_size,
                page_token,
                ..ListDutiesRequest::default()
            };
            let page = self
                .duties
                .list_duties(by(&self.city.caller, request))
                .await;
            let page = page.unwrap().into_inner();
            all.extend(page.duties);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return all;
            }
        }
    }

    /// Codes of what has no head, in pages of so many.
    pub async fn vacant(&self, level: i32, time: &str, page_size: i32) -> Vec<String> {
        let (mut all, mut page_token) = (Vec::new(), String::new());
        loop {
            let request = ListVacanciesRequest {
                parent: DISTRICT.to_owned(),
                level,
                at_time: at(time),
                page_size,
                page_token,
            };
            let page = self
                .duties
                .list_vacancies(by(&self.city.caller, request))
                .await;
            let page = page.unwrap().into_inner();
            all.extend(page.vacancies.into_iter().map(|one| one.node));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return codes(&all).into_iter().map(str::to_owned).collect();
            }
        }
    }
}

pub(super) fn officers(duties: &[Duty]) -> Vec<String> {
    duties.iter().map(|duty| duty.officer.clone()).collect()
}

#[tokio::test]
async fn an_area_and_a_category_have_their_people_and_both_are_told() {
    let street = street().await;
    street
        .create(head("ward-chief", &["w1"], "2015-01-01"))
        .await
        .unwrap();
    street
        .create(duty("helper", &["w1-2"], "2015-01-01"))
        .await
        .unwrap();
    street
        .create(head("cadre", &["w1-2", "w1-10"], "2015-01-01"))
        .await
        .unwrap();
    let of_litter = Duty {
        category: "litter".to_owned(),
        ..head("sweepers", &["w1"], "2015-01-01")
    };
    street.create(of_litter).await.unwrap();
    let found = street.find(FindDutiesRequest {
        node: area("w1-2"),
        categories: vec!["can".to_owned(), "litter".to_owned()],
        ..FindDutiesRequest::default()
    });
    let found = found.await.unwrap();
    assert_eq!(
        officers(&found.area_duties),
        ["cadre", "helper", "ward-chief"]
    );
    assert_eq!(officers(&found.category_duties), ["sweepers"]);
    let of_cadre = FindDutiesRequest {
        officer: "cadre".to_owned(),
        ..FindDutiesRequest::default()
    };
    let found = street.find(of_cadre).await.unwrap();
    assert_eq!(codes(&found.area_duties[0].nodes), ["w1-2", "w1-10"]);
    // A neighbour's people are not asked.
    assert!(street.answering(&area("w2-1"), TODAY).await.is_empty());
}

#[tokio::test]
async fn a_duty_of_the_past_is_found_at_its_time_and_its_end_moves_nothing_before_it() {
    let street = street().await;
    let first = street
        .create(head("old", &["w1-2"], "2014-01-01"))
        .await
        .unwrap();
    assert_eq!(
        (first.last_day.as_str(), first.creator.as_str()),
        ("", "admin")
    );
    let ended = street.end(&first.name, "2014-12-31").await.unwrap();
    assert_eq!(ended.last_day, "2014-12-31");
    assert_ne!(ended.etag, first.etag);
    let again = street.end(&first.name, "2014-12-31").await.unwrap();
    assert_eq!(again, ended, "ending it again changes nothing");
    street
        .create(head("young", &["w1-2"], "2015-01-01"))
        .await
        .unwrap();
    let node = area("w1-2");
    // The district's days are Chicago's: six hours behind in winter.
    for (time, who) in [
        ("2014-01-01T05:59:59Z", [].as_slice()),
        ("2014-01-01T06:00:00Z", &["old"]),
        ("2015-01-01T05:59:59Z", &["old"]),
        ("2015-01-01T06:00:00Z", &["young"]),
        (TODAY, &["young"]),
    ] {
        assert_eq!(street.answering(&node, time).await, who, "{time}");
    }
    let back = street.end(&first.name, "2014-06-30").await.unwrap();
    assert_eq!(back.last_day, "2014-06-30", "it may end earlier");
    let get = GetDutyRequest { name: first.name };
    let got = street
        .duties
        .get_duty(by(&street.city.caller, get))
        .await
        .unwrap();
    assert_eq!(got.into_inner(), back);
}

#[tokio::test]
async fn what_has_no_head_is_listed_from_the_top_down_by_pages() {
    let street = street().await;
    let site = street
        .duties
        .create_site(by(&street.city.caller, bin_station()))
        .await;
    let site = site.unwrap().into_inner();
    for size in [1, 2, 100] {
        let vacant = street.vacant(0, TODAY, size).await;
        assert_eq!(vacant, ["w1", "w2", "w1-10", "w1-2", "w2-1", "bin-7"]);
    }
    assert_eq!(street.vacant(3, TODAY, 2).await, ["w1-10", "w1-2", "w2-1"]);
    street
        .create(head("a", &["w1", "w1-10"], "2015-06-01"))
        .await
        .unwrap();
    let at_site = Duty {
        nodes: vec![site.name.clone()],
        ..head("b", &[], "2015-06-01")
    };
    street.create(at_site).await.unwrap();
    // Neither a helper nor the head for one category or for an emergency fills a place.
    street
        .create(duty("c", &["w2"], "2015-06-01"))
        .await
        .unwrap();
    for (category, roster) in [("litter", ""), ("", "storm")] {
        let other = Duty {
            category: category.to_owned(),
            roster: roster.to_owned(),
            ..head("d", &["w2"], "2015-06-01")
        };
        street.create(other).await.unwrap();
    }
    assert_eq!(street.vacant(0, TODAY, 100).await, ["w2", "w1-2", "w2-1"]);
    let before = street.vacant(0, "2015-05-31T12:00:00Z", 100).await;
    assert_eq!(
        before.len(),
        5,
        "the past has its own vacancies, and no site yet"
    );
    // Whoever heads a site answers for it before those of its grid.
    assert_eq!(street.answering(&site.name, TODAY).await, ["b", "a"]);
}

#[tokio::test]
async fn a_site_changes_under_its_etag_and_stands_until_its_last_day() {
    let street = street().await;
    let caller = &street.city.caller;
    let made = street
        .duties
        .create_site(by(caller, bin_station()))
        .await
        .unwrap()
        .into_inner();
    let twice = street
        .duties
        .create_site(by(caller, bin_station()))
        .await
        .unwrap_err();
    assert_eq!(reason(&twice), ErrorReason::AlreadyExists);
    let update = |etag: &str, paths: &[&str], site: Site| UpdateSiteRequest {
        site: Some(Site {
            name: made.name.clone(),
            etag: etag.to_owned(),
            ..site
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: paths.iter().map(|path| (*path).to_owned()).collect(),
        }),
        request_id: String::new(),
    };
    let moved = update(
        &made.etag,
        &["area", "last_day"],
        Site {
            area: area("w1-10"),
            last_day: "2015-06-30".to_owned(),
            ..Site::default()
        },
    );
    let moved = street
        .duties
        .update_site(by(caller, moved))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (&moved.area, &moved.display_name),
        (&area("w1-10"), &made.display_name)
    );
    let stale = update(&made.etag, &["schedule"], Site::default());
    let stale = street
        .duties
        .update_site(by(caller, stale))
        .await
        .unwrap_err();
    assert_eq!(reason(&stale), ErrorReason::ChangedMeanwhile);
    let gone = FindDutiesRequest {
        node: made.name.clone(),
        at_time: at("2015-07-01T12:00:00Z"),
        ..FindDutiesRequest::default()
    };
    assert_eq!(
        reason(&street.find(gone).await.unwrap_err()),
        ErrorReason::NotFound
    );
}

#[tokio::test]
async fn lists_come_in_pages_the_latest_first_and_by_what_is_asked() {
    let street = street().await;
    let mut made = Vec::new();
    for number in 0..7 {
        let area = ["w1", "w1-2", "w2"][number % 3];
        let new = duty(&format!("o{number}"), &[area], "2015-01-01");
        made.push(street.create(new).await.unwrap());
    }
    street.end(&made[0].name, "2015-03-31").await.unwrap();
    made.sort_by(|a, b| b.name.cmp(&a.name));
    for size in [1, 3, 7, 100] {
        let names: Vec<String> = street
            .listed("", size)
            .await
            .into_iter()
            .map(|one| one.name)
            .collect();
        let expected: Vec<String> = made.iter().map(|one| one.name.clone()).collect();
        assert_eq!(names, expected, "{size}");
    }
    let count = async |filter: &str| street.listed(filter, 2).await.len();
    assert_eq!(count(r#"node = "w1-2""#).await, 2);
    assert_eq!(count(&format!(r#"node = "{}""#, area("w2"))).await, 2);
    assert_eq!(count(r#"node != "w1""#).await, 4);
    assert_eq!(count(r#"last_day < "2015-06-01""#).await, 1);
    assert_eq!(count(r#"role = "CADRE" AND NOT officer = "o1""#).await, 6);
    assert_eq!(
        count(r#"head = true OR officer = "o'; DROP TABLE grid_duty; --""#).await,
        0
    );
    assert_eq!(count("").await, 7);
}
