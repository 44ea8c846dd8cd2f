//! `export`: every table that can be imported, as files that can be imported again.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use clap::Args;
use tempfile::NamedTempFile;

use super::{say, tell, terminal_lang};
use crate::app;
use crate::kernel::{Code, Error, Refusal, Result};
use crate::platform::disk::folder_of;
use crate::platform::exports::Format;
use crate::platform::imports::{Exported, ImportTables, TableExport};
use crate::platform::keys::KeyFile;
use crate::platform::state::AppState;
use crate::platform::words::Words;

/// What is exported, and where to.
#[derive(Args)]
pub(super) struct ExportArgs {
    /// A folder for the files, or one ZIP file to be made (`season.zip`).
    place: PathBuf,
    /// What the files are: csv or xlsx.
    #[arg(long, default_value = "csv", value_parser = ["csv", "xlsx"])]
    format: String,
    /// Only these tables; all when left out.
    #[arg(value_name = "TABLE")]
    tables: Vec<String>,
}

/// Exports, and says what is in the files and what is not.
pub(super) fn run(app: AppState, args: &ExportArgs) -> Result<()> {
    let words = Words::of(terminal_lang());
    let tables = chosen(args)?;
    let format = if args.format == "xlsx" { Format::Xlsx } else { Format::Csv };
    let keys = KeyFile::place(&app.config.data_dir).display().to_string();
    let export = TableExport { app, format, lang: words.lang() };
    let is_zip = args.place.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("zip"));
    let done = if is_zip { into_zip(&export, &tables, &args.place, words)? } else { into_folder(&export, &tables, &args.place, words)? };
    let counted = |key, table: &str, rows: u64| words.say_with(key, &[("table", table.to_owned()), ("rows", rows.to_string())]);
    for Exported { table, rows, left_out } in &done {
        say(&counted("export-written", table, *rows));
        if *left_out > 0 {
            tell(&counted("export-left-out", table, *left_out));
        }
    }
    tell(&words.say1("export-keys", "keys", keys));
    Ok(())
}

/// The tables that were named, in the order in which they depend on one another.
fn chosen(args: &ExportArgs) -> Result<ImportTables> {
    let all = app::import_tables();
    if let Some(unknown) = args.tables.iter().find(|name| all.find(name).is_err()) {
        let names: Vec<_> = all.0.iter().map(|table| table.columns.table).collect();
        return Err(Refusal::new(Code::NotOneOf).with("value", unknown).with("allowed", names.join(", ")).into());
    }
    let is_named = |name: &str| args.tables.is_empty() || args.tables.iter().any(|named| named == name);
    Ok(ImportTables(all.0.iter().filter(|table| is_named(table.columns.table)).copied().collect()))
}

fn into_zip(export: &TableExport, tables: &ImportTables, place: &Path, words: Words) -> Result<Vec<Exported>> {
    refuse_existing(place, words)?;
    let part = BufWriter::new(NamedTempFile::new_in(folder_of(place))?);
    let (part, done) = export.app.store.read_blocking(|db| export.zip(db, tables, part))?;
    Arrived(Vec::new()).take(part, place)?.stay();
    Ok(done)
}

/// Writes a file for each table. All of them have their names, or none has.
fn into_folder(export: &TableExport, tables: &ImportTables, folder: &Path, words: Words) -> Result<Vec<Exported>> {
    let places: Vec<PathBuf> = (1..).zip(tables.0.iter()).map(|(number, table)| folder.join(export.file_name(number, table))).collect();
    places.iter().try_for_each(|place| refuse_existing(place, words))?;
    let is_new = !folder.exists();
    std::fs::create_dir_all(folder)?;
    let written = export.app.store.read_blocking(|db| {
        let file = |table| export.table(db, table, BufWriter::new(NamedTempFile::new_in(folder)?));
        tables.0.iter().map(file).collect::<Result<Vec<_>>>()
    });
    let placed = written.and_then(|written| {
        let (parts, done): (Vec<_>, Vec<_>) = written.into_iter().unzip();
        let arrived = parts.into_iter().zip(&places).try_fold(Arrived(Vec::new()), |arrived, (part, place)| arrived.take(part, place))?;
        arrived.stay();
        Ok(done)
    });
    if placed.is_err() && is_new {
        // What else somebody put there meanwhile keeps it.
        let _kept = std::fs::remove_dir(folder);
    }
    placed
}

/// Files that have their names, and are gone again unless all of them stay.
struct Arrived(Vec<PathBuf>);

impl Arrived {
    /// Gives a file its name, once it is whole and on the disk.
    fn take(mut self, part: BufWriter<NamedTempFile>, place: &Path) -> Result<Self> {
        let part = part.into_inner().map_err(|error| Error::broken(error.into_error()))?;
        part.as_file().sync_all()?;
        part.persist_noclobber(place).map_err(|error| Error::broken(format!("{}: {}", place.display(), error.error)))?;
        self.0.push(place.to_owned());
        File::open(folder_of(place))?.sync_all()?;
        Ok(self)
    }

    fn stay(mut self) {
        self.0.clear();
    }
}

impl Drop for Arrived {
    fn drop(&mut self) {
        for place in &self.0 {
            // It may be gone by itself.
            let _gone = std::fs::remove_file(place);
        }
    }
}

fn refuse_existing(place: &Path, words: Words) -> Result<()> {
    match place.symlink_metadata() {
        Ok(_) => Err(Error::broken(words.say1("export-exists", "place", place.display()))),
        Err(_) => Ok(()),
    }
}
