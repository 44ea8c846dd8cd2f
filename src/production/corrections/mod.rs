//! Facts that other things stand on: an edit leaves them as they are, and a correction, which says why, changes them.
//!
//! Each room says in one table which of its facts are held by what ([`Guard`]); a form, a file and the API go through the same table. What is
//! on no table is free: it moves nothing, and its change is an event like any other. A correction is an act of its own: it is told beforehand
//! what it moves ([`Preview`]), needs a reason, and leaves an event with what was, what is and what stood on it.

mod http;
mod rules;
mod store;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use http::routes;
pub use rules::{By, Guard, Standing, fixed, frozen, parts};
pub use store::{moved_by_lot, of_batches, of_lots, of_skus, of_styles, sold_in, used_milli};

use crate::kernel::event::{EventKind, Subject};
use crate::kernel::{Code, Fault, Id, Refusal, Result, text};
use crate::platform::db::Db;
use crate::platform::events::{self, Stamp};
use crate::platform::rooms::{Thing, changes};

/// What a correction would move, and which facts need one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Preview {
    /// What stands on the thing.
    pub moves: Standing,
    /// Fields that only a correction changes now.
    pub held: Vec<String>,
}

impl Preview {
    /// Of a thing with these guards, on which this stands.
    pub fn of<T>(guards: &[Guard<T>], moves: Standing) -> Self {
        let held = guards.iter().filter(|guard| guard.held_by(&moves).is_some()).map(|guard| guard.field.to_owned()).collect();
        Self { moves, held }
    }

    /// What stands on it as lines of a page: the words' key and how many; nothing that is none.
    pub fn lines(&self) -> Vec<(String, i64)> {
        let lines = By::ALL.iter().map(|by| (format!("correct-moves-{}", by.as_str()), self.moves.of(*by)));
        let lines: Vec<_> = lines.filter(|(_, count)| *count > 0).collect();
        if lines.is_empty() { vec![("correct-moves-nothing".to_owned(), 0)] } else { lines }
    }
}

/// A kind of thing whose facts others stand on.
pub trait Correctable: Thing {
    /// Which of its facts are held by what.
    const GUARDS: &'static [Guard<Self>];
    /// What its correction is called in events.
    const CORRECTED: EventKind;

    /// What stands on the things of these ids; a thing on which nothing stands may be left out.
    fn standing(db: &mut Db, ids: &[Id]) -> Result<HashMap<Id, Standing>>;

    /// What a correction of it moves, where that is more than stands on it.
    fn moves(&self, db: &mut Db) -> Result<Standing> {
        Ok(Self::standing(db, &[self.id()])?.remove(&self.id()).unwrap_or_default())
    }
}

/// What edits would take from what stands on the things: for each edit, its faults.
pub fn held<T: Correctable>(db: &mut Db, edits: &[(T, Option<&T>)]) -> Result<Vec<Vec<Fault>>> {
    let ids: Vec<Id> = edits.iter().filter_map(|(_, before)| before.map(Thing::id)).collect();
    let standing = T::standing(db, &ids)?;
    let of = |before: &T| standing.get(&before.id()).copied().unwrap_or_default();
    Ok(edits.iter().map(|(after, before)| before.map_or_else(Vec::new, |before| frozen(T::GUARDS, before, after, &of(before)))).collect())
}

/// Why somebody corrects something, at most 300 characters.
///
/// # Errors
/// [`Code::Missing`] or [`Code::TooLong`] for `reason`.
pub fn reason(text: &str) -> Result<String, Fault> {
    text::line("reason", text, 300)
}

/// Corrects a thing that was read as `before`, and leaves an event with what was, what is, why, and what stood on it.
///
/// # Errors
/// [`Code::Stale`]; [`Code::NothingChanges`]; what an edit refuses as well but for what a guard holds.
pub fn correct<T: Correctable>(after: T, db: &mut Db, stamp: &Stamp, before: &T, reason: &str) -> Result<T> {
    let edit = [(after.resolved(db)?, Some(before))];
    let is_held = |fault: &Fault| fault.code == Code::InUse && T::GUARDS.iter().any(|guard| guard.field == fault.field);
    Refusal::unless_none(T::faults_of(db, stamp, &edit)?.into_iter().flatten().filter(|fault| !is_held(fault)).collect())?;
    let [(after, _)] = edit;
    if changes(before, &after)?.is_empty() {
        return Err(Code::NothingChanges.into());
    }
    let moves = before.moves(db)?;
    let saved = after.write(db, stamp, Some(before))?;
    let body = serde_json::json!({ "code": saved.code(), "reason": reason, "changes": changes(before, &saved)?, "moves": moves });
    events::append(db, stamp, T::CORRECTED, Subject::Thing(T::SUBJECT, saved.id().0), &body)?;
    Ok(saved)
}
