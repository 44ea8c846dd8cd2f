//! What the application takes of a room.

use super::names::NamesOf;
use super::sweep::Sweep;
use super::thing::{self, Thing};
use crate::kernel::Result;
use crate::platform::db::Db;
use crate::platform::http::{Entry, Onward, Routes};
use crate::platform::imports::ImportTable;
use crate::platform::jobs::Work;

/// A room as the application knows it: one line in `app.rs`.
#[derive(Clone, Copy)]
pub struct Room {
    /// Its name, that of its folder or of its list.
    pub name: &'static str,
    /// Mounts its pages and its API.
    pub routes: fn(&mut Routes<'_>),
    /// Its entries in the staff menu.
    pub menu: &'static [Entry],
    /// Its pages that go on from things of rooms which know nothing of it.
    pub onward: &'static [Onward],
    /// Its tables to hand in.
    pub imports: &'static [ImportTable],
    /// Its kinds of long work.
    pub works: &'static [fn() -> Box<dyn Work>],
    /// Puts in the rows that a deployment starts with, where they are missing. What is there stays as it is.
    pub seeds: &'static [fn(&mut Db) -> Result<()>],
    /// What it looks after by itself while the program serves.
    pub sweeps: &'static [Sweep],
    /// Its things that people know by their names rather than their codes.
    pub names: &'static [(&'static str, NamesOf)],
}

impl Room {
    /// A room with routes of its own.
    pub const fn new(name: &'static str, routes: fn(&mut Routes<'_>)) -> Self {
        Self { name, routes, menu: &[], onward: &[], imports: &[], works: &[], seeds: &[], sweeps: &[], names: &[] }
    }

    /// A room of one kind of thing, and nothing beside what follows from its fields.
    pub const fn of<T: Thing>() -> Self {
        Self::new(T::FIELDS.table, thing::routes::<T>)
    }

    /// With these entries in the menu.
    #[must_use]
    pub const fn menu(self, menu: &'static [Entry]) -> Self {
        Self { menu, ..self }
    }

    /// With these ways to it from things of other rooms.
    #[must_use]
    pub const fn onward(self, onward: &'static [Onward]) -> Self {
        Self { onward, ..self }
    }

    /// With these tables to hand in.
    #[must_use]
    pub const fn imports(self, imports: &'static [ImportTable]) -> Self {
        Self { imports, ..self }
    }

    /// With these kinds of long work.
    #[must_use]
    pub const fn works(self, works: &'static [fn() -> Box<dyn Work>]) -> Self {
        Self { works, ..self }
    }

    /// With rows that a deployment starts with.
    #[must_use]
    pub const fn seeds(self, seeds: &'static [fn(&mut Db) -> Result<()>]) -> Self {
        Self { seeds, ..self }
    }

    /// With these things that people know by their names: pages that refer to them by code say those.
    #[must_use]
    pub const fn names(self, names: &'static [(&'static str, NamesOf)]) -> Self {
        Self { names, ..self }
    }

    /// With what it looks after by itself.
    #[must_use]
    pub const fn sweeps(self, sweeps: &'static [Sweep]) -> Self {
        Self { sweeps, ..self }
    }
}
