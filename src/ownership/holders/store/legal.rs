//! Legal holds: garments of which nothing is erased while it may matter before a court.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::{LEGAL_HOLD_FIELDS, NEW_LEGAL_HOLD};
use super::{contact, live};
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::text::Lang;
use crate::kernel::{Code, Error, GarmentId, Id, Refusal, Result, parsed};
use crate::platform::db::search::{anywhere, lower};
use crate::platform::db::{Db, in_chunks};
use crate::platform::events::{self, Fact, Stamp};
use crate::platform::http::perm::{LiabilityEdit, LiabilityRead, Permission};
use crate::platform::http::segment;
use crate::platform::rooms::{Act, BrandOnly, Fields, ListQuery, ListWindow, Listing, Sees, Thing};
use crate::platform::state::AppState;
use crate::production::serials::{self, Scanned};
use crate::{each, keyset};

diesel::table! {
    legal_hold (id) {
        id -> BigInt,
        garment_id -> BigInt,
        reason -> Text,
        set_by -> Text,
        set_at -> Timestamp,
        lifted_by -> Nullable<Text>,
        lifted_at -> Nullable<Timestamp>,
        lifted_why -> Text,
    }
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = legal_hold, treat_none_as_default_value = false)]
struct LegalHoldRow {
    id: Id,
    garment_id: GarmentId,
    reason: String,
    set_by: String,
    set_at: NaiveDateTime,
    lifted_by: Option<String>,
    lifted_at: Option<NaiveDateTime>,
    lifted_why: String,
}

/// A legal hold as it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegalHold {
    /// What its address ends with.
    pub code: String,
    #[serde(skip)]
    garment: GarmentId,
    /// The garment's serial.
    pub serial: String,
    /// Why.
    pub reason: String,
    /// Who set it.
    pub set_by: String,
    /// When, UTC.
    pub set_at: NaiveDateTime,
    /// Who lifted it; empty while it holds.
    pub lifted_by: String,
    /// When, UTC.
    pub lifted_at: Option<NaiveDateTime>,
    /// Why.
    pub lifted_why: String,
}

fn read(row: LegalHoldRow) -> LegalHold {
    LegalHold {
        code: row.id.to_string(),
        garment: row.garment_id,
        serial: String::new(),
        reason: row.reason,
        set_by: row.set_by,
        set_at: row.set_at,
        lifted_by: row.lifted_by.unwrap_or_default(),
        lifted_at: row.lifted_at,
        lifted_why: row.lifted_why,
    }
}

/// Whether any of these garments is held.
pub fn is_legally_held(db: &mut Db, garments: &[GarmentId]) -> Result<bool> {
    let held: Vec<GarmentId> = in_chunks(garments, |garments| {
        each!(db, |c| legal_hold::table
            .filter(legal_hold::garment_id.eq_any(garments).and(legal_hold::lifted_at.is_null()))
            .select(legal_hold::garment_id)
            .load(c))
    })?;
    Ok(!held.is_empty())
}

/// Refuses an erasure that a legal hold stops.
///
/// # Errors
/// [`Code::WrongState`] where one of these garments is held.
pub fn may_erase(db: &mut Db, garments: &[GarmentId]) -> Result<()> {
    if is_legally_held(db, garments)? { Err(Refusal::new(Code::WrongState).with("state", "legal-hold").into()) } else { Ok(()) }
}

/// Lifts a hold. What should have been erased in the meantime because its holding ended is erased now.
///
/// # Errors
/// [`Code::NeedsAnother`] for whoever set it; [`Code::WrongState`] for one that was lifted.
pub fn lift(db: &mut Db, stamp: &Stamp, hold: &LegalHold, why: &str) -> Result<()> {
    if hold.set_by == stamp.actor {
        return Err(Refusal::new(Code::NeedsAnother).with("who", "author").into());
    }
    let row = legal_hold::table.filter(legal_hold::id.eq(hold.id()).and(legal_hold::lifted_at.is_null()));
    let set = (legal_hold::lifted_by.eq(&stamp.actor), legal_hold::lifted_at.eq(stamp.at), legal_hold::lifted_why.eq(why));
    if each!(db, |c| diesel::update(row).set(set).execute(c))? == 0 {
        return Err(Refusal::new(Code::WrongState).with("state", "lifted").into());
    }
    let now = live(db, hold.garment)?.map(|holder| holder.seq);
    contact::erase_former(db, stamp, hold.garment, now)?;
    events::append(db, stamp, EventKind::LegalHoldLifted, Subject::Garment(hold.garment.0), &json!({ "reason": why }))
}

impl Listing for LegalHold {
    const FIELDS: &'static Fields = &LEGAL_HOLD_FIELDS;
    const API: &'static str = "legal-holds";
    const SCHEMA: &'static str = "LegalHold";
    type Read = BrandOnly<LiabilityRead>;

    fn key(&self) -> String {
        self.code.clone()
    }

    fn acts() -> Vec<(&'static str, String, Permission)> {
        vec![("legal-holds-new", "/legal-holds/new".to_owned(), Permission::LiabilityEdit)]
    }

    fn list(db: &mut Db, query: &ListQuery, _sees: Sees, window: &ListWindow) -> Result<Vec<Self>> {
        let window = window.of_ids()?;
        let rows: Vec<LegalHoldRow> = each!(db, |c| {
            let mut all = legal_hold::table.select(LegalHoldRow::as_select()).into_boxed();
            if !query.q.is_empty() {
                all = all.filter(lower(legal_hold::reason).like(anywhere(&query.q)).escape('\\'));
            }
            keyset!(c, all, newest legal_hold::id, window)
        })?;
        Ok(rows.into_iter().map(read).collect())
    }

    fn named(db: &mut Db, app: &AppState, rows: Vec<Self>) -> Result<Vec<Self>> {
        let serials = serials::serials_of(db, &app.keys.serials, &rows.iter().map(|row| row.garment).collect::<Vec<_>>())?;
        Ok(rows.into_iter().map(|row| Self { serial: serials.get(&row.garment).cloned().unwrap_or_default(), ..row }).collect())
    }
}

impl Thing for LegalHold {
    const SUBJECT: &'static str = "legal_hold";
    const SAVED: EventKind = EventKind::LegalHoldSet;
    const NEW: &'static Fields = &NEW_LEGAL_HOLD;
    const CHANGE: &'static Fields = &Fields::NONE;
    type Edit = LiabilityEdit;

    fn id(&self) -> Id {
        parsed(&self.code).unwrap_or_default()
    }

    fn code(&self) -> &str {
        &self.code
    }

    fn title(&self, _: Lang) -> String {
        self.serial.clone()
    }

    fn with_codes(db: &mut Db, codes: &[&str]) -> Result<Vec<Self>> {
        let ids = Id::of_codes(codes)?;
        let rows: Vec<LegalHoldRow> = in_chunks(&ids, |ids| {
            each!(db, |c| legal_hold::table.filter(legal_hold::id.eq_any(ids)).select(LegalHoldRow::as_select()).load(c))
        })?;
        Ok(rows.into_iter().map(read).collect())
    }

    fn make(self, db: &mut Db, stamp: &Stamp, app: &AppState, _secret: &str) -> Result<Self> {
        let scanned = Scanned::read("serial", &self.serial, None)?;
        let found = serials::garment(db, &app.keys.serials, &scanned);
        let garment = found.map_err(|error| Error::from(crate::kernel::faults::at("serial", &error)))?;
        if is_legally_held(db, &[garment])? {
            return Err(Refusal::new(Code::Duplicate).with("field", "serial").into());
        }
        let row = LegalHoldRow {
            id: stamp.id(),
            garment_id: garment,
            reason: self.reason,
            set_by: stamp.actor.clone(),
            set_at: stamp.at,
            lifted_by: None,
            lifted_at: None,
            lifted_why: String::new(),
        };
        each!(db, |c| diesel::insert_into(legal_hold::table).values(&row).execute(c))?;
        events::append(db, stamp, EventKind::LegalHoldSet, Subject::Garment(garment.0), &json!({ "reason": row.reason }))?;
        Ok(read(row))
    }

    /// Holds are made by [`Thing::make`] and lifted.
    fn write(self, _db: &mut Db, _stamp: &Stamp, _before: Option<&Self>) -> Result<Self> {
        Err(Code::MethodNotAllowed.into())
    }

    /// What happened stands in the garment's own history.
    fn history(&self, _db: &mut Db) -> Result<Vec<Fact>> {
        Ok(Vec::new())
    }

    fn acts(&self) -> Vec<Act> {
        let href = |verb: &str| format!("/legal-holds/{}/{verb}", segment(&self.code));
        let file = Act::get("legal-holds-file", href("file"), Permission::LiabilityEdit).about("legal-holds-file-about").brand_only();
        let lift = Act::get("legal-holds-lift", href("lift"), Permission::LiabilityEdit).grave().brand_only();
        if self.lifted_by.is_empty() { vec![file, lift] } else { vec![file] }
    }
}

impl LegalHold {
    /// The garment it holds.
    pub fn garment(&self) -> GarmentId {
        self.garment
    }
}
