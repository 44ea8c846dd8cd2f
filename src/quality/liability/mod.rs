//! Liability: who pays what share of a matter, and why, so that the one who pays can work it out again.
//!
//! [`rules`] decide and keep nothing: rule tables and a matter go in, a reckoning comes out, and a bundle freezes all three. Around them, what is
//! stored: the rule tables' versions, which take two people; a [`LineVerdict`] for a line of a case, gathered from what is known of it and moved
//! through its states, which moves the costs when it becomes final; and the [`Statement`] of what a party is charged with, a file that anybody can
//! work out again ([`rules::verify`]).

mod acts;
mod agreements;
mod chargebacks;
mod dossier;
mod evidence;
mod gather;
mod http;
mod page;
pub mod rules;
pub mod starter;
mod store;
mod sweep;
mod view;

pub use chargebacks::ChargebackState;
pub use evidence::{EvidenceKind, EvidenceResult};
pub use gather::{ExcessRead, counts, read_excess};
pub use rules::{
    Basis, Bundle, Change, Claim, ENGINE, Evidence, EvidenceRule, Excess, Factor, Gate, Matter, Money, Moved, Outcome, Prior, Reckoning,
    Role, Rules, Sample, Shares, Verdict, WHOLE, Without, difference, reckon, sensitivity,
};
pub use store::agreements::SupplierAgreement;
pub use store::chargebacks::{Chargeback, move_on as move_chargeback};
pub use store::contests::{VerdictReply, reply};
pub use store::inspections::{SecondInspection, inspect_again};
pub use store::records::EvidenceRecord;
pub use store::rule_sets::{RuleSet, active};
pub use store::statements::{Statement, StatementAsk, make_statement, make_statement_with};
pub use store::verdicts::{LineVerdict, VerdictAsk, VerdictShare, decide, finish, notify, propose, shares_of, unsound};
pub use sweep::accept_all_silent;

use std::time::Duration;

use crate::aftersales::cases::{CASE, FROM_CASE, FROM_LINE};
use crate::choices;
use crate::inspection::defects::DEFECT;
use crate::kernel::machine::Machine;
use crate::kernel::{Fault, text};
use crate::machine;
use crate::platform::http::perm::Permission;
use crate::platform::http::{Entry, Onward};
use crate::platform::rooms::{Field, Fields, Kind, Lines, Reference, Room, Sweep};
use crate::production::parties::PARTY;
use starter::{ClaimFact, called};

/// What a party may hand in, as a file field says it: pictures and documents first, and anything else.
pub const TAKEN: &str = "image/*,application/pdf,*/*";

/// The room.
pub const ROOM: Room = Room::new("liability", http::routes)
    .menu(&[
        Entry::new("/verdicts", "verdicts-title", &[Permission::LiabilityRead]),
        Entry::new("/verdicts/replies", "verdicts-replies", &[Permission::LiabilityRead]),
        Entry::new("/statements", "statements-title", &[Permission::LiabilityRead]),
        Entry::new("/chargebacks", "chargebacks-title", &[Permission::LiabilityRead]),
        Entry::new("/evidence", "evidence-title", &[Permission::CasesRead]),
        Entry::new("/supplier-agreements", "supplier-agreements-title", &[Permission::LiabilityRead]),
        Entry::new("/liability-rules", "liability-rules-title", &[Permission::LiabilityEdit]),
    ])
    .seeds(&[store::rule_sets::seed])
    // Days are what counts.
    .sweeps(&[Sweep { name: "liability", every: Duration::from_mins(10), run: |app| accept_all_silent(app).map(drop) }])
    .onward(&[
        Onward::new(FROM_CASE, "/verdicts?case={}", "verdicts-title", Permission::LiabilityRead),
        Onward::new(FROM_LINE, "/verdicts/new?case={}&line={}", "verdicts-new", Permission::LiabilityEdit),
    ]);

choices! {
    /// Where a version of the rule tables stands.
    #[derive(Default)]
    RulesState {
        /// Somebody wants it.
        #[default]
        Proposed = "proposed", "待审批", "To be approved";
        /// It holds.
        Active = "active", "生效中", "In force";
        /// It held before.
        Retired = "retired", "已替换", "Replaced";
        /// Somebody else said no.
        Rejected = "rejected", "未通过", "Rejected";
    }
}

/// Where a version of the rule tables may go.
pub const RULES_MACHINE: Machine<RulesState> = machine![RulesState:
    Proposed => Active | Rejected;
    Active => Retired
];

choices! {
    /// Where a verdict stands.
    #[derive(Default)]
    VerdictState {
        /// Begun.
        #[default]
        Open = "open", "未开始", "Begun";
        /// The rules ran.
        Proposed = "proposed", "已提出", "Proposed";
        /// Whoever is charged knows, and may reply.
        Notified = "notified", "已通知", "Notified";
        /// All who are charged accept.
        Accepted = "accepted", "已接受", "Accepted";
        /// One of them does not.
        Contested = "contested", "有异议", "Contested";
        /// Somebody decided.
        Decided = "decided", "已裁定", "Decided";
        /// The costs are moved.
        Final = "final", "已生效", "Final";
        /// A later version holds.
        Superseded = "superseded", "已被取代", "Superseded";
    }
}

/// Where a verdict may go. One that charges nobody outside is decided without notice.
pub const VERDICT_MACHINE: Machine<VerdictState> = machine![VerdictState:
    Open => Proposed | Superseded;
    Proposed => Notified | Decided | Superseded;
    Notified => Accepted | Contested | Decided | Superseded;
    Accepted => Final | Superseded;
    Contested => Decided | Superseded;
    Decided => Final | Superseded;
    Final => Superseded
];

choices! {
    /// What decided a verdict.
    #[derive(Default)]
    VerdictBasis {
        /// A hard rule.
        Gate = "gate", "硬性条款", "A hard rule";
        /// A hard rule that holds it back.
        Held = "held", "暂缓", "Held back";
        /// The agreed shares and the evidence.
        Evidence = "evidence", "约定份额与证据", "Agreed shares and evidence";
        /// Nobody leads: nobody is charged.
        #[default]
        Unresolved = "unresolved", "无法认定", "Unresolved";
        /// Nothing is agreed for the defect: nobody is charged.
        NoPrior = "no_prior", "没有约定", "Nothing agreed";
    }
}

choices! {
    /// What a party said to what it is charged with.
    #[derive(Default)]
    ReplyState {
        /// Nothing yet.
        #[default]
        None = "none", "未答复", "Nothing yet";
        /// It accepts.
        Accepted = "accepted", "已接受", "Accepted";
        /// It does not.
        Contested = "contested", "有异议", "Contested";
        /// It said nothing until its last day was over, and had agreed that this accepts.
        Silent = "silent", "逾期视为接受", "Accepted by silence";
    }
}

choices! {
    /// What somebody handed in.
    #[derive(Default)]
    FileKind {
        /// A picture, made anew.
        Photo = "photo", "照片", "Photo";
        /// A PDF.
        Pdf = "pdf", "PDF", "PDF";
        /// Anything else, as it came.
        #[default]
        Other = "other", "其他文件", "Other file";
    }
}

choices! {
    /// What is usually handed in with a contest. Nobody is refused for what is missing.
    WantedProof {
        /// Pictures of the garment, the part or the retained sample.
        Photo = "photo", "实物、零件或留样的照片", "Photos of the garment, the part or the retained sample";
        /// A report as a document.
        Report = "report", "检测报告或生产记录（PDF 或其他文件）", "A test report or production record, as PDF or any other file";
    }
}

impl WantedProof {
    /// What of it is not among these files.
    fn missing(files: &[store::files::VerdictFile]) -> Vec<Self> {
        let has = |photo: bool| files.iter().any(|file| (file.kind == FileKind::Photo) == photo);
        [(Self::Photo, has(true)), (Self::Report, has(false))].into_iter().filter(|(_, has)| !has).map(|(one, _)| one).collect()
    }
}

choices! {
    /// What would resolve what is open.
    Needed {
        /// A laboratory.
        LabTest = "lab_test", "实验室检测", "A laboratory test of the cloth";
        /// A closer look at the part.
        PartInspection = "part_inspection", "零件复检", "An inspection of the part";
        /// Which lots went into the garment.
        Lots = "lots", "登记用了哪些物料批", "Record which lots went in";
        /// How much of each.
        LotQuantities = "lot_quantities", "登记各物料批的用量", "Record how much of each lot went in";
        /// Who carried it.
        CarrierName = "carrier_name", "指明承运商", "Name the carrier";
        /// Who sold it.
        RetailerName = "retailer_name", "登记零售商", "Record the retailer";
        /// Agreed shares for the defect.
        AgreedShares = "agreed_shares", "约定该缺陷的份额", "Agree shares for this defect";
        /// What the rule that holds it back waits for.
        Release = "release", "查清暂缓的原因", "Clear what holds it back";
    }
}

choices! {
    /// Whether a statement stands.
    #[derive(Default)]
    StatementState {
        /// It stands.
        #[default]
        Issued = "issued", "有效", "Issued";
        /// Taken back: its lines may stand in another.
        Void = "void", "已作废", "Void";
    }
}

/// Where a statement may go.
pub const STATEMENT_MACHINE: Machine<StatementState> = machine![StatementState: Issued => Void];

/// Where a batch leads.
const BATCH: Reference = Reference { room: "batches", narrowed: "", needs: "production.read" };
/// Where a statement leads.
const STATEMENT: Reference = Reference { room: "statements", narrowed: "", needs: "liability.read" };
/// Where a verdict leads.
const VERDICT: Reference = Reference { room: "verdicts", narrowed: "", needs: "liability.read" };

const REASON: Field = Field::new("reason", Kind::Paragraph(1_000), &["理由"], &["Reason"]).hint("不要写个人信息。", "Name no person.", "");

#[rustfmt::skip]
const TABLES: Field = Field::new("rules", Kind::Paragraph(500_000), &["规则表（JSON）"], &["Tables (JSON)"]).needed()
    .hint("硬性条款、各缺陷的约定份额、证据的含义；version 要用新的名称。", "Hard rules, agreed shares by defect, what evidence means. Its version must be a new name.", "");

/// The fields of a version of the rule tables.
#[rustfmt::skip]
pub const RULES_FIELDS: Fields = Fields { table: "liability-rules", title: ("责任规则", "Liability rules"), columns: &[
    Field::new("code", Kind::Line(80), &["版本"], &["Version"]).only_read().listed(),
    Field::new("state", Kind::Choice(RulesState::TABLE), &["状态"], &["State"]).only_read().listed(),
    REASON.needed().listed(),
    TABLES,
    Field::new("sha256", Kind::Line(64), &["SHA-256"], &["SHA-256"]).only_read(),
    Field::new("proposed_by", Kind::Actor, &["提出人"], &["Proposed by"]).only_read().listed(),
    Field::new("approved_by", Kind::Actor, &["审批人"], &["Approved by"]).only_read().listed(),
    Field::new("created_at", Kind::Moment, &["提出时间"], &["Proposed"]).only_read().listed(),
] };

/// What is said of new tables.
#[rustfmt::skip]
const NEW_RULES: Fields = Fields { table: RULES_FIELDS.table, title: RULES_FIELDS.title, columns: &[
    REASON.needed(),
    TABLES,
] };

/// The code of a clause or of a piece of evidence.
const CLAUSE: Kind = Kind::Text(clause, called);

fn clause(field: &'static str, text: &str) -> Result<String, Fault> {
    text::line(field, text, 80)
}

/// The evidence of a claim.
#[rustfmt::skip]
const EVIDENCE: Lines = Lines::of(30, Fields { table: "evidence", title: ("证据", "Evidence"), columns: &[
    Field::new("rule", CLAUSE, &["证据代码"], &["Evidence"]).needed().hint("规则表里的证据代码。", "A code of evidence of the rule tables.", "supplier_laboratory_meets_spec"),
    Field::new("source", Kind::Line(200), &["来源"], &["Source"]).needed().hint("报告或记录的编号。", "Number of the report or record.", "SGS-2026-0815"),
] });

/// The shares of a verdict.
#[rustfmt::skip]
const SHARES: Lines = Lines::of(50, Fields { table: "shares", title: ("份额", "Shares"), columns: &[
    Field::new("role", Kind::Choice(Role::TABLE), &["责任方"], &["Role"]).only_read().listed(),
    Field::new("party", Kind::Code, &["单位"], &["Party"]).nullable().only_read().listed().refers(&PARTY),
    Field::new("lot", Kind::Line(80), &["物料批"], &["Lot"]).nullable().only_read().listed(),
    Field::new("micro", Kind::Decimal(4, 1_000_000, "%"), &["份额"], &["Share"]).only_read().listed(),
] });

/// What those who are charged were told.
#[rustfmt::skip]
const NOTICES: Lines = Lines::of(50, Fields { table: "notices", title: ("通知与答复", "Told, and replied"), columns: &[
    Field::new("party", Kind::Code, &["单位"], &["Party"]).only_read().listed().refers(&PARTY),
    Field::new("reply_by", Kind::Day, &["答复截止"], &["Reply by"]).only_read().listed(),
    Field::new("reply_days", Kind::Whole(1, 365), &["工作日"], &["Working days"]).only_read().listed(),
    Field::new("silence_accepts", Kind::Flag, &["逾期视为接受"], &["Silence accepts"]).only_read().listed(),
    Field::new("reply", Kind::Choice(ReplyState::TABLE), &["答复"], &["Reply"]).only_read().listed(),
    Field::new("rounds_left", Kind::Whole(0, 2), &["还可提出异议的次数"], &["Contests left"]).only_read().listed(),
    Field::new("is_rough", Kind::Flag, &["节假日未公布"], &["Holidays not known yet"]).only_read(),
] });

const CASE_NO: Field = Field::new("case", Kind::Line(40), &["工单号"], &["Case"]).needed().listed().refers(&CASE).filter("case");
const LINE_NO: Field = Field::new("line", Kind::Whole(1, 100_000), &["行号"], &["Line"]).nullable().listed();
#[rustfmt::skip]
const FACTS: Field = Field::new("facts", Kind::Choices(ClaimFact::TABLE), &["已知事实"], &["Facts"])
    .hint("硬性条款要问的事实；系统能从记录得出的不用填。", "What hard rules ask for. What follows from the records need not be said.", "");
#[rustfmt::skip]
const FOUND: Field = Field::new("evidence", Kind::Lines(&EVIDENCE), &["证据"], &["Evidence"]);
#[rustfmt::skip]
const WITHDRAWN: Field = Field::new("withdrawn", Kind::Lines(&EVIDENCE), &["撤回的证据"], &["Evidence withdrawn"]).rare()
    .hint("上一版人工说过、现在不再成立的证据，写法与当时相同。", "Evidence that somebody said for the version before and that holds no more, as it was said.", "");
#[rustfmt::skip]
const CARRIED_BY: Field = Field::new("carrier", Kind::Code, &["承运商"], &["Carrier"]).nullable().refers(&PARTY).rare()
    .hint("与运输有关时填写承运商编码。", "Code of the carrier, where transport matters.", "SF");

/// The fields of a verdict.
#[rustfmt::skip]
pub const VERDICT_FIELDS: Fields = Fields { table: "verdicts", title: ("责任认定", "Verdicts"), columns: &[
    Field::new("code", Kind::Id, &["认定"], &["Verdict"]).only_read(),
    CASE_NO, LINE_NO,
    Field::new("seq", Kind::Whole(1, i64::MAX), &["版次"], &["Version"]).only_read().listed(),
    Field::new("batch", Kind::Code, &["批次"], &["Batch"]).only_read().listed().refers(&BATCH).filter("batch"),
    Field::new("defect", Kind::Line(40), &["发现的缺陷"], &["Defect found"]).nullable().only_read().listed().refers(&DEFECT).filter("defect"),
    Field::new("state", Kind::Choice(VerdictState::TABLE), &["状态"], &["State"]).only_read().listed().filter("state"),
    Field::new("basis", Kind::Choice(VerdictBasis::TABLE), &["依据"], &["Basis"]).only_read().listed(),
    Field::new("clause", CLAUSE, &["条款"], &["Clause"]).only_read(),
    Field::new("cause", Kind::Choice(crate::aftersales::classes::CaseCause::TABLE), &["原因"], &["Cause"]).only_read().listed(),
    Field::new("needs", Kind::Choices(Needed::TABLE), &["还需要"], &["What would resolve it"]).only_read(),
    Field::new("ambiguous", Kind::Flag, &["涉及多家的物料批"], &["Lots of several parties"]).only_read(),
    FACTS, FOUND, CARRIED_BY,
    Field::new("shares", Kind::Lines(&SHARES), &["份额"], &["Shares"]).only_read(),
    Field::new("notices", Kind::Lines(&NOTICES), &["通知与答复"], &["Told, and replied"]).only_read().not_in_files(),
    Field::new("reply_by", Kind::Day, &["答复截止"], &["Reply by"]).nullable().only_read(),
    REASON,
    Field::new("rules", Kind::Line(80), &["规则版本"], &["Rule tables"]).only_read(),
    Field::new("sha256", Kind::Line(64), &["SHA-256"], &["SHA-256"]).only_read(),
    Field::new("proposed_by", Kind::Actor, &["提出人"], &["Proposed by"]).only_read(),
    Field::new("decided_by", Kind::Actor, &["裁定人"], &["Decided by"]).only_read(),
    Field::new("final_on", Kind::Day, &["生效日期"], &["Final since"]).nullable().only_read(),
    Field::new("created_at", Kind::Moment, &["提出时间"], &["Proposed"]).only_read().listed(),
] };

/// What is said of a new verdict.
#[rustfmt::skip]
const NEW_VERDICT: Fields = Fields { table: VERDICT_FIELDS.table, title: VERDICT_FIELDS.title, columns: &[
    CASE_NO.hint("工单的编号。", "The number of the case.", "C-2026-000123"),
    LINE_NO.hint("工单中的第几件；只有一件时可不填。", "Which garment of the case; may be left out where there is one.", "1"),
    FACTS,
    FOUND.hint("上一版说过的继续有效，只填新增的。", "What was said for the version before holds on: say what is new.", ""),
    WITHDRAWN, CARRIED_BY,
    REASON.hint("重新认定时必须说明理由；不要写个人信息。", "Needed where there was a version before: why it is reckoned anew. Name no person.", ""),
] };

/// What else verdicts can be narrowed by.
const VERDICT_FILTERS: &[Field] = &[Field::new("party", Kind::Line(40), &["单位"], &["Party"]).refers(&PARTY)];

/// What is asked of whoever decides, contests or takes back.
#[rustfmt::skip]
const WHY: Fields = Fields { table: "verdicts", title: VERDICT_FIELDS.title, columns: &[REASON.needed()] };

/// What is asked of whoever looks again.
#[rustfmt::skip]
const LOOK_AGAIN: Fields = Fields { table: "verdicts", title: VERDICT_FIELDS.title, columns: &[
    Field::new("found", Kind::Line(40), &["复检发现的缺陷"], &["Defect found"]).nullable().refers(&DEFECT).hint("缺陷目录中的代码；没有发现缺陷就留空。", "A code of the defect catalogue; empty where nothing was found.", "button_loose"),
    Field::new("report", Kind::Paragraph(2_000), &["复检报告"], &["Report"]).needed().hint("看到了什么、怎么检验的；责任方会读到，不要写个人信息。", "What was seen, and how it was looked at. The party reads it; name no person.", ""),
] };

/// The lines of a statement.
#[rustfmt::skip]
const STATEMENT_LINES: Lines = Lines::of(usize::MAX, Fields { table: "lines", title: ("明细", "Lines"), columns: &[
    Field::new("verdict", Kind::Id, &["认定"], &["Verdict"]).only_read().listed().refers(&VERDICT),
    Field::new("kind", Kind::Choice(rules::StatementKind::TABLE), &["类别"], &["Kind"]).only_read().listed(),
    Field::new("case", Kind::Line(40), &["工单号"], &["Case"]).only_read().listed(),
    Field::new("batch", Kind::Line(40), &["批次"], &["Batch"]).only_read().listed(),
    Field::new("defect", Kind::Line(40), &["缺陷"], &["Defect"]).only_read().listed().refers(&DEFECT),
    Field::new("share", Kind::Decimal(4, 1_000_000, "%"), &["份额"], &["Share"]).only_read().listed(),
    Field::new("ambiguous", Kind::Flag, &["涉及多家的物料批"], &["Lots of several parties"]).only_read().listed(),
    Field::new("reply_by", Kind::Day, &["答复截止"], &["Reply by"]).nullable().only_read().listed(),
    Field::new("reply", Kind::Choice(ReplyState::TABLE), &["答复"], &["Reply"]).nullable().only_read().listed(),
    Field::new("corrects", Kind::Id, &["更正的报告"], &["Corrects"]).nullable().only_read().listed().refers(&STATEMENT),
    Field::new("amount", Kind::Amount, &["金额"], &["Amount"]).only_read().listed().in_unit_of("currency"),
] });

/// How often what the party answers for fails.
const MICRO: Kind = Kind::Decimal(6, i64::MAX, "");
#[rustfmt::skip]
const STATEMENT_COUNTS: Lines = Lines::of(usize::MAX, Fields { table: "counts", title: ("缺陷率", "How often"), columns: &[
    Field::new("of", Kind::Choice(rules::CountOf::TABLE), &["对象"], &["Of"]).only_read().listed(),
    Field::new("lot", Kind::Line(80), &["物料批"], &["Lot"]).nullable().only_read().listed(),
    Field::new("defect", Kind::Line(40), &["缺陷"], &["Defect"]).only_read().listed().refers(&DEFECT),
    Field::new("claims", Kind::Whole(0, i64::MAX), &["已确认索赔"], &["Confirmed claims"]).only_read().listed(),
    Field::new("expected_micro", MICRO, &["应有索赔"], &["Expected"]).only_read().listed(),
    Field::new("ratio_micro", MICRO, &["倍数"], &["Ratio"]).only_read().listed(),
    Field::new("lower_micro", MICRO, &["下限（5%）"], &["At least (5 %)"]).only_read().listed(),
    Field::new("upper_micro", MICRO, &["上限（95%）"], &["At most (95 %)"]).only_read().listed(),
    Field::new("completeness_micro", Kind::Decimal(4, 1_000_000, "%"), &["现在已能知道的比例"], &["Can be known by now"]).nullable().only_read().listed(),
] });

/// The same by month.
#[rustfmt::skip]
const STATEMENT_MONTHS: Lines = Lines::of(usize::MAX, Fields { table: "months", title: ("逐月", "By month"), columns: &[
    Field::new("of", Kind::Choice(rules::CountOf::TABLE), &["对象"], &["Of"]).only_read().listed(),
    Field::new("lot", Kind::Line(80), &["物料批"], &["Lot"]).nullable().only_read().listed(),
    Field::new("defect", Kind::Line(40), &["缺陷"], &["Defect"]).only_read().listed().refers(&DEFECT),
    Field::new("month", Kind::Line(7), &["索赔月份"], &["Month of the claims"]).only_read().listed(),
    Field::new("claims", Kind::Whole(0, i64::MAX), &["已确认索赔"], &["Confirmed claims"]).only_read().listed(),
    Field::new("expected_micro", MICRO, &["应有索赔"], &["Expected"]).only_read().listed(),
] });

/// The fields of a statement.
#[rustfmt::skip]
pub const STATEMENT_FIELDS: Fields = Fields { table: "statements", title: ("责任报告", "Statements"), columns: &[
    Field::new("code", Kind::Id, &["报告"], &["Statement"]).only_read(),
    PARTY_CODE, FROM, TO,
    Field::new("claims", Kind::Whole(0, i64::MAX), &["明细数"], &["Lines"]).only_read().listed(),
    Field::new("amount", Kind::Amount, &["金额"], &["Amount"]).only_read().listed().in_unit_of("currency"),
    CURRENCY,
    Field::new("state", Kind::Choice(StatementState::TABLE), &["状态"], &["State"]).only_read().listed().filter("state"),
    Field::new("sha256", Kind::Line(64), &["SHA-256"], &["SHA-256"]).only_read(),
    Field::new("engine", Kind::Line(40), &["计算程序"], &["Engine"]).only_read(),
    Field::new("created_by", Kind::Actor, &["编制人"], &["Made by"]).only_read(),
    Field::new("created_at", Kind::Moment, &["编制时间"], &["Made"]).only_read().listed(),
    Field::new("ambiguous", Kind::Amount, &["其中涉及多家物料批"], &["Of that with lots of several parties"]).only_read().in_unit_of("currency"),
    Field::new("lines", Kind::Lines(&STATEMENT_LINES), &["明细"], &["Lines"]).only_read().not_in_files(),
    Field::new("counts", Kind::Lines(&STATEMENT_COUNTS), &["缺陷率"], &["How often it fails"]).only_read().not_in_files(),
    Field::new("months", Kind::Lines(&STATEMENT_MONTHS), &["逐月索赔与应有"], &["Claimed and expected by month"]).only_read().not_in_files(),
] };

#[rustfmt::skip]
const PARTY_CODE: Field = Field::new("party", Kind::Code, &["单位编码"], &["Party"]).needed().listed().refers(&PARTY).filter("party").hint("由谁承担。", "Who is charged.", "HF-01");
const FROM: Field = Field::new("from", Kind::Day, &["从"], &["From"]).needed().listed().hint(
    "认定在这一天或之后生效。",
    "Verdicts that became final on or after this day.",
    "2026-05-01",
);
const TO: Field = Field::new("to", Kind::Day, &["到"], &["To"]).needed().listed().hint(
    "认定在这一天或之前生效。",
    "And on or before this day.",
    "2026-05-31",
);
#[rustfmt::skip]
const CURRENCY: Field = Field::new("currency", Kind::Text(crate::kernel::money::read_currency, as_it_is), &["币种"], &["Currency"]).listed()
    .hint("三个字母；不填为 CNY", "Three letters; CNY when left out", "CNY");

/// What is said of a new statement.
const NEW_STATEMENT: Fields =
    Fields { table: STATEMENT_FIELDS.table, title: STATEMENT_FIELDS.title, columns: &[PARTY_CODE, FROM, TO, CURRENCY] };

const fn as_it_is(text: &str, _: crate::kernel::text::Lang) -> &str {
    text
}
