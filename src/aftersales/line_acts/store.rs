//! Opening one thing for many lines.

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{FEW, LineAct, LineActsAsk};
use crate::aftersales::cases::{self, CaseLine};
use crate::aftersales::repairs;
use crate::aftersales::returns::{self, ReturnAsk};
use crate::aftersales::rights::FreightPayer;
use crate::aftersales::settlements::{self, SettlementAsk};
use crate::kernel::text::Lang;
use crate::kernel::{Code, Error, Fault, Id, Refusal, Result, saturating, text};
use crate::platform::db::{Attempt, Db};
use crate::platform::events::Stamp;
use crate::platform::jobs::{self, Job, Work};
use crate::platform::state::AppState;
use crate::platform::words::Words;

/// The kind of long work that opens something for many lines.
pub const LINE_ACTS_WORK: &str = "line_acts.begin";

/// Lines tried or begun in one write of long work.
const STRETCH: usize = 100;

/// What was begun at once, or the long work that begins it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LineActsBegun {
    /// Lines for which it was opened.
    pub begun: usize,
    /// The job that opens it, where they are many.
    #[schema(value_type = Option<String>)]
    pub job: Option<Id>,
}

/// What became of long work.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LineActsReport {
    /// Lines for which it was opened.
    pub begun: usize,
    /// Lines for which it was not, and why. Where one was refused as they were tried, nothing was opened at all.
    pub refused: Vec<LineRefused>,
}

/// A line that is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LineRefused {
    /// Its number.
    pub line: i64,
    /// The stable code.
    pub code: String,
    /// Why, in Chinese.
    pub zh: String,
    /// The same in English.
    pub en: String,
}

/// Opens what is asked for: a few at once, many as long work.
///
/// # Errors
/// As [`begin`]; [`Code::UnknownReference`] for `case` and for each number that is no line of it; [`Code::Missing`] where no line is meant.
pub fn ask(db: &mut Db, stamp: &Stamp, zone: Tz, ask: &LineActsAsk) -> Result<LineActsBegun> {
    let lines = chosen(db, ask)?;
    if lines.is_empty() {
        return Err(Fault::new("lines", Code::Missing).into());
    }
    if lines.len() <= FEW {
        return Ok(LineActsBegun { begun: begin(db, stamp, zone, ask, &lines)?, job: None });
    }
    let input = serde_json::to_value(ask).map_err(Error::broken)?;
    Ok(LineActsBegun { begun: 0, job: Some(jobs::enqueue(db, stamp, LINE_ACTS_WORK, &input)?) })
}

/// The lines that are meant: those that are named, else every one about which that was decided and for which it is not under way.
///
/// # Errors
/// [`Code::UnknownReference`] for each number that is no line of the case.
fn chosen(db: &mut Db, ask: &LineActsAsk) -> Result<Vec<CaseLine>> {
    let case = cases::said(db, &ask.case)?;
    let all = cases::lines(db, case.id)?;
    if !ask.lines.is_empty() {
        let unknown = |no: &i64| {
            let is_there = all.iter().any(|line| line.line_no == *no);
            (!is_there).then(|| Fault::new(format!("lines.{no}"), Code::UnknownReference).with("value", no))
        };
        Refusal::unless_none(ask.lines.iter().filter_map(unknown).collect())?;
        return Ok(all.into_iter().filter(|line| ask.lines.contains(&line.line_no)).collect());
    }
    let begun = cases::under_way(db, case.id)?;
    let is_meant = |line: &CaseLine| {
        let is_decided = line.state.is_live() && line.decided.is_some_and(|decided| ask.act.carries_out().contains(&decided));
        is_decided && !begun.contains(&(line.id, ask.act.work()))
    };
    Ok(all.into_iter().filter(is_meant).collect())
}

/// Opens it for these lines: for all of them, or for none.
///
/// # Errors
/// Every line that is refused, as `lines.N` by its number, with why.
pub fn begin(db: &mut Db, stamp: &Stamp, zone: Tz, ask: &LineActsAsk, lines: &[CaseLine]) -> Result<usize> {
    // What all of them lack is said of the field, not of each line.
    let is_of_reason = matches!(ask.act, LineAct::Refund | LineAct::Credit) || (ask.act == LineAct::Return && ask.rule.is_none());
    if is_of_reason {
        text::line("reason", &ask.reason, 240)?;
    }
    let mut faults = Vec::new();
    for line in lines {
        match one(db, stamp, zone, ask, line) {
            Ok(()) => {}
            Err(Error::Refused(refusal)) => faults.push(of_line(line, &refusal)),
            Err(error) => return Err(error),
        }
    }
    Refusal::unless_none(faults)?;
    Ok(lines.len())
}

/// Why a line is refused, as a fault of its number.
fn of_line(line: &CaseLine, refusal: &Refusal) -> Fault {
    let field = format!("lines.{}", line.line_no);
    match refusal.faults.first() {
        Some(fault) => Fault { field: field.into(), ..fault.clone() },
        None => Fault { args: refusal.args.clone(), ..Fault::new(field, refusal.code) },
    }
}

fn one(db: &mut Db, stamp: &Stamp, zone: Tz, ask: &LineActsAsk, line: &CaseLine) -> Result<()> {
    match ask.act {
        LineAct::Return => {
            let asked = ReturnAsk {
                case: ask.case.clone(),
                line: line.line_no,
                rule: ask.rule.clone(),
                freight: FreightPayer::default(),
                note: ask.reason.clone(),
            };
            returns::request(db, stamp, zone, &asked).map(drop)
        }
        LineAct::Repair => repairs::open(db, stamp, (&ask.case, line.line_no), ask.kind, ask.site).map(drop),
        LineAct::Refund | LineAct::Credit => {
            let asked = SettlementAsk {
                line: line.id,
                kind: ask.act.settles(),
                amount_minor: None,
                price: None,
                new_garment: None,
                reason: ask.reason.clone(),
            };
            settlements::authorise(db, stamp, &asked).map(drop)
        }
    }
}

/// The same as long work.
pub struct LineActsWork;

impl LineActsWork {
    /// What of a stretch is refused: tried in a write that keeps nothing, or begun.
    fn stretch(app: &AppState, job: &Job, ask: &LineActsAsk, lines: Vec<CaseLine>, is_kept: bool) -> Result<Vec<Fault>> {
        let (stamp, zone, ask) = (app.stamp(&job.created_by), app.config.time_zone, ask.clone());
        let done = app.store.attempt_blocking(move |db| {
            begin(db, &stamp, zone, &ask, &lines)?;
            Ok(if is_kept { Attempt::Keep(()) } else { Attempt::Undo(()) })
        });
        match done {
            Ok(()) => Ok(Vec::new()),
            Err(Error::Refused(refusal)) if !refusal.faults.is_empty() => Ok(refusal.faults),
            Err(error) => Err(error),
        }
    }
}

/// A refusal of a line as it is reported.
fn reported(fault: &Fault) -> LineRefused {
    let line = fault.field.rsplit_once('.').and_then(|(_, no)| crate::kernel::parsed(no)).unwrap_or_default();
    let why = |lang| Words::of(lang).fault(fault);
    LineRefused { line, code: fault.code.as_str().to_owned(), zh: why(Lang::Zh), en: why(Lang::En) }
}

impl Work for LineActsWork {
    fn kind(&self) -> &'static str {
        LINE_ACTS_WORK
    }

    fn run(&self, app: &AppState, job: &Job, progress: &mut dyn FnMut(u64, u64)) -> Result<Value> {
        let ask: LineActsAsk = serde_json::from_value(job.input.clone()).map_err(Error::broken)?;
        let (asked, work) = (ask.clone(), ask.act.work());
        // What was begun before the work was broken off is done.
        let lines: Vec<CaseLine> = app.store.read_blocking(move |db| {
            let case = cases::said(db, &asked.case)?;
            let begun = cases::under_way(db, case.id)?;
            Ok(chosen(db, &asked)?.into_iter().filter(|line| !begun.contains(&(line.id, work))).collect())
        })?;
        let (mut report, mut done, total) = (LineActsReport::default(), 0_u64, saturating::<u64>(lines.len()) * 2);
        for stretch in lines.chunks(STRETCH) {
            report.refused.extend(Self::stretch(app, job, &ask, stretch.to_vec(), false)?.iter().map(reported));
            done += saturating::<u64>(stretch.len());
            progress(done, total);
        }
        if !report.refused.is_empty() {
            return serde_json::to_value(report).map_err(Error::broken);
        }
        // Something may happen to a line after it was tried: that line is named, and the others go on.
        for stretch in lines.chunks(STRETCH) {
            let mut left = stretch.to_vec();
            loop {
                let refused: Vec<LineRefused> = Self::stretch(app, job, &ask, left.clone(), true)?.iter().map(reported).collect();
                if refused.is_empty() {
                    report.begun += left.len();
                    break;
                }
                left.retain(|line| refused.iter().all(|one| one.line != line.line_no));
                report.refused.extend(refused);
            }
            done += saturating::<u64>(stretch.len());
            progress(done, total);
        }
        serde_json::to_value(report).map_err(Error::broken)
    }
}
