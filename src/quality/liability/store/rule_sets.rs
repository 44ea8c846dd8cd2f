//! Versions of the rule tables: proposed by one person, approved by another.

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use diesel::prelude::*;
use serde_json::json;

use super::super::rules::Rules;
use super::super::starter::{SOURCE, starter};
use super::super::{RULES_MACHINE, RulesState};
use super::liability_rules;
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::{Code, Error, Fault, Id, Refusal, Result};
use crate::platform::db::Db;
use crate::platform::db::search::{anywhere, lower};
use crate::platform::events::{self, Stamp};
use crate::platform::http::sha256_hex;
use crate::platform::rooms::ListWindow;
use crate::{each, keyset, step};

/// A version of the rule tables.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = liability_rules)]
pub struct RuleSet {
    /// Its id.
    pub id: Id,
    /// Its name: that of [`Rules::version`].
    pub code: String,
    /// Where it stands.
    pub state: RulesState,
    /// The tables, as JSON.
    pub rules: String,
    /// SHA-256 of that.
    pub sha256: String,
    /// Why it is wanted.
    pub reason: String,
    /// Who wants it.
    pub proposed_by: String,
    /// Who approved it.
    pub approved_by: Option<String>,
    /// When it was proposed, UTC.
    pub created_at: NaiveDateTime,
    /// Grows with every change.
    pub version: i64,
}

/// Versions by their names.
pub fn with_codes(db: &mut Db, codes: &[&str]) -> Result<Vec<RuleSet>> {
    let codes: Vec<&str> = codes.to_vec();
    Ok(each!(db, |c| liability_rules::table.filter(liability_rules::code.eq_any(&codes)).select(RuleSet::as_select()).load(c))?)
}

/// The tables of versions, by their names. A version never changes.
///
/// # Errors
/// [`Error::Broken`] for one that is not there or cannot be read.
pub fn tables(db: &mut Db, codes: &[&str]) -> Result<BTreeMap<String, Rules>> {
    let found = with_codes(db, codes)?.into_iter().map(|set| Ok((set.code.clone(), set.tables()?))).collect::<Result<BTreeMap<_, _>>>()?;
    match codes.iter().find(|code| !found.contains_key(**code)) {
        Some(gone) => Err(Error::broken(format!("rule tables {gone} are not there"))),
        None => Ok(found),
    }
}

impl RuleSet {
    /// The tables themselves.
    ///
    /// # Errors
    /// [`Error::Broken`] for a text that is none.
    pub fn tables(&self) -> Result<Rules> {
        serde_json::from_str(&self.rules).map_err(|error| Error::broken(format!("rule tables {}: {error}", self.code)))
    }
}

/// A stretch of the versions, the latest first; those with this text in their name.
pub fn list(db: &mut Db, text: &str, window: &ListWindow) -> Result<Vec<RuleSet>> {
    let (window, pattern) = (window.of_ids()?, anywhere(text));
    Ok(each!(db, |c| {
        let query = liability_rules::table
            .filter(lower(liability_rules::code).like(&pattern).escape('\\'))
            .select(RuleSet::as_select())
            .into_boxed();
        keyset!(c, query, newest liability_rules::id, window)
    })?)
}

fn in_force(db: &mut Db) -> Result<Option<RuleSet>> {
    let found: Vec<RuleSet> = each!(db, |c| liability_rules::table
        .filter(liability_rules::state.eq(RulesState::Active.as_str()))
        .select(RuleSet::as_select())
        .load(c))?;
    Ok(found.into_iter().next())
}

/// The rule tables in force.
///
/// # Errors
/// [`Code::WrongState`] where none are: nobody is judged by rules that nobody approved.
pub fn active(db: &mut Db) -> Result<Rules> {
    in_force(db)?.ok_or_else(|| Refusal::new(Code::WrongState).with("state", "no-rules"))?.tables()
}

/// Who proposes what a deployment starts with.
const SEEDED_BY: &str = "program";

/// Puts in the tables a deployment starts with, where there are none: approved by the program, with where they come from.
pub fn seed(db: &mut Db) -> Result<()> {
    let known: i64 = each!(db, |c| liability_rules::table.count().get_result(c))?;
    if known > 0 {
        return Ok(());
    }
    let rules = starter();
    let text = serde_json::to_string(&rules).map_err(Error::broken)?;
    let set = RuleSet {
        id: Id(1),
        code: rules.version,
        state: RulesState::Active,
        sha256: sha256_hex(text.as_bytes()),
        rules: text,
        reason: SOURCE.to_owned(),
        proposed_by: SEEDED_BY.to_owned(),
        approved_by: Some(format!("{SEEDED_BY}:seed")),
        created_at: NaiveDate::from_ymd_opt(2000, 1, 1).unwrap_or_default().and_time(NaiveTime::MIN),
        version: 1,
    };
    each!(db, |c| diesel::insert_into(liability_rules::table).values(&set).on_conflict_do_nothing().execute(c))?;
    Ok(())
}

/// Proposes tables. They hold once somebody else approves them.
///
/// # Errors
/// [`Code::Invalid`] with everything that is wrong with the tables, below `rules`; [`Code::Duplicate`] for a version that is there.
pub fn propose_rules(db: &mut Db, stamp: &Stamp, text: &str, reason: &str) -> Result<RuleSet> {
    let rules: Rules = serde_json::from_str(text).map_err(|error| Fault::new("rules", Code::Malformed).with("reason", error))?;
    rules.check().map_err(|error| match error {
        Error::Refused(mut refusal) => {
            for fault in &mut refusal.faults {
                fault.field = format!("rules.{}", fault.field).into();
            }
            Error::Refused(refusal)
        }
        other => other,
    })?;
    let text = serde_json::to_string(&rules).map_err(Error::broken)?;
    let set = RuleSet {
        id: stamp.id(),
        code: rules.version,
        state: RulesState::Proposed,
        sha256: sha256_hex(text.as_bytes()),
        rules: text,
        reason: reason.to_owned(),
        proposed_by: stamp.actor.clone(),
        approved_by: None,
        created_at: stamp.at,
        version: 1,
    };
    if !with_codes(db, &[&set.code])?.is_empty() {
        return Err(Refusal {
            code: Code::Duplicate,
            args: vec![("field", "rules.version".into())],
            faults: vec![Fault::new("rules.version", Code::Duplicate)],
        }
        .into());
    }
    each!(db, |c| diesel::insert_into(liability_rules::table).values(&set).execute(c))?;
    told(db, stamp, EventKind::LiabilityRulesProposed, &set)?;
    Ok(set)
}

fn told(db: &mut Db, stamp: &Stamp, kind: EventKind, set: &RuleSet) -> Result<()> {
    let body = json!({ "code": set.code, "sha256": set.sha256, "reason": set.reason });
    events::append(db, stamp, kind, Subject::Thing("liability_rules", set.id.0), &body)
}

fn other_than_the_author(stamp: &Stamp, set: &RuleSet) -> Result<()> {
    if set.proposed_by == stamp.actor { Err(Refusal::new(Code::NeedsAnother).with("who", "author").into()) } else { Ok(()) }
}

/// Puts tables in force; those before are replaced.
///
/// # Errors
/// [`Code::NeedsAnother`] for whoever proposed them; [`Code::WrongState`]; [`Code::Stale`].
pub fn approve_rules(db: &mut Db, stamp: &Stamp, set: &RuleSet) -> Result<()> {
    RULES_MACHINE.check(set.state, RulesState::Active)?;
    other_than_the_author(stamp, set)?;
    if let Some(before) = in_force(db)? {
        step!(db, liability_rules::table.find(before.id.0), liability_rules::state, liability_rules::version, RULES_MACHINE,
            before.state => RulesState::Retired, before.version);
    }
    step!(db, liability_rules::table.find(set.id.0), liability_rules::state, liability_rules::version, RULES_MACHINE,
        set.state => RulesState::Active, set.version, liability_rules::approved_by.eq(&stamp.actor));
    told(db, stamp, EventKind::LiabilityRulesApproved, set)
}

/// Says no to tables.
///
/// # Errors
/// As [`approve_rules`].
pub fn reject_rules(db: &mut Db, stamp: &Stamp, set: &RuleSet) -> Result<()> {
    other_than_the_author(stamp, set)?;
    step!(db, liability_rules::table.find(set.id.0), liability_rules::state, liability_rules::version, RULES_MACHINE,
        set.state => RulesState::Rejected, set.version);
    told(db, stamp, EventKind::LiabilityRulesRejected, set)
}
