//! A day's work on the ledger by the command line alone: the desk sets up the house in the morning, everybody moves an issue
//! with a token of their own, and the evening looks at who was told. What each command said is looked up as any client would.
//!
//! The clock stands at nine on Friday the 13th of February 2026 in Shanghai, before the Spring Festival, until it is turned.

mod issue;
mod morning;
mod photos;

use std::{cell::RefCell, collections::BTreeMap};

use serde_json::Value;
use tidyward::config::{Settings, parts::NoticeSettings};
use tidyward_kit::caller::Role;
use tidyward_proto::v1::{GetIssueRequest, Issue, ReportIssueRequest};
use tidyward_tests::{HandClock, Stack, import, root, town};

use crate::{
    cast::{D, PARENT},
    command_line::{run, said, words},
    receiver::Receiver,
};

const POINT: &str = r#"{"type":"Point","coordinates":[120.025,30.005]}"#;
const SQUARE: &str = r#"{"type":"Polygon","coordinates":
    [[[120.02,30],[120.03,30],[120.03,30.01],[120.02,30.01],[120.02,30]]]}"#;
struct Day {
    stack: Stack,
    clock: HandClock,
    /// Files of the desk: what it gives to commands, and what they say.
    desk: tempfile::TempDir,
    receiver: Receiver,
    /// Tokens by subject.
    tokens: RefCell<BTreeMap<&'static str, String>>,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_days_work_is_done_by_command_line() {
    let day = Day::begins().await;
    day.roles_and_tokens_are_given().await;
    day.the_calendar_is_published().await;
    day.categories_are_set().await;
    day.an_area_is_made_and_changed().await;
    day.a_site_is_made_and_changed().await;
    day.people_are_put_in_charge().await;
    let webhook = day.the_control_room_wants_to_hear().await;

    let (first, second) = day.two_calls_about_one_pipe().await;
    day.they_are_one(&first, &second).await;
    day.it_is_handled_with_an_hour_of_storm(&first).await;
    day.it_is_checked_and_the_caller_forgotten(&first).await;
    day.those_concerned_were_told(&first, &webhook).await;
    day.what_is_wrong_is_refused(&first).await;
    day.photos_are_asked_for().await;
    let photo = day.a_photo_goes_in_and_out().await;
    day.they_show_a_report_and_a_move(&photo).await;
    day.posts_say_what_is_well_done(&photo).await;
    day.stack.stop().await;
}

/// The only row that it says.
fn only(said: &Value) -> &Value {
    let rows = said.as_array().expect("rows");
    assert_eq!(rows.len(), 1, "{said}");
    &rows[0]
}

/// A column of what it says, row by row.
fn column<'a>(said: &'a Value, key: &str) -> Vec<&'a str> {
    let rows = said.as_array().expect("rows").iter();
    rows.map(|row| row[key].as_str().unwrap_or("")).collect()
}

impl Day {
    async fn begins() -> Day {
        let desk = tempfile::tempdir().unwrap();
        let receiver = Receiver::start().await;
        let settings = Settings {
            notices: NoticeSettings {
                extra_roots: receiver.roots(desk.path()),
                allow_private_receivers: true,
                allow_http_loopback: true,
                ..NoticeSettings::default()
            },
            ..Settings::default()
        };
        let clock = HandClock::at("2026-02-13T09:00:00+08:00");
        let folder = tempfile::tempdir().unwrap();
        let stack = Stack::open_with(folder, clock.clock(), settings).await;
        stack.district(D, "Asia/Shanghai", "2026-01-01").await;
        let (mapping, areas) = town(2);
        import!(stack.grids(D), D, mapping, areas.as_bytes());
        for (name, text) in [("point.json", POINT), ("square.json", SQUARE)] {
            std::fs::write(desk.path().join(name), text).unwrap();
        }
        Day {
            stack,
            clock,
            desk,
            receiver,
            tokens: RefCell::default(),
        }
    }

    /// What a command says to programs. `EXAMPLES` and `DESK` are the folders.
    async fn says(&self, line: &str) -> Value {
        said(&self.stack, self.desk.path(), &self.words(line)).await
    }

    /// The same by somebody with a token.
    async fn says_to(&self, subject: &str, line: &str) -> Value {
        let mut words = self.words(line);
        let token = self.tokens.borrow()[subject].clone();
        words.extend(["--token".to_owned(), token]);
        said(&self.stack, self.desk.path(), &words).await
    }

    /// A command ends with the code.
    async fn ends(&self, line: &str, code: u8) {
        run(&self.stack, &self.words(line), code).await;
    }

    fn words(&self, line: &str) -> Vec<String> {
        let examples = root().join("deploy/examples").display().to_string();
        let desk = self.desk.path().display().to_string();
        let lined = |word: String| word.replace("EXAMPLES", &examples).replace("DESK", &desk);
        words(line).into_iter().map(lined).collect()
    }

    async fn issue(&self, id: &str) -> Issue {
        let name = format!("{PARENT}/issues/{id}");
        let request = GetIssueRequest { name };
        let answer = self.stack.issues(D).get_issue(request).await;
        answer.unwrap().into_inner()
    }

    /// A call comes to the hotline. Gives the issue's id.
    async fn reported(&self, issue: Issue) -> String {
        let request = ReportIssueRequest {
            parent: PARENT.to_owned(),
            issue: Some(issue),
            ..ReportIssueRequest::default()
        };
        let sun = self.stack.person(D, "sun", &[Role::Operator], &[]);
        let answer = sun.issues().report_issue(request).await;
        let name = answer.unwrap().into_inner().name;
        name.rsplit('/').next().unwrap().to_owned()
    }
}
