//! Lists of a room's rows: a page, a document, files; narrowed and paged the same way everywhere.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use chrono_tz::Tz;
use serde::Serialize;
use serde_json::{Map, Value};

use super::call::{Call, Sees};
use super::field::{Field, Fields};
use super::list::{Filter, Filtered, From, ListPage, ListQuery, ListRow, ListView, ListWindow, Offered, Sum};
use super::names::Names;
use super::said::{document, object};
use crate::kernel::text::Lang;
use crate::kernel::{Code, Error, Fault, Refusal, Result};
use crate::platform::db::Db;
use crate::platform::exports::{self, Cell, Format};
use crate::platform::http::perm::{Perm, Permission};
use crate::platform::http::{Routes, html, html_response, json, segment};
use crate::platform::imports::TableOut;
use crate::platform::state::AppState;

/// Rows of a download read at a time.
const DOWNLOAD_ROWS: i64 = 2_000;

/// Rows that people list.
pub trait Listing: Serialize + Send + 'static {
    /// What of a row is listed, by the names it serialises to; `query.code` is a field within a field. Their table is the address of the
    /// list, the name of its files and the beginning of its words' keys.
    const FIELDS: &'static Fields;
    /// Its address in the API, below `/api/v1`.
    const API: &'static str;
    /// Name of a row's schema in the API's description.
    const SCHEMA: &'static str;
    /// What else it can be narrowed by than by its fields, under the names of these. One that is needed cannot be
    /// left open: without a word it is its first.
    const FILTERS: &'static [Field] = &[];
    /// Whether people bound to a party may do what may be done from the list.
    const ACTS_OF_BOUND: bool = false;
    /// Who may see it.
    type Read: Perm;

    /// Whether its pages begin with the last: codes with a date in them then begin with the newest.
    const LAST_FIRST: bool = false;

    /// What the list is ordered by: unique, and never empty.
    fn key(&self) -> String;

    /// Where a row leads: to its page below the list, by what the list is ordered by.
    fn href(&self) -> String
    where
        Self: Sized,
    {
        href::<Self>(&self.key())
    }

    /// A stretch of the list, narrowed by the query and by what the asker sees.
    fn list(db: &mut Db, query: &ListQuery, sees: Sees, window: &ListWindow) -> Result<Vec<Self>>
    where
        Self: Sized;

    /// Whether a file can bring it to where it is not.
    fn comes_back(&self) -> bool {
        true
    }

    /// Rows with what no column of their table says: a serial, which takes the keys.
    fn named(_db: &mut Db, _app: &AppState, rows: Vec<Self>) -> Result<Vec<Self>>
    where
        Self: Sized,
    {
        Ok(rows)
    }

    /// What may be done from the list: the message of its name, where it leads, who may. The first is what is done most.
    fn acts() -> Vec<(&'static str, String, Permission)> {
        Vec::new()
    }

    /// What a filter that is no closed list offers: nothing for any text. None where the asker has nothing to choose.
    fn offered(_db: &mut Db, _filter: &str, _sees: Sees, _lang: Lang) -> Result<Option<Vec<Offered>>> {
        Ok(Some(Vec::new()))
    }

    /// What its page says above the rows of what the query is about, as HTML.
    fn top(_db: &mut Db, _query: &ListQuery, _sees: Sees, _lang: Lang) -> Result<String> {
        Ok(String::new())
    }

    /// Sums over all rows of the query.
    fn sums(_db: &mut Db, _query: &ListQuery, _sees: Sees, _lang: Lang) -> Result<Vec<Sum>> {
        Ok(Vec::new())
    }
}

/// The address of a row's page in the staff pages.
pub fn href<T: Listing>(code: &str) -> String {
    format!("/{}/{}", T::FIELDS.table, segment(code))
}

/// What a list can be narrowed by.
pub(super) fn filters_of<T: Listing>() -> impl Iterator<Item = Filtered> {
    let of_fields = T::FIELDS.columns.iter().filter_map(|field| Some(Filtered { name: field.filter?, field, may_be_any: true }));
    of_fields.chain(T::FILTERS.iter().map(|field| Filtered { name: field.name, field, may_be_any: !field.needed }))
}

fn query_of<T: Listing>(call: &Call<T::Read>, pairs: &HashMap<String, String>) -> Result<ListQuery> {
    ListQuery::of(filters_of::<T>(), pairs, call.app())
}

/// What every list may be asked besides its filters.
const OF_EVERY_LIST: [&str; 5] = ["q", "after", "before", "per_page", "lang"];

/// What a program asks about all that a list has: a filter that the list has not would answer everything as if it were narrowed. A page is lenient instead,
/// because whoever passes its address on adds to it.
///
/// # Errors
/// [`Code::UnknownField`] for such a filter; a value that no row can have.
pub fn asked_of<T: Listing>(call: &Call<T::Read>, pairs: &HashMap<String, String>) -> Result<ListQuery> {
    let is_known = |name: &str| OF_EVERY_LIST.contains(&name) || filters_of::<T>().any(|filter| filter.name == name);
    let mut unknown: Vec<&String> = pairs.keys().filter(|name| !is_known(name)).collect();
    unknown.sort_unstable();
    Refusal::unless_none(unknown.into_iter().map(|name| Fault::new(name.clone(), Code::UnknownField)).collect())?;
    query_of::<T>(call, pairs)
}

pub(super) type Pairs = web::Query<HashMap<String, String>>;

/// Mounts a list's page, files and document.
pub fn list_routes<T: Listing>(on: &mut Routes<'_>) {
    let list = T::FIELDS.table;
    on.get(&format!("/api/v1/{}", T::API), list_json::<T>)
        .get(&format!("/{list}"), list_page::<T>)
        .get(&format!("/{list}.csv"), list_csv::<T>)
        .get(&format!("/{list}.xlsx"), list_xlsx::<T>);
}

/// A stretch of a list, its rows whole.
fn stretch<T: Listing>(db: &mut Db, query: &ListQuery, sees: Sees, window: &ListWindow) -> Result<Vec<T>> {
    let rows = T::list(db, query, sees, window)?;
    T::named(db, query.app(), rows)
}

async fn list_json<T: Listing>(call: Call<T::Read>, pairs: Pairs) -> Result<HttpResponse> {
    let (query, sees) = (asked_of::<T>(&call, &pairs)?, call.sees());
    let asked = query.clone();
    let rows = call.read(move |db| stretch(db, &asked, sees, &asked.window())).await?;
    let ListPage { page, previous } = query.page(rows, T::key);
    let items = page.items.iter().map(|row| document(T::FIELDS, row)).collect::<Result<Vec<_>>>()?;
    let mut body = Map::from_iter([("items".to_owned(), Value::Array(items))]);
    body.extend(page.next.map(|next| ("next".to_owned(), next.into())));
    body.extend(previous.map(|previous| ("previous".to_owned(), previous.into())));
    json(&body)
}

async fn list_page<T: Listing>(call: Call<T::Read>, pairs: Pairs) -> Result<HttpResponse> {
    Ok(html(&view_of::<T>(&call, &pairs, None).await?))
}

/// The list of a text that was looked for elsewhere and names nothing: what is wrong with it stands beside it, to be mended.
///
/// # Errors
/// What nobody mends who looks for something.
pub async fn list_again<T: Listing>(call: &Call<T::Read>, q: &str, error: Error) -> Result<HttpResponse> {
    let Error::Refused(refusal) = error else { return Err(error) };
    let words = call.words();
    let fault = refusal.faults.first().map_or_else(|| words.refusal(&refusal), |fault| words.fault(fault));
    let view = view_of::<T>(call, &HashMap::from([("q".to_owned(), q.to_owned())]), Some(fault)).await?;
    let status = StatusCode::from_u16(refusal.code.status()).map_err(Error::broken)?;
    Ok(html_response(status, &view))
}

async fn view_of<T: Listing>(call: &Call<T::Read>, pairs: &HashMap<String, String>, fault: Option<String>) -> Result<ListView> {
    let query = query_of::<T>(call, pairs)?;
    let layout = call.layout(call.words().say(format!("{}-title", T::FIELDS.table)));
    let (asked, sees, lang, named) = (query.clone(), call.sees(), layout.lang, call.named());
    // One read: the sums are those of the rows beside them.
    let (rows, names, filters, sums, top) = call
        .read(move |db| {
            let rows = stretch::<T>(db, &asked, sees, &ListWindow { last_first: T::LAST_FIRST, ..asked.window() })?;
            let rows = rows.into_iter().map(|row| Ok((object(&row)?, row))).collect::<Result<Vec<_>>>()?;
            let names = Names::read(db, &named, T::FIELDS, rows.iter().map(|(shown, _)| shown), sees)?;
            let mut filters = Vec::new();
            for filter in filters_of::<T>() {
                let offered = T::offered(db, filter.name, sees, lang)?;
                filters.extend(offered.map(|offered| Filter::of(filter, &asked, offered, lang)));
            }
            Ok((rows, names, filters, T::sums(db, &asked, sees, lang)?, T::top(db, &asked, sees, lang)?))
        })
        .await?;
    let ListPage { page, previous } = query.page(rows, |(_, row)| T::key(row));
    let zone = call.app().config.time_zone;
    let row = |(shown, row): &(Map<String, Value>, T)| ListRow::of(T::FIELDS, shown, row.href(), (layout.lang, zone, &names));
    let rows = page.items.iter().map(row).collect();
    let may = |needs: Permission| call.may(needs) && (T::ACTS_OF_BOUND || call.party.is_none());
    Ok(ListView {
        room: T::FIELDS.table,
        acts: T::acts().into_iter().filter(|(.., needs)| may(*needs)).map(|(key, href, _)| (key, href)).collect(),
        filters,
        sums,
        top,
        is_bound: call.party.is_some(),
        heads: T::FIELDS.listed(layout.lang).map(|field| (field.list_title(layout.lang), field.class())).collect(),
        rows,
        next: page.next,
        previous,
        query,
        fault,
        layout,
    })
}

async fn list_csv<T: Listing>(call: Call<T::Read>, pairs: Pairs) -> Result<HttpResponse> {
    list_file::<T>(&call, Format::Csv, &pairs).await
}

async fn list_xlsx<T: Listing>(call: Call<T::Read>, pairs: Pairs) -> Result<HttpResponse> {
    list_file::<T>(&call, Format::Xlsx, &pairs).await
}

/// The whole list, narrowed as the page is, in the columns that a file of it is handed in with.
async fn list_file<T: Listing>(call: &Call<T::Read>, format: Format, pairs: &Pairs) -> Result<HttpResponse> {
    let (query, sees, lang) = (asked_of::<T>(call, pairs)?, call.sees(), call.lang());
    let titles = T::FIELDS.in_files().map(|field| field.title(lang).to_owned()).collect();
    exports::download(&call.app().store, format, T::FIELDS.table, titles, move |db, sheet| {
        let zone = query.app().config.time_zone;
        each_row::<T>(db, (&query, sees, false), &mut |_, row| sheet.row(&cells(T::FIELDS.in_files(), &row, (format, lang, zone))?))
    })
    .await
}

/// Hands on every row of a list, perhaps the last first, a stretch read at a time.
fn each_row<T: Listing>(
    db: &mut Db,
    (query, sees, last_first): (&ListQuery, Sees, bool),
    each: &mut dyn FnMut(&mut Db, T) -> Result<()>,
) -> Result<()> {
    let mut window = ListWindow { from: From::Start, limit: DOWNLOAD_ROWS, last_first };
    loop {
        let rows = stretch::<T>(db, query, sees, &window)?;
        let last = rows.last().filter(|_| i64::try_from(rows.len()).is_ok_and(|read| read == window.limit)).map(T::key);
        rows.into_iter().try_for_each(|row| each(db, row))?;
        match last {
            Some(last) => window.from = From::After(last),
            None => return Ok(()),
        }
    }
}

/// A row as a file of these fields has it.
fn cells<T: Serialize>(
    fields: impl Iterator<Item = &'static Field>,
    row: &T,
    (format, lang, zone): (Format, Lang, Tz),
) -> Result<Vec<Cell>> {
    let values = object(row)?;
    Ok(fields.map(|field| field.cell(field.within(&values), format, lang, zone)).collect())
}

/// Hands on everything that stands in a list.
pub fn each_of<T: Listing>(db: &mut Db, app: &AppState, each: &mut dyn FnMut(&mut Db, T) -> Result<()>) -> Result<()> {
    each_row(db, (&ListQuery::searching(app, String::new()), Sees::ALL, false), each)
}

/// The rows of a table of imports that is a list.
pub fn rows<T: Listing>(db: &mut Db, out: &mut TableOut<'_>) -> Result<()> {
    write_rows::<T>(db, out, false)
}

/// The same of a list that begins with the newest: the oldest comes first, as it was the first to be written.
pub fn oldest_first<T: Listing>(db: &mut Db, out: &mut TableOut<'_>) -> Result<()> {
    write_rows::<T>(db, out, true)
}

fn write_rows<T: Listing>(db: &mut Db, out: &mut TableOut<'_>, last_first: bool) -> Result<()> {
    let query = ListQuery::searching(&out.export.app, String::new());
    each_row::<T>(db, (&query, Sees::ALL, last_first), &mut |_, row| if row.comes_back() { write_row(&row, out) } else { out.leave_out() })
}

/// Writes what a list has as a row of its table of imports.
pub fn write_row<T: Listing>(row: &T, out: &mut TableOut<'_>) -> Result<()> {
    let as_written = (out.export.format, out.export.lang, out.export.app.config.time_zone);
    out.row(&cells(T::FIELDS.taken_away(), row, as_written)?)
}
