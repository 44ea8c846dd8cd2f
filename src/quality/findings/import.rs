//! Findings from files: an inspection agency's list, another system's year. A row that is there already, word for word, changes nothing.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::NaiveDate;

use super::rules::{NOTE_MAX, Sound, defect_code, impossible, not_later, quantity};
use super::subject::{Named, find_subject, unknown};
use super::zones::read_zone;
use super::{About, NewFinding, Severity, Stage, SubjectKind, store};
use crate::kernel::{Code, Error, Fault, Refusal, Result};
use crate::platform::db::Db;
use crate::platform::events::Stamp;
use crate::platform::http::House;
use crate::platform::http::perm::Permission;
use crate::platform::imports::{
    AnyImport, Applied, Checked, Column, Columns, Entry, Import, ImportTable, Importer, Row, read_whole, things,
};
use crate::platform::keys::Keys;

/// The columns of a file of findings.
pub const COLUMNS: Columns = Columns {
    table: "findings",
    title: ("缺陷记录", "Findings"),
    columns: &[
        Column::required(
            "subject",
            &["对象", "批次或序列号"],
            &["Subject", "Serial, batch or lot"],
            (
                "序列号、标签网址、生产批号或物料批号；同一编号既是物料批又是生产批次时，来料为物料批，其余为生产批次",
                "A serial, a label's address, a batch code or a lot code; of a lot and a batch of one code, incoming means the lot",
            ),
            "a7-Q/0001\nB-2026-014",
        ),
        Column::optional(
            "supplier_code",
            &["供应商编号", "供应商"],
            &["Supplier", "Supplier code"],
            ("物料批的供应商；几家批号相同时必填", "The lot's supplier; needed where several use the code"),
            "",
        ),
        Column::optional(
            "gtin",
            &[],
            &[],
            ("8 到 14 位；外部序列号重复时需要", "8 to 14 digits; needed where a serial from elsewhere is not unique"),
            "06901234000016\n",
        )
        .of(things::GTIN),
        Column::required(
            "defect",
            &["缺陷代码", "疵点代码"],
            &["Defect", "Defect code"],
            ("缺陷目录中的代码", "A code of the defect catalogue"),
            "seam_open",
        ),
        Column::optional(
            "severity",
            &["严重程度", "等级"],
            &["Severity"],
            ("轻微、主要或致命；不填按目录", "minor, major or critical; as the catalogue has it when left out"),
            "major",
        ),
        Column::optional("zone", &["部位", "位置"], &["Zone", "Place"], ("衣服上的部位", "Place on the garment"), "front_hem"),
        Column::optional("quantity", &["数量", "件数"], &["Quantity", "Pieces"], ("不填为 1", "1 when left out"), "1\n3"),
        Column::required(
            "stage",
            &["环节", "检验环节"],
            &["Stage"],
            ("来料、在线、终检、仓库、门店、退货、维修、买家", "incoming, inline, final, warehouse, store, return, repair, buyer"),
            "final",
        ),
        Column::required(
            "found_on",
            &["发现日期", "检验日期"],
            &["Found", "Found on"],
            ("发现的日期，不晚于今天", "The day it was seen, not after today"),
            "2026-06-15",
        ),
        Column::optional("note", &["说明"], &["Note"], ("补充说明，不含个人信息", "What else there is to say; names no person"), "2 cm"),
        Column::read_only("id", &["记录号"], &["Finding"]),
        Column::read_only("kind", &["类型"], &["Kind"]),
        Column::read_only("batch", &["生产批次"], &["Batch"]),
        Column::read_only("defect_name", &["缺陷"], &["Defect name"]),
        Column::read_only("status", &["状态"], &["Status"]),
        Column::read_only("photos", &["照片"], &["Photos"]),
    ],
};

/// The table, for the import desk.
pub const IMPORT: ImportTable = ImportTable { columns: &COLUMNS, needs: Permission::FindingsEdit, begin };

fn begin(house: &House, importer: &Importer) -> Result<Box<dyn AnyImport>> {
    if importer.party.is_some() {
        return Err(Code::Forbidden.into());
    }
    let today = crate::kernel::time::local_date(importer.stamp.at, house.config.time_zone);
    Ok(Box::new(FindingImport { keys: house.keys.clone(), stamp: importer.stamp.clone(), today }))
}

struct FindingImport {
    keys: Arc<Keys>,
    stamp: Stamp,
    today: NaiveDate,
}

/// A row of the file.
#[derive(Clone, Debug)]
struct FindingRow {
    named: Named,
    sound: Sound,
}

impl Import for FindingImport {
    type Record = FindingRow;

    fn columns(&self) -> &'static Columns {
        const { &COLUMNS }
    }

    fn read(&mut self, row: &mut Row<'_>) -> Option<FindingRow> {
        let gtin = Some(row.get("gtin").to_owned()).filter(|gtin| !gtin.is_empty());
        let subject = row.text("subject", 2_000);
        let supplier = row.optional_code("supplier_code");
        let defect = row.read("defect", defect_code);
        let severity = row.optional_choice("severity", Severity::WORDS);
        let zone = row.optional("zone", read_zone);
        let number = row.optional("quantity", |field, text| quantity(field, read_whole(field, text)?));
        let stage = row.choice("stage", Stage::WORDS);
        let today = self.today;
        let found_on = row.date("found_on").and_then(|day| match not_later("found_on", day, today) {
            Ok(day) => Some(day),
            Err(fault) => {
                row.fault(fault);
                None
            }
        });
        let note = row.optional_paragraph("note", NOTE_MAX);
        let sound = Sound {
            defect: defect?,
            severity: severity?,
            zone: zone?.unwrap_or_default(),
            quantity: number?.unwrap_or(1),
            stage: Some(stage?),
            note: note?.unwrap_or_default(),
            found_on: found_on?,
        };
        let (subject, supplier) = (subject?, supplier?);
        // Only lots have a supplier.
        let kind = supplier.is_some().then_some(SubjectKind::Lot);
        let text = match supplier {
            Some(supplier) if !subject.contains('@') => format!("{subject}@{supplier}"),
            _ => subject,
        };
        let record = FindingRow { named: Named { text, gtin, kind, stage: sound.stage }, sound };
        // Two equal rows are more likely a slip than two findings; one row with the quantity of both says it clearly.
        row.unique("subject", &format!("{:?}", record));
        Some(record)
    }

    fn check(&mut self, db: &mut Db, chunk: &[Entry<FindingRow>]) -> Result<Checked> {
        let resolved = resolve(db, &self.keys, chunk)?;
        Ok(Checked { would: resolved.applied, faults: resolved.faults })
    }

    fn apply(&mut self, db: &mut Db, chunk: &[Entry<FindingRow>]) -> Result<Applied> {
        let resolved = resolve(db, &self.keys, chunk)?;
        Refusal::unless_empty(resolved.faults)?;
        if !resolved.news.is_empty() {
            store::findings::log(db, &self.stamp, &resolved.news)?;
        }
        Ok(resolved.applied)
    }
}

/// A chunk held against the store.
#[derive(Default)]
struct Resolved {
    news: Vec<NewFinding>,
    applied: Applied,
    faults: Vec<Fault>,
}

fn resolve(db: &mut Db, keys: &Keys, chunk: &[Entry<FindingRow>]) -> Result<Resolved> {
    let catalogue = store::defects::defects_by_code(db)?;
    let mut resolved = Resolved::default();
    let mut found: Vec<(&Entry<FindingRow>, About, Sound)> = Vec::with_capacity(chunk.len());
    for entry in chunk {
        let row = &entry.record;
        let severity = match catalogue.get(&row.sound.defect).filter(|defect| !defect.retired) {
            Some(defect) => row.sound.severity.unwrap_or(defect.severity),
            None => {
                resolved.faults.push(entry.fault("defect", Code::UnknownReference).with("value", &row.sound.defect));
                continue;
            }
        };
        match find_subject(db, &keys.serials, &row.named, None) {
            Ok(Some(thing)) => {
                resolved
                    .faults
                    .extend(impossible(&row.sound, thing.about, &thing.holds).into_iter().map(|fault| fault.at_line(entry.line)));
                found.push((entry, thing.about, Sound { severity: Some(severity), ..row.sound.clone() }));
            }
            Ok(None) => resolved.faults.push(unknown(&row.named.text).at_line(entry.line)),
            Err(Error::Refused(refusal)) => {
                let fault = refusal.faults.first().cloned();
                let fault = fault.unwrap_or(Fault { field: "subject".into(), line: None, code: refusal.code, args: refusal.args });
                resolved.faults.push(Fault { field: "subject".into(), ..fault }.at_line(entry.line));
            }
            Err(error) => return Err(error),
        }
    }
    let things: Vec<About> = found.iter().map(|(_, about, _)| *about).collect();
    let known: HashSet<(About, Sound)> = store::findings::live_about(db, &things)?
        .into_iter()
        .map(|finding| {
            let sound = Sound {
                defect: finding.defect,
                severity: Some(finding.severity),
                zone: finding.zone,
                quantity: finding.quantity,
                stage: Some(finding.stage),
                note: finding.note,
                found_on: finding.found_on,
            };
            (finding.about, sound)
        })
        .collect();
    for (entry, about, sound) in found {
        if known.contains(&(about, sound.clone())) {
            resolved.applied.keep();
        } else {
            resolved.applied.add(entry.line, format!("{} {}", entry.record.named.text, sound.defect));
            resolved.news.push(NewFinding { about, sound });
        }
    }
    Ok(resolved)
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_header_answers_to_two_columns() {
        assert_eq!(super::COLUMNS.ambiguous(), Vec::<&str>::new());
    }
}
