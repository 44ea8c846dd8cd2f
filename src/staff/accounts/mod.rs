//! Accounts: people, their roles, the one-time links that let them in for the first time, and their sessions.
//!
//! An administrator makes an account and hands over a one-time link; the person chooses a password there. Nobody knows another's
//! password, and there is no default one: a house without accounts prints a link for its first administrator ([`first_link`]).

mod http;
pub mod passwords;
mod rules;
mod store;

use crate::choices;
use crate::kernel::Result;
use crate::kernel::choices::Choice;
use crate::kernel::text::Lang;
use crate::platform::config::Config;
use crate::platform::http::{Entry, random_token};
use crate::platform::rooms::{Field, Fields, Kind, Room, Secret};
use crate::platform::state::AppState;

use crate::platform::http::perm::Permission;
pub use rules::{Binding, Role, Roles, is_worth_noting, read_login};
pub(in crate::staff) use store::has_role;
pub use store::{
    Account, Credential, Door, Session, all, by_id, by_login, door, end_session, end_sessions, find_link, forget_session, insert,
    insert_link, insert_session, is_empty, logins_of_ids, of_actor, opened, party_of_code, permitted_party, rehash, seen, session_hash,
    sessions_of, set_lang, set_password, spend_link,
};

/// The room.
pub const ROOM: Room =
    Room::new("accounts", http::routes).menu(&[Entry::new("/accounts", "accounts-title", &[Permission::AccountsEdit]).act(
        "/accounts/new",
        "accounts-new",
        Permission::AccountsEdit,
    )]);

choices! {
    /// Whether somebody can sign in.
    #[derive(Default)]
    AccountState {
        /// May sign in, and has chosen a password.
        #[default]
        Active = "active", "正常", "Active";
        /// Has a link, and has not yet chosen a password.
        Invited = "invited", "已邀请", "Invited";
        /// Is kept out.
        Disabled = "disabled", "已停用", "Disabled";
    }
}

/// The fields of an account.
#[rustfmt::skip]
pub const FIELDS: Fields = Fields { table: "accounts", title: ("账号", "Accounts"), columns: &[
    Field::new("login", Kind::Text(read_login, as_it_is), &["用户名"], &["User name"]).needed().listed()
        .hint("2 到 40 个字符：a–z、0–9、点、下划线、连字符。用户名会长期留在记录中，请勿使用邮箱或手机号。", "2 to 40 characters: a–z, 0–9, dot, underscore, hyphen. It stays in the records, so do not use an e-mail address or a telephone number.", "li.na"),
    Field::new("name", Kind::Line(60), &["姓名"], &["Name"]).needed().listed(),
    ROLES,
    PARTY,
    Field::new("lang", Kind::Choice(LANGS), &["界面语言"], &["Language"]),
    Field::new("state", Kind::Choice(AccountState::TABLE), &["状态"], &["State"]).listed().filter("state"),
    Field::new("created_at", Kind::Moment, &["创建时间"], &["Since"]),
] };

/// What is said of a new one.
const NEW: Fields = FIELDS.part(0, 5);
/// What a change says. The login stays: events name it.
const CHANGE: Fields = FIELDS.part(1, 5);

/// What somebody or a program does here.
pub const ROLES: Field = Field::new("roles", Kind::Choices(Role::TABLE), &["角色"], &["Roles"]).needed().listed().filter("role");
/// The party somebody or a program is bound to.
pub const PARTY: Field = Field::new("party", Kind::Line(40), &["往来单位"], &["Party"]).nullable().listed().offers("parties").hint(
    "所属往来单位的编码。供应商只能看到自己的物料批和生产批次。本公司人员请留空。",
    "Code of the party this belongs to. Suppliers see only rows of their own lots and batches. Leave empty for our own people.",
    "HF-01",
);
/// The languages people work in.
const LANGS: &[Choice] = &[
    Choice { text: "zh-CN", zh: "中文", en: "中文", also: &["zh", "Chinese"], about: ("", "") },
    Choice { text: "en", zh: "English", en: "English", also: &["英文"], about: ("", "") },
];

const fn as_it_is(text: &str, _: Lang) -> &str {
    text
}

/// Who does it when the command line does.
const COMMAND_LINE: &str = "system";

/// A fresh one-time link: 192 random bits, and the address to hand over.
pub fn fresh_link(config: &Config) -> Secret {
    let token = random_token::<24>();
    Secret::new(&token, format!("{}/set-up/{token}", config.public_url.trim_end_matches('/')))
}

/// The address where the first administrator makes an account, or None when somebody has one. Each call makes a new one; those before stop.
pub async fn first_link(app: &AppState) -> Result<Option<String>> {
    let link = fresh_link(&app.config);
    let (hash, now) = (link.hash.clone(), app.clock.now());
    let made = app.store.write(move |db| {
        if !is_empty(db)? {
            return Ok(false);
        }
        insert_link(db, &hash, None, now).map(|()| true)
    });
    Ok(made.await?.then(|| link.shown().to_owned()))
}

/// For the command line: makes an account. With a password it can sign in at once; without one, the address of a one-time link comes back.
///
/// # Errors
/// Every fault of the account or the password, as [`insert`].
pub async fn add(app: &AppState, account: Account, password: Option<&str>) -> Result<(Account, Option<String>)> {
    let account = account.checked()?;
    let stamp = app.stamp(COMMAND_LINE);
    let (credential, link) = match password {
        Some(password) => {
            passwords::check(password, &account.login)?;
            (Credential::PasswordHash(passwords::hash(password).await?), None)
        }
        None => {
            let link = fresh_link(&app.config);
            (Credential::Link(link.hash.clone()), Some(link.shown().to_owned()))
        }
    };
    Ok((app.store.write(move |db| insert(db, &stamp, account.clone(), &credential)).await?, link))
}

/// For the command line: every account, by login.
pub async fn list(app: &AppState) -> Result<Vec<Account>> {
    app.store.read(all).await
}

/// For the command line: keeps somebody out, at once.
///
/// # Errors
/// [`Code::NotFound`](crate::kernel::Code::NotFound); [`Code::WrongState`](crate::kernel::Code::WrongState) for the last administrator.
pub async fn disable(app: &AppState, login: &str) -> Result<Account> {
    let (stamp, login) = (app.stamp(COMMAND_LINE), login.to_owned());
    app.store.write(move |db| store::named(db, &login).and_then(|account| store::disable(db, &stamp, account))).await
}

/// The address of a new one-time link for somebody who lost theirs, or their password. The password holds until
/// another is chosen.
///
/// # Errors
/// [`Code::NotFound`](crate::kernel::Code::NotFound); [`Code::WrongState`](crate::kernel::Code::WrongState) for a disabled account.
pub async fn new_link(app: &AppState, login: &str) -> Result<(Account, Secret)> {
    let link = fresh_link(&app.config);
    let (hash, login, now) = (link.hash.clone(), login.to_owned(), app.clock.now());
    Ok((app.store.write(move |db| store::renew(db, &login, &hash, now)).await?, link))
}
