//! Every query on accounts, one-time links and sessions.

use std::collections::HashMap;

use chrono::{Duration, NaiveDateTime};
use diesel::dsl::{IsNotNull, Nullable};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::rules::{ACCOUNT, Role, Roles, is_live, read_login};
use super::{AccountState, CHANGE, FIELDS, NEW, fresh_link};
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::machine::refused_in;
use crate::kernel::text::{Lang, folded, line};
use crate::kernel::{Code, Fault, Faults, Id, Refusal, Result};
use crate::platform::db::schema::{account, account_link, party, session};
use crate::platform::db::search::{anywhere, lower};
use crate::platform::db::{Db, in_chunks};
use crate::platform::events::{self, Stamp};
use crate::platform::http::perm::{AccountsEdit, Permission};
use crate::platform::http::sha256_hex;
use crate::platform::policies::{self, Policy};
use crate::platform::rooms::{Act, BrandOnly, Fields, ListQuery, ListWindow, Listing, Secret, Sees, Thing, tell_saved};
use crate::platform::state::AppState;
use crate::{each, keyset, step, text_column, written_column};

text_column!(AccountState);
written_column!(Roles, Roles::to_string, Roles::stored);

/// A person who signs in. Holds no secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = account, treat_none_as_null = true)]
pub struct Account {
    /// Its id.
    pub id: Id,
    /// Name to sign in with; never changes, because events name it.
    pub login: String,
    /// Name to show.
    pub name: String,
    /// What they do.
    pub roles: Roles,
    /// The party they are bound to.
    #[serde(skip)]
    #[diesel(column_name = party_id)]
    pub party: Option<Id>,
    /// The code of that party.
    #[serde(rename = "party")]
    #[diesel(skip_insertion, skip_update, select_expression = party::code.nullable(), select_expression_type = Nullable<party::code>)]
    pub party_code: Option<String>,
    /// The language they work in.
    pub lang: Lang,
    /// Whether they can sign in.
    #[diesel(skip_insertion, skip_update, deserialize_as = StateColumns)]
    #[diesel(select_expression = (account::status, account::password_hash.is_not_null()))]
    #[diesel(select_expression_type = (account::status, IsNotNull<account::password_hash>))]
    pub state: AccountState,
    /// Since when, UTC.
    pub created_at: NaiveDateTime,
    /// Grows with each change.
    pub version: i64,
}

/// Whether they may sign in, and whether they have chosen a password.
#[derive(Queryable)]
pub struct StateColumns(AccountState, bool);

impl From<StateColumns> for AccountState {
    fn from(StateColumns(status, has_password): StateColumns) -> Self {
        if status == Self::Active && !has_password { Self::Invited } else { status }
    }
}

impl Account {
    /// Whether they may sign in, or choose a password.
    pub fn is_active(&self) -> bool {
        self.state != AccountState::Disabled
    }

    /// The account with its texts trimmed and checked.
    ///
    /// # Errors
    /// [`Code::Invalid`] with every fault.
    pub fn checked(mut self) -> Result<Self> {
        let mut faults = Faults::default();
        self.roles.check_party(self.party_code.is_some()).into_iter().for_each(|fault| faults.note(fault));
        self.login = faults.keep(read_login("login", &self.login));
        self.name = faults.keep(line("name", &self.name, 60));
        faults.unless_any(self)
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

/// How somebody first gets in.
pub enum Credential {
    /// A password that was hashed already.
    PasswordHash(String),
    /// A one-time link: SHA-256 of its token.
    Link(String),
}

/// Whether a column of roles has this one: no role's name is another's with commas around it.
macro_rules! has_role {
    ($roles:expr, $role:expr) => {
        diesel::IntoSql::into_sql::<diesel::sql_types::Text>(",").concat($roles).concat(",").like(format!("%,{},%", $role))
    };
}
pub(in crate::staff) use has_role;

/// Accounts with the codes of their parties, to be narrowed.
macro_rules! accounts {
    () => {
        account::table.left_join(party::table.on(party::id.nullable().eq(account::party_id))).select(Account::as_select())
    };
}

impl Listing for Account {
    const FIELDS: &'static Fields = &FIELDS;
    const API: &'static str = "accounts";
    const SCHEMA: &'static str = "Account";
    type Read = BrandOnly<AccountsEdit>;

    fn key(&self) -> String {
        self.login.clone()
    }

    fn acts() -> Vec<(&'static str, String, Permission)> {
        vec![("accounts-new", "/accounts/new".to_owned(), Permission::AccountsEdit)]
    }

    fn list(db: &mut Db, query: &ListQuery, _sees: Sees, window: &ListWindow) -> Result<Vec<Self>> {
        let pattern = anywhere(&query.q);
        Ok(each!(db, |c| {
            let mut accounts = accounts!().into_boxed();
            if let Some(state) = query.filter("state").and_then(AccountState::of) {
                accounts = match state {
                    AccountState::Disabled => accounts.filter(account::status.eq(state)),
                    AccountState::Active => accounts.filter(account::status.eq(state).and(account::password_hash.is_not_null())),
                    AccountState::Invited => {
                        accounts.filter(account::status.eq(AccountState::Active).and(account::password_hash.is_null()))
                    }
                };
            }
            if let Some(role) = query.filter("role") {
                accounts = accounts.filter(has_role!(account::roles, role));
            }
            if !query.q.is_empty() {
                let found = lower(account::login).like(&pattern).escape('\\').or(lower(account::name).like(&pattern).escape('\\'));
                accounts = accounts.filter(found);
            }
            keyset!(c, accounts, account::login, window)
        })?)
    }
}

impl Thing for Account {
    const SUBJECT: &'static str = "account";
    const SAVED: EventKind = EventKind::AccountSaved;
    const UNTOLD: &'static [&'static str] = &["name"];
    type Edit = AccountsEdit;
    const NEW: &'static Fields = &NEW;
    const CHANGE: &'static Fields = &CHANGE;
    const SECRET: (&'static str, &'static str) = ("account", "link");

    fn id(&self) -> Id {
        self.id
    }

    fn code(&self) -> &str {
        &self.login
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn title(&self, _: Lang) -> String {
        self.name.clone()
    }

    fn with_codes(db: &mut Db, logins: &[&str]) -> Result<Vec<Self>> {
        Ok(each!(db, |c| accounts!().filter(account::login.eq_any(logins)).load(c))?)
    }

    fn blank(app: &AppState) -> Self {
        Self { lang: app.config.default_lang, ..Self::default() }
    }

    fn secret(app: &AppState) -> Option<Secret> {
        Some(fresh_link(&app.config))
    }

    fn make(self, db: &mut Db, stamp: &Stamp, _: &AppState, secret: &str) -> Result<Self> {
        insert(db, stamp, self, &Credential::Link(secret.to_owned()))
    }

    /// Changes name, roles, party and language. Who loses or gains a right has to sign in again.
    fn write(self, db: &mut Db, _: &Stamp, before: Option<&Self>) -> Result<Self> {
        let old = before.ok_or(Code::NotFound)?;
        let mut new = Self { login: old.login.clone(), ..self }.checked()?;
        new.party = party_of_code(db, new.party_code.as_deref(), old.party)?;
        (new.id, new.version, new.created_at) = (old.id, old.version + 1, old.created_at);
        let as_read = account::id.eq(old.id).and(account::version.eq(old.version));
        if each!(db, |c| diesel::update(account::table.filter(as_read)).set(&new).execute(c))? == 0 {
            return Err(Code::Stale.into());
        }
        keep_an_administrator(db, old)?;
        if old.roles != new.roles || old.party != new.party {
            end_sessions(db, old.id, None)?;
        }
        named(db, &new.login)
    }

    fn acts(&self) -> Vec<Act> {
        let post = |key, verb| Act::post(key, format!("{}/{verb}", self.href()), Permission::AccountsEdit);
        if self.is_active() {
            vec![post("accounts-new-link", "link").about("accounts-access-hint"), post("accounts-disable", "disable").grave()]
        } else {
            vec![post("accounts-enable", "enable")]
        }
    }
}

/// The account of a login.
pub fn by_login(db: &mut Db, login: &str) -> Result<Option<Account>> {
    Ok(Account::with_codes(db, &[login])?.pop())
}

/// The account of a login that somebody names.
///
/// # Errors
/// [`Code::NotFound`].
pub(super) fn named(db: &mut Db, login: &str) -> Result<Account> {
    by_login(db, login)?.ok_or_else(|| Code::NotFound.into())
}

/// The account of who does something, as events name them. None for programs.
pub fn of_actor(db: &mut Db, actor: &str) -> Result<Option<Account>> {
    actor.strip_prefix("staff:").map_or(Ok(None), |login| by_login(db, login))
}

/// The account of an id.
pub fn by_id(db: &mut Db, id: Id) -> Result<Option<Account>> {
    let found: Vec<Account> = each!(db, |c| accounts!().filter(account::id.eq(id)).load(c))?;
    Ok(found.into_iter().next())
}

/// The logins of accounts.
pub fn logins_of_ids(db: &mut Db, ids: &[Id]) -> Result<HashMap<Id, String>> {
    let found: Vec<(Id, String)> =
        in_chunks(ids, |ids| each!(db, |c| account::table.filter(account::id.eq_any(ids)).select((account::id, account::login)).load(c)))?;
    Ok(found.into_iter().collect())
}

/// Every account, by login.
pub fn all(db: &mut Db) -> Result<Vec<Account>> {
    Ok(each!(db, |c| accounts!().order(account::login).load(c))?)
}

/// Whether nobody has an account yet.
pub fn is_empty(db: &mut Db) -> Result<bool> {
    let any: Vec<i64> = each!(db, |c| account::table.select(account::id).limit(1).load(c))?;
    Ok(any.is_empty())
}

/// The party of a code, for binding; `before` is the one that was bound already.
///
/// # Errors
/// For `party`: [`Code::UnknownReference`]; [`Code::Closed`] for another than before.
pub fn party_of_code(db: &mut Db, code: Option<&str>, before: Option<Id>) -> Result<Option<Id>> {
    let Some(code) = code else { return Ok(None) };
    let found: Vec<Id> = each!(db, |c| party::table.filter(party::code_key.eq(folded(code))).select(party::id).load(c))?;
    let party = found.first().copied().ok_or_else(|| Fault::new("party", Code::UnknownReference).with("value", code))?;
    if before == Some(party) || permitted_party(db, Some(party))? {
        return Ok(Some(party));
    }
    Err(Fault::new("party", Code::Closed).with("closed", code).into())
}

/// Whether a party's people and programs may come in: it exists and is not closed.
pub fn permitted_party(db: &mut Db, party: Option<Id>) -> Result<bool> {
    let Some(id) = party else { return Ok(true) };
    let status: Vec<String> = each!(db, |c| party::table.filter(party::id.eq(id)).select(party::status).load(c))?;
    Ok(status.first().is_some_and(|status| status == "active"))
}

/// Makes an account, with its password or with a one-time link to choose one.
///
/// # Errors
/// As [`Account::checked`]; [`Code::Duplicate`] for `login`, [`Code::UnknownReference`] or [`Code::Closed`] for `party`.
pub fn insert(db: &mut Db, stamp: &Stamp, new: Account, credential: &Credential) -> Result<Account> {
    let mut new = new.checked()?;
    new.party = party_of_code(db, new.party_code.as_deref(), None)?;
    if by_login(db, &new.login)?.is_some() {
        return Err(Refusal { code: Code::Duplicate, args: Vec::new(), faults: vec![Fault::new("login", Code::Duplicate)] }.into());
    }
    (new.id, new.version, new.created_at) = (stamp.id(), 1, stamp.at);
    let password = match credential {
        Credential::PasswordHash(hash) => Some(hash),
        Credential::Link(_) => None,
    };
    let row = (&new, account::status.eq(AccountState::Active), account::password_hash.eq(password));
    each!(db, |c| diesel::insert_into(account::table).values(row).execute(c))?;
    if let Credential::Link(hash) = credential {
        insert_link(db, hash, Some(new.id), stamp.at)?;
    }
    let made = named(db, &new.login)?;
    tell_saved(db, stamp, None, &made)?;
    Ok(made)
}

const fn subject(id: Id) -> Subject {
    Subject::Thing(Account::SUBJECT, id.0)
}

/// Keeps somebody out, at once.
///
/// # Errors
/// [`Code::WrongState`] when no administrator would be left.
pub(super) fn disable(db: &mut Db, stamp: &Stamp, old: Account) -> Result<Account> {
    turn(db, stamp, old, AccountState::Disabled)
}

/// Lets somebody in again.
pub(super) fn enable(db: &mut Db, stamp: &Stamp, old: Account) -> Result<Account> {
    turn(db, stamp, old, AccountState::Active)
}

fn turn(db: &mut Db, stamp: &Stamp, old: Account, to: AccountState) -> Result<Account> {
    let from = if old.is_active() { AccountState::Active } else { AccountState::Disabled };
    if from == to {
        return Ok(old);
    }
    step!(db, account::table.filter(account::id.eq(old.id)), account::status, account::version, ACCOUNT, from => to, old.version);
    keep_an_administrator(db, &old)?;
    if to == AccountState::Disabled {
        end_sessions(db, old.id, None)?;
        spend_links(db, old.id, stamp.at)?;
    }
    let kind = if to == AccountState::Active { EventKind::AccountSaved } else { EventKind::AccountDisabled };
    events::append(db, stamp, kind, subject(old.id), &serde_json::json!({ "login": old.login, "status": to }))?;
    named(db, &old.login)
}

/// After a change to an account that was an active administrator's: whether another, or it still, is one.
fn keep_an_administrator(db: &mut Db, before: &Account) -> Result<()> {
    if !(before.is_active() && before.roles.has(Role::Admin)) {
        return Ok(());
    }
    let roles: Vec<Roles> = each!(db, |c| account::table.filter(account::status.eq(AccountState::Active)).select(account::roles).load(c))?;
    if roles.iter().any(|roles| roles.has(Role::Admin)) {
        return Ok(());
    }
    Err(Refusal::new(Code::WrongState).with("state", "last-admin").into())
}

/// What signing in needs of the account of a login.
pub fn door(db: &mut Db, login: &str) -> Result<Option<Door>> {
    let rows: Vec<(Id, Option<String>, AccountState)> = each!(db, |c| account::table
        .filter(account::login.eq(login))
        .select((account::id, account::password_hash, account::status))
        .load(c))?;
    Ok(rows.into_iter().next().map(|(id, password_hash, status)| Door { id, password_hash, active: status == AccountState::Active }))
}

/// Sets a password, and ends every session but the one named.
pub fn set_password(db: &mut Db, stamp: &Stamp, id: Id, password_hash: &str, keep: Option<&str>) -> Result<()> {
    rehash(db, id, password_hash)?;
    end_sessions(db, id, keep)?;
    spend_links(db, id, stamp.at)?;
    events::append(db, stamp, EventKind::PasswordSet, subject(id), &serde_json::Value::Null)
}

/// Keeps the same password under another hash.
pub fn rehash(db: &mut Db, id: Id, password_hash: &str) -> Result<()> {
    each!(db, |c| diesel::update(account::table.filter(account::id.eq(id))).set(account::password_hash.eq(password_hash)).execute(c))?;
    Ok(())
}

/// Sets the language somebody works in.
pub fn set_lang(db: &mut Db, id: Id, lang: Lang) -> Result<()> {
    each!(db, |c| diesel::update(account::table.filter(account::id.eq(id))).set(account::lang.eq(lang.tag())).execute(c))?;
    Ok(())
}

// One-time links.

/// Keeps a one-time link for as long as policy says; those made before for the same account (or for the first administrator) hold no more.
pub fn insert_link(db: &mut Db, hash: &str, account: Option<Id>, now: NaiveDateTime) -> Result<()> {
    let until = now + Duration::hours(policies::value(db, Policy::InviteHours, now)?);
    match account {
        Some(id) => each!(db, |c| diesel::delete(account_link::table.filter(account_link::account_id.eq(id))).execute(c))?,
        None => each!(db, |c| diesel::delete(account_link::table.filter(account_link::account_id.is_null())).execute(c))?,
    };
    each!(db, |c| diesel::insert_into(account_link::table)
        .values((account_link::hash.eq(hash), account_link::account_id.eq(account), account_link::expires_at.eq(until)))
        .execute(c))?;
    Ok(())
}

/// Whose password the link of a token sets, if it still holds: not used, not run out, its account not disabled. None for the link of the first
/// administrator, which holds while nobody is there yet.
///
/// # Errors
/// [`Code::LinkSpent`], whatever the reason.
pub fn find_link(db: &mut Db, token: &str, now: NaiveDateTime) -> Result<Option<Account>> {
    let rows: Vec<Option<Id>> = each!(db, |c| account_link::table
        .filter(account_link::hash.eq(sha256_hex(token.as_bytes())))
        .filter(account_link::used_at.is_null().and(account_link::expires_at.gt(now)))
        .select(account_link::account_id)
        .load(c))?;
    match rows.into_iter().next() {
        Some(Some(id)) => Ok(Some(by_id(db, id)?.filter(Account::is_active).ok_or(Code::LinkSpent)?)),
        Some(None) if is_empty(db)? => Ok(None),
        _ => Err(Code::LinkSpent.into()),
    }
}

/// A new link for somebody; those before stop.
///
/// # Errors
/// [`Code::NotFound`]; [`Code::WrongState`] for a disabled account.
pub(super) fn renew(db: &mut Db, login: &str, hash: &str, now: NaiveDateTime) -> Result<Account> {
    let account = named(db, login)?;
    if !account.is_active() {
        return Err(refused_in(account.state).into());
    }
    insert_link(db, hash, Some(account.id), now)?;
    Ok(account)
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
    each!(db, |c| diesel::update(account_link::table.filter(account_link::account_id.eq(account).and(account_link::used_at.is_null())))
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
pub fn insert_session(db: &mut Db, account: Id, hash: &str, now: NaiveDateTime) -> Result<()> {
    let expires_at = now + Duration::hours(policies::value(db, Policy::SessionHours, now)?);
    each!(db, |c| diesel::delete(session::table.filter(session::account_id.eq(account).and(session::expires_at.le(now)))).execute(c))?;
    each!(db, |c| diesel::insert_into(session::table)
        .values((
            session::hash.eq(hash),
            session::account_id.eq(account),
            session::created_at.eq(now),
            session::seen_at.eq(now),
            session::expires_at.eq(expires_at),
        ))
        .execute(c))?;
    Ok(())
}

/// Whose session it is, if it is live and its account and party are active.
pub fn opened(db: &mut Db, hash: &str, now: NaiveDateTime) -> Result<Option<(Account, Session)>> {
    let rows: Vec<(Id, Session)> =
        each!(db, |c| session::table.filter(session::hash.eq(hash)).select((session::account_id, Session::as_select())).load(c))?;
    let Some((id, session)) = rows.into_iter().next() else { return Ok(None) };
    let idle = policies::value(db, Policy::SessionIdleMinutes, now)?;
    if !is_live(session.seen_at, session.expires_at, idle, now) {
        return Ok(None);
    }
    let Some(account) = by_id(db, id)?.filter(Account::is_active) else { return Ok(None) };
    Ok(permitted_party(db, account.party)?.then_some((account, session)))
}

/// Notes that a session was seen.
pub fn seen(db: &mut Db, hash: &str, now: NaiveDateTime) -> Result<()> {
    each!(db, |c| diesel::update(session::table.filter(session::hash.eq(hash))).set(session::seen_at.eq(now)).execute(c))?;
    Ok(())
}

/// The live sessions of an account, the last seen first.
pub fn sessions_of(db: &mut Db, account: Id, now: NaiveDateTime) -> Result<Vec<Session>> {
    let idle = policies::value(db, Policy::SessionIdleMinutes, now)?;
    let mut sessions: Vec<Session> = each!(db, |c| session::table
        .filter(session::account_id.eq(account))
        .order((session::seen_at.desc(), session::hash))
        .select(Session::as_select())
        .load(c))?;
    sessions.retain(|session| is_live(session.seen_at, session.expires_at, idle, now));
    Ok(sessions)
}

/// Ends one session of an account. Ending one that is over does nothing.
pub fn end_session(db: &mut Db, account: Id, hash: &str) -> Result<()> {
    each!(db, |c| diesel::delete(session::table.filter(session::hash.eq(hash).and(session::account_id.eq(account)))).execute(c))?;
    Ok(())
}

/// Ends the session of a hash, whoever's it is: for whoever holds its token.
pub fn forget_session(db: &mut Db, hash: &str) -> Result<()> {
    each!(db, |c| diesel::delete(session::table.filter(session::hash.eq(hash))).execute(c))?;
    Ok(())
}

/// Ends every session of an account but the one named.
pub fn end_sessions(db: &mut Db, account: Id, keep: Option<&str>) -> Result<()> {
    each!(db, |c| diesel::delete(session::table.filter(session::account_id.eq(account).and(session::hash.ne(keep.unwrap_or_default()))))
        .execute(c))?;
    Ok(())
}
