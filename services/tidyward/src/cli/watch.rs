//! `tidyward watch`: what happens, a line each, as it happens.

use clap::Args;
use serde_json::json;
use tidyward_kit::Reason;
use tidyward_proto::v1::{
    IssueEvent, Post, WatchRequest, WatchResponse, WatchedEvent, watch_response::Happened,
};
use tonic::Status;

use super::{
    client::Client,
    context::Context,
    district::last,
    failure::Failure,
    output::{Cell, Format, put, say},
    words::{instant, word_of},
};

#[derive(Args, Clone, Debug)]
pub struct WatchArguments {
    /// Only what lies in the area and below it
    #[arg(long, value_name = "CODE", default_value_t)]
    pub area: String,
    /// Only what the filter says, for example 'kind = ESCALATED OR kind = POSTED'
    #[arg(long, value_name = "FILTER", default_value_t)]
    pub filter: String,
    /// Go on where a watch of the same area and filter was left
    #[arg(
        long,
        value_name = "TOKEN",
        default_value_t,
        allow_hyphen_values = true
    )]
    pub from_token: String,
    /// Begin with the first thing that happened, not with the present
    #[arg(long, conflicts_with = "from_token")]
    pub from_beginning: bool,
    /// End after so many lines [default: go on until interrupted]
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
}

/// How far a watch is.
struct Watch<'a> {
    context: &'a Context,
    request: WatchRequest,
    left: Option<usize>,
}

pub async fn watch(context: &Context, arguments: &WatchArguments) -> Result<(), Failure> {
    let is_lines = matches!(context.output.format, Format::Table | Format::Json);
    if context.out.is_some() || !is_lines {
        return Err(
            Failure::usage("a watch gives lines, to standard output alone")
                .next("leave --out away and say --format json for one object a line"),
        );
    }
    let client = context.client().await?;
    let request = WatchRequest {
        parent: client.parent(),
        area: client.named("areas", &arguments.area),
        filter: arguments.filter.clone(),
        resume_token: arguments.from_token.clone(),
        from_beginning: arguments.from_beginning,
    };
    let mut watch = Watch {
        context,
        request,
        left: arguments.limit,
    };
    tokio::select! {
        ended = watch.until_limit() => ended?,
        _interrupted = tokio::signal::ctrl_c() => {}
    }
    if !watch.request.resume_token.is_empty() {
        let token = &watch.request.resume_token;
        say(format!("go on with --from-token={token}\n"));
    }
    Ok(())
}

impl Watch<'_> {
    /// A stream that the server ended in order is taken up where it ended.
    async fn until_limit(&mut self) -> Result<(), Failure> {
        while self.left != Some(0) {
            // With a token of its own for each stream: one that is made here does not hold for ever.
            let client = self.context.client().await?;
            match self.one_stream(&client).await {
                Err(status) if !goes_on(&status) => return Err(status.into()),
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }

    async fn one_stream(&mut self, client: &Client) -> Result<(), Status> {
        let request = self.request.clone();
        let mut stream = client.watches().watch(request).await?.into_inner();
        while self.left != Some(0) {
            let Some(message) = stream.message().await? else {
                return Ok(());
            };
            self.request.resume_token.clone_from(&message.resume_token);
            if let Some(line) = line(&message, self.context.output.format) {
                put(line);
                self.left = self.left.map(|left| left - 1);
            }
        }
        Ok(())
    }
}

/// Whether the server told where to go on. A server that stops does so too, and calling it then says whether it is up.
fn goes_on(status: &Status) -> bool {
    let error = tidyward_kit::Error::from(status.clone());
    let ended = matches!(error.reason, Reason::WatchLagged | Reason::Unavailable);
    ended && error.metadata.contains_key("token")
}

/// One thing as a line; nothing of a heartbeat.
fn line(message: &WatchResponse, format: Format) -> Option<String> {
    let token = &message.resume_token;
    let row = match message.happened.as_ref()? {
        Happened::Event(watched) => of_event(watched),
        Happened::Post(post) => of_post(post),
    };
    let words: Vec<&str> = row.iter().map(|(_, word)| word.as_str()).collect();
    if format != Format::Json {
        let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
        // A line is one line, whatever people write.
        return Some(words.join("  ").replace(char::is_control, " ") + "\n");
    }
    let mut object: serde_json::Map<String, serde_json::Value> = row
        .iter()
        .map(|(key, word)| ((*key).to_owned(), json!(word)))
        .collect();
    object.insert("token".to_owned(), json!(token));
    Some(format!("{}\n", serde_json::Value::Object(object)))
}

fn of_event(watched: &WatchedEvent) -> Vec<(&'static str, String)> {
    let none = IssueEvent::default();
    let event = watched.event.as_ref().unwrap_or(&none);
    let note = event.detail.as_ref().map(|detail| detail.note.clone());
    let uses = event.detail.iter().flat_map(|detail| &detail.evidence);
    vec![
        ("time", when(event.record_time.as_ref())),
        (
            "what",
            word_of(event.kind().as_str_name(), "ISSUE_EVENT_KIND_"),
        ),
        ("area", last(&watched.grid).to_owned()),
        ("category", watched.category.clone()),
        ("name", last(&watched.issue).to_owned()),
        ("by", event.actor.clone()),
        ("words", note.unwrap_or_default()),
        ("shown_by", shown(uses.map(|one| &one.evidence))),
    ]
}

fn of_post(post: &Post) -> Vec<(&'static str, String)> {
    vec![
        ("time", when(post.publish_time.as_ref())),
        ("what", word_of(post.kind().as_str_name(), "POST_KIND_")),
        ("area", last(&post.area).to_owned()),
        ("category", String::new()),
        ("name", last(&post.name).to_owned()),
        ("by", post.author.clone()),
        ("words", post.text.clone()),
        ("shown_by", shown(post.evidence.iter())),
    ]
}

/// Ids of evidence.
fn shown<'a>(names: impl Iterator<Item = &'a String>) -> String {
    names.map(|name| last(name)).collect::<Vec<_>>().join(" ")
}

fn when(time: Option<&prost_types::Timestamp>) -> String {
    match instant(time) {
        Cell::Text(text) => text,
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use tidyward_proto::v1::PostKind;

    use super::*;

    fn posted() -> WatchResponse {
        let post = Post {
            name: "districts/d/posts/0197".to_owned(),
            area: "districts/d/areas/C1".to_owned(),
            kind: PostKind::WellDone as i32,
            text: "clean\n as never \u{1b}[31mbefore".to_owned(),
            author: "li".to_owned(),
            publish_time: Some(prost_types::Timestamp::default()),
            ..Post::default()
        };
        WatchResponse {
            resume_token: "abc".to_owned(),
            happened: Some(Happened::Post(post)),
        }
    }

    #[test]
    fn a_thing_is_one_line_for_people_and_one_object_for_programs() {
        let told = line(&posted(), Format::Table).unwrap();
        assert_eq!(
            told,
            "1970-01-01 00:00:00Z  well_done  C1  0197  li  clean  as never  [31mbefore\n"
        );
        let object = line(&posted(), Format::Json).unwrap();
        assert_eq!(object.lines().count(), 1);
        let object: serde_json::Value = serde_json::from_str(&object).unwrap();
        assert_eq!(object["token"], "abc");
        assert_eq!(object["words"], "clean\n as never \u{1b}[31mbefore");
        let heartbeat = WatchResponse {
            happened: None,
            ..posted()
        };
        assert_eq!(line(&heartbeat, Format::Table), None);
    }

    #[test]
    fn a_watch_goes_on_where_the_server_says_so() {
        let told = |reason, token: bool| {
            let error = tidyward_kit::Error::new(reason, "words");
            let error = if token {
                error.with("token", "abc")
            } else {
                error
            };
            goes_on(&Status::from(error))
        };
        assert!(told(Reason::WatchLagged, true));
        assert!(told(Reason::Unavailable, true));
        assert!(!told(Reason::Unavailable, false), "nobody is there");
        assert!(!told(Reason::WatchTokenUnknown, true));
    }
}
