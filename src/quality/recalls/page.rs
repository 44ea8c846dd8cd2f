//! The screens of recall scopes.

use askama::Template;

use chrono::NaiveDateTime;

use super::ScopeToday;
use super::store::href;
use crate::platform::http::{Layout, segment};

/// Batches a page shows; the files have all.
const ROWS: usize = 200;

/// A scope and what the same trace gives today.
#[derive(Template)]
#[template(path = "quality/recalls/one.html")]
pub(super) struct OnePage {
    pub(super) layout: Layout,
    pub(super) scope: ScopeToday,
}

impl OnePage {
    fn kind(&self) -> String {
        self.scope.scope.query.kind.word(self.layout.lang).to_owned()
    }

    fn trace_href(&self) -> String {
        let query = &self.scope.scope.query;
        format!("/trace/{}/{}", query.kind.as_str(), segment(&query.code))
    }

    fn file(&self, what: &str, format: &str) -> String {
        let code = segment(&self.scope.scope.code);
        format!("/api/v1/recall-scopes/{code}/{what}?format={format}&lang={}", self.layout.lang.tag())
    }

    fn batches(&self) -> impl Iterator<Item = (&str, String)> {
        self.scope.batches.iter().take(ROWS).map(|batch| {
            let units = batch.units.iter().map(|units| format!("{}-{}", units.first, units.last)).collect::<Vec<_>>().join(", ");
            (batch.batch.as_str(), units)
        })
    }

    fn batches_left(&self) -> usize {
        self.scope.batches.len().saturating_sub(ROWS)
    }

    fn at(&self) -> String {
        moment(self.scope.scope.created_at)
    }

    /// Since when its garments are held back.
    fn held(&self) -> Option<String> {
        self.scope.held_since.map(moment)
    }

    /// What may be done with it now.
    fn deed(&self) -> String {
        let verb = if self.scope.held_since.is_some() { "release" } else { "hold" };
        format!("{}/{verb}", href(&self.scope.scope.code))
    }

    fn listed(&self, codes: &[String]) -> String {
        const MOST: usize = 20;
        let shown = codes.iter().take(MOST).cloned().collect::<Vec<_>>().join(", ");
        if codes.len() > MOST { format!("{shown} … (+{})", codes.len() - MOST) } else { shown }
    }
}

fn moment(at: NaiveDateTime) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}
