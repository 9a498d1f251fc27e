//! The demo's story, act by act. Each act makes the calls that a command makes and shows what the command would show.

mod proof;
mod ranks;

use std::time::Instant;

use tidyward_proto::v1::{Review, Score};

use super::{
    DemoArguments,
    ledger::Ledger,
    rule,
    stage::{DISTRICT, Stage},
    street,
    town::{STREET, Town},
};
use crate::cli::{
    client::Client,
    district::{self, CreateArguments},
    failure::Failure,
    import::{self, ImportArguments, Kind},
    output::{Tone, put},
    review::{self, Level, RankingArguments, RunArguments, Which},
    rules::{self, ActivateArguments, PushArguments},
};

/// The quarter of the demo. It is over.
pub const PERIOD: &str = "2026-q3";
const STANDARD: &str = "standard@1.0.0";
/// What the town, its ledger and its streets are made from.
const SEEDS: [u64; 3] = [20_260_701, 20_260_702, 20_260_703];

const AREAS_MAPPING: &str = include_str!("areas.toml");
const ISSUES_MAPPING: &str = include_str!("issues.toml");
const METRICS_MAPPING: &str = include_str!("metrics.toml");

pub async fn tell(stage: &Stage, arguments: &DemoArguments) -> Result<(), Failure> {
    let town = Town::new(SEEDS[0]);
    let ledger = Ledger::new(&town, SEEDS[1]);
    opening(stage);
    let client = territory(stage, &town).await?;
    problems(stage, &client, &ledger).await?;
    streets(stage, &client, &town, &ledger).await?;
    let (review, scores) = first_review(stage, &client).await?;
    let trial = own_rule(stage, &client).await?;
    ranks::side_by_side(stage, &client, &scores, &trial).await?;
    ranks::last_grid(stage, &client, &scores).await?;
    proof::prove(stage, &client, &review, arguments).await?;
    closing(stage);
    Ok(())
}

fn opening(stage: &Stage) {
    let title = "Tidyward: a quarter of a made-up subdistrict, from the map to the proof";
    put(format!(
        "{}\n",
        stage.context.output.toned(title, Tone::Strong)
    ));
    stage.line(format!(
        "The real server at {}, with SQLite in an empty folder, was up in {} ms. Every act below is a call over gRPC that \
         a command makes too. Nothing stays behind.",
        stage.context.settings.client.server,
        stage.started_in.as_millis()
    ));
}

/// The district and its map.
async fn territory(stage: &Stage, town: &Town) -> Result<Client, Failure> {
    stage.head("1  The territory");
    let district = CreateArguments {
        id: DISTRICT.to_owned(),
        time_zone: "Asia/Shanghai".to_owned(),
        start: "2026-01-01".to_owned(),
        name: "清河区 Clearwater".to_owned(),
        currency: String::new(),
    };
    district::create(&stage.context.platform().await?, district).await?;
    let client = stage.context.client().await?;
    let file = stage.write("areas.geojson", town.geojson())?;
    let imported = bring(stage, &client, Kind::Areas, AREAS_MAPPING, file).await?;
    stage.line(format!(
        "A map of {}: {} polygons made {} areas: the subdistrict, 6 communities and 36 grids, each with households and roads.",
        STREET.1, imported.rows_read, 1 + 6 + 36
    ));
    Ok(client)
}

/// The quarter's ledger, with what is dirty in it.
async fn problems(stage: &Stage, client: &Client, ledger: &Ledger) -> Result<(), Failure> {
    stage.head("2  The ledger");
    let file = stage.write("issues.csv", ledger.csv())?;
    let began = Instant::now();
    let imported = bring(stage, client, Kind::Issues, ISSUES_MAPPING, file).await?;
    stage.line(format!(
        "{} rows of a problem list read in {} ms: {} went in, each located in its grid by its position; {} are duplicates of \
         others; {} lies outside every grid and stays with the district.",
        imported.rows_read,
        began.elapsed().as_millis(),
        imported.rows_added,
        imported.rows_duplicate,
        imported.rows_outside,
    ));
    let problems = Kind::Issues
        .door(client)
        .problems(&imported.name, 100)
        .await?;
    put(import::problem_lines(&stage.context.output, &problems));
    Ok(())
}

/// What no file of problems can tell.
async fn streets(
    stage: &Stage,
    client: &Client,
    town: &Town,
    ledger: &Ledger,
) -> Result<(), Failure> {
    stage.head("3  The street");
    let sheets = street::sheets(town, ledger, SEEDS[2]);
    let file = stage.write("metrics.csv", street::csv(&sheets))?;
    let imported = bring(stage, client, Kind::Metrics, METRICS_MAPPING, file).await?;
    let numbers: usize = sheets.iter().map(|(_, facts)| facts.len()).sum();
    stage.line(format!(
        "{} sheets of inspections and call-backs, {numbers} numbers, recorded under the names by which rules ask for them.",
        imported.rows_added
    ));
    Ok(())
}

/// The review by the rule that comes with the server.
async fn first_review(stage: &Stage, client: &Client) -> Result<(Review, Vec<Score>), Failure> {
    stage.head(&format!("4  The review of {PERIOD} by the rule `standard`"));
    let activation = ActivateArguments {
        rule: STANDARD.to_owned(),
        from: PERIOD.to_owned(),
        parameters: Vec::new(),
        shadow: false,
    };
    rules::activate(client, &activation).await?;
    let outcome = review::run(client, &run_arguments(None)).await?;
    let (review, own) = (outcome.review, outcome.revision);
    stage.line(format!(
        "Facts frozen under {}... and scored in a WebAssembly sandbox: {} areas of all levels, {} with a score, {} without \
         enough data for one, {} failed.",
        &review.facts_sha256[..16.min(review.facts_sha256.len())],
        review.areas,
        own.scored,
        own.absent,
        own.failed
    ));
    let scores = review::ranking(client, &ranking_arguments(own.number, Level::Grid)).await?;
    ranks::show(stage, &scores);
    Ok((review, scores))
}

/// A rule of the district's own, made here and pushed through the gate. Gives the scores of its trial.
async fn own_rule(stage: &Stage, client: &Client) -> Result<Vec<Score>, Failure> {
    stage.head("5  A rule of the district's own");
    let component = rule::component()?;
    let file = stage.write("riverside.wasm", &component)?;
    let arguments = PushArguments {
        file,
        key: None,
        validate_only: false,
    };
    let pushed = rules::push(client, &arguments).await?;
    stage.line(format!(
        "`riverside` looks at the desk alone: cases closed, handled on time, left lying. {} lines of WebAssembly text and a \
         manifest became a component of {} bytes, which passed the gate: no imports, no floats, one memory.",
        rule::CODE.lines().count(),
        pushed.size_bytes
    ));
    let outcome = review::run(client, &run_arguments(Some(rule::NAME.to_owned()))).await?;
    stage.line("A trial run on the same frozen facts stands beside the review as a revision and is never published.");
    review::ranking(
        client,
        &ranking_arguments(outcome.revision.number, Level::Grid),
    )
    .await
}

fn closing(stage: &Stage) {
    stage.head("Three commands to try next");
    for (command, what) in [
        (
            "tidyward serve",
            "a server of your own; its data goes into ./tidyward-data",
        ),
        (
            "tidyward district create mine --time-zone Asia/Shanghai --start 2026-01-01",
            "your district, from a second terminal",
        ),
        ("tidyward facts list", "everything that a rule may ask for"),
    ] {
        put(format!(
            "  {}\n      {}\n",
            stage.context.output.toned(command, Tone::Good),
            what
        ));
    }
    stage.line("From the source tree `cargo run --release --` stands for `tidyward`.");
}

/// Sends a file with its mapping, as `tidyward import` does.
async fn bring(
    stage: &Stage,
    client: &Client,
    kind: Kind,
    mapping: &str,
    file: std::path::PathBuf,
) -> Result<tidyward_proto::v1::Import, Failure> {
    let mapping = stage.write(&format!("{}.toml", kind.word()), mapping)?;
    let imported = import::import(client, kind, &ImportArguments { mapping, file }).await?;
    match imported.error.as_str() {
        "" => Ok(imported),
        error => Err(Failure::new(format!(
            "the import of {} failed: {error}",
            kind.word()
        ))),
    }
}

fn run_arguments(trial: Option<String>) -> RunArguments {
    RunArguments {
        period: PERIOD.to_owned(),
        again: false,
        trial,
    }
}

pub fn ranking_arguments(revision: i32, level: Level) -> RankingArguments {
    RankingArguments {
        which: which(revision),
        level,
    }
}

pub fn which(revision: i32) -> Which {
    Which {
        period: PERIOD.to_owned(),
        revision,
    }
}
