//! The `hangtag` program: parse, run, say what went wrong.

use std::process::ExitCode;

fn main() -> ExitCode {
    hangtag::cli::main()
}
