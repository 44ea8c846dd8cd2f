//! Which units get labels, and what a job and a chunk of it may turn into.

use std::ops::Range;

use roaring::RoaringBitmap;

use super::{ChunkState, LabelRequest, PrintJobState};
use crate::kernel::ids::UNITS_PER_BATCH;
use crate::kernel::machine::Machine;
pub use crate::kernel::units::count;
use crate::kernel::{Code, Error, Fault, Refusal, Result, saturating};
use crate::machine;
use crate::production::batches::{read_units, units_text};

/// Which units labels are wanted for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// All units of the batch: as many as are planned, or minted if that is more.
    All,
    /// This many units, from the first on.
    Count(i64),
    /// These units, counted from 0; `4_194_304` as the end stands for the batch's last.
    Units(Range<i64>),
    /// Units no job ever had: this many, or all there are.
    New(Option<i64>),
}

/// Which units a request is about. What goes to a printer is always new: a serial is never printed twice.
///
/// # Errors
/// [`Code::OutOfRange`] for `count`; [`Code::Malformed`] or [`Code::OutOfRange`] for `units`; [`Code::Invalid`] when both are given, or units to a printer.
pub fn wanted(request: &LabelRequest, to_printer: bool) -> Result<Wanted> {
    let units = request.units.as_deref().map(str::trim).filter(|units| !units.is_empty());
    if request.count.is_some_and(|count| !(1..=UNITS_PER_BATCH).contains(&count)) {
        return Err(Fault::new("count", Code::OutOfRange).with("min", 1).with("max", UNITS_PER_BATCH).into());
    }
    let only_new = request.only_new || to_printer;
    match (units, request.count) {
        (Some(_), Some(_)) => {
            Err(Fault::new("units", Code::NotOneOf).with("value", "count, units").with("allowed", "count / units").into())
        }
        (Some(_), None) if only_new => Err(Fault::new("units", Code::NotOneOf).with("value", "units").with("allowed", "count").into()),
        (Some(units), None) => Ok(Wanted::Units(read_units("units", units)?)),
        (None, count) if only_new => Ok(Wanted::New(count)),
        (None, Some(count)) => Ok(Wanted::Count(count)),
        (None, None) => Ok(Wanted::All),
    }
}

/// How far a batch is.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// Units planned.
    pub planned: i64,
    /// Units that have serials.
    pub minted: i64,
    /// Units that are void.
    pub void: RoaringBitmap,
    /// Units some job had.
    pub labelled: RoaringBitmap,
}

impl Standing {
    /// Units that had a label and are not void.
    pub fn labelled(&self) -> i64 {
        saturating((&self.labelled - &self.void).len())
    }

    /// Units of the batch, planned ones included, that never had a label and are not void.
    pub fn fresh(&self) -> i64 {
        let spent = saturating::<i64>((&self.labelled | &self.void).len());
        (self.planned.max(self.minted) - spent).max(0)
    }
}

/// The units to make labels for, and how many must be minted before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pick {
    /// Units to be minted.
    pub mint: i64,
    /// Units, in runs, ascending; void ones left out.
    pub runs: Vec<Range<i64>>,
}

/// Picks the units.
///
/// # Errors
/// [`Code::Missing`] for `count` when it is not said how many and the batch does not say either; [`Code::BatchTooLarge`].
pub fn pick(standing: &Standing, wanted: &Wanted) -> Result<Pick> {
    let Standing { planned, minted, .. } = *standing;
    let last = planned.max(minted);
    let missing = || Error::from(Fault::new("count", Code::Missing));
    let (range, most, used) = match wanted {
        Wanted::All => (0..last, None, RoaringBitmap::new()),
        Wanted::Units(units) => {
            let end = if units.end == UNITS_PER_BATCH { last } else { units.end };
            if units.start >= end {
                return Err(Fault::new("units", Code::OutOfRange).with("min", 1).with("max", last).into());
            }
            (units.start..end, None, RoaringBitmap::new())
        }
        Wanted::Count(count) => (0..minted, Some(*count), RoaringBitmap::new()),
        Wanted::New(None) => (0..last, None, standing.labelled.clone()),
        Wanted::New(Some(count)) => (0..minted, Some(*count), standing.labelled.clone()),
    };
    let mut free = RoaringBitmap::new();
    free.insert_range(unit(range.start)?..unit(range.end)?);
    free -= &standing.void;
    free -= &used;
    let mut end = range.end;
    if let Some(count) = most {
        let there = i64::try_from(free.len()).map_err(Error::broken)?;
        let lacking = (count - there).max(0);
        end = minted + lacking;
        if end > UNITS_PER_BATCH {
            let fault = Fault::new("count", Code::BatchTooLarge).with("max", UNITS_PER_BATCH - minted);
            return Err(Refusal { code: Code::BatchTooLarge, args: Vec::new(), faults: vec![fault] }.into());
        }
        free.insert_range(unit(minted)?..unit(end)?);
        let wanted = u32::try_from(count).map_err(Error::broken)?;
        if let Some(beyond) = free.select(wanted) {
            free.remove_range(beyond..);
        }
    }
    if free.is_empty() {
        return Err(missing());
    }
    Ok(Pick { mint: (end - minted).max(0), runs: runs(&free) })
}

fn unit(unit: i64) -> Result<u32> {
    u32::try_from(unit).map_err(|_| Fault::new("units", Code::OutOfRange).with("min", 1).with("max", UNITS_PER_BATCH).into())
}

/// The runs of consecutive units, ends left out.
pub fn runs(units: &RoaringBitmap) -> Vec<Range<i64>> {
    let mut runs: Vec<Range<i64>> = Vec::new();
    for unit in units {
        let unit = i64::from(unit);
        match runs.last_mut() {
            Some(run) if run.end == unit => run.end += 1,
            _ => runs.push(unit..unit + 1),
        }
    }
    runs
}

/// The runs without what is void.
///
/// # Errors
/// [`Code::OutOfRange`] for a unit that is none.
pub fn without(all: &[Range<i64>], void: &RoaringBitmap) -> Result<Vec<Range<i64>>> {
    let mut units = RoaringBitmap::new();
    for run in all {
        units.insert_range(unit(run.start)?..unit(run.end)?);
    }
    units -= void;
    Ok(runs(&units))
}

/// The runs cut into chunks of at most `size` units.
pub fn chunks(runs: &[Range<i64>], size: i64) -> Vec<Range<i64>> {
    let size = size.max(1);
    let cut = |run: &Range<i64>| {
        let end = run.end;
        let mut from = run.start;
        std::iter::from_fn(move || {
            let chunk = from..(from + size).min(end);
            from = chunk.end;
            (!chunk.is_empty()).then_some(chunk)
        })
    };
    runs.iter().flat_map(cut).collect()
}

/// Units as people list them, `17, 45-60`, counted from 1.
///
/// # Errors
/// What [`read_units`] refuses, for `field`; [`Code::Missing`] when there are none.
pub fn read_list(field: &'static str, text: &str) -> Result<Vec<Range<i64>>, Fault> {
    let mut list = Vec::new();
    for part in text.split([',', '，', '、', ';', '；', '\n', ' ']).map(str::trim).filter(|part| !part.is_empty()) {
        list.push(read_units(field, part)?);
    }
    if list.is_empty() { Err(Fault::new(field, Code::Missing)) } else { Ok(list) }
}

/// Units as [`read_list`] reads them.
pub fn list_text(units: &RoaringBitmap) -> String {
    let text = |run: &Range<i64>| Some(units_text(run)).filter(|text| !text.is_empty()).unwrap_or_else(|| format!("1-{}", run.end));
    runs(units).iter().map(text).collect::<Vec<_>>().join(", ")
}

/// Spoiled labels named at once.
const SERIALS_MOST: usize = 200;

/// Serials or addresses as a scanner or a person enters them: one a line, or between commas or semicolons.
///
/// # Errors
/// [`Code::Missing`] when there are none; [`Code::OutOfRange`] for more than 200.
pub fn read_serials<'a>(field: &'static str, text: &'a str) -> Result<Vec<&'a str>> {
    let parts = text.split(['\n', '\r', '\t', ',', '，', '、', ';', '；']).map(str::trim);
    let list: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    match list.len() {
        0 => Err(Fault::new(field, Code::Missing).into()),
        1..=SERIALS_MOST => Ok(list),
        _ => Err(Fault::new(field, Code::OutOfRange).with("min", 1).with("max", SERIALS_MOST).into()),
    }
}

/// What a job may turn into. Labels that went wrong are made again with new serials, so a done or cancelled job may be queued once more.
pub const JOB: Machine<PrintJobState> = machine!(PrintJobState:
    Queued => Running | Paused | Cancelled;
    Running => Paused | Done | Failed | Cancelled;
    Paused => Queued | Cancelled;
    Done => Queued;
    Cancelled => Queued;
);

/// What a chunk may turn into. Nothing leads back to `queued`: what may have been printed is never sent again.
pub const CHUNK: Machine<ChunkState> = machine!(ChunkState:
    Queued => Sent;
    Sent => Confirmed | Unknown | Voided;
    Unknown => Confirmed | Voided;
);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bits(units: impl IntoIterator<Item = u32>) -> RoaringBitmap {
        units.into_iter().collect()
    }

    #[expect(clippy::single_range_in_vec_init, reason = "one run of units is a list of one range")]
    #[test]
    fn all_units_are_the_planned_ones_or_the_minted_ones() {
        let standing = Standing { planned: 10, minted: 4, void: bits([1]), labelled: bits(0..3) };
        assert_eq!(pick(&standing, &Wanted::All).unwrap(), Pick { mint: 6, runs: vec![0..1, 2..10] });
        assert_eq!(pick(&standing, &Wanted::New(None)).unwrap(), Pick { mint: 6, runs: vec![3..10] });
        assert_eq!(pick(&standing, &Wanted::Count(5)).unwrap(), Pick { mint: 2, runs: vec![0..1, 2..6] });
        assert_eq!(pick(&standing, &Wanted::Count(2)).unwrap(), Pick { mint: 0, runs: vec![0..1, 2..3] });
        assert_eq!(pick(&standing, &Wanted::Units(8..12)).unwrap(), Pick { mint: 8, runs: vec![8..12] });
        assert_eq!(pick(&Standing::default(), &Wanted::All).unwrap_err().code(), Code::Invalid);
        assert_eq!(pick(&standing, &Wanted::Count(UNITS_PER_BATCH)).unwrap_err().code(), Code::BatchTooLarge);
    }

    #[test]
    fn a_batch_says_how_many_units_had_labels_and_how_many_never_had() {
        let standing = Standing { planned: 10, minted: 6, void: bits([1, 5]), labelled: bits(0..3) };
        assert_eq!((standing.labelled(), standing.fresh()), (2, 6));
        assert_eq!((Standing::default().labelled(), Standing::default().fresh()), (0, 0));
    }

    #[test]
    fn serials_are_read_one_a_line_or_between_commas() {
        assert_eq!(
            read_serials("serials", "0ABC 123-4\n\nHTTPS://ID/01/1/21/X , 0DEF；").unwrap(),
            ["0ABC 123-4", "HTTPS://ID/01/1/21/X", "0DEF"]
        );
        assert_eq!(read_serials("serials", " ,\n").unwrap_err().code(), Code::Invalid);
        assert_eq!(read_serials("serials", &"a\n".repeat(201)).unwrap_err().code(), Code::Invalid);
    }

    #[test]
    fn lists_of_units_are_read_as_people_write_them() {
        assert_eq!(read_list("units", "17, 45-60，3").unwrap(), vec![16..17, 44..60, 2..3]);
        assert!(read_list("units", " , ").is_err());
        assert!(read_list("units", "60-45").is_err());
    }

    #[test]
    fn nothing_leads_back_to_a_queued_chunk() {
        for from in ChunkState::ALL {
            assert!(!CHUNK.allows(*from, ChunkState::Queued));
            for to in [ChunkState::Confirmed, ChunkState::Voided] {
                assert!(!CHUNK.allows(to, *from), "{to:?} is final");
            }
        }
        assert!(JOB.allows(PrintJobState::Paused, PrintJobState::Queued) && !JOB.allows(PrintJobState::Cancelled, PrintJobState::Running));
    }

    proptest! {
        #[test]
        fn picked_units_are_as_many_as_wanted_new_and_not_void(
            planned in 0_i64..200, minted in 0_i64..200, count in 1_i64..300,
            void in proptest::collection::vec(0_u32..200, 0..50), labelled in proptest::collection::vec(0_u32..200, 0..50), size in 1_i64..60,
        ) {
            let within = |units: Vec<u32>| bits(units.into_iter().filter(|unit| i64::from(*unit) < minted));
            let standing = Standing { planned, minted, void: within(void), labelled: within(labelled) };
            let pick = pick(&standing, &Wanted::New(Some(count))).unwrap();
            prop_assert_eq!(super::count(&pick.runs), count);
            let cut = chunks(&pick.runs, size);
            prop_assert_eq!(super::count(&cut), count);
            let mut last = 0;
            for chunk in &cut {
                prop_assert!(chunk.end - chunk.start <= size && chunk.start >= last && chunk.end <= minted + pick.mint);
                last = chunk.end;
                for unit in chunk.clone() {
                    let unit = u32::try_from(unit).unwrap();
                    prop_assert!(!standing.void.contains(unit) && !standing.labelled.contains(unit));
                }
            }
        }
    }
}
