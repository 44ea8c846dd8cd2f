//! The calendars' API and page.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::IntoParams;

use super::import::{self, NAME_MAX};
use super::page::ListPage;
use super::{COLUMNS, CalendarDay, DayFields, DayFilter, DayKind, Wanted, Way, store};
use crate::kernel::paging::{Page, PageAsk};
use crate::kernel::text::Both;
use crate::kernel::time::read_date;
use crate::kernel::{Code, Error, Fault, Faults, Result, parsed, text};
use crate::platform::http::perm::{Perm, Permission, PolicyEdit, SignedIn};
use crate::platform::http::{Form, FormState, Json, Problem, Routes, csv, html, html_response, json, query_escape, see_other};
use crate::platform::rooms::Call;
use crate::platform::state::AppState;

type Reads = Call<SignedIn>;
type Edits = Call<PolicyEdit>;

/// Rows a download may have.
const ALL: i64 = 1_000_000;

/// Mounts the room.
pub fn routes(on: &mut Routes<'_>) {
    on.api(__path_list_api, list_api)
        .api(__path_save_api, save_api)
        .api(__path_remove_api, remove_api)
        .get("/calendars", list_page)
        .get("/calendars.csv", list_csv)
        .post("/calendars", save_form)
        .post("/calendars/{calendar}/{day}/remove", remove_form);
}

/// Which days, and which page of them.
#[derive(Clone, Default, Deserialize, IntoParams)]
struct Ask {
    /// Only this calendar's.
    calendar: Option<String>,
    /// Only those of this year.
    year: Option<String>,
    /// The token of the page before.
    after: Option<String>,
    /// Rows wanted, 1 to 500.
    per_page: Option<i64>,
}

impl Ask {
    fn filter(&self) -> Result<DayFilter> {
        let year = self.year.as_deref().map(str::trim).filter(|year| !year.is_empty());
        let wrong = || Fault::new("year", Code::OutOfRange).with("min", 1990).with("max", 2099);
        let year = year.map(|year| parsed(year).filter(|year| (1990..=2099).contains(year)).ok_or_else(wrong)).transpose()?;
        Ok(DayFilter { calendar: self.calendar.clone().filter(|code| !code.is_empty()), year })
    }

    fn query(&self) -> String {
        let said = |value: &Option<String>| query_escape(value.as_deref().unwrap_or_default());
        let rows = self.per_page.map(|rows| format!("&per_page={rows}")).unwrap_or_default();
        format!("calendar={}&year={}{rows}", said(&self.calendar), said(&self.year))
    }
}

async fn page_of(app: &AppState, ask: &Ask) -> Result<Page<CalendarDay>> {
    let paging = PageAsk { after: ask.after.clone(), per_page: ask.per_page };
    let broken = || Fault::new("after", Code::Malformed).with("reason", "page-token");
    let after = paging.key()?.map(|key| {
        let (day, code) = key.split_once(' ').ok_or_else(broken)?;
        Ok::<_, Fault>((code.to_owned(), day.parse::<NaiveDate>().map_err(|_| broken())?))
    });
    let (filter, after, limit) = (ask.filter()?, after.transpose()?, paging.limit());
    let rows = app.store.read(move |db| store::list(db, &filter, after.as_ref(), limit + 1)).await?;
    Ok(Page::new(rows, limit, |day| format!("{} {}", day.day, day.calendar)))
}

/// What is wrong with a day that somebody wrote, all at once.
fn sound(calendar: &str, day: &str, kind: Result<DayKind, Fault>, name: &Both) -> Result<Wanted> {
    let mut faults = Faults::default();
    let calendar = faults.keep(text::code("calendar", calendar));
    let name = faults.lines("name", name, NAME_MAX);
    match (read_date("day", day), kind) {
        (Ok(day), Ok(kind)) => faults.unless_any(Wanted { calendar, day, kind, name_zh: Some(name.zh), name_en: Some(name.en) }),
        (day, kind) => {
            day.err().into_iter().chain(kind.err()).for_each(|fault| faults.note(fault));
            faults.unless_any(()).and(Err(Code::Invalid.into()))
        }
    }
}

async fn save(call: &Edits, hash: &str, once: Option<&str>, wanted: Wanted, way: Way) -> Result<CalendarDay> {
    call.change(hash, once, move |db, stamp| store::say(db, stamp, &wanted, way)).await
}

async fn remove(call: &Edits, once: Option<&str>, (code, day): (String, String)) -> Result<CalendarDay> {
    let day = read_date("day", &day).map_err(|_| Error::from(Code::NotFound))?;
    call.change("", once, move |db, stamp| store::remove(db, stamp, &code, day)).await
}

/// Days that are not like their weekday, by calendar and date.
#[utoipa::path(get, path = "/api/v1/calendars", tag = "calendars", params(Ask), responses((status = 200, body = Page<CalendarDay>), (status = 422, body = Problem)))]
async fn list_api(call: Reads, ask: web::Query<Ask>) -> Result<HttpResponse> {
    json(&page_of(call.app(), &ask).await?)
}

/// Says what a day is. A calendar that is not there is made.
#[utoipa::path(put, path = "/api/v1/calendars/{calendar}/{day}", tag = "calendars", request_body = DayFields, responses((status = 200, body = CalendarDay), (status = 422, body = Problem)), params(("calendar" = String, Path), ("day" = String, Path)))]
async fn save_api(call: Edits, place: web::Path<(String, String)>, body: Json<DayFields>) -> Result<HttpResponse> {
    let wanted = sound(&place.0, &place.1, Ok(body.value.kind), &body.value.name)?;
    json(&save(&call, &body.hash, None, wanted, Way::Api).await?)
}

/// Takes a day out: it is like its weekday again. Gives what it was.
#[utoipa::path(delete, path = "/api/v1/calendars/{calendar}/{day}", tag = "calendars", responses((status = 200, body = CalendarDay), (status = 404, body = Problem)), params(("calendar" = String, Path), ("day" = String, Path)))]
async fn remove_api(call: Edits, place: web::Path<(String, String)>) -> Result<HttpResponse> {
    json(&remove(&call, None, place.into_inner()).await?)
}

async fn page<P: Perm>(call: &Call<P>, ask: &Ask, form: FormState) -> Result<ListPage> {
    let page = page_of(call.app(), ask).await?;
    let codes = call.read(store::codes).await?;
    let query = ask.query();
    Ok(ListPage {
        layout: call.layout(call.words().say("calendars-title")),
        days: page.items,
        codes,
        calendar: ask.calendar.clone().unwrap_or_default(),
        year: ask.year.clone().unwrap_or_default(),
        next: page.next.map(|next| format!("/calendars?{query}&after={next}")),
        csv: format!("/calendars.csv?{query}"),
        form,
        may_edit: call.may(Permission::PolicyEdit),
    })
}

async fn list_page(call: Reads, ask: web::Query<Ask>) -> Result<HttpResponse> {
    Ok(html(&page(&call, &ask, FormState::default()).await?))
}

async fn list_csv(call: Reads, ask: web::Query<Ask>) -> Result<HttpResponse> {
    let (lang, filter) = (call.lang(), ask.filter()?);
    let days = call.read(move |db| store::list(db, &filter, None, ALL)).await?;
    csv("calendars", COLUMNS.columns.iter().map(|column| column.title(lang)), days.iter().map(|day| import::cells(day, lang)))
}

async fn save_form(call: Edits, form: Form<HashMap<String, String>>) -> Result<HttpResponse> {
    let value = |name: &str| form.value.get(name).map(String::as_str).unwrap_or_default();
    let name = Both { zh: value("name.zh").to_owned(), en: value("name.en").to_owned() };
    let saved = match sound(value("calendar"), value("day"), DayKind::read("kind", value("kind")), &name) {
        Ok(wanted) => save(&call, &form.hash, form.once.as_deref(), wanted, Way::Page).await,
        Err(error) => Err(error),
    };
    match saved {
        Ok(day) => Ok(see_other(format!("/calendars?calendar={}", query_escape(&day.calendar)))),
        Err(error) => {
            let filled = FormState::refused(form.value, error, call.words())?;
            Ok(html_response(StatusCode::UNPROCESSABLE_ENTITY, &page(&call, &Ask::default(), filled).await?))
        }
    }
}

async fn remove_form(call: Edits, place: web::Path<(String, String)>, form: Form<HashMap<String, String>>) -> Result<HttpResponse> {
    let day = remove(&call, form.once.as_deref(), place.into_inner()).await?;
    Ok(see_other(format!("/calendars?calendar={}", query_escape(&day.calendar))))
}
