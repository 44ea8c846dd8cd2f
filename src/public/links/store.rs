//! Queries on `link`.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use chrono::NaiveDateTime;
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use serde::{Deserialize, Serialize};

use super::rules::Offer;
use super::vocabulary::LinkType;
use super::{FIELDS, Level, NEW};
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::serial::Keyring;
use crate::kernel::text::Lang;
use crate::kernel::{BatchNo, Code, Error, Fault, GarmentId, Id, Refusal, Result};
use crate::platform::db::Db;
use crate::platform::db::schema::link;
use crate::platform::db::search::{anywhere, lower};
use crate::platform::events::{self, Stamp};
use crate::platform::http::perm::{LinksEdit, Permission};
use crate::platform::rooms::{Act, BrandOnly, Fields, ListQuery, ListWindow, Listing, Sees, Thing};
use crate::platform::state::AppState;
use crate::production::serials::{self, Scanned};
use crate::production::{batches, materials, skus, styles};
use crate::{each, keyset, text_column};

/// Under which name links are held in memory elsewhere.
pub const HELD: &str = "links";

text_column!(Level);

/// A link.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Queryable, Selectable, Insertable)]
#[diesel(table_name = link)]
pub struct Link {
    /// Its id.
    pub id: Id,
    /// What it hangs on.
    pub level: Level,
    /// The id of that.
    #[serde(skip)]
    pub subject_id: i64,
    /// The code of that, or the garment's serial.
    #[diesel(skip_insertion, select_expression = sql("''"), select_expression_type = SqlLiteral<Text>)]
    pub code: String,
    /// The GTIN beside the serial.
    #[diesel(skip_insertion, select_expression = sql("NULL"), select_expression_type = SqlLiteral<Nullable<Text>>)]
    pub gtin: Option<String>,
    /// `gs1:instructions`.
    pub link_type: String,
    /// Where it leads.
    pub href: String,
    /// What people read.
    pub title: String,
    /// BCP 47 tag, or empty.
    pub hreflang: String,
    /// Media type, or empty.
    pub media_type: String,
    /// The market or setting it is meant for, or empty.
    pub context: String,
    /// Whether it takes the card's place.
    pub is_default: bool,
    /// Who attached it.
    #[serde(skip)]
    pub created_by: String,
    /// When it was attached, UTC.
    pub created_at: NaiveDateTime,
}

/// What the links are asked for hang on, where a code says it: a code is one of a level.
fn subject_asked(db: &mut Db, query: &ListQuery) -> Result<Option<i64>> {
    let Some(code) = query.filter("code") else { return Ok(None) };
    let level = query.filter("level").and_then(Level::of).ok_or_else(|| Fault::new("level", Code::Missing))?;
    subject(db, &query.app().keys.serials, level, code, query.filter("gtin")).map(Some)
}

impl Listing for Link {
    const FIELDS: &'static Fields = &FIELDS;
    const API: &'static str = "links";
    const SCHEMA: &'static str = "Link";
    type Read = BrandOnly<LinksEdit>;

    fn key(&self) -> String {
        self.id.to_string()
    }

    fn acts() -> Vec<(&'static str, String, Permission)> {
        vec![("links-new", "/links/new".to_owned(), Permission::LinksEdit)]
    }

    fn list(db: &mut Db, query: &ListQuery, _sees: Sees, window: &ListWindow) -> Result<Vec<Self>> {
        let (window, pattern) = (window.of_ids()?, anywhere(&query.q));
        let subject = subject_asked(db, query)?;
        Ok(each!(db, |c| {
            let mut links = link::table.select(Self::as_select()).into_boxed();
            if let Some(level) = query.filter("level") {
                links = links.filter(link::level.eq(level));
            }
            if let Some(subject) = subject {
                links = links.filter(link::subject_id.eq(subject));
            }
            if !query.q.is_empty() {
                let found = lower(link::title).like(&pattern).escape('\\').or(lower(link::href).like(&pattern).escape('\\'));
                links = links.filter(found);
            }
            keyset!(c, links, link::id, &window)
        })?)
    }

    fn named(db: &mut Db, app: &AppState, mut links: Vec<Self>) -> Result<Vec<Self>> {
        let mut names = HashMap::new();
        for link in &mut links {
            let name = match names.entry((link.level, link.subject_id)) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => new.insert(name_of(db, &app.keys.serials, link.level, link.subject_id)?),
            };
            (link.code, link.gtin) = name.clone();
        }
        Ok(links)
    }
}

impl Thing for Link {
    const SUBJECT: &'static str = "link";
    const SAVED: EventKind = EventKind::LinkSaved;
    type Edit = LinksEdit;
    const NEW: &'static Fields = &NEW;
    const CHANGE: &'static Fields = &Fields::NONE;

    fn id(&self) -> Id {
        self.id
    }

    fn code(&self) -> &str {
        &self.code
    }

    fn title(&self, _: Lang) -> String {
        self.title.clone()
    }

    fn with_codes(db: &mut Db, ids: &[&str]) -> Result<Vec<Self>> {
        let ids = ids.iter().map(|id| id.parse()).collect::<Result<Vec<Id>>>()?;
        Ok(each!(db, |c| link::table.filter(link::id.eq_any(&ids)).select(Self::as_select()).load(c))?)
    }

    fn make(mut self, db: &mut Db, stamp: &Stamp, app: &AppState, _secret: &str) -> Result<Self> {
        self.subject_id = subject(db, &app.keys.serials, self.level, &self.code, self.gtin.as_deref())?;
        let there = attached(db, self.level, self.subject_id)?;
        let same = |other: &Attached| {
            other.kind.curie() == self.link_type
                && other.offer.href == self.href
                && other.offer.media_type == self.media_type
                && other.offer.hreflang.concat() == self.hreflang
                && other.offer.context.concat() == self.context
        };
        if there.iter().any(same) {
            return Err(taken("href"));
        }
        if self.is_default && there.iter().any(|other| other.is_default) {
            return Err(taken("is_default"));
        }
        let link = self.save(db, stamp, None)?;
        Self::named(db, app, vec![link])?.pop().ok_or_else(|| Code::NotFound.into())
    }

    fn write(mut self, db: &mut Db, stamp: &Stamp, _before: Option<&Self>) -> Result<Self> {
        (self.id, self.created_by, self.created_at) = (stamp.id(), stamp.actor.clone(), stamp.at);
        each!(db, |c| diesel::insert_into(link::table).values(&self).execute(c))?;
        db.bump(HELD)?;
        Ok(self)
    }

    fn acts(&self) -> Vec<Act> {
        vec![Act::post("links-remove", format!("{}/remove", self.href()), Permission::LinksEdit).grave()]
    }
}

fn taken(field: &'static str) -> Error {
    Refusal { code: Code::Duplicate, args: vec![("field", field.into())], faults: vec![Fault::new(field, Code::Duplicate)] }.into()
}

/// A link as it is attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attached {
    /// What it hangs on.
    pub level: Level,
    /// What it is about.
    pub kind: &'static LinkType,
    /// Where it leads, and for whom.
    pub offer: Offer,
    /// Whether it takes the card's place.
    pub is_default: bool,
}

/// The links attached to one thing.
pub fn attached(db: &mut Db, level: Level, subject: i64) -> Result<Vec<Attached>> {
    type Row = (String, String, String, String, String, String, bool);
    let rows: Vec<Row> = each!(db, |c| link::table
        .filter(link::level.eq(level).and(link::subject_id.eq(subject)))
        .order(link::id)
        .select((link::link_type, link::href, link::title, link::hreflang, link::media_type, link::context, link::is_default))
        .load(c))?;
    let list = |text: String| if text.is_empty() { Vec::new() } else { vec![text] };
    let attached = rows.into_iter().filter_map(|(kind, href, title, hreflang, media_type, context, is_default)| {
        let offer = Offer { href, title, hreflang: list(hreflang), media_type, context: list(context) };
        Some(Attached { level, kind: LinkType::of(&kind)?, offer, is_default })
    });
    Ok(attached.collect())
}

/// The links that take a page's place: few, so they are held in memory; those of single garments may be many, so of them only whether
/// there are any.
#[derive(Debug, Default)]
pub struct Defaults {
    by_thing: HashMap<(Level, i64), String>,
    some_garment: bool,
}

impl Defaults {
    /// Whether there are none at all.
    pub fn is_empty(&self) -> bool {
        self.by_thing.is_empty() && !self.some_garment
    }

    /// Where the default link of a garment leads, if it is not its card. Lots are looked up only when some lot has a default link.
    pub fn of_garment(&self, db: &mut Db, garment: GarmentId, sku: &skus::Sku) -> Result<Option<String>> {
        if self.some_garment
            && let Some(link) = attached(db, Level::Garment, garment.0)?.into_iter().find(|link| link.is_default)
        {
            return Ok(Some(link.offer.href));
        }
        if self.by_thing.is_empty() {
            return Ok(None);
        }
        if let Some(href) = self.by_thing.get(&(Level::Batch, garment.batch().0)) {
            return Ok(Some(href.clone()));
        }
        if self.by_thing.keys().any(|(level, _)| *level == Level::Lot) {
            let lots = batches::lots_of(db, garment.batch())?;
            let used = lots.iter().filter(|used| used.units.contains(&garment.unit()));
            if let Some(href) = used.filter_map(|used| self.by_thing.get(&(Level::Lot, used.lot.0))).next_back() {
                return Ok(Some(href.clone()));
            }
        }
        Ok(self.of_sku(sku))
    }

    /// Where the default link of a product leads, if it is not its page.
    pub fn of_sku(&self, sku: &skus::Sku) -> Option<String> {
        let of = |level, id: Id| self.by_thing.get(&(level, id.0)).cloned();
        of(Level::Sku, sku.id).or_else(|| of(Level::Style, sku.style_id))
    }
}

/// All links that take a page's place.
pub fn defaults(db: &mut Db) -> Result<Defaults> {
    let rows: Vec<(Level, i64, String)> = each!(db, |c| link::table
        .filter(link::is_default.eq(true).and(link::level.ne(Level::Garment)))
        .select((link::level, link::subject_id, link::href))
        .load(c))?;
    let some: Vec<i64> = each!(db, |c| link::table
        .filter(link::is_default.eq(true).and(link::level.eq(Level::Garment)))
        .order(link::id)
        .limit(1)
        .select(link::id)
        .load(c))?;
    let by_thing = rows.into_iter().map(|(level, subject, href)| ((level, subject), href)).collect();
    Ok(Defaults { by_thing, some_garment: !some.is_empty() })
}

/// The id of what a link is to hang on.
fn subject(db: &mut Db, keyring: &Keyring, level: Level, code: &str, gtin: Option<&str>) -> Result<i64> {
    let found = match level {
        Level::Style => styles::by_code(db, code)?.map(|style| style.id.0),
        Level::Sku => skus::by_code(db, code)?.map(|sku| sku.id.0),
        Level::Lot => materials::lot_called(db, code, None)?.map(|lot| lot.id.0),
        Level::Batch => batches::batch_by_code(db, code)?.map(|batch| batch.no.0),
        Level::Garment => serials::find(db, keyring, &Scanned::read("code", code, gtin)?)?.map(|garment| garment.0),
    };
    found.ok_or_else(|| Fault::new("code", Code::UnknownReference).with("value", code).into())
}

/// What people call the thing a link hangs on, and the GTIN beside a serial.
fn name_of(db: &mut Db, keyring: &Keyring, level: Level, subject: i64) -> Result<(String, Option<String>)> {
    let gone = || Error::broken(format!("a link hangs on {} {subject}, which is not there", level.as_str()));
    let code = match level {
        Level::Style => styles::by_id(db, Id(subject))?.map(|style| style.code),
        Level::Sku => skus::by_id(db, Id(subject))?.map(|sku| sku.code),
        Level::Lot => match materials::lot(db, Id(subject))? {
            Some(lot) => materials::names(db, [(lot.id, lot.code.as_str(), lot.party_id)])?.remove(&lot.id),
            None => None,
        },
        Level::Batch => batches::batch(db, BatchNo(subject))?.map(|batch| batch.code),
        Level::Garment => {
            let of = batches::serial_of(db, keyring, GarmentId(subject))?.ok_or_else(gone)?;
            return Ok((of.serial, of.gtin));
        }
    };
    Ok((code.ok_or_else(gone)?, None))
}

/// Takes a link away.
///
/// # Errors
/// [`Code::NotFound`].
pub fn remove(db: &mut Db, stamp: &Stamp, id: Id) -> Result<()> {
    if each!(db, |c| diesel::delete(link::table.filter(link::id.eq(id.0))).execute(c))? == 0 {
        return Err(Code::NotFound.into());
    }
    events::append(db, stamp, EventKind::LinkRemoved, Subject::Thing("link", id.0), &serde_json::json!({}))?;
    db.bump(HELD)
}
