//! `gs1 parse`, `serial check`, `import`: small tools for scripts and for people at a terminal.

use std::io::{BufRead, IsTerminal, Write};
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};

use super::{say, tell, terminal_lang};
use crate::app;
use crate::kernel::{Code, Error, Refusal, Result};
use crate::platform::http::House;
use crate::platform::imports::{Importer, Mode, News, Outcome, Pass, Source};
use crate::platform::words::Words;
use crate::production::batches;
use crate::production::serials::{self, Scanned};

/// Reads Digital Link URIs, one a line, and writes one JSON object a line.
pub(super) fn gs1_parse() -> Result<()> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut input = std::io::stdin().lock();
    let mut line = Vec::new();
    loop {
        line.clear();
        if input.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        let verdict = match std::str::from_utf8(&line) {
            Ok(text) => crate::kernel::gs1::parse_line(text),
            Err(_) => serde_json::json!({ "ok": false, "error": "not UTF-8" }).to_string(),
        };
        if let Err(error) = writeln!(out, "{verdict}") {
            return if error.kind() == std::io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error.into()) };
        }
        // Whoever feeds lines one by one waits for each answer.
        out.flush()?;
    }
    Ok(())
}

/// Says what a serial names. Fails when we did not issue it.
pub(super) fn serial_check(house: &House, text: &str) -> Result<()> {
    let (keys, stem) = (house.keys.clone(), house.config.label_stem());
    let scanned = Scanned::read("serial", text, None)?;
    let found = house.store.read_blocking(move |db| {
        let Some(garment) = serials::find(db, &keys.serials, &scanned)? else { return Ok(None) };
        let batch = batches::batch(db, garment.batch())?;
        let address = batches::address_of(db, &stem, &keys.serials, garment)?;
        Ok(batch.map(|batch| (garment, batch, address.unwrap_or_default())))
    })?;
    let (garment, batch, address) = found.ok_or_else(|| Error::from(Code::SerialUnknown))?;
    say(&serde_json::json!({ "serial": text, "batch": batch.code, "unit": garment.unit() + 1, "address": address }).to_string());
    Ok(())
}

/// Imports a file, or only checks it; shows a bar while it goes.
pub(super) fn import(house: &House, table: &str, file: &Path, dry_run: bool) -> Result<()> {
    let tables = app::import_tables();
    let table = tables.find(table).map_err(|_| {
        let names: Vec<_> = tables.0.iter().map(|table| table.columns.table).collect();
        Error::from(Refusal::new(Code::NotOneOf).with("value", table).with("allowed", names.join(", ")))
    })?;
    if let Err(error) = std::fs::File::open(file) {
        return Err(Error::broken(format!("{}: {error}", file.display())));
    }
    let mut source = Source::open(file)?.in_zone(house.config.time_zone);
    let bar = if std::io::stderr().is_terminal() { ProgressBar::new(source.size()) } else { ProgressBar::hidden() };
    bar.set_style(
        ProgressStyle::with_template("{msg:10} {bar:40} {percent:>3} % {per_sec} {eta}").unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    let words = Words::of(terminal_lang());
    let importer = Importer { stamp: house.stamp("cli"), party: None };
    let mode = if dry_run { Mode::DryRun } else { Mode::Apply };
    let report = table.run(house, &importer, &mut source, mode, &mut |news| {
        let News::Progress(now) = news else { return };
        bar.set_message(words.say(match now.pass {
            Pass::Checking => "imports-checking",
            Pass::Applying => "imports-applying",
        }));
        bar.set_length(now.of_bytes);
        bar.set_position(now.bytes);
    })?;
    bar.finish_and_clear();
    report.notes.iter().for_each(|note| tell(&note.word(words)));
    for fault in &report.faults {
        let sheet = fault.sheet.as_ref().map(|sheet| format!("{sheet}, ")).unwrap_or_default();
        let line = fault.line.map(|line| format!("{sheet}{} {line}, ", words.say("line"))).unwrap_or_default();
        let value = fault.value.as_ref().map(|value| format!(" “{value}”")).unwrap_or_default();
        tell(&format!("{line}{}{value}: {}", fault.column, fault.word(words)));
    }
    say(&format!(
        "{} {}: {} {}, {} {}, {} {}, {} {}",
        words.say(report.outcome_key()),
        report.file,
        report.rows_read,
        words.say("imports-rows"),
        report.added,
        words.say("imports-added"),
        report.changed,
        words.say("imports-changed"),
        report.unchanged,
        words.say("imports-unchanged"),
    ));
    match report.outcome {
        Outcome::Checked | Outcome::Applied => Ok(()),
        Outcome::Refused | Outcome::Stopped => Err(Error::broken(format!("{} {}", report.fault_count, words.say("imports-faults")))),
    }
}
