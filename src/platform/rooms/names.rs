//! What the codes of other things are called: pages say names, programs and files codes.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::call::Sees;
use super::field::{Field, Fields, Kind};
use super::thing::Thing;
use crate::kernel::Result;
use crate::kernel::text::{Both, Lang};
use crate::platform::db::Db;
use crate::platform::events::Fact;

/// What the things of these codes are called, by code; those that the asker may not know of are left out.
pub type NamesOf = fn(&mut Db, &[&str], Sees) -> Result<HashMap<String, Both>>;

/// The rooms whose things people know by their names, each with what they are called.
#[derive(Clone)]
pub struct Named(pub Arc<HashMap<&'static str, NamesOf>>);

/// That things of a kind are known by their names.
pub const fn named<T: Thing>() -> (&'static str, NamesOf) {
    (T::FIELDS.table, names_of::<T>)
}

/// The names of things of a kind.
fn names_of<T: Thing>(db: &mut Db, codes: &[&str], sees: Sees) -> Result<HashMap<String, Both>> {
    let things = T::with_codes(db, codes)?.into_iter().filter(|thing| thing.is_seen(sees));
    Ok(things.map(|thing| (thing.code().to_owned(), Both { zh: thing.title(Lang::Zh), en: thing.title(Lang::En) })).collect())
}

/// What the codes in some rows are called.
#[derive(Default)]
pub struct Names(HashMap<&'static str, HashMap<String, Both>>);

impl Names {
    /// Of every code in these rows that is of a room with names.
    ///
    /// # Errors
    /// When the store fails.
    pub fn read<'a>(
        db: &mut Db,
        rooms: &Named,
        fields: &'static Fields,
        rows: impl IntoIterator<Item = &'a Map<String, Value>>,
        sees: Sees,
    ) -> Result<Self> {
        let mut codes = Codes::new();
        rows.into_iter().for_each(|row| gather(rooms, fields, row, &mut codes));
        Self::of_codes(db, rooms, codes, sees)
    }

    /// Of every code that the changes of these facts tell of.
    ///
    /// # Errors
    /// When the store fails; [`Error::Broken`](crate::kernel::Error::Broken) for a fact whose body is not what was written.
    pub fn told(db: &mut Db, rooms: &Named, fields: &'static Fields, facts: &[Fact], sees: Sees) -> Result<Self> {
        Self::of_thing(db, rooms, fields, &Map::new(), facts, sees)
    }

    /// Of every code in a thing and in what its history tells of.
    ///
    /// # Errors
    /// As [`Names::told`].
    pub fn of_thing(
        db: &mut Db,
        rooms: &Named,
        fields: &'static Fields,
        thing: &Map<String, Value>,
        facts: &[Fact],
        sees: Sees,
    ) -> Result<Self> {
        let bodies = facts.iter().map(Fact::document).collect::<Result<Vec<_>>>()?;
        let mut codes = Codes::new();
        gather(rooms, fields, thing, &mut codes);
        for (path, change) in bodies.iter().filter_map(|body| body.get("changes")?.as_object()).flatten() {
            let Some(to) = fields.columns.iter().find(|field| field.path() == *path).and_then(|field| field.refers) else { continue };
            let sides = ["from", "to"].into_iter().filter_map(|side| change.get(side)?.as_str());
            codes.entry(to.room).or_default().extend(sides);
        }
        Self::of_codes(db, rooms, codes, sees)
    }

    /// With the names of these things of a room.
    ///
    /// # Errors
    /// When the store fails.
    pub fn with<'a>(
        mut self,
        db: &mut Db,
        rooms: &Named,
        room: &'static str,
        codes: impl IntoIterator<Item = &'a str>,
        sees: Sees,
    ) -> Result<Self> {
        let more = Self::of_codes(db, rooms, Codes::from([(room, codes.into_iter().collect())]), sees)?;
        for (room, names) in more.0 {
            self.0.entry(room).or_default().extend(names);
        }
        Ok(self)
    }

    /// What the thing of a room is called that has this code; the code itself where nobody knows.
    pub fn name<'a>(&'a self, room: &'static str, code: &'a str, lang: Lang) -> &'a str {
        self.0.get(room).and_then(|names| names.get(code)).map_or(code, |name| name.get(lang))
    }

    fn of_codes(db: &mut Db, rooms: &Named, codes: Codes<'_>, sees: Sees) -> Result<Self> {
        let mut names = HashMap::new();
        for (room, codes) in codes {
            let Some(names_of) = rooms.0.get(room) else { continue };
            names.insert(room, names_of(db, &codes.into_iter().collect::<Vec<_>>(), sees)?);
        }
        Ok(Self(names))
    }

    /// What the thing is called whose code stands in the field.
    pub(super) fn of(&self, field: &Field, value: &Value, lang: Lang) -> Option<&str> {
        let code = value.as_str()?;
        Some(self.0.get(field.refers?.room)?.get(code)?.get(lang)).filter(|name| *name != code)
    }
}

/// Codes by the rooms they are of.
type Codes<'a> = BTreeMap<&'static str, BTreeSet<&'a str>>;

/// Notes the codes of a row, and those in its lines.
fn gather<'a>(rooms: &Named, fields: &'static Fields, row: &'a Map<String, Value>, codes: &mut Codes<'a>) {
    for field in fields.columns {
        let (of, values) = match (field.kind, field.within(row)) {
            (Kind::Lines(lines), Value::Array(lines_of)) => {
                lines_of.iter().filter_map(Value::as_object).for_each(|line| gather(rooms, &lines.fields, line, codes));
                continue;
            }
            (Kind::Several(of), Value::Array(values)) => (of, values.as_slice()),
            (_, value) => (field, std::slice::from_ref(value)),
        };
        let Some(to) = of.refers.filter(|to| rooms.0.contains_key(to.room)) else { continue };
        codes.entry(to.room).or_default().extend(values.iter().filter_map(Value::as_str).filter(|code| !code.is_empty()));
    }
}
