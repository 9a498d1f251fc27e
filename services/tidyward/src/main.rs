//! The one executable: it hands its arguments to the library and ends with the library's exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    tidyward::cli::run(std::env::args_os())
}
