//! Tables out: the same rows as CSV or XLSX, written as they come, never held whole.
//!
//! A room says its titles and hands over rows of typed cells; numbers and dates arrive in a spreadsheet as numbers and dates. CSV has a byte
//! order mark, because spreadsheets take a file without one for the machine's old code page, and a text that a spreadsheet would run as a
//! formula gets an apostrophe in front (OWASP, CSV injection). XLSX texts are texts by type and need none.
//!
//! ```ignore
//! exports::download(&app.store, Format::Xlsx, "lots", vec!["Code".into(), "Metres".into()], |db, sheet| {
//!     for lot in store::all(db)? {
//!         sheet.row(&[lot.code.into(), lot.metres.into()])?;
//!     }
//!     Ok(())
//! })
//! .await
//! ```

use std::borrow::Cow;
use std::io::{self, Write};
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Bytes;
use chrono::{NaiveDate, NaiveDateTime};
use futures_util::StreamExt;
use rust_xlsxwriter::{Format as Style, Workbook, Worksheet};
use serde::Deserialize;
use tokio::sync::mpsc;

use super::db::{Db, Store};
use crate::kernel::{Error, Result, parsed};

/// Bytes handed to the network at a time.
const CHUNK: usize = 64 * 1024;
/// Chunks that may wait for the network.
const WAITING: usize = 4;
/// How long a reader may leave a full queue before the download is given up: a stalled reader must not hold a connection of the store.
const STALL: Duration = Duration::from_secs(30);
/// Rows of one XLSX sheet; what is more goes onto the next sheet (ECMA-376: 1,048,576).
const SHEET_ROWS: u32 = 1_048_576;

/// In which form a table is taken away: `?format=csv` or `?format=xlsx`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Comma-separated, UTF-8.
    Csv,
    /// Office Open XML workbook.
    Xlsx,
}

impl Format {
    /// Ending of a file's name.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
        }
    }

    /// Media type.
    pub const fn media(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}

/// What stands in one place of a table.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// Text.
    Text(String),
    /// A whole number.
    Whole(i64),
    /// A number with a fraction; not finite is shown as nothing.
    Number(f64),
    /// A day.
    Date(NaiveDate),
    /// A moment, UTC, to the second.
    Time(NaiveDateTime),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Self::Whole(number)
    }
}

impl From<f64> for Cell {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<NaiveDate> for Cell {
    fn from(day: NaiveDate) -> Self {
        Self::Date(day)
    }
}

impl From<NaiveDateTime> for Cell {
    fn from(moment: NaiveDateTime) -> Self {
        Self::Time(moment)
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Empty, Into::into)
    }
}

impl Cell {
    fn plain(&self) -> Cow<'_, str> {
        match self {
            Self::Empty => Cow::Borrowed(""),
            Self::Text(text) => inert(text),
            Self::Whole(number) => Cow::Owned(number.to_string()),
            Self::Number(number) if number.is_finite() => Cow::Owned(number.to_string()),
            Self::Number(_) => Cow::Borrowed(""),
            Self::Date(day) => Cow::Owned(day.format("%Y-%m-%d").to_string()),
            Self::Time(moment) => Cow::Owned(moment.format("%Y-%m-%dT%H:%M:%SZ").to_string()),
        }
    }
}

/// A text that no spreadsheet takes for a formula: one that would be gets an apostrophe in front.
pub fn inert(text: &str) -> Cow<'_, str> {
    if is_risky(text) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// Whether a text needs an apostrophe in front; so does one that would otherwise be taken for a text that got one.
fn is_risky(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) || text.strip_prefix('\'').is_some_and(is_risky)
}

/// The text that [`inert`] was given: an apostrophe that keeps a spreadsheet from running a cell is no part of it.
pub fn restored(text: &str) -> &str {
    text.strip_prefix('\'').filter(|rest| is_risky(rest)).unwrap_or(text)
}

/// A table being written.
pub struct Sheet<W: Write + Send> {
    titles: Vec<String>,
    kind: Kind<W>,
}

enum Kind<W: Write + Send> {
    Csv(Box<csv::Writer<W>>),
    Xlsx(Box<Book<W>>),
}

struct Book<W> {
    book: Workbook,
    styles: Styles,
    sheets: usize,
    next_row: u32,
    sink: W,
}

struct Styles {
    bold: Style,
    date: Style,
    time: Style,
}

impl<W: Write + Send> Sheet<W> {
    /// A table with these titles, written to `sink`.
    pub fn new(format: Format, mut sink: W, titles: Vec<String>) -> Result<Self> {
        let kind = match format {
            Format::Csv => {
                sink.write_all("\u{FEFF}".as_bytes())?;
                let mut writer = csv::WriterBuilder::new().buffer_capacity(CHUNK).flexible(true).from_writer(sink);
                writer.write_record(titles.iter().map(|title| inert(title).into_owned())).map_err(Error::broken)?;
                Kind::Csv(Box::new(writer))
            }
            Format::Xlsx => {
                let styles = Styles {
                    bold: Style::new().set_bold(),
                    date: Style::new().set_num_format("yyyy-mm-dd"),
                    time: Style::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
                };
                let mut book = Box::new(Book { book: Workbook::new(), styles, sheets: 0, next_row: SHEET_ROWS, sink });
                book.make_room(&titles)?;
                Kind::Xlsx(book)
            }
        };
        Ok(Self { titles, kind })
    }

    /// Writes a row.
    pub fn row(&mut self, cells: &[Cell]) -> Result<()> {
        match &mut self.kind {
            Kind::Csv(writer) => writer.write_record(cells.iter().map(|cell| cell.plain().into_owned())).map_err(Error::broken),
            Kind::Xlsx(book) => {
                book.make_room(&self.titles)?;
                book.row(cells)
            }
        }
    }

    /// Writes what is left and gives the sink back.
    pub fn finish(self) -> Result<W> {
        match self.kind {
            Kind::Csv(writer) => writer.into_inner().map_err(|error| Error::broken(error.into_error())),
            Kind::Xlsx(book) => {
                let Book { mut book, mut sink, .. } = *book;
                book.save_to_writer(&mut sink).map_err(Error::broken)?;
                sink.flush()?;
                Ok(sink)
            }
        }
    }
}

impl<W> Book<W> {
    /// Begins the next sheet when this one is full.
    fn make_room(&mut self, titles: &[String]) -> Result<()> {
        if self.next_row < SHEET_ROWS {
            return Ok(());
        }
        let sheet = self.book.add_worksheet_with_constant_memory().map_err(Error::broken)?;
        self.sheets += 1;
        sheet.set_name(format!("{}", self.sheets)).map_err(Error::broken)?;
        sheet.set_freeze_panes(1, 0).map_err(Error::broken)?;
        for (place, title) in (0u16..).zip(titles) {
            sheet.set_column_width(place, 18).map_err(Error::broken)?;
            sheet.write_string_with_format(0, place, title, &self.styles.bold).map_err(Error::broken)?;
        }
        self.next_row = 1;
        Ok(())
    }

    fn row(&mut self, cells: &[Cell]) -> Result<()> {
        let row = self.next_row;
        let styles = &self.styles;
        let sheet: &mut Worksheet = self.book.worksheet_from_index(self.sheets.saturating_sub(1)).map_err(Error::broken)?;
        for (place, cell) in (0u16..).zip(cells) {
            let written = match cell {
                Cell::Empty => continue,
                // A cell takes 32,767 characters; what people write here is far shorter, and what is not is cut rather than lost whole.
                Cell::Text(text) => sheet.write_string(row, place, text.chars().take(32_767).collect::<String>()),
                // A spreadsheet's numbers have 53 bits; a whole number beyond them would lose digits without a word.
                Cell::Whole(number) => match exact(*number) {
                    Some(number) => sheet.write_number(row, place, number),
                    None => sheet.write_string(row, place, number.to_string()),
                },
                Cell::Number(number) if number.is_finite() => sheet.write_number(row, place, *number),
                Cell::Number(_) => continue,
                Cell::Date(day) => sheet.write_datetime_with_format(row, place, *day, &styles.date),
                Cell::Time(moment) => sheet.write_datetime_with_format(row, place, *moment, &styles.time),
            };
            written.map_err(Error::broken)?;
        }
        self.next_row += 1;
        Ok(())
    }
}

/// The number as a float, if a float can say it exactly.
fn exact(number: i64) -> Option<f64> {
    match i32::try_from(number) {
        Ok(small) => Some(small.into()),
        Err(_) => Some(number.to_string()).filter(|_| number.unsigned_abs() <= 1 << 53).as_deref().and_then(parsed),
    }
}

/// A table in memory, for one small enough to be mailed or tested.
pub fn whole(format: Format, titles: Vec<String>, rows: impl FnOnce(&mut Sheet<Vec<u8>>) -> Result<()>) -> Result<Vec<u8>> {
    let mut sheet = Sheet::new(format, Vec::new(), titles)?;
    rows(&mut sheet)?;
    sheet.finish()
}

/// The network's end of a download: what is written goes out in chunks.
pub struct Pipe {
    held: Vec<u8>,
    out: mpsc::Sender<Result<Bytes>>,
    runtime: tokio::runtime::Handle,
}

impl Pipe {
    /// Sends what is held.
    fn push(&mut self) -> io::Result<()> {
        if self.held.is_empty() {
            return Ok(());
        }
        let chunk = std::mem::replace(&mut self.held, Vec::with_capacity(CHUNK));
        let sent = self.runtime.block_on(async { tokio::time::timeout(STALL, self.out.send(Ok(Bytes::from(chunk)))).await });
        match sent {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(io::Error::new(io::ErrorKind::BrokenPipe, "the reader went away")),
            Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "the reader stopped reading")),
        }
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.held.extend_from_slice(bytes);
        if self.held.len() >= CHUNK {
            self.push()?;
        }
        Ok(bytes.len())
    }

    /// Nothing: a writer flushes when it is dropped too, and what failed before a chunk was full must not be sent.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A download whose rows are read from the store while they are sent. `stem` is the file's name without its ending, in plain ASCII.
///
/// What goes wrong before the first byte is an ordinary error; after it the connection is broken off, so that nobody takes half a table for a whole.
pub async fn download<F>(store: &Store, format: Format, stem: &str, titles: Vec<String>, rows: F) -> Result<HttpResponse>
where
    F: FnOnce(&mut Db, &mut Sheet<Pipe>) -> Result<()> + Send + 'static,
{
    let name = format!("{stem}.{}", format.ending());
    stream(store, format.media(), &name, move |db, pipe| {
        let mut sheet = Sheet::new(format, pipe, titles)?;
        rows(db, &mut sheet)?;
        sheet.finish()
    })
    .await
}

/// The same for a file of any kind, which `write` writes into the network's end and gives that back. `name` is the file's, in plain ASCII.
///
/// # Errors
/// Whatever `write` returns before it has written anything that was sent.
pub async fn stream<F>(store: &Store, media: &'static str, name: &str, write: F) -> Result<HttpResponse>
where
    F: FnOnce(&mut Db, Pipe) -> Result<Pipe> + Send + 'static,
{
    let (out, mut chunks) = mpsc::channel(WAITING);
    let runtime = tokio::runtime::Handle::current();
    let store = store.clone();
    tokio::task::spawn_blocking(move || {
        let failed = out.clone();
        let pipe = Pipe { held: Vec::with_capacity(CHUNK), out, runtime };
        match store.read_blocking(|db| write(db, pipe)).and_then(|mut pipe| Ok(pipe.push()?)) {
            Ok(()) => {}
            Err(error) => {
                // Nobody may be there any more to hear it.
                let _unheard = failed.blocking_send(Err(error));
            }
        }
    });
    let first = chunks.recv().await.ok_or_else(|| Error::broken("a download ended before it began"))??;
    let rest = futures_util::stream::poll_fn(move |context| chunks.poll_recv(context));
    let body = futures_util::stream::once(async move { Ok(first) }).chain(rest);
    let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '_' || c == '.' { c } else { '-' }).collect();
    Ok(HttpResponse::Ok()
        .content_type(media)
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .streaming(body))
}

#[cfg(test)]
mod tests {
    use super::*;
    use calamine::{Data, Reader, Xlsx};

    fn table(format: Format) -> Vec<u8> {
        let day = NaiveDate::from_ymd_opt(2026, 3, 31).unwrap();
        whole(format, vec!["Code".into(), "数量".into(), "Rate".into(), "Day".into(), "At".into()], |sheet| {
            sheet.row(&["=1+1".into(), 1_200.into(), 0.5.into(), day.into(), day.and_hms_opt(8, 0, 5).unwrap().into()])?;
            sheet.row(&["a,\"b\"\nc".into(), i64::MAX.into(), Cell::Number(f64::NAN), Cell::Empty, None::<i64>.into()])
        })
        .unwrap()
    }

    #[test]
    fn csv_is_marked_quoted_and_inert() {
        let text = String::from_utf8(table(Format::Csv)).unwrap();
        assert_eq!(
            text,
            "\u{FEFF}Code,数量,Rate,Day,At\n'=1+1,1200,0.5,2026-03-31,2026-03-31T08:00:05Z\n\"a,\"\"b\"\"\nc\",9223372036854775807,,,\n"
        );
    }

    #[test]
    fn xlsx_keeps_types() {
        let mut book = Xlsx::new(io::Cursor::new(table(Format::Xlsx))).unwrap();
        let range = book.worksheet_range("1").unwrap();
        assert_eq!(range.get_value((0, 1)), Some(&Data::String("数量".into())));
        assert_eq!(range.get_value((1, 0)), Some(&Data::String("=1+1".into())));
        assert_eq!(range.get_value((1, 1)), Some(&Data::Float(1200.0)));
        assert!(matches!(range.get_value((1, 3)), Some(Data::DateTime(day)) if day.to_string() == "46112"));
        assert_eq!(range.get_value((2, 1)), Some(&Data::String("9223372036854775807".into())));
    }

    #[test]
    fn what_was_made_inert_is_restored() {
        for text in ["", "-5", "=1+1", "'-5", "''@x", "'a", "+86 575", "棉"] {
            assert_eq!(restored(&inert(text)), text);
        }
    }

    #[test]
    fn numbers_a_float_cannot_say_are_told() {
        assert_eq!(exact(1 << 53), Some(9_007_199_254_740_992.0));
        assert_eq!(exact((1 << 53) + 1), None);
        assert_eq!(exact(-7), Some(-7.0));
    }
}
