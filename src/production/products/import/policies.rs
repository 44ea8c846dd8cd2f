//! Warranty policies from files. A row is a version of a policy, named by its code and the day from which it holds.

use std::collections::HashMap;

use crate::kernel::Result;
use crate::kernel::error::{Code, Fault};
use crate::kernel::text::folded;
use crate::platform::db::Db;
use crate::platform::events::Stamp;
use crate::platform::http::House;
use crate::platform::http::perm::Permission;
use crate::platform::imports::{
    AnyImport, Applied, Checked, Column, Columns, EditReader, Edits, Entry, Import, ImportTable, Importer, Row, things,
};
use crate::production::products::{PolicyFields, StartRule, WarrantyPolicy, rules, store};

use super::faults_of;

/// The columns of a file of warranty policies.
pub const POLICY_COLUMNS: Columns = Columns {
    table: "policies",
    title: ("质保政策", "Warranty policies"),
    columns: &[
        Column::required(
            "code",
            &["编码"],
            &["Code"],
            ("政策编码；已有的政策会增加一个新版本", "The policy's code; one that is there already gets a new version"),
            "W-STD",
        )
        .of(things::POLICY),
        Column::required(
            "valid_from",
            &["生效日期", "生效日"],
            &["Valid from", "From"],
            ("生效日期，不早于上一个版本", "The first day it holds; not before that of the version it follows"),
            "2026-01-01",
        ),
        Column::optional(
            "months",
            &["质保月数", "月数"],
            &["Months"],
            ("质保月数；月数和天数至少填一个", "Months the warranty lasts; fill in months or days"),
            "12",
        ),
        Column::optional("days", &["质保天数", "天数"], &["Days"], ("在月数之外再加的天数", "Days on top of the months"), "0"),
        Column::required(
            "start_rules",
            &["起算规则", "起算日"],
            &["Start rules", "Starts on"],
            (
                "质保起算日，按先后列出，取第一个已知的：签收、销售、激活、生产",
                "Days it may start from, in order; the first that is known counts: delivered, sold, activated, made",
            ),
            "签收、销售、激活",
        ),
        Column::optional(
            "made_plus_months",
            &["生产后最长月数"],
            &["Months after making at most", "Made plus months"],
            ("质保最迟在生产完成后多少个月结束", "It never ends later than this many months after the garment was made"),
            "36",
        ),
        Column::optional(
            "coverage_zh",
            &["质保范围", "保修范围"],
            &["Coverage zh"],
            ("质保范围（中文）", "What is covered, in Chinese"),
            "面料、缝线、拉链和纽扣的质量问题",
        ),
        Column::optional(
            "coverage_en",
            &["英文质保范围"],
            &["Coverage", "Coverage en"],
            ("质保范围（英文）", "The same in English"),
            "Faults of fabric, seams, zips and buttons",
        ),
        Column::optional(
            "exclusions_zh",
            &["不保范围", "除外情形"],
            &["Exclusions zh"],
            ("不在质保范围内的情形（中文）", "What is not covered, in Chinese"),
            "不按洗涤说明造成的损坏",
        ),
        Column::optional(
            "exclusions_en",
            &["英文不保范围"],
            &["Exclusions", "Exclusions en"],
            ("不在质保范围内的情形（英文）", "The same in English"),
            "Damage by washing against the instructions",
        ),
    ],
};

/// The table, for the import desk.
pub const IMPORT: ImportTable = ImportTable { columns: &POLICY_COLUMNS, needs: Permission::CatalogueEdit, begin };

const START_WORDS: &[(&str, StartRule)] = &[
    ("delivered", StartRule::Delivered),
    ("sold", StartRule::Sold),
    ("activated", StartRule::Activated),
    ("made", StartRule::Made),
    ("签收", StartRule::Delivered),
    ("交付", StartRule::Delivered),
    ("销售", StartRule::Sold),
    ("激活", StartRule::Activated),
    ("领取", StartRule::Activated),
    ("生产", StartRule::Made),
];

fn begin(_: &House, importer: &Importer) -> Result<Box<dyn AnyImport>> {
    Ok(Box::new(PolicyImport { stamp: importer.stamp.clone(), last: HashMap::new() }))
}

struct PolicyImport {
    stamp: Stamp,
    /// The latest version of each policy by its folded code, rows of the file so far included.
    last: HashMap<String, PolicyFields>,
}

struct PolicyRow {
    code: String,
    edits: Edits<PolicyFields>,
}

impl PolicyRow {
    /// The version this row writes after `last`: what the file does not speak of is as it was.
    fn after(&self, last: Option<&PolicyFields>) -> PolicyFields {
        let mut fields = last.cloned().unwrap_or_else(|| PolicyFields { code: self.code.clone(), ..PolicyFields::default() });
        self.edits.onto(&mut fields);
        fields
    }
}

impl Import for PolicyImport {
    type Record = PolicyRow;

    fn columns(&self) -> &'static Columns {
        const { &POLICY_COLUMNS }
    }

    fn read(&mut self, row: &mut Row<'_>) -> Option<PolicyRow> {
        let code = row.code("code");
        let valid_from = row.date("valid_from");
        let rules = row.read("start_rules", start_rules);
        if !row.has("months") && !row.has("days") {
            row.fault(Fault::new("months", Code::Missing));
        }
        let mut cells: EditReader<'_, '_, PolicyFields> = EditReader::of(row);
        cells.needed(valid_from, |policy, day| policy.valid_from = day);
        cells.needed(rules, |policy, rules| policy.start_rules = rules);
        cells.count("months", |policy, months| policy.months = months);
        cells.count("days", |policy, days| policy.days = days);
        cells.whole("made_plus_months", |policy, months| policy.made_plus_months = months);
        cells.paragraph("coverage_zh", 4_000, |policy, text| policy.coverage.zh = text);
        cells.paragraph("coverage_en", 4_000, |policy, text| policy.coverage.en = text);
        cells.paragraph("exclusions_zh", 4_000, |policy, text| policy.exclusions.zh = text);
        cells.paragraph("exclusions_en", 4_000, |policy, text| policy.exclusions.en = text);
        let edits = cells.end();
        let (code, valid_from) = (code?, valid_from?);
        row.unique_as("valid_from", &format!("{} {valid_from}", folded(&code)), &format!("{code} {valid_from}"));
        Some(PolicyRow { code, edits: edits? })
    }

    fn check(&mut self, db: &mut Db, chunk: &[Entry<PolicyRow>]) -> Result<Checked> {
        let mut checked = Checked::default();
        for entry in chunk {
            let versions = store::policies(db, Some(&entry.record.code))?;
            let key = folded(&entry.record.code);
            let last = self.last.get(&key).cloned().or_else(|| versions.first().cloned().map(PolicyFields::from));
            let fields = entry.record.after(last.as_ref());
            checked.faults.extend(faults_of(rules::sound_policy(&fields), entry.line, |field| field.replace('.', "_"))?);
            if is_there(&versions, &fields) {
                checked.would.keep();
                continue;
            }
            if let Some(last) = last.filter(|last| fields.valid_from < last.valid_from) {
                let fault = entry.fault("valid_from", Code::DatesOutOfOrder);
                checked.faults.push(fault.with("earlier", last.valid_from).with("later", fields.valid_from));
            }
            checked.would.add(entry.line, named(&fields));
            self.last.insert(key, fields);
        }
        Ok(checked)
    }

    fn apply(&mut self, db: &mut Db, chunk: &[Entry<PolicyRow>]) -> Result<Applied> {
        let mut applied = Applied::default();
        for entry in chunk {
            let versions = store::policies(db, Some(&entry.record.code))?;
            let fields = entry.record.after(versions.first().cloned().map(PolicyFields::from).as_ref());
            if is_there(&versions, &fields) {
                applied.keep();
            } else {
                store::add_policy(db, &self.stamp, &fields)?;
                applied.add(entry.line, named(&fields));
            }
        }
        Ok(applied)
    }
}

/// What a version is called: the policy and the day from which it holds.
fn named(fields: &PolicyFields) -> String {
    format!("{} {}", fields.code, fields.valid_from)
}

/// Whether a version says the same from the same day on.
fn is_there(versions: &[WarrantyPolicy], fields: &PolicyFields) -> bool {
    versions.iter().any(|version| PolicyFields::from(version.clone()) == *fields)
}

/// Start rules as people list them.
fn start_rules(field: &'static str, text: &str) -> Result<Vec<StartRule>, Fault> {
    let words = text.split([',', '，', '、', ';', '；', '>', ' ']).map(str::trim).filter(|word| !word.is_empty());
    let rule = |word: &str| {
        let found = START_WORDS.iter().find(|(one, _)| one.eq_ignore_ascii_case(word)).map(|(_, rule)| *rule);
        let allowed = "签收/delivered、销售/sold、激活/activated、生产/made";
        found.ok_or_else(|| Fault::new(field, Code::NotOneOf).with("value", word).with("allowed", allowed))
    };
    words.map(rule).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_header_answers_to_two_columns() {
        assert_eq!(POLICY_COLUMNS.ambiguous(), Vec::<&str>::new());
    }

    #[test]
    fn start_rules_keep_their_order() {
        assert_eq!(start_rules("start_rules", "签收、sold").unwrap(), [StartRule::Delivered, StartRule::Sold]);
        assert_eq!(start_rules("start_rules", "bought").unwrap_err().code, Code::NotOneOf);
    }
}
