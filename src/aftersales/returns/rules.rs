//! Which state of a return may follow which, and what each step needs. Values in, values out.

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{DestroyGround, Inbound, ReturnCost, ReturnKind, ReturnOrder, ReturnOutcome, ReturnState, ReturnlessOrigin};
use crate::aftersales::cases::{CaseLine, LineDecision};
use crate::aftersales::classes::Wish;
use crate::aftersales::ledger::LedgerKind;
use crate::aftersales::rights::RightKind;
use crate::kernel::machine::Machine;
use crate::kernel::{Code, Fault, Id, Result, text};
use crate::machine;

/// Where a return may go.
pub const RETURN_MACHINE: Machine<ReturnState> = machine![ReturnState:
    Requested => NeedInfo | Approved | Rejected | Withdrawn;
    NeedInfo => Requested | Rejected | Withdrawn;
    Approved => AwaitingInbound | Settled | Withdrawn;
    AwaitingInbound => InTransit | Received | Withdrawn | Lapsed;
    InTransit => Received;
    Received => Inspecting;
    Inspecting => Accepted | PartlyAccepted | Refused;
    Accepted => Settling;
    PartlyAccepted => Settling | Inspecting;
    Settling => Settled | Accepted | PartlyAccepted;
    Settled => Inspecting;
    Refused => Inspecting | ReturningToCustomer;
    ReturningToCustomer => ClosedRefused
];

/// What is done with a return.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
pub enum ReturnAct {
    /// The buyer is asked for more.
    AskMore {
        /// For what.
        note: String,
    },
    /// The buyer answered.
    Answered {
        /// What.
        #[serde(default)]
        note: String,
    },
    /// It may come back, in this way.
    Approve {
        /// How; left out where the goods may stay with the buyer.
        #[serde(default)]
        inbound: Option<Inbound>,
    },
    /// It may not.
    Reject {
        /// Why.
        note: String,
    },
    /// It was approved, and comes back after all.
    SendBack {
        /// How.
        inbound: Inbound,
    },
    /// It is approved, and the goods stay where they are.
    Returnless {
        /// Whose decision that was.
        origin: ReturnlessOrigin,
        /// The ground: what the photos show.
        note: String,
        /// What the buyer gets.
        outcome: ReturnOutcome,
    },
    /// It was handed to a carrier.
    Sent {
        /// The carrier's number.
        waybill: String,
    },
    /// It is here.
    Received {
        /// Since which day; today when left out.
        #[serde(default)]
        on: Option<NaiveDate>,
    },
    /// Somebody begins to look at it.
    Inspect {},
    /// It is as it should be.
    Accept {
        /// What was found.
        report: String,
        /// Only in part, as the report says.
        #[serde(default)]
        partly: bool,
        /// What of the price that part is worth, as people write it, in the currency of the sale. Needed where only a part is accepted.
        #[serde(default)]
        amount: Option<String>,
    },
    /// It is not.
    Refuse {
        /// What was found.
        report: String,
    },
    /// The buyer contests the refusal, or that only a part was accepted: somebody else looks at it.
    Dispute {
        /// What they say.
        note: String,
    },
    /// Money or goods are on their way.
    Settle {},
    /// The buyer has what was decided.
    Settled {
        /// What that was.
        outcome: ReturnOutcome,
    },
    /// It goes back to the buyer.
    GiveBack {
        /// The carrier's number.
        #[serde(default)]
        waybill: String,
    },
    /// The buyer has it again.
    Close {},
    /// The buyer would rather keep it.
    Withdraw {},
    /// What came back is destroyed: nobody sells or claims it any more. The return stands where it stood.
    Destroy {
        /// Why.
        ground: DestroyGround,
        /// How much that is, in grams.
        weight_g: i64,
        /// The photo of the case that shows it.
        #[serde(default)]
        #[schema(value_type = Option<String>)]
        photo: Option<Id>,
        /// The number of the document that says so; needed without a photo.
        #[serde(default)]
        document: String,
    },
    /// Something was spent on it: its way, looking at it, putting it away, destroying it. The return stands where it stood.
    Cost {
        /// On what.
        kind: ReturnCost,
        /// How much, as people write it, in the currency of the sale.
        amount: String,
        /// The number of the bill or waybill; that of the return when left out.
        #[serde(default)]
        reference: String,
    },
}

impl ReturnAct {
    /// Whether a return is so already: said again, it changes nothing.
    pub(super) fn is_done(&self, order: &ReturnOrder) -> bool {
        match self {
            Self::Settle {} => order.state == ReturnState::Settling,
            Self::Settled { outcome } => {
                order.state == ReturnState::Settled && order.outcome == Some(*outcome) && order.returnless_origin.is_none()
            }
            _ => false,
        }
    }

    /// The state it leads to; none where it leaves the return as it stands.
    pub const fn to(&self) -> Option<ReturnState> {
        Some(match self {
            Self::Destroy { .. } | Self::Cost { .. } => return None,
            Self::AskMore { .. } => ReturnState::NeedInfo,
            Self::Answered { .. } => ReturnState::Requested,
            Self::Approve { .. } => ReturnState::Approved,
            Self::Reject { .. } => ReturnState::Rejected,
            Self::SendBack { .. } => ReturnState::AwaitingInbound,
            Self::Returnless { .. } | Self::Settled { .. } => ReturnState::Settled,
            Self::Sent { .. } => ReturnState::InTransit,
            Self::Received { .. } => ReturnState::Received,
            Self::Inspect {} | Self::Dispute { .. } => ReturnState::Inspecting,
            Self::Accept { partly: false, .. } => ReturnState::Accepted,
            Self::Accept { partly: true, .. } => ReturnState::PartlyAccepted,
            Self::Refuse { .. } => ReturnState::Refused,
            Self::Settle {} => ReturnState::Settling,
            Self::GiveBack { .. } => ReturnState::ReturningToCustomer,
            Self::Close {} => ReturnState::ClosedRefused,
            Self::Withdraw {} => ReturnState::Withdrawn,
        })
    }
}

/// On what ground something comes back under a right.
pub(super) const fn kind_of(right: RightKind) -> ReturnKind {
    match right {
        RightKind::Recall => ReturnKind::Recall,
        RightKind::NoWorry => ReturnKind::NoWorry,
        RightKind::Withdrawal => ReturnKind::Withdrawal,
        RightKind::NoReason => ReturnKind::NoFault,
        RightKind::LegalGuarantee | RightKind::BrandWarranty | RightKind::Alteration => ReturnKind::Defect,
    }
}

/// What is decided about the line of a return that is granted: what its buyer would like, where that is something one gets for a garment.
pub(super) const fn granted(wanted: Wish) -> LineDecision {
    match wanted {
        Wish::Exchange => LineDecision::Exchange,
        Wish::Repair | Wish::Refund | Wish::Withdraw | Wish::Advice | Wish::Complain => LineDecision::Refund,
    }
}

/// Whether it is over: its line may have another. What was settled in part may still be contested ([`may_be_disputed`]).
pub(super) const fn is_over(state: ReturnState) -> bool {
    use ReturnState::{ClosedRefused, Lapsed, Rejected, Settled, Withdrawn};
    matches!(state, Rejected | Settled | ClosedRefused | Withdrawn | Lapsed)
}

/// Whether its buyer may contest what the inspection said: that it was refused, or that only a part was accepted, whether that was paid or not.
pub(super) fn may_be_disputed(order: &ReturnOrder) -> bool {
    match order.state {
        ReturnState::Refused | ReturnState::PartlyAccepted => true,
        ReturnState::Settled => order.accepted_minor.is_some(),
        _ => false,
    }
}

/// Whether what came back is here, and ours to do with.
pub(super) fn is_ours(order: &ReturnOrder) -> bool {
    use ReturnState::{Accepted, PartlyAccepted, Settled, Settling};
    matches!(order.state, Accepted | PartlyAccepted | Settling | Settled) && order.returnless_origin.is_none()
}

/// Whether something may be given for it: it was accepted, or it stays with its buyer by a decision. One that came to nothing is no hindrance to what
/// the desk grants instead, nor is one whose garment was to be mended and could not be.
pub(super) fn may_be_settled(order: &ReturnOrder) -> bool {
    use ReturnState::{Accepted, ClosedRefused, Lapsed, PartlyAccepted, Rejected, Settled, Settling, Withdrawn};
    match order.state {
        Accepted | PartlyAccepted | Settling | Rejected | Withdrawn | Lapsed | ClosedRefused => true,
        Settled => order.returnless_origin.is_some() || order.outcome == Some(ReturnOutcome::Repair),
        _ => false,
    }
}

impl ReturnCost {
    /// What that is called in the ledger; a way is a pick-up where it is fetched.
    pub(super) fn ledger_kind(self, inbound: Option<Inbound>) -> LedgerKind {
        match self {
            Self::Inbound if inbound == Some(Inbound::Pickup) => LedgerKind::Pickup,
            Self::Inbound => LedgerKind::LogisticsIn,
            Self::Outbound => LedgerKind::LogisticsOut,
            Self::Inspection => LedgerKind::InspectionLab,
            Self::Handling => LedgerKind::Handling,
            Self::Destruction => LedgerKind::Destruction,
        }
    }
}

impl ReturnOutcome {
    /// What that is called on the line of the case.
    pub const fn decision(self) -> LineDecision {
        match self {
            Self::Refund => LineDecision::Refund,
            Self::Exchange => LineDecision::Exchange,
            Self::Repair => LineDecision::Repair,
            Self::Credit => LineDecision::Credit,
        }
    }
}

/// Whether somebody may say what became of what is here: it was inspected since it came, the report says what was found, and of a refusal that is
/// contested somebody else has looked.
///
/// # Errors
/// [`Code::WrongState`] without an inspection; [`Code::AnotherInspector`]; [`Code::Missing`] for `report`.
pub(super) fn gate(order: &ReturnOrder, line: &CaseLine, actor: &str, report: &str) -> Result<String> {
    if report.trim().is_empty() {
        return Err(Fault::new("report", Code::Missing).into());
    }
    let report = text::paragraph("report", report, 2_000)?;
    let since = order.received_on;
    if line.inspected_on.is_none_or(|day| since.is_some_and(|since| day < since)) {
        return Err(Fault::new("inspected_on", Code::NotInspected).into());
    }
    if order.disputed_at.is_some() && order.inspected_by == actor {
        return Err(Code::AnotherInspector.into());
    }
    Ok(report)
}

/// The moment before which a parcel should have been sent.
pub(super) fn lapses_before(now: NaiveDateTime, days: i64) -> NaiveDateTime {
    now - TimeDelta::days(days)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Error;

    fn code(result: Result<String>) -> (Code, Option<String>) {
        match result.unwrap_err() {
            Error::Refused(refusal) => (refusal.code, refusal.faults.first().map(|fault| fault.field.clone().into_owned())),
            other => panic!("{other}"),
        }
    }

    #[test]
    fn nothing_follows_what_is_over() {
        for state in ReturnState::ALL {
            assert_eq!(RETURN_MACHINE.after(*state).is_empty(), is_over(*state) && *state != ReturnState::Settled, "{state:?}");
        }
        let settled = |accepted_minor| ReturnOrder { state: ReturnState::Settled, accepted_minor, ..ReturnOrder::default() };
        assert!(may_be_disputed(&settled(Some(1))) && !may_be_disputed(&settled(None)), "what was settled whole is settled");
        let reached =
            |state: &ReturnState| *state == ReturnState::Requested || RETURN_MACHINE.0.iter().any(|(_, next)| next.contains(state));
        assert!(ReturnState::ALL.iter().all(reached));
    }

    #[test]
    fn nothing_is_accepted_or_refused_unseen() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let order = ReturnOrder { received_on: Some(day("2026-06-12")), inspected_by: "staff:one".into(), ..ReturnOrder::default() };
        let line = |inspected_on: Option<&str>| CaseLine { inspected_on: inspected_on.map(day), ..blank_line() };
        assert_eq!(code(gate(&order, &line(None), "staff:one", "worn")).1.as_deref(), Some("inspected_on"));
        assert_eq!(code(gate(&order, &line(Some("2026-06-11")), "staff:one", "worn")).1.as_deref(), Some("inspected_on"), "before it came");
        assert_eq!(code(gate(&order, &line(Some("2026-06-12")), "staff:one", " ")).1.as_deref(), Some("report"));
        assert_eq!(gate(&order, &line(Some("2026-06-12")), "staff:one", "worn").unwrap(), "worn");
        let contested = ReturnOrder { disputed_at: Some(NaiveDateTime::default()), ..order };
        assert_eq!(code(gate(&contested, &line(Some("2026-06-12")), "staff:one", "worn")).0, Code::AnotherInspector);
        assert!(gate(&contested, &line(Some("2026-06-12")), "staff:two", "worn").is_ok());
    }

    fn blank_line() -> CaseLine {
        use crate::aftersales::cases::LineState;
        use crate::aftersales::classes::{ReasonClass, Wish};
        use crate::kernel::{BatchNo, GarmentId, Id};
        CaseLine {
            id: Id(1),
            case_id: Id(1),
            line_no: 1,
            garment_id: GarmentId(1),
            batch_no: BatchNo(1),
            sale_seq: Some(1),
            state: LineState::Open,
            reason_code: String::new(),
            reason_class: ReasonClass::Defect,
            defect_code: None,
            zone: String::new(),
            words: String::new(),
            wanted: Wish::Refund,
            decided: None,
            grade: None,
            quarantined: false,
            inspected_on: None,
            found_defect: None,
            finding_id: None,
            cause: None,
            reported_on: NaiveDate::default(),
            ended_at: None,
            version: 1,
        }
    }
}
