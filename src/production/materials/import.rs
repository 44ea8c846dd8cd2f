//! Lots from files. The whole file forms one graph with what is in the store: a parent may stand further down than its child.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;

use super::rules::{any_cycle, check, milli_text, out_of_order, parts_text, path_text, read_parts};
use super::store::{self, Waiting};
use super::{LotDraft, LotKind};
use crate::kernel::countries;
use crate::kernel::text::{Both, Lang};
use crate::kernel::{Code, Error, Fault, Id, Result};
use crate::platform::db::Db;
use crate::platform::events::Stamp;
use crate::platform::exports::Cell;
use crate::platform::http::House;
use crate::platform::http::perm::Permission;
use crate::platform::imports::{AnyImport, Applied, Checked, Column, Columns, Entry, Import, ImportTable, Importer, Row};
use crate::production::parties;

/// The columns of a file of lots.
pub const COLUMNS: Columns = Columns {
    table: "lots",
    title: ("物料批", "Lots"),
    columns: &[
        Column::required(
            "lot_code",
            &["物料批号", "批号"],
            &["Lot", "Lot code", "Lot no."],
            ("批号：字母、数字和 - _ . / #", "What the lot is called: letters, digits and - _ . / #"),
            "FAB-0117",
        ),
        Column::required(
            "supplier_code",
            &["供应商编号", "供应商"],
            &["Supplier", "Supplier code"],
            ("供货的往来单位编号", "Code of the party it was received from"),
            "MILL-HZ",
        ),
        Column::required(
            "kind",
            &["物料类别", "类别"],
            &["Kind", "Material kind"],
            (
                "纤维、纱线、坯布、面料、里料、填充物、缝纫线、纽扣、拉链、辅料、标签、包装、染化料",
                "fibre, yarn, greige, fabric, lining, filling, thread, button, zip, trim, label, packaging, chemical",
            ),
            "fabric",
        ),
        Column::optional(
            "material_zh",
            &["物料名称", "物料", "中文品名"],
            &["Material (Chinese)"],
            ("中文名称；中英文至少填一个", "Its name in Chinese; at least one language"),
            "全棉府绸",
        ),
        Column::optional(
            "material_en",
            &["英文品名", "物料英文名"],
            &["Material", "Material (English)"],
            ("英文名称", "Its name in English"),
            "Cotton poplin",
        ),
        Column::optional("dye_lot", &["缸号", "染缸号"], &["Dye lot"], ("染厂的缸号", "The dye house's own lot"), "D2211"),
        Column::required(
            "quantity",
            &["数量"],
            &["Quantity", "Qty"],
            ("不小于零，最多三位小数", "Not below zero, at most three decimals"),
            "1250.5",
        ),
        Column::required("unit", &["单位"], &["Unit"], ("米、千克、个……", "m, kg, pcs …"), "m"),
        Column::optional(
            "country",
            &["原产国", "产地"],
            &["Country", "Country of origin"],
            ("两位代码或名称", "Two-letter code or name"),
            "CN",
        ),
        Column::optional(
            "produced_on",
            &["生产日期"],
            &["Produced", "Produced on"],
            ("生产的日期", "The day it was produced"),
            "2026-03-01",
        ),
        Column::optional(
            "received_on",
            &["到货日期", "收货日期"],
            &["Received", "Received on"],
            ("到货的日期，不早于生产日期", "The day it was received; not before it was produced"),
            "2026-03-12",
        ),
        Column::optional(
            "parents",
            &["来源批", "上级批次", "由何批制成"],
            &["Parents", "Made of"],
            (
                "由哪些批制成，可写用量：批号:用量；多个用分号隔开",
                "The lots it was made of, with the quantity if known; separated by semicolons",
            ),
            "YARN-031:120.5; YARN-032",
        ),
    ],
};

/// Files of lots at the import desk.
pub const IMPORT: ImportTable = ImportTable { columns: &COLUMNS, needs: Permission::ProductionEdit, begin };

fn begin(_: &House, importer: &Importer) -> Result<Box<dyn AnyImport>> {
    if importer.party.is_some() {
        return Err(Code::Forbidden.into());
    }
    Ok(Box::new(LotImport::new(importer.stamp.clone())))
}

/// A lot as a row of such a file, in the order of [`COLUMNS`].
pub(super) fn row(draft: &LotDraft, lang: Lang) -> Vec<Cell> {
    vec![
        draft.code.as_str().into(),
        draft.supplier.as_str().into(),
        LotKind::of(&draft.kind).map_or(draft.kind.as_str(), |kind| kind.word(lang)).into(),
        draft.material.zh.as_str().into(),
        draft.material.en.as_str().into(),
        draft.dye_lot.as_str().into(),
        milli_text(draft.quantity_milli).parse::<f64>().ok().into(),
        draft.unit.as_str().into(),
        draft.country.as_str().into(),
        draft.produced_on.into(),
        draft.received_on.into(),
        parts_text(&draft.parents).into(),
    ]
}

/// A row of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LotRecord {
    /// The lot as the file has it.
    pub draft: LotDraft,
    /// Its kind.
    pub kind: LotKind,
    /// Whether the file says what it is made of; if not, what the store says stands.
    pub says_parents: bool,
}

/// What the file says of one lot, kept until its end.
struct Node {
    line: u64,
    produced_on: Option<NaiveDate>,
    parents: Option<Vec<String>>,
}

/// The import of lots.
struct LotImport {
    stamp: Stamp,
    nodes: HashMap<String, Node>,
    /// Line of the chunk written last, what waited before it, and what waits after it: the chunk may have to be written twice.
    written: (u64, Waiting, Waiting),
}

impl LotImport {
    fn new(stamp: Stamp) -> Self {
        Self { stamp, nodes: HashMap::new(), written: Default::default() }
    }
}

/// The column that a draft's field stands in.
fn column_of(field: &str) -> &'static str {
    match field.split('.').next().unwrap_or_default() {
        "code" => "lot_code",
        "supplier" => "supplier_code",
        "kind" => "kind",
        "material" if field == "material.en" => "material_en",
        "material" => "material_zh",
        "dye_lot" => "dye_lot",
        "quantity_milli" => "quantity",
        "unit" => "unit",
        "country" => "country",
        "received_on" => "received_on",
        "produced_on" => "produced_on",
        _ => "parents",
    }
}

impl Import for LotImport {
    type Record = LotRecord;

    fn columns(&self) -> &'static Columns {
        const { &COLUMNS }
    }

    fn read(&mut self, row: &mut Row<'_>) -> Option<LotRecord> {
        let code = row.code("lot_code");
        if let Some(code) = &code {
            row.unique("lot_code", code);
        }
        let supplier = row.code("supplier_code");
        let kind = row.choice("kind", LotKind::WORDS);
        let (zh, en) = (row.optional_text("material_zh", 120), row.optional_text("material_en", 120));
        let dye_lot = row.optional_text("dye_lot", 60);
        let (quantity, unit) = (row.quantity_milli("quantity"), row.text("unit", 12));
        let country = row.optional("country", countries::read);
        let (produced_on, received_on) = (row.optional_date("produced_on"), row.optional_date("received_on"));
        let parents = row.optional("parents", read_parts);
        let kind = kind?;
        let parents = parents?;
        let says_parents = parents.is_some();
        let draft = LotDraft {
            code: code?,
            supplier: supplier?,
            kind: kind.as_str().to_owned(),
            material: Both { zh: zh?.unwrap_or_default(), en: en?.unwrap_or_default() },
            dye_lot: dye_lot?.unwrap_or_default(),
            quantity_milli: quantity?,
            unit: unit?,
            country: country?.unwrap_or_default(),
            produced_on: produced_on?,
            received_on: received_on?,
            parents: parents.unwrap_or_default(),
            version: None,
        };
        match check(&draft) {
            Ok((draft, kind)) => Some(LotRecord { draft, kind, says_parents }),
            Err(Error::Refused(refusal)) => {
                if refusal.faults.is_empty() {
                    row.fault(Fault { field: "parents".into(), line: None, code: refusal.code, args: refusal.args });
                }
                for fault in refusal.faults {
                    row.fault(Fault { field: column_of(&fault.field).into(), ..fault });
                }
                None
            }
            Err(_) => None,
        }
    }

    fn check(&mut self, db: &mut Db, chunk: &[Entry<LotRecord>]) -> Result<Checked> {
        for entry in chunk {
            let draft = &entry.record.draft;
            let parents = entry.record.says_parents.then(|| draft.parents.iter().map(|part| part.lot.clone()).collect());
            self.nodes.insert(draft.code.clone(), Node { line: entry.line, produced_on: draft.produced_on, parents });
        }
        let mut checked = Checked::default();
        let suppliers: Vec<&str> = chunk.iter().map(|entry| entry.record.draft.supplier.as_str()).collect();
        let known = parties::ids_of_codes(db, &suppliers)?;
        for entry in chunk.iter().filter(|entry| !known.contains_key(&entry.record.draft.supplier)) {
            checked.faults.push(entry.fault("supplier_code", Code::UnknownReference).with("value", &entry.record.draft.supplier));
        }
        checked.would = store::would_load(db, chunk)?;
        Ok(checked)
    }

    fn check_whole(&mut self, db: &mut Db) -> Result<Vec<Fault>> {
        let nodes = &self.nodes;
        let mut faults = Vec::new();
        let mut codes: HashSet<&str> = nodes.keys().map(String::as_str).collect();
        codes.extend(nodes.values().flat_map(|node| node.parents.iter().flatten()).map(String::as_str));
        let stored = store::lots_by_code(db, &codes.iter().copied().collect::<Vec<_>>())?;
        // Lots that are only in the file get numbers below zero, which no stored lot has.
        let mut number: HashMap<&str, i64> = stored.iter().map(|(code, lot)| (code.as_str(), lot.id.0)).collect();
        for (place, code) in (1i64..).zip(nodes.keys()) {
            number.entry(code).or_insert(-place);
        }
        let lots_of_file: HashMap<i64, (&str, &Node)> =
            nodes.iter().filter_map(|(code, node)| Some((*number.get(code.as_str())?, (code.as_str(), node)))).collect();
        let mut parents: HashMap<i64, Vec<i64>> = HashMap::new();
        for (lot, parent) in store::all_edges(db)? {
            if lots_of_file.get(&lot).is_none_or(|(_, node)| node.parents.is_none()) {
                parents.entry(lot).or_default().push(parent);
            }
        }
        for (id, (_, node)) in &lots_of_file {
            for parent in node.parents.iter().flatten() {
                match number.get(parent.as_str()) {
                    Some(number) => parents.entry(*id).or_default().push(*number),
                    None => faults.push(Fault::new("parents", Code::UnknownReference).with("value", parent).at_line(node.line)),
                }
            }
        }
        let strangers: Vec<Id> = parents
            .iter()
            .flat_map(|(lot, above)| {
                above.iter().filter(|parent| lots_of_file.contains_key(parent) || lots_of_file.contains_key(lot)).chain([lot])
            })
            .filter(|id| **id > 0 && !lots_of_file.contains_key(id))
            .map(|id| Id(*id))
            .collect();
        let strangers: HashMap<i64, super::Lot> = store::lots(db, &strangers)?.into_iter().map(|lot| (lot.id.0, lot)).collect();
        let told = |id: i64| match lots_of_file.get(&id) {
            Some((code, node)) => Some(((*code).to_owned(), node.produced_on, Some(node.line))),
            None => strangers.get(&id).map(|lot| (lot.code.clone(), lot.produced_on, None)),
        };
        for (lot, above) in &parents {
            for parent in above {
                let (Some(child), Some(parent)) = (told(*lot), told(*parent)) else { continue };
                let Some(line) = child.2.or(parent.2) else { continue };
                let late = out_of_order("produced_on", (&parent.0, parent.1), (&child.0, child.1));
                faults.extend(late.map(|fault| fault.at_line(line)));
            }
        }
        if let Some(path) = any_cycle(&parents, lots_of_file.keys().copied()) {
            let unnamed: Vec<Id> = path.iter().filter(|id| **id > 0).map(|id| Id(*id)).collect();
            let named: HashMap<i64, String> = store::lots(db, &unnamed)?.into_iter().map(|lot| (lot.id.0, lot.code)).collect();
            let name = |id: &i64| lots_of_file.get(id).map(|(code, _)| (*code).to_owned()).or_else(|| named.get(id).cloned());
            let line = path.iter().filter_map(|id| lots_of_file.get(id)).map(|(_, node)| node.line).min().unwrap_or_default();
            let codes: Vec<String> = path.iter().filter_map(name).collect();
            faults.push(Fault::new("parents", Code::Cycle).with("path", path_text(&codes)).at_line(line));
        }
        faults.sort_by_key(|fault| fault.line);
        Ok(faults)
    }

    fn apply(&mut self, db: &mut Db, chunk: &[Entry<LotRecord>]) -> Result<Applied> {
        let (line, before, after) = &mut self.written;
        let first = chunk.first().map_or(0, |entry| entry.line);
        if *line != first {
            (*line, *before) = (first, std::mem::take(after));
        }
        let applied;
        (applied, *after) = store::load(db, &self.stamp, chunk, before)?;
        Ok(applied)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn headers_are_clear() {
        assert_eq!(super::COLUMNS.ambiguous(), Vec::<&str>::new());
    }
}
