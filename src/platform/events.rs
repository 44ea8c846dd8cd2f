//! Appending facts and reading them back. The only code that touches the event tables.

use std::collections::BTreeSet;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::Serialize;
use serde_json::Value;

use super::db::schema::{event, garment_event};
use super::db::{At, Db};
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::{Error, Id, Result};
use crate::{each, insert_all};

/// Who does something, and when: handed to every store function that changes state.
#[derive(Clone, Debug)]
pub struct Stamp {
    /// Who: `staff:<login>`, `api:<key name>`, `holder`, `system`. Never a person's name or address.
    pub actor: String,
    /// When, UTC.
    pub at: NaiveDateTime,
    /// The process, for ids.
    pub node: u16,
}

impl Stamp {
    /// A fresh id.
    pub fn id(&self) -> Id {
        Id::fresh(self.at, self.node)
    }
}

/// A fact as it was stored.
#[derive(Clone, Debug, Queryable, Serialize)]
pub struct Fact {
    /// Its id; grows with time.
    pub id: i64,
    /// When, UTC.
    pub at: NaiveDateTime,
    /// [`EventKind`] as text.
    pub kind: String,
    /// Who.
    pub actor: String,
    /// JSON with its version in `v`.
    pub body: String,
}

impl Fact {
    /// Its body.
    ///
    /// # Errors
    /// [`Error::Broken`] when it is not JSON.
    pub fn document(&self) -> Result<Value> {
        serde_json::from_str(&self.body).map_err(|error| Error::broken(format!("the body of event {}: {error}", self.id)))
    }
}

/// Appends a fact. `body` becomes a JSON object without a `v` of its own; it never holds personal data.
pub fn append(db: &mut Db, stamp: &Stamp, kind: EventKind, subject: Subject, body: &impl Serialize) -> Result<()> {
    let body = versioned(body)?;
    let id = stamp.id().0;
    match subject {
        Subject::Garment(garment) => each!(db, |c| diesel::insert_into(garment_event::table)
            .values((
                garment_event::garment_id.eq(garment),
                garment_event::id.eq(id),
                garment_event::at.eq(stamp.at),
                garment_event::kind.eq(kind.as_str()),
                garment_event::actor.eq(&stamp.actor),
                garment_event::body.eq(&body),
            ))
            .execute(c))?,
        Subject::Thing(name, thing) => each!(db, |c| diesel::insert_into(event::table)
            .values((
                event::id.eq(id),
                event::at.eq(stamp.at),
                event::kind.eq(kind.as_str()),
                event::actor.eq(&stamp.actor),
                event::subject_kind.eq(name),
                event::subject_id.eq(thing),
                event::body.eq(&body),
            ))
            .execute(c))?,
    };
    Ok(())
}

/// Appends one fact of the same kind about each of many garments, in as few statements as fit. Bodies are as for [`append`].
pub fn append_garments<B: Serialize>(db: &mut Db, stamp: &Stamp, kind: EventKind, facts: &[(i64, B)]) -> Result<()> {
    for chunk in facts.chunks(super::db::chunk_rows(6)) {
        let rows = chunk
            .iter()
            .map(|(garment, body)| {
                Ok((
                    garment_event::garment_id.eq(*garment),
                    garment_event::id.eq(stamp.id().0),
                    garment_event::at.eq(At(stamp.at)),
                    garment_event::kind.eq(kind.as_str()),
                    garment_event::actor.eq(stamp.actor.as_str()),
                    garment_event::body.eq(versioned(body)?),
                ))
            })
            .collect::<Result<Vec<_>>>()?;
        insert_all!(db, garment_event::table, &rows)?;
    }
    Ok(())
}

/// A body as it is stored: with its version, at the end. A copy of its fields with one more would cost more than the rest of the event.
fn versioned(body: &(impl Serialize + ?Sized)) -> Result<String> {
    let mut text = serde_json::to_string(body).map_err(Error::broken)?;
    match text.as_str() {
        "{}" | "null" => Ok("{\"v\":1}".to_owned()),
        object if object.starts_with('{') => {
            text.pop();
            text.push_str(",\"v\":1}");
            Ok(text)
        }
        _ => Err(Error::broken("an event body is a JSON object")),
    }
}

/// The facts about a subject, oldest first.
pub fn of(db: &mut Db, subject: Subject) -> Result<Vec<Fact>> {
    Ok(match subject {
        Subject::Garment(garment) => each!(db, |c| garment_event::table
            .filter(garment_event::garment_id.eq(garment))
            .order(garment_event::id)
            .select((garment_event::id, garment_event::at, garment_event::kind, garment_event::actor, garment_event::body))
            .load(c))?,
        Subject::Thing(name, thing) => each!(db, |c| event::table
            .filter(event::subject_kind.eq(name).and(event::subject_id.eq(thing)))
            .order(event::id)
            .select((event::id, event::at, event::kind, event::actor, event::body))
            .load(c))?,
    })
}

/// Facts about one row of a catalogue that is known by its code alone: all of the catalogue is one subject, and the code stands in the body, at
/// the first of these places that has one.
pub fn of_code(db: &mut Db, subject: &'static str, code: &str, at: &[&str]) -> Result<Vec<Fact>> {
    let mut own = Vec::new();
    for fact in of(db, Subject::Thing(subject, 0))? {
        let body = fact.document()?;
        if at.iter().find_map(|place| body.pointer(place)).and_then(Value::as_str) == Some(code) {
            own.push(fact);
        }
    }
    Ok(own)
}

/// When the newest fact about anything but a garment was. None before the first.
pub fn newest(db: &mut Db) -> Result<Option<NaiveDateTime>> {
    // Ids grow with time, so the newest is one step into the key.
    let things: Vec<NaiveDateTime> = each!(db, |c| event::table.order(event::id.desc()).limit(1).select(event::at).load(c))?;
    Ok(things.into_iter().next())
}

/// The number of the newest fact about anything but a garment; 0 before the first.
pub fn newest_id(db: &mut Db) -> Result<i64> {
    let ids: Vec<i64> = each!(db, |c| event::table.order(event::id.desc()).limit(1).select(event::id).load(c))?;
    Ok(ids.into_iter().next().unwrap_or_default())
}

/// The things of these kinds that something happened to after a fact, as kind and id, each once.
pub fn touched(db: &mut Db, after: i64, kinds: &[&str]) -> Result<BTreeSet<(String, i64)>> {
    let rows: Vec<(String, i64)> = each!(db, |c| event::table
        .filter(event::id.gt(after).and(event::subject_kind.eq_any(kinds)))
        .select((event::subject_kind, event::subject_id))
        .load(c))?;
    Ok(rows.into_iter().collect())
}
