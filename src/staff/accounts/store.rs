//! Every query on accounts, one-time links and sessions.

use chrono::{Duration, NaiveDateTime};
use diesel::prelude::*;

use super::rules::{Draft, Role, Roles, is_live};
use crate::each;
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::paging::{Page, PageAsk};
use crate::kernel::text::{Lang, folded};
use crate::kernel::{Code, Error, Fault, Id, Refusal, Result};
use crate::platform::db::Db;
use crate::platform::db::schema::{account, account_link, party, session};
use crate::platform::events::{self, Stamp};
use crate::platform::http::sha256_hex;
use crate::platform::policies::{self, Policy};

/// A person who signs in. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: Id,
    /// Name to sign in with.
    pub login: String,
    /// Name to show.
    pub name: String,
    /// What they do.
    pub roles: Roles,
    /// The party they are bound to.
    pub party: Option<Id>,
    /// The code of that party.
    pub party_code: Option<String>,
    /// The language they work in.
    pub lang: Lang,
    /// Whether they may sign in.
    pub active: bool,
    /// Whether they have chosen a password yet.
    pub has_password: bool,
    /// Since when, UTC.
    pub created_at: NaiveDateTime,
    /// Grows with each change.
    pub version: i64,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = account)]
struct Row {
    id: i64,
    login: String,
    name: String,
    password_hash: Option<String>,
    roles: String,
    party_id: Option<i64>,
    lang: String,
    status: String,
    created_at: NaiveDateTime,
    version: i64,
}

impl Row {
    fn account(self, party_code: Option<String>) -> Account {
        Account {
            id: Id(self.id),
            login: self.login,
            name: self.name,
            roles: Roles::stored(&self.roles),
            party: self.party_id.map(Id),
            party_code,
            lang: Lang::of_tag(&self.lang).unwrap_or(Lang::Zh),
            active: self.status == "active",
            has_password: self.password_hash.is_some(),
            created_at: self.created_at,
            version: self.version,
        }
    }
}

/// What signing in needs of an account. The hash never leaves the room in a log.
pub struct Door {
    /// The account.
    pub id: Id,
    /// Its PHC string; None before a password was chosen.
    pub password_hash: Option<String>,
    /// Whether it may sign in.
    pub active: bool,
}

impl std::fmt::Debug for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Door").field("id", &self.id).field("active", &self.active).finish_non_exhaustive()
    }
}

/// A session as its owner may see it.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = session)]
pub struct Session {
    /// SHA-256 of its token, in hexadecimal.
    pub hash: String,
    /// Since when, UTC.
    pub created_at: NaiveDateTime,
    /// When it was last seen, UTC, to the minute.
    pub seen_at: NaiveDateTime,
    /// When it ends at the latest, UTC.
    pub expires_at: NaiveDateTime,
}

/// A one-time link that still holds.
#[derive(Clone, Debug)]
pub struct Link {
    /// Whose password it sets; None makes the first administrator.
    pub account: Option<Account>,
}

/// How somebody first gets in.
pub enum Credential<'a> {
    /// A password that was hashed already.
    PasswordHash(&'a str),
    /// A one-time link: SHA-256 of its token.
    Link(&'a str),
}

/// The first account a condition finds, with the code of its party.
macro_rules! account_where {
    ($db:expr, $condition:expr) => {{
        let rows: Vec<(Row, Option<String>)> = each!($db, |c| account::table
            .left_join(party::table.on(party::id.nullable().eq(account::party_id)))
            .filter($condition)
            .select((Row::as_select(), party::code.nullable()))
            .load(c))?;
        Ok(rows.into_iter().next().map(|(row, code)| row.account(code)))
    }};
}

/// The account of a login.
///
/// # Errors
/// When the store does.
pub fn by_login(db: &mut Db, login: &str) -> Result<Option<Account>> {
    account_where!(db, account::login.eq(login))
}

/// The account of an id.
///
/// # Errors
/// When the store does.
pub fn by_id(db: &mut Db, id: Id) -> Result<Option<Account>> {
    account_where!(db, account::id.eq(id.0))
}

/// Whether nobody has an account yet.
///
/// # Errors
/// When the store does.
pub fn is_empty(db: &mut Db) -> Result<bool> {
    let any: Vec<i64> = each!(db, |c| account::table.select(account::id).limit(1).load(c))?;
    Ok(any.is_empty())
}

/// A page of accounts, by login.
///
/// # Errors
/// When the page token is not ours, or the store fails.
pub fn page(db: &mut Db, ask: &PageAsk) -> Result<Page<Account>> {
    let (after, limit) = (ask.key()?.unwrap_or_default(), ask.limit());
    let rows: Vec<(Row, Option<String>)> = each!(db, |c| account::table
        .left_join(party::table.on(party::id.nullable().eq(account::party_id)))
        .filter(account::login.gt(&after))
        .order(account::login)
        .limit(limit + 1)
        .select((Row::as_select(), party::code.nullable()))
        .load(c))?;
    let accounts = rows.into_iter().map(|(row, code)| row.account(code)).collect();
    Ok(Page::new(accounts, limit, |account: &Account| account.login.clone()))
}

/// The party of a code, for binding.
///
/// # Errors
/// [`Code::UnknownReference`] for `party`.
pub fn party_of_code(db: &mut Db, code: Option<&str>) -> Result<Option<i64>> {
    let Some(code) = code else { return Ok(None) };
    let ids: Vec<i64> = each!(db, |c| party::table.filter(party::code_key.eq(folded(code))).select(party::id).load(c))?;
    match ids.into_iter().next() {
        Some(id) => Ok(Some(id)),
        None => Err(Fault::new("party", Code::UnknownReference).with("value", code).into()),
    }
}

/// Whether a party's people and programs may come in: it exists and is not closed.
///
/// # Errors
/// When the store does.
pub fn permitted_party(db: &mut Db, party: Option<Id>) -> Result<bool> {
    let Some(id) = party else { return Ok(true) };
    let status: Vec<String> = each!(db, |c| party::table.filter(party::id.eq(id.0)).select(party::status).load(c))?;
    Ok(status.first().is_some_and(|status| status == "active"))
}

/// Makes an account, with its password or with a one-time link to choose one.
///
/// # Errors
/// [`Code::Duplicate`] for `login`, [`Code::UnknownReference`] for `party`.
pub fn insert(db: &mut Db, stamp: &Stamp, draft: &Draft, credential: &Credential<'_>) -> Result<Account> {
    let party_id = party_of_code(db, draft.party.as_deref())?;
    if by_login(db, &draft.login)?.is_some() {
        return Err(Refusal { code: Code::Duplicate, args: Vec::new(), faults: vec![Fault::new("login", Code::Duplicate)] }.into());
    }
    let id = stamp.id();
    let password = match credential {
        Credential::PasswordHash(hash) => Some(*hash),
        Credential::Link(_) => None,
    };
    each!(db, |c| diesel::insert_into(account::table)
        .values((
            account::id.eq(id.0),
            account::login.eq(&draft.login),
            account::name.eq(&draft.name),
            account::password_hash.eq(password),
            account::roles.eq(draft.roles.to_string()),
            account::party_id.eq(party_id),
            account::lang.eq(draft.lang.tag()),
            account::status.eq("active"),
            account::created_at.eq(stamp.at),
            account::version.eq(1),
        ))
        .execute(c))?;
    if let Credential::Link(hash) = credential {
        insert_link(db, hash, Some(id), stamp.at)?;
    }
    saved(db, stamp, id, draft)?;
    by_id(db, id)?.ok_or_else(|| Error::broken("an account just made is not there"))
}

fn saved(db: &mut Db, stamp: &Stamp, id: Id, draft: &Draft) -> Result<()> {
    let body = serde_json::json!({ "login": draft.login, "roles": draft.roles, "party": draft.party });
    events::append(db, stamp, EventKind::AccountSaved, subject(id), &body)
}

const fn subject(id: Id) -> Subject {
    Subject::Thing("account", id.0)
}

/// Changes name, roles, party and language. Who loses or gains a right has to sign in again.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Stale`], [`Code::UnknownReference`] for `party`, [`Code::WrongState`] when no administrator would be left.
pub fn update(db: &mut Db, stamp: &Stamp, draft: &Draft, version: i64) -> Result<Account> {
    let old = by_login(db, &draft.login)?.ok_or(Code::NotFound)?;
    let party_id = party_of_code(db, draft.party.as_deref())?;
    let changed = each!(db, |c| diesel::update(account::table.filter(account::id.eq(old.id.0).and(account::version.eq(version))))
        .set((
            account::name.eq(&draft.name),
            account::roles.eq(draft.roles.to_string()),
            account::party_id.eq(party_id),
            account::lang.eq(draft.lang.tag()),
            account::version.eq(account::version + 1),
        ))
        .execute(c))?;
    if changed == 0 {
        return Err(Code::Stale.into());
    }
    keep_an_administrator(db, &old)?;
    if old.roles != draft.roles || old.party != party_id.map(Id) {
        end_sessions(db, old.id, None)?;
    }
    saved(db, stamp, old.id, draft)?;
    by_id(db, old.id)?.ok_or_else(|| Error::broken("an account just changed is not there"))
}

/// Lets somebody in or keeps them out. Whoever is kept out is out at once.
///
/// # Errors
/// [`Code::NotFound`], [`Code::WrongState`] when no administrator would be left.
pub fn set_active(db: &mut Db, stamp: &Stamp, login: &str, active: bool) -> Result<Account> {
    let old = by_login(db, login)?.ok_or(Code::NotFound)?;
    if old.active == active {
        return Ok(old);
    }
    let status = if active { "active" } else { "disabled" };
    each!(db, |c| diesel::update(account::table.filter(account::id.eq(old.id.0)))
        .set((account::status.eq(status), account::version.eq(account::version + 1)))
        .execute(c))?;
    keep_an_administrator(db, &old)?;
    if !active {
        end_sessions(db, old.id, None)?;
        spend_links(db, old.id, stamp.at)?;
    }
    let kind = if active { EventKind::AccountSaved } else { EventKind::AccountDisabled };
    events::append(db, stamp, kind, subject(old.id), &serde_json::json!({ "login": login, "status": status }))?;
    by_id(db, old.id)?.ok_or_else(|| Error::broken("an account just changed is not there"))
}

/// After a change to an account that was an active administrator's: whether another, or it still, is one.
fn keep_an_administrator(db: &mut Db, before: &Account) -> Result<()> {
    if !(before.active && before.roles.has(Role::Admin)) {
        return Ok(());
    }
    let roles: Vec<String> = each!(db, |c| account::table.filter(account::status.eq("active")).select(account::roles).load(c))?;
    if roles.iter().any(|roles| Roles::stored(roles).has(Role::Admin)) {
        return Ok(());
    }
    Err(Refusal::new(Code::WrongState).with("state", "last admin").into())
}

/// What signing in needs of the account of a login.
///
/// # Errors
/// When the store does.
pub fn door(db: &mut Db, login: &str) -> Result<Option<Door>> {
    let rows: Vec<(i64, Option<String>, String)> = each!(db, |c| account::table
        .filter(account::login.eq(login))
        .select((account::id, account::password_hash, account::status))
        .load(c))?;
    Ok(rows.into_iter().next().map(|(id, password_hash, status)| Door { id: Id(id), password_hash, active: status == "active" }))
}

/// Sets a password, and ends every session but the one named.
///
/// # Errors
/// When the store does.
pub fn set_password(db: &mut Db, stamp: &Stamp, id: Id, password_hash: &str, keep: Option<&str>) -> Result<()> {
    rehash(db, id, password_hash)?;
    end_sessions(db, id, keep)?;
    spend_links(db, id, stamp.at)?;
    events::append(db, stamp, EventKind::PasswordSet, subject(id), &serde_json::Value::Null)
}

/// Keeps the same password under another hash.
///
/// # Errors
/// When the store does.
pub fn rehash(db: &mut Db, id: Id, password_hash: &str) -> Result<()> {
    each!(db, |c| diesel::update(account::table.filter(account::id.eq(id.0))).set(account::password_hash.eq(password_hash)).execute(c))?;
    Ok(())
}

/// Sets the language somebody works in.
///
/// # Errors
/// When the store does.
pub fn set_lang(db: &mut Db, id: Id, lang: Lang) -> Result<()> {
    each!(db, |c| diesel::update(account::table.filter(account::id.eq(id.0))).set(account::lang.eq(lang.tag())).execute(c))?;
    Ok(())
}

// One-time links.

/// Keeps a one-time link for as long as policy says; those made before for the same account (or for the first administrator) hold no more.
///
/// # Errors
/// When the store does.
pub fn insert_link(db: &mut Db, hash: &str, account: Option<Id>, now: NaiveDateTime) -> Result<()> {
    let until = now + Duration::hours(policies::value(db, Policy::InviteHours, now)?);
    match account {
        Some(id) => each!(db, |c| diesel::delete(account_link::table.filter(account_link::account_id.eq(id.0))).execute(c))?,
        None => each!(db, |c| diesel::delete(account_link::table.filter(account_link::account_id.is_null())).execute(c))?,
    };
    each!(db, |c| diesel::insert_into(account_link::table)
        .values((account_link::hash.eq(hash), account_link::account_id.eq(account.map(|id| id.0)), account_link::expires_at.eq(until)))
        .execute(c))?;
    Ok(())
}

/// The link of a token, if it still holds: not used, not run out, its account not disabled; for the first administrator: nobody is there yet.
///
/// # Errors
/// [`Code::LinkSpent`], whatever the reason.
pub fn find_link(db: &mut Db, token: &str, now: NaiveDateTime) -> Result<Link> {
    let rows: Vec<Option<i64>> = each!(db, |c| account_link::table
        .filter(account_link::hash.eq(sha256_hex(token.as_bytes())))
        .filter(account_link::used_at.is_null().and(account_link::expires_at.gt(now)))
        .select(account_link::account_id)
        .load(c))?;
    let account = match rows.into_iter().next() {
        Some(Some(id)) => Some(by_id(db, Id(id))?.filter(|account| account.active).ok_or(Code::LinkSpent)?),
        Some(None) if is_empty(db)? => None,
        _ => return Err(Code::LinkSpent.into()),
    };
    Ok(Link { account })
}

/// Uses the link of a token up.
///
/// # Errors
/// [`Code::LinkSpent`] when somebody was quicker.
pub fn spend_link(db: &mut Db, token: &str, now: NaiveDateTime) -> Result<()> {
    let spent = each!(db, |c| diesel::update(
        account_link::table.filter(account_link::hash.eq(sha256_hex(token.as_bytes())).and(account_link::used_at.is_null()))
    )
    .set(account_link::used_at.eq(now))
    .execute(c))?;
    if spent == 0 { Err(Code::LinkSpent.into()) } else { Ok(()) }
}

fn spend_links(db: &mut Db, account: Id, now: NaiveDateTime) -> Result<()> {
    each!(db, |c| diesel::update(account_link::table.filter(account_link::account_id.eq(account.0).and(account_link::used_at.is_null())))
        .set(account_link::used_at.eq(now))
        .execute(c))?;
    Ok(())
}

// Sessions.

/// The name a session's token is kept under.
pub fn session_hash(token: &str) -> String {
    sha256_hex(token.as_bytes())
}

/// Starts a session, and forgets those of this account that are over.
///
/// # Errors
/// When the store does.
pub fn insert_session(db: &mut Db, account: Id, hash: &str, now: NaiveDateTime) -> Result<()> {
    let expires_at = now + Duration::hours(policies::value(db, Policy::SessionHours, now)?);
    each!(db, |c| diesel::delete(session::table.filter(session::account_id.eq(account.0).and(session::expires_at.le(now)))).execute(c))?;
    each!(db, |c| diesel::insert_into(session::table)
        .values((
            session::hash.eq(hash),
            session::account_id.eq(account.0),
            session::created_at.eq(now),
            session::seen_at.eq(now),
            session::expires_at.eq(expires_at),
        ))
        .execute(c))?;
    Ok(())
}

/// Whose session it is, if it is live and its account and party are active.
///
/// # Errors
/// When the store does.
pub fn opened(db: &mut Db, hash: &str, now: NaiveDateTime) -> Result<Option<(Account, Session)>> {
    let rows: Vec<(i64, Session)> =
        each!(db, |c| session::table.filter(session::hash.eq(hash)).select((session::account_id, Session::as_select())).load(c))?;
    let Some((id, session)) = rows.into_iter().next() else { return Ok(None) };
    let idle = policies::value(db, Policy::SessionIdleMinutes, now)?;
    if !is_live(session.seen_at, session.expires_at, idle, now) {
        return Ok(None);
    }
    let Some(account) = by_id(db, Id(id))?.filter(|account| account.active) else { return Ok(None) };
    Ok(permitted_party(db, account.party)?.then_some((account, session)))
}

/// Notes that a session was seen.
///
/// # Errors
/// When the store does.
pub fn seen(db: &mut Db, hash: &str, now: NaiveDateTime) -> Result<()> {
    each!(db, |c| diesel::update(session::table.filter(session::hash.eq(hash))).set(session::seen_at.eq(now)).execute(c))?;
    Ok(())
}

/// The live sessions of an account, the last seen first.
///
/// # Errors
/// When the store does.
pub fn sessions_of(db: &mut Db, account: Id, now: NaiveDateTime) -> Result<Vec<Session>> {
    let idle = policies::value(db, Policy::SessionIdleMinutes, now)?;
    let mut sessions: Vec<Session> = each!(db, |c| session::table
        .filter(session::account_id.eq(account.0))
        .order((session::seen_at.desc(), session::hash))
        .select(Session::as_select())
        .load(c))?;
    sessions.retain(|session| is_live(session.seen_at, session.expires_at, idle, now));
    Ok(sessions)
}

/// Ends one session of an account. Ending one that is over does nothing.
///
/// # Errors
/// When the store does.
pub fn end_session(db: &mut Db, account: Id, hash: &str) -> Result<()> {
    each!(db, |c| diesel::delete(session::table.filter(session::hash.eq(hash).and(session::account_id.eq(account.0)))).execute(c))?;
    Ok(())
}

/// Ends the session of a hash, whoever's it is: for whoever holds its token.
///
/// # Errors
/// When the store does.
pub fn forget_session(db: &mut Db, hash: &str) -> Result<()> {
    each!(db, |c| diesel::delete(session::table.filter(session::hash.eq(hash))).execute(c))?;
    Ok(())
}

/// Ends every session of an account but the one named.
///
/// # Errors
/// When the store does.
pub fn end_sessions(db: &mut Db, account: Id, keep: Option<&str>) -> Result<()> {
    each!(db, |c| diesel::delete(
        session::table.filter(session::account_id.eq(account.0).and(session::hash.ne(keep.unwrap_or_default())))
    )
    .execute(c))?;
    Ok(())
}
