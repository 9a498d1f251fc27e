//! `tidyward rules check`: the whole gate without a server.

use std::path::PathBuf;

use clap::Args;
use tidyward_evaluations::{
    bundle::Bundle,
    dry_run::Base,
    gate::{self, Terms},
    policy::Policy,
    render_dry_run,
    verify::VerifyError,
};
use tidyward_kit::caller::District;
use tidyward_rules::host::OWN;

use super::{compiler, table};
use crate::cli::{
    context::Context,
    failure::Failure,
    output::{Tone, put, say},
    upload,
};

#[derive(Args, Clone, Debug)]
pub struct CheckArguments {
    /// The rule, a WebAssembly component with its manifest
    pub file: PathBuf,
    /// Score the areas of this bundle, too, and say how the scores differ from those in it
    #[arg(long, value_name = "FILE")]
    pub bundle: Option<PathBuf>,
}

pub fn check(context: &Context, arguments: &CheckArguments) -> Result<(), Failure> {
    let bytes = upload::read(&arguments.file)?;
    let mut district = District::of_server("");
    let facts = match &arguments.bundle {
        Some(path) => {
            let words = |error: &dyn std::fmt::Display| {
                let file = path.display();
                Failure::new(format!("`{file}` cannot be read as a bundle: {error}"))
                    .next(format!("tidyward verify {file}"))
            };
            let opened = Bundle::open(&upload::read(path)?).map_err(VerifyError::from);
            let (bundle, _) = opened.map_err(|error| words(&error))?;
            district = District::of_server(&bundle.district);
            Some(Base::of_bundle(&bundle))
        }
        None => None,
    };
    let terms = Terms {
        party: OWN.to_owned(),
        component_bytes: Policy::default().component_bytes(),
        fuel: context.settings.review.fuel,
        facts,
        ..Terms::default()
    };
    let passed = gate::pass(&compiler(context)?, &terms, &bytes, &mut Vec::new())?;
    // Whoever names a bundle wants to know what the rule makes of it.
    if let (Some(path), None) = (&arguments.bundle, &passed.dry_run) {
        let file = path.display();
        let words = "the rule asks for the issue table, and the bundle";
        return Err(
            Failure::new(format!("{words} `{file}` has no rounds in it"))
                .next("give the bundle of a revision whose rule asks for the issue table, or none"),
        );
    }
    context.print_record(&table::candidate_table(&passed.candidate))?;
    if context.output.for_people() {
        if let Some(run) = &passed.dry_run {
            put(table::dry_run_lines(&render_dry_run(&district, run)));
        }
        let words = "the gate lets it in: it fails on no row, scores each by its own facts, and punishes no report";
        say(context.output.toned(words, Tone::Good) + "\n");
    }
    Ok(())
}
