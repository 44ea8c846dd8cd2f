//! Accounts: people, their roles, the one-time links that let them in for the first time, and their sessions.
//!
//! An administrator makes an account and hands over a one-time link; the person chooses a password there. Nobody knows another's
//! password, and there is no default one: a house without accounts prints a link for its first administrator.

pub mod passwords;
mod rules;
mod store;

pub use rules::{Binding, Draft, Role, Roles, is_worth_noting, read_login};
pub use store::{
    Account, Credential, Door, Link, Session, by_id, by_login, door, end_session, end_sessions, find_link, insert, insert_link,
    insert_session, is_empty, opened, page, party_of_code, permitted_party, rehash, seen, session_hash, sessions_of, set_active, set_lang,
    set_password, spend_link, update,
};
