//! The desk: what can be handed in, how it must look, what was handed in; and the files on their way in.

mod mapping;
mod parcel;
mod receive;

use std::future::{Ready, ready};
use std::io::Write;

use actix_multipart::Multipart;
use actix_web::dev::Payload;
use actix_web::http::{StatusCode, header};
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use askama::Template;
use futures_util::StreamExt;
use serde::Deserialize;
use utoipa::IntoParams;

use self::receive::{Quota, Received, receive, unpacked};
use super::archive::FILES_MAX;
use super::desk::{ImportTable, ImportTables, Recognised, recognise, remove};
use super::report::ImportFault;
use super::store::{self, Destination, Filed, HandIn, ParcelLine, ParcelState};
use super::table::bare;
use super::{Reading, TableExport, columns_markdown, template_csv, template_xlsx};
use crate::kernel::text::Lang;
use crate::kernel::time::local_minute;
use crate::kernel::{Code, Error, Fault, Id, Refusal, Result, saturating};
use crate::platform::db::Db;
use crate::platform::exports::{self, Format};
use crate::platform::http::body::check_csrf;
use crate::platform::http::perm::{self, Permission};
use crate::platform::http::{Asker, Caller, Layout, Locale, Problem, Routes, attachment, html, html_response, see_other};
use crate::platform::jobs::{self, Job, JobState};
use crate::platform::state::AppState;

/// Parcels the desk lists.
const RECENT: i64 = 50;

/// Mounts the room.
pub fn routes(on: &mut Routes<'_>) {
    on.api(__path_hand_in_api, hand_in_api)
        .api(__path_template, template)
        .api(__path_templates, templates)
        .api(__path_parcel_file, parcel_file)
        .get("/imports", desk)
        .post("/imports", hand_in);
    parcel::routes(on);
}

fn may(caller: &Caller<perm::SignedIn>, table: &ImportTable) -> Result<()> {
    if caller.may(table.needs) { Ok(()) } else { Err(Code::Forbidden.into()) }
}

/// Somebody who may import something, and what: known before anything of a body is read.
pub(super) struct Importing {
    caller: Caller<perm::SignedIn>,
    /// The tables they may hand in, in the order a new deployment loads them.
    mine: Vec<ImportTable>,
}

impl Asker for Importing {
    const NEEDS: Option<Permission> = Some(Permission::SignedIn);
}

impl FromRequest for Importing {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        ready((|| {
            let caller = Caller::<perm::SignedIn>::from_request(request, payload).into_inner()?;
            let tables = request.app_data::<web::Data<ImportTables>>().ok_or_else(|| Error::broken("no tables"))?;
            let mine: Vec<ImportTable> = tables.0.iter().filter(|table| caller.may(table.needs)).copied().collect();
            if mine.is_empty() { Err(Code::Forbidden.into()) } else { Ok(Self { caller, mine }) }
        })())
    }
}

#[derive(Template)]
#[template(path = "platform/imports/desk.html")]
struct DeskPage {
    layout: Layout,
    tables: Vec<ImportTable>,
    chosen: Option<ImportTable>,
    columns: Vec<Described>,
    recent: Vec<Line>,
    /// Files that were not taken, each with the reason.
    not_taken: Vec<String>,
    /// Whether they may take everything away.
    takes_all: bool,
    zone: chrono_tz::Tz,
}

impl DeskPage {
    fn waits(&self) -> bool {
        self.recent.iter().any(|line| line.job.as_ref().is_some_and(|job| !job.state.is_over()))
    }

    fn is_chosen(&self, table: &ImportTable) -> bool {
        self.chosen.is_some_and(|chosen| chosen.columns.table == table.columns.table)
    }

    fn when(&self, line: &Line) -> String {
        local_minute(line.listed.parcel.created_at, self.zone)
    }
}

struct Described {
    name: &'static str,
    title: &'static str,
    required: bool,
    about: &'static str,
    example: &'static str,
}

/// A line of the list of parcels.
struct Line {
    listed: ParcelLine,
    /// The job at work on it, or the one that failed.
    job: Option<Job>,
}

impl Line {
    fn title(&self, layout: &Layout) -> String {
        match self.listed.names.as_slice() {
            [only] => only.clone(),
            [first, rest @ ..] => {
                layout.t.say_with("imports-and-more", &[("file", first.clone()), ("count", rest.len().to_string())]).into_owned()
            }
            [] => layout.t.say("imports-no-files").into_owned(),
        }
    }

    fn state_key(&self) -> String {
        state_key(self.listed.parcel.state, self.job.as_ref())
    }

    fn tone(&self) -> &'static str {
        tone(self.listed.parcel.state, self.job.as_ref())
    }
}

/// The message of where a parcel stands.
fn state_key(state: ParcelState, job: Option<&Job>) -> String {
    match (state, job) {
        (ParcelState::Open, Some(job)) => format!("imports-state-{}", job.state.as_str()),
        (state, _) => format!("imports-parcel-{}", state.as_str()),
    }
}

/// The tone of its badge.
fn tone(state: ParcelState, job: Option<&Job>) -> &'static str {
    match state {
        ParcelState::Open if job.is_some_and(|job| job.state == JobState::Failed) => "bad",
        ParcelState::Sound | ParcelState::Written => "good",
        ParcelState::Faulty => "bad",
        ParcelState::Stopped => "warn",
        ParcelState::Open | ParcelState::Discarded => "",
    }
}

#[derive(Deserialize)]
struct Chosen {
    table: Option<String>,
}

/// The desk: what can be handed in, how it must look, what was handed in before.
async fn desk(
    who: Importing,
    request: HttpRequest,
    app: web::Data<AppState>,
    tables: web::Data<ImportTables>,
    chosen: web::Query<Chosen>,
) -> Result<HttpResponse> {
    let named = chosen.table.as_deref().filter(|name| !name.is_empty()).map(|name| tables.find(name)).transpose()?;
    Ok(html(&desk_page(&request, &who, &app, &tables, named, Vec::new()).await?))
}

async fn desk_page(
    request: &HttpRequest,
    who: &Importing,
    app: &AppState,
    tables: &ImportTables,
    named: Option<ImportTable>,
    not_taken: Vec<String>,
) -> Result<DeskPage> {
    let layout = Layout::titled(request, "imports-title");
    // Who may hand in one table only need not choose it.
    let only = if let [only] = who.mine.as_slice() { Some(*only) } else { None };
    let chosen = named.filter(|table| who.caller.may(table.needs)).or(only);
    let actor = who.caller.actor.clone();
    let listed = app.store.read(move |db| store::recent(db, &actor, RECENT)?.into_iter().map(|listed| line(db, listed)).collect());
    let recent: Vec<Line> = listed.await?;
    let columns = chosen.map(|table| described(&table, layout.lang)).unwrap_or_default();
    let zone = app.config.time_zone;
    let takes_all = may_take_all(&who.caller, tables);
    Ok(DeskPage { layout, tables: who.mine.clone(), chosen, columns, recent, not_taken, takes_all, zone })
}

/// Whether somebody sees every row of every table.
fn may_take_all(caller: &Caller<perm::SignedIn>, tables: &ImportTables) -> bool {
    caller.party.is_none() && tables.0.iter().all(|table| caller.may(table.reads))
}

fn line(db: &mut Db, listed: ParcelLine) -> Result<Line> {
    let open = listed.parcel.job.filter(|_| listed.parcel.state == ParcelState::Open);
    let job = open.map(|job| jobs::find(db, job)).transpose()?.flatten();
    Ok(Line { listed, job })
}

fn described(table: &ImportTable, lang: Lang) -> Vec<Described> {
    let described = table.columns.written().map(|column| Described {
        name: column.name,
        title: column.title(lang),
        required: column.required,
        about: column.about(lang),
        example: column.example_of(0),
    });
    described.collect()
}

/// A file that arrived, and what it says of itself.
struct Arrived {
    name: String,
    received: Received,
    looked: std::result::Result<Recognised, ImportFault>,
}

/// Looks at a file that was handed in, or at each of those in it, on a thread that may block.
async fn look(name: String, received: Received, app: &AppState, quota: &Quota, tables: Vec<ImportTable>) -> Result<Vec<Arrived>> {
    let (app, quota) = (app.clone(), quota.clone());
    let looked = move || {
        let files = match unpacked(&app, &quota, &received) {
            Ok(Some(members)) => members,
            Ok(None) => vec![(name, received)],
            Err(refused) => return Ok(vec![Arrived { name, received, looked: Err(why(refused)?) }]),
        };
        let look = |(name, received): (String, Received)| {
            let looked = recognise(&received.path, &tables).map_or_else(|refused| why(refused).map(Err), |found| Ok(Ok(found)))?;
            Ok(Arrived { name, received, looked })
        };
        files.into_iter().map(look).collect()
    };
    tokio::task::spawn_blocking(looked).await.map_err(Error::broken)?
}

/// Why a file is no table.
fn why(error: Error) -> Result<ImportFault> {
    match error {
        Error::Refused(refusal) if refusal.code != Code::NoRoom && refusal.code != Code::QuotaFull => {
            let whole = Fault { field: "".into(), line: None, code: refusal.code, args: refusal.args };
            Ok(ImportFault::of(refusal.faults.first().unwrap_or(&whole), None))
        }
        broken => Err(broken),
    }
}

/// Hands in files, each for the chosen table or, when none is chosen, for the one its headers name. They are only checked: writing is a
/// second step.
async fn hand_in(
    who: Importing,
    request: HttpRequest,
    app: web::Data<AppState>,
    tables: web::Data<ImportTables>,
    mut form: Multipart,
) -> Result<HttpResponse> {
    let quota = Quota::of(&app, &who.caller.actor, &request).await?;
    let (mut chosen, mut parcel, mut is_ours, mut arrived) = (None, None, false, Vec::new());
    while let Some(field) = form.next().await {
        let mut field = field.map_err(|error| Refusal::new(Code::Malformed).with("reason", error))?;
        let name = field.name().unwrap_or_default().to_owned();
        match name.as_str() {
            "csrf" => {
                check_csrf(&request, &small_text(&mut field).await?)?;
                is_ours = true;
            }
            "table" => {
                let name = small_text(&mut field).await?;
                chosen = Some(name).filter(|name| !name.is_empty()).map(|name| tables.find(&name)).transpose()?;
                chosen.as_ref().map(|table| may(&who.caller, table)).transpose()?;
            }
            "parcel" => {
                let id: Id = small_text(&mut field).await?.parse()?;
                parcel::own(&who.caller, &app, id).await?;
                parcel = Some(id);
            }
            // The token comes before the files, so that nothing is stored for another site.
            "file" if is_ours => {
                let name = bare(field.content_disposition().and_then(|disposition| disposition.get_filename()).unwrap_or("file"));
                let received = receive(&app, &quota, &mut field).await?;
                if received.bytes > 0 {
                    arrived.extend(look(name, received, &app, &quota, who.mine.clone()).await?);
                }
                if arrived.len() > FILES_MAX {
                    return Err(Fault::new("file", Code::OutOfRange).with("min", 1).with("max", FILES_MAX).into());
                }
            }
            _ => {}
        }
    }
    if !is_ours {
        return Err(Code::CrossSite.into());
    }
    if parcel.is_none() && arrived.iter().all(|file| file.looked.is_err()) {
        let words = Locale::of(&request).words();
        let said = |file: &Arrived| file.looked.as_ref().err().map(|fault| format!("{}: {}", file.name, fault.word(words)));
        let mut not_taken: Vec<String> = arrived.iter().filter_map(said).collect();
        if not_taken.is_empty() {
            not_taken.push(words.fault(&Fault::new("file", Code::Missing)));
        }
        let page = desk_page(&request, &who, &app, &tables, chosen, not_taken).await?;
        return Ok(html_response(StatusCode::UNPROCESSABLE_ENTITY, &page));
    }
    let (id, _) = put(&app, &who, parcel.map_or(Destination::Desk, Destination::Parcel), chosen, arrived, true).await?;
    Ok(see_other(parcel::address(id)))
}

/// Puts files into a parcel and queues the job that checks it, or writes it.
async fn put(
    app: &AppState,
    who: &Importing,
    target: Destination,
    chosen: Option<ImportTable>,
    arrived: Vec<Arrived>,
    dry_run: bool,
) -> Result<(Id, Id)> {
    let filed = |arrived: Arrived| {
        let (looked, refused) = arrived.looked.map_or_else(|fault| (Recognised::default(), Some(fault)), |looked| (looked, None));
        let table = chosen.or(looked.table).map(|table| table.columns.table.to_owned()).unwrap_or_default();
        let bytes = saturating::<i64>(arrived.received.bytes);
        // Of what is no table nothing is kept but its name and the reason.
        let stored_as = if refused.is_none() { arrived.received.keep() } else { String::new() };
        Filed { no: 0, table, name: arrived.name, stored_as, bytes, headers: looked.headers, reading: Reading::default(), refused }
    };
    let files: Vec<Filed> = arrived.into_iter().map(filed).collect();
    let (stamp, party) = (who.caller.stamp(), who.caller.party);
    let mine: Vec<&'static str> = who.mine.iter().map(|table| table.columns.table).collect();
    let chosen = chosen.map(|table| table.columns.table);
    let taken = files.clone();
    let said = HandIn { target, party, mine, chosen, dry_run };
    let written = app.store.write(move |db| store::hand_in(db, &stamp, &said, files.clone()));
    match written.await {
        Ok((id, job, replaced)) => {
            remove(app, &replaced);
            Ok((id, job))
        }
        Err(error) => {
            remove(app, &taken);
            Err(error)
        }
    }
}

/// What `POST /api/v1/imports/{table}` is asked besides the file.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct HowHandedIn {
    /// Only check the file (the default) or write it.
    #[serde(default = "yes")]
    dry_run: bool,
    /// The file's name, for the report.
    file: Option<String>,
}

fn yes() -> bool {
    true
}

/// Hands in a file as the body. The answer says where the job is.
#[utoipa::path(post, path = "/api/v1/imports/{table}", tag = "imports",
    params(("table" = String, Path), HowHandedIn),
    request_body(content = Vec<u8>, content_type = "text/csv"),
    responses((status = 202, body = Job, headers(("location" = String))), (status = 403, body = Problem), (status = 413, body = Problem), (status = 422, body = Problem)))]
async fn hand_in_api(
    who: Importing,
    request: HttpRequest,
    app: web::Data<AppState>,
    tables: web::Data<ImportTables>,
    table: web::Path<String>,
    asked: web::Query<HowHandedIn>,
    mut body: web::Payload,
) -> Result<HttpResponse> {
    let found = tables.find(&table)?;
    may(&who.caller, &found)?;
    let quota = Quota::of(&app, &who.caller.actor, &request).await?;
    let received = receive(&app, &quota, &mut body).await?;
    let name = bare(asked.file.as_deref().unwrap_or(found.columns.table));
    let arrived = look(name, received, &app, &quota, who.mine.clone()).await?;
    let (_, id) = put(&app, &who, Destination::New, Some(found), arrived, asked.dry_run).await?;
    let job = app.store.read(move |db| jobs::find(db, id)).await?.ok_or(Code::NotFound)?;
    let text = serde_json::to_string(&job).map_err(Error::broken)?;
    Ok(HttpResponse::Accepted()
        .insert_header((header::LOCATION, jobs::address(id)))
        .content_type("application/json; charset=utf-8")
        .body(text))
}

async fn small_text(field: &mut actix_multipart::Field) -> Result<String> {
    let mut text = Vec::new();
    while let Some(chunk) = field.next().await {
        let chunk = chunk.map_err(|error| Refusal::new(Code::Malformed).with("reason", error))?;
        text.extend_from_slice(&chunk);
        if text.len() > 4096 {
            return Err(Refusal::new(Code::BodyTooLarge).with("limit", 4096).into());
        }
    }
    String::from_utf8(text).map_err(|error| Refusal::new(Code::Malformed).with("reason", error).into())
}

/// What `GET /api/v1/imports/{table}/template` is asked.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// `csv` (the default), `xlsx`, or `md` for the description of the columns.
    format: Option<String>,
    /// The language of the headers.
    lang: Option<String>,
}

impl Wanted {
    fn lang(&self, request: &HttpRequest) -> Lang {
        self.lang.as_deref().and_then(Lang::of_tag).unwrap_or(Locale::of(request).0)
    }
}

/// An empty table to fill in, with one example row; or its columns described.
#[utoipa::path(get, path = "/api/v1/imports/{table}/template", tag = "imports", params(("table" = String, Path), Wanted), responses((status = 200, body = Vec<u8>, content_type = "text/csv"), (status = 404, body = Problem)))]
async fn template(
    caller: Caller<perm::SignedIn>,
    request: HttpRequest,
    tables: web::Data<ImportTables>,
    table: web::Path<String>,
    wanted: web::Query<Wanted>,
) -> Result<HttpResponse> {
    let found = tables.find(&table)?;
    may(&caller, &found)?;
    let (name, lang) = (found.columns.table, wanted.lang(&request));
    match wanted.format.as_deref().unwrap_or("csv") {
        "csv" => Ok(attachment(Format::Csv.media(), &format!("{name}.csv"), template_csv(found.columns, lang)?)),
        "xlsx" => Ok(attachment(Format::Xlsx.media(), &format!("{name}.xlsx"), template_xlsx(found.columns, lang)?)),
        "md" => Ok(attachment("text/markdown; charset=utf-8", &format!("{name}.md"), columns_markdown(found.columns, lang).into_bytes())),
        other => Err(Fault::new("format", Code::NotOneOf).with("value", other).with("allowed", "csv, xlsx, md").into()),
    }
}

/// What `GET /api/v1/imports/templates` is asked.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct WantedAll {
    /// The language of the headers.
    lang: Option<String>,
}

/// Every table to fill in that the caller may import, as workbooks in one ZIP file, numbered in the order in which they depend on one
/// another. Their example rows fit together: handed in as they are, they have no fault.
#[utoipa::path(get, path = "/api/v1/imports/templates", tag = "imports", params(WantedAll), responses((status = 200, body = Vec<u8>, content_type = "application/zip"), (status = 403, body = Problem)))]
async fn templates(who: Importing, request: HttpRequest, wanted: web::Query<WantedAll>) -> Result<HttpResponse> {
    let lang = wanted.lang.as_deref().and_then(Lang::of_tag).unwrap_or(Locale::of(&request).0);
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (number, table) in (1..).zip(&who.mine) {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(format!("{number:02}-{}.xlsx", table.columns.table), options).map_err(Error::broken)?;
        zip.write_all(&template_xlsx(table.columns, lang)?)?;
    }
    let body = zip.finish().map_err(Error::broken)?.into_inner();
    Ok(attachment("application/zip", "templates.zip", body))
}

/// What `GET /api/v1/imports/parcel` is asked.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct WantedParcel {
    /// What the files are: `csv` (the default) or `xlsx`.
    format: Option<String>,
    /// The language of headers and words.
    lang: Option<String>,
}

/// Every table that can be handed in, as it stands, in one ZIP file: handed in as it is in another place, whose key file is a copy of the one
/// here, the same facts stand there. The keys are not in it. For the brand's own people who may see all of it.
#[utoipa::path(get, path = "/api/v1/imports/parcel", tag = "imports", params(WantedParcel), responses((status = 200, body = Vec<u8>, content_type = "application/zip"), (status = 403, body = Problem)))]
async fn parcel_file(
    caller: Caller<perm::SignedIn>,
    request: HttpRequest,
    app: web::Data<AppState>,
    tables: web::Data<ImportTables>,
    wanted: web::Query<WantedParcel>,
) -> Result<HttpResponse> {
    if !may_take_all(&caller, &tables) {
        return Err(Code::Forbidden.into());
    }
    let lang = wanted.lang.as_deref().and_then(Lang::of_tag).unwrap_or(Locale::of(&request).0);
    let format = match wanted.format.as_deref().unwrap_or("csv") {
        "csv" => Format::Csv,
        "xlsx" => Format::Xlsx,
        other => return Err(Fault::new("format", Code::NotOneOf).with("value", other).with("allowed", "csv, xlsx").into()),
    };
    let export = TableExport { app: AppState::clone(&app), format, lang };
    let tables = ImportTables::clone(&tables);
    exports::stream(&app.store, "application/zip", "parcel.zip", move |db, pipe| Ok(export.zip(db, &tables, pipe)?.0)).await
}
