//! `import`: files into tables from a terminal, one or many at once.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use indicatif::ProgressBar;
use tempfile::{NamedTempFile, TempPath};

use super::{bar_style, place, say, tell, terminal_lang};
use crate::app;
use crate::kernel::{Code, Error, Fault, Refusal, Result, saturating};
use crate::platform::disk::{Readers, WholeFile};
use crate::platform::exports::{Format, Sheet};
use crate::platform::imports::{
    Bundle, Change, ChangeKind, CodeRule, ImportReport, ImportTable, ImportTables, Importer, Outcome, Parcel, ParcelFile, ParcelReport,
    Pass, Reading, change_rows, change_titles, changes_of, in_order, nearest, recognise_as, uploads,
};
use crate::platform::state::AppState;
use crate::platform::words::Words;

/// Changes that are printed of each file.
const PRINTED: usize = 20;

/// What is imported, and how it is read.
#[derive(Args)]
pub(super) struct ImportArgs {
    /// A table and a file of it (`import parties list.csv`), or files of any tables, checked and written together: each is recognised by its
    /// headers, or named as `lots=FILE`. A folder, or a ZIP as `export` makes it, stands for the files in it.
    #[arg(required = true, value_name = "[TABLE] FILE")]
    what: Vec<String>,
    /// Only check; print what would change.
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Write every change, row by row and field by field, into this CSV file.
    #[arg(long, value_name = "FILE")]
    changes: Option<PathBuf>,
    /// A header of the file and the column it stands for: `Facility Name=name_en`. With nothing behind the sign its cells are left out.
    #[arg(long = "map", value_name = "HEADER=COLUMN")]
    map: Vec<String>,
    /// Leave out columns that stand for nothing.
    #[arg(long)]
    ignore_unknown: bool,
    /// What stands in every row of a column that the file lacks: `roles=factory`.
    #[arg(long = "set", value_name = "COLUMN=VALUE")]
    set: Vec<String>,
    /// A column in which what looks like a date that a spreadsheet made of something else (`Mar-10`) is meant as it stands.
    #[arg(long, value_name = "COLUMN")]
    as_written: Vec<String>,
    /// The text encoding of the files, where they do not say it themselves: GB18030, Big5, Shift_JIS, windows-1252, macintosh …
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,
    /// How rows get a code where the file has none: `slug` by their name, `from:COLUMN` by another column, or a prefix and the row's number.
    #[arg(long, value_name = "slug|from:COLUMN|PREFIX-{n}")]
    make_codes: Option<String>,
}

impl ImportArgs {
    fn reading(&self) -> Result<Reading> {
        let pairs = |given: &[String], field: &'static str| -> Result<BTreeMap<String, String>> {
            let pair = |one: &String| {
                let wrong = || Error::from(Fault::new(field, Code::NotOneOf).with("value", one).with("allowed", "NAME=VALUE"));
                one.split_once('=').map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())).ok_or_else(wrong)
            };
            given.iter().map(pair).collect()
        };
        let codes = self.make_codes.as_deref().map(str::parse::<CodeRule>).transpose()?;
        let (encoding, as_written) = (self.encoding.clone(), self.as_written.iter().cloned().collect());
        let (map, set) = (pairs(&self.map, "map")?, pairs(&self.set, "set")?);
        let reading = Reading { map, ignore_unknown: self.ignore_unknown, set, as_written, codes, encoding };
        reading.encoding().map(|_| reading)
    }
}

/// Imports files, or only checks them; shows a bar while it goes.
pub(super) fn run(app: &AppState, args: &ImportArgs) -> Result<()> {
    let (tables, words, reading) = (app::import_tables(), Words::of(terminal_lang()), args.reading()?);
    let Given { mut files, unpacked: _unpacked, .. } = Given::of(app, args, &tables, &reading, words)?;
    in_order(&mut files, &tables, |file| file.table.columns.table);
    let importer = Importer { stamp: app.stamp("cli"), party: None };
    let mut parcel = Parcel::new(app, importer, &tables, files);
    let folder = uploads(app).join(format!("{}.changes", app.id()));
    if args.changes.is_some() {
        std::fs::create_dir_all(&folder)?;
        parcel = parcel.keeping_changes(folder.clone(), usize::MAX);
    }
    let bar = if std::io::stderr().is_terminal() { ProgressBar::new(1) } else { ProgressBar::hidden() };
    bar.set_style(bar_style("{msg:10} {bar:40} {percent:>3} % {eta}"));
    let mut progress = |pass, done, of| {
        bar.set_message(words.say(match pass {
            Pass::Checking => "imports-checking",
            Pass::Applying => "imports-applying",
        }));
        bar.set_length(of);
        bar.set_position(done);
    };
    let report = if args.dry_run { parcel.check(&mut progress) } else { parcel.write(&mut progress) };
    bar.finish_and_clear();
    let told = report.and_then(|report| {
        if let Some(file) = &args.changes {
            write_changes(file, &folder, &report, &tables, words)?;
        }
        Ok(report)
    });
    if args.changes.is_some() {
        std::fs::remove_dir_all(&folder)?;
    }
    show(&told?, args, &tables, words)
}

/// The files that were named, each with its table.
struct Given<'a> {
    tables: &'a ImportTables,
    reading: &'a Reading,
    words: Words,
    files: Vec<ParcelFile>,
    /// Files out of a ZIP, which are gone when they are dropped.
    unpacked: Vec<TempPath>,
}

impl<'a> Given<'a> {
    fn of(app: &AppState, args: &ImportArgs, tables: &'a ImportTables, reading: &'a Reading, words: Words) -> Result<Self> {
        let (first, rest) = args.what.split_first().ok_or(Code::Missing)?;
        let named = tables.get(first).filter(|_| !rest.is_empty());
        let looks_like_a_table = !rest.is_empty() && !first.contains(['.', '/', '\\', '=']) && !Path::new(first).exists();
        if named.is_none() && looks_like_a_table {
            let names: Vec<_> = tables.0.iter().map(|table| table.columns.table).collect();
            return Err(Refusal::new(Code::NotOneOf).with("value", first).with("allowed", names.join(", ")).into());
        }
        let mut given = Self { tables, reading, words, files: Vec::new(), unpacked: Vec::new() };
        for what in if named.is_some() { rest } else { args.what.as_slice() } {
            let of_table = what.split_once('=').and_then(|(table, path)| Some((tables.get(table)?, path)));
            let (table, path) = of_table.map_or((named, what.as_str()), |(table, path)| (Some(table), path));
            for path in within(Path::new(path), words)? {
                given.take(app, table, &path)?;
            }
        }
        // Said of all files, it holds for those that have the column; one of them must.
        let columns = || given.files.iter().flat_map(|file| file.table.columns.written());
        if let Some(unknown) = reading.as_written.iter().find(|name| !columns().any(|column| column.name == **name)) {
            let allowed: BTreeSet<&str> = columns().map(|column| column.name).collect();
            let allowed: Vec<&str> = allowed.into_iter().collect();
            return Err(Fault::new("as-written", Code::NotOneOf).with("value", unknown).with("allowed", allowed.join(", ")).into());
        }
        Ok(given)
    }

    /// Takes a file, or those in it where it is a ZIP of files.
    fn take(&mut self, app: &AppState, table: Option<ImportTable>, path: &Path) -> Result<()> {
        if let Err(error) = File::open(path) {
            return Err(Error::broken(format!("{}: {error}", path.display())));
        }
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let members = members(app, path).map_err(|error| of_file(&name, error, self.words))?;
        let Some(members) = members else {
            return self.put(name, path.to_owned(), table, &format!("={}", path.display()));
        };
        for (name, member) in members {
            self.put(name, member.to_path_buf(), table, "?")?;
            self.unpacked.push(member);
        }
        Ok(())
    }

    /// Puts a file to the others: of its table, or of the one its headers name. `hint` stands behind the table that it may be.
    fn put(&mut self, name: String, path: PathBuf, named: Option<ImportTable>, hint: &str) -> Result<()> {
        let recognised = || {
            let found = recognise_as(&path, self.reading, &self.tables.0).map_err(|error| of_file(&name, error, self.words))?;
            let guess = || nearest(&found.headers, &self.tables.0).map_or("", |table| table.columns.table);
            let no_table = Refusal::new(Code::FileBroken).with("reason", "no-table");
            found.table.ok_or_else(|| Error::broken(format!("{name}: {} ({}{hint})", self.words.refusal(&no_table), guess())))
        };
        let table = named.map_or_else(recognised, Ok)?;
        let mut reading = self.reading.clone();
        reading.as_written.retain(|name| table.columns.column(name).is_some());
        self.files.push(ParcelFile { table, name, path, reading });
        Ok(())
    }
}

/// What was named; the files in it, by their names, where it is a folder.
fn within(path: &Path, words: Words) -> Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files: Vec<PathBuf> = std::fs::read_dir(path)?.map(|file| Ok(file?.path())).collect::<Result<_>>()?;
    // What systems and open spreadsheets leave beside the files is none of them.
    let is_aside = |path: &Path| path.file_name().is_none_or(|name| name.to_string_lossy().starts_with(['.', '~']));
    files.retain(|path| path.is_file() && !is_aside(path));
    files.sort();
    let empty = || Error::broken(words.say1("import-folder-empty", "place", path.display()));
    if files.is_empty() { Err(empty()) } else { Ok(files) }
}

/// The files in a ZIP of files, unpacked; none where it is no such ZIP.
fn members(app: &AppState, path: &Path) -> Result<Option<Vec<(String, TempPath)>>> {
    let Some(bundle) = Bundle::open(path)? else { return Ok(None) };
    let folder = uploads(app);
    std::fs::create_dir_all(&folder)?;
    let members = bundle.unpack(&folder, || Ok(NamedTempFile::new_in(&folder)?.into_temp_path()))?;
    Ok(Some(members.into_iter().map(|(name, _, member)| (name, member)).collect()))
}

/// What is wrong with a file as a whole, with its name.
fn of_file(name: &str, error: Error, words: Words) -> Error {
    match error {
        Error::Refused(refusal) => Error::broken(format!("{name}: {}", words.refusal(&refusal))),
        error => error,
    }
}

/// Prints what came of it.
fn show(report: &ParcelReport, args: &ImportArgs, tables: &ImportTables, words: Words) -> Result<()> {
    for file in &report.files {
        file.notes.iter().for_each(|note| tell(&note.word(words)));
        show_faults(file, report.files.len() > 1, words);
        show_changes(file, tables, words);
        say(&format!(
            "{} {}: {}, {} {}, {} {}, {} {}",
            words.say(file.outcome_key()),
            file.file,
            words.say1("import-rows-read", "count", file.rows_read),
            file.added,
            words.say("imports-added"),
            file.changed,
            words.say("imports-changed"),
            file.unchanged,
            words.say("imports-unchanged"),
        ));
    }
    match report.outcome {
        // What would have been written is no longer what was found, which a note says.
        Outcome::Checked if !args.dry_run => Err(Error::broken(words.say("import-stale"))),
        Outcome::Checked | Outcome::Applied => Ok(()),
        Outcome::Refused | Outcome::Stopped => {
            let faults: u64 = report.files.iter().map(|file| file.fault_count).sum();
            Err(Error::broken(words.say1("import-faults-found", "count", faults)))
        }
    }
}

fn show_faults(file: &ImportReport, of_several: bool, words: Words) {
    for fault in &file.faults {
        let name = if of_several { format!("{}: ", file.file) } else { String::new() };
        let line = fault.line.map(|line| format!("{} {line}", words.say("line")));
        let value = fault.value.as_ref().map(|value| format!(" “{value}”")).unwrap_or_default();
        let column = Some(format!("{}{value}", fault.place(words.lang())));
        tell(&format!("{name}{}{}", place([fault.sheet.clone(), line, column]), fault.word(words)));
    }
}

fn show_changes(file: &ImportReport, tables: &ImportTables, words: Words) {
    let table = tables.get(&file.table);
    for change in file.changes.iter().take(PRINTED) {
        let place = format!("{} {}, {}", words.say("line"), change.line, change.key);
        match change.kind {
            ChangeKind::Added => {
                let told = change.told(table.as_ref(), words.lang());
                let told = if told.is_empty() { told } else { format!(": {told}") };
                say(&format!("{place}: {}{told}", words.say("import-changes-added")));
            }
            ChangeKind::Changed => change.fields.iter().for_each(|field| {
                let title = table.map_or(field.field.as_str(), |table| field.title(table.columns, words.lang()));
                say(&format!("{place}: {title}: “{}” → “{}”", field.old, field.new));
            }),
        }
    }
    let more = (file.added + file.changed).saturating_sub(saturating(PRINTED));
    if more > 0 {
        say(&words.say1("import-changes-more", "count", more));
    }
}

/// Writes every change of every file as one CSV.
fn write_changes(file: &Path, folder: &Path, report: &ParcelReport, tables: &ImportTables, words: Words) -> Result<()> {
    let mut whole = WholeFile::at(file, Readers::Anybody)?;
    let mut sheet = Sheet::new(Format::Csv, BufWriter::new(whole.file()), change_titles(words))?;
    for (place, of) in report.files.iter().enumerate().filter(|(_, of)| of.outcome != Outcome::Refused) {
        let table = tables.get(&of.table);
        // A file of which nothing is known to change has left none.
        let Ok(kept) = File::open(changes_of(folder, place)) else { continue };
        for line in BufReader::new(kept).lines() {
            let change: Change = serde_json::from_str(&line?).map_err(Error::broken)?;
            change_rows(&of.file, table.as_ref(), &change, words).iter().try_for_each(|row| sheet.row(row))?;
        }
    }
    sheet.finish()?.flush()?;
    Ok(whole.arrive()?)
}
