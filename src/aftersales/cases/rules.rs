//! Which state may follow which, what a wish amounts to, and what must be so before a case is resolved or closed.

use chrono::NaiveDate;

use super::{CaseState, LineDecision, LineState, TaskState};
use crate::aftersales::classes::{CaseKind, CaseSeverity, Queue, ReasonClass, Wish};
use crate::kernel::ids::{crockford, crockford_value};
use crate::kernel::machine::{Machine, refused_in};
use crate::kernel::names::{half_widths, is_invisible};
use crate::kernel::{Code, Fault, Refusal, Result};
use crate::machine;

/// Where a case may go. What is closed or cancelled is final; a resolved one that is opened again begins its next sequence.
pub const CASE_MACHINE: Machine<CaseState> = machine![CaseState:
    New => Assigned | InProgress | Cancelled;
    Assigned => New | InProgress | Cancelled;
    InProgress => WaitingCustomer | WaitingInternal | WaitingSupplier | InTransit | Resolved | Cancelled;
    WaitingCustomer => InProgress | Resolved | Cancelled;
    WaitingInternal => InProgress | Cancelled;
    WaitingSupplier => InProgress | Cancelled;
    InTransit => InProgress | Cancelled;
    Resolved => Closed | InProgress
];

/// Where a line may go. A decision may be changed until it is carried out; what was done or refused opens again with its case alone.
pub const LINE_MACHINE: Machine<LineState> = machine![LineState:
    Open => Decided | Refused | Withdrawn | Merged;
    Decided => Decided | Open | Done | Refused | Withdrawn | Merged;
    Done => Open;
    Refused => Open
];

/// Where a task may go.
pub(super) const TASK_MACHINE: Machine<TaskState> = machine![TaskState: Open => Done | Dropped];

impl CaseState {
    /// Whether nothing happens to it any more.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Closed | Self::Cancelled)
    }

    /// Whether somebody works on it, or will.
    pub const fn is_open(self) -> bool {
        !self.is_final() && !matches!(self, Self::Resolved)
    }

    /// Where one goes from here by saying so and nothing else.
    pub fn steps(self) -> impl Iterator<Item = CaseState> {
        use CaseState::{InProgress, InTransit, WaitingCustomer, WaitingInternal, WaitingSupplier};
        let plain = [InProgress, WaitingCustomer, WaitingInternal, WaitingSupplier, InTransit];
        CASE_MACHINE.after(self).iter().copied().filter(move |to| plain.contains(to) && self.is_open())
    }

    /// The class of its badge.
    pub const fn tone(self) -> &'static str {
        match self {
            Self::New => "warn",
            Self::Resolved | Self::Closed => "good",
            _ => "",
        }
    }
}

impl LineState {
    /// Whether something is still to be done about it.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Open | Self::Decided)
    }
}

/// The number of a case: the day, a hyphen and five random Crockford characters; `random` has at least ten hexadecimal digits.
pub(super) fn number(day: NaiveDate, random: &str) -> String {
    let bits = random.chars().filter_map(|digit| digit.to_digit(16)).fold(0_u64, |bits, digit| bits << 4 | u64::from(digit));
    let character = |place: u32| char::from(crockford(crate::kernel::saturating(bits >> (5 * place) & 31)));
    format!("{}-{}", day.format("%y%m%d"), (0..5).map(character).collect::<String>())
}

fn to_byte(c: char) -> Option<u8> {
    c.is_ascii().then(|| crate::kernel::saturating(u32::from(c)))
}

/// The number of a case as it was made, of what people write and say: `261128 7k3qo` is `261128-7K3Q0`.
pub(super) fn read_number(written: &str) -> Option<String> {
    let plain = half_widths(written.trim());
    let characters = plain.chars().filter(|c| !c.is_whitespace() && !is_invisible(*c) && *c != '-');
    let read = |c: char| crockford_value(to_byte(c)?).map(|value| char::from(crockford(value)));
    let all: String = characters.map(read).collect::<Option<_>>()?;
    let (day, rest) = all.split_at_checked(6).filter(|(day, rest)| rest.len() == 5 && day.bytes().all(|b| b.is_ascii_digit()))?;
    Some(format!("{day}-{rest}"))
}

/// What a case is about whose buyer would like this.
pub const fn kind_of(wish: Wish) -> CaseKind {
    match wish {
        Wish::Repair => CaseKind::Repair,
        Wish::Exchange => CaseKind::Exchange,
        Wish::Refund => CaseKind::Return,
        Wish::Withdraw => CaseKind::Withdrawal,
        Wish::Advice => CaseKind::Consult,
        Wish::Complain => CaseKind::Complaint,
    }
}

/// What somebody would like who leaves it to us.
pub(super) const fn usual_wish(class: ReasonClass) -> Wish {
    match class {
        ReasonClass::Defect => Wish::Repair,
        ReasonClass::Size | ReasonClass::Delivery => Wish::Exchange,
        ReasonClass::ChangeOfMind => Wish::Refund,
        ReasonClass::Advice => Wish::Advice,
        ReasonClass::Complaint => Wish::Complain,
    }
}

/// The decision that grants a wish.
pub const fn decision_of(wish: Wish) -> LineDecision {
    match wish {
        Wish::Repair => LineDecision::Repair,
        Wish::Exchange => LineDecision::Exchange,
        Wish::Refund | Wish::Withdraw => LineDecision::Refund,
        Wish::Advice | Wish::Complain => LineDecision::Advice,
    }
}

/// How grave a case begins: safety and health, and very many garments, are critical.
pub(super) const fn severity(is_dangerous: bool, garments: i64, many: i64) -> CaseSeverity {
    if is_dangerous || garments >= many { CaseSeverity::Critical } else { CaseSeverity::General }
}

/// Who works on it first: what is grave begins at the supervisor.
pub(super) const fn first_queue(severity: CaseSeverity) -> Queue {
    match severity {
        CaseSeverity::General => Queue::Desk,
        CaseSeverity::Serious | CaseSeverity::Critical => Queue::Supervisor,
    }
}

/// A line as far as resolving and closing go: its number, where it stands, why somebody wrote, what is done about it.
pub(super) type Standing = (i64, LineState, ReasonClass, Option<LineDecision>);

/// Whether what was behind it must be known before it is resolved.
pub(super) fn needs_cause(kind: CaseKind, severity: CaseSeverity, lines: &[Standing]) -> bool {
    let is_defect = lines.iter().any(|(_, _, class, _)| *class == ReasonClass::Defect);
    match kind {
        CaseKind::Complaint | CaseKind::Repair => true,
        CaseKind::Return => is_defect || severity != CaseSeverity::General,
        _ => severity != CaseSeverity::General,
    }
}

/// The refusal that names the lines of which something is still to be said or done; none where there are none.
fn unless_none(lines: impl Iterator<Item = i64>) -> Result<()> {
    let numbers: Vec<String> = lines.map(|no| no.to_string()).collect();
    match numbers.len() {
        0 => Ok(()),
        many => Err(Refusal::new(Code::Undecided).with("count", many).with("lines", first_few(&numbers)).into()),
    }
}

fn first_few(numbers: &[String]) -> String {
    let shown = numbers.get(..numbers.len().min(10)).unwrap_or_default().join(", ");
    if numbers.len() > 10 { format!("{shown} …") } else { shown }
}

/// What must be so before a case is resolved: an outcome for every line, and the cause where it must be known.
pub(super) fn may_resolve(kind: CaseKind, severity: CaseSeverity, has_cause: bool, lines: &[Standing]) -> Result<()> {
    unless_none(lines.iter().filter(|(_, state, ..)| *state == LineState::Open).map(|(no, ..)| *no))?;
    if needs_cause(kind, severity, lines) && !has_cause {
        return Err(Fault::new("cause", Code::Missing).into());
    }
    Ok(())
}

/// What must be so before a case is closed: everything that was decided is done.
pub(super) fn may_close(lines: &[Standing]) -> Result<()> {
    unless_none(lines.iter().filter(|(_, state, ..)| state.is_live()).map(|(no, ..)| *no))
}

/// What must be so before a case is cancelled: nothing was carried out.
pub(super) fn may_cancel(lines: &[Standing]) -> Result<()> {
    match lines.iter().find(|(_, state, ..)| *state == LineState::Done) {
        Some((_, state, ..)) => Err(refused_in(*state).into()),
        None => Ok(()),
    }
}

/// Whether a decision is carried out by saying it.
pub(super) const fn is_done_at_once(decision: LineDecision) -> bool {
    matches!(decision, LineDecision::Advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(no: i64, state: LineState, class: ReasonClass) -> Standing {
        (no, state, class, None)
    }

    #[test]
    fn a_number_is_the_day_and_five_characters_that_nobody_mistakes() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 28).unwrap();
        assert_eq!(number(day, "0000000000"), "261128-00000");
        assert_eq!(number(day, "ffffffffff"), "261128-ZZZZZ");
        assert_eq!(number(day, "0000000001"), "261128-10000");
        for written in ["261128-7K3Q0", " 261128 7k3qo", "２６１１２８－7K3QO".replace('－', "-").as_str(), "26ii287k3q0"] {
            assert_eq!(read_number(written).as_deref(), Some("261128-7K3Q0"), "{written}");
        }
        for written in ["", "261128", "261128-7K3Q", "26112A-7K3Q0", "WEB-20260615", "工单"] {
            assert_eq!(read_number(written), None, "{written}");
        }
    }

    #[test]
    fn what_is_grave_begins_at_the_supervisor() {
        for (is_dangerous, garments, queue) in [(false, 19, Queue::Desk), (false, 20, Queue::Supervisor), (true, 1, Queue::Supervisor)] {
            assert_eq!(first_queue(severity(is_dangerous, garments, 20)), queue);
        }
    }

    #[test]
    fn a_case_is_resolved_when_every_line_has_an_outcome_and_the_cause_is_known() {
        use LineState::{Decided, Open, Refused};
        let code = |result: Result<()>| result.unwrap_err().code();
        let (general, critical) = (CaseSeverity::General, CaseSeverity::Critical);
        let lines = [line(1, Decided, ReasonClass::Defect), line(2, Open, ReasonClass::Size)];
        assert_eq!(code(may_resolve(CaseKind::Consult, general, true, &lines)), Code::Undecided);
        let decided = [line(1, Decided, ReasonClass::Defect), line(2, Refused, ReasonClass::Size)];
        assert!(may_resolve(CaseKind::Consult, general, false, &decided).is_ok());
        for (kind, severity, needs) in [
            (CaseKind::Repair, general, true),
            (CaseKind::Complaint, general, true),
            (CaseKind::Return, general, true),
            (CaseKind::Exchange, general, false),
            (CaseKind::Exchange, critical, true),
        ] {
            assert_eq!(may_resolve(kind, severity, false, &decided).is_err(), needs, "{kind:?} {severity:?}");
            assert!(may_resolve(kind, severity, true, &decided).is_ok());
        }
        assert!(may_resolve(CaseKind::Return, general, false, &[line(1, Decided, ReasonClass::Size)]).is_ok());
        assert_eq!(code(may_close(&decided)), Code::Undecided);
        assert!(may_close(&[line(1, LineState::Done, ReasonClass::Defect), line(2, Refused, ReasonClass::Size)]).is_ok());
        assert_eq!(code(may_cancel(&[line(1, LineState::Done, ReasonClass::Defect)])), Code::WrongState);
        assert!(may_cancel(&decided).is_ok());
    }

    #[test]
    fn every_wish_can_be_granted_and_is_a_case_of_its_kind() {
        let kinds: Vec<CaseKind> = Wish::ALL.iter().map(|wish| kind_of(*wish)).collect();
        assert_eq!(kinds.len(), kinds.iter().collect::<std::collections::BTreeSet<_>>().len());
        assert_eq!(decision_of(usual_wish(ReasonClass::ChangeOfMind)), LineDecision::Refund);
    }

    #[test]
    fn only_open_cases_are_moved_by_a_word() {
        assert_eq!(CaseState::New.steps().collect::<Vec<_>>(), [CaseState::InProgress]);
        assert_eq!(CaseState::InProgress.steps().count(), 4);
        assert!(CaseState::Resolved.steps().next().is_none() && CaseState::Closed.steps().next().is_none());
    }
}
