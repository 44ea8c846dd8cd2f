//! Files of rows, CSV or XLSX, turned into records of a room: read, checked whole, then written.
//!
//! A room that has files to load describes its columns once ([`Columns`]), says how a row becomes a record and what is done with a chunk of
//! records ([`Import`]), and hands both to [`run`]. The rest is the same for all rooms and lives here:
//!
//! - **Reading** ([`Source`]): the kind of the file by its content; UTF-8, UTF-16, and with a guess that is shown GB18030 (of which GBK is a
//!   part) and other encodings; comma, semicolon and tab; XLSX cells as a person sees them, or refused. Rows stream: a file of a million rows is
//!   never held.
//! - **Columns** ([`Columns`]): headers are matched by name or alias in Chinese or English, whatever their case, spaces, punctuation or width.
//!   Columns that are not ours are mapped ([`Reading`]); what several tables speak of has one name in all of them ([`things`]).
//! - **Cells** ([`Row`]): typed readers that note what is wrong and go on, so that one reading names every bad cell with its line and column. A
//!   reader takes only the kinds of cells it is meant for ([`Takes`]): no text is made of a date or of TRUE.
//! - **The verdict** ([`ImportReport`]): what would change or did change, row and field, old and new ([`Change`]), every fault, and what to
//!   know besides ([`ImportNote`]), for a page, for JSON, or as a file to mend by.
//!
//! # Nothing half done
//!
//! The first pass reads the whole file and checks every row against itself, the rest of the file and the store; it writes nothing. Only a file
//! without a fault gets the second pass, which writes it in chunks of [`CHUNK`] rows, each chunk in one write. One write for the whole file
//! would hold the only SQLite writer for minutes; so chunks are each whole, and applying is *idempotent* by contract: a row that is there
//! already is counted as unchanged. An import interrupted between two chunks has whole rows in and whole rows out, and sending the same file
//! again completes it.
//!
//! The second pass reads the file once more, in its own order; or a room keeps what the first pass found in a [`Spool`], on the disk and in
//! the order in which the store keeps it. What the first pass established of a row by itself then stands; what the store says is asked again.
//!
//! Several files that need one another are a [`Parcel`]: checked together, written together; a ZIP of them is a [`Bundle`]. What people can hand
//! in, and how, is in `docs/imports.md`.

mod archive;
mod asides;
mod cell;
mod changes;
mod delimited;
mod desk;
mod encoding;
mod export;
mod headings;
mod http;
mod notes;
mod parcel;
mod reading;
mod records;
mod report;
mod row;
mod run;
mod sheet;
mod spool;
mod store;
mod table;
mod template;
pub mod things;
mod value;
mod workbook;

#[cfg(test)]
mod tests;

pub use archive::Bundle;
pub use changes::{Applied, CHANGES_KEPT, Change, ChangeKind, FieldChange, change_rows, change_titles};
pub use desk::{
    Begin, IMPORT_JOB, ImportInput, ImportTable, ImportTables, ImportWork, Importer, Recognised, nearest, recognise, recognise_as, uploads,
};
pub use export::{Exported, Rows, TableExport, TableOut};
pub use http::routes;
pub use notes::{ImportNote, Note};
pub use parcel::{Parcel, ParcelFile, ParcelReport, changes_of, in_order};
pub use reading::{CodeRule, Reading};
pub use report::{FAULTS_KEPT, ImportFault, ImportReport, Outcome, Reason};
pub use row::{Row, Takes, one_of, read_flag, read_whole};
pub use run::{AnyImport, CHUNK, Checked, Entry, Import, Kept, Mode, News, Pass, Place, Progress, run};
pub use sheet::{Column, Columns, Half, Kind, Lines, ReadLines, ReadText, Reference, ShowText, WriteLines};
pub use spool::{InOrder, Spool};
pub use table::{Source, TABLE_COLUMNS_MAX, TAKEN};
pub use template::{columns_markdown, template_csv, template_xlsx};
pub use value::{Select, ValueKind};
