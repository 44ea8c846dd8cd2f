//! One parcel: its files, what they are read as, what would change or did, what is wrong; and what can be done with it.

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader};

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::super::desk::{ImportTable, ImportTables, changes, changes_at, nearest, remove, remove_one, uploads};
use super::super::store::{self, Filed, FiledParcel, ParcelState};
use super::super::{Change, ChangeKind, FieldChange, ImportReport, Note, Outcome, change_rows, change_titles};
use super::mapping::{Mapping, reading};
use super::{Importing, may, state_key, tone};
use crate::kernel::text::Lang;
use crate::kernel::{Code, Error, Id, Refusal, Result, saturating};
use crate::platform::db::Db;
use crate::platform::exports::{self, Format, Pipe, Sheet};
use crate::platform::http::perm::{self, Permission};
use crate::platform::http::{Caller, Form, FormFaults, Layout, Locale, Routes, csv, html_response, see_other};
use crate::platform::jobs::{self, Job, JobState};
use crate::platform::state::AppState;
use crate::platform::words::Words;

/// Changes and faults of a file that the page shows; all are to be had as files.
const SHOWN: usize = 100;

pub(super) fn routes(on: &mut Routes<'_>) {
    on.get("/imports/{id}", one)
        .post("/imports/{id}/apply", write)
        .post("/imports/{id}/again", check_again)
        .post("/imports/{id}/discard", discard)
        .post("/imports/{id}/files/{no}", read_as)
        .post("/imports/{id}/files/{no}/remove", take_out)
        .get("/imports/{id}/faults.csv", faults_csv)
        .get("/imports/{id}/changes", all_changes);
}

/// Where a parcel is seen.
pub(super) fn address(id: Id) -> String {
    format!("/imports/{id}")
}

/// A parcel that a caller may see: their own; an administrator's eye reaches all.
pub(super) async fn own(caller: &Caller<perm::SignedIn>, app: &AppState, id: Id) -> Result<FiledParcel> {
    let parcel = app.store.read(move |db| store::parcel(db, id)).await?;
    if parcel.created_by != caller.actor && !caller.may(Permission::AccountsEdit) {
        return Err(Code::NotFound.into());
    }
    Ok(parcel)
}

/// A file of the parcel as the page shows it.
struct Part {
    filed: Option<Filed>,
    table: Option<ImportTable>,
    report: Option<ImportReport>,
    mapping: Option<Mapping>,
    /// Whether its form stands open.
    is_open: bool,
}

impl Part {
    fn name(&self) -> &str {
        let filed = self.filed.as_ref().map(|filed| filed.name.as_str());
        filed.or(self.report.as_ref().map(|report| report.file.as_str())).unwrap_or_default()
    }

    fn title(&self, layout: &Layout) -> String {
        self.table.map_or_else(|| layout.t.say("imports-no-table").into_owned(), |table| table.columns.title(layout.lang).to_owned())
    }

    fn is_table(&self, table: &ImportTable) -> bool {
        self.mapping.as_ref().is_some_and(|mapping| mapping.table.columns.table == table.columns.table)
    }

    fn shown_changes(&self) -> &[Change] {
        let all = self.report.as_ref().map_or(&[][..], |report| report.changes.as_slice());
        all.get(..SHOWN).unwrap_or(all)
    }

    fn shown_count(&self) -> u64 {
        saturating(self.shown_changes().len())
    }

    fn change_count(&self) -> u64 {
        self.report.as_ref().map_or(0, |report| report.added + report.changed)
    }

    /// What is in a new record.
    fn told(&self, change: &Change, lang: Lang) -> String {
        change.told(self.table.as_ref(), lang)
    }

    fn field_title<'a>(&self, field: &'a FieldChange, lang: Lang) -> &'a str {
        self.table.map_or(field.field.as_str(), |table| field.title(table.columns, lang))
    }
}

#[derive(Template)]
#[template(path = "platform/imports/parcel.html")]
struct ParcelPage {
    layout: Layout,
    parcel: FiledParcel,
    job: Option<Job>,
    parts: Vec<Part>,
    tables: Vec<ImportTable>,
    failure: Option<String>,
    faults: FormFaults,
    can_alter: bool,
}

impl ParcelPage {
    fn waits(&self) -> bool {
        self.parcel.state == ParcelState::Open && self.job.as_ref().is_some_and(|job| !job.state.is_over())
    }

    fn percent(&self) -> Option<i64> {
        self.job.as_ref().and_then(|job| jobs::percent(job.done, job.total))
    }

    fn state_key(&self) -> String {
        state_key(self.parcel.state, self.job.as_ref())
    }

    fn tone(&self) -> &'static str {
        tone(self.parcel.state, self.job.as_ref())
    }

    /// Whether it is shown again, since what it would change has changed.
    fn has_moved(&self) -> bool {
        let mut notes = self.parts.iter().filter_map(|part| part.report.as_ref()).flat_map(|report| &report.notes);
        self.parcel.state == ParcelState::Sound && notes.any(|note| note.is(Note::ChangedSince))
    }

    fn about_key(&self) -> String {
        if self.has_moved() {
            "imports-parcel-moved-about".to_owned()
        } else {
            format!("imports-parcel-{}-about", self.parcel.state.as_str())
        }
    }

    fn about_tone(&self) -> &'static str {
        if self.has_moved() { "warn" } else { self.tone() }
    }

    fn is_settled(&self) -> bool {
        self.parcel.state != ParcelState::Open
    }

    fn can_write(&self) -> bool {
        self.parcel.state == ParcelState::Sound && self.can_alter
    }

    fn can_check(&self) -> bool {
        self.can_alter && !self.waits() && self.parcel.state != ParcelState::Sound
    }

    fn has_changes(&self) -> bool {
        self.parts.iter().any(|part| part.change_count() > 0)
    }

    fn has_faults(&self) -> bool {
        self.parts.iter().any(|part| part.report.as_ref().is_some_and(|report| report.fault_count > 0))
    }
}

/// The rule that makes codes from a header's cells.
fn from(header: &str) -> String {
    format!("from:{header}")
}

/// Which file's form is asked for, and as which table.
#[derive(Default, Deserialize)]
struct Asked {
    file: Option<i64>,
    table: Option<String>,
}

/// One parcel: its progress while it is worked on (the page asks again by itself), then its verdict.
async fn one(
    who: Importing,
    request: HttpRequest,
    app: web::Data<AppState>,
    tables: web::Data<ImportTables>,
    id: web::Path<String>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse> {
    page(&request, &who, &app, &tables, id.parse()?, &asked, FormFaults::default()).await
}

async fn page(
    request: &HttpRequest,
    who: &Importing,
    app: &AppState,
    tables: &ImportTables,
    id: Id,
    asked: &Asked,
    faults: FormFaults,
) -> Result<HttpResponse> {
    let parcel = own(&who.caller, app, id).await?;
    let mut layout = Layout::titled(request, "imports-title");
    let job = parcel.job;
    let (filed, job, can_alter) = app
        .store
        .read(move |db| {
            let job = job.map(|job| jobs::find(db, job)).transpose()?.flatten();
            Ok((store::files(db, id)?, job, store::alterable(db, id).is_ok()))
        })
        .await?;
    let can_alter = can_alter && are_there(app, &filed);
    let parts = parts(&parcel, filed, tables, &who.mine, asked);
    if let [only] = parts.as_slice() {
        layout.title = only.name().to_owned();
    }
    let failure = failure(&parcel, job.as_ref(), layout.t);
    let page = ParcelPage { layout, parcel, job, parts, tables: who.mine.clone(), failure, faults, can_alter };
    Ok(html_response(page.faults.status(), &page))
}

/// The files of a parcel beside what came of each: in the order of its report, then those it does not speak of yet.
fn parts(parcel: &FiledParcel, filed: Vec<Filed>, tables: &ImportTables, mine: &[ImportTable], asked: &Asked) -> Vec<Part> {
    let mut filed: Vec<Filed> = filed;
    // While a parcel is open its report is that of what it was before.
    let reports = parcel.report.clone().filter(|_| parcel.state != ParcelState::Open).map(|report| report.files).unwrap_or_default();
    let mut paired: Vec<(Option<Filed>, Option<ImportReport>)> = Vec::new();
    for report in reports {
        let at = filed.iter().position(|file| file.name == report.file && file.table == report.table);
        paired.push((at.map(|at| filed.remove(at)), Some(report)));
    }
    paired.extend(filed.into_iter().map(|file| (Some(file), None)));
    let part = |(filed, report): (Option<Filed>, Option<ImportReport>)| {
        let named = filed.as_ref().map(|file| file.table.clone()).or(report.as_ref().map(|report| report.table.clone()));
        let table = named.and_then(|name| tables.get(&name));
        let is_open = filed.as_ref().is_some_and(|file| asked.file == Some(file.no));
        let wanted =
            asked.table.as_deref().filter(|_| is_open).and_then(|name| mine.iter().find(|table| table.columns.table == name)).copied();
        let mapping = filed.as_ref().filter(|file| file.refused.is_none() && !parcel.state.is_over()).and_then(|file| {
            let table = wanted.or(table).or_else(|| nearest(&file.headers, mine)).or_else(|| mine.first().copied())?;
            Some(Mapping::of(file, table, report.as_ref()))
        });
        Part { is_open: is_open || table.is_none(), filed, table, report, mapping }
    };
    paired.into_iter().map(part).collect()
}

/// Why the last job on a parcel failed.
fn failure(parcel: &FiledParcel, job: Option<&Job>, words: Words) -> Option<String> {
    let job = job.filter(|job| parcel.state == ParcelState::Open && job.state == JobState::Failed)?;
    let (code, args) = match serde_json::from_value(job.report.clone()) {
        Ok(jobs::Failure { code, args, .. }) => (code, args),
        Err(_) => (Code::Broken.as_str().to_owned(), BTreeMap::new()),
    };
    let id = std::iter::once(("id", job.id.to_string()));
    let pairs: Vec<_> = id.chain(args.iter().map(|(name, value)| (name.as_str(), value.clone()))).collect();
    Some(words.say_with(&format!("error-{}", code.replace('_', "-")), &pairs).into_owned())
}

#[derive(Deserialize)]
struct Nothing {}

/// Whether the files of a parcel were not swept out.
fn are_there(app: &AppState, filed: &[Filed]) -> bool {
    filed.iter().all(|file| file.refused.is_some() || uploads(app).join(&file.stored_as).exists())
}

/// Checks that a parcel is the caller's own, with the right to the tables of all its files, and that these are still there.
async fn may_all(who: &Importing, app: &AppState, tables: &ImportTables, id: Id) -> Result<()> {
    let state = own(&who.caller, app, id).await?.state;
    let filed = app.store.read(move |db| store::files(db, id)).await?;
    // What is over has left its files behind; what may still be done with it is for its state to say.
    if !state.is_over() && !are_there(app, &filed) {
        return Err(Refusal::new(Code::WrongState).with("state", ParcelState::Discarded.as_str()).into());
    }
    let mut known = filed.iter().filter_map(|file| tables.get(&file.table));
    known.try_for_each(|table| may(&who.caller, &table))
}

/// Writes a parcel that was checked.
async fn write(
    who: Importing,
    app: web::Data<AppState>,
    tables: web::Data<ImportTables>,
    id: web::Path<String>,
    _form: Form<Nothing>,
) -> Result<HttpResponse> {
    let (id, stamp) = (id.parse()?, who.caller.stamp());
    // Pressed twice, it is written once, and the page says so.
    if own(&who.caller, &app, id).await?.state != ParcelState::Written {
        may_all(&who, &app, &tables, id).await?;
        app.store.write(move |db| store::write(db, &stamp, id)).await?;
    }
    Ok(see_other(address(id)))
}

/// Checks a parcel again as it is: what it names may be there now.
async fn check_again(
    who: Importing,
    app: web::Data<AppState>,
    tables: web::Data<ImportTables>,
    id: web::Path<String>,
    _form: Form<Nothing>,
) -> Result<HttpResponse> {
    let (id, stamp) = (id.parse()?, who.caller.stamp());
    may_all(&who, &app, &tables, id).await?;
    app.store.write(move |db| store::check_again(db, &stamp, id)).await?;
    Ok(see_other(address(id)))
}

/// Throws a parcel away, its files with it.
async fn discard(who: Importing, app: web::Data<AppState>, id: web::Path<String>, _form: Form<Nothing>) -> Result<HttpResponse> {
    let parcel = own(&who.caller, &app, id.parse()?).await?;
    let stamp = who.caller.stamp();
    remove(&app, &app.store.write(move |db| store::discard(db, &stamp, parcel.id)).await?);
    remove_one(&changes(&app, parcel.id));
    Ok(see_other("/imports"))
}

/// Says how a file is read: as which table, which header stands for which column.
async fn read_as(
    who: Importing,
    request: HttpRequest,
    app: web::Data<AppState>,
    tables: web::Data<ImportTables>,
    place: web::Path<(String, i64)>,
    form: Form<HashMap<String, String>>,
) -> Result<HttpResponse> {
    let (id, no) = place.into_inner();
    let parcel = own(&who.caller, &app, id.parse()?).await?;
    let table = tables.find(form.value.get("table").map(String::as_str).unwrap_or_default())?;
    may(&who.caller, &table)?;
    let file = file_of(&app, parcel.id, no).await?;
    let reading = match reading(&file, &table, &form.value) {
        Ok(reading) => reading,
        Err(error) => {
            let faults = FormFaults::of(error, Locale::of(&request).words())?;
            let asked = Asked { file: Some(no), table: Some(table.columns.table.to_owned()) };
            return page(&request, &who, &app, &tables, parcel.id, &asked, faults).await;
        }
    };
    let stamp = who.caller.stamp();
    app.store.write(move |db| store::read_as(db, &stamp, parcel.id, no, table.columns.table, &reading)).await?;
    Ok(see_other(address(parcel.id)))
}

async fn file_of(app: &AppState, parcel: Id, no: i64) -> Result<Filed> {
    let files = app.store.read(move |db| store::files(db, parcel)).await?;
    files.into_iter().find(|file| file.no == no).ok_or_else(|| Code::NotFound.into())
}

/// Takes a file out of a parcel; the last one takes the parcel with it.
async fn take_out(who: Importing, app: web::Data<AppState>, place: web::Path<(String, i64)>, _form: Form<Nothing>) -> Result<HttpResponse> {
    let (id, no) = place.into_inner();
    let parcel = own(&who.caller, &app, id.parse()?).await?;
    let file = file_of(&app, parcel.id, no).await?;
    let stamp = who.caller.stamp();
    let left = app.store.write(move |db| store::take_out(db, &stamp, parcel.id, no)).await?;
    remove(&app, [&file]);
    Ok(see_other(if left { address(parcel.id) } else { "/imports".to_owned() }))
}

/// The faults of a parcel as a file to mend its tables by.
async fn faults_csv(who: Importing, request: HttpRequest, app: web::Data<AppState>, id: web::Path<String>) -> Result<HttpResponse> {
    let words = Locale::of(&request).words();
    let parcel = own(&who.caller, &app, id.parse()?).await?;
    let report = parcel.report.ok_or(Code::NotFound)?;
    let titles = ["file", "sheet", "line", "column", "value", "reason"].map(|title| words.say(format!("import-faults-{title}")));
    let rows = report.files.iter().flat_map(|file| file.fault_rows(words));
    csv(&format!("faults-{}", parcel.id), titles, rows)
}

#[derive(Deserialize)]
struct Wanted {
    format: Option<Format>,
}

/// What a parcel changes or changed, row by row and field by field, as a file.
async fn all_changes(
    who: Importing,
    request: HttpRequest,
    app: web::Data<AppState>,
    tables: web::Data<ImportTables>,
    id: web::Path<String>,
    wanted: web::Query<Wanted>,
) -> Result<HttpResponse> {
    let words = Locale::of(&request).words();
    let parcel = own(&who.caller, &app, id.parse()?).await?;
    let report = parcel.report.ok_or(Code::NotFound)?;
    let (own, tables, format) = (app.get_ref().clone(), tables.get_ref().clone(), wanted.format.unwrap_or(Format::Csv));
    exports::download(
        &app.store,
        format,
        &format!("changes-{}", parcel.id),
        change_titles(words),
        move |_: &mut Db, sheet: &mut Sheet<Pipe>| {
            for (place, file) in report.files.iter().enumerate().filter(|(_, file)| file.outcome != Outcome::Refused) {
                let table = tables.get(&file.table);
                each_change(&changes_at(&own, parcel.id, place), file, &mut |change| {
                    change_rows(&file.file, table.as_ref(), change, words).into_iter().try_for_each(|row| sheet.row(&row))
                })?;
            }
            Ok(())
        },
    )
    .await
}

/// Every change of a file: from where they were kept, or the first of them from its report.
fn each_change(path: &std::path::Path, report: &ImportReport, each: &mut dyn FnMut(&Change) -> Result<()>) -> Result<()> {
    let Ok(kept) = std::fs::File::open(path) else {
        return report.changes.iter().try_for_each(each);
    };
    for line in BufReader::new(kept).lines() {
        each(&serde_json::from_str(&line?).map_err(Error::broken)?)?;
    }
    Ok(())
}
