//! What a batch must be: numbers within bounds, dates in order, no lot twice in the same component for the same unit.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use chrono::{NaiveDate, NaiveDateTime};

use super::{ALL_UNITS, Batch, BatchSheet, BatchStatus, LotUse, Origin, titled};
use crate::kernel::gs1::check::Set;
use crate::kernel::gs1::{DigitalLink, Gtin};
use crate::kernel::ids::UNITS_PER_BATCH;
use crate::kernel::machine::refused_in;
use crate::kernel::serial::Gtin14;
use crate::kernel::text::{self, folded};
use crate::kernel::units::tidy;
use crate::kernel::{BatchNo, Code, Error, Fault, Id, Refusal, Result, faults, parsed};
use crate::platform::http::query_escape;
use crate::production::corrections::{By, Guard, fixed, parts};
use crate::production::materials::{self, Lot};

/// What a batch says that others stand on: its garments from the moment they have serials, what was found on them, their warranties. Free are
/// its status and a greater number of garments planned. See [`impossible`] for what not even a correction changes.
pub(super) const GUARDS: &[Guard<BatchSheet>] = &[
    Guard { field: "code", by: &[By::Minted, By::Findings], said: |batch| parts([folded(&batch.code)]) },
    Guard { field: "sku", by: &[By::Minted, By::Findings], said: |batch| parts([folded(&batch.sku)]) },
    Guard { field: "factory", by: &[By::Minted, By::Findings], said: |batch| parts([folded(&batch.factory)]) },
    Guard { field: "line", by: &[By::Sold, By::Findings], said: |batch| parts([folded(&batch.line)]) },
    Guard { field: "started_on", by: &[By::Sold, By::Findings], said: |batch| parts(batch.started_on.map(|day| day.to_string())) },
    Guard { field: "finished_on", by: &[By::Sold], said: |batch| parts(batch.finished_on.map(|day| day.to_string())) },
    Guard { field: "lots", by: &[By::Minted, By::Findings], said: |batch| batch.lots.iter().flat_map(said_of_use).collect() },
];

/// That a lot is in these units of a component; and how much of it, where that is known.
fn said_of_use(used: &LotUse) -> impl Iterator<Item = String> + use<> {
    let place = format!("{} {} {}", folded(&used.component), folded(&used.lot), used.units.as_deref().unwrap_or_default());
    let quantity = used.quantity_milli.map(|milli| format!("{place}:{milli}"));
    std::iter::once(place).chain(quantity)
}

/// What a batch cannot become any more, whoever asks and why: serials are of one origin, and none can be taken back.
pub(super) fn impossible(before: &BatchSheet, after: &Batch) -> Vec<Fault> {
    let standing = before.minted - before.void;
    let lowered = after.planned < before.planned && after.planned < standing;
    let other_origin = before.minted > 0 && after.origin != before.origin;
    let origin = other_origin.then(|| fixed("origin", "serials", before.minted));
    origin.into_iter().chain(lowered.then(|| fixed("planned", "minted-least", standing))).collect()
}

/// Refuses more serials than garments are planned: as many are planned as there will be, and a spoiled label is replaced by another.
pub(super) fn as_planned(batch: &Batch, void: i64, count: i64) -> Result<()> {
    let minted = batch.minted - void;
    if count <= batch.planned - minted {
        return Ok(());
    }
    let left = (batch.planned - minted).max(0);
    let fault = Fault::new("count", Code::BeyondPlanned).with("planned", batch.planned).with("minted", minted).with("left", left);
    Err(Refusal { code: Code::BeyondPlanned, args: fault.args.clone(), faults: vec![fault] }.into())
}

/// Days that a batch's may lie ahead: it is planned for a season to come, not for one after that.
const PLANNED_AHEAD: u64 = 366;

/// Days of a batch that are too far ahead.
pub(super) fn too_far_ahead(before: Option<&BatchSheet>, after: &BatchSheet, now: NaiveDateTime) -> Vec<Fault> {
    let day = |field, of: fn(&Batch) -> Option<NaiveDate>| {
        materials::to_come(field, (before.and_then(|before| of(before)), of(after)), now, PLANNED_AHEAD)
    };
    [day("started_on", |batch| batch.started_on), day("finished_on", |batch| batch.finished_on)].into_iter().flatten().collect()
}

/// The fault of a lot that was produced or received after the batch it went into was finished.
pub(super) fn came_after(field: impl Into<Cow<'static, str>>, lot: &Lot, batch: &Batch) -> Option<Fault> {
    materials::out_of_order(field, (&lot.code, lot.produced_on.max(lot.received_on)), (&batch.code, batch.finished_on))
}

/// The lots that came after a batch was finished, where it newly says so: of a lot that it had already, its last day is wrong.
pub(super) fn came_late(before: Option<&BatchSheet>, after: &BatchSheet, lots: &HashMap<Id, Lot>) -> Vec<Fault> {
    let mut faults: Vec<Fault> = Vec::new();
    for (place, used) in after.lots.iter().enumerate() {
        let had = before.filter(|before| before.lots.iter().any(|known| known.id == used.id));
        let field = match had {
            None => format!("lots.{place}.lot").into(),
            Some(before) if before.finished_on != after.finished_on => Cow::Borrowed("finished_on"),
            Some(_) => continue,
        };
        let said = faults.iter().any(|fault| fault.field == field);
        faults.extend(lots.get(&used.id).filter(|_| !said).and_then(|lot| came_after(field, lot, after)));
    }
    faults
}

/// Units in which an edit puts a lot that was not in them.
pub(super) fn newly_of(before: &BatchSheet, after: &BatchSheet) -> Result<Vec<Range<i64>>, Fault> {
    let is_new = |used: &&LotUse| !before.lots.iter().any(|known| said_of_use(known).next() == said_of_use(used).next());
    let units = |used: &LotUse| read_units("units", used.units.as_deref().unwrap_or_default());
    Ok(tidy(after.lots.iter().filter(is_new).map(units).collect::<Result<_, _>>()?, UNITS_PER_BATCH))
}

/// How far beyond the highest number here the number of a batch from a file may be. The next batch has the one after it, and there are 2²⁴ in all.
const FAR: i64 = 1 << 20;

/// What is wrong with the number that a file gives a new batch, where `last` is the highest here.
pub(super) fn too_far(no: BatchNo, last: BatchNo) -> Option<Fault> {
    let fault = || Fault::new("number", Code::Malformed).with("reason", "number-far").with("last", last.0).with("value", no.0);
    (no.0 > last.0 + FAR).then(fault)
}

/// Holds the fields of a batch against each other, and gives the units of its lots; the batch then says them in one form.
///
/// # Errors
/// [`Code::Invalid`] with a fault for each wrong field.
pub(super) fn check(batch: &mut BatchSheet) -> Result<Vec<Range<i64>>> {
    let mut faults = Vec::new();
    faults.extend(materials::fields_out_of_order(titled, ("started_on", batch.started_on), ("finished_on", batch.finished_on)));
    if batch.planned < 0 {
        faults.push(Fault::new("planned", Code::BelowZero).with("value", batch.planned));
    } else if batch.planned > UNITS_PER_BATCH {
        faults.push(Fault::new("planned", Code::BatchTooLarge).with("max", UNITS_PER_BATCH));
    }
    let mut units: Vec<Range<i64>> = Vec::with_capacity(batch.lots.len());
    for (place, used) in batch.lots.iter_mut().enumerate() {
        match read_units("units", used.units.as_deref().unwrap_or_default()) {
            Ok(range) => {
                used.units = (range != ALL_UNITS).then(|| units_text(&range));
                units.push(range);
            }
            Err(fault) => faults.push(Fault { field: format!("lots.{place}.{}", fault.field).into(), ..fault }),
        }
    }
    // Of units that could not be read nobody knows what they share.
    if units.len() == batch.lots.len() {
        faults.extend(twice(&batch.lots, &units));
    }
    Refusal::unless_empty(faults)?;
    Ok(units)
}

/// A component's name: one line, at most 40 characters, in lower case so that `Shell` and `shell` are one.
pub(super) fn read_component(field: &'static str, text: &str) -> Result<String, Fault> {
    Ok(text::line(field, text, 40)?.to_lowercase())
}

/// The faults of uses that share a unit with an earlier use of the same lot in the same component.
pub(super) fn twice(lots: &[LotUse], units: &[Range<i64>]) -> Vec<Fault> {
    let fault = |place: usize| {
        let text = units.get(place).map(units_text).unwrap_or_default();
        Fault::new(format!("lots.{place}.units"), Code::Duplicate).with("field", "units").with("value", text)
    };
    overlaps(lots, units).into_iter().map(fault).collect()
}

/// Places of uses that share a unit with an earlier use of the same lot in the same component.
pub(super) fn overlaps(lots: &[LotUse], units: &[Range<i64>]) -> Vec<usize> {
    let mut order: Vec<((&str, String), &Range<i64>, usize)> = lots
        .iter()
        .zip(units)
        .enumerate()
        .filter(|(_, (used, _))| !used.lot.is_empty())
        .map(|(place, (used, range))| ((used.component.as_str(), folded(&used.lot)), range, place))
        .collect();
    order.sort_by(|(a, x, i), (b, y, j)| (a, x.start, x.end, i).cmp(&(b, y.start, y.end, j)));
    let mut found = Vec::new();
    let mut widest: Option<((&str, String), i64)> = None;
    for (used, range, place) in order {
        match widest {
            Some((before, end)) if before == used => {
                if range.start < end {
                    found.push(place);
                }
                widest = Some((used, end.max(range.end)));
            }
            _ => widest = Some((used, range.end)),
        }
    }
    found.sort_unstable();
    found
}

/// Units as people write them, counted from 1 with both ends: `501-1000`, `501-` (to the end), `7`; nothing is all. `–`, `~`, `～` and `至`
/// stand for the hyphen.
///
/// # Errors
/// [`Code::Malformed`], [`Code::OutOfRange`] or [`Code::BatchTooLarge`] for `field`.
pub fn read_units(field: &'static str, text: &str) -> Result<Range<i64>, Fault> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(ALL_UNITS);
    }
    let number = |part: &str| parsed::<i64>(part.trim());
    let parts: Vec<&str> = text.split(['-', '–', '—', '~', '～', '至']).collect();
    let (first, last) = match parts.as_slice() {
        [one] => (number(one), number(one)),
        [first, last] if last.trim().is_empty() => (number(first), Some(UNITS_PER_BATCH)),
        [first, last] => (number(first), number(last)),
        _ => (None, None),
    };
    let (Some(first), Some(last)) = (first, last) else {
        return Err(Fault::new(field, Code::Malformed).with("value", text).with("reason", "units-like"));
    };
    if last > UNITS_PER_BATCH {
        return Err(Fault::new(field, Code::BatchTooLarge).with("max", UNITS_PER_BATCH));
    }
    if last < first {
        return Err(Fault::new(field, Code::Malformed).with("value", text).with("reason", "units-backwards"));
    }
    if first < 1 {
        return Err(Fault::new(field, Code::OutOfRange).with("value", text).with("min", 1).with("max", UNITS_PER_BATCH));
    }
    Ok(first - 1..last)
}

/// The same, in the form in which they are written down.
pub(super) fn read_unit_text(field: &'static str, text: &str) -> Result<String, Fault> {
    read_units(field, text).map(|units| units_text(&units))
}

/// Units as people read them: what [`read_units`] reads; empty for all.
pub fn units_text(units: &Range<i64>) -> String {
    match (units.start + 1, units.end) {
        (1, UNITS_PER_BATCH) => String::new(),
        (first, UNITS_PER_BATCH) => format!("{first}-"),
        (first, last) if first == last => first.to_string(),
        (first, last) => format!("{first}-{last}"),
    }
}

/// Whether serials may be minted in this state.
pub(super) fn may_mint(status: BatchStatus, origin: Origin) -> Result<()> {
    match (origin, status) {
        (Origin::Foreign, _) => Err(Refusal::new(Code::WrongState).with("state", Origin::Foreign.as_str()).into()),
        (Origin::Own, BatchStatus::Open | BatchStatus::Released) => Ok(()),
        (Origin::Own, held) => Err(refused_in(held).into()),
    }
}

/// A GTIN of 8 to 14 digits as the fourteen that ciphers and addresses use; None for anything else. The check digit is not looked at: a
/// GTIN that is wrong finds nothing.
pub fn gtin14(text: &str) -> Option<Gtin14> {
    let text = text.trim();
    if !(8..=14).contains(&text.len()) || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    format!("{text:0>14}").into_bytes().first_chunk().copied()
}

/// A garment's own address: a GS1 Digital Link where it has a GTIN, `/C/{serial}` where it has none. Characters that mean something in a
/// path are escaped, as serials from elsewhere may hold any of GS1's 82.
///
/// # Errors
/// [`Error::Broken`] for a GTIN or serial that cannot stand in a Digital Link.
pub fn address(stem: &str, gtin: Option<&str>, serial: &str) -> Result<String> {
    match gtin {
        Some(gtin) => {
            DigitalLink::build(stem, &[("01", gtin), ("21", serial)]).map_err(|error| Error::broken(format!("{gtin} {serial}: {error:?}")))
        }
        None => Ok(format!("{stem}/C/{}", query_escape(serial).replace('/', "%2F"))),
    }
}

/// A value of GS1 AI 21: 1 to 20 characters of the 82 (GS1 General Specifications, 7.11), case and all.
///
/// # Errors
/// [`Code::TooLong`] or [`Code::Malformed`] for `field`.
pub(super) fn read_ai21(field: &'static str, text: &str) -> Result<String, Fault> {
    let text = text::line(field, text, 20)?;
    if Set::X.holds(&text) {
        Ok(text)
    } else {
        Err(Fault::new(field, Code::Malformed).with("value", &text).with("reason", "serial-characters"))
    }
}

/// The GTIN of a label: 8, 12, 13 or 14 digits with the right check digit, as fourteen.
///
/// # Errors
/// [`Code::NotAGtin`], [`Code::CheckDigit`] or [`Code::RestrictedGtin`] for `field`.
pub(super) fn read_gtin(field: &'static str, text: &str) -> Result<String, Fault> {
    Gtin::parse_product(text).map(|gtin| gtin.as_str().to_owned()).map_err(|error| faults::at(field, &error))
}

/// Units that must be named: what [`read_units`] reads, but nothing is not all.
///
/// # Errors
/// As [`read_units`]; [`Code::Missing`].
pub(super) fn read_some_units(field: &'static str, text: &str) -> Result<Range<i64>, Fault> {
    if text.trim().is_empty() { Err(Fault::new(field, Code::Missing)) } else { read_units(field, text) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::production::corrections::{Standing, frozen};

    fn used(component: &str, lot: &str, units: &str) -> LotUse {
        LotUse {
            component: component.into(),
            lot: lot.into(),
            units: Some(units.into()).filter(|units: &String| !units.is_empty()),
            ..LotUse::default()
        }
    }

    fn stored() -> Batch {
        Batch { code: "B-1".into(), line: "3".into(), started_on: parsed("2026-03-01"), planned: 100, ..Batch::default() }
    }

    fn batch() -> BatchSheet {
        let lots = vec![used("shell", "FAB-1", "1-50")];
        BatchSheet { batch: stored(), sku: "ST-1-M".into(), factory: "FAC-1".into(), lots, ..BatchSheet::default() }
    }

    fn other() -> BatchSheet {
        let batch = Batch { code: "B-2".into(), line: "4".into(), started_on: parsed("2026-03-02"), ..stored() };
        let lots = vec![used("shell", "FAB-2", "")];
        BatchSheet { batch, sku: "ST-1-L".into(), factory: "FAC-2".into(), lots, ..BatchSheet::default() }
    }

    fn held(before: &BatchSheet, after: &BatchSheet, standing: Standing) -> String {
        frozen(GUARDS, before, after, &standing).into_iter().map(|fault| fault.field.into_owned()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_holds_which_fact() {
        let none = Standing::default();
        assert_eq!(held(&batch(), &other(), none), "");
        assert_eq!(held(&batch(), &other(), Standing { minted: 1, ..none }), "code sku factory lots");
        assert_eq!(held(&batch(), &other(), Standing { minted: 1, sold: 1, ..none }), "code sku factory line started_on lots");
        assert_eq!(held(&batch(), &other(), Standing { findings: 1, ..none }), "code sku factory line started_on lots");
    }

    #[test]
    fn a_batch_may_learn_what_nobody_had_said() {
        let all = Standing { minted: 5, sold: 2, findings: 1, ..Standing::default() };
        let mut more = batch();
        (more.batch.finished_on, more.batch.planned) = (parsed("2026-04-01"), 90);
        if let Some(used) = more.lots.first_mut() {
            used.quantity_milli = Some(80_000);
        }
        more.lots.push(used("buttons", "BTN-1", ""));
        assert_eq!(held(&batch(), &more, all), "");
        assert_eq!(held(&more, &batch(), all), "finished_on lots", "and does not forget it");
    }

    #[test]
    fn serials_are_not_taken_back() {
        let minted = |minted, void| BatchSheet { batch: Batch { minted, ..stored() }, void, ..BatchSheet::default() };
        let before = minted(10, 0);
        let told = |planned: i64, origin: Origin| {
            let after = Batch { planned, origin, ..stored() };
            impossible(&before, &after).into_iter().map(|fault| fault.field.into_owned()).collect::<Vec<_>>().join(" ")
        };
        let (own, foreign) = (Origin::Own, Origin::Foreign);
        assert_eq!([told(10, own), told(9, own), told(9, foreign), told(120, own)], ["", "planned", "origin planned", ""]);
        assert!(impossible(&minted(12, 2), &Batch { planned: 10, ..stored() }).is_empty(), "void ones do not count");
        let mut overrun = minted(10, 0);
        overrun.batch.planned = 0;
        assert!(impossible(&overrun, &Batch { planned: 5, ..stored() }).is_empty(), "more were made than planned");
    }

    #[test]
    fn no_more_serials_than_garments_are_planned() {
        let with = |planned, minted| Batch { planned, minted, ..stored() };
        let allowed = |planned, minted, void, count| as_planned(&with(planned, minted), void, count).is_ok();
        assert!(allowed(100, 0, 0, 100) && !allowed(100, 0, 0, 101) && !allowed(100, 100, 0, 1) && !allowed(0, 0, 0, 1));
        assert!(allowed(100, 100, 3, 3) && !allowed(100, 100, 3, 4), "void ones are replaced");
        let Err(Error::Refused(refusal)) = as_planned(&with(50, 60), 0, 1) else { panic!("more than planned already") };
        let said = refusal.faults.iter().flat_map(|fault| &fault.args).map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>();
        assert_eq!(said, ["planned 50", "minted 60", "left 0"]);
    }

    #[test]
    fn a_lot_is_not_newly_in_units_it_was_in() {
        let mut after = batch();
        if let Some(known) = after.lots.first_mut() {
            known.quantity_milli = Some(5_000);
        }
        assert_eq!(newly_of(&batch(), &after), Ok(vec![]), "how much went in is no other lot");
        after.lots.extend([used("lining", "LIN-1", "10-20"), used("thread", "THR-1", "15-30")]);
        assert_eq!(newly_of(&batch(), &after).as_deref(), Ok(std::slice::from_ref(&(9..30))));
        after.lots.push(used("thread", "THR-2", ""));
        assert_eq!(newly_of(&batch(), &after), Ok(vec![ALL_UNITS]));
    }

    #[test]
    fn what_comes_after_a_batch_is_finished_is_not_in_it() {
        let lot = |id, produced: &str, received: &str| {
            (
                Id(id),
                Lot { id: Id(id), code: format!("L-{id}"), produced_on: parsed(produced), received_on: parsed(received), ..Lot::default() },
            )
        };
        let lots = HashMap::from([lot(1, "2026-03-01", "2026-03-27"), lot(2, "2026-03-28", ""), lot(3, "", "2026-04-01"), lot(4, "", "")]);
        let of = |ids: &[i64], finished: &str| {
            let lots = ids.iter().map(|id| LotUse { id: Id(*id), ..used("shell", &format!("L-{id}"), "") }).collect();
            BatchSheet { batch: Batch { finished_on: parsed(finished), ..stored() }, lots, ..BatchSheet::default() }
        };
        let told = |before: Option<&BatchSheet>, after: &BatchSheet| {
            came_late(before, after, &lots).into_iter().map(|fault| fault.field.into_owned()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(told(None, &of(&[1, 2, 3, 4], "2026-03-27")), "lots.1.lot lots.2.lot");
        assert_eq!(told(None, &of(&[2, 3], "")), "", "it is not finished");
        assert_eq!(told(Some(&of(&[2, 3], "")), &of(&[2, 3], "2026-03-27")), "finished_on");
        assert_eq!(told(Some(&of(&[2, 3], "2026-03-27")), &of(&[2, 3], "2026-03-27")), "", "what stands is no fault of this edit");
    }

    #[test]
    fn one_lot_in_other_letters_is_not_in_a_unit_twice() {
        let mut twice = BatchSheet { lots: vec![used("shell", "FAB-1", "1-10"), used("shell", "ｆａｂ-1", "10-12")], ..batch() };
        assert!(check(&mut twice).is_err());
        let mut apart = BatchSheet { lots: vec![used("shell", "FAB-1", "1～10"), used("shell", "ｆａｂ-1", "11-4194304")], ..batch() };
        assert_eq!(check(&mut apart).unwrap(), [0..10, 10..UNITS_PER_BATCH]);
        assert_eq!(apart.lots.iter().map(|used| used.units.as_deref()).collect::<Vec<_>>(), [Some("1-10"), Some("11-")]);
    }
}
