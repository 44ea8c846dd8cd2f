//! The screens of a trace.

use askama::Template;

use super::picture::{severity_word, trace_href};
use super::tables::{amounts, path_text};
use super::{Kind, Trace, TraceCost};
use crate::kernel::{countries, saturating};
use crate::platform::http::{Layout, query_escape};

/// Rows of a table a page shows; the files have all.
const ROWS: usize = 200;

/// Where a trace begins: one box to search.
#[derive(Template)]
#[template(path = "quality/trace/search.html")]
pub(super) struct SearchPage {
    pub(super) layout: Layout,
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
    pub(super) layout: Layout,
    pub(super) trace: Trace,
    pub(super) picture: String,
    pub(super) chart: Option<String>,
    /// The garments of the trace beside the others of the same batches.
    pub(super) comparison: Option<String>,
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

    /// The page of the thing itself.
    fn own_href(&self) -> Option<String> {
        let (place, needs) = match self.trace.subject.kind {
            Kind::Lot => ("lots", "production.read"),
            Kind::Batch => ("batches", "production.read"),
            Kind::Party => ("parties", "catalogue.read"),
            Kind::Finding => ("findings", "findings.read"),
            Kind::Garment => return None,
        };
        self.layout.may(needs).then(|| format!("/{place}/{}", query_escape(&self.trace.subject.code).replace('/', "%2F")))
    }

    /// What was found on the garments of a batch, finding by finding.
    fn findings_href(&self, batch: &str) -> String {
        format!("/findings?batch={}", query_escape(batch))
    }

    fn file(&self, table: &str, format: &str) -> String {
        format!("{}?table={table}&format={format}&lang={}", self.api, self.layout.lang.tag())
    }

    fn may_save(&self) -> bool {
        matches!(self.trace.subject.kind, Kind::Lot | Kind::Party | Kind::Batch)
            && self.layout.may("recall.edit")
            && self.layout.who.as_ref().is_some_and(|who| who.party.is_none())
    }

    fn save_href(&self) -> String {
        format!("/recalls/new?kind={}&code={}", self.kind(), query_escape(&self.trace.subject.code))
    }

    fn path(&self, path: &[Option<String>]) -> String {
        path_text(path)
    }

    fn severity(&self, severity: &str) -> String {
        severity_word(severity, self.layout.t)
    }

    fn severity_class(&self, severity: &str) -> &'static str {
        match severity {
            "critical" => "bad",
            "major" => "warn",
            _ => "",
        }
    }

    /// What claims cost, as people write it.
    fn cost(&self, costs: &[TraceCost]) -> String {
        amounts(costs)
    }

    fn percent(&self, micro: &i64) -> String {
        format!("{}.{} %", micro / 10_000, micro / 1_000 % 10)
    }

    /// What the comparison comes to, in a sentence.
    fn compared(&self) -> Option<String> {
        let compared = self.trace.compared.as_ref()?;
        let t = self.layout.t;
        let ratio = compared.per_thousand / compared.other_per_thousand;
        Some(match ratio.is_finite() && compared.other_pieces > 0 {
            true => t.say1("trace-compared-ratio", "ratio", format!("{ratio:.1}")).into_owned(),
            false => t.say("trace-compared-none").into_owned(),
        })
    }

    fn compared_batches(&self) -> i64 {
        self.trace.compared.as_ref().map_or(0, |compared| compared.batches)
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
        (self.trace.totals.lots - saturating::<i64>(ROWS)).max(0)
    }

    fn is_forward(&self) -> bool {
        self.trace.components.is_empty()
    }
}

fn grouped(number: &i64) -> String {
    crate::kernel::text::grouped(*number)
}
