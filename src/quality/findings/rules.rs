//! What a finding and a kind of defect must be. Values in, values out.

use chrono::NaiveDate;

use super::zones::read_zone;
use super::{About, Component, Defect, DefectDraft, Draft, Severity, Stage, Status, SubjectKind, Suspect};
use crate::kernel::ids::UNITS_PER_BATCH;
use crate::kernel::machine::Machine;
use crate::kernel::{Code, Fault, Faults, Result, text};
use crate::machine;

/// What a finding may turn into.
pub(super) const FINDING: Machine<Status> = machine!(Status: Live => Withdrawn);

/// Characters a note may have.
pub const NOTE_MAX: usize = 1_000;
/// Characters a reason may have.
const REASON_MAX: usize = 300;

/// What a finding says beside what it is about, checked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Sound {
    /// Code of the defect; whether there is one is for the store.
    pub defect: String,
    /// None: as the catalogue has it.
    pub severity: Option<Severity>,
    /// Place, or empty.
    pub zone: String,
    /// 1 to 4,194,304.
    pub quantity: i64,
    /// Where in its life. None only in a default value.
    pub stage: Option<Stage>,
    /// What else there is to say.
    pub note: String,
    /// Not after today.
    pub found_on: NaiveDate,
}

/// How much there is of a thing and how old it is, as far as anybody said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holds {
    /// Garments of a batch; whole units of a lot. None when nobody said, and for a garment.
    pub pieces: Option<i64>,
    /// The day it was begun or produced.
    pub since: Option<NaiveDate>,
}

/// What cannot be of a finding on this thing: goods that come in are lots, nobody sees more faulty pieces than there are, and nothing before it
/// was begun.
pub(super) fn impossible(sound: &Sound, about: About, holds: &Holds) -> Vec<Fault> {
    let later = || Stage::ALL.iter().filter(|stage| **stage != Stage::Incoming).map(|stage| stage.as_str()).collect::<Vec<_>>().join(", ");
    let comes_in = sound.stage == Some(Stage::Incoming) && about.kind() != SubjectKind::Lot;
    let stage = comes_in.then(|| Fault::new("stage", Code::NotOneOf).with("value", Stage::Incoming.as_str()).with("allowed", later()));
    let more = holds.pieces.filter(|pieces| sound.quantity > *pieces);
    let quantity = more.map(|pieces| Fault::new("quantity", Code::OutOfRange).with("min", 1).with("max", pieces));
    let early = holds.since.filter(|since| sound.found_on < *since);
    let found_on = early.map(|since| Fault::new("found_on", Code::DatesOutOfOrder).with("earlier", since).with("later", sound.found_on));
    [stage, quantity, found_on].into_iter().flatten().collect()
}

/// Checks a draft on the day `today` of the brand's zone.
///
/// # Errors
/// [`Code::Invalid`] with every wrong field.
pub fn check(draft: &Draft, today: NaiveDate) -> Result<Sound> {
    let mut faults = Faults::default();
    if draft.subject.trim().is_empty() {
        faults.note(Fault::new("subject", Code::Missing));
    }
    let defect = faults.keep(defect_code("defect", &draft.defect));
    let severity = faults.keep(draft.severity.as_deref().filter(|text| !text.trim().is_empty()).map(read_severity).transpose());
    let zone = faults.keep(read_zone("zone", draft.zone.as_deref().unwrap_or_default()));
    let quantity = faults.keep(quantity("quantity", draft.quantity));
    let stage = faults.keep(Stage::read("stage", &draft.stage).map(Some));
    let note = faults.keep(text::paragraph("note", &draft.note, NOTE_MAX));
    let found_on = faults.keep(not_later("found_on", draft.found_on.unwrap_or(today), today));
    faults.unless_any(Sound { defect, severity, zone, quantity, stage, note, found_on })
}

fn read_severity(text: &str) -> Result<Severity, Fault> {
    Severity::read("severity", text)
}

/// A defect's code: 1 to 40 characters of `a-z`, digits and `_`, in whatever case and width it was written. It is kept folded, so that it is
/// what codes are compared by.
pub(super) fn defect_code(field: &'static str, text: &str) -> Result<String, Fault> {
    let code = text::folded(&text::line(field, text, 40)?);
    let is_plain = code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if is_plain { Ok(code) } else { Err(Fault::new(field, Code::UnknownReference).with("value", code)) }
}

/// A number of pieces, at least one.
pub(super) fn quantity(field: &'static str, quantity: i64) -> Result<i64, Fault> {
    if (1..=UNITS_PER_BATCH).contains(&quantity) {
        return Ok(quantity);
    }
    Err(Fault::new(field, Code::OutOfRange).with("min", 1).with("max", UNITS_PER_BATCH))
}

/// A day that is not after `today`.
pub(super) fn not_later(field: &'static str, day: NaiveDate, today: NaiveDate) -> Result<NaiveDate, Fault> {
    if day <= today { Ok(day) } else { Err(Fault::new(field, Code::DatesOutOfOrder).with("earlier", day).with("later", today)) }
}

/// Why a finding is withdrawn.
pub(super) fn reason(given: &str) -> Result<String, Fault> {
    text::line("reason", given, REASON_MAX)
}

/// Checks what somebody wants the kind of defect `code` to be.
///
/// # Errors
/// [`Code::Invalid`] with every wrong field.
pub fn check_defect(code: &str, draft: &DefectDraft) -> Result<Defect> {
    let mut faults = Faults::default();
    let code = faults.keep(defect_code("code", code));
    let name = faults.some_lines("name", &draft.name, 80);
    let component = faults.keep(Component::read("component", &draft.component).map(Some));
    let severity = faults.keep(Severity::read("severity", &draft.severity).map(Some));
    let suspect = faults.keep(Suspect::read("suspect", &draft.suspect).map(Some));
    let defect = match (component, severity, suspect) {
        (Some(component), Some(severity), Some(suspect)) => {
            let version = draft.version.unwrap_or_default();
            Some(Defect { code, name, component, severity, suspect, repairable: draft.repairable, retired: draft.retired, version })
        }
        _ => None,
    };
    faults.unless_any(defect)?.ok_or_else(|| Code::Invalid.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Error;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn draft() -> Draft {
        Draft { subject: "B-1".into(), defect: "seam_open".into(), quantity: 1, stage: "inline".into(), ..Draft::default() }
    }

    fn fields(error: Error) -> Vec<String> {
        match error {
            Error::Refused(refusal) => refusal.faults.into_iter().map(|fault| fault.field.into_owned()).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_not_said_is_filled_in() {
        let sound = check(&draft(), day("2026-06-15")).unwrap();
        assert_eq!((sound.found_on, sound.severity, sound.zone.as_str()), (day("2026-06-15"), None, ""));
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let wrong = Draft {
            subject: " ".into(),
            defect: String::new(),
            severity: Some("huge".into()),
            zone: Some("elbow".into()),
            quantity: 0,
            stage: "moon".into(),
            note: "\u{7}".into(),
            found_on: Some(day("2026-06-16")),
            ..Draft::default()
        };
        let named = fields(check(&wrong, day("2026-06-15")).unwrap_err());
        assert_eq!(named, ["subject", "defect", "severity", "zone", "quantity", "stage", "note", "found_on"]);
    }

    #[test]
    fn what_cannot_be_is_named() {
        let sound = |stage: &str, quantity: i64, found_on: &str| {
            let draft = Draft { stage: stage.into(), quantity, found_on: Some(day(found_on)), ..draft() };
            check(&draft, day("2026-06-15")).unwrap()
        };
        let holds = Holds { pieces: Some(50), since: Some(day("2026-03-20")) };
        let told = |sound: &Sound, about: About| {
            impossible(sound, about, &holds).into_iter().map(|fault| fault.field.into_owned()).collect::<Vec<_>>()
        };
        let (batch, lot) = (About::Batch(crate::kernel::BatchNo(1)), About::Lot(crate::kernel::Id(1)));
        assert_eq!(told(&sound("incoming", 51, "2026-03-19"), batch), ["stage", "quantity", "found_on"]);
        assert_eq!(told(&sound("incoming", 51, "2026-03-19"), lot), ["quantity", "found_on"]);
        assert!(told(&sound("final", 50, "2026-03-20"), batch).is_empty());
        assert!(
            impossible(&sound("final", 5_000, "2020-01-01"), batch, &Holds::default()).is_empty(),
            "nobody said how much or since when"
        );
    }

    #[test]
    fn a_defects_code_is_read_in_any_letters() {
        assert_eq!(defect_code("defect", " ｓeam_OPEN\u{200b}").unwrap(), "seam_open");
    }

    #[test]
    fn a_kind_of_defect_needs_a_name_and_known_words() {
        let wrong = DefectDraft {
            name: Default::default(),
            component: "sail".into(),
            severity: "x".into(),
            suspect: String::new(),
            repairable: true,
            retired: false,
            version: None,
        };
        assert_eq!(fields(check_defect("Sail Torn", &wrong).unwrap_err()), ["code", "name", "component", "severity", "suspect"]);
    }
}
