//! What a finding must be. Values in, values out.

use chrono::NaiveDate;

use super::{About, Draft, Severity, Stage, Status, SubjectKind};
use crate::kernel::choices::{Choice, not_one_of};
use crate::kernel::machine::Machine;
use crate::kernel::{Code, Fault, Result, text};
use crate::machine;

/// What a finding may turn into.
pub(super) const FINDING: Machine<Status> = machine!(Status: Live => Withdrawn);

/// Characters a reason may have.
const REASON_MAX: usize = 300;

/// What a finding says beside what it is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sound {
    /// Code of the defect; whether there is one is for the store.
    pub defect: String,
    /// None: as the catalogue has it.
    pub severity: Option<Severity>,
    /// Place, or empty.
    pub zone: String,
    /// 1 to 4,194,304.
    pub quantity: i64,
    /// Where in its life.
    pub stage: Stage,
    /// What else there is to say.
    pub note: String,
    /// Not after today.
    pub found_on: NaiveDate,
}

impl Sound {
    /// What a draft says on the day `today` of the brand's zone, with what it leaves out.
    pub fn of(draft: &Draft, today: NaiveDate) -> Self {
        Self {
            defect: draft.defect.clone(),
            severity: draft.severity,
            zone: draft.zone.clone().unwrap_or_default(),
            quantity: draft.quantity.unwrap_or(1),
            stage: draft.stage,
            note: draft.note.clone().unwrap_or_default(),
            found_on: draft.found_on.unwrap_or(today),
        }
    }
}

/// How much there is of a thing and how old it is, as far as anybody said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holds {
    /// Garments of a batch, 1 for a garment, whole units of a lot. None when nobody said.
    pub pieces: Option<i64>,
    /// The day it was begun or produced.
    pub since: Option<NaiveDate>,
}

/// What a finding says of how much and when, as far as it could be read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Told {
    pub stage: Option<Stage>,
    pub quantity: Option<i64>,
    pub found_on: Option<NaiveDate>,
}

/// What cannot be of a finding on this thing: goods that come in are lots, nobody sees more faulty pieces than there are, and nothing before it
/// was begun.
pub(super) fn impossible(said: Told, about: About, holds: &Holds) -> Vec<Fault> {
    let (comes_in, later): (Vec<&Choice>, Vec<&Choice>) = Stage::TABLE.iter().partition(|stage| stage.text == Stage::Incoming.as_str());
    let is_wrong = said.stage == Some(Stage::Incoming) && about.kind() != SubjectKind::Lot;
    let stage = comes_in.first().filter(|_| is_wrong).map(|stage| {
        let fault = not_one_of("stage", stage.text, &later);
        fault.with("value_zh", stage.zh).with("value_en", stage.en)
    });
    let more = holds.pieces.filter(|pieces| said.quantity.is_some_and(|quantity| quantity > *pieces));
    let quantity = more.map(|pieces| Fault::new("quantity", Code::OutOfRange).with("min", 1).with("max", pieces));
    let early = holds.since.zip(said.found_on).filter(|(since, found_on)| found_on < since);
    let found_on = early.map(|(since, day)| Fault::new("found_on", Code::DatesOutOfOrder).with("earlier", since).with("later", day));
    [stage, quantity, found_on].into_iter().flatten().collect()
}

/// The stage that a form begins with: what its writer saw last, where that can be of such a thing. A batch is seen before it is sold, and a
/// garment that was sold is seen when it is back.
pub(super) fn usual_stage(kind: SubjectKind, is_sold: bool, last: Option<Stage>) -> Stage {
    let (may_be, usual): (&[Stage], Stage) = match (kind, is_sold) {
        (SubjectKind::Lot, _) => (&[], Stage::Incoming),
        (SubjectKind::Batch, _) => (&[Stage::Inline, Stage::Final, Stage::Warehouse], Stage::Final),
        (SubjectKind::Garment, false) => (&[Stage::Inline, Stage::Final, Stage::Warehouse, Stage::Store], Stage::Final),
        (SubjectKind::Garment, true) => (&[Stage::Return, Stage::Repair, Stage::Buyer], Stage::Return),
    };
    last.filter(|last| may_be.contains(last)).unwrap_or(usual)
}

/// What is wrong with a day that is still to come.
pub(super) fn not_yet(found_on: Option<NaiveDate>, today: NaiveDate) -> Vec<Fault> {
    let late = found_on.filter(|day| *day > today);
    late.map(|day| Fault::new("found_on", Code::DatesOutOfOrder).with("earlier", day).with("later", today)).into_iter().collect()
}

/// Why a finding is withdrawn.
pub(super) fn reason(given: &str) -> Result<String, Fault> {
    text::line("reason", given, REASON_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_begins_with_a_stage_that_can_be() {
        use SubjectKind::{Batch, Garment, Lot};
        for (kind, is_sold, last, usual) in [
            (Lot, false, Some(Stage::Final), Stage::Incoming),
            (Batch, false, None, Stage::Final),
            (Batch, false, Some(Stage::Buyer), Stage::Final),
            (Batch, false, Some(Stage::Inline), Stage::Inline),
            (Garment, false, Some(Stage::Buyer), Stage::Final),
            (Garment, false, Some(Stage::Store), Stage::Store),
            (Garment, true, Some(Stage::Final), Stage::Return),
            (Garment, true, Some(Stage::Buyer), Stage::Buyer),
        ] {
            assert_eq!(usual_stage(kind, is_sold, last), usual, "{kind:?} {is_sold} {last:?}");
        }
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_to_come_is_no_day_of_a_finding() {
        let faults = |found_on: Option<&str>| not_yet(found_on.map(day), day("2026-06-15")).len();
        assert_eq!([Some("2026-06-15"), Some("2026-06-16"), None].map(faults), [0, 1, 0]);
    }

    #[test]
    fn what_cannot_be_is_named() {
        let of = |stage, quantity, found_on: &str| Told { stage: Some(stage), quantity: Some(quantity), found_on: Some(day(found_on)) };
        let holds = Holds { pieces: Some(50), since: Some(day("2026-03-20")) };
        let told = |said: Told, about: About| {
            impossible(said, about, &holds).into_iter().map(|fault| fault.field.into_owned()).collect::<Vec<_>>()
        };
        let (batch, lot) = (About::Batch(crate::kernel::BatchNo(1)), About::Lot(crate::kernel::Id(1)));
        assert_eq!(told(of(Stage::Incoming, 51, "2026-03-19"), batch), ["stage", "quantity", "found_on"]);
        assert_eq!(told(of(Stage::Incoming, 51, "2026-03-19"), lot), ["quantity", "found_on"]);
        assert!(told(of(Stage::Final, 50, "2026-03-20"), batch).is_empty());
        let anything = of(Stage::Final, 5_000, "2020-01-01");
        assert_eq!(told(Told { quantity: Some(51), ..Told::default() }, batch), ["quantity"], "of what could be read");
        assert!(impossible(anything, batch, &Holds::default()).is_empty(), "nobody said how much or since when");
    }
}
