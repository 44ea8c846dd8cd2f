//! What is held in memory of rows that change seldom: catalogues, rules, calendars.
//!
//! The store counts their changes under names ([`Db::bump`], in the write that makes them), so that every process sees at its next look that what
//! it holds is old. A transaction reads the counts once, in one statement.

use std::any::{Any, TypeId};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use diesel::prelude::*;

use super::schema::held_version;
use super::{Connection, Db};
use crate::each;
use crate::kernel::Result;
use crate::platform::locks::lock;

/// One value for each type, of one store.
#[derive(Clone, Default)]
pub(super) struct Held(Arc<Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>>);

impl Held {
    /// The value of a type: made empty at first use, gone with the store.
    #[expect(clippy::disallowed_methods, reason = "the key is the type: it is never another's")]
    pub(super) fn of<T: Any + Default + Send + Sync>(&self) -> Arc<T> {
        let mut held = lock(&self.0);
        let value = Arc::clone(held.entry(TypeId::of::<T>()).or_insert_with(|| Arc::new(T::default())));
        drop(held);
        value.downcast().unwrap_or_default()
    }
}

/// A value with the counts that it was read at.
type Read<T> = (Vec<i64>, Arc<T>);

/// What is held of one kind.
struct Kept<T>(Mutex<Option<Read<T>>>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

/// What a transaction knows of the counts.
#[derive(Default)]
pub(super) struct Counted {
    /// Read at the first look, and anew after a change of its own.
    counts: Option<BTreeMap<String, i64>>,
    /// Whether it only reads: whatever it finds is committed.
    only_reads: bool,
    /// What a write read itself: nobody else knows yet whether its changes will stand.
    own: HashMap<TypeId, Read<dyn Any + Send + Sync>>,
}

impl Db {
    pub(super) fn new(connection: Connection, held: &Held) -> Self {
        Self { connection, held: held.clone(), counted: Counted::default() }
    }

    /// A connection by itself, with nothing held of it.
    pub fn alone(connection: Connection) -> Self {
        Self::new(connection, &Held::default())
    }

    /// To be called before anything is done in a transaction.
    pub(super) fn begins(&mut self, only_reads: bool) {
        self.counted = Counted { only_reads, ..Counted::default() };
    }

    /// What `load` makes of rows whose changes are counted under these names, held in memory until one of the counts grows.
    ///
    /// # Errors
    /// Those of `load`; when the store fails.
    pub fn held<T: Any + Send + Sync>(&mut self, names: &[&str], load: impl FnOnce(&mut Self) -> Result<T>) -> Result<Arc<T>> {
        let counts = self.counts()?;
        let at: Vec<i64> = names.iter().map(|name| counts.get(*name).copied().unwrap_or_default()).collect();
        let kept = self.held.of::<Kept<T>>();
        let known = lock(&kept.0).as_ref().filter(|(of, _)| *of == at).map(|(_, value)| Arc::clone(value));
        if let Some(value) = known {
            return Ok(value);
        }
        let own = self.counted.own.get(&TypeId::of::<T>()).filter(|(of, _)| *of == at);
        if let Some(Ok(value)) = own.map(|(_, value)| Arc::clone(value).downcast()) {
            return Ok(value);
        }
        let value = Arc::new(load(self)?);
        if self.counted.only_reads {
            *lock(&kept.0) = Some((at, Arc::clone(&value)));
        } else {
            let read: Arc<dyn Any + Send + Sync> = Arc::<T>::clone(&value);
            self.counted.own.insert(TypeId::of::<T>(), (at, read));
        }
        Ok(value)
    }

    /// Counts a change of what is held under `name`.
    ///
    /// # Errors
    /// When the store fails.
    pub fn bump(&mut self, name: &'static str) -> Result<()> {
        self.counted.counts = None;
        each!(self, |c| diesel::insert_into(held_version::table)
            .values((held_version::name.eq(name), held_version::version.eq(1)))
            .on_conflict(held_version::name)
            .do_update()
            .set(held_version::version.eq(held_version::version + 1))
            .execute(c))?;
        Ok(())
    }

    /// How often what is held under `name` was changed.
    ///
    /// # Errors
    /// When the store fails.
    pub fn held_version(&mut self, name: &str) -> Result<i64> {
        Ok(self.counts()?.get(name).copied().unwrap_or_default())
    }

    fn counts(&mut self) -> Result<&BTreeMap<String, i64>> {
        let counts = match self.counted.counts.take() {
            Some(counts) => counts,
            None => {
                let rows: Vec<(String, i64)> =
                    each!(self, |c| held_version::table.select((held_version::name, held_version::version)).load(c))?;
                rows.into_iter().collect()
            }
        };
        Ok(self.counted.counts.insert(counts))
    }
}
