//! Every query on API keys.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::rules::NewKey;
use crate::each;
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::paging::{Page, PageAsk};
use crate::kernel::{Code, Id, Result};
use crate::platform::db::Db;
use crate::platform::db::schema::{api_key, party};
use crate::platform::events::{self, Stamp};
use crate::staff::accounts::{Roles, party_of_code, permitted_party};

/// A key as people may see it. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id; a token names it.
    pub id: Id,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub roles: Roles,
    /// The party it is bound to.
    pub party: Option<Id>,
    /// The code of that party.
    pub party_code: Option<String>,
    /// The account that made it.
    pub created_by: Id,
    /// Since when, UTC.
    pub created_at: NaiveDateTime,
    /// When it was revoked, UTC.
    pub revoked_at: Option<NaiveDateTime>,
    /// When it was last exchanged for a token, UTC.
    pub used_at: Option<NaiveDateTime>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = api_key)]
struct Row {
    id: i64,
    name: String,
    roles: String,
    party_id: Option<i64>,
    created_by: i64,
    created_at: NaiveDateTime,
    revoked_at: Option<NaiveDateTime>,
    used_at: Option<NaiveDateTime>,
}

impl Row {
    fn key(self, party_code: Option<String>) -> ApiKey {
        ApiKey {
            id: Id(self.id),
            name: self.name,
            roles: Roles::stored(&self.roles),
            party: self.party_id.map(Id),
            party_code,
            created_by: Id(self.created_by),
            created_at: self.created_at,
            revoked_at: self.revoked_at,
            used_at: self.used_at,
        }
    }
}

/// The keys a condition finds, with the codes of their parties.
macro_rules! keys_where {
    ($db:expr, $condition:expr, $limit:expr) => {{
        let rows: Vec<(Row, Option<String>)> = each!($db, |c| api_key::table
            .left_join(party::table.on(party::id.nullable().eq(api_key::party_id)))
            .filter($condition)
            .order(api_key::id.desc())
            .limit($limit)
            .select((Row::as_select(), party::code.nullable()))
            .load(c))?;
        rows.into_iter().map(|(row, code)| row.key(code)).collect::<Vec<_>>()
    }};
}

/// Keeps a new key under the SHA-256 of its text.
///
/// # Errors
/// [`Code::UnknownReference`] for `party`.
pub fn insert(db: &mut Db, stamp: &Stamp, new: &NewKey, hash: &str, created_by: Id) -> Result<Id> {
    let party_id = party_of_code(db, new.party.as_deref())?;
    let id = stamp.id();
    each!(db, |c| diesel::insert_into(api_key::table)
        .values((
            api_key::id.eq(id.0),
            api_key::name.eq(&new.name),
            api_key::hash.eq(hash),
            api_key::roles.eq(new.roles.to_string()),
            api_key::party_id.eq(party_id),
            api_key::created_by.eq(created_by.0),
            api_key::created_at.eq(stamp.at),
        ))
        .execute(c))?;
    let body = serde_json::json!({ "key": id, "name": new.name, "roles": new.roles, "party": new.party });
    events::append(db, stamp, EventKind::ApiKeyIssued, Subject::Thing("account", created_by.0), &body)?;
    Ok(id)
}

/// A page of keys, the newest first.
///
/// # Errors
/// When the page token is not ours, or the store fails.
pub fn page(db: &mut Db, ask: &PageAsk) -> Result<Page<ApiKey>> {
    let before = match ask.key()? {
        Some(key) => key.parse::<Id>()?.0,
        None => i64::MAX,
    };
    let keys = keys_where!(db, api_key::id.lt(before), ask.limit() + 1);
    Ok(Page::new(keys, ask.limit(), |key: &ApiKey| key.id.to_string()))
}

/// Every key, the newest first.
///
/// # Errors
/// When the store does.
pub fn all(db: &mut Db) -> Result<Vec<ApiKey>> {
    Ok(keys_where!(db, api_key::id.gt(0), i64::from(i32::MAX)))
}

/// The key of an id, revoked ones included.
///
/// # Errors
/// When the store does.
pub fn by_id(db: &mut Db, id: Id) -> Result<Option<ApiKey>> {
    Ok(keys_where!(db, api_key::id.eq(id.0), 1).into_iter().next())
}

/// The key of an id, if it is not revoked and its party is not closed.
///
/// # Errors
/// When the store does.
pub fn live(db: &mut Db, id: Id) -> Result<Option<ApiKey>> {
    let Some(key) = by_id(db, id)?.filter(|key| key.revoked_at.is_none()) else { return Ok(None) };
    Ok(permitted_party(db, key.party)?.then_some(key))
}

/// The live key of a hash.
///
/// # Errors
/// [`Code::BadToken`], whatever is wrong with it.
pub fn live_of_hash(db: &mut Db, hash: &str) -> Result<ApiKey> {
    let ids: Vec<i64> = each!(db, |c| api_key::table.filter(api_key::hash.eq(hash)).select(api_key::id).load(c))?;
    let id = ids.into_iter().next().map(Id).ok_or(Code::BadToken)?;
    Ok(live(db, id)?.ok_or(Code::BadToken)?)
}

/// Notes that a key was used.
///
/// # Errors
/// When the store does.
pub fn note_use(db: &mut Db, id: Id, now: NaiveDateTime) -> Result<()> {
    each!(db, |c| diesel::update(api_key::table.filter(api_key::id.eq(id.0))).set(api_key::used_at.eq(now)).execute(c))?;
    Ok(())
}

/// Revokes a key. Doing it again changes nothing.
///
/// # Errors
/// [`Code::NotFound`].
pub fn revoke(db: &mut Db, stamp: &Stamp, id: Id) -> Result<ApiKey> {
    let key = by_id(db, id)?.ok_or(Code::NotFound)?;
    if key.revoked_at.is_some() {
        return Ok(key);
    }
    each!(db, |c| diesel::update(api_key::table.filter(api_key::id.eq(id.0))).set(api_key::revoked_at.eq(stamp.at)).execute(c))?;
    let body = serde_json::json!({ "key": id, "name": key.name });
    events::append(db, stamp, EventKind::ApiKeyRevoked, Subject::Thing("account", key.created_by.0), &body)?;
    Ok(ApiKey { revoked_at: Some(stamp.at), ..key })
}
