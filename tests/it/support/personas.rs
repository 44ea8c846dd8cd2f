//! People and programs who use the house in tests. They are put into the store directly: what signing in itself does is tested in `staff.rs`.

use std::sync::atomic::{AtomicU32, Ordering};

use diesel::prelude::*;
use hangtag::each;
use hangtag::kernel::Id;
use hangtag::kernel::text::{Lang, folded};
use hangtag::platform::db::schema::party;
use hangtag::platform::http::{random_token, sha256_hex};
use hangtag::staff::accounts::{self, Account, Binding, Credential, Role, Roles, session_hash};
use hangtag::staff::tokens::{self, ApiKey};

use super::{Answer, Request, TestApp};

static COUNT: AtomicU32 = AtomicU32::new(0);

/// Somebody with what they show at the door: a session's cookie, or a token.
pub struct Persona<'a> {
    app: &'a TestApp,
    header: (String, String),
    /// The token their forms carry.
    pub csrf: Option<String>,
    /// Name to sign in with, or the key's name.
    pub login: String,
    /// The account, where there is one.
    pub account: Option<Id>,
    /// The party they are bound to.
    pub party: Option<Id>,
}

impl TestApp {
    /// A person of a role, signed in. One that must be bound is bound to a party made for it.
    pub async fn persona(&self, role: Role) -> Persona<'_> {
        let party = match role.binding() {
            Binding::Always => Some(self.any_party().await),
            Binding::Either | Binding::Never => None,
        };
        self.somebody(role, party).await
    }

    /// A person of a role, bound to a party that exists.
    pub async fn persona_of_party(&self, role: Role, party: Id) -> Persona<'_> {
        self.somebody(role, Some(party)).await
    }

    /// A program with a token of a role.
    pub async fn api(&self, role: Role) -> Persona<'_> {
        let party = match role.binding() {
            Binding::Always => Some(self.any_party().await),
            Binding::Either | Binding::Never => None,
        };
        self.api_of(role, party).await
    }

    /// A program with a token of a role, bound to a party that exists.
    pub async fn api_of_party(&self, role: Role, party: Id) -> Persona<'_> {
        self.api_of(role, Some(party)).await
    }

    async fn api_of(&self, role: Role, party: Option<Id>) -> Persona<'_> {
        let maker = self.account(Role::Admin, None).await;
        let name = format!("{}-{}", role.as_str(), COUNT.fetch_add(1, Ordering::Relaxed));
        let stamp = self.state.stamp("system");
        let new = ApiKey { name: name.clone(), roles: vec![role].into(), party_code: self.code_of(party).await, ..ApiKey::default() };
        let hash = sha256_hex(random_token::<32>().as_bytes());
        let id = self.state.store.write(move |db| tokens::insert(db, &stamp, new.clone(), &hash, maker.id)).await.unwrap().id;
        let token =
            tokens::sign(&self.state.keys.tokens, &self.state.config.public_url, &id.to_string(), 15, self.state.clock.now()).unwrap();
        Persona { app: self, header: ("authorization".into(), format!("Bearer {token}")), csrf: None, login: name, account: None, party }
    }

    async fn somebody(&self, role: Role, party: Option<Id>) -> Persona<'_> {
        let account = self.account(role, party).await;
        let (token, now, id) = (random_token::<32>(), self.state.clock.now(), account.id);
        let hash = session_hash(&token);
        self.state.store.write(move |db| accounts::insert_session(db, id, &hash, now)).await.unwrap();
        self.holding(account.login, account.id, party, &token)
    }

    /// Somebody with a session that exists.
    pub fn holding(&self, login: String, account: Id, party: Option<Id>, token: &str) -> Persona<'_> {
        let csrf = Some(hangtag::staff::door::csrf_of(token).unwrap());
        Persona { app: self, header: ("cookie".into(), format!("hangtag={token}")), csrf, login, account: Some(account), party }
    }

    /// An account of a role, without a password.
    pub async fn account(&self, role: Role, party: Option<Id>) -> accounts::Account {
        let draft = Account {
            login: format!("{}-{}", role.as_str(), COUNT.fetch_add(1, Ordering::Relaxed)),
            name: role.word(Lang::En).to_owned(),
            roles: Roles::from(vec![role]),
            party_code: self.code_of(party).await,
            lang: Lang::En,
            ..Account::default()
        };
        let (stamp, hash) = (self.state.stamp("system"), sha256_hex(random_token::<16>().as_bytes()));
        self.state.store.write(move |db| accounts::insert(db, &stamp, draft.clone(), &Credential::Link(hash.clone()))).await.unwrap()
    }

    /// A party of no particular kind.
    pub async fn any_party(&self) -> Id {
        let (id, at) = (self.state.id(), self.state.clock.now());
        let code = format!("ANY-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let insert = move |db: &mut hangtag::platform::db::Db| {
            each!(db, |c| diesel::insert_into(party::table)
                .values((
                    party::id.eq(id.0),
                    party::code.eq(&code),
                    party::code_key.eq(folded(&code)),
                    party::name_zh.eq("某单位"),
                    party::name_en.eq("Some party"),
                    party::country.eq("CN"),
                    party::city.eq(""),
                    party::address_zh.eq(""),
                    party::address_en.eq(""),
                    party::contact.eq(""),
                    party::status.eq("active"),
                    party::created_at.eq(at),
                    party::version.eq(1),
                ))
                .execute(c))?;
            Ok(())
        };
        self.state.store.write(insert).await.unwrap();
        id
    }

    async fn code_of(&self, party: Option<Id>) -> Option<String> {
        let id = party?;
        let codes: Vec<String> = self
            .state
            .store
            .read(move |db| Ok(each!(db, |c| party::table.filter(party::id.eq(id.0)).select(party::code).load(c))?))
            .await
            .unwrap();
        Some(codes.into_iter().next().expect("a persona's party exists"))
    }
}

impl Persona<'_> {
    /// Name and value of the session's cookie; a program has none.
    pub fn cookie(&self) -> (&str, &str) {
        self.header.1.split_once('=').unwrap()
    }

    /// Sends a request as this person or program. A form gets the token our own pages would have put into it.
    pub async fn send(&self, request: Request) -> Answer {
        let request = match &self.csrf {
            Some(csrf) => request.with_csrf(csrf),
            None => request,
        };
        self.app.send(request.header(&self.header.0, &self.header.1)).await
    }

    /// Sends a request with nothing added but cookie or token.
    pub async fn send_raw(&self, request: Request) -> Answer {
        self.app.send(request.header(&self.header.0, &self.header.1)).await
    }

    /// A GET.
    pub async fn get(&self, uri: &str) -> Answer {
        self.send(Request::get(uri)).await
    }

    /// A page, as a browser asks for it.
    pub async fn page(&self, uri: &str) -> Answer {
        self.send(Request::get(uri).html()).await
    }

    /// A JSON document sent.
    pub async fn json(&self, method: &str, uri: &str, body: &serde_json::Value) -> Answer {
        self.send(Request::json(method, uri, body)).await
    }

    /// A form sent from one of our pages.
    pub async fn form(&self, uri: &str, fields: &[(&str, &str)]) -> Answer {
        self.send(Request::form(uri, fields).html()).await
    }
}
