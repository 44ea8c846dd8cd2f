//! Batches, the lots they are made of, and garments with serials of their own, from files.

use std::collections::HashMap;
use std::ops::Range;

use serde_json::json;

use super::rules::{self, read_ai21, read_component, read_units, units_text};
use super::store::foreign::{self, ForeignGarment};
use super::store::uses::{self, UseRecord};
use super::{ALL_UNITS, BatchSheet, Origin};
use crate::kernel::money::shortest_decimal;
use crate::kernel::serial::NO_GTIN;
use crate::kernel::text::folded;
use crate::kernel::{BatchNo, Code, Fault, Id, Result, parsed};
use crate::platform::db::Db;
use crate::platform::events::Stamp;
use crate::platform::exports::Cell;
use crate::platform::imports::{
    AnyImport, Applied, Checked, Column, Columns, Entry, Import, ImportTable, Importer, Row, TableOut, Takes, things,
};
use crate::platform::rooms::{each_of, import_table};
use crate::platform::state::AppState;
use crate::production::materials::{LotName, read_quantity};

const fn batch_code(example: &'static str) -> Column {
    let about = ("批次编号：字母、数字和 - _ . / #", "What the batch is called: letters, digits and - _ . / #");
    Column::required("batch_code", &[], &[], about, example).of(things::BATCH)
}

/// The columns of a file that says which lots batches are made of.
#[rustfmt::skip]
const BATCH_LOT_COLUMNS: Columns = Columns { table: "batch_lots", title: ("批次用料", "Lots of batches"), columns: &[
    batch_code("B-2026-014"),
    Column::required("component", &["部位", "部件"], &["Component", "Part"],
        ("用在哪个部位：大身、里布、纽扣……", "The component: shell, lining, buttons …"), "shell"),
    Column::required("lot_code", &[], &[], ("物料批的编号", "Code of the lot"), "FAB-0117").of(things::LOT),
    Column::optional("supplier_code", &["供应商编号", "供应商"], &["Supplier", "Supplier code"],
        ("物料批的供应商；几家批号相同时必填", "The lot's supplier; needed where several use the code"), "HF-01"),
    Column::optional("units", &["件号", "件号范围"], &["Units", "Unit range"],
        ("第几件到第几件，从 1 数起，含两端；不填为全部", "Units made of it, counted from 1 with both ends; all when empty"), "501-1000"),
    Column::optional("quantity", &["用量", "数量"], &["Quantity", "Qty"],
        ("用掉的数量，最多三位小数", "How much went in, at most three decimals"), "640.5"),
] };

/// The columns of a file of garments that have serials of their own.
#[rustfmt::skip]
const GARMENT_COLUMNS: Columns = Columns { table: "garments", title: ("外部序列号", "Serials from elsewhere"), columns: &[
    Column::required("serial", &[], &[],
        ("标签上的序列号，原样，1 到 20 个字符", "As on the label, case and all, 1 to 20 characters (GS1 AI 21)"), "a7-Q/0001").of(things::SERIAL),
    Column::optional("gtin", &[], &[],
        ("标签上的 14 位 GTIN；不填为单品自己的，十四个 0 为没有", "The GTIN on the label; the sku's own when empty, fourteen zeros for none"), "06901234000016").of(things::GTIN),
    batch_code("EXT-2026-01"),
    Column::optional("unit", &["件号"], &["Unit"],
        ("第几件，从 1 数起；不填为下一件。一个批次要么都填，要么都不填", "Which unit, from 1; the next when empty. A batch fills it in every row or in none"), "1"),
] };

/// Files of batches at the import desk.
pub const BATCHES: ImportTable = import_table::<BatchSheet>();
/// Files of their lots.
pub const BATCH_LOTS: ImportTable = ImportTable { columns: &BATCH_LOT_COLUMNS, begin: begin_lots, rows: lot_rows, ..BATCHES };
/// Files of garments that have serials of their own.
pub const GARMENTS: ImportTable = ImportTable { columns: &GARMENT_COLUMNS, begin: begin_garments, rows: garment_rows, ..BATCHES };

fn begin_lots(_: &AppState, importer: &Importer) -> Result<Box<dyn AnyImport>> {
    importer.brand_only()?;
    Ok(Box::new(UseImport { stamp: importer.stamp.clone(), seen: HashMap::new() }))
}

fn begin_garments(_: &AppState, importer: &Importer) -> Result<Box<dyn AnyImport>> {
    importer.brand_only()?;
    Ok(Box::new(GarmentImport { stamp: importer.stamp.clone(), next: HashMap::new(), numbered: HashMap::new() }))
}

fn lot_rows(db: &mut Db, out: &mut TableOut<'_>) -> Result<()> {
    let app = &out.export.app;
    each_of::<BatchSheet>(db, app, &mut |_, batch| {
        batch.lots.iter().try_for_each(|used| {
            let supplier = used.of.as_ref().map(|lot| lot.supplier.clone());
            let quantity = used.quantity_milli.and_then(|milli| parsed::<f64>(&shortest_decimal(milli, 3)));
            let (code, component, lot) = (batch.code.as_str(), used.component.as_str(), used.lot.as_str());
            out.row(&[code.into(), component.into(), lot.into(), supplier.into(), used.units.clone().into(), quantity.into()])
        })
    })
}

fn garment_rows(db: &mut Db, out: &mut TableOut<'_>) -> Result<()> {
    let app = &out.export.app;
    each_of::<BatchSheet>(db, app, &mut |db, batch| match batch.origin {
        Origin::Own => Ok(()),
        Origin::Foreign => foreign::each_of_batch(db, batch.no, &mut |serial, gtin, garment| {
            // A sku that had no GTIN when the serial came may have one now.
            let gtin = if gtin.is_empty() && batch.gtin.is_some() { String::from_utf8_lossy(&NO_GTIN).into_owned() } else { gtin };
            out.row(&[
                serial.into(),
                Cell::from(Some(gtin).filter(|gtin| !gtin.is_empty())),
                batch.code.as_str().into(),
                (garment.unit() + 1).into(),
            ])
        }),
    })
}

fn at_lines<R>(chunk: &[Entry<R>], faults: Vec<(usize, Fault)>) -> Vec<Fault> {
    faults.into_iter().filter_map(|(place, fault)| Some(fault.at_line(chunk.get(place)?.line))).collect()
}

/// Units, and the line that names them.
type SeenUnits = (Range<i64>, u64);

struct UseImport {
    stamp: Stamp,
    /// What the file said before of a batch's component and lot: units, and the line.
    seen: HashMap<(BatchNo, String, Id), Vec<SeenUnits>>,
}

impl Import for UseImport {
    type Record = UseRecord;

    fn columns(&self) -> &'static Columns {
        const { &BATCH_LOT_COLUMNS }
    }

    fn read(&mut self, row: &mut Row<'_>) -> Option<UseRecord> {
        let batch = row.code("batch_code");
        let component = row.read("component", read_component);
        let lot = row.read("lot_code", LotName::read);
        let supplier = row.optional_code("supplier_code");
        let units = row.optional("units", read_units);
        let quantity_milli = row.optional_take("quantity", Takes::Number, read_quantity);
        let (units, quantity_milli) = (units?.unwrap_or(ALL_UNITS), quantity_milli?);
        Some(UseRecord {
            batch: batch?,
            component: component?,
            lot: lot?.or_of(supplier?),
            units: row.has_column("units").then_some(units),
            quantity_milli: row.has_column("quantity").then_some(quantity_milli),
        })
    }

    fn check(&mut self, db: &mut Db, chunk: &[Entry<UseRecord>]) -> Result<Checked> {
        let plan = uses::plan_uses(db, chunk)?;
        let (mut faults, mut records) = (at_lines(chunk, plan.faults), Vec::new());
        for (place, used) in plan.wanted {
            let Some(entry) = chunk.get(place) else { continue };
            records.push((entry.line, format!("{} {} {} {}", used.batch.0, used.component, used.lot, used.units.start)));
            let before = self.seen.entry((used.batch, used.component, used.lot)).or_default();
            if let Some((_, line)) = before.iter().find(|(other, _)| other.start < used.units.end && used.units.start < other.end) {
                let value = units_text(&used.units);
                faults.push(entry.fault("units", Code::Duplicate).with("field", "units").with("value", value).with("line", line));
            }
            before.push((used.units, entry.line));
        }
        Ok(Checked { faults, would: plan.would, records, named_by: &["batch_code", "component", "lot_code", "supplier_code"] })
    }

    fn apply(&mut self, db: &mut Db, chunk: &[Entry<UseRecord>]) -> Result<Applied> {
        uses::load_uses(db, &self.stamp, chunk)
    }
}

struct GarmentImport {
    stamp: Stamp,
    /// The next free unit of each batch, as far as the file has been checked.
    next: HashMap<BatchNo, i64>,
    /// Whether the rows of a batch say which unit they are; its first row decides.
    numbered: HashMap<String, bool>,
}

impl Import for GarmentImport {
    type Record = ForeignGarment;

    fn columns(&self) -> &'static Columns {
        const { &GARMENT_COLUMNS }
    }

    fn read(&mut self, row: &mut Row<'_>) -> Option<ForeignGarment> {
        let serial = row.read("serial", read_ai21);
        let gtin =
            row.optional("gtin", |field, text| if text.as_bytes() == NO_GTIN { Ok(String::new()) } else { rules::read_gtin(field, text) });
        let batch = row.code("batch_code");
        let unit = row.optional_whole("unit");
        let (serial, gtin, batch, unit) = (serial?, gtin?, batch?, unit?);
        row.unique("serial", &format!("{serial}\n{}", gtin.as_deref().unwrap_or_default()));
        let numbered = *self.numbered.entry(folded(&batch)).or_insert(unit.is_some());
        if numbered != unit.is_some() {
            row.fault(
                Fault::new("unit", if numbered { Code::Missing } else { Code::NotOneOf })
                    .with("value", row.get("unit"))
                    .with("allowed", "—"),
            );
            return None;
        }
        if let Some(unit) = unit {
            row.unique_as("unit", &format!("{}\n{unit}", folded(&batch)), &unit.to_string());
            if unit < 1 {
                row.fault(Fault::new("unit", Code::OutOfRange).with("min", 1).with("max", crate::kernel::ids::UNITS_PER_BATCH));
                return None;
            }
        }
        Some(ForeignGarment { serial, gtin, batch, unit: unit.map(|unit| unit - 1) })
    }

    fn check(&mut self, db: &mut Db, chunk: &[Entry<ForeignGarment>]) -> Result<Checked> {
        let records: Vec<ForeignGarment> = chunk.iter().map(|entry| entry.record.clone()).collect();
        let plan = foreign::plan(db, &records, &mut self.next)?;
        Ok(Checked { would: told(chunk, &plan)?, faults: at_lines(chunk, plan.faults), ..Checked::default() })
    }

    fn apply(&mut self, db: &mut Db, chunk: &[Entry<ForeignGarment>]) -> Result<Applied> {
        let records: Vec<ForeignGarment> = chunk.iter().map(|entry| entry.record.clone()).collect();
        let plan = foreign::add(db, &self.stamp, &records)?;
        told(chunk, &plan)
    }
}

fn told(chunk: &[Entry<ForeignGarment>], plan: &foreign::ForeignPlan) -> Result<Applied> {
    let mut applied = Applied { unchanged: plan.unchanged, ..Applied::default() };
    for entry in plan.added().filter_map(|place| chunk.get(place)) {
        let ForeignGarment { serial, gtin, batch, unit } = &entry.record;
        let said = || json!({ "serial": serial, "gtin": gtin, "batch_code": batch, "unit": unit.map(|unit| unit + 1) });
        applied.add(entry.line, serial.as_str(), said)?;
    }
    Ok(applied)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_clear() {
        for columns in [&BATCH_LOT_COLUMNS, &GARMENT_COLUMNS] {
            assert_eq!(columns.ambiguous(), Vec::<&str>::new(), "{}", columns.table);
        }
    }
}
