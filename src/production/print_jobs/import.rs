//! The serials of batches from files: what another store of the brand minted, made void and made labels for, so that this one knows the same
//! labels and prints none of them again. The keys stay where they are: the first serial of a batch shows whether the key file here is theirs.

use std::ops::Range;
use std::sync::Arc;

use roaring::RoaringBitmap;
use serde_json::{Value, json};

use super::rules::{list_text, read_list, runs};
use super::store::{self, NewJob};
use super::{PrintJobState, rules};
use crate::kernel::ids::UNITS_PER_BATCH;
use crate::kernel::serial::{Keyring, NO_GTIN, Serial};
use crate::kernel::{Code, Fault, GarmentId, Refusal, Result, faults};
use crate::platform::db::Db;
use crate::platform::events::Stamp;
use crate::platform::http::perm::Permission;
use crate::platform::imports::{
    AnyImport, Applied, Checked, Column, Columns, Entry, Import, ImportTable, Importer, Row, TableOut, Takes, read_whole, things,
};
use crate::platform::keys::Keys;
use crate::platform::rooms::each_of;
use crate::platform::state::AppState;
use crate::production::batches::{self, Batch, BatchSheet, Origin, gtin14};
use crate::production::corrections::fixed;
use crate::production::labels::Format;

/// The table, for the import desk.
pub const IMPORT: ImportTable =
    ImportTable { columns: &COLUMNS, needs: Permission::LabelsEdit, reads: Permission::LabelsRead, begin, rows };

/// Name of a reason: see `void-reason-…`.
const IMPORTED: &str = "imported";

#[rustfmt::skip]
const COLUMNS: Columns = Columns { table: "serials", title: ("序列号", "Serials"), columns: &[
    Column::required("batch_code", &[], &[], ("生产批次编号", "Code of the batch"), "EXT-2026-01").of(things::BATCH),
    Column::required("minted", &["已有序列号"], &["With serial", "Minted"],
        ("已有序列号的件数，含作废的；从第 1 件数起", "Units that have serials, void ones included, from the first on"), "1"),
    Column::optional("gtin", &[], &[], ("生成序列号时用的 14 位 GTIN；没有则不填", "The GTIN its serials were made with; empty for none"), "").of(things::GTIN),
    Column::optional("first_serial", &["第1件的序列号", "首件序列号"], &["First serial"],
        ("第 1 件的序列号，用来核对密钥文件；外部序列号的批次不填",
         "Serial of the first unit, which shows whether the key file here made it; empty for a batch with serials from elsewhere"), ""),
    Column::optional("void", &["作废件号"], &["Void units"], ("序列号已作废的件号", "Units whose serials are void: 17, 45-60"), ""),
    Column::optional("labelled", &["已有标签的件号"], &["Labelled units"], ("已做过标签的件号，不再打印", "Units that had a label, for which none is printed again"), ""),
] };

fn begin(app: &AppState, importer: &Importer) -> Result<Box<dyn AnyImport>> {
    importer.brand_only()?;
    Ok(Box::new(SerialImport { keys: app.keys.clone(), stamp: importer.stamp.clone() }))
}

/// A row for every batch that has serials.
fn rows(db: &mut Db, out: &mut TableOut<'_>) -> Result<()> {
    let app = &out.export.app;
    each_of::<BatchSheet>(db, app, &mut |db, batch| {
        if batch.minted == 0 {
            return Ok(());
        }
        let standing = store::standing(db, &batch)?;
        let first = GarmentId::new(batch.no, 0).filter(|_| batch.origin == Origin::Own);
        let first = first.map(|first| batches::own_serial(&app.keys.serials, &batch, first)).transpose()?.map(|of| of.serial);
        let listed = |units| Some(list_text(units)).filter(|text| !text.is_empty());
        let (void, labelled) = (listed(&standing.void), listed(&standing.labelled));
        let code = batch.code.as_str();
        out.row(&[code.into(), batch.minted.into(), batch.minted_gtin.clone().into(), first.into(), void.into(), labelled.into()])
    })
}

struct SerialImport {
    keys: Arc<Keys>,
    stamp: Stamp,
}

/// What a row says of a batch.
struct SerialRow {
    batch: String,
    minted: i64,
    gtin: Option<String>,
    first: Option<Serial>,
    void: RoaringBitmap,
    labelled: RoaringBitmap,
}

/// What is not here yet of what a row says.
struct News {
    batch: Batch,
    mint: bool,
    void: Vec<Range<i64>>,
    labelled: Vec<Range<i64>>,
}

impl Import for SerialImport {
    type Record = SerialRow;

    fn columns(&self) -> &'static Columns {
        const { &COLUMNS }
    }

    fn read(&mut self, row: &mut Row<'_>) -> Option<SerialRow> {
        let batch = row.code("batch_code");
        let minted = row.take("minted", Takes::Number, |field, text| match read_whole(field, text)? {
            minted @ 0..=UNITS_PER_BATCH => Ok(minted),
            _ => Err(Fault::new(field, Code::BatchTooLarge).with("max", UNITS_PER_BATCH)),
        });
        let gtin = row.optional("gtin", |field, text| {
            let gtin = gtin14(text).ok_or_else(|| Fault::new(field, Code::NotAGtin).with("value", text))?;
            Ok(String::from_utf8_lossy(&gtin).into_owned())
        });
        let first = row.optional("first_serial", |field, text| Serial::parse(text).map_err(|error| faults::at(field, &error)));
        let most = minted.unwrap_or(UNITS_PER_BATCH);
        let units = |row: &mut Row<'_>, column| row.optional(column, |field, text| bitmap(field, text, most));
        let (void, labelled) = (units(row, "void"), units(row, "labelled"));
        let batch = batch?;
        row.unique_code("batch_code", &batch);
        Some(SerialRow {
            batch,
            minted: minted?,
            gtin: gtin?,
            first: first?,
            void: void?.unwrap_or_default(),
            labelled: labelled?.unwrap_or_default(),
        })
    }

    fn check(&mut self, db: &mut Db, chunk: &[Entry<SerialRow>]) -> Result<Checked> {
        let mut checked = Checked::default();
        for entry in chunk {
            let (_, faults) = self.held_against(db, entry, &mut checked.would)?;
            checked.faults.extend(faults.into_iter().map(|fault| fault.at_line(entry.line)));
        }
        Ok(checked)
    }

    fn apply(&mut self, db: &mut Db, chunk: &[Entry<SerialRow>]) -> Result<Applied> {
        let mut applied = Applied::default();
        for entry in chunk {
            let (news, faults) = self.held_against(db, entry, &mut applied)?;
            Refusal::unless_empty(faults)?;
            let Some(News { batch, mint, void, labelled }) = news else { continue };
            if let Some(first) = entry.record.first.filter(|_| mint) {
                let gtin = entry.record.gtin.as_deref();
                batches::mint_as_elsewhere(db, &self.stamp, batch.no, entry.record.minted, first.epoch(), gtin)?;
            }
            if !void.is_empty() {
                batches::void_units(db, &self.stamp, batch.no, &void, IMPORTED)?;
            }
            if !labelled.is_empty() {
                let job =
                    NewJob { batch_no: batch.no, template: IMPORTED.to_owned(), format: Format::Csv, printer_id: None, claim_codes: false };
                store::insert(db, &self.stamp, &job, &labelled, PrintJobState::Done)?;
            }
        }
        Ok(applied)
    }
}

impl SerialImport {
    /// Holds a row against the store: each fact is brought where there is none of its kind, and else must be there already.
    fn held_against(&self, db: &mut Db, entry: &Entry<SerialRow>, applied: &mut Applied) -> Result<(Option<News>, Vec<Fault>)> {
        let record = &entry.record;
        let Some(batch) = batches::batch_by_code(db, &record.batch)? else {
            return Ok((None, vec![Fault::new("batch_code", Code::UnknownReference).with("value", &record.batch)]));
        };
        let rules::Standing { void, labelled, .. } = store::standing(db, &batch)?;
        let mint = batch.origin == Origin::Own && batch.minted == 0 && record.minted > 0;
        let held = |field| fixed(field, "brought", batch.minted);
        let of_origin = match batch.origin {
            Origin::Own if record.minted > 0 => of_other_keys(&self.keys.serials, &batch, record),
            Origin::Foreign if record.first.is_some() => {
                Some(Fault::new("first_serial", Code::WrongState).with("state", Origin::Foreign.as_str()))
            }
            _ => None,
        };
        let other_gtin = !mint && record.minted > 0 && record.gtin != batch.minted_gtin;
        let mut faults: Vec<Fault> = of_origin.or_else(|| other_gtin.then(|| held("gtin"))).into_iter().collect();
        if !mint && record.minted > batch.minted {
            faults.push(held("minted"));
        }
        let mut brought = |field, there: &RoaringBitmap, said: &RoaringBitmap| {
            if !there.is_empty() && !said.is_subset(there) {
                faults.push(held(field));
            }
            if there.is_empty() { runs(said) } else { Vec::new() }
        };
        let news = (brought("void", &void, &record.void), brought("labelled", &labelled, &record.labelled));
        let facts = |minted: i64, gtin: &Option<String>, void: &RoaringBitmap, labelled: &RoaringBitmap| -> Value {
            json!({ "minted": minted, "gtin": gtin, "void": list_text(void), "labelled": list_text(labelled) })
        };
        let before = facts(batch.minted, &batch.minted_gtin, &void, &labelled);
        let gtin = if mint { &record.gtin } else { &batch.minted_gtin };
        let after = facts(record.minted.max(batch.minted), gtin, &(&void | &record.void), &(&labelled | &record.labelled));
        applied.compare(entry.line, &batch.code, Some(&before).filter(|_| !mint), &after)?;
        Ok((Some(News { batch, mint, void: news.0, labelled: news.1 }), faults))
    }
}

/// Why the serials of a batch here would not be those of a row: made with other keys, under another number, or in another generation.
fn of_other_keys(keys: &Keyring, batch: &Batch, record: &SerialRow) -> Option<Fault> {
    let fault = |reason: &str| Fault::new("first_serial", Code::Malformed).with("reason", reason);
    let Some(first) = record.first else { return Some(Fault::new("first_serial", Code::Missing)) };
    let epoch = first.epoch();
    if !keys.epochs().any(|known| known == epoch) {
        return Some(fault("no-such-key").with("number", epoch.number()));
    }
    let gtin = record.gtin.as_deref().map_or(Some(NO_GTIN), gtin14)?;
    match keys.open(&gtin, &first) {
        None => Some(fault("made-with-other-keys")),
        Some(garment) if garment.unit() != 0 => Some(fault("not-the-first").with("unit", garment.unit() + 1)),
        Some(garment) if garment.batch() != batch.no => {
            Some(fault("of-another-batch").with("number", garment.batch().0).with("here", batch.no.0))
        }
        Some(_) if batch.minted_epoch.is_some_and(|here| here != i64::from(epoch.number())) => {
            Some(fixed("first_serial", "brought", batch.minted))
        }
        Some(_) => None,
    }
}

/// Units as people list them, all of them minted.
fn bitmap(field: &'static str, text: &str, minted: i64) -> Result<RoaringBitmap, Fault> {
    let mut units = RoaringBitmap::new();
    for run in read_list(field, text)? {
        let outside = || Fault::new(field, Code::OutOfRange).with("value", batches::units_text(&run)).with("min", 1).with("max", minted);
        let bound = |unit: i64| u32::try_from(unit).map_err(|_| outside());
        if run.end > minted {
            return Err(outside());
        }
        units.insert_range(bound(run.start)?..bound(run.end)?);
    }
    Ok(units)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_clear_and_units_are_read_as_they_are_written() {
        assert_eq!(COLUMNS.ambiguous(), Vec::<&str>::new());
        for text in ["", "1", "1-4194304", "2-4, 7, 9-10"] {
            let units = if text.is_empty() { RoaringBitmap::new() } else { bitmap("void", text, UNITS_PER_BATCH).unwrap() };
            assert_eq!(list_text(&units), text);
        }
        assert_eq!(bitmap("void", "3-5", 4).unwrap_err().code, Code::OutOfRange);
    }
}
