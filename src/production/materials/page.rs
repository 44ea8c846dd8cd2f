//! The screens of the lots.

use std::collections::HashMap;

use askama::Template;
use chrono::NaiveDate;

use super::rules::{parts_text, read_parts};
use super::{LotDraft, LotFilter, LotKind, LotSheet, LotView, PartDraft, milli_text};
use crate::kernel::text::{Both, grouped};
use crate::kernel::time::read_date;
use crate::kernel::{Code, Fault, Refusal, Result};
use crate::platform::events::Fact;
use crate::platform::http::{Filled, Shell, segment};
use crate::platform::imports::read_milli;
use crate::platform::rooms::timeline::{self, Happened};
use crate::production::corrections::Preview;

#[derive(Template)]
#[template(path = "production/materials/list.html")]
pub(super) struct ListPage {
    pub shell: Shell,
    pub lots: Vec<LotView>,
    pub filter: LotFilter,
    pub next: Option<String>,
    pub csv: String,
}

impl ListPage {
    fn xlsx(&self) -> String {
        self.csv.replacen(".csv", ".xlsx", 1)
    }

    fn q(&self) -> &str {
        self.filter.q.as_deref().unwrap_or_default()
    }

    fn supplier(&self) -> &str {
        self.filter.supplier.as_deref().unwrap_or_default()
    }

    fn kinds(&self) -> Vec<(&'static str, String, bool)> {
        let any = ("", self.shell.t.say("lots-any-kind").into_owned(), self.filter.kind.is_none());
        let kinds = LotKind::ALL.iter().map(|kind| (kind.as_str(), kind.word(self.shell.lang).to_owned(), self.filter.kind == Some(*kind)));
        std::iter::once(any).chain(kinds).collect()
    }

    fn is_narrowed(&self) -> bool {
        self.filter.q.is_some() || self.filter.supplier.is_some() || self.filter.kind.is_some()
    }
}

#[derive(Template)]
#[template(path = "production/materials/one.html")]
pub(super) struct OnePage {
    pub shell: Shell,
    pub sheet: LotSheet,
    pub history: Vec<Happened>,
    pub may_edit: bool,
}

impl OnePage {
    pub(super) fn new(shell: Shell, sheet: LotSheet, history: &[Fact], may_edit: bool, zone: chrono_tz::Tz) -> Self {
        let history = timeline::lines(history, shell.lang, zone, |_| None);
        Self { shell, sheet, history, may_edit }
    }

    fn country(&self) -> &str {
        crate::kernel::countries::name(&self.sheet.lot.country, self.shell.lang)
    }

    fn trace(&self) -> String {
        format!("/trace/lot/{}", segment(&self.sheet.lot.name))
    }
}

#[derive(Template)]
#[template(path = "production/materials/form.html")]
pub(super) struct FormPage {
    pub shell: Shell,
    pub form: Filled,
    /// What the lot that is changed is called; None for a new one.
    pub code: Option<String>,
    /// What a correction moves; None for an edit.
    pub correcting: Option<Preview>,
}

impl FormPage {
    fn action(&self) -> String {
        let act = if self.correcting.is_some() { "correct" } else { "edit" };
        self.code.as_ref().map_or_else(|| "/lots/new".to_owned(), |code| format!("{}/{act}", href(code)))
    }

    fn back(&self) -> String {
        self.code.as_ref().map_or_else(|| "/lots".to_owned(), |code| href(code))
    }

    fn kinds(&self) -> Vec<(String, &'static str)> {
        LotKind::ALL.iter().map(|kind| (kind.as_str().to_owned(), kind.word(self.shell.lang))).collect()
    }
}

/// The address in the staff pages of the lot that is called so.
pub(super) fn href(name: &str) -> String {
    format!("/lots/{}", segment(name))
}

/// A quantity and its unit, or a dash.
fn quantity(milli: &Option<i64>, unit: &str) -> String {
    milli.map_or_else(|| "—".to_owned(), |milli| format!("{} {unit}", grouped(milli_text(milli))))
}

fn day(date: &Option<NaiveDate>) -> String {
    date.map_or_else(|| "—".to_owned(), |date| date.to_string())
}

/// What a form says of a lot.
///
/// # Errors
/// A fault for each cell that cannot be read.
pub(super) fn draft_of(values: &HashMap<String, String>) -> Result<LotDraft> {
    let text = |name: &str| values.get(name).map(|text| text.trim().to_owned()).unwrap_or_default();
    let mut faults: Vec<Fault> = Vec::new();
    let mut date = |name: &'static str| match text(name) {
        empty if empty.is_empty() => None,
        filled => read_date(name, &filled).map_err(|fault| faults.push(fault)).ok(),
    };
    let (produced_on, received_on) = (date("produced_on"), date("received_on"));
    let quantity = match text("quantity_milli") {
        empty if empty.is_empty() => Err(Fault::new("quantity_milli", Code::Missing)),
        filled => read_milli("quantity_milli", &filled),
    };
    let parents = read_parts("parents", &text("parents"));
    let quantity_milli = quantity.map_err(|fault| faults.push(fault)).unwrap_or_default();
    let parents = parents.map_err(|fault| faults.push(fault)).unwrap_or_default();
    Refusal::unless_empty(faults)?;
    Ok(LotDraft {
        code: text("code"),
        supplier: text("supplier"),
        kind: text("kind"),
        material: Both { zh: text("material.zh"), en: text("material.en") },
        dye_lot: text("dye_lot"),
        quantity_milli,
        unit: text("unit"),
        country: text("country"),
        produced_on,
        received_on,
        parents,
        version: text("version").parse().ok(),
    })
}

/// A lot as its form shows it.
pub(super) fn values_of(sheet: &LotSheet) -> HashMap<String, String> {
    let lot = &sheet.lot;
    let date = |date: Option<NaiveDate>| date.map(|date| date.to_string()).unwrap_or_default();
    let parts: Vec<PartDraft> =
        sheet.parents.iter().map(|part| PartDraft { lot: part.lot.clone(), quantity_milli: part.quantity_milli }).collect();
    [
        ("code", lot.code.clone()),
        ("supplier", lot.supplier.code.clone()),
        ("kind", lot.kind.as_str().to_owned()),
        ("material.zh", lot.material.zh.clone()),
        ("material.en", lot.material.en.clone()),
        ("dye_lot", lot.dye_lot.clone()),
        ("quantity_milli", milli_text(lot.quantity_milli)),
        ("unit", lot.unit.clone()),
        ("country", lot.country.clone()),
        ("produced_on", date(lot.produced_on)),
        ("received_on", date(lot.received_on)),
        ("parents", parts_text(&parts)),
        ("version", lot.version.to_string()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}
