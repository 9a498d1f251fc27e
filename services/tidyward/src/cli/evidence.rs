//! `tidyward evidence`: photos, videos and recordings, in and out; and how other commands name what they show.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use sha2::{Digest, Sha256};
use tidyward_proto::v1::{
    CreateEvidenceRequest, Evidence, EvidenceKind, EvidenceUse, EvidenceVariant,
    GetEvidenceRequest, ReadEvidenceRequest,
};

use super::{
    client::Client,
    context::Context,
    district::last,
    failure::Failure,
    output::{Cell, Table, number, say, text, unseen, write_file},
    progress::Progress,
    upload::{self, Door},
    words::{choose, instant, word_of},
};

/// Hexadecimal digits of a SHA-256.
const DIGITS: usize = 64;

#[derive(Debug, Subcommand)]
pub enum EvidenceCommand {
    /// Upload a photo, video or recording
    Add(AddArguments),
    /// Show what a file is and what it claims of itself
    Show(Which),
    /// Fetch the file, or the small picture of a photo
    Get(GetArguments),
}

/// One piece of evidence.
#[derive(Args, Clone, Debug)]
pub struct Which {
    /// Its SHA-256, or its whole name
    pub name: String,
}

impl Which {
    fn name(&self, client: &Client) -> String {
        client.named("evidence", &self.name)
    }
}

#[derive(Args, Clone, Debug)]
pub struct AddArguments {
    /// The file
    pub file: PathBuf,
    /// Refuse it if it is of another type, for example image/jpeg
    #[arg(long = "type", value_name = "TYPE", default_value_t)]
    pub content_type: String,
}

#[derive(Args, Clone, Debug)]
pub struct GetArguments {
    #[command(flatten)]
    pub which: Which,
    /// The file to write
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// The small picture of a photo, a JPEG
    #[arg(long)]
    pub thumbnail: bool,
}

/// Where evidence is, as a flag names it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Source {
    /// There already, by its SHA-256 or its whole name.
    Named(String),
    /// A file of this machine, yet to be uploaded.
    File(PathBuf),
}

pub async fn command(context: &Context, command: EvidenceCommand) -> Result<(), Failure> {
    let client = context.client().await?;
    match command {
        EvidenceCommand::Add(arguments) => {
            let made = add(&client, &arguments.file, &arguments.content_type).await?;
            context.print_record(&table(&made))
        }
        EvidenceCommand::Show(which) => context.print_record(&table(&find(&client, &which).await?)),
        EvidenceCommand::Get(arguments) => get(context, &client, &arguments).await,
    }
}

/// Uploads the file and makes evidence of it; the same file again is the same evidence.
async fn add(client: &Client, file: &Path, content_type: &str) -> Result<Evidence, Failure> {
    let bytes = upload::read(file)?;
    let file_name = file.file_name().unwrap_or_default().to_string_lossy();
    let mut door = Door::Evidence(client.evidence());
    let upload = upload::send(client, &mut door, &file_name, bytes).await?;
    let request = CreateEvidenceRequest {
        parent: client.parent(),
        upload,
        content_type: content_type.to_owned(),
        request_id: client.request_id(),
    };
    let made = client.evidence().create_evidence(request).await;
    made.map(|made| made.into_inner()).map_err(|status| {
        let failure = Failure::from(status);
        let message = format!("`{}`: {}", file.display(), failure.message);
        Failure { message, ..failure }
    })
}

async fn find(client: &Client, which: &Which) -> Result<Evidence, Failure> {
    let name = which.name(client);
    let request = GetEvidenceRequest { name };
    Ok(client.evidence().get_evidence(request).await?.into_inner())
}

async fn get(context: &Context, client: &Client, arguments: &GetArguments) -> Result<(), Failure> {
    let evidence = find(client, &arguments.which).await?;
    let (variant, size) = match arguments.thumbnail {
        true => (EvidenceVariant::Thumbnail, evidence.thumbnail_bytes),
        false => (EvidenceVariant::Original, evidence.size_bytes),
    };
    let bytes = read(client, &evidence.name, variant, size).await?;
    let sha256 = hex::encode(Sha256::digest(&bytes));
    if !arguments.thumbnail && sha256 != last(&evidence.name) {
        return Err(Failure::new("what arrived is not what was uploaded")
            .next("try again; if it stays so, tell whoever runs the server"));
    }
    write_file(&arguments.out, &bytes)?;
    let mut table = Table::new(vec![
        text("file", "File"),
        number("size_bytes", "Bytes"),
        text("sha256", "SHA-256"),
    ]);
    table.rows.push(vec![
        Cell::text(arguments.out.display().to_string()),
        Cell::Integer(bytes.len() as i64),
        Cell::text(sha256),
    ]);
    context.print_record(&table)
}

/// All of it, a range after the other.
async fn read(
    client: &Client,
    name: &str,
    variant: EvidenceVariant,
    size: i64,
) -> Result<Vec<u8>, Failure> {
    let progress = Progress::start("fetching the file");
    let mut bytes: Vec<u8> = Vec::new();
    loop {
        let request = ReadEvidenceRequest {
            name: name.to_owned(),
            variant: variant as i32,
            offset: bytes.len() as i64,
            length: 0,
        };
        let answer = client.evidence().read_evidence(request).await?;
        let data = answer.into_inner().data;
        bytes.extend(&data);
        if data.is_empty() || bytes.len() as i64 >= size {
            return Ok(bytes);
        }
        progress.at(bytes.len() as f64 * 100.0 / size as f64, String::new());
    }
}

/// What a report or a move shows: each `FILE:KIND` or `NAME:KIND`. Files are uploaded, once all that was said is understood.
pub async fn uses(client: &Client, told: &[String]) -> Result<Vec<EvidenceUse>, Failure> {
    let understood = told.iter().map(|one| used(one));
    let understood: Vec<(Source, i32)> = understood.collect::<Result<_, _>>()?;
    let mut uses = Vec::with_capacity(understood.len());
    for (source, kind) in understood {
        let evidence = source.evidence(client).await?;
        uses.push(EvidenceUse {
            evidence,
            kind,
            ..EvidenceUse::default()
        });
    }
    Ok(uses)
}

/// What a post shows: each a file or a name. Files are uploaded.
pub async fn shown(client: &Client, told: &[String]) -> Result<Vec<String>, Failure> {
    let mut names = Vec::with_capacity(told.len());
    for one in told {
        names.push(Source::of(one).evidence(client).await?);
    }
    Ok(names)
}

fn used(told: &str) -> Result<(Source, i32), Failure> {
    let Some((source, kind)) = told.rsplit_once(':').filter(|(_, kind)| !kind.is_empty()) else {
        let message = format!("--evidence: `{told}` does not say what it shows");
        return Err(Failure::usage(message)
            .next("say FILE:KIND; kinds are near, far, before, after and check"));
    };
    let kind = choose::<EvidenceKind>(
        "--evidence",
        kind,
        "EVIDENCE_KIND_",
        EvidenceKind::as_str_name,
    )?;
    Ok((Source::of(source), kind))
}

impl Source {
    fn of(told: &str) -> Source {
        let digits = told.bytes().all(|byte| byte.is_ascii_hexdigit());
        if told.starts_with("districts/") || (digits && told.len() == DIGITS) {
            return Source::Named(told.to_owned());
        }
        Source::File(PathBuf::from(told))
    }

    /// Its name, once it is there.
    async fn evidence(&self, client: &Client) -> Result<String, Failure> {
        match self {
            Source::Named(name) => Ok(client.named("evidence", name)),
            Source::File(file) => {
                let made = add(client, file, "").await?;
                say(format!("{} is {}\n", file.display(), last(&made.name)));
                Ok(made.name)
            }
        }
    }
}

fn table(evidence: &Evidence) -> Table {
    let mut table = Table::new(vec![
        text("evidence", "Evidence"),
        text("media", "What"),
        text("content_type", "Type"),
        number("size_bytes", "Bytes"),
        number("width", "Width"),
        number("height", "Height"),
        number("duration_millis", "Milliseconds"),
        text("exif_position", "Claims to be from"),
        text("exif_shot", "Claims to be of"),
        text("exif_note", "Of its claims"),
        text("created", "Came"),
        unseen("thumbnail_bytes"),
    ]);
    let there = |value: i64| Cell::integer((value > 0).then_some(value));
    let place = evidence.exif_position.as_ref();
    let place = place.map(|place| format!("{:.6},{:.6}", place.latitude, place.longitude));
    table.rows.push(vec![
        Cell::text(last(&evidence.name)),
        Cell::text(word_of(evidence.media().as_str_name(), "EVIDENCE_MEDIA_")),
        Cell::text(&evidence.content_type),
        Cell::Integer(evidence.size_bytes),
        there(evidence.width.into()),
        there(evidence.height.into()),
        there(evidence.duration_millis),
        Cell::text(place.unwrap_or_default()),
        instant(evidence.exif_shot_time.as_ref()),
        Cell::text(&evidence.exif_note),
        instant(evidence.create_time.as_ref()),
        there(evidence.thumbnail_bytes),
    ]);
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_is_a_name_or_a_file_and_a_kind() {
        let name = "0f".repeat(32);
        let file = |path: &str| Source::File(PathBuf::from(path));
        for (told, source, kind) in [
            ("a.jpg:near", file("a.jpg"), EvidenceKind::Near),
            ("a:b.jpg:AFTER", file("a:b.jpg"), EvidenceKind::After),
            ("0f0f:far", file("0f0f"), EvidenceKind::Far),
            (
                &format!("{name}:check"),
                Source::Named(name.clone()),
                EvidenceKind::Check,
            ),
            (
                "districts/d/evidence/x:before",
                Source::Named("districts/d/evidence/x".to_owned()),
                EvidenceKind::Before,
            ),
        ] {
            assert_eq!(used(told).unwrap(), (source, kind as i32), "{told}");
        }
        for told in ["a.jpg", "a.jpg:", "a.jpg:sideways"] {
            assert!(used(told).unwrap_err().usage, "{told}");
        }
    }
}
