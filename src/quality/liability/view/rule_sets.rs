//! Versions of the rule tables as they are read.

use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};

use super::super::store::rule_sets::{self, RuleSet};
use super::super::{NEW_RULES, RULES_FIELDS, RulesState};
use crate::kernel::event::EventKind;
use crate::kernel::text::Lang;
use crate::kernel::{Code, Id, Result};
use crate::platform::db::Db;
use crate::platform::events::Stamp;
use crate::platform::http::perm::{LiabilityEdit, LiabilityRead, Permission};
use crate::platform::http::segment;
use crate::platform::rooms::{Act, BrandOnly, Fields, ListQuery, ListWindow, Listing, Sees, Thing};
use crate::platform::state::AppState;

/// A version of the rule tables as it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulesView {
    #[serde(skip)]
    id: Id,
    /// Its name.
    pub code: String,
    /// Where it stands.
    pub state: RulesState,
    /// Why it is wanted.
    pub reason: String,
    /// The tables, as JSON.
    pub rules: String,
    /// SHA-256 of that.
    pub sha256: String,
    /// Who wants it.
    pub proposed_by: String,
    /// Who approved it.
    pub approved_by: String,
    /// When it was proposed, UTC.
    pub created_at: NaiveDateTime,
    /// Grows with every change.
    pub version: i64,
}

fn rules_view(set: RuleSet) -> RulesView {
    RulesView {
        id: set.id,
        code: set.code,
        state: set.state,
        reason: set.reason,
        rules: set.rules,
        sha256: set.sha256,
        proposed_by: set.proposed_by,
        approved_by: set.approved_by.unwrap_or_default(),
        created_at: set.created_at,
        version: set.version,
    }
}

impl RulesView {
    /// The version itself.
    pub(in crate::quality::liability) fn stored(&self, db: &mut Db) -> Result<RuleSet> {
        rule_sets::with_codes(db, &[&self.code])?.pop().ok_or_else(|| Code::NotFound.into())
    }
}

impl Listing for RulesView {
    const FIELDS: &'static Fields = &RULES_FIELDS;
    const API: &'static str = "liability-rules";
    const SCHEMA: &'static str = "LiabilityRules";
    type Read = BrandOnly<LiabilityRead>;

    fn key(&self) -> String {
        self.id.to_string()
    }

    fn href(&self) -> String {
        crate::platform::rooms::href::<Self>(&self.code)
    }

    fn acts() -> Vec<(&'static str, String, Permission)> {
        vec![("liability-rules-new", "/liability-rules/new".to_owned(), Permission::LiabilityEdit)]
    }

    fn list(db: &mut Db, query: &ListQuery, _sees: Sees, window: &ListWindow) -> Result<Vec<Self>> {
        Ok(rule_sets::list(db, &query.q, window)?.into_iter().map(rules_view).collect())
    }
}

impl Thing for RulesView {
    const SUBJECT: &'static str = "liability_rules";
    const SAVED: EventKind = EventKind::LiabilityRulesProposed;
    const NEW: &'static Fields = &NEW_RULES;
    const CHANGE: &'static Fields = &Fields::NONE;
    type Edit = LiabilityEdit;

    fn id(&self) -> Id {
        self.id
    }

    fn code(&self) -> &str {
        &self.code
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn title(&self, _: Lang) -> String {
        self.code.clone()
    }

    /// The form begins with the tables in force, under a name to be changed.
    fn blank(app: &AppState) -> Self {
        match app.store.read_blocking(|db| Ok(serde_json::to_string_pretty(&rule_sets::active(db)?))) {
            Ok(Ok(rules)) => Self { rules, ..Self::default() },
            _ => Self::default(),
        }
    }

    fn with_codes(db: &mut Db, codes: &[&str]) -> Result<Vec<Self>> {
        Ok(rule_sets::with_codes(db, codes)?.into_iter().map(rules_view).collect())
    }

    fn make(self, db: &mut Db, stamp: &Stamp, _app: &AppState, _secret: &str) -> Result<Self> {
        Ok(rules_view(rule_sets::propose_rules(db, stamp, &self.rules, &self.reason)?))
    }

    /// Tables are made by [`Thing::make`] and never changed.
    fn write(self, _db: &mut Db, _stamp: &Stamp, _before: Option<&Self>) -> Result<Self> {
        Err(Code::MethodNotAllowed.into())
    }

    fn acts(&self) -> Vec<Act> {
        if self.state != RulesState::Proposed {
            return Vec::new();
        }
        let href = |verb: &str| format!("/liability-rules/{}/{verb}", segment(&self.code));
        vec![
            Act::post("liability-rules-approve", href("approve"), Permission::LiabilityEdit)
                .about("liability-rules-approve-about")
                .brand_only(),
            Act::post("liability-rules-reject", href("reject"), Permission::LiabilityEdit).grave().brand_only(),
        ]
    }
}
