//! `user add | list | disable | link`: who may sign in.

use std::io::BufRead;

use clap::Subcommand;

use super::{say, tell, terminal_lang};
use crate::kernel::text::Lang;
use crate::kernel::{Code, Error, Fault, Result};
use crate::platform::state::AppState;
use crate::platform::words::Words;
use crate::staff::accounts::{self, Account, Role, Roles};

/// What can be done with accounts.
#[derive(Subcommand)]
pub(super) enum UserCommand {
    /// Make an account and print the one-time link with which its owner chooses a password.
    Add {
        /// Name to sign in with.
        login: String,
        /// Name to show; the login when it is left out.
        #[arg(long)]
        name: Option<String>,
        /// A role; give it again for more.
        #[arg(long = "role", required = true)]
        roles: Vec<String>,
        /// Code of the party the account is bound to (a supplier, a retailer).
        #[arg(long)]
        party: Option<String>,
        /// Language: zh-CN or en.
        #[arg(long)]
        lang: Option<String>,
        /// Read the password from standard input instead of printing a link.
        #[arg(long)]
        password_stdin: bool,
    },
    /// List accounts.
    List,
    /// Disable an account: its sessions end at once.
    Disable {
        /// Name to sign in with.
        login: String,
    },
    /// Print a new one-time link for an account.
    Link {
        /// Name to sign in with.
        login: String,
    },
}

/// Runs one of them.
pub(super) fn run(app: &AppState, command: UserCommand) -> Result<()> {
    let words = Words::of(terminal_lang());
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        match command {
            UserCommand::Add { login, name, roles, party, lang, password_stdin } => {
                let roles: Vec<Role> = roles.iter().map(|role| Role::read("roles", role)).collect::<std::result::Result<_, _>>()?;
                let lang = match lang {
                    None => app.config.default_lang,
                    Some(tag) => Lang::of_tag(&tag)
                        .ok_or_else(|| Fault::new("lang", Code::NotOneOf).with("value", &tag).with("allowed", "zh-CN, en"))?,
                };
                let (name, roles) = (name.unwrap_or_else(|| login.clone()), Roles::from(roles));
                let draft = Account { login, name, roles, party_code: party, lang, ..Account::default() };
                let password = if password_stdin { Some(read_password()?) } else { None };
                let (account, link) = accounts::add(app, draft, password.as_deref()).await?;
                tell(&words.say1("user-added", "login", &account.login));
                if let Some(link) = link {
                    tell(&words.say("user-link-about"));
                    say(&link);
                }
            }
            UserCommand::List => {
                for account in accounts::list(app).await? {
                    let lang = words.lang();
                    say(&format!(
                        "{}\t{}\t{}\t{}\t{}",
                        account.login,
                        account.name,
                        account.state.word(lang),
                        account.roles.names(lang),
                        account.party_code.as_deref().unwrap_or("-")
                    ));
                }
            }
            UserCommand::Disable { login } => {
                let account = accounts::disable(app, &login).await.map_err(|error| named(error, &login))?;
                tell(&words.say1("user-disabled", "login", &account.login));
            }
            UserCommand::Link { login } => {
                let (_, link) = accounts::new_link(app, &login).await.map_err(|error| named(error, &login))?;
                tell(&words.say("user-link-about"));
                say(link.shown());
            }
        }
        Ok(())
    })
}

/// Who is not there is named.
fn named(error: Error, login: &str) -> Error {
    if error.code() == Code::NotFound { Fault::new("login", Code::UnknownReference).with("value", login).into() } else { error }
}

fn read_password() -> Result<String> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() { Err(Error::broken("no password on standard input")) } else { Ok(password.to_owned()) }
}
