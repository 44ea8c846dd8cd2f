//! Every query on API keys.

use chrono::NaiveDateTime;
use diesel::dsl::Nullable;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::rules::KEY_PREFIX;
use super::{FIELDS, NEW};
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::text::Lang;
use crate::kernel::{Code, Id, Refusal, Result};
use crate::platform::db::Db;
use crate::platform::db::schema::{api_key, party};
use crate::platform::db::search::{anywhere, lower};
use crate::platform::events::{self, Stamp};
use crate::platform::http::perm::{AccountsEdit, Permission};
use crate::platform::http::random_token;
use crate::platform::rooms::{Act, BrandOnly, Fields, ListQuery, ListWindow, Listing, Secret, Sees, Thing};
use crate::platform::state::AppState;
use crate::staff::accounts::{self, Roles, has_role, party_of_code, permitted_party};
use crate::{each, keyset};

/// A key as people may see it. Holds no secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Queryable, Selectable, Insertable)]
#[diesel(table_name = api_key)]
pub struct ApiKey {
    /// Its id; a token names it.
    pub id: Id,
    /// What it is for; events name it.
    pub name: String,
    /// What it may do.
    pub roles: Roles,
    /// The party it is bound to.
    #[serde(skip)]
    #[diesel(column_name = party_id)]
    pub party: Option<Id>,
    /// The code of that party.
    #[serde(rename = "party")]
    #[diesel(skip_insertion, select_expression = party::code.nullable(), select_expression_type = Nullable<party::code>)]
    pub party_code: Option<String>,
    /// The account that made it.
    #[serde(skip)]
    pub created_by: Id,
    /// Since when, UTC.
    pub created_at: NaiveDateTime,
    /// When it was last exchanged for a token, UTC.
    pub used_at: Option<NaiveDateTime>,
    /// When it was revoked, UTC.
    pub revoked_at: Option<NaiveDateTime>,
}

/// Keys with the codes of their parties, to be narrowed.
macro_rules! keys {
    () => {
        api_key::table.left_join(party::table.on(party::id.nullable().eq(api_key::party_id))).select(ApiKey::as_select())
    };
}

impl Listing for ApiKey {
    const FIELDS: &'static Fields = &FIELDS;
    const API: &'static str = "api-keys";
    const SCHEMA: &'static str = "ApiKey";
    type Read = BrandOnly<AccountsEdit>;

    fn key(&self) -> String {
        self.id.to_string()
    }

    fn acts() -> Vec<(&'static str, String, Permission)> {
        vec![("api-keys-new", "/api-keys/new".to_owned(), Permission::AccountsEdit)]
    }

    fn list(db: &mut Db, query: &ListQuery, _sees: Sees, window: &ListWindow) -> Result<Vec<Self>> {
        let (window, pattern) = (window.of_ids()?, anywhere(&query.q));
        Ok(each!(db, |c| {
            let mut keys = keys!().into_boxed();
            if let Some(role) = query.filter("role") {
                keys = keys.filter(has_role!(api_key::roles, role));
            }
            if !query.q.is_empty() {
                keys = keys.filter(lower(api_key::name).like(&pattern).escape('\\'));
            }
            keyset!(c, keys, newest api_key::id, &window)
        })?)
    }
}

impl Thing for ApiKey {
    const SUBJECT: &'static str = "api_key";
    type Edit = AccountsEdit;
    const NEW: &'static Fields = &NEW;
    const CHANGE: &'static Fields = &Fields::NONE;
    const SECRET: (&'static str, &'static str) = ("key", "secret");

    fn id(&self) -> Id {
        self.id
    }

    fn code(&self) -> &str {
        &self.name
    }

    fn title(&self, _: Lang) -> String {
        self.name.clone()
    }

    fn with_codes(db: &mut Db, ids: &[&str]) -> Result<Vec<Self>> {
        let ids = ids.iter().map(|id| id.parse()).collect::<Result<Vec<Id>>>()?;
        Ok(each!(db, |c| keys!().filter(api_key::id.eq_any(&ids)).load(c))?)
    }

    fn secret(_: &AppState) -> Option<Secret> {
        let key = format!("{KEY_PREFIX}{}", random_token::<32>());
        Some(Secret::new(&key, key.clone()))
    }

    /// Only a person makes one: a stolen token must not outlive itself.
    fn make(self, db: &mut Db, stamp: &Stamp, _: &AppState, secret: &str) -> Result<Self> {
        let maker = accounts::of_actor(db, &stamp.actor)?.ok_or(Code::Forbidden)?;
        insert(db, stamp, self, secret, maker.id)
    }

    fn write(self, _: &mut Db, _: &Stamp, _: Option<&Self>) -> Result<Self> {
        Err(Code::Forbidden.into())
    }

    fn acts(&self) -> Vec<Act> {
        let revoke = || Act::post("api-keys-revoke", format!("{}/revoke", self.href()), Permission::AccountsEdit).grave();
        self.revoked_at.is_none().then(revoke).into_iter().collect()
    }
}

/// Keeps a new key under the SHA-256 of its text.
///
/// # Errors
/// Roles that do not go with its party; [`Code::UnknownReference`] or [`Code::Closed`] for `party`.
pub fn insert(db: &mut Db, stamp: &Stamp, mut key: ApiKey, hash: &str, created_by: Id) -> Result<ApiKey> {
    Refusal::unless_empty(key.roles.check_party(key.party_code.is_some()))?;
    key.party = party_of_code(db, key.party_code.as_deref(), None)?;
    (key.id, key.created_by, key.created_at) = (stamp.id(), created_by, stamp.at);
    each!(db, |c| diesel::insert_into(api_key::table).values((&key, api_key::hash.eq(hash))).execute(c))?;
    let body = serde_json::json!({ "key": key.id, "name": key.name, "roles": key.roles, "party": key.party_code });
    events::append(db, stamp, EventKind::ApiKeyIssued, Subject::Thing("account", created_by.0), &body)?;
    Ok(key)
}

/// The key of an id, if it is not revoked and its party is not closed.
pub fn live(db: &mut Db, id: Id) -> Result<Option<ApiKey>> {
    let keys: Vec<ApiKey> = each!(db, |c| keys!().filter(api_key::id.eq(id)).load(c))?;
    let Some(key) = keys.into_iter().next().filter(|key| key.revoked_at.is_none()) else { return Ok(None) };
    Ok(permitted_party(db, key.party)?.then_some(key))
}

/// The live key of a hash.
///
/// # Errors
/// [`Code::BadToken`], whatever is wrong with it.
pub fn live_of_hash(db: &mut Db, hash: &str) -> Result<ApiKey> {
    let ids: Vec<Id> = each!(db, |c| api_key::table.filter(api_key::hash.eq(hash)).select(api_key::id).load(c))?;
    let id = ids.into_iter().next().ok_or(Code::BadToken)?;
    Ok(live(db, id)?.ok_or(Code::BadToken)?)
}

/// Notes that a key was used.
pub fn note_use(db: &mut Db, id: Id, now: NaiveDateTime) -> Result<()> {
    each!(db, |c| diesel::update(api_key::table.find(id)).set(api_key::used_at.eq(now)).execute(c))?;
    Ok(())
}

/// Revokes a key. Doing it again changes nothing.
pub fn revoke(db: &mut Db, stamp: &Stamp, key: ApiKey) -> Result<ApiKey> {
    if key.revoked_at.is_some() {
        return Ok(key);
    }
    each!(db, |c| diesel::update(api_key::table.find(key.id)).set(api_key::revoked_at.eq(stamp.at)).execute(c))?;
    let body = serde_json::json!({ "key": key.id, "name": key.name });
    events::append(db, stamp, EventKind::ApiKeyRevoked, Subject::Thing("account", key.created_by.0), &body)?;
    Ok(ApiKey { revoked_at: Some(stamp.at), ..key })
}
