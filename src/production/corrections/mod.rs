//! Facts that other things stand on: an edit leaves them as they are, and a correction, which says why, changes them.
//!
//! Each room says in one table which of its facts are held by what ([`Guard`]); a form, a file and the API go through the same table. What is
//! on no table is free: it moves nothing, and its change is an event like any other. A correction is an act of its own: it is told beforehand
//! what it moves ([`Preview`]), needs a reason, and leaves an event with what was, what is and what stood on it.

mod http;
mod rules;
mod store;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use http::routes;
pub use rules::{By, Guard, Standing, fixed, frozen, parts, refuse};
pub use store::{moved_by_lot, of_batches, of_lots, of_skus, of_styles, used_milli};

use crate::kernel::event::{EventKind, Subject};
use crate::kernel::{Fault, Refusal, Result, text};
use crate::platform::db::Db;
use crate::platform::events::{self, Stamp};
use crate::platform::rooms::{Thing, said_of};

/// A kind of thing whose facts other things stand on. What it says gives it the pages and the API of its corrections ([`routes`]), and one way
/// to be saved ([`save`]).
pub trait Corrected: Thing {
    /// Its facts, and what holds them.
    const GUARDS: &'static [Guard<Self>];
    /// The kinds of the events that an edit and a correction leave.
    const EVENTS: (EventKind, EventKind);

    /// What stands on the thing itself.
    ///
    /// # Errors
    /// Those of the store.
    fn standing(&self, db: &mut Db) -> Result<Standing>;

    /// What a correction of it moves, where that is more.
    ///
    /// # Errors
    /// Those of the store.
    fn moves(&self, db: &mut Db) -> Result<Standing> {
        self.standing(db)
    }

    /// What is wrong with it that only the store shows, whoever asks and why.
    ///
    /// # Errors
    /// Those of the store.
    fn wrong(&self, _db: &mut Db, _before: Option<&Self>) -> Result<Vec<Fault>> {
        Ok(Vec::new())
    }

    /// What it cannot become any more, whoever asks and why.
    fn impossible(&self, _before: &Self) -> Vec<Fault> {
        Vec::new()
    }

    /// Writes what has been allowed, in the place of `before` if that is still as it was read.
    ///
    /// # Errors
    /// [`Code::Stale`](crate::kernel::Code::Stale); [`Code::Duplicate`](crate::kernel::Code::Duplicate) for a code that is taken.
    fn write(self, db: &mut Db, stamp: &Stamp, before: Option<&Self>) -> Result<Self>;
}

/// Everything that an edit to what somebody said would be refused for: for [`Thing::faults`].
///
/// # Errors
/// Those of the store.
pub fn faults<T: Corrected>(thing: &T, db: &mut Db, before: Option<&T>) -> Result<Vec<Fault>> {
    let mut faults = thing.wrong(db, before)?;
    if let Some(before) = before {
        faults.extend(thing.impossible(before));
        faults.extend(frozen(T::GUARDS, before, thing, &before.standing(db)?));
    }
    Ok(faults)
}

/// Saves a thing, and leaves its event: for [`Thing::save`], and for a correction.
///
/// # Errors
/// [`Code::Invalid`](crate::kernel::Code::Invalid) with what is wrong; [`Code::InUse`](crate::kernel::Code::InUse) with every fact that an edit
/// would take from what stands on it, and with what it cannot become; what [`Corrected::write`] refuses.
pub fn save<T: Corrected>(thing: T, db: &mut Db, stamp: &Stamp, before: Option<&T>, act: &Act) -> Result<T> {
    let after = thing.resolved(db)?;
    Refusal::unless_empty(after.wrong(db, before)?)?;
    let mut standing = Standing::default();
    if let Some(before) = before {
        rules::refuse(after.impossible(before))?;
        standing = if *act == Act::Edit { before.standing(db)? } else { before.moves(db)? };
        act.allow(T::GUARDS, before, &after, &standing)?;
    }
    let said = said_of(T::FIELDS, &after)?;
    let was = before.map_or_else(|| Ok(said.clone()), |before| said_of(T::FIELDS, before))?;
    let saved = after.write(db, stamp, before)?;
    let body = serde_json::Value::Object(said.clone());
    let change = Change { code: saved.code(), before: &was, after: &said, standing: &standing, saved: body };
    act.record(db, stamp, T::EVENTS, Subject::Thing(T::SUBJECT, saved.id().0), change)?;
    Ok(saved)
}

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
