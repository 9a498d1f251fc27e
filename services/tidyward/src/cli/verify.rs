//! `tidyward verify`: recomputes every score and rank of a bundle, offline, with nothing but the file.

use std::path::PathBuf;

use clap::Args;
use tidyward_evaluations::verify::{Verified, VerifyError};

use super::{
    context::Context,
    failure::Failure,
    output::{Cell, Table, Tone, number, say, text, unseen},
    rules, upload,
};

#[derive(Args, Debug)]
pub struct VerifyArguments {
    /// The bundle, as `review bundle` wrote it
    pub file: PathBuf,
    /// Fingerprint of the key that must have signed it, 64 hexadecimal digits
    #[arg(long, value_name = "FINGERPRINT")]
    pub key: Option<String>,
}

pub fn verify(context: &Context, arguments: VerifyArguments) -> Result<(), Failure> {
    let bytes = upload::read(&arguments.file)?;
    let verified = check(context, &bytes, arguments.key.as_deref())?;
    context.print_record(&table(&verified))?;
    if context.output.for_people() {
        let words = "every score, place, star and list was computed afresh and is the same";
        say(context.output.toned(words, Tone::Good) + "\n");
        if arguments.key.is_none() {
            say(
                "whose key it is only its owner can say: compare the fingerprint, or pin it with --key\n",
            );
        }
    }
    Ok(())
}

/// Recomputes the bundle.
pub fn check(context: &Context, bytes: &[u8], key: Option<&str>) -> Result<Verified, Failure> {
    let compiler = rules::compiler(context)?;
    tidyward_evaluations::verify::verify(&compiler, bytes, key).map_err(|error| {
        let next = match &error {
            VerifyError::Untrusted(_) => "do not trust this file; ask its publisher for it again",
            VerifyError::OtherKey(_) => "ask the publisher for its fingerprint; trust neither file nor key before",
            VerifyError::Inconsistent(_) | VerifyError::Differs(_) => {
                "whoever holds the key signed something that its own facts and rule do not give; ask them why"
            }
            VerifyError::Machine(_) => "try on another machine, or with more memory",
        };
        Failure::new(format!("the bundle does not verify: {error}")).next(next)
    })
}

fn table(verified: &Verified) -> Table {
    let mut table = Table::new(vec![
        text("district", "District"),
        text("period", "Period"),
        number("revision", "Revision"),
        text("rule", "Rule"),
        text("parameters", "Parameters"),
        number("areas", "Areas"),
        text("facts_sha256", "Facts"),
        text("rounds_sha256", "Rounds"),
        text("scores_sha256", "Scores"),
        text("rule_sha256", "Rule's bytes"),
        text("engine", "Scored by"),
        text("verified_by", "Verified by"),
        text("key", "Key"),
        unseen("trial"),
    ]);
    let parameters: Vec<String> = verified
        .parameters
        .iter()
        .map(|(id, value)| format!("{id}={value}"))
        .collect();
    table.rows.push(vec![
        Cell::text(&verified.district),
        Cell::text(&verified.period),
        Cell::Integer(i64::from(verified.revision)),
        Cell::text(&verified.rule),
        Cell::text(parameters.join(" ")),
        Cell::Integer(verified.areas as i64),
        Cell::text(&verified.facts_sha256),
        Cell::text(&verified.rounds_sha256),
        Cell::text(&verified.scores_sha256),
        Cell::text(&verified.rule_sha256),
        Cell::text(&verified.engine),
        Cell::text(&verified.verified_by),
        Cell::text(&verified.key_fingerprint),
        Cell::Switch(verified.trial),
    ]);
    table
}
