//! CSV texts as rows: decoded piece by piece, the delimiter found out, quotation marks looked after.

use std::io::{Read, Seek};

use csv_core::{ReadRecordResult, ReaderBuilder, Terminator};
use encoding_rs::{BIG5, Decoder, Encoding, GB18030};

use super::cell::RawRow;
use super::encoding::{Trust, Written};
use super::headings::{FromHeader, HEADER_WITHIN, Headings};
use super::notes::{ImportNote, Note};
use super::report::Reason;
use super::table::{EachRow, Metered, PIECE, TABLE_COLUMNS_MAX};
use crate::kernel::{Error, Fault, Result, saturating};
use crate::platform::exports::restored;

/// Bytes of one row, quoted line breaks included. An unclosed quote ends here and not at the end of memory.
const RECORD_MAX: usize = 1 << 20;
/// Lines of the beginning on which the delimiter and a guessed encoding are judged.
const JUDGED_LINES: usize = 3 * HEADER_WITHIN;

/// Hands every row from the header on to `each`, until it breaks off; see [`super::table::Source::rows`].
pub(super) fn rows(
    bytes: &mut Metered,
    written: Written,
    headings: Headings<'_>,
    notes: &mut Vec<ImportNote>,
    each: &mut EachRow<'_>,
) -> Result<Option<Fault>> {
    bytes.rewind()?;
    let mut records = Records::new(bytes, written.encoding);
    records.begin()?;
    let guessed = written.trust != Trust::Said;
    if guessed && let Some(better) = better_encoding(&records, written.encoding, headings) {
        records.bytes.rewind()?;
        let bytes = records.bytes;
        records = Records::new(bytes, better);
        records.begin()?;
    }
    // A heading that is a column's and no ASCII is read right only in the right encoding.
    let is_proven = guessed && best_delimiter(&records.text, headings).proofs > 0;
    let doubted = written.trust == Trust::Doubted && !is_proven;
    let delimiter = records.find_delimiter(headings);
    let mut rows = FromHeader::new(headings, each);
    let mut row = RawRow::of_text(delimiter);
    let mut sample = None;
    let ended = loop {
        match records.next(&mut row, delimiter)? {
            Next::End => break None,
            Next::Broken(fault) => break Some(fault),
            Next::Row if row.is_blank() => {}
            Next::Row => {
                if guessed && sample.is_none() {
                    sample = row.cells().iter().find(|cell| !cell.text.is_ascii()).map(|cell| (row.line(), cell.text.trim().to_owned()));
                }
                if rows.row(&row)?.is_break() {
                    break None;
                }
            }
        }
    };
    rows.end()?;
    if let Some((line, sample)) = sample {
        let encoding = records.encoding.name();
        let note = if doubted { Note::EncodingDoubted } else { Note::Encoding };
        notes.push(ImportNote::new(note).with("encoding", encoding).with("line", line).with("sample", sample));
    }
    notes.extend(rows.note_above());
    Ok(ended)
}

/// The records of a CSV text.
///
/// The state machine is that of the `csv` crate; it is driven here by hand because a record must be bounded, a quote that is never closed must
/// be told from the end of the file, and the line of a record must be right after empty lines.
struct Records<'a> {
    bytes: &'a mut Metered,
    encoding: &'static Encoding,
    decoder: Decoder,
    parser: csv_core::Reader,
    quotes: Quotes,
    piece: Vec<u8>,
    /// Decoded text with `\n` line ends, and how much of it the parser has had.
    text: Vec<u8>,
    at: usize,
    /// The last byte was a carriage return, already passed on as a line feed.
    after_return: bool,
    last: u8,
    done: bool,
    record: Vec<u8>,
    ends: Vec<usize>,
}

impl<'a> Records<'a> {
    fn new(bytes: &'a mut Metered, encoding: &'static Encoding) -> Self {
        Self {
            bytes,
            encoding,
            decoder: encoding.new_decoder_with_bom_removal(),
            parser: csv_core::Reader::new(),
            quotes: Quotes::default(),
            piece: Vec::new(),
            text: Vec::new(),
            at: 0,
            after_return: false,
            last: b'\n',
            done: false,
            record: vec![0; 1 << 12],
            ends: vec![0; 64],
        }
    }

    /// Decodes the first piece.
    fn begin(&mut self) -> Result<()> {
        while !self.done && self.text.is_empty() {
            self.fill()?;
        }
        Ok(())
    }

    /// Decides on the delimiter, by the first piece.
    fn find_delimiter(&mut self, headings: Headings<'_>) -> u8 {
        let named = named_delimiter(&self.text);
        let delimiter = named.unwrap_or_else(|| best_delimiter(&self.text, headings).delimiter);
        self.parser = parser(delimiter);
        if named.is_some() {
            self.at = self.text.iter().position(|byte| *byte == b'\n').map_or(0, |end| end + 1);
            self.parser.set_line(2);
        }
        delimiter
    }

    /// Decodes the next piece of the file behind what is left of the last.
    fn fill(&mut self) -> Result<()> {
        self.piece.clear();
        let count = self.bytes.take(PIECE).read_to_end(&mut self.piece)?;
        self.done = count == 0;
        let room = self.decoder.max_utf8_buffer_length(count).ok_or_else(|| Reason::Damaged.refusal())?;
        let mut spent = std::mem::take(&mut self.text);
        spent.clear();
        let mut decoded = String::from_utf8(spent).map_err(Error::broken)?;
        decoded.reserve(room);
        // With room for the worst case all of the piece is decoded at once; what is no text becomes U+FFFD, which makes its cell a fault.
        let (_, _, _) = self.decoder.decode_to_string(&self.piece, &mut decoded, self.done);
        self.text = decoded.into_bytes();
        self.at = 0;
        if self.after_return || self.text.contains(&b'\r') {
            let mut after_return = self.after_return;
            self.text.retain_mut(|byte| {
                let second_of_two = after_return && *byte == b'\n';
                after_return = *byte == b'\r';
                if after_return {
                    *byte = b'\n';
                }
                !second_of_two
            });
            self.after_return = after_return;
        }
        self.last = self.text.last().copied().unwrap_or(self.last);
        // The last line always ends, so that only an open quote is still going on at the end of the file.
        if self.done && self.last != b'\n' {
            self.text.push(b'\n');
        }
        Ok(())
    }

    fn next(&mut self, row: &mut RawRow, delimiter: u8) -> Result<Next> {
        let (mut written, mut cells) = (0, 0);
        loop {
            if self.at >= self.text.len() && !self.done {
                self.fill()?;
                if self.text.is_empty() && !self.done {
                    continue;
                }
            }
            let input = self.text.get(self.at..).unwrap_or_default();
            let at_end = input.is_empty();
            let (result, taken, wrote, ended) = self.parser.read_record(
                input,
                self.record.get_mut(written..).unwrap_or_default(),
                self.ends.get_mut(cells..).unwrap_or_default(),
            );
            self.quotes.take(input.get(..taken).unwrap_or_default(), delimiter);
            self.at += taken;
            written += wrote;
            cells += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if self.record.len() < RECORD_MAX => self.record.resize(self.record.len() * 2, 0),
                ReadRecordResult::OutputEndsFull if self.ends.len() < TABLE_COLUMNS_MAX => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::OutputFull => return Ok(Next::Broken(Reason::OpenQuote.ends_at(self.first_line(written)))),
                ReadRecordResult::OutputEndsFull => return Ok(Next::Broken(Reason::TooManyColumns.ends_at(self.first_line(written)))),
                ReadRecordResult::Record if at_end => return Ok(Next::Broken(Reason::OpenQuote.ends_at(self.first_line(written)))),
                ReadRecordResult::Record => {
                    row.start(self.first_line(written) - 1);
                    let mut start = 0;
                    for end in self.ends.get(..cells).unwrap_or_default() {
                        row.push(restored(&String::from_utf8_lossy(self.record.get(start..*end).unwrap_or_default())));
                        start = *end;
                    }
                    if let Some(cell) = std::mem::take(&mut self.quotes).stray {
                        row.blame(cell.min(cells.saturating_sub(1)), Reason::StrayQuote);
                    }
                    return Ok(Next::Row);
                }
                ReadRecordResult::End => return Ok(Next::End),
            }
        }
    }

    /// The line on which the record under way began, while its last line has not ended.
    fn first_line(&self, written: usize) -> u64 {
        let breaks = self.record.get(..written).unwrap_or_default().iter().filter(|byte| **byte == b'\n').count();
        self.parser.line() - saturating::<u64>(breaks).min(self.parser.line() - 1)
    }
}

enum Next {
    Row,
    Broken(Fault),
    End,
}

/// Watches the quotation marks of a record. The parser takes `"5" zip"` and `"5\" zip"` for `5 zip` and `5\ zip"`; nobody wrote that.
#[derive(Debug, Default)]
struct Quotes {
    state: Quoting,
    cell: usize,
    /// A cell ended in `\"`: soundly, or it was cut there and goes on in the next.
    slashed: Option<usize>,
    /// The first cell with a mark that is neither around it nor doubled.
    stray: Option<usize>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Quoting {
    /// At the beginning of a cell.
    #[default]
    Begin,
    Plain,
    Quoted,
    /// After a backslash in quotes.
    Slash,
    /// After a mark in quotes: the end of the cell, or the first of two; and whether a backslash stood before it.
    Closed(bool),
}

impl Quotes {
    fn take(&mut self, bytes: &[u8], delimiter: u8) {
        let outside = matches!(self.state, Quoting::Begin | Quoting::Plain);
        if outside && !bytes.contains(&b'"') {
            self.cell += bytes.iter().filter(|byte| **byte == delimiter).count();
            self.state = match bytes.last() {
                None => self.state,
                Some(last) if *last == delimiter || *last == b'\n' => Quoting::Begin,
                Some(_) => Quoting::Plain,
            };
            return;
        }
        for byte in bytes {
            self.state = match (self.state, *byte) {
                (Quoting::Begin, b'"') => Quoting::Quoted,
                (Quoting::Quoted | Quoting::Slash, b'"') => Quoting::Closed(self.state == Quoting::Slash),
                (Quoting::Quoted, b'\\') => Quoting::Slash,
                (Quoting::Quoted | Quoting::Slash, _) | (Quoting::Closed(_), b'"') => Quoting::Quoted,
                // The end of the record, or an empty line before it.
                (_, b'\n') => {
                    (self.cell, self.slashed) = (0, None);
                    Quoting::Begin
                }
                (state, byte) if byte == delimiter => {
                    if state == Quoting::Closed(true) {
                        self.slashed = self.slashed.or(Some(self.cell));
                    }
                    self.cell += 1;
                    Quoting::Begin
                }
                (Quoting::Closed(_), _) => {
                    self.stray = self.stray.or(Some(self.cell));
                    Quoting::Plain
                }
                (_, mark) => {
                    // A mark inside a cell without quotes stands for itself, unless the cell before was cut at an escaped one.
                    if mark == b'"' {
                        self.stray = self.stray.or(self.slashed);
                    }
                    Quoting::Plain
                }
            };
        }
    }
}

fn parser(delimiter: u8) -> csv_core::Reader {
    ReaderBuilder::new().delimiter(delimiter).terminator(Terminator::Any(b'\n')).build()
}

/// The delimiter of a first line `sep=;`, as spreadsheets write and understand it.
fn named_delimiter(head: &[u8]) -> Option<u8> {
    let line = head.split(|byte| *byte == b'\n').next()?;
    match line {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', delimiter @ (b',' | b';' | b'\t')] => Some(*delimiter),
        _ => None,
    }
}

/// How well the beginning of a text reads under a delimiter: headings of the table on one line, then cells on one line.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Reading {
    known: usize,
    cells: usize,
    /// Known headings that are not ASCII.
    proofs: usize,
    delimiter: u8,
}

/// The delimiter under which a line names most columns that are known, then the one that makes most cells of the first lines.
fn best_delimiter(head: &[u8], headings: Headings<'_>) -> Reading {
    let readings = [b'\t', b';', b','].map(|delimiter| reading(head, delimiter, headings));
    readings
        .into_iter()
        .reduce(|best, next| if (next.known, next.cells) >= (best.known, best.cells) { next } else { best })
        .unwrap_or(Reading { known: 0, cells: 0, proofs: 0, delimiter: b',' })
}

fn reading(head: &[u8], delimiter: u8, headings: Headings<'_>) -> Reading {
    let mut best = Reading { known: 0, cells: 0, proofs: 0, delimiter };
    let mut parser = parser(delimiter);
    let mut record = vec![0; head.len() + 1];
    let mut ends = vec![0; TABLE_COLUMNS_MAX];
    let mut rest = head;
    for _ in 0..JUDGED_LINES {
        let (result, taken, _, cells) = parser.read_record(rest, &mut record, &mut ends);
        // More cells than a table has, and the first piece's last line, are judged by what there is of them.
        let more = result == ReadRecordResult::Record;
        if !more && (rest.is_empty() || !matches!(result, ReadRecordResult::InputEmpty | ReadRecordResult::OutputEndsFull)) {
            break;
        }
        let mut start = 0;
        let (mut known, mut proofs) = (0, 0);
        for end in ends.get(..cells).unwrap_or_default() {
            let cell = record.get(start..*end).unwrap_or_default();
            let is_known = std::str::from_utf8(cell).is_ok_and(|cell| headings.find(cell).is_some());
            known += usize::from(is_known);
            proofs += usize::from(is_known && !cell.is_ascii());
            start = *end;
        }
        best.proofs = best.proofs.max(proofs);
        best.known = best.known.max(known);
        best.cells = best.cells.max(cells);
        if !more {
            break;
        }
        rest = rest.get(taken..).unwrap_or_default();
    }
    best
}

/// The Chinese encoding under which the first lines name more columns than under the guess, if there is one.
fn better_encoding(records: &Records<'_>, guess: &'static Encoding, headings: Headings<'_>) -> Option<&'static Encoding> {
    let known = |text: &[u8]| best_delimiter(text, headings).known;
    let so_far = known(&records.text);
    let others = [GB18030, BIG5].into_iter().filter(|other| *other != guess);
    let judged = others.map(|other| (known(other.decode_without_bom_handling(&records.piece).0.as_bytes()), other));
    judged.filter(|(known, _)| *known > so_far).max_by_key(|(known, _)| *known).map(|(_, other)| other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stray(line: &str) -> Option<usize> {
        let mut quotes = Quotes::default();
        // However the bytes are cut, the answer is the same.
        let mut cut = Quotes::default();
        quotes.take(line.as_bytes(), b',');
        line.as_bytes().chunks(1).for_each(|byte| cut.take(byte, b','));
        assert_eq!(cut.stray, quotes.stray, "{line}");
        quotes.stray
    }

    #[test]
    fn marks_inside_a_cell_are_noticed() {
        for (line, cell) in [
            ("\n\n\"5\" zip\",x\n", 0),
            (r#""5\" zip",x"#, 0),
            (r#"A,"5" zip""#, 1),
            (r#"A,B,"one"two,C"#, 2),
            (r#""a"x"b",c"#, 0),
            (r#"A,"5\", zip",x"#, 1),
        ] {
            assert_eq!(stray(line), Some(cell), "{line}");
        }
        for line in [r#""5"" zip",x"#, r#"5" zip,x"#, r#""C:\",x,"y""#, r#""","",""""#, r#"a,"b\c",d"#, r#""a\\","b""#, r#"5\" zip,x"#] {
            assert_eq!(stray(line), None, "{line}");
        }
    }
}
