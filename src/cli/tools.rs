//! `gs1 parse`, `serial check`: small tools for scripts and for people at a terminal.

use std::io::{BufRead, Write};

use super::say;
use crate::kernel::{Code, Error, Result};
use crate::platform::state::AppState;
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
            Ok(text) => crate::kernel::gs1::parse_line(text)?,
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
pub(super) fn serial_check(app: &AppState, text: &str) -> Result<()> {
    let (keys, stem) = (app.keys.clone(), app.config.label_stem());
    let scanned = Scanned::read("serial", text, None)?;
    let found = app.store.read_blocking(move |db| {
        let Some(garment) = serials::find(db, &keys.serials, &scanned)? else { return Ok(None) };
        let batch = batches::batch(db, garment.batch())?;
        let address = batches::address_of(db, &stem, &keys.serials, garment)?;
        Ok(batch.map(|batch| (garment, batch, address.unwrap_or_default())))
    })?;
    let (garment, batch, address) = found.ok_or_else(|| Error::from(Code::SerialUnknown))?;
    say(&serde_json::json!({ "serial": text, "batch": batch.code, "unit": garment.unit() + 1, "address": address }).to_string());
    Ok(())
}
