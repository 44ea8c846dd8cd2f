//! Styles: designs, with what labels, the card and the passport say of them ([`StyleFacts`]).

mod care;
mod facts;
mod http;
mod label;
mod page;
mod rules;
mod store;

use crate::kernel::countries;
use crate::kernel::text::Lang;
use crate::platform::http::Entry;
use crate::platform::http::perm::Permission;
use crate::platform::imports::{ImportTable, things};
use crate::platform::rooms::{Field, Fields, Kind, Lines, Room, import_table};
use crate::production::composition::{COMPOSITION, WHOLE};
use crate::production::parties::Status;

pub use facts::{AgeGroup, Certificate, Faq, NoReasonReturn, Point, SafetyClass, SizeChart, Stages, StyleFacts};
pub use label::{LabelItem, label_items, missing_items};
pub use rules::may_see;
pub use store::{Style, StyleView, by_code, by_id, by_ids, named, policy_gaps};

/// Characters of a text of several lines.
const TEXT: Kind = Kind::Paragraph(2_000);
/// Characters of a name, a title.
const LINE: Kind = Kind::Line(120);
const COUNTRY: Kind = Kind::Text(countries::read, countries::name);

const NAME: (&str, &str) = ("名称", "Name");
const PUBLIC_NAME: (&str, &str) = ("对外名称", "Public name");
const CARE_NOTE: (&str, &str) = ("洗护补充说明", "Care note");
const USE_NOTES: (&str, &str) = ("使用和贮藏注意事项", "Use and storage");
const MATERIALS: (&str, &str) = ("材料", "Materials");
const ORIGIN: (&str, &str) = ("产地", "Origin");
const REPAIR: (&str, &str) = ("维修", "Repair");
const TAKE_BACK: (&str, &str) = ("回收", "Take-back");
const HOW: (&str, &str) = ("测量方法", "How to measure");
const POINT: (&str, &str) = ("部位", "Point");
const QUESTION: (&str, &str) = ("问题", "Question");
const ANSWER: (&str, &str) = ("回答", "Answer");

const SIZE: Field = Field::new("size", Kind::Line(20), &["尺码"], &["Size"]).unique();
const MM: Field = Field::new("mm", Kind::Whole(1, 5_000), &["毫米"], &["Millimetres"]);

#[rustfmt::skip]
const CERTIFICATES: Lines = Lines::of(50, Fields { table: "certificates", title: ("证书", "Certificates"), columns: &[
    Field::new("name", LINE, &["证书"], &["Certificate"]).needed(),
    Field::new("issuer", LINE, &["签发机构"], &["Issued by"]),
    Field::new("number", LINE, &["编号"], &["Number"]),
    Field::new("valid_to", Kind::Day, &["有效期至"], &["Valid to"]).nullable(),
] });

#[rustfmt::skip]
const POINTS: Lines = Lines::of(50, Fields { table: "points", title: ("部位", "Points"), columns: &[
    Field::new("name_zh", LINE, &["部位（中文）"], &["Point (Chinese)", "Point in Chinese"]).half_of("name", Lang::Zh, POINT).needed().at("name.zh"),
    Field::new("name_en", LINE, &["部位（英文）"], &["Point (English)", "Point in English"]).half_of("name", Lang::En, POINT).needed().at("name.en"),
    Field::new("mm", Kind::Several(&MM), &["各尺码的毫米数"], &["Millimetres for each size"]),
    Field::new("tolerance_mm", Kind::Whole(0, 500), &["允差（毫米）"], &["Tolerance in millimetres"]).nullable(),
] });

#[rustfmt::skip]
const QUESTIONS: Lines = Lines::of(50, Fields { table: "faq", title: ("常见问题", "Questions buyers ask"), columns: &[
    Field::new("question_zh", Kind::Line(240), &["问题（中文）"], &["Question (Chinese)", "Question in Chinese"]).half_of("question", Lang::Zh, QUESTION).needed().at("question.zh"),
    Field::new("question_en", Kind::Line(240), &["问题（英文）"], &["Question (English)", "Question in English"]).half_of("question", Lang::En, QUESTION).needed().at("question.en"),
    Field::new("answer_zh", TEXT, &["回答（中文）"], &["Answer (Chinese)", "Answer in Chinese"]).half_of("answer", Lang::Zh, ANSWER).needed().at("answer.zh"),
    Field::new("answer_en", TEXT, &["回答（英文）"], &["Answer (English)", "Answer in English"]).half_of("answer", Lang::En, ANSWER).needed().at("answer.en"),
] });

/// The fields of a style.
#[rustfmt::skip]
pub const FIELDS: Fields = Fields { table: "styles", title: ("款号", "Styles"), columns: &[
    Field::new("code", Kind::Code, &[], &["Code"]).of(things::STYLE).needed().listed().part("款式", "Style")
        .hint("1 到 40 个字母、数字或 - _ . / #。", "1 to 40 letters, digits or - _ . / #.", "ST-2601"),
    Field::new("name_zh", LINE, &["中文名称", "品名", "名称"], &["Name (Chinese)", "Chinese name", "Name zh"]).half_of("name", Lang::Zh, NAME).needed().listed()
        .hint("标签上印的产品名称；中文、英文至少填一个。", "As the label says it. Fill in at least one language.", "男式牛津纺衬衫"),
    Field::new("name_en", LINE, &["英文名称"], &["Name (English)", "English name", "Name", "Name en"]).half_of("name", Lang::En, NAME).needed().listed()
        .hint("", "", "Men’s Oxford shirt"),
    Field::new("brand", Kind::Line(80), &["品牌"], &["Brand"]).listed().hint("标签上的品牌。", "The brand on the label.", "示例"),
    Field::new("category", Kind::Line(60), &["品类", "类别"], &["Category", "Kind"]).listed()
        .hint("例如衬衫、裤子、工作服。", "Such as shirt, trousers, workwear.", "衬衫"),
    Field::new("confidential", Kind::Flag, &["名称保密", "保密"], &["Confidential"])
        .hint("对外只显示“对外名称”。", "The public sees only the public name.", "否"),
    Field::new("public_name_zh", LINE, &["对外名称", "对外中文名称"], &["Public name (Chinese)", "Public name in Chinese", "Public name zh"]).half_of("facts.public_name", Lang::Zh, PUBLIC_NAME).at("facts.public_name.zh")
        .hint("保密款在质保卡上显示的名称，例如“工作服”。", "What the card calls a confidential style, in Chinese.", "工作服"),
    Field::new("public_name_en", LINE, &["对外英文名称"], &["Public name (English)", "Public name", "Public name en"]).half_of("facts.public_name", Lang::En, PUBLIC_NAME).at("facts.public_name.en")
        .hint("", "The same in English, such as “Workwear”.", "Workwear"),
    Field::new("manufacturer", Kind::Code, &["制造者", "制造商", "制造者编码", "制造者编号", "制造商编码"], &["Manufacturer", "Manufacturer code"]).nullable().listed().filter("manufacturer")
        .offers("parties")
        .hint("往来单位编码。标签上印它的名称和地址。", "Code of the party. The label prints its name and address.", "HF-01"),
    Field::new("policy", Kind::Code, &[], &[]).of(things::POLICY).nullable().offers("policies")
        .hint("质保政策编码；空着用默认质保期。售出时有效的版本将一直适用于该件商品。", "Code of the warranty policy; empty for the default term. A garment keeps the version that held on the day of its sale.", "W-STD"),
    Field::new("no_reason_return", Kind::Choice(NoReasonReturn::TABLE), &["七日无理由退货", "无理由退货"], &["Seven-day return", "No-reason return"]).at("facts.no_reason_return")
        .hint("仅适用于网络等远程销售。", "For sales at a distance only.", "支持"),
    Field::new("status", Kind::Choice(Status::TABLE), &["状态"], &["Status", "State"]).listed().filter("status").hint("", "", "在用"),

    Field::new("composition", Kind::Value(COMPOSITION), &["纤维成分", "成分", "面料成分", "成分含量"], &["Composition", "Fibre composition", "Fiber composition"])
        .at("facts.composition").listed().part("标签内容", "Label")
        .hint("每个部位合计 100%，例如：面料：棉 95%，氨纶 5%；里料：聚酯纤维 100%。只有一种面料时可直接写：棉 100%。系统不认识的纤维请写成“中文/英文”。",
            "Each component sums to 100 %, such as “shell: cotton 95%, elastane 5%; lining: polyester 100%”. With one fabric throughout just “cotton 100%”. Write a fibre that is not known as “Chinese/English”.",
            "面料：棉 95%，氨纶 5%；里料：聚酯纤维 100%"),
    Field::new("care", Kind::Value(care::CARE), &["洗涤符号", "维护符号", "洗护"], &["Care", "Care symbols"]).at("facts.care")
        .hint("每组最多一个符号；文件里填符号代码，用空格分开。", "At most one symbol of each group; in a file their codes with spaces between.", "wash-30-mild bleach-no tumble-no iron-110 clean-no"),
    Field::new("care_note_zh", Kind::Line(240), &["洗护补充说明"], &["Care note (Chinese)", "Care note zh"]).half_of("facts.care_note", Lang::Zh, CARE_NOTE).at("facts.care_note.zh")
        .hint("符号之外的维护说明。", "What to heed beyond the symbols, in Chinese.", "深色衣物请分开洗涤"),
    Field::new("care_note_en", Kind::Line(240), &["英文洗护补充说明"], &["Care note (English)", "Care note", "Care note en"]).half_of("facts.care_note", Lang::En, CARE_NOTE).at("facts.care_note.en")
        .hint("", "The same in English.", "Wash dark colours separately"),
    Field::new("age_group", Kind::Choice(AgeGroup::TABLE), &["适用人群", "年龄段"], &["Age group"]).at("facts.age_group")
        .hint("婴幼儿为 36 个月及以下，儿童为 3 岁以上、14 岁及以下；决定适用 GB 18401 还是 GB 31701。", "Infants up to 36 months, children from 3 to 14 years. Decides between GB 18401 and GB 31701.", "成人"),
    Field::new("safety_class", Kind::Choice(SafetyClass::TABLE), &["安全类别", "安全技术类别"], &["Safety class"]).nullable().at("facts.safety_class")
        .hint("A、B 或 C（GB 18401；儿童产品 GB 31701）。", "A, B or C (GB 18401; for children GB 31701).", "B"),
    Field::new("product_standard", LINE, &["执行标准", "产品标准"], &["Product standard", "Standard"]).at("facts.product_standard")
        .hint("例如 GB/T 2660-2017。", "Such as GB/T 2660-2017.", "GB/T 2660-2017"),
    Field::new("use_notes_zh", TEXT, &["使用和贮藏注意事项", "使用说明"], &["Use notes (Chinese)", "Use notes zh"]).half_of("facts.use_notes", Lang::Zh, USE_NOTES).at("facts.use_notes.zh")
        .hint("", "Use and storage, in Chinese.", "请存放在干燥处"),
    Field::new("use_notes_en", TEXT, &["英文使用说明"], &["Use notes (English)", "Use notes", "Use notes en"]).half_of("facts.use_notes", Lang::En, USE_NOTES).at("facts.use_notes.en")
        .hint("", "The same in English.", "Store in a dry place"),

    Field::new("spin_country", COUNTRY, &["纺纱国"], &["Country of spinning", "Spun in"]).at("facts.stages.spin").part("产地、材料与证书", "Origin, materials and certificates")
        .hint("所在国家：两位代码或名称，例如 CN 或 中国。", "Two-letter code or name, such as CN or China.", "CN"),
    Field::new("weave_country", COUNTRY, &["织造国"], &["Country of weaving", "Woven in", "Knitted in"]).at("facts.stages.weave").hint("", "", "CN"),
    Field::new("dye_country", COUNTRY, &["染整国"], &["Country of dyeing", "Dyed in"]).at("facts.stages.dye").hint("", "", "CN"),
    Field::new("sew_country", COUNTRY, &["缝制国", "产地", "原产国"], &["Country of sewing", "Sewn in", "Made in"]).at("facts.stages.sew").hint("", "", "VN"),
    Field::new("materials_zh", TEXT, &["材料说明"], &["Materials (Chinese)", "Materials zh"]).half_of("facts.materials", Lang::Zh, MATERIALS).at("facts.materials.zh")
        .hint("给消费者看的材料说明。", "About the materials, for buyers, in Chinese.", "长绒棉"),
    Field::new("materials_en", TEXT, &["英文材料说明"], &["Materials (English)", "Materials", "Materials en"]).half_of("facts.materials", Lang::En, MATERIALS).at("facts.materials.en")
        .hint("", "The same in English.", "Long-staple cotton"),
    Field::new("origin_zh", TEXT, &["产地说明"], &["Origin (Chinese)", "Origin zh"]).half_of("facts.origin", Lang::Zh, ORIGIN).at("facts.origin.zh")
        .hint("给消费者看的产地说明。", "Where it comes from, for buyers, in Chinese.", "新疆棉，越南缝制"),
    Field::new("origin_en", TEXT, &["英文产地说明"], &["Origin (English)", "Origin", "Origin en"]).half_of("facts.origin", Lang::En, ORIGIN).at("facts.origin.en")
        .hint("", "The same in English.", "Cotton from Xinjiang, sewn in Vietnam"),
    Field::new("recycled", Kind::Decimal(2, WHOLE, "%"), &["再生料含量", "再生含量"], &["Recycled content", "Recycled"]).nullable().at("facts.recycled_hundredths")
        .hint("占整件质量的百分比，例如 20%。", "Per cent of the whole garment’s mass, such as 20%.", "20%"),
    Field::new("repair_zh", TEXT, &["维修说明"], &["Repair (Chinese)", "Repair zh"]).half_of("facts.repair", Lang::Zh, REPAIR).at("facts.repair.zh")
        .hint("", "How it can be repaired, in Chinese.", "门店可换纽扣"),
    Field::new("repair_en", TEXT, &["英文维修说明"], &["Repair (English)", "Repair", "Repair en"]).half_of("facts.repair", Lang::En, REPAIR).at("facts.repair.en")
        .hint("", "The same in English.", "Shops replace buttons"),
    Field::new("take_back_zh", TEXT, &["回收说明"], &["Take-back (Chinese)", "Take-back zh"]).half_of("facts.take_back", Lang::Zh, TAKE_BACK).at("facts.take_back.zh")
        .hint("", "How it is taken back, in Chinese.", "旧衣可送回门店"),
    Field::new("take_back_en", TEXT, &["英文回收说明"], &["Take-back (English)", "Take-back", "Take-back en"]).half_of("facts.take_back", Lang::En, TAKE_BACK).at("facts.take_back.en")
        .hint("", "The same in English.", "Bring worn garments back to the shop"),
    Field::new("certificates", Kind::Lines(&CERTIFICATES), &["证书"], &["Certificates"]).at("facts.certificates")
        .hint("文件里每行一项：证书|签发机构|编号|有效期至。", "In a file one a line: certificate|issued by|number|valid to.", "OEKO-TEX STANDARD 100|Hohenstein|24.HCN.12345|2027-03-31"),

    Field::new("sizes", Kind::Several(&SIZE), &["尺码"], &["Sizes"]).at("facts.size_chart.sizes").part("成衣尺寸表", "Finished measurements")
        .hint("用逗号分开，例如 S, M, L。", "Separated by commas, such as S, M, L.", "S, M, L"),
    Field::new("points", Kind::Lines(&POINTS), &["部位"], &["Points"]).at("facts.size_chart.points")
        .hint("文件里每行一个：部位（中文）|部位（英文）|各尺码的毫米数|允差。", "In a file one a line: point in Chinese|in English|millimetres for each size|tolerance.", "胸围|Chest|1020, 1060, 1105|10"),
    Field::new("how_zh", TEXT, &["测量方法（中文）"], &["How to measure (Chinese)", "How to measure, in Chinese"]).half_of("facts.size_chart.how", Lang::Zh, HOW).at("facts.size_chart.how.zh").hint("", "", "平铺测量"),
    Field::new("how_en", TEXT, &["测量方法（英文）"], &["How to measure (English)", "How to measure, in English"]).half_of("facts.size_chart.how", Lang::En, HOW).at("facts.size_chart.how.en").hint("", "", "Measured lying flat"),
    Field::new("faq", Kind::Lines(&QUESTIONS), &["常见问题"], &["Questions buyers ask"]).at("facts.faq").part("常见问题", "Questions buyers ask")
        .hint("文件里每行一个：问题（中文）|问题（英文）|回答（中文）|回答（英文）。", "In a file one a line: question in Chinese|in English|answer in Chinese|in English.", "会缩水吗？|Does it shrink?|首次洗涤约 1%。|About 1% at the first wash."),
] };

/// The room.
pub const ROOM: Room = Room::new("styles", http::routes)
    .menu(&[Entry::new("/styles", "styles-title", &[Permission::CatalogueRead]).act(
        "/styles/new",
        "styles-new",
        Permission::CatalogueEdit,
    )])
    .imports(&[IMPORT]);

/// The table, for the import desk.
pub const IMPORT: ImportTable = import_table::<StyleView>();

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_header_answers_to_two_fields() {
        assert_eq!(FIELDS.ambiguous(), Vec::<&str>::new());
    }
}
