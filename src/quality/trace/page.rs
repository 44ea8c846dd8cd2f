//! The screens of a trace.

use askama::Template;

use super::picture::{severity_word, trace_href};
use super::tables::path_text;
use super::{Kind, Trace};
use crate::platform::http::{Shell, query_escape};

/// Rows of a table a page shows; the files have all.
const ROWS: usize = 200;

/// Where a trace begins: one box to search.
#[derive(Template)]
#[template(path = "quality/trace/search.html")]
pub(super) struct SearchPage {
    pub(super) shell: Shell,
    pub(super) q: String,
    /// Things of that name, with the message of their kind; empty when nothing was asked.
    pub(super) found: Vec<(&'static str, String)>,
}

impl SearchPage {
    fn href(&self, kind: &str, code: &str) -> String {
        trace_href(kind, code)
    }
}

/// A trace.
#[derive(Template)]
#[template(path = "quality/trace/trace.html")]
pub(super) struct TracePage {
    pub(super) shell: Shell,
    pub(super) trace: Trace,
    pub(super) picture: String,
    pub(super) chart: Option<String>,
    /// The same trace in the API.
    pub(super) api: String,
}

impl TracePage {
    fn kind(&self) -> &'static str {
        self.trace.subject.kind.as_str()
    }

    fn href(&self, kind: &str, code: &str) -> String {
        trace_href(kind, code)
    }

    fn file(&self, table: &str, format: &str) -> String {
        format!("{}?table={table}&format={format}&lang={}", self.api, self.shell.lang.tag())
    }

    fn may_save(&self) -> bool {
        matches!(self.trace.subject.kind, Kind::Lot | Kind::Party | Kind::Batch)
            && self.shell.may("recall.edit")
            && self.shell.who.as_ref().is_some_and(|who| who.party.is_none())
    }

    fn save_href(&self) -> String {
        format!("/recalls/new?kind={}&code={}", self.kind(), query_escape(&self.trace.subject.code))
    }

    fn path(&self, path: &[Option<String>]) -> String {
        path_text(path)
    }

    fn severity(&self, severity: &str) -> String {
        severity_word(severity, self.shell.t)
    }

    fn severity_class(&self, severity: &str) -> &'static str {
        match severity {
            "critical" => "bad",
            "major" => "warn",
            _ => "",
        }
    }

    fn percent(&self, micro: &i64) -> String {
        format!("{}.{} %", micro / 10_000, micro / 1_000 % 10)
    }

    fn ambiguous(&self) -> Vec<&str> {
        self.trace.components.iter().filter(|one| one.ambiguous).map(|one| one.component.as_str()).collect()
    }

    fn batches(&self) -> impl Iterator<Item = &super::BatchLine> {
        self.trace.batches.iter().take(ROWS)
    }

    fn lots(&self) -> impl Iterator<Item = &super::LotLine> {
        self.trace.lots.iter().take(ROWS)
    }

    fn batches_left(&self) -> usize {
        self.trace.batches.len().saturating_sub(ROWS)
    }

    fn lots_left(&self) -> i64 {
        (self.trace.totals.lots - i64::try_from(ROWS).unwrap_or_default()).max(0)
    }

    fn is_forward(&self) -> bool {
        self.trace.components.is_empty()
    }
}

/// A number in groups of three.
pub(super) fn grouped(number: &i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3 + 1);
    if *number < 0 {
        text.push('−');
    }
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!([0, 999, 1_000, 1_234_567, -45_000].map(|number| grouped(&number)), ["0", "999", "1,000", "1,234,567", "−45,000"]);
    }
}
