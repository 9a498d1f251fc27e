//! `tidyward district export` and `import`, `backup` and `restore`: districts and installations in files. They work on the
//! database itself, on the machine of the data folder, and not through the server.

use std::path::{Path, PathBuf};

use clap::Args;
use tidyward_kit::{
    Error,
    dump::{
        manifest::{Holds, Manifest},
        read::Dump,
    },
};

use super::{
    context::Context,
    failure::Failure,
    output::{Cell, Table, number, say, text},
};
use crate::moving::{Place, give, take};

#[derive(Args, Clone, Debug)]
pub struct ExportArguments {
    /// The district
    pub id: String,
    /// The file to write. Names and phones of reporters and secrets of webhooks are in it
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

#[derive(Args, Clone, Debug)]
pub struct BackupArguments {
    /// The file to write. Names and phones of reporters and secrets of webhooks are in it
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Put the keys in, too: whoever has the file can then make any token
    #[arg(long)]
    pub with_keys: bool,
}

#[derive(Args, Clone, Debug)]
pub struct TakeArguments {
    /// The file, as `district export` or `backup` wrote it
    pub file: PathBuf,
    /// Fingerprint of the key that must have signed it, 64 hexadecimal digits
    #[arg(long, value_name = "FINGERPRINT")]
    pub key: Option<String>,
}

pub async fn export(context: &Context, arguments: ExportArguments) -> Result<(), Failure> {
    let what = give::What::District(arguments.id);
    write(context, what, &arguments.out).await
}

pub async fn backup(context: &Context, arguments: BackupArguments) -> Result<(), Failure> {
    let what = if arguments.with_keys {
        give::What::EverythingWithKeys
    } else {
        give::What::Everything
    };
    write(context, what, &arguments.out).await
}

pub async fn import(context: &Context, arguments: TakeArguments) -> Result<(), Failure> {
    let dump = open(&arguments)?;
    let place = Place::beside_server(&context.settings).await?;
    read(context, place, dump, &arguments.file, Holds::District).await
}

pub async fn restore(context: &Context, arguments: TakeArguments) -> Result<(), Failure> {
    // A file that is refused leaves no data folder behind.
    let dump = open(&arguments)?;
    let place = Place::alone(&context.settings).await?;
    read(context, place, dump, &arguments.file, Holds::Backup).await
}

/// Writes beside the file, verifies what was written, and only then puts it in the file's place: a backup of yesterday is
/// there until the one of today is whole.
async fn write(context: &Context, what: give::What, out: &Path) -> Result<(), Failure> {
    let told = |error: std::io::Error| {
        Failure::new(format!("`{}` cannot be written: {error}", out.display()))
    };
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty());
    let part = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new("."))).map_err(told)?;
    let file = part.reopen().map_err(told)?;
    let place = Place::beside_server(&context.settings).await?;
    let given = give::give(&place, &what, file, context.clock.now().as_microsecond()).await;
    let closed = place.close().await;
    given?;
    closed?;
    let dump = Dump::open(part.path(), None)?;
    part.persist(out).map_err(|error| told(error.error))?;
    context.print_record(&table(&dump, out))?;
    if context.output.for_people() {
        say(
            "it was read again and every digest in it holds; keep the key's fingerprint apart from the file\n",
        );
    }
    Ok(())
}

async fn read(
    context: &Context,
    place: Place,
    mut dump: Dump,
    file: &Path,
    holds: Holds,
) -> Result<(), Failure> {
    let taken = take::take(&place, &mut dump, holds, &context.clock).await;
    let closed = place.close().await;
    taken.map_err(|error| named(error, file))?;
    closed?;
    context.print_record(&table(&dump, file))
}

fn open(arguments: &TakeArguments) -> Result<Dump, Failure> {
    Dump::open(&arguments.file, arguments.key.as_deref())
        .map_err(|error| named(error, &arguments.file))
}

/// The same error with the file's own name.
fn named(mut error: Error, file: &Path) -> Failure {
    for violation in &mut error.violations {
        if violation.field == "file" {
            violation.field = file.display().to_string();
        }
    }
    error.into()
}

fn table(dump: &Dump, file: &Path) -> Table {
    let manifest: &Manifest = &dump.manifest;
    let mut table = Table::new(vec![
        text("file", "File"),
        text("districts", "Districts"),
        number("rows", "Rows"),
        number("objects", "Objects"),
        number("keys", "Keys"),
        text("sha256", "Digest"),
        text("key", "Signed by"),
    ]);
    let parts = &manifest.districts;
    let ids: Vec<&str> = parts.iter().map(|part| part.district.as_str()).collect();
    let ids: Vec<&str> = ids.into_iter().filter(|id| !id.is_empty()).collect();
    let objects: usize = parts.iter().map(|part| part.objects.len()).sum();
    let rows: u64 = parts.iter().map(|part| part.rows()).sum();
    table.rows.push(vec![
        Cell::text(file.display().to_string()),
        Cell::text(ids.join(" ")),
        Cell::Integer(rows as i64),
        Cell::Integer(objects as i64),
        Cell::Integer(manifest.keys.len() as i64),
        // Of one district its own, which is the same in every file that holds it.
        Cell::text(match parts.as_slice() {
            [only] if manifest.holds == Holds::District => &only.sha256,
            _ => &manifest.sha256,
        }),
        Cell::text(&dump.signer),
    ]);
    table
}
