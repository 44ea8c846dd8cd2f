//! Lots from files. The whole file forms one graph with what is in the store: a parent may stand further down than its child.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::rules::{LotName, any_cycle, check, milli_text, out_of_order, parts_text, path_text, read_parts};
use super::store::{self, Ident, Waiting, ident};
use super::{LotDraft, LotKind};
use crate::kernel::countries;
use crate::kernel::text::Lang;
use crate::kernel::{Code, Error, Fault, Id, Result};
use crate::platform::db::Db;
use crate::platform::events::Stamp;
use crate::platform::exports::Cell;
use crate::platform::http::House;
use crate::platform::http::perm::Permission;
use crate::platform::imports::{
    AnyImport, Applied, Checked, Column, Columns, EditReader, Edits, Entry, Import, ImportTable, Importer, Row, things,
};

/// The columns of a file of lots.
pub const COLUMNS: Columns = Columns {
    table: "lots",
    title: ("物料批", "Lots"),
    columns: &[
        Column::required(
            "lot_code",
            &[],
            &[],
            ("批号：字母、数字和 - _ . / #", "What the lot is called: letters, digits and - _ . / #"),
            "FAB-0117\nYARN-031",
        )
        .of(things::LOT),
        Column::required(
            "supplier_code",
            &["供应商编码", "供应商编号", "供应商"],
            &["Supplier", "Supplier code", "Supplier no."],
            ("供货的往来单位编号", "Code of the party it was received from"),
            "HF-01",
        ),
        Column::required(
            "kind",
            &["物料类别", "类别"],
            &["Kind", "Material kind"],
            (
                "纤维、纱线、坯布、面料、里料、填充物、缝纫线、纽扣、拉链、辅料、标签、包装、染化料",
                "fibre, yarn, greige, fabric, lining, filling, thread, button, zip, trim, label, packaging, chemical",
            ),
            "fabric\nyarn",
        ),
        Column::optional(
            "material_zh",
            &["物料名称", "物料", "中文品名"],
            &["Material (Chinese)"],
            ("中文名称；中英文至少填一个", "Its name in Chinese; at least one language"),
            "全棉府绸\n精梳棉纱",
        ),
        Column::optional(
            "material_en",
            &["英文品名", "物料英文名"],
            &["Material", "Material (English)"],
            ("英文名称", "Its name in English"),
            "Cotton poplin\nCombed cotton yarn",
        ),
        Column::optional("dye_lot", &["缸号", "染缸号"], &["Dye lot"], ("染厂的缸号", "The dye house's own lot"), "D2211\n"),
        Column::required(
            "quantity",
            &["数量"],
            &["Quantity", "Qty"],
            ("不小于零，最多三位小数", "Not below zero, at most three decimals"),
            "1250.5\n300",
        ),
        Column::required("unit", &["单位"], &["Unit"], ("米、千克、个……", "m, kg, pcs …"), "m\nkg"),
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
            "2026-03-01\n2026-02-10",
        ),
        Column::optional(
            "received_on",
            &["到货日期", "收货日期"],
            &["Received", "Received on"],
            ("到货的日期，不早于生产日期", "The day it was received; not before it was produced"),
            "2026-03-12\n2026-02-14",
        ),
        Column::optional(
            "parents",
            &["来源批", "上级批次", "由何批制成"],
            &["Parents", "Made of"],
            (
                "由哪些批制成，可写用量：批号:用量；多个用分号隔开；几家供应商批号相同时写 批号@供应商编号",
                "The lots it was made of, with the quantity if known; separated by semicolons; lot@supplier where several suppliers use the code",
            ),
            "YARN-031:120.5\n",
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
pub struct LotRecord {
    /// Its code as the file has it.
    pub code: String,
    /// Its supplier's code as the file has it.
    pub supplier: String,
    /// What the row says of it.
    pub edits: Edits<LotDraft>,
    /// The lot as far as the row alone says it.
    draft: LotDraft,
    /// Whether the file says what it is made of; if not, what the store says stands.
    says_parents: bool,
    /// Whether it says when it was produced.
    says_produced: bool,
}

impl LotRecord {
    /// What tells it from every other.
    pub(super) fn ident(&self) -> Ident {
        ident(&self.code, &self.supplier)
    }
}

/// What the file says of one lot, kept until its end.
struct Node {
    line: u64,
    code: String,
    /// None where the file does not speak of it.
    produced_on: Option<Option<NaiveDate>>,
    parents: Option<Vec<LotName>>,
}

/// The import of lots.
struct LotImport {
    stamp: Stamp,
    nodes: HashMap<Ident, Node>,
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
        let (code, supplier) = (row.code("lot_code"), row.code("supplier_code"));
        let kind = row.choice("kind", LotKind::WORDS);
        let (quantity, unit) = (row.quantity_milli("quantity"), row.text("unit", 12));
        let mut cells: EditReader<'_, '_, LotDraft> = EditReader::of(row);
        cells.needed(kind, |lot, kind| lot.kind = kind.as_str().to_owned());
        cells.line("material_zh", 120, |lot, text| lot.material.zh = text);
        cells.line("material_en", 120, |lot, text| lot.material.en = text);
        cells.line("dye_lot", 60, |lot, text| lot.dye_lot = text);
        cells.needed(quantity, |lot, milli| lot.quantity_milli = milli);
        cells.needed(unit, |lot, unit| lot.unit = unit);
        cells.read("country", countries::read, |lot, code| lot.country = code);
        cells.date("produced_on", |lot, day| lot.produced_on = day);
        cells.date("received_on", |lot, day| lot.received_on = day);
        cells.read("parents", read_parts, |lot, parts| lot.parents = parts);
        let edits = cells.end();
        let (code, supplier, edits) = (code?, supplier?, edits?);
        let (code_key, supplier_key) = ident(&code, &supplier);
        row.unique_as("lot_code", &format!("{code_key}@{supplier_key}"), &code);
        let mut draft = LotDraft { code: code.clone(), supplier: supplier.clone(), ..LotDraft::default() };
        edits.onto(&mut draft);
        // What the file does not speak of may be in the store.
        let is_whole = row.has_column("material_zh") && row.has_column("material_en");
        match check(&draft) {
            Ok((sound, _)) => draft = sound,
            Err(Error::Refused(refusal)) => {
                let whole = Fault { field: "parents".into(), line: None, code: refusal.code, args: refusal.args };
                let found = if refusal.faults.is_empty() { vec![whole] } else { refusal.faults };
                for fault in found.into_iter().filter(|fault| is_whole || fault.field != "material") {
                    row.fault(Fault { field: column_of(&fault.field).into(), ..fault });
                }
            }
            Err(_) => return None,
        }
        Some(LotRecord {
            code,
            supplier,
            edits,
            draft,
            says_parents: row.has_column("parents"),
            says_produced: row.has_column("produced_on"),
        })
    }

    fn check(&mut self, db: &mut Db, chunk: &[Entry<LotRecord>]) -> Result<Checked> {
        for entry in chunk {
            let LotRecord { draft, says_parents, says_produced, .. } = &entry.record;
            let parents = || draft.parents.iter().map(|part| LotName::read("parents", &part.lot)).collect::<Result<Vec<_>, Fault>>();
            let parents = says_parents.then(parents).transpose()?;
            let node =
                Node { line: entry.line, code: draft.code.clone(), produced_on: says_produced.then_some(draft.produced_on), parents };
            self.nodes.insert(entry.record.ident(), node);
        }
        let (would, faults) = store::would_load(db, chunk)?;
        let at_line =
            |(place, fault): (usize, Fault)| Some(Fault { field: column_of(&fault.field).into(), ..fault }.at_line(chunk.get(place)?.line));
        Ok(Checked { faults: faults.into_iter().filter_map(at_line).collect(), would })
    }

    fn check_whole(&mut self, db: &mut Db) -> Result<Vec<Fault>> {
        let nodes = &self.nodes;
        let mut faults = Vec::new();
        let own = nodes.iter().map(|((code, supplier), _)| LotName { code: code.clone(), supplier: Some(supplier.clone()) });
        let asked: Vec<LotName> = own.chain(nodes.values().flat_map(|node| node.parents.iter().flatten()).cloned()).collect();
        let stored = store::lots_called(db, &asked, None)?;
        // Lots that are only in the file get numbers below zero, which no stored lot has.
        let mut number: HashMap<Ident, i64> = stored.all().map(|(lot, supplier)| (ident(&lot.code, supplier), lot.id.0)).collect();
        for (place, ident) in (1i64..).zip(nodes.keys()) {
            number.entry(ident.clone()).or_insert(-place);
        }
        let mut suppliers_of: HashMap<&str, Vec<&str>> = HashMap::new();
        for (code, supplier) in number.keys() {
            suppliers_of.entry(code).or_default().push(supplier);
        }
        let lots_of_file: HashMap<i64, &Node> = nodes.iter().filter_map(|(ident, node)| Some((*number.get(ident)?, node))).collect();
        let mut parents: HashMap<i64, Vec<i64>> = HashMap::new();
        for (lot, parent) in store::all_edges(db)? {
            if lots_of_file.get(&lot).is_none_or(|node| node.parents.is_none()) {
                parents.entry(lot).or_default().push(parent);
            }
        }
        for (id, node) in &lots_of_file {
            for parent in node.parents.iter().flatten() {
                let code = parent.folded().code;
                let mut meant: Vec<&str> = suppliers_of.get(code.as_str()).cloned().unwrap_or_default();
                meant.retain(|supplier| parent.is_of(supplier));
                meant.sort_unstable();
                match meant.as_slice() {
                    [] => faults.push(Fault::new("parents", Code::UnknownReference).with("value", parent).at_line(node.line)),
                    [supplier] => parents.entry(*id).or_default().extend(number.get(&(code, (*supplier).to_owned()))),
                    several => faults.push(parent.ambiguous("parents", several.iter().copied()).at_line(node.line)),
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
        let known: HashMap<i64, Option<NaiveDate>> = stored.all().map(|(lot, _)| (lot.id.0, lot.produced_on)).collect();
        let told = |id: i64| match lots_of_file.get(&id) {
            Some(node) => {
                let produced_on = node.produced_on.or_else(|| known.get(&id).copied()).flatten();
                Some((node.code.clone(), produced_on, Some(node.line)))
            }
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
            let name = |id: &i64| lots_of_file.get(id).map(|node| node.code.clone()).or_else(|| named.get(id).cloned());
            let line = path.iter().filter_map(|id| lots_of_file.get(id)).map(|node| node.line).min().unwrap_or_default();
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
