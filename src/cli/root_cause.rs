//! `root-cause explain`: for a quality engineer who brings cells of their own.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::terminal_lang;
use crate::kernel::{Code, Error, Fault, Refusal, Result};
use crate::platform::words::Words;
use crate::quality::root_cause::localise::{self, Settings};

/// What can be asked about causes.
#[derive(Subcommand)]
pub(super) enum RootCauseCommand {
    /// Say what carries an excess of claims: one case of cells a line in, one answer a line out, both JSON (docs/root-cause.md).
    Explain {
        /// The file; - is standard input.
        file: PathBuf,
    },
}

/// Runs one of them.
pub(super) fn run(command: RootCauseCommand) -> Result<()> {
    match command {
        RootCauseCommand::Explain { file } => explain(&file),
    }
}

/// Answers every line. A line that cannot be read is answered by `{"line", "error"}`, does not stop the others, and makes the whole fail.
fn explain(file: &Path) -> Result<()> {
    let mut input: Box<dyn BufRead> = if file == Path::new("-") {
        Box::new(std::io::stdin().lock())
    } else {
        let opened = File::open(file).map_err(|error| Error::broken(format!("{}: {error}", file.display())))?;
        Box::new(BufReader::new(opened))
    };
    let mut out = std::io::stdout().lock();
    let words = Words::of(terminal_lang());
    let settings = Settings::default();
    let (mut line, mut number, mut refused) = (Vec::new(), 0, Vec::new());
    loop {
        line.clear();
        if input.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        number += 1;
        if line.trim_ascii().is_empty() {
            continue;
        }
        let answer = match answer(&line, &settings) {
            Ok(answer) => answer,
            Err(Error::Refused(refusal)) => {
                let faults: Vec<Fault> = refusal.faults.into_iter().map(|fault| fault.at_line(number)).collect();
                let texts: Vec<String> = faults.iter().map(|fault| format!("{}: {}", fault.field, words.fault(fault))).collect();
                refused.extend(faults);
                serde_json::json!({ "line": number, "error": texts.join(" ") })
            }
            Err(error) => return Err(error),
        };
        // Whoever feeds lines one by one waits for each answer.
        if let Err(error) = writeln!(out, "{answer}").and_then(|()| out.flush()) {
            return if error.kind() == std::io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error.into()) };
        }
    }
    Refusal::unless_empty(refused)
}

fn answer(line: &[u8], settings: &Settings) -> Result<serde_json::Value> {
    let text = std::str::from_utf8(line).map_err(|_| Fault::new("case", Code::Malformed).with("reason", "not UTF-8"))?;
    localise::answer(text, settings)
}
