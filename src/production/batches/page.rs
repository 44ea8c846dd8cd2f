//! The screens of the batches, and the box that finds things.

use std::collections::HashMap;

use askama::Template;
use chrono::NaiveDate;
use roaring::RoaringBitmap;

use super::rules::units_text;
use super::{BatchDraft, BatchFilter, BatchSheet, BatchStatus, BatchView, ComponentLot, LotUse, Origin};
use crate::kernel::text::{Lang, grouped};
use crate::kernel::time::read_date;
use crate::kernel::{Code, Fault, Refusal, Result};
use crate::platform::events::Fact;
use crate::platform::http::{Filled, Shell, query_escape, segment};
use crate::platform::imports::{read_milli, read_whole};
use crate::platform::rooms::timeline::{self, Happened};
use crate::production::corrections::Preview;
use crate::production::materials::milli_text;

/// Empty rows for lots that a form offers.
pub(super) const BLANK_ROWS: usize = 4;
/// Rows for lots a form may have.
const ROWS_MAX: usize = 2_000;
/// The cells of such a row.
const ROW: [&str; 4] = ["component", "lot", "units", "quantity_milli"];
/// Ranges of void units a page lists.
const VOIDS_SHOWN: usize = 20;

#[derive(Template)]
#[template(path = "production/batches/list.html")]
pub(super) struct ListPage {
    pub shell: Shell,
    pub batches: Vec<BatchView>,
    pub filter: BatchFilter,
    pub next: Option<String>,
    pub query: String,
}

impl ListPage {
    fn filled<'a>(&self, text: &'a Option<String>) -> &'a str {
        text.as_deref().unwrap_or_default()
    }

    fn states(&self) -> Vec<(&'static str, String, bool)> {
        let any = ("", self.shell.t.say("batches-any-status").into_owned(), self.filter.status.is_none());
        let states =
            BatchStatus::ALL.iter().map(|one| (one.as_str(), one.word(self.shell.lang).to_owned(), self.filter.status == Some(*one)));
        std::iter::once(any).chain(states).collect()
    }

    fn is_narrowed(&self) -> bool {
        self.filter.q.is_some() || self.filter.factory.is_some() || self.filter.sku.is_some() || self.filter.status.is_some()
    }
}

/// A unit somebody asked for.
pub(super) struct UnitLine {
    pub unit: i64,
    pub serial: String,
    pub address: String,
    pub is_void: bool,
}

#[derive(Template)]
#[template(path = "production/batches/one.html")]
pub(super) struct OnePage {
    pub shell: Shell,
    pub sheet: BatchSheet,
    pub history: Vec<Happened>,
    /// Void units as people read them.
    pub voids: String,
    /// The unit asked for.
    pub asked: Option<i64>,
    /// What was found of it.
    pub line: Option<UnitLine>,
    pub may_edit: bool,
    /// The form for void units.
    pub form: Filled,
}

impl OnePage {
    pub(super) fn new(shell: Shell, sheet: BatchSheet, history: &[Fact], zone: chrono_tz::Tz, void: &RoaringBitmap) -> Self {
        let lang = shell.lang;
        let history = timeline::lines(history, lang, zone, |status| BatchStatus::of(status).map(|status| status.word(lang)));
        Self { shell, sheet, history, voids: voids_text(void), asked: None, line: None, may_edit: false, form: Filled::default() }
    }

    fn labels(&self) -> String {
        format!("/labels?batch={}", query_escape(&self.sheet.batch.code))
    }

    fn trace(&self) -> String {
        format!("/trace/batch/{}", segment(&self.sheet.batch.code))
    }

    fn findings(&self) -> String {
        format!("/findings?batch={}", query_escape(&self.sheet.batch.code))
    }

    fn sku(&self) -> String {
        format!("/skus/{}", segment(&self.sheet.batch.sku.code))
    }

    /// The components, each with its lots.
    fn components(&self) -> Vec<(&str, Vec<&ComponentLot>)> {
        let mut components: Vec<(&str, Vec<&ComponentLot>)> = Vec::new();
        for lot in &self.sheet.lots {
            match components.last_mut() {
                Some((component, lots)) if *component == lot.component => lots.push(lot),
                _ => components.push((&lot.component, vec![lot])),
            }
        }
        components
    }
}

/// Void units as ranges counted from 1, the first twenty.
fn voids_text(void: &RoaringBitmap) -> String {
    let mut ranges: Vec<std::ops::Range<i64>> = Vec::new();
    for unit in void.iter().map(i64::from) {
        match ranges.last_mut() {
            Some(range) if range.end == unit => range.end += 1,
            _ => ranges.push(unit..unit + 1),
        }
        if ranges.len() > VOIDS_SHOWN {
            break;
        }
    }
    let more = if ranges.len() > VOIDS_SHOWN { " …" } else { "" };
    ranges.truncate(VOIDS_SHOWN);
    ranges.iter().map(units_text).collect::<Vec<_>>().join(", ") + more
}

#[derive(Template)]
#[template(path = "production/batches/form.html")]
pub(super) struct FormPage {
    pub shell: Shell,
    pub form: Filled,
    /// Rows for lots.
    pub rows: usize,
    /// The code of the batch that is changed; None for a new one.
    pub code: Option<String>,
    /// What a correction moves; None for an edit.
    pub correcting: Option<Preview>,
}

impl FormPage {
    fn action(&self) -> String {
        let act = if self.correcting.is_some() { "correct" } else { "edit" };
        self.code.as_ref().map_or_else(|| "/batches/new".to_owned(), |code| format!("{}/{act}", href(code)))
    }

    fn back(&self) -> String {
        self.code.as_ref().map_or_else(|| "/batches".to_owned(), |code| href(code))
    }

    fn states(&self) -> Vec<(String, &'static str)> {
        BatchStatus::ALL.iter().map(|one| (one.as_str().to_owned(), one.word(self.shell.lang))).collect()
    }

    fn origins(&self) -> Vec<(String, &'static str)> {
        Origin::ALL.iter().map(|one| (one.as_str().to_owned(), one.word(self.shell.lang))).collect()
    }

    /// The rows of lots: for each its cells' names, labels and what is wrong.
    fn lots(&self) -> Vec<Vec<RowCell<'_>>> {
        let cell = |place: usize, cell: &'static str| {
            let name = format!("lots.{place}.{cell}");
            let label = self.shell.t.say(format!("batches-lot-{}", cell.replace('_', "-"))).into_owned();
            RowCell { value: self.form.value(&name), fault: self.form.fault(&name), name, label }
        };
        (0..self.rows).map(|place| ROW.into_iter().map(|name| cell(place, name)).collect()).collect()
    }
}

/// One cell of a row of lots in a form.
struct RowCell<'a> {
    name: String,
    label: String,
    value: &'a str,
    fault: Option<&'a str>,
}

impl RowCell<'_> {
    fn is_lot(&self) -> bool {
        self.name.ends_with(".lot")
    }
}

/// A batch's address in the staff pages.
pub(super) fn href(code: &str) -> String {
    format!("/batches/{}", segment(code))
}

/// The class of a state's badge.
fn tone(status: &BatchStatus) -> &'static str {
    match status {
        BatchStatus::Open => "",
        BatchStatus::Released => "good",
        BatchStatus::Hold => "bad",
        BatchStatus::Closed => "warn",
    }
}

fn quantity(milli: &Option<i64>, unit: &str) -> String {
    milli.map_or_else(|| "—".to_owned(), |milli| format!("{} {unit}", grouped(milli_text(milli))))
}

fn day(date: &Option<NaiveDate>) -> String {
    date.map_or_else(|| "—".to_owned(), |date| date.to_string())
}

/// A batch as a row of a file of batches.
pub(super) fn cells(batch: &BatchView, lang: Lang) -> [String; 11] {
    let date = |date: Option<NaiveDate>| date.map(|date| date.to_string()).unwrap_or_default();
    [
        batch.code.clone(),
        batch.sku.code.clone(),
        batch.factory.code.clone(),
        batch.line.clone(),
        date(batch.started_on),
        date(batch.finished_on),
        batch.planned.to_string(),
        batch.status.word(lang).to_owned(),
        batch.origin.word(lang).to_owned(),
        batch.minted.to_string(),
        batch.void.to_string(),
    ]
}

/// How many rows of lots a form has, counted by the greatest number in a field's name.
pub(super) fn rows_in(values: &HashMap<String, String>) -> usize {
    let place = |name: &String| name.strip_prefix("lots.")?.split('.').next()?.parse::<usize>().ok();
    values.keys().filter_map(place).filter(|place| *place < ROWS_MAX).max().map_or(0, |last| last + 1)
}

/// The form without empty rows between filled ones, so that the rows of the form and of the draft have the same numbers.
pub(super) fn closed_up(mut values: HashMap<String, String>) -> HashMap<String, String> {
    let mut next = 0;
    for place in 0..rows_in(&values) {
        let row: Vec<String> = ROW.iter().map(|cell| values.remove(&format!("lots.{place}.{cell}")).unwrap_or_default()).collect();
        if row.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        values.extend(ROW.iter().zip(row).map(|(cell, value)| (format!("lots.{next}.{cell}"), value)));
        next += 1;
    }
    values
}

/// What a form that is [`closed_up`] says of a batch.
///
/// # Errors
/// A fault for each cell that cannot be read.
pub(super) fn draft_of(values: &HashMap<String, String>) -> Result<BatchDraft> {
    let text = |name: &str| values.get(name).map(|text| text.trim().to_owned()).unwrap_or_default();
    let given = |name: &str| Some(text(name)).filter(|text| !text.is_empty());
    let mut faults: Vec<Fault> = Vec::new();
    let mut date = |name: &'static str| given(name).and_then(|filled| read_date(name, &filled).map_err(|fault| faults.push(fault)).ok());
    let (started_on, finished_on) = (date("started_on"), date("finished_on"));
    let planned = given("planned").ok_or_else(|| Fault::new("planned", Code::Missing)).and_then(|filled| read_whole("planned", &filled));
    let planned = planned.map_err(|fault| faults.push(fault)).unwrap_or_default();
    let mut lots = Vec::new();
    for place in 0..rows_in(values) {
        let name = |cell: &str| format!("lots.{place}.{cell}");
        let quantity = given(&name("quantity_milli")).map(|filled| read_milli("quantity_milli", &filled)).transpose();
        let quantity_milli = quantity.unwrap_or_else(|fault| {
            faults.push(Fault { field: name("quantity_milli").into(), ..fault });
            None
        });
        lots.push(LotUse { component: text(&name("component")), lot: text(&name("lot")), units: given(&name("units")), quantity_milli });
    }
    Refusal::unless_empty(faults)?;
    Ok(BatchDraft {
        code: text("code"),
        sku: text("sku"),
        factory: text("factory"),
        line: text("line"),
        started_on,
        finished_on,
        planned,
        status: given("status"),
        origin: given("origin"),
        lots,
        version: text("version").parse().ok(),
    })
}

/// A batch as its form shows it.
pub(super) fn values_of(sheet: &BatchSheet) -> HashMap<String, String> {
    let batch = &sheet.batch;
    let date = |date: Option<NaiveDate>| date.map(|date| date.to_string()).unwrap_or_default();
    let facts = [
        ("code", batch.code.clone()),
        ("sku", batch.sku.code.clone()),
        ("factory", batch.factory.code.clone()),
        ("line", batch.line.clone()),
        ("started_on", date(batch.started_on)),
        ("finished_on", date(batch.finished_on)),
        ("planned", batch.planned.to_string()),
        ("status", batch.status.as_str().to_owned()),
        ("origin", batch.origin.as_str().to_owned()),
        ("version", batch.version.to_string()),
    ];
    let lots = sheet.lots.iter().enumerate().flat_map(|(place, lot)| {
        let quantity = lot.quantity_milli.map(milli_text).unwrap_or_default();
        let cells = [lot.component.clone(), lot.lot.clone(), lot.units.clone().unwrap_or_default(), quantity];
        ROW.into_iter().zip(cells).map(move |(cell, value)| (format!("lots.{place}.{cell}"), value))
    });
    facts.into_iter().map(|(name, value)| (name.to_owned(), value)).chain(lots).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_rows_are_closed_up() {
        let values: HashMap<String, String> =
            [("lots.0.component", " "), ("lots.2.component", "shell"), ("lots.2.lot", "F1"), ("code", "B")]
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect();
        let values = closed_up(values);
        assert_eq!(values.get("lots.0.lot").map(String::as_str), Some("F1"));
        assert_eq!((rows_in(&values), values.get("code").map(String::as_str)), (1, Some("B")));
    }

    #[test]
    fn void_units_read_as_ranges() {
        assert_eq!(voids_text(&RoaringBitmap::new()), "");
        assert_eq!(voids_text(&(4..9).chain([20]).collect()), "5-9, 21");
        assert!(voids_text(&(0..100).step_by(2).collect()).ends_with(" …"));
    }
}
