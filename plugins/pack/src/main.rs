//! Packs the rules of `plugins/`, keeps their lock and compares two builds by what they compute. `plugins/build` calls it.

mod compare;

mod lock;

use std::fs;
use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "usage: tidyward-pack assemble CORE.wasm RULE.toml OUT.wasm
       tidyward-pack lock PLUGINS TOOLCHAIN RULE...
       tidyward-pack compare COMMITTED.wasm REBUILT.wasm GOLDEN.csv";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["assemble", core, manifest, out] => assemble(core, manifest, out),
        ["lock", plugins, toolchain, rules @ ..] => {
            lock::write(Path::new(plugins), toolchain, rules)
        }
        ["compare", committed, rebuilt, golden] => compare::compare(committed, rebuilt, golden),
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(words) => {
            println!("{words}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("tidyward-pack: {message}");
            ExitCode::FAILURE
        }
    }
}

fn assemble(core: &str, manifest: &str, out: &str) -> Result<String, String> {
    let core = fs::read(core).map_err(|error| format!("{core}: {error}"))?;
    let text = fs::read_to_string(manifest).map_err(|error| format!("{manifest}: {error}"))?;
    let component =
        tidyward_rules::component::assemble(&core, &text).map_err(|error| error.to_string())?;
    // What is packed must pass the gate; facts are known to the services and not here.
    compare::inspect(&component).map_err(|refusal| format!("{manifest}: {refusal}"))?;
    fs::write(out, &component).map_err(|error| format!("{out}: {error}"))?;
    Ok(format!("{out}: {} bytes", component.len()))
}
