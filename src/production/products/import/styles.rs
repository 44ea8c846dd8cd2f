//! Styles from files.

use super::faults_of;
use crate::kernel::error::{Code, Fault};
use crate::kernel::text::{ByCode, Lang, folded, rewritten};
use crate::kernel::{Result, care, countries, money};
use crate::platform::db::Db;
use crate::platform::events::Stamp;
use crate::platform::http::House;
use crate::platform::http::perm::Permission;
use crate::platform::imports::{
    AnyImport, Applied, ChangeKind, Checked, Column, Columns, EditReader, Edits, Entry, Import, ImportTable, Importer, Row, one_of, things,
};
use crate::production::corrections::{Act, frozen};
use crate::production::parties::{self, Status};
use crate::production::products::http::style_views;
use crate::production::products::{AgeGroup, NoReasonReturn, SafetyClass, StyleFields, StyleView, composition, percent, rules, store};

/// The columns of a file of styles.
pub const STYLE_COLUMNS: Columns = Columns {
    table: "styles",
    title: ("款号", "Styles"),
    columns: &[
        Column::required(
            "code",
            &[],
            &["Code"],
            ("款号；已有的款号会更新", "The style's code; one that is there already is updated"),
            "ST-2601",
        )
        .of(things::STYLE),
        Column::optional(
            "name_zh",
            &["中文名称", "品名", "名称"],
            &["Chinese name", "Name zh"],
            (
                "中文品名，印在标签上；新款号的中文、英文名称至少填一个",
                "Product name in Chinese, as the label says it; a new style needs a name in at least one language",
            ),
            "男式牛津纺衬衫",
        ),
        Column::optional(
            "name_en",
            &["英文名称"],
            &["English name", "Name", "Name en"],
            ("英文品名", "Product name in English"),
            "Men’s Oxford shirt",
        ),
        Column::optional("brand", &["品牌"], &["Brand"], ("标签上的品牌", "The brand on the label"), "示例"),
        Column::optional(
            "category",
            &["品类", "类别"],
            &["Category", "Kind"],
            ("品类，例如衬衫、裤子", "What kind of garment it is"),
            "衬衫",
        ),
        Column::optional(
            "confidential",
            &["保密", "名称保密"],
            &["Confidential"],
            ("是 或 否；选“是”时对外只显示“对外名称”", "yes or no; if yes the public sees only the public name"),
            "否",
        ),
        Column::optional(
            "public_name_zh",
            &["对外名称", "对外中文名称"],
            &["Public name zh"],
            ("保密款对外显示的中文名称", "What the public sees in Chinese when the style is confidential"),
            "工作服",
        ),
        Column::optional(
            "public_name_en",
            &["对外英文名称"],
            &["Public name", "Public name en"],
            ("保密款对外显示的英文名称", "The same in English"),
            "Workwear",
        ),
        Column::optional(
            "manufacturer",
            &["制造者", "制造商", "制造者编码", "制造者编号", "制造商编码"],
            &["Manufacturer", "Manufacturer code"],
            ("标签上制造者的往来单位编码", "Code of the party the label names as manufacturer"),
            "HF-01",
        ),
        Column::optional(
            "policy",
            &[],
            &[],
            ("质保政策编码；空着用默认质保期", "Code of the warranty policy; empty for the default term"),
            "W-STD",
        )
        .of(things::POLICY),
        Column::optional(
            "composition",
            &["纤维成分", "成分", "面料成分", "成分含量"],
            &["Composition", "Fibre composition", "Fiber composition"],
            ("各部位的纤维成分，每个部位合计 100%", "Fibres of each component; the shares of each sum to 100 %"),
            "面料：棉 95%，氨纶 5%；里料：聚酯纤维 100%",
        ),
        Column::optional(
            "care",
            &["洗涤符号", "维护符号", "洗护"],
            &["Care", "Care symbols"],
            ("维护符号代码，用空格分开，每组最多一个", "Codes of care symbols, separated by spaces, at most one of each group"),
            "wash-30-mild bleach-no tumble-no iron-110 clean-no",
        ),
        Column::optional(
            "care_note_zh",
            &["洗护补充说明"],
            &["Care note zh"],
            ("符号之外的维护说明（中文）", "What to heed beyond the symbols, in Chinese"),
            "深色衣物请分开洗涤",
        ),
        Column::optional(
            "care_note_en",
            &["英文洗护补充说明"],
            &["Care note", "Care note en"],
            ("符号之外的维护说明（英文）", "The same in English"),
            "Wash dark colours separately",
        ),
        Column::optional(
            "safety_class",
            &["安全类别", "安全技术类别"],
            &["Safety class"],
            ("A、B 或 C（GB 18401；儿童产品 GB 31701）", "A, B or C (GB 18401; for children GB 31701)"),
            "B",
        ),
        Column::optional(
            "age_group",
            &["适用人群", "年龄段"],
            &["Age group"],
            ("成人、儿童 或 婴幼儿；空着为成人", "adult, child or infant; empty is adult"),
            "成人",
        ),
        Column::optional(
            "product_standard",
            &["执行标准", "产品标准"],
            &["Product standard", "Standard"],
            ("产品执行标准", "The product standard it is made to"),
            "GB/T 2660-2017",
        ),
        Column::optional(
            "use_notes_zh",
            &["使用和贮藏注意事项", "使用说明"],
            &["Use notes zh"],
            ("使用和贮藏注意事项（中文）", "Notes on use and storage, in Chinese"),
            "请存放在干燥处",
        ),
        Column::optional(
            "use_notes_en",
            &["英文使用说明"],
            &["Use notes", "Use notes en"],
            ("使用和贮藏注意事项（英文）", "The same in English"),
            "Store in a dry place",
        ),
        Column::optional(
            "spin_country",
            &["纺纱国"],
            &["Country of spinning", "Spun in"],
            ("纺纱所在国家：两位代码或名称", "Country of spinning: two-letter code or name"),
            "CN",
        ),
        Column::optional(
            "weave_country",
            &["织造国"],
            &["Country of weaving", "Woven in", "Knitted in"],
            ("织造或针织所在国家", "Country of weaving or knitting"),
            "CN",
        ),
        Column::optional(
            "dye_country",
            &["染整国"],
            &["Country of dyeing", "Dyed in"],
            ("染整所在国家", "Country of dyeing and printing"),
            "CN",
        ),
        Column::optional(
            "sew_country",
            &["缝制国", "产地", "原产国"],
            &["Country of sewing", "Sewn in", "Made in"],
            ("缝制所在国家", "Country of sewing"),
            "VN",
        ),
        Column::optional(
            "materials_zh",
            &["材料说明"],
            &["Materials zh"],
            ("给消费者看的材料说明（中文）", "About the materials, for buyers, in Chinese"),
            "长绒棉",
        ),
        Column::optional(
            "materials_en",
            &["英文材料说明"],
            &["Materials", "Materials en"],
            ("给消费者看的材料说明（英文）", "The same in English"),
            "Long-staple cotton",
        ),
        Column::optional(
            "origin_zh",
            &["产地说明"],
            &["Origin zh"],
            ("给消费者看的产地说明（中文）", "Where it comes from, for buyers, in Chinese"),
            "新疆棉，越南缝制",
        ),
        Column::optional(
            "origin_en",
            &["英文产地说明"],
            &["Origin", "Origin en"],
            ("给消费者看的产地说明（英文）", "The same in English"),
            "Cotton from Xinjiang, sewn in Vietnam",
        ),
        Column::optional(
            "recycled",
            &["再生料含量", "再生含量"],
            &["Recycled content", "Recycled"],
            ("整件再生材料的质量百分比", "Share of recycled material in the whole garment, per cent by mass"),
            "20%",
        ),
        Column::optional(
            "repair_zh",
            &["维修说明"],
            &["Repair zh"],
            ("如何维修（中文）", "How it can be repaired, in Chinese"),
            "门店可换纽扣",
        ),
        Column::optional(
            "repair_en",
            &["英文维修说明"],
            &["Repair", "Repair en"],
            ("如何维修（英文）", "The same in English"),
            "Shops replace buttons",
        ),
        Column::optional(
            "take_back_zh",
            &["回收说明"],
            &["Take-back zh"],
            ("如何回收（中文）", "How it is taken back, in Chinese"),
            "旧衣可送回门店",
        ),
        Column::optional(
            "take_back_en",
            &["英文回收说明"],
            &["Take-back", "Take-back en"],
            ("如何回收（英文）", "The same in English"),
            "Bring worn garments back to the shop",
        ),
        Column::optional(
            "no_reason_return",
            &["七日无理由退货", "无理由退货"],
            &["Seven-day return", "No-reason return"],
            (
                "支持、依法不适用（定制）或 确认后不适用（购买时须经消费者确认）",
                "yes, excluded_by_law (made to order) or excluded_if_confirmed (the buyer confirms it at the purchase)",
            ),
            "支持",
        ),
        Column::optional(
            "status",
            &["状态"],
            &["Status", "State"],
            ("在用 或 停用；空着就是在用", "active or closed; empty is active"),
            "在用",
        ),
    ],
};

/// The table, for the import desk.
pub const IMPORT: ImportTable = ImportTable { columns: &STYLE_COLUMNS, needs: Permission::CatalogueEdit, begin };

const CLASSES: &[(&str, SafetyClass)] = &[
    ("a", SafetyClass::A),
    ("b", SafetyClass::B),
    ("c", SafetyClass::C),
    ("a类", SafetyClass::A),
    ("b类", SafetyClass::B),
    ("c类", SafetyClass::C),
];
const AGES: &[(&str, AgeGroup)] = &[
    ("成人", AgeGroup::Adult),
    ("儿童", AgeGroup::Child),
    ("婴幼儿", AgeGroup::Infant),
    ("adult", AgeGroup::Adult),
    ("child", AgeGroup::Child),
    ("infant", AgeGroup::Infant),
];
const RETURNS: &[(&str, NoReasonReturn)] = &[
    ("支持", NoReasonReturn::Yes),
    ("依法不适用", NoReasonReturn::ExcludedByLaw),
    ("确认后不适用", NoReasonReturn::ExcludedIfConfirmed),
    ("yes", NoReasonReturn::Yes),
    ("excluded_by_law", NoReasonReturn::ExcludedByLaw),
    ("excluded_if_confirmed", NoReasonReturn::ExcludedIfConfirmed),
];
const STATES: &[(&str, Status)] =
    &[("在用", Status::Active), ("停用", Status::Closed), ("active", Status::Active), ("closed", Status::Closed)];
const FLAGS: &[(&str, bool)] =
    &[("是", true), ("否", false), ("yes", true), ("no", false), ("true", true), ("false", false), ("1", true), ("0", false)];

fn begin(_: &House, importer: &Importer) -> Result<Box<dyn AnyImport>> {
    Ok(Box::new(StyleImport { stamp: importer.stamp.clone() }))
}

/// A style as a row of a file of these columns.
pub(in crate::production::products) fn cells(view: &StyleView, lang: Lang) -> Vec<String> {
    let style = view.clone();
    let facts = style.facts;
    let recycled = facts.recycled_hundredths.map(|hundredths| format!("{}%", percent(hundredths))).unwrap_or_default();
    vec![
        style.code,
        style.name.zh,
        style.name.en,
        style.brand,
        style.category,
        word(FLAGS, style.confidential, lang),
        facts.public_name.zh,
        facts.public_name.en,
        style.manufacturer.unwrap_or_default(),
        style.policy.unwrap_or_default(),
        composition::write(&facts.composition),
        facts.care.join(" "),
        facts.care_note.zh,
        facts.care_note.en,
        facts.safety_class.map(|class| class.as_str().to_owned()).unwrap_or_default(),
        word(AGES, facts.age_group, lang),
        facts.product_standard,
        facts.use_notes.zh,
        facts.use_notes.en,
        facts.stages.spin,
        facts.stages.weave,
        facts.stages.dye,
        facts.stages.sew,
        facts.materials.zh,
        facts.materials.en,
        facts.origin.zh,
        facts.origin.en,
        recycled,
        facts.repair.zh,
        facts.repair.en,
        facts.take_back.zh,
        facts.take_back.en,
        word(RETURNS, facts.no_reason_return, lang),
        word(STATES, style.status, lang),
    ]
}

/// The word for a value: tables begin with the Chinese words.
fn word<T: PartialEq>(words: &[(&str, T)], value: T, lang: Lang) -> String {
    words
        .iter()
        .find(|(word, one)| *one == value && word.is_ascii() == (lang == Lang::En))
        .map(|(word, _)| (*word).to_owned())
        .unwrap_or_default()
}

struct StyleImport {
    stamp: Stamp,
}

struct StyleRow {
    code: String,
    edits: Edits<StyleFields>,
}

impl StyleRow {
    /// The style after this row.
    fn onto(&self, before: Option<&StyleFields>) -> StyleFields {
        let mut fields = before.cloned().unwrap_or_default();
        if before.is_none() {
            fields.code.clone_from(&self.code);
        }
        self.edits.onto(&mut fields);
        let as_before =
            |before: Option<&String>, now: Option<String>| now.map(|now| before.map_or(now.clone(), |before| rewritten(before, now)));
        if let Some(before) = before {
            fields.manufacturer = as_before(before.manufacturer.as_ref(), fields.manufacturer);
            fields.policy = as_before(before.policy.as_ref(), fields.policy);
        }
        fields
    }
}

impl Import for StyleImport {
    type Record = StyleRow;

    fn columns(&self) -> &'static Columns {
        const { &STYLE_COLUMNS }
    }

    fn read(&mut self, row: &mut Row<'_>) -> Option<StyleRow> {
        let code = row.code("code");
        let mut cells: EditReader<'_, '_, StyleFields> = EditReader::of(row);
        cells.line("name_zh", 120, |style, text| style.name.zh = text);
        cells.line("name_en", 120, |style, text| style.name.en = text);
        cells.line("brand", 80, |style, text| style.brand = text);
        cells.line("category", 60, |style, text| style.category = text);
        cells.choice("confidential", FLAGS, |style, yes| style.confidential = yes);
        cells.line("public_name_zh", 120, |style, text| style.facts.public_name.zh = text);
        cells.line("public_name_en", 120, |style, text| style.facts.public_name.en = text);
        cells.option("manufacturer", crate::kernel::text::code, |style, code| style.manufacturer = code);
        cells.option("policy", crate::kernel::text::code, |style, code| style.policy = code);
        cells.read("composition", composition::read, |style, components| style.facts.composition = components);
        cells.read("care", care_codes, |style, codes| style.facts.care = codes);
        cells.line("care_note_zh", 240, |style, text| style.facts.care_note.zh = text);
        cells.line("care_note_en", 240, |style, text| style.facts.care_note.en = text);
        cells.option("safety_class", |field, cell| one_of(field, cell, CLASSES), |style, class| style.facts.safety_class = class);
        cells.choice("age_group", AGES, |style, age| style.facts.age_group = age);
        cells.line("product_standard", 120, |style, text| style.facts.product_standard = text);
        cells.paragraph("use_notes_zh", 2_000, |style, text| style.facts.use_notes.zh = text);
        cells.paragraph("use_notes_en", 2_000, |style, text| style.facts.use_notes.en = text);
        cells.read("spin_country", countries::read, |style, code| style.facts.stages.spin = code);
        cells.read("weave_country", countries::read, |style, code| style.facts.stages.weave = code);
        cells.read("dye_country", countries::read, |style, code| style.facts.stages.dye = code);
        cells.read("sew_country", countries::read, |style, code| style.facts.stages.sew = code);
        cells.paragraph("materials_zh", 2_000, |style, text| style.facts.materials.zh = text);
        cells.paragraph("materials_en", 2_000, |style, text| style.facts.materials.en = text);
        cells.paragraph("origin_zh", 2_000, |style, text| style.facts.origin.zh = text);
        cells.paragraph("origin_en", 2_000, |style, text| style.facts.origin.en = text);
        cells.option("recycled", share, |style, hundredths| style.facts.recycled_hundredths = hundredths);
        cells.paragraph("repair_zh", 2_000, |style, text| style.facts.repair.zh = text);
        cells.paragraph("repair_en", 2_000, |style, text| style.facts.repair.en = text);
        cells.paragraph("take_back_zh", 2_000, |style, text| style.facts.take_back.zh = text);
        cells.paragraph("take_back_en", 2_000, |style, text| style.facts.take_back.en = text);
        cells.choice("no_reason_return", RETURNS, |style, rule| style.facts.no_reason_return = rule);
        cells.choice("status", STATES, |style, status| style.status = status);
        let edits = cells.end();
        let code = code?;
        row.unique_code("code", &code);
        Some(StyleRow { code, edits: edits? })
    }

    fn check(&mut self, db: &mut Db, chunk: &[Entry<StyleRow>]) -> Result<Checked> {
        let mut checked = Checked::default();
        let there = before(db, chunk)?;
        let after: Vec<_> = chunk.iter().zip(&there).map(|(entry, before)| (entry, before, entry.record.onto(before.as_ref()))).collect();
        let makers: Vec<&str> = after.iter().filter_map(|(_, _, fields)| fields.manufacturer.as_deref()).collect();
        let makers = parties::ids_of_codes(db, &makers)?;
        let policies = store::policy_codes(db)?;
        let standing = store::standing_of_styles(db, &chunk.iter().map(|entry| entry.record.code.as_str()).collect::<Vec<_>>())?;
        for (entry, before, fields) in after {
            checked.faults.extend(faults_of(rules::sound_style(&fields), entry.line, column_of)?);
            if let Some(code) = fields.manufacturer.as_ref().filter(|code| !makers.has(code)) {
                checked.faults.push(entry.fault("manufacturer", Code::UnknownReference).with("value", code));
            }
            if let Some(code) = fields.policy.as_ref().filter(|code| !policies.contains(&folded(code))) {
                checked.faults.push(entry.fault("policy", Code::UnknownReference).with("value", code));
            }
            if let Some(before) = before {
                let standing = standing.get(&before.code).copied().unwrap_or_default();
                let held = frozen(rules::STYLE_GUARDS, before, &fields, &standing).into_iter();
                checked.faults.extend(held.map(|fault| Fault { field: column_of(&fault.field).into(), ..fault }.at_line(entry.line)));
            }
            checked.would.compare(entry.line, &fields.code, before.as_ref(), &fields)?;
        }
        Ok(checked)
    }

    fn apply(&mut self, db: &mut Db, chunk: &[Entry<StyleRow>]) -> Result<Applied> {
        let mut applied = Applied::default();
        let there = before(db, chunk)?;
        for (entry, before) in chunk.iter().zip(there) {
            let fields = entry.record.onto(before.as_ref());
            match applied.compare(entry.line, &fields.code, before.as_ref(), &fields)? {
                Some(ChangeKind::Added) => drop(store::create_style(db, &self.stamp, &fields)?),
                Some(ChangeKind::Changed) => drop(store::change_style(db, &self.stamp, &fields.code, &fields, &Act::Edit)?),
                None => {}
            }
        }
        Ok(applied)
    }
}

/// What is there now of each row's style.
fn before(db: &mut Db, chunk: &[Entry<StyleRow>]) -> Result<Vec<Option<StyleFields>>> {
    let codes: Vec<&str> = chunk.iter().map(|entry| entry.record.code.as_str()).collect();
    let styles = store::styles_by_codes(db, &codes)?;
    let mut views: ByCode<StyleView> = style_views(db, styles)?.into_iter().map(|view| (view.code.clone(), view)).collect();
    Ok(codes.into_iter().map(|code| views.remove(code).map(StyleFields::from)).collect())
}

fn care_codes(field: &'static str, text: &str) -> Result<Vec<String>, Fault> {
    let codes: Vec<String> = text
        .split([' ', ',', '，', '、', ';', '；'])
        .map(|code| code.trim().to_ascii_lowercase())
        .filter(|code| !code.is_empty())
        .collect();
    Ok(care::in_order(field, &codes)?.into_iter().map(|symbol| symbol.code.to_owned()).collect())
}

fn share(field: &'static str, text: &str) -> Result<i64, Fault> {
    let hundredths = money::read_decimal(field, text.trim_end_matches(['%', '％', ' ']), 2)?;
    if hundredths > 10_000 { Err(Fault::new(field, Code::OutOfRange).with("min", "0%").with("max", "100%")) } else { Ok(hundredths) }
}

/// The column of a field.
fn column_of(field: &str) -> String {
    let field = field.strip_prefix("facts.").unwrap_or(field);
    match field {
        "name" => "name_zh".to_owned(),
        field if field.starts_with("composition") => "composition".to_owned(),
        field => field.replace('.', "_"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Id;
    use crate::kernel::text::Both;

    #[test]
    fn no_header_answers_to_two_columns_and_every_column_has_a_cell() {
        assert_eq!(STYLE_COLUMNS.ambiguous(), Vec::<&str>::new());
        let view = StyleView {
            id: Id(1),
            code: "S".into(),
            brand: String::new(),
            name: Both::default(),
            category: String::new(),
            confidential: false,
            manufacturer: None,
            policy: None,
            facts: Default::default(),
            status: Status::Active,
            version: 1,
        };
        assert_eq!(cells(&view, Lang::Zh).len(), STYLE_COLUMNS.columns.len());
    }
}
