//! Photos and posts: what a report, a move and a post are shown by, and how it is fetched.

use tidyward_proto::v1::IssueState;

use super::{Day, column, only};
use crate::photos::{jpeg, name_of};

/// A category that asks for a photo.
const BAGS: &str = r#"
    [[categories]]
    code = "bags"
    title = { zh = "垃圾袋", en = "Bags" }
    kind = "event"
    [[categories.conditions]]
    id = "normal"
    severity = "normal"
    evidence = { hand_in = ["after"], tolerance_metres = 50 }
"#;

impl Day {
    pub(super) async fn photos_are_asked_for(&self) {
        std::fs::write(self.desk.path().join("bags.toml"), BAGS).unwrap();
        self.says("category set DESK/bags.toml").await;
        let shown = self.says("category show bags").await;
        let asked = column(&shown["conditions"], "evidence");
        assert_eq!(asked, ["hand-in after; after from the grid or within 50 m"]);
    }

    /// Gives the SHA-256 of the photo.
    pub(super) async fn a_photo_goes_in_and_out(&self) -> String {
        let bytes = jpeg(640);
        let file = |name: &str| self.desk.path().join(name);
        std::fs::write(file("bags.jpg"), &bytes).unwrap();
        let name = name_of(&bytes);
        let sha256 = name.rsplit('/').next().unwrap().to_owned();
        let add = "evidence add DESK/bags.jpg --type image/jpeg";
        let added = self.says_to("sun", add).await;
        assert_eq!(only(&added)["evidence"], sha256);
        // Whoever uploaded it alone sees it, while nothing uses it.
        let token = self.tokens.borrow()["sun"].clone();
        let show = format!("evidence show {name}");
        self.ends(&show, 1).await;
        let shown = self.says_to("sun", &show).await;
        assert_eq!(shown, added);
        assert_eq!(only(&shown)["content_type"], "image/jpeg");
        assert_eq!(only(&shown)["width"], 640);
        let get = format!("evidence get {sha256} --token {token} --out DESK");
        self.ends(&format!("{get}/back.jpg"), 0).await;
        assert!(std::fs::read(file("back.jpg")).unwrap() == bytes);
        self.ends(&format!("{get}/small.jpg --thumbnail"), 0).await;
        let small = std::fs::read(file("small.jpg")).unwrap();
        assert_eq!(image::load_from_memory(&small).unwrap().width(), 320);

        std::fs::write(file("words.jpg"), "no photo").unwrap();
        self.ends("evidence add DESK/words.jpg", 1).await;
        self.ends("evidence add DESK/nothing.jpg", 1).await;
        self.ends("evidence add DESK/bags.jpg --type image/png", 1)
            .await;
        self.ends(&format!("evidence show {}", "0".repeat(64)), 1)
            .await;
        sha256
    }

    pub(super) async fn they_show_a_report_and_a_move(&self, sha256: &str) {
        let report = "issues report --category bags --source hotline --position 30.005,120.025 \
                      --description 'bags at the corner' --reporter-name Wang --evidence DESK/bags.jpg:near";
        let reported = self.says_to("sun", report).await;
        let id = only(&reported["issue"])["issue"].as_str().unwrap();
        std::fs::write(self.desk.path().join("swept.jpg"), jpeg(641)).unwrap();
        self.says_to("sun", &format!("issues move {id} file")).await;
        self.says_to(
            "zhou",
            &format!("issues move {id} dispatch --assignee zhao"),
        )
        .await;
        self.says_to("zhao", &format!("issues move {id} accept"))
            .await;
        let token = self.tokens.borrow()["zhao"].clone();
        let hand_in = format!("issues move {id} hand-in --token {token}");
        self.ends(&hand_in, 1).await;
        for (shown, code) in [
            ("DESK/swept.jpg", 2),
            ("DESK/swept.jpg:sideways", 2),
            ("DESK/nothing.jpg:after", 1),
            // It says no place.
            ("DESK/swept.jpg:after", 1),
        ] {
            self.ends(&format!("{hand_in} --evidence {shown}"), code)
                .await;
        }
        let note = format!("issues move {id} note --text swept --evidence {sha256}:before");
        self.says_to("zhao", &format!("{note} --evidence DESK/swept.jpg:far"))
            .await;
        let shown = self.says(&format!("issues show {id}")).await;
        let details = column(&shown["events"], "detail").join("\n");
        assert!(
            details.contains(&format!("shown by {sha256}:near")),
            "{details}"
        );
        assert!(
            details.contains(&format!("shown by {sha256}:before ")),
            "{details}"
        );
        assert_eq!(self.issue(id).await.state(), IssueState::Handling);
        // Usage, before anything is asked of the server.
        self.ends("issues report --category bags --source hotline", 2)
            .await;
        self.ends(&report.replace("30.005,120.025", "here"), 2)
            .await;
    }

    pub(super) async fn posts_say_what_is_well_done(&self, sha256: &str) {
        let good = "post create --area G3 --text 'clean as never' --good --evidence DESK/bags.jpg";
        let made = self.says_to("sun", good).await;
        assert_eq!(only(&made)["kind"], "well_done");
        assert_eq!(only(&made)["evidence"], sha256);
        let bad = "post create --area G3 --text 'bags again' --bad --visible-from 2026-02-20";
        let hidden = self.says_to("sun", bad).await;
        assert_eq!(only(&hidden)["published"], serde_json::Value::Null);
        let listed = self.says("post list --area C1").await;
        assert_eq!(listed, made);
        assert_eq!(
            column(&self.says("post list --kind not_done").await, "post"),
            [""; 0]
        );
        self.ends("post list --kind splendid", 2).await;
        self.ends("post create --area G3 --text both --good --bad", 2)
            .await;
        self.ends("post create --area nowhere --text lost", 1).await;
        self.ends("watch --out DESK/news.json --format json", 2)
            .await;
    }
}
