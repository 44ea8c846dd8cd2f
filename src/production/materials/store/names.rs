//! Lots by what people call them. A code is its supplier's: where several suppliers use one, the code alone is not enough.

use std::collections::{HashMap, HashSet};

use diesel::dsl::count_star;
use diesel::prelude::*;

use super::super::rules::LotName;
use super::{KEYS, Lot};
use crate::each;
use crate::kernel::text::folded;
use crate::kernel::{Code, Fault, Id, Refusal, Result};
use crate::platform::db::Db;
use crate::platform::db::schema::{lot, party};
use crate::production::parties;

/// Lots by folded code, each with the code of its supplier.
#[derive(Default)]
pub struct Called(HashMap<String, Vec<(Lot, String)>>);

impl Called {
    /// The lot of this name.
    ///
    /// # Errors
    /// [`Code::UnknownReference`] for `field` when there is none; [`Code::Ambiguous`] when several suppliers have one.
    pub fn get(&self, field: &'static str, name: &LotName) -> Result<&Lot, Fault> {
        let all = self.0.get(&folded(&name.code)).map_or(&[][..], Vec::as_slice);
        let meant: Vec<&(Lot, String)> = all.iter().filter(|(_, supplier)| name.is_of(supplier)).collect();
        match meant.as_slice() {
            [] => Err(Fault::new(field, Code::UnknownReference).with("value", name)),
            [(lot, _)] => Ok(lot),
            several => Err(name.ambiguous(field, several.iter().map(|(_, supplier)| supplier.as_str()))),
        }
    }

    /// Every lot that this name may mean.
    pub fn meant_by(&self, name: &LotName) -> impl Iterator<Item = &Lot> {
        let all = self.0.get(&folded(&name.code)).map_or(&[][..], Vec::as_slice);
        all.iter().filter(|(_, supplier)| name.is_of(supplier)).map(|(lot, _)| lot)
    }

    /// Each lot with the code of its supplier.
    pub(in crate::production::materials) fn all(&self) -> impl Iterator<Item = &(Lot, String)> {
        self.0.values().flatten()
    }
}

/// Every lot that one of these names may mean; of `party` only, if one is named.
pub fn lots_called<'a>(db: &mut Db, names: impl IntoIterator<Item = &'a LotName>, party: Option<Id>) -> Result<Called> {
    let keys: HashSet<String> = names.into_iter().map(|name| folded(&name.code)).collect();
    let keys: Vec<String> = keys.into_iter().collect();
    let mut called = Called::default();
    for chunk in keys.chunks(KEYS) {
        let rows: Vec<(Lot, String)> = each!(db, |c| {
            let mut query = lot::table.inner_join(party::table.on(party::id.eq(lot::party_id))).into_boxed();
            query = query.filter(lot::code_key.eq_any(chunk));
            if let Some(party) = party {
                query = query.filter(lot::party_id.eq(party.0));
            }
            query.order(party::code).select((Lot::as_select(), party::code)).load(c)
        })?;
        for (lot, supplier) in rows {
            called.0.entry(folded(&lot.code)).or_default().push((lot, supplier));
        }
    }
    Ok(called)
}

/// The lot that `text` names: its code, or `code@supplier`. None for what names no lot; of `party` only, if one is named.
///
/// # Errors
/// [`Code::Ambiguous`] where several suppliers have a lot of this code.
pub fn lot_called(db: &mut Db, text: &str, party: Option<Id>) -> Result<Option<Lot>> {
    let Ok(name) = LotName::read("lot", text) else { return Ok(None) };
    match lots_called(db, [&name], party)?.get("lot", &name) {
        Ok(lot) => Ok(Some(lot.clone())),
        Err(fault) if fault.code == Code::UnknownReference => Ok(None),
        Err(fault) => Err(Refusal { code: fault.code, args: fault.args.clone(), faults: Vec::new() }.into()),
    }
}

/// What these lots are called, by id: the code, with `@` and the supplier where several suppliers use it.
pub fn names<'a>(db: &mut Db, lots: impl IntoIterator<Item = (Id, &'a str, Id)>) -> Result<HashMap<Id, String>> {
    let lots: Vec<(Id, &str, String, Id)> = lots.into_iter().map(|(id, code, party)| (id, code, folded(code), party)).collect();
    let mut keys: Vec<&str> = lots.iter().map(|(_, _, key, _)| key.as_str()).collect();
    keys.sort_unstable();
    keys.dedup();
    let mut shared: HashSet<String> = HashSet::new();
    for chunk in keys.chunks(KEYS) {
        let rows: Vec<(String, i64)> = each!(db, |c| lot::table
            .filter(lot::code_key.eq_any(chunk))
            .group_by(lot::code_key)
            .select((lot::code_key, count_star()))
            .load(c))?;
        shared.extend(rows.into_iter().filter(|(_, count)| *count > 1).map(|(key, _)| key));
    }
    let suppliers: Vec<Id> = lots.iter().filter(|(_, _, key, _)| shared.contains(key)).map(|(.., party)| *party).collect();
    let suppliers = parties::codes_of_ids(db, &suppliers)?;
    let name = |(id, code, key, party): (Id, &str, String, Id)| {
        let supplier = suppliers.get(&party).filter(|_| shared.contains(&key)).cloned();
        (id, LotName { code: code.to_owned(), supplier }.to_string())
    };
    Ok(lots.into_iter().map(name).collect())
}
