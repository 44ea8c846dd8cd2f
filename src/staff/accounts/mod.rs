//! Accounts: people, their roles, the one-time links that let them in for the first time, and their sessions.
//!
//! An administrator makes an account and hands over a one-time link; the person chooses a password there. Nobody knows another's
//! password, and there is no default one: a house without accounts prints a link for its first administrator ([`first_link`]).

mod http;
pub mod passwords;
mod rules;
mod store;

use zeroize::Zeroizing;

pub use http::routes;
pub use rules::{Binding, Draft, Role, Roles, is_worth_noting, read_login};
pub use store::{
    Account, Credential, Door, Link, Session, by_id, by_login, door, end_session, end_sessions, find_link, forget_session, insert,
    insert_link, insert_session, is_empty, opened, page, party_of_code, permitted_party, rehash, seen, session_hash, sessions_of,
    set_active, set_lang, set_password, spend_link, update,
};

use crate::config::Config;
use crate::kernel::paging::{PAGE_MAX, PageAsk};
use crate::kernel::{Code, Result};
use crate::platform::http::{House, random_token, sha256_hex};

/// Who does it when the command line does.
const COMMAND_LINE: &str = "system";

/// A one-time link that was just made: the only moment its token is known.
pub struct NewLink {
    token: Zeroizing<String>,
    /// What is kept of it.
    pub hash: String,
}

impl NewLink {
    /// A fresh one: 192 random bits.
    pub fn fresh() -> Self {
        let token = Zeroizing::new(random_token::<24>());
        let hash = sha256_hex(token.as_bytes());
        Self { token, hash }
    }

    /// The address to hand over.
    pub fn address(&self, config: &Config) -> String {
        format!("{}/set-up/{}", config.public_url.trim_end_matches('/'), *self.token)
    }
}

impl std::fmt::Debug for NewLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewLink").finish_non_exhaustive()
    }
}

/// The address where the first administrator makes an account, or None when somebody has one. Each call makes a new one; those before stop.
///
/// # Errors
/// When the store does.
pub async fn first_link(house: &House) -> Result<Option<String>> {
    let link = NewLink::fresh();
    let (hash, now) = (link.hash.clone(), house.clock.now());
    let made = house.store.write(move |db| {
        if !is_empty(db)? {
            return Ok(false);
        }
        insert_link(db, &hash, None, now).map(|()| true)
    });
    Ok(made.await?.then(|| link.address(&house.config)))
}

/// For the command line: makes an account. With a password it can sign in at once; without one, the address of a one-time link comes back.
///
/// # Errors
/// [`Code::Invalid`] with every fault of the draft or the password; [`Code::Duplicate`]; [`Code::UnknownReference`] for `party`.
pub async fn add(house: &House, draft: Draft, password: Option<&str>) -> Result<(Account, Option<String>)> {
    let draft = draft.checked()?;
    let stamp = house.stamp(COMMAND_LINE);
    match password {
        Some(password) => {
            passwords::check(password, &draft.login)?;
            let hash = passwords::hash(password).await?;
            let account = house.store.write(move |db| insert(db, &stamp, &draft, &Credential::PasswordHash(&hash))).await?;
            Ok((account, None))
        }
        None => {
            let link = NewLink::fresh();
            let hash = link.hash.clone();
            let account = house.store.write(move |db| insert(db, &stamp, &draft, &Credential::Link(&hash))).await?;
            Ok((account, Some(link.address(&house.config))))
        }
    }
}

/// For the command line: every account, by login.
///
/// # Errors
/// When the store does.
pub async fn list(house: &House) -> Result<Vec<Account>> {
    let all = house.store.read(|db| {
        let mut all = Vec::new();
        let mut after = None;
        loop {
            let found = page(db, &PageAsk { after, per_page: Some(PAGE_MAX) })?;
            all.extend(found.items);
            after = found.next;
            if after.is_none() {
                return Ok(all);
            }
        }
    });
    all.await
}

/// For the command line: keeps somebody out, at once.
///
/// # Errors
/// [`Code::NotFound`]; [`Code::WrongState`] for the last administrator.
pub async fn disable(house: &House, login: &str) -> Result<Account> {
    let (stamp, login) = (house.stamp(COMMAND_LINE), login.to_owned());
    house.store.write(move |db| set_active(db, &stamp, &login, false)).await
}

/// The address of a new one-time link for somebody who lost theirs, or their password. The password holds until
/// another is chosen.
///
/// # Errors
/// [`Code::NotFound`]; [`Code::WrongState`] for a disabled account.
pub async fn new_link(house: &House, login: &str) -> Result<String> {
    let link = NewLink::fresh();
    let (hash, login, now) = (link.hash.clone(), login.to_owned(), house.clock.now());
    house.store.write(move |db| link_for(db, &login, &hash, now)).await?;
    Ok(link.address(&house.config))
}

fn link_for(db: &mut crate::platform::db::Db, login: &str, hash: &str, now: chrono::NaiveDateTime) -> Result<()> {
    let account = by_login(db, login)?.ok_or(Code::NotFound)?;
    if !account.active {
        return Err(crate::kernel::Refusal::new(Code::WrongState).with("state", "disabled").into());
    }
    insert_link(db, hash, Some(account.id), now)
}
