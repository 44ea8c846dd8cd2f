//! Every query on parties and their roles.

use std::collections::HashMap;

use diesel::prelude::*;

use super::{Maker, Party, PartyFields, PartyFilter, Role, Status, rules};
use crate::each;
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::text::{Both, ByCode, folded};
use crate::kernel::{Code, Fault, Id, Result};
use crate::platform::db::schema::{batch, lot, party, party_role, style};
use crate::platform::db::search::{anywhere, lower};
use crate::platform::db::{CHUNK_BINDS, Db};
use crate::platform::events::{self, Stamp};

#[derive(Queryable, Selectable)]
#[diesel(table_name = party)]
struct PartyRow {
    id: i64,
    code: String,
    name_zh: String,
    name_en: String,
    gln: Option<String>,
    country: String,
    city: String,
    address_zh: String,
    address_en: String,
    contact: String,
    status: String,
    version: i64,
}

/// The party with this id.
///
/// # Errors
/// When the store does.
pub fn by_id(db: &mut Db, id: Id) -> Result<Option<Party>> {
    Ok(by_ids(db, &[id])?.into_iter().next())
}

/// The parties with these ids, in no particular order; ids of none are left out.
///
/// # Errors
/// When the store does.
pub fn by_ids(db: &mut Db, ids: &[Id]) -> Result<Vec<Party>> {
    let mut rows: Vec<PartyRow> = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK_BINDS) {
        let chunk: Vec<i64> = chunk.iter().map(|id| id.0).collect();
        rows.extend(each!(db, |c| party::table.filter(party::id.eq_any(&chunk)).select(PartyRow::as_select()).load(c))?);
    }
    with_roles(db, rows)
}

/// The party with this code.
///
/// # Errors
/// When the store does.
pub fn by_code(db: &mut Db, code: &str) -> Result<Option<Party>> {
    let rows = each!(db, |c| party::table.filter(party::code_key.eq(folded(code))).select(PartyRow::as_select()).load(c))?;
    Ok(with_roles(db, rows)?.into_iter().next())
}

/// The parties with these codes, by code; codes of none are left out.
///
/// # Errors
/// When the store does.
pub(super) fn by_codes(db: &mut Db, codes: &[&str]) -> Result<ByCode<Party>> {
    let mut rows: Vec<PartyRow> = Vec::with_capacity(codes.len());
    for chunk in codes.chunks(CHUNK_BINDS) {
        let keys: Vec<String> = chunk.iter().map(|code| folded(code)).collect();
        rows.extend(each!(db, |c| party::table.filter(party::code_key.eq_any(&keys)).select(PartyRow::as_select()).load(c))?);
    }
    Ok(with_roles(db, rows)?.into_iter().map(|party| (party.code.clone(), party)).collect())
}

/// The ids of these codes; codes of none are left out.
///
/// # Errors
/// When the store does.
pub fn ids_of_codes<S: AsRef<str>>(db: &mut Db, codes: &[S]) -> Result<ByCode<Id>> {
    let mut ids: Vec<(String, i64)> = Vec::with_capacity(codes.len());
    for chunk in codes.chunks(CHUNK_BINDS) {
        let keys: Vec<String> = chunk.iter().map(|code| folded(code.as_ref())).collect();
        let rows: Vec<(String, i64)> =
            each!(db, |c| party::table.filter(party::code_key.eq_any(&keys)).select((party::code_key, party::id)).load(c))?;
        ids.extend(rows);
    }
    Ok(ids.into_iter().map(|(code, id)| (code, Id(id))).collect())
}

/// The codes of these parties, by id; ids of none are left out.
///
/// # Errors
/// When the store does.
pub fn codes_of_ids(db: &mut Db, ids: &[Id]) -> Result<HashMap<Id, String>> {
    let mut codes = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK_BINDS) {
        let chunk: Vec<i64> = chunk.iter().map(|id| id.0).collect();
        let rows: Vec<(i64, String)> =
            each!(db, |c| party::table.filter(party::id.eq_any(&chunk)).select((party::id, party::code)).load(c))?;
        codes.extend(rows.into_iter().map(|(id, code)| (Id(id), code)));
    }
    Ok(codes)
}

/// What a label says of the party with this id: one look-up by key.
///
/// # Errors
/// When the store does.
pub fn maker(db: &mut Db, id: Id) -> Result<Option<Maker>> {
    let rows: Vec<(String, String, String, String, String, String, String)> = each!(db, |c| party::table
        .filter(party::id.eq(id.0))
        .select((party::code, party::name_zh, party::name_en, party::address_zh, party::address_en, party::country, party::city))
        .load(c))?;
    Ok(rows.into_iter().next().map(|(code, name_zh, name_en, address_zh, address_en, country, city)| Maker {
        code,
        name: Both { zh: name_zh, en: name_en },
        address: Both { zh: address_zh, en: address_en },
        country,
        city,
    }))
}

/// The codes of the parties with these GLNs, by GLN.
///
/// # Errors
/// When the store does.
pub(super) fn codes_of_glns(db: &mut Db, glns: &[&str]) -> Result<HashMap<String, String>> {
    let mut codes = HashMap::with_capacity(glns.len());
    for chunk in glns.chunks(CHUNK_BINDS) {
        let rows: Vec<(Option<String>, String)> =
            each!(db, |c| party::table.filter(party::gln.eq_any(chunk)).select((party::gln, party::code)).load(c))?;
        codes.extend(rows.into_iter().filter_map(|(gln, code)| Some((gln?, code))));
    }
    Ok(codes)
}

/// How often a party is used: styles that name it as manufacturer, lots it delivered, batches it sewed.
pub(super) struct Uses {
    pub styles: i64,
    pub lots: i64,
    pub batches: i64,
}

/// Where a party is used.
///
/// # Errors
/// When the store does.
pub(super) fn uses(db: &mut Db, id: Id) -> Result<Uses> {
    Ok(Uses {
        styles: each!(db, |c| style::table.filter(style::manufacturer_id.eq(id.0)).count().get_result(c))?,
        lots: each!(db, |c| lot::table.filter(lot::party_id.eq(id.0)).count().get_result(c))?,
        batches: each!(db, |c| batch::table.filter(batch::factory_id.eq(id.0)).count().get_result(c))?,
    })
}

/// At most `limit` parties by code, after the code `after`.
///
/// # Errors
/// When the store does.
pub fn list(db: &mut Db, filter: &PartyFilter, after: Option<&str>, limit: i64) -> Result<Vec<Party>> {
    let pattern = anywhere(&filter.q);
    let rows = each!(db, |c| {
        let mut query = party::table.select(PartyRow::as_select()).order(party::code).limit(limit).into_boxed();
        if let Some(after) = after {
            query = query.filter(party::code.gt(after));
        }
        if let Some(role) = filter.role {
            query =
                query.filter(party::id.eq_any(party_role::table.filter(party_role::role.eq(role.as_str())).select(party_role::party_id)));
        }
        if let Some(only) = filter.only {
            query = query.filter(party::id.eq(only.0));
        }
        if !filter.q.trim().is_empty() {
            query = query.filter(
                party::code_key
                    .like(anywhere(&folded(&filter.q)))
                    .escape('\\')
                    .or(lower(party::name_zh).like(&pattern).escape('\\'))
                    .or(lower(party::name_en).like(&pattern).escape('\\'))
                    .or(lower(party::city).like(&pattern).escape('\\'))
                    .or(party::gln.eq(filter.q.trim())),
            );
        }
        query.load(c)
    })?;
    with_roles(db, rows)
}

/// Makes a party.
///
/// # Errors
/// [`Code::Invalid`] with every wrong field; [`Code::Duplicate`] for a code or GLN that is there.
pub fn create(db: &mut Db, stamp: &Stamp, given: &PartyFields) -> Result<Party> {
    if given.version.is_some() {
        return Err(Fault::new("version", Code::UnknownField).into());
    }
    let fields = rules::sound(given)?;
    let id = stamp.id();
    each!(db, |c| diesel::insert_into(party::table)
        .values((
            party::id.eq(id.0),
            party::code.eq(&fields.code),
            party::code_key.eq(folded(&fields.code)),
            party::name_zh.eq(&fields.name.zh),
            party::name_en.eq(&fields.name.en),
            party::gln.eq(&fields.gln),
            party::country.eq(&fields.country),
            party::city.eq(&fields.city),
            party::address_zh.eq(&fields.address.zh),
            party::address_en.eq(&fields.address.en),
            party::contact.eq(&fields.contact),
            party::status.eq(fields.status.as_str()),
            party::created_at.eq(stamp.at),
            party::version.eq(1),
        ))
        .execute(c))?;
    saved(db, stamp, id, fields, 1)
}

/// Changes the party with this code; `given.version` is the one that was read.
///
/// # Errors
/// [`Code::NotFound`]; [`Code::Stale`] when somebody changed it since; as [`create`].
pub fn change(db: &mut Db, stamp: &Stamp, code: &str, given: &PartyFields) -> Result<Party> {
    let read = given.version.ok_or_else(|| Fault::new("version", Code::Missing))?;
    let fields = rules::sound(given)?;
    let found: Vec<i64> = each!(db, |c| party::table.filter(party::code_key.eq(folded(code))).select(party::id).load(c))?;
    let id = found.into_iter().next().map(Id).ok_or(Code::NotFound)?;
    let changed = each!(db, |c| diesel::update(party::table.filter(party::id.eq(id.0).and(party::version.eq(read))))
        .set((
            party::code.eq(&fields.code),
            party::code_key.eq(folded(&fields.code)),
            party::name_zh.eq(&fields.name.zh),
            party::name_en.eq(&fields.name.en),
            party::gln.eq(&fields.gln),
            party::country.eq(&fields.country),
            party::city.eq(&fields.city),
            party::address_zh.eq(&fields.address.zh),
            party::address_en.eq(&fields.address.en),
            party::contact.eq(&fields.contact),
            party::status.eq(fields.status.as_str()),
            party::version.eq(read + 1),
        ))
        .execute(c))?;
    if changed == 0 {
        return Err(Code::Stale.into());
    }
    each!(db, |c| diesel::delete(party_role::table.filter(party_role::party_id.eq(id.0))).execute(c))?;
    saved(db, stamp, id, fields, read + 1)
}

/// Roles and event of a party just written.
fn saved(db: &mut Db, stamp: &Stamp, id: Id, fields: PartyFields, version: i64) -> Result<Party> {
    let rows: Vec<_> = fields.roles.iter().map(|role| (party_role::party_id.eq(id.0), party_role::role.eq(role.as_str()))).collect();
    each!(db, |c| diesel::insert_into(party_role::table).values(&rows).execute(c))?;
    // The contact is somebody's: it stays out of the event.
    events::append(
        db,
        stamp,
        EventKind::PartySaved,
        Subject::Thing("party", id.0),
        &serde_json::json!({ "code": fields.code, "version": version }),
    )?;
    // The catalogue shows makers by name and address.
    events::bump(db, "catalogue")?;
    let PartyFields { code, name, roles, gln, country, city, address, contact, status, version: _ } = fields;
    Ok(Party { id, code, name, roles, gln, country, city, address, contact, status, version })
}

fn with_roles(db: &mut Db, rows: Vec<PartyRow>) -> Result<Vec<Party>> {
    let mut roles: HashMap<i64, Vec<Role>> = HashMap::with_capacity(rows.len());
    for chunk in rows.chunks(CHUNK_BINDS) {
        let ids: Vec<i64> = chunk.iter().map(|row| row.id).collect();
        let held: Vec<(i64, String)> = each!(db, |c| party_role::table
            .filter(party_role::party_id.eq_any(&ids))
            .select((party_role::party_id, party_role::role))
            .load(c))?;
        for (id, role) in held {
            roles.entry(id).or_default().extend(Role::of(&role));
        }
    }
    Ok(rows
        .into_iter()
        .map(|row| {
            let mut roles = roles.remove(&row.id).unwrap_or_default();
            roles.sort_unstable();
            Party {
                id: Id(row.id),
                code: row.code,
                name: Both { zh: row.name_zh, en: row.name_en },
                roles,
                gln: row.gln,
                country: row.country,
                city: row.city,
                address: Both { zh: row.address_zh, en: row.address_en },
                contact: row.contact,
                status: Status::of(&row.status),
                version: row.version,
            }
        })
        .collect())
}
