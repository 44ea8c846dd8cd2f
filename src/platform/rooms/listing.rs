//! Lists of a room's rows: a page, a document, files; narrowed and paged the same way everywhere.

use std::collections::HashMap;

use actix_web::{HttpResponse, web};
use serde::Serialize;
use serde_json::{Map, Value};

use super::call::{Call, Sees};
use super::field::Fields;
use super::list::{From, ListPage, ListQuery, ListRow, ListView, ListWindow, filters};
use super::said::{document, object};
use crate::kernel::Result;
use crate::platform::db::Db;
use crate::platform::exports::{self, Format};
use crate::platform::http::perm::{Perm, Permission};
use crate::platform::http::{House, Routes, html, json};

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
    /// Who may see it.
    type Read: Perm;

    /// Whether its pages begin with the last: codes with a date in them then begin with the newest.
    const LAST_FIRST: bool = false;

    /// What the list is ordered by: unique, and never empty.
    fn key(&self) -> String;

    /// Where a row leads.
    fn href(&self) -> String;

    /// A stretch of the list, narrowed by the query and by what the asker sees.
    ///
    /// # Errors
    /// Those of the store.
    fn list(db: &mut Db, query: &ListQuery, sees: Sees, window: &ListWindow) -> Result<Vec<Self>>
    where
        Self: Sized;

    /// What a list is asked, where a filter stands for something that has to be looked up: a code for an id.
    ///
    /// # Errors
    /// A fault of a filter.
    fn asked(_db: &mut Db, _house: &House, query: ListQuery) -> Result<ListQuery> {
        Ok(query)
    }

    /// Rows with what no column of their table says: a serial, which takes the keys.
    ///
    /// # Errors
    /// Those of the store.
    fn named(_db: &mut Db, _house: &House, rows: Vec<Self>) -> Result<Vec<Self>>
    where
        Self: Sized,
    {
        Ok(rows)
    }

    /// What may be done from the list: the message of its name, where it leads, who may. The first is what is done most.
    fn acts() -> Vec<(&'static str, String, Permission)> {
        Vec::new()
    }
}

pub(super) type Pairs = web::Query<HashMap<String, String>>;

/// Mounts a list's page, files and document.
pub fn list_routes<T: Listing>(on: &mut Routes<'_, '_>) {
    let list = T::FIELDS.table;
    on.get(&format!("/api/v1/{}", T::API), list_json::<T>)
        .get(&format!("/{list}"), list_page::<T>)
        .get(&format!("/{list}.csv"), list_csv::<T>)
        .get(&format!("/{list}.xlsx"), list_xlsx::<T>);
}

async fn page_of<T: Listing>(call: &Call<T::Read>, query: &ListQuery, last_first: bool) -> Result<ListPage<T>> {
    let (asked, sees, house) = (query.clone(), call.sees(), call.house().clone());
    let rows = call.read(move |db| {
        let asked = T::asked(db, &house, asked)?;
        let rows = T::list(db, &asked, sees, &ListWindow { last_first, ..asked.window() })?;
        T::named(db, &house, rows)
    });
    let rows = rows.await?;
    Ok(query.page(rows, T::key))
}

async fn list_json<T: Listing>(call: Call<T::Read>, pairs: Pairs) -> Result<HttpResponse> {
    let ListPage { page, previous } = page_of::<T>(&call, &ListQuery::of(T::FIELDS, &pairs)?, false).await?;
    let items = page.items.iter().map(|row| document(T::FIELDS, row)).collect::<Result<Vec<_>>>()?;
    let mut body = Map::from_iter([("items".to_owned(), Value::Array(items))]);
    body.extend(page.next.map(|next| ("next".to_owned(), next.into())));
    body.extend(previous.map(|previous| ("previous".to_owned(), previous.into())));
    json(&body)
}

async fn list_page<T: Listing>(call: Call<T::Read>, pairs: Pairs) -> Result<HttpResponse> {
    let query = ListQuery::of(T::FIELDS, &pairs)?;
    let ListPage { page, previous } = page_of::<T>(&call, &query, T::LAST_FIRST).await?;
    let shell = call.shell(call.words().say(format!("{}-title", T::FIELDS.table)));
    let zone = call.house().config.time_zone;
    let row = |row: &T| Ok(ListRow::of(T::FIELDS, &object(row)?, row.href(), shell.lang, zone));
    let rows = page.items.iter().map(row).collect::<Result<Vec<_>>>()?;
    let may = |needs: Permission| call.may(needs) && call.party.is_none();
    Ok(html(&ListView {
        room: T::FIELDS.table,
        acts: T::acts().into_iter().filter(|(.., needs)| may(*needs)).map(|(key, href, _)| (key, href)).collect(),
        filters: filters(T::FIELDS, &query, shell.lang),
        heads: T::FIELDS.listed(shell.lang).map(|field| (field.list_title(shell.lang), field.class())).collect(),
        rows,
        next: page.next,
        previous,
        query,
        shell,
    }))
}

async fn list_csv<T: Listing>(call: Call<T::Read>, pairs: Pairs) -> Result<HttpResponse> {
    list_file::<T>(&call, Format::Csv, &pairs).await
}

async fn list_xlsx<T: Listing>(call: Call<T::Read>, pairs: Pairs) -> Result<HttpResponse> {
    list_file::<T>(&call, Format::Xlsx, &pairs).await
}

/// The whole list, narrowed as the page is, in the columns that a file of it is handed in with.
async fn list_file<T: Listing>(call: &Call<T::Read>, format: Format, pairs: &Pairs) -> Result<HttpResponse> {
    let (query, sees, lang) = (ListQuery::of(T::FIELDS, pairs)?, call.sees(), call.lang());
    let titles = T::FIELDS.columns.iter().filter(|field| field.is_in_files()).map(|field| field.title(lang).to_owned()).collect();
    let house = call.house().clone();
    exports::download(&call.house().store, format, T::FIELDS.table, titles, move |db, sheet| {
        let query = T::asked(db, &house, query.clone())?;
        let mut window = ListWindow { from: From::Start, limit: DOWNLOAD_ROWS, last_first: false };
        loop {
            let rows = T::list(db, &query, sees, &window)?;
            let rows = T::named(db, &house, rows)?;
            for row in &rows {
                let values = object(row)?;
                let columns = T::FIELDS.columns.iter().filter(|field| field.is_in_files());
                let cell = |field: &super::Field| field.cell(field.within(&values), format, lang, house.config.time_zone);
                sheet.row(&columns.map(cell).collect::<Vec<_>>())?;
            }
            match rows.last().filter(|_| i64::try_from(rows.len()).is_ok_and(|read| read == window.limit)) {
                Some(last) => window.from = From::After(last.key()),
                None => return Ok(()),
            }
        }
    })
    .await
}
