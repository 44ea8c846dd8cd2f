//! Accounts as pages: the list, the form, the link shown once.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use askama::Template;

use super::super::{self as accounts, Account, Binding, Draft, Role, Roles, by_login, new_link, page, set_active, update};
use super::make;
use crate::kernel::paging::{Page, PageAsk};
use crate::kernel::text::Lang;
use crate::kernel::{Code, Error, Fault, Result};
use crate::platform::http::perm::AccountsEdit;
use crate::platform::http::{Caller, Form, FormFaults, House, Locale, Once, Shell, csv, html, html_response, see_other};

pub(super) fn mount(config: &mut web::ServiceConfig) -> &mut web::ServiceConfig {
    config
        .service(list)
        .service(list_csv)
        .service(blank)
        .service(add)
        .service(edit)
        .service(save)
        .service(shut)
        .service(open)
        .service(renew)
}

#[derive(Template)]
#[template(path = "staff/accounts/list.html")]
struct ListPage {
    shell: Shell,
    page: Page<Account>,
}

#[derive(Template)]
#[template(path = "staff/accounts/form.html")]
struct FormPage {
    shell: Shell,
    faults: FormFaults,
    /// The account that is changed; None for a new one.
    account: Option<Account>,
    /// What the form holds.
    draft: Draft,
    version: i64,
}

impl FormPage {
    fn roles(&self) -> &'static [Role] {
        Role::ALL
    }

    fn lang(&self) -> Lang {
        self.shell.lang
    }

    fn holds(&self, role: &Role) -> bool {
        self.draft.roles.has(*role)
    }

    fn party(&self) -> &str {
        self.draft.party.as_deref().unwrap_or_default()
    }

    /// A hint where a role and a party go together.
    fn binding_key(&self, role: &Role) -> &'static str {
        match role.binding() {
            Binding::Never => "",
            Binding::Either => "accounts-may-be-bound",
            Binding::Always => "accounts-must-be-bound",
        }
    }
}

#[derive(Template)]
#[template(path = "staff/accounts/link.html")]
struct LinkPage {
    shell: Shell,
    login: String,
    name: String,
    /// None when the form was sent twice: the link was shown the first time.
    link: Option<String>,
}

/// The fields of a form, in the order they were sent; check boxes of one name repeat.
type Fields = Vec<(String, String)>;

fn field<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim())
}

/// The draft a form holds. A role that is not on the table is a fault of the form, not of the person: it leaves the draft without it.
fn draft_of(fields: &Fields, login: &str) -> Draft {
    let roles: Vec<Role> = fields.iter().filter(|(key, _)| key == "roles").filter_map(|(_, value)| value.parse().ok()).collect();
    let party = Some(field(fields, "party")).filter(|party| !party.is_empty()).map(str::to_owned);
    Draft {
        login: login.to_owned(),
        name: field(fields, "name").to_owned(),
        roles: Roles::from(roles),
        party,
        lang: Lang::of_tag(field(fields, "lang")).unwrap_or(Lang::Zh),
    }
}

/// Everybody who signs in.
#[get("/accounts")]
async fn list(
    request: HttpRequest,
    _caller: Caller<AccountsEdit>,
    house: web::Data<House>,
    ask: web::Query<PageAsk>,
) -> Result<HttpResponse> {
    let shell = Shell::titled(&request, "accounts-title");
    let page = house.store.read(move |db| page(db, &ask)).await?;
    Ok(html(&ListPage { shell, page }))
}

/// Everybody who signs in, as a table to take away.
#[get("/accounts.csv")]
async fn list_csv(request: HttpRequest, _caller: Caller<AccountsEdit>, house: web::Data<House>) -> Result<HttpResponse> {
    let locale = Locale::of(&request);
    let words = locale.words();
    let header = ["accounts-login", "accounts-name", "accounts-roles", "accounts-party", "accounts-state"].map(|key| words.say(key));
    let rows = accounts::list(&house).await?.into_iter().map(|account| {
        let state = words.say(state_key(&account)).into_owned();
        [account.login, account.name, account.roles.names(locale.0), account.party_code.unwrap_or_default(), state]
    });
    csv("accounts", header, rows)
}

fn state_key(account: &Account) -> &'static str {
    match (account.active, account.has_password) {
        (false, _) => "accounts-disabled",
        (true, true) => "accounts-active",
        (true, false) => "accounts-invited",
    }
}

/// The form of a new account.
#[get("/new-account")]
async fn blank(request: HttpRequest, _caller: Caller<AccountsEdit>) -> Result<HttpResponse> {
    let draft = Draft { login: String::new(), name: String::new(), roles: Roles::default(), party: None, lang: Locale::of(&request).0 };
    Ok(form_page(&request, None, draft, 0, FormFaults::default()))
}

fn form_page(request: &HttpRequest, account: Option<Account>, draft: Draft, version: i64, faults: FormFaults) -> HttpResponse {
    let words = Locale::of(request).words();
    let title = account.as_ref().map_or_else(|| words.say("accounts-new").into_owned(), |account| account.name.clone());
    let status = faults.status();
    html_response(status, &FormPage { shell: Shell::of(request, title), faults, account, draft, version })
}

/// The form of an account as it stands.
fn as_it_is(request: &HttpRequest, account: Account, faults: FormFaults) -> HttpResponse {
    let draft = Draft {
        login: account.login.clone(),
        name: account.name.clone(),
        roles: account.roles.clone(),
        party: account.party_code.clone(),
        lang: account.lang,
    };
    let version = account.version;
    form_page(request, Some(account), draft, version, faults)
}

/// Makes an account and shows its one-time link.
#[post("/accounts")]
async fn add(request: HttpRequest, caller: Caller<AccountsEdit>, house: web::Data<House>, form: Form<Fields>) -> Result<HttpResponse> {
    let once = Once::of(&request, &form.hash, form.once.as_deref())?;
    let draft = draft_of(&form.value, field(&form.value, "login"));
    match make(&house, &caller, once, draft.clone()).await {
        Ok((account, link)) => Ok(link_page(&request, account, link)),
        Err(error) => {
            let faults = FormFaults::of(error, Locale::of(&request).words())?;
            Ok(form_page(&request, None, draft, 0, faults))
        }
    }
}

fn link_page(request: &HttpRequest, account: Account, link: Option<String>) -> HttpResponse {
    let shell = Shell::titled(request, "accounts-link-title");
    html(&LinkPage { shell, login: account.login, name: account.name, link })
}

async fn account_of(house: &House, login: &str) -> Result<Account> {
    let login = login.to_owned();
    house.store.read(move |db| by_login(db, &login)).await?.ok_or(Error::from(Code::NotFound))
}

/// One account, to be changed.
#[get("/accounts/{login}")]
async fn edit(
    request: HttpRequest,
    _caller: Caller<AccountsEdit>,
    house: web::Data<House>,
    login: web::Path<String>,
) -> Result<HttpResponse> {
    let account = account_of(&house, &login).await?;
    Ok(as_it_is(&request, account, FormFaults::default()))
}

/// Changes an account.
#[post("/accounts/{login}")]
async fn save(
    request: HttpRequest,
    caller: Caller<AccountsEdit>,
    house: web::Data<House>,
    login: web::Path<String>,
    form: Form<Fields>,
) -> Result<HttpResponse> {
    let account = account_of(&house, &login).await?;
    let draft = draft_of(&form.value, &account.login);
    let version: i64 = field(&form.value, "version").parse().map_err(|_| Fault::new("version", Code::Missing))?;
    let saved = match draft.clone().checked() {
        Ok(checked) => {
            let stamp = caller.stamp();
            house.store.write(move |db| update(db, &stamp, &checked, version)).await
        }
        Err(error) => Err(error),
    };
    match saved {
        Ok(_) => Ok(see_other("/accounts")),
        Err(error) => {
            let faults = FormFaults::of(error, Locale::of(&request).words())?;
            Ok(form_page(&request, Some(account), draft, version, faults))
        }
    }
}

/// An empty form: its token is all that counts.
#[derive(serde::Deserialize)]
struct Nothing {}

async fn turn(request: &HttpRequest, caller: &Caller<AccountsEdit>, house: &House, login: &str, active: bool) -> Result<HttpResponse> {
    let (stamp, wanted) = (caller.stamp(), login.to_owned());
    match house.store.write(move |db| set_active(db, &stamp, &wanted, active)).await {
        Ok(account) => Ok(see_other(format!("/accounts/{}", account.login))),
        Err(error) if error.code() == Code::WrongState => {
            let account = account_of(house, login).await?;
            Ok(as_it_is(request, account, FormFaults::of(error, Locale::of(request).words())?))
        }
        Err(error) => Err(error),
    }
}

/// Keeps somebody out.
#[post("/accounts/{login}/disable")]
async fn shut(
    request: HttpRequest,
    caller: Caller<AccountsEdit>,
    house: web::Data<House>,
    login: web::Path<String>,
    _form: Form<Nothing>,
) -> Result<HttpResponse> {
    turn(&request, &caller, &house, &login, false).await
}

/// Lets somebody in again.
#[post("/accounts/{login}/enable")]
async fn open(
    request: HttpRequest,
    caller: Caller<AccountsEdit>,
    house: web::Data<House>,
    login: web::Path<String>,
    _form: Form<Nothing>,
) -> Result<HttpResponse> {
    turn(&request, &caller, &house, &login, true).await
}

/// A new one-time link.
#[post("/accounts/{login}/link")]
async fn renew(
    request: HttpRequest,
    _caller: Caller<AccountsEdit>,
    house: web::Data<House>,
    login: web::Path<String>,
    _form: Form<Nothing>,
) -> Result<HttpResponse> {
    let address = new_link(&house, &login).await?;
    let account = account_of(&house, &login).await?;
    Ok(link_page(&request, account, Some(address)))
}
