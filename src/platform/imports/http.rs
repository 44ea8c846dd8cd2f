//! Handing in a file: uploaded, checked in a job, then applied in another once a person has read the verdict.

use std::collections::{BTreeMap, HashSet};
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use actix_multipart::Multipart;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use askama::Template;
use futures_util::{Stream, StreamExt};
use serde::Deserialize;
use utoipa::IntoParams;

use super::desk::{IMPORT_JOB, ImportInput, ImportTable, ImportTables, recognise, sweep, uploads};
use super::{ImportReport, Outcome, columns_markdown, template_csv, template_xlsx};
use crate::kernel::text::Lang;
use crate::kernel::time::local_minute;
use crate::kernel::{Code, Error, Fault, Id, Refusal, Result};
use crate::platform::http::body::check_csrf;
use crate::platform::http::perm::{self, Permission};
use crate::platform::http::{Caller, Form, House, Locale, Problem, Routes, Shell, attachment, html, see_other};
use crate::platform::jobs::{self, Job, JobState};

/// Bytes a file may have. A season's million sales are about 120 MB.
const FILE_LIMIT: u64 = 1 << 30;
/// How long a file may go without a byte arriving.
const SILENCE: Duration = Duration::from_secs(20);
/// Imports the desk lists.
const RECENT: i64 = 100;
/// Files handed in at once.
const FILES: usize = 100;

/// Mounts the room.
pub fn routes(config: &mut Routes<'_, '_>) {
    config.service(hand_in_api).service(template).map(|c| {
        c.service(desk)
            .service(hand_in)
            .service(apply_all)
            .service(check_all)
            .service(one)
            .service(apply)
            .service(check_again)
            .service(faults)
    });
}

fn may(caller: &Caller<perm::SignedIn>, table: &ImportTable) -> Result<()> {
    if caller.may(table.needs) { Ok(()) } else { Err(Code::Forbidden.into()) }
}

#[derive(Template)]
#[template(path = "platform/imports/desk.html")]
struct DeskPage {
    shell: Shell,
    tables: Vec<ImportTable>,
    chosen: Option<ImportTable>,
    columns: Vec<Described>,
    recent: Vec<Line>,
    /// Files that were not taken, each with the reason.
    not_taken: Vec<String>,
    /// Files that can be written as they are.
    sound: usize,
    /// Files that were refused and not mended yet.
    refused: usize,
    /// Whether the page asks again by itself while something is under way.
    watch: bool,
    zone: chrono_tz::Tz,
}

impl DeskPage {
    fn waits(&self) -> bool {
        self.watch && self.recent.iter().any(|line| !line.job.state.is_over())
    }

    fn is_chosen(&self, table: &ImportTable) -> bool {
        self.chosen.is_some_and(|chosen| chosen.columns.table == table.columns.table)
    }

    fn when(&self, line: &Line) -> String {
        local_minute(line.job.created_at, self.zone)
    }
}

struct Described {
    name: &'static str,
    title: &'static str,
    required: bool,
    about: &'static str,
    example: &'static str,
}

struct Line {
    job: Job,
    input: ImportInput,
    report: Option<ImportReport>,
    title: &'static str,
}

impl Line {
    fn state_key(&self) -> String {
        format!("imports-state-{}", self.job.state.as_str())
    }

    /// The tone of its badge.
    fn tone(&self) -> &'static str {
        match &self.report {
            Some(report) => report.outcome_tone(),
            None if self.job.state == JobState::Failed => "bad",
            None => "",
        }
    }

    fn ended(&self, outcome: Outcome) -> bool {
        self.report.as_ref().is_some_and(|report| report.outcome == outcome)
    }
}

/// Of jobs, the newest first, those whose file nobody handed on since and whose check ended so; the oldest first.
fn standing(lines: &[Line], outcome: Outcome) -> Vec<&Line> {
    let mut seen = HashSet::new();
    let newest = lines.iter().filter(|line| seen.insert(&line.input.path));
    let mut standing: Vec<&Line> = newest.filter(|line| line.input.dry_run && line.ended(outcome)).collect();
    standing.reverse();
    standing
}

#[derive(Deserialize)]
struct Chosen {
    table: Option<String>,
    /// Several files were handed in: the list is what the person wants to see.
    watch: Option<String>,
}

/// The desk: what can be handed in, how it must look, what was handed in before.
#[get("/imports")]
async fn desk(
    request: HttpRequest,
    caller: Caller<perm::SignedIn>,
    house: web::Data<House>,
    tables: web::Data<ImportTables>,
    chosen: web::Query<Chosen>,
) -> Result<HttpResponse> {
    let page = desk_page(&request, &caller, &house, &tables, chosen.table.as_deref(), Vec::new()).await?;
    Ok(html(&DeskPage { watch: chosen.watch.is_some(), ..page }))
}

/// The tables a caller may hand in, in the order a new deployment loads them.
fn allowed(caller: &Caller<perm::SignedIn>, tables: &ImportTables) -> Result<Vec<ImportTable>> {
    let mine: Vec<ImportTable> = tables.0.iter().filter(|table| caller.may(table.needs)).copied().collect();
    if mine.is_empty() { Err(Code::Forbidden.into()) } else { Ok(mine) }
}

async fn recent(caller: &Caller<perm::SignedIn>, house: &House, tables: &ImportTables, lang: Lang) -> Result<Vec<Line>> {
    let actor = caller.actor.clone();
    let jobs = house.store.read(move |db| jobs::recent(db, IMPORT_JOB, &actor, RECENT)).await?;
    jobs.into_iter().map(|job| line(job, tables, lang)).collect()
}

async fn desk_page(
    request: &HttpRequest,
    caller: &Caller<perm::SignedIn>,
    house: &House,
    tables: &ImportTables,
    chosen: Option<&str>,
    not_taken: Vec<String>,
) -> Result<DeskPage> {
    let shell = Shell::titled(request, "imports-title");
    let lang = shell.lang;
    let mine = allowed(caller, tables)?;
    let named = chosen.filter(|name| !name.is_empty()).map(|name| tables.find(name)).transpose()?;
    // Who may hand in one table only need not choose it.
    let only = if let [only] = mine.as_slice() { Some(*only) } else { None };
    let chosen = named.filter(|table| caller.may(table.needs)).or(only);
    let recent = recent(caller, house, tables, lang).await?;
    let columns = chosen.map(|table| described(&table, lang)).unwrap_or_default();
    let (sound, refused) = (standing(&recent, Outcome::Checked).len(), standing(&recent, Outcome::Refused).len());
    let zone = house.config.time_zone;
    Ok(DeskPage { shell, tables: mine, chosen, columns, recent, not_taken, sound, refused, watch: false, zone })
}

fn described(table: &ImportTable, lang: Lang) -> Vec<Described> {
    table
        .columns
        .columns
        .iter()
        .map(|column| Described {
            name: column.name,
            title: column.title(lang),
            required: column.required,
            about: column.about(lang),
            example: column.example,
        })
        .collect()
}

fn line(job: Job, tables: &ImportTables, lang: Lang) -> Result<Line> {
    let input = ImportInput::of(&job)?;
    let report = (job.state == JobState::Done).then(|| serde_json::from_value(job.report.clone()).map_err(Error::broken)).transpose()?;
    let title = tables.find(&input.table).map(|table| table.columns.title(lang)).unwrap_or_default();
    Ok(Line { job, input, report, title })
}

/// Files from the desk's form, of one table or each of the table its headers name. They are only checked: applying is a second step.
#[post("/imports")]
async fn hand_in(
    request: HttpRequest,
    caller: Caller<perm::SignedIn>,
    house: web::Data<House>,
    tables: web::Data<ImportTables>,
    mut form: Multipart,
) -> Result<HttpResponse> {
    let (mut table, mut checked, mut handed) = (String::new(), false, Vec::new());
    while let Some(field) = form.next().await {
        let mut field = field.map_err(|error| Refusal::new(Code::Malformed).with("reason", error))?;
        match field.name().unwrap_or_default() {
            "csrf" => {
                check_csrf(&request, &small_text(&mut field).await?)?;
                checked = true;
            }
            "table" => table = small_text(&mut field).await?,
            // The token comes before the files, so that nothing is stored for another site.
            "file" if checked => {
                if handed.len() >= FILES {
                    return Err(Fault::new("file", Code::OutOfRange).with("min", 1).with("max", FILES).into());
                }
                let name = field.content_disposition().and_then(|disposition| disposition.get_filename()).unwrap_or("file").to_owned();
                let (path, bytes) = receive(&house, &mut field).await?;
                handed.push((name, path, bytes));
            }
            _ => {}
        }
    }
    if !checked {
        return Err(Code::CrossSite.into());
    }
    let chosen = Some(&table).filter(|table| !table.is_empty()).map(|table| tables.find(table)).transpose()?;
    chosen.as_ref().map(|table| may(&caller, table)).transpose()?;
    let mine = allowed(&caller, &tables)?;
    let words = Locale::of(&request).words();
    let (mut not_taken, mut queued) = (Vec::new(), Vec::new());
    for (name, path, bytes) in handed.into_iter().filter(|(_, _, bytes)| *bytes > 0) {
        let found = match chosen {
            Some(table) => Ok(Some(table)),
            None => {
                let (place, mine) = (path.clone(), mine.clone());
                tokio::task::spawn_blocking(move || recognise(&place, &mine)).await.map_err(Error::broken)?
            }
        };
        let why = match found {
            Ok(Some(table)) => {
                queued.push(queue(&house, &caller, &table, name, &path, bytes, true).await?);
                continue;
            }
            Ok(None) => words.say("imports-not-recognised").into_owned(),
            Err(Error::Refused(refusal)) => words.refusal(&refusal),
            Err(broken) => return Err(broken),
        };
        std::fs::remove_file(&path)?;
        not_taken.push(format!("{name}: {why}"));
    }
    match queued.as_slice() {
        _ if !not_taken.is_empty() => {}
        [] => not_taken.push(words.fault(&Fault::new("file", Code::Missing))),
        [only] => return Ok(see_other(format!("/imports/{only}"))),
        _ => return Ok(see_other("/imports?watch=1")),
    }
    let page = desk_page(&request, &caller, &house, &tables, Some(&table), not_taken).await?;
    Ok(crate::platform::http::html_response(actix_web::http::StatusCode::UNPROCESSABLE_ENTITY, &page))
}

/// What `POST /api/v1/imports/{table}` is asked besides the file.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct HandIn {
    /// Only check the file (the default) or apply it.
    #[serde(default = "yes")]
    dry_run: bool,
    /// The file's name, for the report.
    file: Option<String>,
}

fn yes() -> bool {
    true
}

/// Hands in a file as the body. The answer says where the job is.
#[utoipa::path(
    tag = "imports",
    params(HandIn),
    request_body(content = Vec<u8>, content_type = "text/csv"),
    responses((status = 202, body = Job, headers(("location" = String))), (status = 403, body = Problem), (status = 413, body = Problem))
)]
#[post("/api/v1/imports/{table}")]
async fn hand_in_api(
    caller: Caller<perm::SignedIn>,
    house: web::Data<House>,
    tables: web::Data<ImportTables>,
    table: web::Path<String>,
    asked: web::Query<HandIn>,
    mut body: web::Payload,
) -> Result<HttpResponse> {
    let found = tables.find(&table)?;
    may(&caller, &found)?;
    let (path, bytes) = receive(&house, &mut body).await?;
    let name = asked.file.clone().unwrap_or_else(|| found.columns.table.to_owned());
    let id = queue(&house, &caller, &found, name, &path, bytes, asked.dry_run).await?;
    let job = house.store.read(move |db| jobs::find(db, id)).await?.ok_or(Code::NotFound)?;
    let text = serde_json::to_string(&job).map_err(Error::broken)?;
    Ok(HttpResponse::Accepted()
        .insert_header((header::LOCATION, jobs::address(id)))
        .content_type("application/json; charset=utf-8")
        .body(text))
}

async fn queue(
    house: &House,
    caller: &Caller<perm::SignedIn>,
    table: &ImportTable,
    file: String,
    path: &Path,
    bytes: u64,
    dry_run: bool,
) -> Result<Id> {
    let input = ImportInput { table: table.columns.table.to_owned(), file, path: path.to_owned(), bytes, dry_run, party: caller.party };
    let input = serde_json::to_value(input).map_err(Error::broken)?;
    let stamp = caller.stamp();
    house.store.write(move |db| jobs::enqueue(db, &stamp, IMPORT_JOB, &input)).await
}

/// Writes what arrives into a file of its own; a file that is too large or falls silent leaves nothing behind.
async fn receive<B, E>(house: &House, body: &mut B) -> Result<(std::path::PathBuf, u64)>
where
    B: Stream<Item = std::result::Result<web::Bytes, E>> + Unpin,
    E: std::fmt::Display,
{
    let folder = uploads(house);
    std::fs::create_dir_all(&folder)?;
    sweep(house);
    let path = folder.join(house.id().to_string());
    let outcome = async {
        let mut file = std::fs::File::create_new(&path)?;
        let mut bytes = 0u64;
        loop {
            let next = tokio::time::timeout(SILENCE, body.next()).await.map_err(|_| Error::from(Code::BodyTooSlow))?;
            let Some(chunk) = next else { break };
            let chunk = chunk.map_err(|error| Refusal::new(Code::Malformed).with("reason", error))?;
            bytes += u64::try_from(chunk.len()).unwrap_or_default();
            if bytes > FILE_LIMIT {
                return Err(Refusal::new(Code::BodyTooLarge).with("limit", FILE_LIMIT).into());
            }
            file.write_all(&chunk)?;
        }
        file.sync_all()?;
        Ok(bytes)
    }
    .await;
    match outcome {
        Ok(bytes) => Ok((path, bytes)),
        Err(error) => {
            if path.exists() {
                std::fs::remove_file(&path)?;
            }
            Err(error)
        }
    }
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

#[derive(Template)]
#[template(path = "platform/imports/one.html")]
struct OnePage {
    shell: Shell,
    line: Line,
    percent: Option<i64>,
    failure: Option<String>,
    can_apply: bool,
    /// The file can be checked again, when what it names has been added meanwhile.
    can_check: bool,
}

impl OnePage {
    fn waits(&self) -> bool {
        !self.line.job.state.is_over()
    }
}

async fn mine(caller: &Caller<perm::SignedIn>, house: &House, tables: &ImportTables, id: &str, lang: Lang) -> Result<Line> {
    let id: Id = id.parse()?;
    let job = house.store.read(move |db| jobs::find(db, id)).await?.ok_or(Code::NotFound)?;
    if job.kind != IMPORT_JOB || (job.created_by != caller.actor && !caller.may(Permission::AccountsEdit)) {
        return Err(Code::NotFound.into());
    }
    line(job, tables, lang)
}

/// One import: its progress while it runs (the page asks again by itself), then its verdict.
#[get("/imports/{id}")]
async fn one(
    request: HttpRequest,
    caller: Caller<perm::SignedIn>,
    house: web::Data<House>,
    tables: web::Data<ImportTables>,
    id: web::Path<String>,
) -> Result<HttpResponse> {
    let lang = Locale::of(&request).0;
    let line = mine(&caller, &house, &tables, &id, lang).await?;
    let shell = Shell::of(&request, line.input.file.clone());
    let failure = (line.job.state == JobState::Failed).then(|| {
        let failure: Option<jobs::Failure> = serde_json::from_value(line.job.report.clone()).ok();
        let (code, args) = failure.map_or_else(|| (Code::Broken.as_str().to_owned(), BTreeMap::new()), |failed| (failed.code, failed.args));
        let id = std::iter::once(("id", line.job.id.to_string()));
        let pairs: Vec<_> = id.chain(args.iter().map(|(name, value)| (name.as_str(), value.clone()))).collect();
        shell.t.say_with(&format!("error-{}", code.replace('_', "-")), &pairs).into_owned()
    });
    let can_apply = line.input.dry_run && line.ended(Outcome::Checked) && line.input.path.exists();
    let can_check = line.ended(Outcome::Refused) || line.ended(Outcome::Stopped) || line.job.state == JobState::Failed;
    let can_check = can_check && line.input.path.exists();
    let percent = jobs::percent(line.job.done, line.job.total);
    Ok(html(&OnePage { shell, percent, failure, can_apply, can_check, line }))
}

#[derive(Deserialize)]
struct Nothing {}

/// Applies a file that was checked.
#[post("/imports/{id}/apply")]
async fn apply(
    request: HttpRequest,
    caller: Caller<perm::SignedIn>,
    house: web::Data<House>,
    tables: web::Data<ImportTables>,
    id: web::Path<String>,
    _form: Form<Nothing>,
) -> Result<HttpResponse> {
    let line = mine(&caller, &house, &tables, &id, Locale::of(&request).0).await?;
    may(&caller, &tables.find(&line.input.table)?)?;
    if !line.input.dry_run || !line.ended(Outcome::Checked) {
        return Err(Refusal::new(Code::WrongState).with("state", line.job.state.as_str()).into());
    }
    let next = hand_on(&house, &caller, &tables, &line, false).await?;
    Ok(see_other(format!("/imports/{next}")))
}

/// Checks a file again as it was handed in: what it names may be there now.
#[post("/imports/{id}/again")]
async fn check_again(
    request: HttpRequest,
    caller: Caller<perm::SignedIn>,
    house: web::Data<House>,
    tables: web::Data<ImportTables>,
    id: web::Path<String>,
    _form: Form<Nothing>,
) -> Result<HttpResponse> {
    let line = mine(&caller, &house, &tables, &id, Locale::of(&request).0).await?;
    let next = hand_on(&house, &caller, &tables, &line, true).await?;
    Ok(see_other(format!("/imports/{next}")))
}

/// A file once more, checked or applied.
async fn hand_on(house: &House, caller: &Caller<perm::SignedIn>, tables: &ImportTables, line: &Line, dry_run: bool) -> Result<Id> {
    let table = tables.find(&line.input.table)?;
    may(caller, &table)?;
    if !line.job.state.is_over() || !line.input.path.exists() {
        return Err(Refusal::new(Code::WrongState).with("state", line.job.state.as_str()).into());
    }
    queue(house, caller, &table, line.input.file.clone(), &line.input.path, line.input.bytes, dry_run).await
}

/// Hands on every file whose last check ended so, in the order a new deployment loads tables.
async fn hand_on_all(
    request: &HttpRequest,
    caller: &Caller<perm::SignedIn>,
    house: &House,
    tables: &ImportTables,
    outcome: Outcome,
) -> Result<HttpResponse> {
    let lines = recent(caller, house, tables, Locale::of(request).0).await?;
    let mut standing = standing(&lines, outcome);
    standing.retain(|line| line.input.path.exists());
    standing.sort_by_key(|line| tables.0.iter().position(|table| table.columns.table == line.input.table));
    for line in standing {
        hand_on(house, caller, tables, line, outcome != Outcome::Checked).await?;
    }
    Ok(see_other("/imports?watch=1"))
}

/// Applies every file that was checked and found sound.
#[post("/imports/apply")]
async fn apply_all(
    request: HttpRequest,
    caller: Caller<perm::SignedIn>,
    house: web::Data<House>,
    tables: web::Data<ImportTables>,
    _form: Form<Nothing>,
) -> Result<HttpResponse> {
    hand_on_all(&request, &caller, &house, &tables, Outcome::Checked).await
}

/// Checks every file again that was refused.
#[post("/imports/again")]
async fn check_all(
    request: HttpRequest,
    caller: Caller<perm::SignedIn>,
    house: web::Data<House>,
    tables: web::Data<ImportTables>,
    _form: Form<Nothing>,
) -> Result<HttpResponse> {
    hand_on_all(&request, &caller, &house, &tables, Outcome::Refused).await
}

/// The faults of an import as a file to mend the table by.
#[get("/imports/{id}/faults.csv")]
async fn faults(
    request: HttpRequest,
    caller: Caller<perm::SignedIn>,
    house: web::Data<House>,
    tables: web::Data<ImportTables>,
    id: web::Path<String>,
) -> Result<HttpResponse> {
    let locale = Locale::of(&request);
    let line = mine(&caller, &house, &tables, &id, locale.0).await?;
    let report = line.report.ok_or(Code::NotFound)?;
    Ok(attachment("text/csv; charset=utf-8", &format!("faults-{}.csv", line.job.id), report.faults_csv(locale.words())?))
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

/// An empty table to fill in, with one example row; or its columns described.
#[utoipa::path(tag = "imports", params(Wanted), responses((status = 200, body = Vec<u8>, content_type = "text/csv"), (status = 404, body = Problem)))]
#[get("/api/v1/imports/{table}/template")]
async fn template(
    request: HttpRequest,
    caller: Caller<perm::SignedIn>,
    tables: web::Data<ImportTables>,
    table: web::Path<String>,
    wanted: web::Query<Wanted>,
) -> Result<HttpResponse> {
    let found = tables.find(&table)?;
    may(&caller, &found)?;
    let lang = wanted.lang.as_deref().and_then(Lang::of_tag).unwrap_or(Locale::of(&request).0);
    let name = found.columns.table;
    match wanted.format.as_deref().unwrap_or("csv") {
        "csv" => Ok(attachment("text/csv; charset=utf-8", &format!("{name}.csv"), template_csv(found.columns, lang)?)),
        "xlsx" => Ok(attachment(
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            &format!("{name}.xlsx"),
            template_xlsx(found.columns, lang)?,
        )),
        "md" => Ok(attachment("text/markdown; charset=utf-8", &format!("{name}.md"), columns_markdown(found.columns, lang).into_bytes())),
        other => Err(Fault::new("format", Code::NotOneOf).with("value", other).with("allowed", "csv, xlsx, md").into()),
    }
}
