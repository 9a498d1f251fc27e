//! The morning: the house is set up, and everybody gets a token.

use serde_json::Value;
use tidyward_proto::v1::{
    GetCategoryRequest, GetWorkingCalendarRequest, ListAreaVersionsRequest, ListDutiesRequest,
    ListSitesRequest,
};

use super::{Day, column, only};
use crate::cast::{D, PARENT};

/// Who works that day, as what.
const PEOPLE: [(&str, &str); 4] = [
    ("sun", "operator"),
    ("zhou", "dispatcher"),
    ("zhao", "officer"),
    ("li", "collector"),
];

impl Day {
    pub(super) async fn roles_and_tokens_are_given(&self) {
        let rights = self.says("roles --role collector").await;
        assert!(column(&rights, "name").contains(&"check"), "{rights}");
        for (subject, role) in PEOPLE {
            let line = format!("token --role {role} --subject {subject} --area G3");
            let said = self.says(&line).await;
            let token = only(&said)["token"].as_str().unwrap().to_owned();
            self.tokens.borrow_mut().insert(subject, token);
        }
    }

    pub(super) async fn the_calendar_is_published(&self) {
        self.says("calendar publish EXAMPLES/calendar.toml").await;
        let shown = self.says("calendar show").await;
        let of = |kind: &str| {
            column(&shown, "kind")
                .iter()
                .filter(|one| **one == kind)
                .count()
        };
        assert_eq!((of("week"), of("workday")), (5, 6), "{shown}");
        // An hour of Friday, the made-up Saturday, and after the festival the rest of the second day.
        let line = "calendar reckon '2 WORKING_DAYS' --from 2026-02-13T16:30:00+08:00";
        let steps = self.says(line).await;
        assert_eq!(column(&steps, "deadline")[0], "2026-02-24 08:30:00Z");
        let name = format!("{PARENT}/workingCalendar");
        let request = GetWorkingCalendarRequest { name };
        let answer = self.stack.calendars(D).get_working_calendar(request).await;
        let calendar = answer.unwrap().into_inner();
        assert_eq!(calendar.published_until, "2026-12-31");
        assert_eq!(calendar.week.len(), 5);
    }

    pub(super) async fn categories_are_set(&self) {
        self.says("category set EXAMPLES/categories.toml").await;
        let listed = self.says("category list").await;
        assert!(column(&listed, "category").contains(&"burst_pipe"));
        let shown = self.says("category show burst_pipe").await;
        assert_eq!(
            column(&shown["conditions"], "condition"),
            ["fence", "level"]
        );
        let name = format!("{PARENT}/categories/burst_pipe");
        let request = GetCategoryRequest { name };
        let answer = self.stack.issues(D).get_category(request).await;
        let category = answer.unwrap().into_inner();
        assert_eq!(category.conditions[1].handle_limit, "5 WORKING_DAYS");
        assert_eq!(category.duplicate_metres, Some(50));
    }

    pub(super) async fn an_area_is_made_and_changed(&self) {
        self.says("area create G3 --level grid --parent C1 --name 'Grid G3' --from 2026-01-01 --boundary DESK/square.json")
            .await;
        self.says("area update G3 --households 40 --from 2026-02-13")
            .await;
        let listed = self.says("area versions G3").await;
        assert_eq!(column(&listed, "valid_from"), ["2026-01-01", "2026-02-13"]);
        let request = ListAreaVersionsRequest {
            parent: format!("{PARENT}/areas/G3"),
            ..ListAreaVersionsRequest::default()
        };
        let answer = self.stack.grids(D).list_area_versions(request).await;
        let versions = answer.unwrap().into_inner().versions;
        let households: Vec<_> = versions.iter().map(|one| one.households).collect();
        assert_eq!(households, [None, Some(40)]);
        assert!(versions.iter().all(|one| one.display_name == "Grid G3"));
    }

    pub(super) async fn a_site_is_made_and_changed(&self) {
        self.says(
            "site create gate --kind spot --area G3 --name 'East gate' --geometry DESK/point.json",
        )
        .await;
        self.says("site update gate --schedule 'daily 06:00-22:00'")
            .await;
        let listed = self.says(r#"site list --filter 'area = "G3"'"#).await;
        assert_eq!(only(&listed)["site"], "gate");
        let request = ListSitesRequest {
            parent: PARENT.to_owned(),
            ..ListSitesRequest::default()
        };
        let answer = self.stack.duties(D).list_sites(request).await;
        let sites = answer.unwrap().into_inner().sites;
        assert_eq!(sites[0].schedule, "daily 06:00-22:00");
        assert_eq!(sites[0].display_name, "East gate");
    }

    pub(super) async fn people_are_put_in_charge(&self) {
        self.says("duty create zhao --role street_chief --area G3 --head")
            .await;
        let made = self.says("duty create qian --role cadre --site gate").await;
        let duty = only(&made)["duty"].as_str().unwrap();
        let found = self.says("duty find --area G3 --category burst_pipe").await;
        assert_eq!(only(&found)["officer"], "zhao");
        let vacant = self.says("duty vacancies --level grid").await;
        assert_eq!(column(&vacant, "node"), ["G1", "G2"]);
        self.says(&format!("duty end {duty} --on 2026-02-13")).await;
        let listed = self.says("duty list").await;
        assert_eq!(column(&listed, "officer"), ["qian", "zhao"]);
        let request = ListDutiesRequest {
            parent: PARENT.to_owned(),
            ..ListDutiesRequest::default()
        };
        let answer = self.stack.duties(D).list_duties(request).await;
        let duties = answer.unwrap().into_inner().duties;
        let ends: Vec<&str> = duties.iter().map(|one| one.last_day.as_str()).collect();
        assert_eq!(ends, ["2026-02-13", ""]);
    }

    pub(super) async fn the_control_room_wants_to_hear(&self) -> String {
        let line = "webhook create URL --name 'Control room' --kind filed --kind check_passed";
        let made = self.says(&line.replace("URL", &self.receiver.url())).await;
        let secret = only(&made)["secret"].as_str().unwrap();
        assert!(secret.starts_with("whsec_"), "{made}");
        let listed = self.says("webhook list").await;
        assert_eq!(only(&listed)["secret"], Value::Null);
        assert_eq!(only(&listed)["kinds"], "filed check_passed");
        only(&listed)["webhook"].as_str().unwrap().to_owned()
    }
}
