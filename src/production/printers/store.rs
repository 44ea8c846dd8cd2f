//! Every query on printers.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::{FIELDS, Language};
use crate::kernel::event::EventKind;
use crate::kernel::text::Lang;
use crate::kernel::{Id, Result};
use crate::platform::db::schema::printer;
use crate::platform::db::search::{anywhere, lower};
use crate::platform::db::{Db, in_chunks};
use crate::platform::events::Stamp;
use crate::platform::http::perm::{LabelsEdit, LabelsRead, Permission};
use crate::platform::rooms::{Act, BrandOnly, Fields, ListQuery, ListWindow, Listing, Sees, Thing, href};
use crate::{each, keyset, save_row, text_column};

text_column!(Language);

/// A printer on the network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = printer)]
pub struct Printer {
    /// Its id.
    pub id: Id,
    /// What people call it.
    pub code: String,
    /// Where it stands, what it is.
    pub name: String,
    /// Name or address in the network.
    pub host: String,
    /// TCP port; 9100 nearly always.
    pub port: i64,
    /// What it understands.
    pub language: Language,
    /// Dots per inch.
    pub dpi: i64,
    /// Whether it answers questions about its state; without, people confirm.
    pub confirms: bool,
    /// When it was first saved, UTC.
    #[serde(skip)]
    pub created_at: NaiveDateTime,
    /// Grows with every change.
    pub version: i64,
}

impl Default for Printer {
    fn default() -> Self {
        Self {
            id: Id::default(),
            code: String::new(),
            name: String::new(),
            host: String::new(),
            port: 9100,
            language: Language::Zpl,
            dpi: 300,
            confirms: true,
            created_at: NaiveDateTime::default(),
            version: 0,
        }
    }
}

impl Listing for Printer {
    const FIELDS: &'static Fields = &FIELDS;
    const API: &'static str = "printers";
    const SCHEMA: &'static str = "Printer";
    type Read = BrandOnly<LabelsRead>;

    fn key(&self) -> String {
        self.code.clone()
    }

    fn acts() -> Vec<(&'static str, String, Permission)> {
        vec![("printers-new", "/printers/new".to_owned(), Permission::LabelsEdit)]
    }

    fn list(db: &mut Db, query: &ListQuery, _sees: Sees, window: &ListWindow) -> Result<Vec<Self>> {
        let pattern = anywhere(&query.q);
        Ok(each!(db, |c| {
            let mut printers = printer::table.select(Self::as_select()).into_boxed();
            if !query.q.is_empty() {
                let found = lower(printer::code).like(&pattern).escape('\\').or(lower(printer::name).like(&pattern).escape('\\'));
                printers = printers.filter(found.or(printer::host.eq(&query.q)));
            }
            keyset!(c, printers, printer::code, window)
        })?)
    }
}

impl Thing for Printer {
    const SUBJECT: &'static str = "printer";
    const SAVED: EventKind = EventKind::PrinterSaved;
    type Edit = LabelsEdit;

    fn id(&self) -> Id {
        self.id
    }

    fn code(&self) -> &str {
        &self.code
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn title(&self, _: Lang) -> String {
        if self.name.is_empty() { self.code.clone() } else { self.name.clone() }
    }

    fn is_seen(&self, sees: Sees) -> bool {
        sees == Sees::ALL
    }

    fn with_codes(db: &mut Db, codes: &[&str]) -> Result<Vec<Self>> {
        in_chunks(codes, |codes| each!(db, |c| printer::table.filter(printer::code.eq_any(codes)).select(Self::as_select()).load(c)))
    }

    fn write(mut self, db: &mut Db, stamp: &Stamp, before: Option<&Self>) -> Result<Self> {
        save_row!(db, stamp, printer, self, before);
        Ok(self)
    }

    fn acts(&self) -> Vec<Act> {
        vec![Act::post("printers-ask", format!("{}/status", href::<Self>(&self.code)), Permission::LabelsEdit)]
    }
}

/// Every printer, by code.
pub fn all(db: &mut Db) -> Result<Vec<Printer>> {
    Ok(each!(db, |c| printer::table.select(Printer::as_select()).order(printer::code).load(c))?)
}

/// The printer of a code.
pub fn by_code(db: &mut Db, code: &str) -> Result<Option<Printer>> {
    Ok(Printer::with_codes(db, &[code])?.into_iter().next())
}

/// The printer of an id.
pub fn by_id(db: &mut Db, id: Id) -> Result<Option<Printer>> {
    let found: Vec<Printer> = each!(db, |c| printer::table.filter(printer::id.eq(id)).select(Printer::as_select()).load(c))?;
    Ok(found.into_iter().next())
}

/// Adds a printer.
///
/// # Errors
/// [`Code::Duplicate`](crate::kernel::Code::Duplicate) for a code that is taken.
pub fn create(db: &mut Db, stamp: &Stamp, printer: Printer) -> Result<Printer> {
    printer.save(db, stamp, None)
}
