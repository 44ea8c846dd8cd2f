//! One act for many lines of a case: a return, a repair, a refund or credit is opened for chosen lines, or for every line about which that was decided.
//!
//! A few are one write: all of them, or none with each line that is refused named. Many are long work: first every line is tried and nothing kept,
//! then they are begun a stretch at a time; work that was broken off goes on with what is left.

mod http;
mod store;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::aftersales::cases::{CASE, FROM_CASE, LineDecision, LineWork};
use crate::aftersales::repairs::{RepairKind, RepairSite};
use crate::aftersales::settlements::SettlementKind;
use crate::choices;
use crate::platform::http::Onward;
use crate::platform::http::perm::Permission;
use crate::platform::rooms::{Field, Fields, Kind, Room};

pub use store::{LINE_ACTS_WORK, LineActsBegun, LineActsReport, LineRefused, ask, begin};

/// The room.
pub const ROOM: Room = Room::new("line-acts", http::routes).works(&[|| Box::new(store::LineActsWork)]).onward(&[Onward::new(
    FROM_CASE,
    "/line-acts/new?case={}",
    "line-acts-new",
    Permission::CasesEdit,
)]);

/// Lines that are begun in one write; more are long work.
pub const FEW: usize = 50;

choices! {
    /// What is opened for each line.
    #[derive(Default)]
    LineAct {
        /// It comes back.
        #[default]
        Return = "return", "退货", "Return";
        /// It is mended.
        Repair = "repair", "维修", "Repair";
        /// Money is given back.
        Refund = "refund", "退款", "Refund";
        /// Credit is given.
        Credit = "credit", "储值", "Store credit";
    }
}

impl LineAct {
    /// Decisions that it carries out.
    const fn carries_out(self) -> &'static [LineDecision] {
        match self {
            Self::Return => &[LineDecision::Refund, LineDecision::Exchange, LineDecision::Credit],
            Self::Repair => &[LineDecision::Repair],
            Self::Refund => &[LineDecision::Refund, LineDecision::Goodwill],
            Self::Credit => &[LineDecision::Credit],
        }
    }

    /// What is under way for a line once it was begun.
    const fn work(self) -> LineWork {
        match self {
            Self::Return => LineWork::Return,
            Self::Repair => LineWork::Repair,
            Self::Refund | Self::Credit => LineWork::Settlement,
        }
    }

    /// How a sale is settled by it.
    const fn settles(self) -> SettlementKind {
        match self {
            Self::Credit => SettlementKind::Credit,
            Self::Return | Self::Repair | Self::Refund => SettlementKind::Refund,
        }
    }
}

/// What somebody opens for many lines of a case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LineActsAsk {
    /// The number of the case.
    pub case: String,
    /// What is opened.
    pub act: LineAct,
    /// The numbers of its lines; all about which that was decided when left out.
    #[serde(default)]
    pub lines: Vec<i64>,
    /// Of a return, the rule of rights it rests on; left out for goodwill.
    #[serde(default)]
    pub rule: Option<String>,
    /// Why: of a refund, of credit and of a return out of goodwill.
    #[serde(default)]
    pub reason: String,
    /// Of a repair: what is done.
    #[serde(default)]
    pub kind: RepairKind,
    /// Of a repair: where.
    #[serde(default)]
    pub site: RepairSite,
}

const LINE: Field = Field::new("line", Kind::Whole(1, 100_000), &["行号"], &["Line"]);

/// What the form asks.
#[rustfmt::skip]
const FORM: Fields = Fields { table: "line-acts", title: ("批量办理", "Many lines at once"), columns: &[
    Field::new("case", Kind::Line(20), &["工单号"], &["Case"]).needed().refers(&CASE),
    Field::new("act", Kind::Choice(LineAct::TABLE), &["办理"], &["What is opened"]).needed(),
    Field::new("lines", Kind::Several(&LINE), &["行号"], &["Lines"])
        .hint("用逗号分开；不填就是已决定这样处理的每一件。", "With commas between. Left empty: every garment about which that was decided.", "1, 2, 5"),
    Field::new("reason", Kind::Line(240), &["理由"], &["Reason"]).nullable()
        .hint("退款、储值和善意退货须填写；不写个人信息。", "Needed for refunds, credit and returns out of goodwill. Names no person.", ""),
    Field::new("rule", Kind::Line(40), &["权利规则"], &["Rule of rights"]).nullable()
        .hint("退货所依据的规则；不填就是善意。", "Of returns: the rule they rest on; goodwill when left empty.", "CN-RETURN"),
    Field::new("kind", Kind::Choice(RepairKind::TABLE), &["维修类型"], &["Kind of repair"]).nullable(),
    Field::new("site", Kind::Choice(RepairSite::TABLE), &["维修地点"], &["Where it is repaired"]).nullable(),
] };
