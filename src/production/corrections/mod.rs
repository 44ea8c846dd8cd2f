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
pub use rules::{By, Guard, Standing, fixed, frozen, parts, refuse};
pub use store::{moved_by_lot, of_batches, of_lots, of_skus, of_styles, used_milli};

use crate::kernel::event::{EventKind, Subject};
use crate::kernel::{Code, Fault, Id, Refusal, Result, text};
use crate::platform::db::Db;
use crate::platform::events::{self, Stamp};
use crate::platform::http::House;
use crate::platform::rooms::{Said, Thing, document, edited};

/// How a change is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// As an edit: what others stand on stays.
    Edit,
    /// As a correction of what others stand on.
    Correct {
        /// Why.
        reason: String,
    },
}

/// A correction as somebody asks for it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Correction<T> {
    /// Why, at most 300 characters. It stays in the history; it names no person.
    pub reason: String,
    /// The whole thing as it should have been, with the version that was read.
    pub to: T,
}

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

impl Act {
    /// A correction for this reason.
    ///
    /// # Errors
    /// [`crate::kernel::Code::Missing`] or [`crate::kernel::Code::TooLong`] for `reason`.
    pub fn correct(reason: &str) -> Result<Self, Fault> {
        Ok(Self::Correct { reason: text::line("reason", reason, 300)? })
    }

    /// That `before` may become `after`.
    ///
    /// # Errors
    /// [`crate::kernel::Code::InUse`] with every fact that an edit would take from what stands on it.
    pub fn allow<T>(&self, guards: &[Guard<T>], before: &T, after: &T, standing: &Standing) -> Result<()> {
        match self {
            Self::Edit => rules::refuse(frozen(guards, before, after, standing)),
            Self::Correct { .. } => Ok(()),
        }
    }

    /// Leaves the event of a change: the thing as it is now (`saved`), or what was corrected, why, and what stood on it.
    ///
    /// # Errors
    /// When the store does.
    pub fn record<T: Serialize>(
        &self,
        db: &mut Db,
        stamp: &Stamp,
        (saved, corrected): (EventKind, EventKind),
        subject: Subject,
        change: Change<'_, T>,
    ) -> Result<()> {
        match self {
            Self::Edit => events::append(db, stamp, saved, subject, &change.saved),
            Self::Correct { reason } => {
                let changes = rules::changes(change.before, change.after)?;
                let body = serde_json::json!({ "code": change.code, "reason": reason, "changes": changes, "moves": change.standing });
                events::append(db, stamp, corrected, subject, &body)
            }
        }
    }
}

/// What [`Act::record`] writes down.
pub struct Change<'a, T> {
    /// What the thing is called now.
    pub code: &'a str,
    /// As it was.
    pub before: &'a T,
    /// As it is.
    pub after: &'a T,
    /// What stood on it.
    pub standing: &'a Standing,
    /// The body of an edit's event.
    pub saved: serde_json::Value,
}

/// A kind of thing whose facts others stand on.
pub trait Correctable: Thing {
    /// Which of its facts are held by what.
    const GUARDS: &'static [Guard<Self>];
    /// What its correction is called in events.
    const CORRECTED: EventKind;

    /// What stands on the things of these ids; a thing on which nothing stands may be left out.
    ///
    /// # Errors
    /// Those of the store.
    fn standing(db: &mut Db, ids: &[Id]) -> Result<HashMap<Id, Standing>>;

    /// Writes it as [`Thing::save`] does, without an event.
    ///
    /// # Errors
    /// As [`Thing::save`].
    fn write(self, db: &mut Db, stamp: &Stamp, before: Option<&Self>) -> Result<Self>;
}

/// What edits would take from what stands on the things: for each edit, its faults.
///
/// # Errors
/// Those of the store.
pub fn held<T: Correctable>(db: &mut Db, edits: &[(T, Option<&T>)]) -> Result<Vec<Vec<Fault>>> {
    let ids: Vec<Id> = edits.iter().filter_map(|(_, before)| before.map(Thing::id)).collect();
    let standing = T::standing(db, &ids)?;
    let of = |before: &T| standing.get(&before.id()).copied().unwrap_or_default();
    Ok(edits.iter().map(|(after, before)| before.map_or_else(Vec::new, |before| frozen(T::GUARDS, before, after, &of(before)))).collect())
}

/// What a correction of a thing would move.
///
/// # Errors
/// Those of the store.
pub fn preview<T: Correctable>(db: &mut Db, thing: &T) -> Result<Preview> {
    Ok(Preview::of(T::GUARDS, T::standing(db, &[thing.id()])?.remove(&thing.id()).unwrap_or_default()))
}

/// Corrects the thing of a code; `version` is the one that was read.
///
/// # Errors
/// [`Code::NotFound`]; [`Code::Stale`] when somebody changed it since; what an edit refuses as well but for what stands on the thing.
pub fn correct<T: Correctable>(
    db: &mut Db,
    stamp: &Stamp,
    house: &House,
    (code, version): (&str, i64),
    said: &Said,
    act: &Act,
) -> Result<T> {
    let (before, after) = edited::<T>(db, house, code, version, said)?;
    let edit = [(after, Some(&before))];
    let faults = T::faults_of(db, &edit)?.into_iter().flatten().filter(|fault| fault.code != Code::InUse);
    Refusal::unless_none(faults.collect())?;
    let standing = preview(db, &before)?.moves;
    let [(after, _)] = edit;
    let saved = after.write(db, stamp, Some(&before))?;
    let facts = |thing: &T| -> Result<serde_json::Value> {
        let mut facts = document(T::FIELDS, thing)?;
        if let Some(facts) = facts.as_object_mut() {
            facts.retain(|name, _| T::FIELDS.columns.iter().any(|field| field.path().split('.').next() == Some(name)));
        }
        Ok(facts)
    };
    let (was, is) = (facts(&before)?, facts(&saved)?);
    let change = Change { code: saved.code(), before: &was, after: &is, standing: &standing, saved: serde_json::Value::Null };
    act.record(db, stamp, (T::CORRECTED, T::CORRECTED), Subject::Thing(T::SUBJECT, saved.id().0), change)?;
    Ok(saved)
}
