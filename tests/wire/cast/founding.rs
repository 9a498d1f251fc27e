//! How the city begins: its calendar, its limits, and who answers for what.

use tidyward::config::Settings;
use tidyward_proto::v1::{
    CalendarDays, Category, CreateDutyRequest, Duty, DutyRole, FilingCondition, LocalizedText,
    UpdateCategoryRequest, UpdateWorkingCalendarRequest, WeekdayHours, WorkSpan, WorkingCalendar,
};
use tidyward_tests::{HandClock, Stack, import, town};

use super::{ADMIN, City, D, PARENT, shanghai};

impl City {
    pub async fn founded(text: &str) -> City {
        City::founded_with(text, Settings::default()).await
    }

    /// The same with a server of other settings.
    pub async fn founded_with(text: &str, settings: Settings) -> City {
        let clock = HandClock::at(&shanghai(text));
        let folder = tempfile::tempdir().unwrap();
        let stack = Stack::open_with(folder, clock.clock(), settings).await;
        stack.district(D, "Asia/Shanghai", "2026-01-01").await;
        let (mapping, areas) = town(2);
        let ended = import!(stack.grids(D), D, mapping, areas.as_bytes());
        assert_eq!((ended.rows_added, ended.rows_rejected), (2, 0), "{ended:?}");
        let city = City { stack, clock };
        city.publish_calendar().await;
        city.set_limits().await;
        for (officer, role, node, category, head) in [
            ("zhao", DutyRole::StreetChief, "areas/G1", "", true),
            ("qian", DutyRole::Cadre, "areas/G2", "", false),
            ("wu", DutyRole::Cadre, "areas/C1", "litter", true),
            ("zheng", DutyRole::Leader, "areas/C1", "", true),
        ] {
            city.put_in_charge(Duty {
                officer: officer.to_owned(),
                role: role.into(),
                nodes: vec![format!("{PARENT}/{node}")],
                category: category.to_owned(),
                head,
                first_day: "2026-01-01".to_owned(),
                ..Duty::default()
            })
            .await;
        }
        city
    }

    async fn publish_calendar(&self) {
        let span = |from_minute, to_minute| WorkSpan {
            from_minute,
            to_minute,
        };
        let spans = vec![span(9 * 60, 12 * 60), span(14 * 60, 18 * 60)];
        let table = tidyward_tests::beside("reference/china_2026_calendar.csv");
        // A newcomer lacks the file; the days of the story are these.
        let table = table.unwrap_or_else(|| {
            b"kind,from,to\nday_off,2026-02-15,2026-02-23\nworkday,2026-02-14,2026-02-14\nworkday,2026-02-28,2026-02-28\n"
                .to_vec()
        });
        let exceptions = String::from_utf8(table).unwrap();
        let exceptions = exceptions.lines().skip(1).map(|line| {
            let cells: Vec<&str> = line.trim().split(',').collect();
            CalendarDays {
                first_day: cells[1].to_owned(),
                last_day: cells[2].to_owned(),
                workday: cells[0] == "workday",
                ..CalendarDays::default()
            }
        });
        let week = (1..=5).map(|weekday| WeekdayHours {
            weekday,
            spans: spans.clone(),
        });
        let calendar = WorkingCalendar {
            name: format!("{PARENT}/workingCalendar"),
            week: week.collect(),
            exceptions: exceptions.collect(),
            published_until: "2026-12-31".to_owned(),
            ..WorkingCalendar::default()
        };
        let request = UpdateWorkingCalendarRequest {
            working_calendar: Some(calendar),
            request_id: String::new(),
        };
        let mut client = self.person(ADMIN).calendars();
        client.update_working_calendar(request).await.unwrap();
    }

    async fn set_limits(&self) {
        self.set_condition(City::condition()).await;
    }

    /// The only filing condition of litter.
    pub fn condition() -> FilingCondition {
        FilingCondition {
            id: "normal".to_owned(),
            title: Some(LocalizedText {
                zh: "一般".to_owned(),
                en: "Ordinary".to_owned(),
            }),
            verify_limit: "2 WORKING_HOURS".to_owned(),
            dispatch_limit: "1 WORKING_HOURS".to_owned(),
            accept_limit: "2 WORKING_HOURS".to_owned(),
            handle_limit: "2 WORKING_DAYS".to_owned(),
            check_limit: "4 WORKING_HOURS".to_owned(),
            total_limit: "5 WORKING_DAYS".to_owned(),
            ..FilingCondition::default()
        }
    }

    pub async fn set_condition(&self, condition: FilingCondition) {
        let request = UpdateCategoryRequest {
            category: Some(Category {
                name: format!("{PARENT}/categories/litter"),
                conditions: vec![condition],
                ..Category::default()
            }),
            update_mask: Some(prost_types::FieldMask {
                paths: vec!["conditions".to_owned()],
            }),
            request_id: String::new(),
        };
        let mut client = self.person(ADMIN).issues();
        client.update_category(request).await.unwrap();
    }

    async fn put_in_charge(&self, duty: Duty) {
        let request = CreateDutyRequest {
            parent: PARENT.to_owned(),
            duty: Some(duty),
            request_id: String::new(),
        };
        let mut client = self.person(ADMIN).duties();
        client.create_duty(request).await.unwrap();
    }
}
