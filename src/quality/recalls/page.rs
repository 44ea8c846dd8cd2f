//! The screens of recall scopes.

use askama::Template;

use super::{Scope, ScopeToday};
use crate::kernel::Refusal;
use crate::platform::http::{Shell, query_escape};

/// Batches a page shows; the files have all.
const ROWS: usize = 200;

/// The scopes.
#[derive(Template)]
#[template(path = "quality/recalls/list.html")]
pub(super) struct ListPage {
    pub(super) shell: Shell,
    pub(super) scopes: Vec<Scope>,
    pub(super) next: Option<String>,
}

impl ListPage {
    fn href(&self, code: &str) -> String {
        href(code)
    }

    fn kind(&self, scope: &Scope) -> String {
        self.shell.t.say(format!("trace-kind-{}", scope.query.kind.as_str())).into_owned()
    }
}

/// The address of a scope's page.
pub(super) fn href(code: &str) -> String {
    format!("/recalls/{}", query_escape(code).replace('/', "%2F"))
}

/// A form to save one.
#[derive(Template)]
#[template(path = "quality/recalls/new.html")]
pub(super) struct NewPage {
    pub(super) shell: Shell,
    pub(super) code: String,
    pub(super) title: String,
    pub(super) kind: String,
    pub(super) query: String,
    pub(super) refusal: Option<Refusal>,
}

impl NewPage {
    /// What is wrong with a field, if anything.
    fn fault(&self, field: &str) -> Option<String> {
        let faults = self.refusal.as_ref().map(|refusal| refusal.faults.as_slice()).unwrap_or_default();
        faults.iter().find(|fault| fault.field == field).map(|fault| self.shell.t.fault(fault))
    }
}

/// A scope and what the same trace gives today.
#[derive(Template)]
#[template(path = "quality/recalls/one.html")]
pub(super) struct OnePage {
    pub(super) shell: Shell,
    pub(super) scope: ScopeToday,
}

impl OnePage {
    fn kind(&self) -> String {
        self.shell.t.say(format!("trace-kind-{}", self.scope.scope.query.kind.as_str())).into_owned()
    }

    fn trace_href(&self) -> String {
        let query = &self.scope.scope.query;
        format!("/trace/{}/{}", query.kind.as_str(), query_escape(&query.code).replace('/', "%2F"))
    }

    fn file(&self, what: &str, format: &str) -> String {
        let code = query_escape(&self.scope.scope.code).replace('/', "%2F");
        format!("/api/v1/recall-scopes/{code}/{what}?format={format}&lang={}", self.shell.lang.tag())
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
        self.scope.scope.created_at.format("%Y-%m-%d %H:%M UTC").to_string()
    }

    fn listed(&self, codes: &[String]) -> String {
        const MOST: usize = 20;
        let shown = codes.iter().take(MOST).cloned().collect::<Vec<_>>().join(", ");
        if codes.len() > MOST { format!("{shown} … (+{})", codes.len() - MOST) } else { shown }
    }
}
