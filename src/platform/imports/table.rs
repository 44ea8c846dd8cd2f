//! A file as rows of text: its kind, encoding and delimiter found out from its content, its rows streamed.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono_tz::Tz;
use encoding_rs::{Encoding, UTF_8};

use super::archive;
use super::cell::RawRow;
use super::delimited;
use super::encoding::{self, Trust, Written};
use super::headings::Headings;
use super::notes::ImportNote;
use super::reading::Reading;
use super::report::{ImportFault, Reason};
use super::run::InParcel;
use super::sheet::Columns;
use super::workbook::{self, Workbook};
use crate::kernel::{Error, Fault, Result, calendar, saturating};

/// Cells a row may have.
pub const TABLE_COLUMNS_MAX: usize = 1_024;
/// Bytes read at a time.
pub(super) const PIECE: u64 = 1 << 16;

/// Bytes of a file that can be read from the start more than once.
pub trait Bytes: Read + Seek + Send {}
impl<T: Read + Seek + Send> Bytes for T {}

/// Bytes read in the present pass, for a progress bar.
#[derive(Clone, Default)]
pub(super) struct Meter(Arc<AtomicU64>);

impl Meter {
    pub(super) fn so_far(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Bytes under a meter.
pub(super) struct Metered {
    bytes: Box<dyn Bytes>,
    meter: Meter,
}

impl Metered {
    #[cfg(test)]
    pub(super) fn new(bytes: impl Bytes + 'static) -> Self {
        Self { bytes: Box::new(bytes), meter: Meter::default() }
    }
}

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.bytes.read(buffer)?;
        self.meter.0.fetch_add(saturating(count), Ordering::Relaxed);
        Ok(count)
    }
}

impl Seek for Metered {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.bytes.seek(to)
    }
}

/// Bytes that a file of holidays may have; a year has 4,000.
const HOLIDAYS_MAX: u64 = 1 << 20;

/// A year of national days, in the JSON of the holiday-cn project, as the CSV of a table of calendars.
fn holidays(bytes: &mut impl Read, size: u64) -> Result<Vec<u8>> {
    if size > HOLIDAYS_MAX {
        return Err(Reason::NotATable.refusal());
    }
    let mut text = String::new();
    bytes.read_to_string(&mut text).map_err(|_| Reason::NotATable.refusal())?;
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(["calendar", "day", "kind", "name_zh"]).map_err(Error::broken)?;
    for day in calendar::read_json(&text)?.iter() {
        let kind = if day.kind == calendar::Kind::Off { "off" } else { "work" };
        csv.write_record(["CN", &day.date.to_string(), kind, &day.name]).map_err(Error::broken)?;
    }
    csv.into_inner().map_err(|error| Error::broken(error.into_error()))
}

/// Endings of the files that can be handed in, as a file field says them: tables of text, workbooks, a year of holidays in JSON, and several of
/// these in a ZIP.
pub const TAKEN: &str = ".csv,.txt,.tsv,.xlsx,.json,.zip";

/// A file to import, opened and looked at.
pub struct Source {
    name: String,
    size: u64,
    meter: Meter,
    reading: Reading,
    zone: Option<Tz>,
    notes: Vec<ImportNote>,
    in_parcel: InParcel,
    body: Body,
}

enum Body {
    Text { bytes: Metered, written: Written },
    Workbook(Box<Workbook>),
}

/// What begins a file that is no table we read, and what it then is.
const BEGINNINGS: &[(&[u8], Reason)] = &[
    (b"%PDF-", Reason::Pdf),
    (b"{\\rtf", Reason::NotATable),
    (b"\x89PNG", Reason::Picture),
    (b"\xFF\xD8\xFF", Reason::Picture),
    (b"GIF8", Reason::Picture),
    (b"Rar!", Reason::Archive),
    (b"7z\xBC\xAF", Reason::Archive),
    (b"\x1F\x8B", Reason::Archive),
    // Excel 2 to 4, before its files were compound ones.
    (b"\x09\x00\x04\x00", Reason::OldExcel),
    (b"\x09\x02\x06\x00", Reason::OldExcel),
    (b"\x09\x04\x06\x00", Reason::OldExcel),
];
/// Likewise of texts, in lower case and after a byte order mark and spaces. An XML text is told by what is inside.
const MARKUP: &[(&str, Reason)] = &[
    ("<!doctype html", Reason::WebPage),
    ("<html", Reason::WebPage),
    ("<head", Reason::WebPage),
    ("<meta", Reason::WebPage),
    ("<style", Reason::WebPage),
    ("<table", Reason::WebPage),
    ("<div", Reason::WebPage),
    ("mime-version:", Reason::WebPage),
    ("<?xml", Reason::Xml),
    ("<workbook", Reason::Xml),
    ("<ss:workbook", Reason::Xml),
];
/// Bytes in which the beginning of a text is looked for.
const HEAD: u64 = 1 << 10;

impl Source {
    /// Opens a file of the file system.
    ///
    /// # Errors
    /// As [`Source::new`]; [`Error::Broken`](crate::kernel::Error::Broken) when the file cannot be opened.
    pub fn open(path: &Path) -> Result<Self> {
        Self::open_in(path, None)
    }

    /// The same, of a text that is in this encoding whatever its bytes look like, unless a byte order mark says another.
    pub(super) fn open_in(path: &Path, encoding: Option<&'static Encoding>) -> Result<Self> {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Self::of(&name, File::open(path)?, encoding)
    }

    /// Takes bytes from anywhere. `name` is only shown; what the file is, its content says. Reads the whole once, to find out the encoding
    /// of a text or to measure what a workbook unpacks to.
    ///
    /// # Errors
    /// [`Code::FileBroken`](crate::kernel::error::Code::FileBroken) with a [`Reason`] when it is not a table that can be read.
    pub fn new(name: &str, bytes: impl Bytes + 'static) -> Result<Self> {
        Self::of(name, bytes, None)
    }

    fn of(name: &str, bytes: impl Bytes + 'static, named: Option<&'static Encoding>) -> Result<Self> {
        let meter = Meter::default();
        let mut bytes = Metered { bytes: Box::new(bytes), meter: meter.clone() };
        let size = bytes.seek(SeekFrom::End(0))?;
        let mut head = Vec::new();
        bytes.rewind()?;
        bytes.by_ref().take(HEAD).read_to_end(&mut head)?;
        bytes.rewind()?;
        // A document of JSON, not one of RTF.
        let unmarked = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&head).trim_ascii_start();
        if unmarked.strip_prefix(b"{").is_some_and(|rest| !rest.starts_with(b"\\")) {
            return Self::new(name, std::io::Cursor::new(holidays(&mut bytes, size)?));
        }
        let body = if archive::is_zip(&head) {
            Body::Workbook(Box::new(workbook::open(BufReader::with_capacity(1 << 16, bytes))?))
        } else if head.starts_with(&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]) {
            return Err(workbook::compound_file(bytes));
        } else if let Some(reason) = something_else(&head) {
            return Err(reason.refusal());
        } else {
            let said = Encoding::for_bom(&head).map(|(encoding, _)| encoding).or(named);
            let written = said.map_or_else(|| encoding::of(&mut bytes), |encoding| Ok(Written { encoding, trust: Trust::Said }))?;
            Body::Text { bytes, written }
        };
        let in_parcel = InParcel::default();
        Ok(Self { name: bare(name), size, meter, reading: Reading::default(), zone: None, notes: Vec::new(), in_parcel, body })
    }

    /// The same file, sent under this name and read in this way.
    #[must_use]
    pub fn read_as(self, name: &str, reading: Reading) -> Self {
        Self { name: bare(name), reading, ..self }
    }

    /// The same, as a file of a parcel.
    pub(super) fn within(self, in_parcel: InParcel) -> Self {
        Self { in_parcel, ..self }
    }

    pub(super) fn in_parcel(&self) -> InParcel {
        self.in_parcel.clone()
    }

    /// How it is read.
    pub(super) fn reading(&self) -> &Reading {
        &self.reading
    }

    /// With the zone into which times that say theirs are turned. Without it such times are refused.
    #[must_use]
    pub fn in_zone(mut self, zone: Tz) -> Self {
        self.zone = Some(zone);
        self
    }

    pub(super) fn zone(&self) -> Option<Tz> {
        self.zone
    }

    /// What was found in the last pass that is no fault but should be known before the file is written, such as a sheet left out.
    pub(super) fn notes(&self) -> Vec<ImportNote> {
        self.notes.clone()
    }

    /// Puts a fault onto its sheet, where several were read as one table.
    pub(super) fn placed(&self, fault: ImportFault) -> ImportFault {
        match &self.body {
            Body::Workbook(book) => workbook::placed(book, fault),
            Body::Text { .. } => fault,
        }
    }

    /// The name it was sent under, without folders.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The headings as a table of these columns would read them.
    pub(super) fn headers(&mut self, columns: &Columns) -> Result<Vec<String>> {
        let mut headers = Vec::new();
        self.rows(columns, &mut |row| {
            if headers.is_empty() {
                headers = row.cells().iter().map(|cell| cell.text.trim().to_owned()).filter(|text| !text.is_empty()).collect();
            }
            Ok(ControlFlow::Break(()))
        })?;
        Ok(headers)
    }

    pub(super) fn meter(&self) -> Meter {
        self.meter.clone()
    }

    /// Hands every row that is not empty to `each`, from the header on, until it breaks off; of a workbook the rows of every sheet that is
    /// read as this table, each from its own header on, breaking off one sheet at a time. Returns the fault at which the file could not be
    /// read on, if it could not.
    pub(super) fn rows(&mut self, columns: &Columns, each: &mut EachRow<'_>) -> Result<Option<Fault>> {
        self.meter.0.store(0, Ordering::Relaxed);
        self.notes.clear();
        let headings = Headings { columns, reading: &self.reading };
        match &mut self.body {
            Body::Text { bytes, written } => delimited::rows(bytes, *written, headings, &mut self.notes, each),
            Body::Workbook(book) => workbook::rows(book, headings, &mut self.notes, each),
        }
    }
}

/// A file's name without folders, and short enough to be shown.
pub(super) fn bare(name: &str) -> String {
    name.rsplit(['/', '\\']).next().unwrap_or_default().chars().filter(|c| !c.is_control()).take(200).collect()
}

fn something_else(head: &[u8]) -> Option<Reason> {
    if let Some((_, reason)) = BEGINNINGS.iter().find(|(beginning, _)| head.starts_with(beginning)) {
        return Some(*reason);
    }
    let encoding = Encoding::for_bom(head).map_or(UTF_8, |(encoding, _)| encoding);
    let text = encoding.decode(head).0.trim_start().to_lowercase();
    MARKUP.iter().find(|(beginning, _)| text.starts_with(beginning)).map(|(_, reason)| match reason {
        // A page of XHTML begins as XML does.
        Reason::Xml if text.contains("<html") => Reason::WebPage,
        reason => *reason,
    })
}

/// What is done with a row: go on, or break off.
pub(super) type EachRow<'a> = dyn FnMut(&RawRow) -> Result<ControlFlow<()>> + 'a;

/// A text has no zero bytes and hardly any control characters.
pub(super) fn refuse_binary(head: &[u8]) -> Result<()> {
    let control = head.iter().filter(|byte| byte.is_ascii_control() && !matches!(**byte, b'\t' | b'\n' | b'\r')).count();
    if head.contains(&0) || control > 8 + head.len() / 32 {
        return Err(Reason::NotATable.refusal());
    }
    Ok(())
}
