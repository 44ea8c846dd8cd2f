//! XLSX workbooks as rows of cells: measured before they are opened, streamed when they are read.
//!
//! `zip` unpacks and `quick-xml` reads the parts; what the cells mean is read here, because what a person sees of a cell depends on things that no
//! reader of workbooks gives together: its number format, whether it is a formula without a result, what it is merged with, whether it is hidden.

mod cells;
mod formats;
mod parts;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::io::{BufReader, Read};
use std::ops::ControlFlow;

use zip::ZipArchive;
use zip::result::ZipError;

pub(super) use self::cells::letters;
use self::cells::{Range, Seen};
use self::parts::{Archive, Listed, Outline, part_name};
use super::archive::few_parts;
use super::cell::RawRow;
use super::headings::{self, Fit, FromHeader, HEADER_WITHIN, Headings};
use super::notes::{ImportNote, LISTED, Note};
use super::report::{ImportFault, Reason};
use super::table::{EachRow, Metered};
use super::template;
use crate::kernel::{Error, Fault, Result, saturating};

/// Bytes all parts of a workbook may unpack to.
const UNPACKED_MAX: u64 = 2 << 30;
/// Bytes the parts that are kept in memory (texts, styles, the list of sheets) may unpack to.
const HELD_MAX: u64 = 128 << 20;
/// Bytes between two tags. A cell has at most 32,767 characters.
const RUN_MAX: usize = 1 << 20;
/// Tags that may be open at once: the XML reader remembers their names.
const DEPTH_MAX: u32 = 1 << 20;
/// Merged ranges of a workbook.
const MERGES_MAX: usize = 1 << 17;
/// Sheets that are read as one table.
const SHEETS_MAX: usize = 1 << 10;
/// Bits of a line that say the row; those above say the sheet, where several are read as one table. A sheet has at most 2²⁰ rows, from 1.
const ROW_BITS: u32 = 21;

/// An opened workbook.
pub(super) struct Workbook {
    archive: Archive,
    outline: Outline,
    /// The merged ranges of each part, by their first rows.
    merges: HashMap<usize, Vec<Range>>,
    /// The names of the sheets read as one table in the last pass, if several were.
    together: Vec<String>,
}

/// Opens a workbook after measuring it.
pub(super) fn open(mut bytes: BufReader<Metered>) -> Result<Workbook> {
    few_parts(&mut bytes)?;
    let mut archive = ZipArchive::new(bytes).map_err(|_| Reason::Damaged.refusal())?;
    let Measured { names, merges } = measure(&mut archive)?;
    let outline = parts::outline(&mut archive, &names).map_err(Reason::refusal)?;
    Ok(Workbook { archive, outline, merges, together: Vec::new() })
}

/// What the measuring of a workbook found.
struct Measured {
    /// The places of its parts by their names in lower case.
    names: HashMap<String, usize>,
    merges: HashMap<usize, Vec<Range>>,
}

/// What else a ZIP may be, by the name of a part.
const OTHERS: &[(&str, Reason)] = &[
    ("xl/workbook.bin", Reason::BinaryWorkbook),
    ("index/document.iwa", Reason::Numbers),
    ("index.zip", Reason::Numbers),
    ("content.xml", Reason::OpenDocument),
    ("word/document.xml", Reason::NotXlsx),
    ("ppt/presentation.xml", Reason::NotXlsx),
];

/// The part that every workbook has.
const CONTENTS: &str = "[content_types].xml";

/// Whether a ZIP with a part of this name is one document, whatever it is a document of, and not several files.
pub(super) fn is_document(part: &str) -> bool {
    let name = part_name(part);
    name == CONTENTS || name.starts_with("xl/") || OTHERS.iter().any(|(other, _)| *other == name)
}

/// Unpacks every part once without keeping it: a part that unpacks without end, or a text without end, must not be read into memory. Merged ranges
/// stand behind the cells of a sheet and are needed before, so they are kept here.
fn measure(archive: &mut Archive) -> Result<Measured> {
    let damaged = || Reason::Damaged.refusal();
    let mut found = Measured { names: HashMap::new(), merges: HashMap::new() };
    let (mut all, mut held, mut announced) = (0u64, 0u64, 0u64);
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|error| match error {
            ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => Reason::Password.refusal(),
            _ => damaged(),
        })?;
        announced = announced.saturating_add(part.size());
        let name = part_name(&part.name().map_err(|_| damaged())?);
        if let Some((_, reason)) = OTHERS.iter().find(|(other, _)| *other == name) {
            return Err(reason.refusal());
        }
        found.names.insert(name, index);
    }
    if !found.names.contains_key(CONTENTS) {
        return Err(Reason::NotXlsx.refusal());
    }
    // An archive may lie about its sizes; one that says it is too large is believed.
    if announced > UNPACKED_MAX {
        return Err(Reason::TooLarge.refusal());
    }
    for (name, index) in &found.names {
        let mut part = archive.by_index(*index).map_err(|_| damaged())?;
        let streamed = name.contains("worksheets/") && !name.ends_with("sharedstrings.xml") && !name.ends_with("styles.xml");
        let mut tags = Tags::default();
        let mut piece = vec![0; 1 << 16];
        loop {
            let count = part.read(&mut piece).map_err(|_| damaged())?;
            if count == 0 {
                break;
            }
            let count_u64 = saturating::<u64>(count);
            all += count_u64;
            held += if streamed { 0 } else { count_u64 };
            if all > UNPACKED_MAX || held > HELD_MAX {
                return Err(Reason::TooLarge.refusal());
            }
            tags.take(piece.get(..count).unwrap_or_default()).map_err(Reason::refusal)?;
        }
        tags.take(b"<").map_err(Reason::refusal)?;
        if !tags.merges.is_empty() {
            tags.merges.sort_by_key(|range| (range.rows.0, range.columns.0));
            found.merges.insert(*index, tags.merges);
        }
    }
    Ok(found)
}

/// Follows the tags of a part, holding one at a time with the text behind it.
#[derive(Default)]
struct Tags {
    run: Vec<u8>,
    depth: u32,
    merges: Vec<Range>,
}

impl Tags {
    /// Takes more bytes, unless they are not to be read on.
    fn take(&mut self, bytes: &[u8]) -> Result<(), Reason> {
        let mut rest = bytes;
        while let Some(at) = memchr::memchr(b'<', rest) {
            let (piece, behind) = rest.split_at_checked(at).unwrap_or((rest, &[]));
            // Nearly all tags lie whole in one piece and need not be copied.
            if self.run.is_empty() {
                self.end(piece)?;
            } else {
                self.run.extend_from_slice(piece);
                let run = std::mem::take(&mut self.run);
                self.end(&run)?;
            }
            rest = behind.get(1..).unwrap_or_default();
        }
        self.run.extend_from_slice(rest);
        if self.run.len() > RUN_MAX { Err(Reason::TooLarge) } else { Ok(()) }
    }

    /// Looks at a tag that is whole, without its brackets, and the text behind it.
    fn end(&mut self, run: &[u8]) -> Result<(), Reason> {
        if run.len() > RUN_MAX {
            return Err(Reason::TooLarge);
        }
        match run.first() {
            Some(b'/') => {
                self.depth = self.depth.saturating_sub(1);
                return Ok(());
            }
            Some(b'?' | b'!') | None => return Ok(()),
            Some(_) if self.depth >= DEPTH_MAX => return Err(Reason::Damaged),
            Some(_) => {}
        }
        let tag = run.split(|byte| *byte == b'>').next().unwrap_or_default();
        self.depth += u32::from(!tag.ends_with(b"/"));
        let name = tag.split(u8::is_ascii_whitespace).next().unwrap_or_default();
        if name != b"mergeCell" && !name.ends_with(b":mergeCell") {
            return Ok(());
        }
        let tag = String::from_utf8_lossy(run);
        let range = tag.split_once("ref=").and_then(|(_, value)| Range::read(value.split(['"', '\'']).nth(1)?)).ok_or(Reason::Damaged)?;
        self.merges.push(range);
        if self.merges.len() > MERGES_MAX { Err(Reason::TooLarge) } else { Ok(()) }
    }
}

/// What to say about a compound file: an encrypted workbook, or a workbook from before 2007.
pub(super) fn compound_file(mut bytes: Metered) -> Error {
    let encrypted: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut window = Vec::new();
    let mut piece = vec![0; 1 << 16];
    loop {
        match bytes.read(&mut piece) {
            Err(error) => return error.into(),
            Ok(0) => return Reason::OldExcel.refusal(),
            Ok(count) => window.extend_from_slice(piece.get(..count).unwrap_or_default()),
        }
        if window.windows(encrypted.len()).any(|found| found == encrypted) {
            return Reason::Password.refusal();
        }
        window.drain(..window.len().saturating_sub(encrypted.len()));
    }
}

/// Hands the rows of the sheets that are this table to `each`, in their order, each sheet's from its header on; see
/// [`super::table::Source::rows`].
pub(super) fn rows(
    book: &mut Workbook,
    headings: Headings<'_>,
    notes: &mut Vec<ImportNote>,
    each: &mut EachRow<'_>,
) -> Result<Option<Fault>> {
    let chosen = match choose(book, headings, notes)? {
        Ok(chosen) => chosen,
        Err(fault) => return Ok(Some(fault)),
    };
    let several = chosen.len() > 1;
    let Workbook { archive, outline, merges, together } = book;
    let names = chosen.iter().filter_map(|place| outline.sheets.get(*place)).map(|sheet| sheet.name.clone());
    *together = if several { names.collect() } else { Vec::new() };
    for (number, sheet) in (0u64..).zip(chosen.iter().filter_map(|place| outline.sheets.get(*place))) {
        let name = several.then_some(sheet.name.as_str());
        let mut seen = Seen::default();
        let mut spelled = Vec::new();
        let mut each_placed = |row: &RawRow| {
            if row.heads() {
                spelled = row.cells().iter().map(|cell| cell.text.trim().to_owned()).collect();
            }
            if number == 0 {
                return each(row);
            }
            let mut row = row.clone();
            row.at_line(row.line() | number << ROW_BITS);
            each(&row)
        };
        let mut from_header = FromHeader::new(headings, &mut each_placed);
        let merges = merges.get(&sheet.part).map(Vec::as_slice).unwrap_or_default();
        let ended = cells::rows(archive, sheet.part, outline, merges, &mut seen, &mut |row| from_header.row(row))?;
        from_header.end()?;
        notes.extend(from_header.note_above().map(|note| note.on(name)));
        note_seen(notes, &seen, &spelled, name);
        if let Some(fault) = ended {
            return Ok(Some(Fault { line: fault.line.map(|line| line | number << ROW_BITS), ..fault }));
        }
    }
    Ok(None)
}

fn note_seen(notes: &mut Vec<ImportNote>, seen: &Seen, headings: &[String], sheet: Option<&str>) {
    if !seen.hidden_rows.is_empty() {
        notes.push(ImportNote::new(Note::HiddenRows).with("lines", &seen.hidden_rows).on(sheet));
    }
    let hidden = (0u32..)
        .zip(headings)
        .filter(|(place, heading)| !heading.is_empty() && seen.hidden_columns.iter().any(|(first, last)| (first..=last).contains(&place)));
    let hidden: Vec<_> = hidden.map(|(place, heading)| format!("{heading} ({})", letters(place))).collect();
    if !hidden.is_empty() {
        notes.push(ImportNote::new(Note::HiddenColumns).with("columns", listed(&hidden)).on(sheet));
    }
    if !seen.merged.is_empty() {
        notes.push(ImportNote::new(Note::Merged).with("cells", listed(&seen.merged)).on(sheet));
    }
}

fn listed(things: &[String]) -> String {
    let more = if things.len() > LISTED { ", …" } else { "" };
    format!("{}{more}", things.iter().take(LISTED).cloned().collect::<Vec<_>>().join(", "))
}

/// A sheet as its first rows show it.
struct Looked {
    place: usize,
    hidden: bool,
    named: bool,
    fit: Fit,
}

/// The sheets to read as this table: those whose header has every needed column, visible ones first. Where one is named like the table, others
/// must have no other headings; where none fits, it is the one that comes nearest, so that what it lacks is named.
fn choose(book: &mut Workbook, headings: Headings<'_>, notes: &mut Vec<ImportNote>) -> Result<Result<Vec<usize>, Fault>> {
    let mut looked = Vec::new();
    for place in 0..book.outline.sheets.len() {
        match look(book, place, headings)? {
            Ok(seen) => looked.extend(seen),
            Err(fault) => return Ok(Err(fault)),
        }
    }
    let fitting = |hidden| looked.iter().filter(move |sheet| sheet.fit.complete && sheet.hidden == hidden);
    let mut chosen: Vec<&Looked> = fitting(false).collect();
    if chosen.is_empty() {
        chosen = fitting(true).collect();
    }
    if chosen.iter().any(|sheet| sheet.named) {
        chosen.retain(|sheet| sheet.named || sheet.fit.pure);
    }
    if chosen.is_empty() {
        // Of equals the first.
        chosen = looked.iter().rev().max_by_key(|sheet| (!sheet.hidden, sheet.named, sheet.fit.known)).into_iter().collect();
    }
    if chosen.is_empty() {
        return Ok(Err(Fault { line: None, ..Reason::Empty.ends_at(1) }));
    }
    if chosen.len() > SHEETS_MAX {
        return Ok(Err(Reason::TooLarge.ends_at(1)));
    }
    let places: Vec<usize> = chosen.iter().map(|sheet| sheet.place).collect();
    let name = |sheet: &&Looked| book.outline.sheets.get(sheet.place).map(|sheet| sheet.name.clone());
    let left: Vec<String> = looked.iter().filter(|sheet| !places.contains(&sheet.place)).filter_map(|sheet| name(&sheet)).collect();
    let left: Vec<String> = left.into_iter().filter(|name| !template::explains(name)).collect();
    let of_sheets = |note, names: &[String]| ImportNote::new(note).with("sheets", listed(names));
    if places.len() > 1 {
        notes.push(of_sheets(Note::Sheets, &chosen.iter().filter_map(name).collect::<Vec<_>>()));
    }
    for hidden in chosen.iter().filter(|sheet| sheet.hidden).filter_map(name) {
        notes.push(ImportNote::new(Note::HiddenSheet).with("sheet", hidden));
    }
    if !left.is_empty() {
        notes.push(of_sheets(Note::SheetsLeft, &left));
    }
    Ok(Ok(places))
}

/// Looks at the first rows of a sheet; none when it is empty.
fn look(book: &mut Workbook, place: usize, headings: Headings<'_>) -> Result<Result<Option<Looked>, Fault>> {
    let Workbook { archive, outline, merges, .. } = book;
    let Some(Listed { name, hidden, part }) = outline.sheets.get(place) else {
        return Ok(Ok(None));
    };
    let merges = merges.get(part).map(Vec::as_slice).unwrap_or_default();
    let mut first = Vec::new();
    let ended = cells::rows(archive, *part, outline, merges, &mut Seen::default(), &mut |row| {
        first.push(row.clone());
        Ok(if first.len() < HEADER_WITHIN { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    let fit = headings::header(headings, &first).map(|(_, fit)| fit);
    Ok(match (fit, ended) {
        (Some(fit), _) => Ok(Some(Looked { place, hidden: *hidden, named: headings.is_sheet(name), fit })),
        (None, Some(fault)) => Err(fault),
        (None, None) => Ok(None),
    })
}

/// The row of a line: lines of several sheets that are read as one table say the sheet as well.
pub(super) fn row_of(line: u64) -> u64 {
    line & ((1 << ROW_BITS) - 1)
}

/// Puts a fault onto its sheet, where several are read as one table: in its line, and in the line it points at.
pub(super) fn placed(book: &Workbook, mut fault: ImportFault) -> ImportFault {
    if book.together.is_empty() {
        return fault;
    }
    let sheet = |line: u64| book.together.get(saturating::<usize>(line >> ROW_BITS));
    if let Some(other) = fault.args.get_mut("line")
        && let Ok(line) = other.parse::<u64>()
        && let Some(name) = sheet(line)
    {
        *other = format!("{} ({name})", row_of(line));
    }
    if let Some(line) = fault.line {
        fault.sheet = sheet(line).cloned();
        fault.line = Some(row_of(line));
    }
    fault
}
