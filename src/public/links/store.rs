//! Queries on `link`.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::rules::{self, Checked, Level, Offer};
use super::vocabulary::LinkType;
use super::{Attached, LinkView, NewLink};
use crate::each;
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::paging::{Page, PageAsk};
use crate::kernel::serial::Keyring;
use crate::kernel::{BatchNo, Code, Error, Fault, GarmentId, Id, Refusal, Result};
use crate::platform::db::Db;
use crate::platform::db::schema::link;
use crate::platform::events::{self, Stamp};
use crate::production::serials::{self, Scanned};
use crate::production::{batches, materials, products};

/// Under which name links are held in memory elsewhere.
pub const HELD: &str = "links";

#[derive(Queryable, Selectable)]
#[diesel(table_name = link)]
struct Row {
    id: i64,
    level: String,
    subject_id: i64,
    link_type: String,
    href: String,
    title: String,
    hreflang: String,
    media_type: String,
    context: String,
    is_default: bool,
    created_at: NaiveDateTime,
}

/// The links attached to one thing.
///
/// # Errors
/// When the store does.
pub fn attached(db: &mut Db, level: Level, subject: i64) -> Result<Vec<Attached>> {
    let rows: Vec<Row> = each!(db, |c| link::table
        .filter(link::level.eq(level.as_str()).and(link::subject_id.eq(subject)))
        .order(link::id)
        .select(Row::as_select())
        .load(c))?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let list = |text: String| if text.is_empty() { Vec::new() } else { vec![text] };
            let offer = Offer {
                href: row.href,
                title: row.title,
                hreflang: list(row.hreflang),
                media_type: row.media_type,
                context: list(row.context),
            };
            Some(Attached { level, kind: LinkType::of(&row.link_type)?, offer, is_default: row.is_default })
        })
        .collect())
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
    ///
    /// # Errors
    /// When the store does.
    pub fn of_garment(&self, db: &mut Db, garment: GarmentId, sku: &products::Sku) -> Result<Option<String>> {
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
    pub fn of_sku(&self, sku: &products::Sku) -> Option<String> {
        let of = |level, id: Id| self.by_thing.get(&(level, id.0)).cloned();
        of(Level::Sku, sku.id).or_else(|| of(Level::Style, sku.style_id))
    }
}

/// All links that take a page's place.
///
/// # Errors
/// When the store does.
pub fn defaults(db: &mut Db) -> Result<Defaults> {
    let rows: Vec<(String, i64, String)> = each!(db, |c| link::table
        .filter(link::is_default.eq(true).and(link::level.ne(Level::Garment.as_str())))
        .select((link::level, link::subject_id, link::href))
        .load(c))?;
    let some: Vec<i64> = each!(db, |c| link::table
        .filter(link::is_default.eq(true).and(link::level.eq(Level::Garment.as_str())))
        .order(link::id)
        .limit(1)
        .select(link::id)
        .load(c))?;
    let by_thing = rows.into_iter().filter_map(|(level, subject, href)| Some(((Level::of(&level)?, subject), href))).collect();
    Ok(Defaults { by_thing, some_garment: !some.is_empty() })
}

/// The id of what a link is to hang on.
fn subject(db: &mut Db, keyring: &Keyring, level: Level, code: &str, gtin: Option<&str>) -> Result<i64> {
    let found = match level {
        Level::Style => products::style_by_code(db, code)?.map(|style| style.id.0),
        Level::Sku => products::sku_by_code(db, code)?.map(|sku| sku.id.0),
        Level::Lot => materials::lot_called(db, code, None)?.map(|lot| lot.id.0),
        Level::Batch => batches::batch_by_code(db, code)?.map(|batch| batch.no.0),
        Level::Garment => serials::find(db, keyring, &Scanned::read("code", code, gtin)?)?.map(|garment| garment.0),
    };
    found.ok_or_else(|| Fault::new("code", Code::UnknownReference).with("value", code).into())
}

/// What people call the thing a link hangs on.
fn name_of(db: &mut Db, keyring: &Keyring, level: Level, subject: i64) -> Result<String> {
    Ok(match level {
        Level::Style => products::style(db, Id(subject))?.map(|style| style.code),
        Level::Sku => products::sku(db, Id(subject))?.map(|sku| sku.code),
        Level::Lot => match materials::lot(db, Id(subject))? {
            Some(lot) => materials::names(db, [(lot.id, lot.code.as_str(), lot.party_id)])?.remove(&lot.id),
            None => None,
        },
        Level::Batch => batches::batch(db, BatchNo(subject))?.map(|batch| batch.code),
        Level::Garment => batches::serial_of(db, keyring, GarmentId(subject))?.map(|of| of.serial),
    }
    .unwrap_or_default())
}

/// Attaches a link.
///
/// # Errors
/// [`Code::Invalid`] with every wrong field; [`Code::Duplicate`] when the same link is there, or the thing has a default link already.
pub fn attach(db: &mut Db, stamp: &Stamp, keyring: &Keyring, new: &NewLink) -> Result<LinkView> {
    let Checked { level, kind, href, title, hreflang, media_type, context } = rules::check(new)?;
    let subject = subject(db, keyring, level, new.code.trim(), new.gtin.as_deref())?;
    let there = attached(db, level, subject)?;
    let same = |other: &Attached| {
        other.kind == kind
            && other.offer.href == href
            && other.offer.media_type == media_type
            && other.offer.hreflang.concat() == hreflang
            && other.offer.context.concat() == context
    };
    if there.iter().any(same) {
        return Err(taken("href"));
    }
    if new.is_default && there.iter().any(|other| other.is_default) {
        return Err(taken("is_default"));
    }
    let id = stamp.id();
    each!(db, |c| diesel::insert_into(link::table)
        .values((
            link::id.eq(id.0),
            link::level.eq(level.as_str()),
            link::subject_id.eq(subject),
            link::link_type.eq(kind.curie()),
            link::href.eq(&href),
            link::title.eq(&title),
            link::hreflang.eq(&hreflang),
            link::media_type.eq(&media_type),
            link::context.eq(&context),
            link::is_default.eq(new.is_default),
            link::created_by.eq(&stamp.actor),
            link::created_at.eq(stamp.at),
        ))
        .execute(c))?;
    let body = serde_json::json!({ "level": level.as_str(), "subject": subject.to_string(), "type": kind.curie(), "href": href, "default": new.is_default });
    events::append(db, stamp, EventKind::LinkSaved, Subject::Thing("link", id.0), &body)?;
    events::bump(db, HELD)?;
    view(db, keyring, id)
}

fn taken(field: &'static str) -> Error {
    Refusal { code: Code::Duplicate, args: vec![("field", field.into())], faults: vec![Fault::new(field, Code::Duplicate)] }.into()
}

/// One link.
///
/// # Errors
/// [`Code::NotFound`].
pub fn view(db: &mut Db, keyring: &Keyring, id: Id) -> Result<LinkView> {
    let rows: Vec<Row> = each!(db, |c| link::table.filter(link::id.eq(id.0)).select(Row::as_select()).load(c))?;
    let mut views = views(db, keyring, rows)?;
    views.pop().ok_or_else(|| Code::NotFound.into())
}

fn views(db: &mut Db, keyring: &Keyring, rows: Vec<Row>) -> Result<Vec<LinkView>> {
    let mut names: HashMap<(Level, i64), String> = HashMap::new();
    rows.into_iter()
        .map(|row| {
            let level = Level::of(&row.level).ok_or_else(|| Error::broken(format!("link {} has level {}", row.id, row.level)))?;
            let code = match names.get(&(level, row.subject_id)) {
                Some(code) => code.clone(),
                None => {
                    let code = name_of(db, keyring, level, row.subject_id)?;
                    names.insert((level, row.subject_id), code.clone());
                    code
                }
            };
            let Row { id, level, link_type, href, title, hreflang, media_type, context, is_default, created_at, subject_id: _ } = row;
            Ok(LinkView { id: Id(id), level, code, link_type, href, title, hreflang, media_type, context, is_default, created_at })
        })
        .collect()
}

/// Links in the order they were attached; of one thing, or of one level, or all.
///
/// # Errors
/// [`Code::NotOneOf`] for a level nobody knows, [`Code::UnknownReference`] for a code of nothing.
pub fn list(
    db: &mut Db,
    keyring: &Keyring,
    level: Option<&str>,
    code: Option<&str>,
    gtin: Option<&str>,
    ask: &PageAsk,
) -> Result<Page<LinkView>> {
    let unknown = |level: &str| Error::from(Fault::new("level", Code::NotOneOf).with("value", level).with("allowed", Level::allowed()));
    let level = level.map(|level| Level::of(level).ok_or_else(|| unknown(level))).transpose()?;
    let subject = match (level, code) {
        (Some(level), Some(code)) => Some(subject(db, keyring, level, code, gtin)?),
        (None, Some(_)) => return Err(Fault::new("level", Code::Missing).into()),
        _ => None,
    };
    let after = ask.key()?.map(|key| key.parse::<Id>()).transpose()?.map_or(i64::MIN, |id| id.0);
    let limit = ask.limit();
    let rows: Vec<Row> = each!(db, |c| {
        let mut query = link::table.filter(link::id.gt(after)).order(link::id).limit(limit + 1).select(Row::as_select()).into_boxed();
        if let Some(level) = level {
            query = query.filter(link::level.eq(level.as_str()));
        }
        if let Some(subject) = subject {
            query = query.filter(link::subject_id.eq(subject));
        }
        query.load(c)
    })?;
    Ok(Page::new(views(db, keyring, rows)?, limit, |view: &LinkView| view.id.to_string()))
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
    events::bump(db, HELD)
}
