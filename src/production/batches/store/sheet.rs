//! Batches as lists, documents, forms and files have them: with their sku, their factory and their lots by name.

use std::collections::{HashMap, HashSet};
use std::ops::Deref;

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::batches::{KEYS, SUBJECT, batch_by_code, batches, last_no, next_no, replace_lots};
use crate::kernel::event::EventKind;
use crate::kernel::money::shortest_decimal;
use crate::kernel::text::{Both, Lang, folded, grouped};
use crate::kernel::{BatchNo, Code, Error, Fault, Id, Refusal, Result};
use crate::platform::db::Db;
use crate::platform::db::schema::{batch, batch_lot, batch_void, lot, party, sku, style};
use crate::platform::db::search::{anywhere, lower};
use crate::platform::events::Stamp;
use crate::platform::http::perm::{Permission, ProductionEdit, ProductionRead};
use crate::platform::http::{query_escape, segment};
use crate::platform::rooms::{Act, Fields, ListQuery, ListWindow, Listing, Panel, Sees, Thing, href, saved, seen};
use crate::production::batches::rules::{self, GUARDS, units_text};
use crate::production::batches::{Batch, BatchLot, FIELDS, Origin};
use crate::production::corrections::{self, Correctable, Standing};
use crate::production::materials::{self, LotName, LotSheet};
use crate::production::{parties, skus};
use crate::{each, keyset};

/// A batch, and what else is said and shown of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BatchSheet {
    /// Its number as an id.
    pub id: Id,
    /// The batch.
    #[serde(flatten)]
    pub batch: Batch,
    /// Code of what is sewn.
    pub sku: String,
    /// The name of its style.
    pub style_name: Both,
    /// Its colour.
    pub colour: Both,
    /// Its size.
    pub size: String,
    /// Its GTIN now; a batch minted before may have another.
    pub gtin: Option<String>,
    /// Code of who sews.
    pub factory: String,
    /// Name of who sews.
    pub factory_name: Both,
    /// Serials that are void.
    pub void: i64,
    /// The lots it is made of, by component.
    pub lots: Vec<LotUse>,
}

impl Deref for BatchSheet {
    type Target = Batch;

    fn deref(&self) -> &Batch {
        &self.batch
    }
}

/// A lot that goes into a component.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LotUse {
    /// The component: `shell`, `lining`, `buttons`.
    pub component: String,
    /// The lot: its code; `code@supplier` where several suppliers use it.
    pub lot: String,
    /// Units made of it, counted from 1 with both ends: `501-1000`, `501-` or `7`. Absent: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub units: Option<String>,
    /// How much went in, in thousandths of the lot's unit.
    pub quantity_milli: Option<i64>,
    /// What is shown of the lot, of a batch that was looked up.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub of: Option<UsedLot>,
    /// The lot, once it has been looked up.
    #[serde(skip)]
    pub id: Id,
}

/// What is shown of a lot in a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedLot {
    /// What it is.
    pub material: Both,
    /// Its dye lot, or empty.
    pub dye_lot: String,
    /// Its supplier's code.
    pub supplier: String,
    /// Its supplier's name.
    pub supplier_name: Both,
    /// Its unit.
    pub unit: String,
}

/// A batch with the factory, the sku, the style and how many of its serials are void.
type Joined = (Batch, (String, String, String), (String, String, String, String, Option<String>), (String, String), Option<i64>);

fn sheet_of(joined: Joined, lots: &mut HashMap<BatchNo, Vec<LotUse>>) -> BatchSheet {
    let (batch, (factory, zh, en), (sku, colour_zh, colour_en, size, gtin), (name_zh, name_en), void) = joined;
    BatchSheet {
        id: Id(batch.no.0),
        lots: lots.remove(&batch.no).unwrap_or_default(),
        batch,
        sku,
        style_name: Both { zh: name_zh, en: name_en },
        colour: Both { zh: colour_zh, en: colour_en },
        size,
        gtin,
        factory,
        factory_name: Both { zh, en },
        void: void.unwrap_or_default(),
    }
}

/// The batches of rows, with the lots that the asker may know of.
fn sheets(db: &mut Db, rows: Vec<Joined>, sees: Sees) -> Result<Vec<BatchSheet>> {
    let mut lots = uses(db, &rows.iter().map(|(batch, ..)| batch.no).collect::<Vec<_>>(), sees)?;
    Ok(rows.into_iter().map(|row| sheet_of(row, &mut lots)).collect())
}

/// The lots of batches by component.
fn uses(db: &mut Db, numbers: &[BatchNo], sees: Sees) -> Result<HashMap<BatchNo, Vec<LotUse>>> {
    type Used = ((BatchNo, String, i64, i64, Option<i64>), (Id, String, String, String, String, String), (Id, String, String, String));
    let mut uses: HashMap<BatchNo, Vec<LotUse>> = HashMap::new();
    for chunk in numbers.chunks(KEYS) {
        let mut rows: Vec<Used> = each!(db, |c| batch_lot::table
            .inner_join(lot::table.on(lot::id.eq(batch_lot::lot_id)))
            .inner_join(party::table.on(party::id.eq(lot::party_id)))
            .filter(batch_lot::batch_no.eq_any(chunk))
            .order((batch_lot::component, batch_lot::unit_from, lot::code))
            .select((
                (batch_lot::batch_no, batch_lot::component, batch_lot::unit_from, batch_lot::unit_to, batch_lot::quantity_milli),
                (lot::id, lot::code, lot::material_zh, lot::material_en, lot::dye_lot, lot::unit),
                (party::id, party::code, party::name_zh, party::name_en),
            ))
            .load(c))?;
        rows.retain(|(.., (party, ..))| sees.is_of(*party));
        let names = materials::names(db, rows.iter().map(|(_, (id, code, ..), (party, ..))| (*id, code.as_str(), *party)))?;
        for ((no, component, from, to, quantity_milli), (id, lot, zh, en, dye_lot, unit), (_, supplier, name_zh, name_en)) in rows {
            let (material, supplier_name) = (Both { zh, en }, Both { zh: name_zh, en: name_en });
            uses.entry(no).or_default().push(LotUse {
                component,
                lot: names.get(&id).cloned().unwrap_or(lot),
                units: Some(units_text(&(from..to))).filter(|text| !text.is_empty()),
                quantity_milli,
                of: Some(UsedLot { material, dye_lot, supplier, supplier_name, unit }),
                id,
            });
        }
    }
    Ok(uses)
}

/// Batches joined with what they name, as a boxed query.
macro_rules! joined {
    () => {
        batch::table
            .inner_join(party::table.on(party::id.eq(batch::factory_id)))
            .inner_join(sku::table.on(sku::id.eq(batch::sku_id)))
            .inner_join(style::table.on(style::id.eq(sku::style_id)))
            .left_join(batch_void::table.on(batch_void::batch_no.eq(batch::no)))
            .select((
                Batch::as_select(),
                (party::code, party::name_zh, party::name_en),
                (sku::code, sku::colour_zh, sku::colour_en, sku::size, sku::gtin),
                (style::name_zh, style::name_en),
                batch_void::voided.nullable(),
            ))
            .into_boxed()
    };
}

/// The numbers of the batches that lots of a party went into.
macro_rules! of_lots_from {
    ($party:expr) => {
        batch_lot::table
            .inner_join(lot::table.on(lot::id.eq(batch_lot::lot_id)))
            .filter(lot::party_id.eq($party))
            .select(batch_lot::batch_no)
    };
}

impl Listing for BatchSheet {
    const FIELDS: &'static Fields = &FIELDS;
    const API: &'static str = "batches";
    const SCHEMA: &'static str = "Batch";
    const LAST_FIRST: bool = true;
    type Read = ProductionRead;

    fn key(&self) -> String {
        self.code.clone()
    }

    fn href(&self) -> String {
        href::<Self>(&self.code)
    }

    fn acts() -> Vec<(&'static str, String, Permission)> {
        vec![
            ("batches-add", "/batches/new".to_owned(), Permission::ProductionEdit),
            ("import-from-file", "/imports?table=batches".to_owned(), Permission::ProductionEdit),
        ]
    }

    fn list(db: &mut Db, query: &ListQuery, sees: Sees, window: &ListWindow) -> Result<Vec<Self>> {
        let (pattern, key) = (anywhere(&query.q), anywhere(&folded(&query.q)));
        let rows: Vec<Joined> = each!(db, |c| {
            let mut batches = joined!();
            if let Some(party) = sees.party() {
                batches = batches.filter(batch::factory_id.eq(party).or(batch::no.eq_any(of_lots_from!(party))));
            }
            if let Some(factory) = query.filter("factory") {
                batches = batches.filter(party::code_key.eq(folded(factory)));
            }
            if let Some(sku) = query.filter("sku") {
                batches = batches.filter(sku::code_key.eq(folded(sku)));
            }
            if let Some(status) = query.filter("status") {
                batches = batches.filter(batch::status.eq(status));
            }
            if !query.q.is_empty() {
                batches = batches.filter(
                    batch::code_key
                        .like(&key)
                        .escape('\\')
                        .or(sku::code_key.like(&key).escape('\\'))
                        .or(lower(style::name_zh).like(&pattern).escape('\\'))
                        .or(lower(style::name_en).like(&pattern).escape('\\'))
                        .or(lower(batch::line).like(&pattern).escape('\\')),
                );
            }
            keyset!(c, batches, batch::code, window)
        })?;
        sheets(db, rows, sees)
    }
}

impl Thing for BatchSheet {
    const SUBJECT: &'static str = SUBJECT;
    const SAVED: EventKind = EventKind::BatchSaved;
    type Edit = ProductionEdit;

    fn id(&self) -> Id {
        self.id
    }

    fn code(&self) -> &str {
        &self.batch.code
    }

    fn version(&self) -> i64 {
        self.batch.version
    }

    fn title(&self, lang: Lang) -> String {
        let parts = [self.style_name.get(lang), self.colour.get(lang), self.size.as_str()];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(lang.of("，", ", "))
    }

    fn is_seen(&self, sees: Sees) -> bool {
        sees.is_of(self.factory_id)
    }

    fn with_codes(db: &mut Db, codes: &[&str]) -> Result<Vec<Self>> {
        let mut found = Vec::with_capacity(codes.len());
        for chunk in codes.chunks(KEYS) {
            let keys: Vec<String> = chunk.iter().map(|code| folded(code)).collect();
            let rows: Vec<Joined> = each!(db, |c| joined!().filter(batch::code_key.eq_any(&keys)).load(c))?;
            found.extend(sheets(db, rows, Sees::ALL)?);
        }
        Ok(found)
    }

    fn find(db: &mut Db, code: &str, sees: Sees) -> Result<Option<Self>> {
        let rows: Vec<Joined> = each!(db, |c| {
            let mut batches = joined!().filter(batch::code_key.eq(folded(code)));
            if let Some(party) = sees.party() {
                batches = batches.filter(batch::factory_id.eq(party).or(batch::no.eq_any(of_lots_from!(party))));
            }
            batches.load(c)
        })?;
        Ok(sheets(db, rows, sees)?.pop())
    }

    fn resolved(mut self, db: &mut Db) -> Result<Self> {
        let units = rules::check(&mut self)?;
        let mut faults = Vec::new();
        let mut unknown = |field: &'static str, code: &str| faults.push(Fault::new(field, Code::UnknownReference).with("value", code));
        match skus::by_code(db, &self.sku)? {
            Some(sku) => (self.batch.sku_id, self.sku) = (sku.id, sku.code),
            None => unknown("sku", &self.sku),
        }
        match parties::by_code(db, &self.factory)? {
            Some(party) => (self.batch.factory_id, self.factory) = (party.id, party.code),
            None => unknown("factory", &self.factory),
        }
        let asked = self.lots.iter().map(|used| LotName::read("lot", &used.lot)).collect::<Result<Vec<_>, Fault>>()?;
        let known = materials::lots_called(db, &asked, None)?;
        let mut found = Vec::with_capacity(asked.len());
        for (place, name) in asked.iter().enumerate() {
            match known.get("lot", name) {
                Ok(lot) => found.push(lot),
                Err(fault) => faults.push(Fault { field: format!("lots.{place}.lot").into(), ..fault }),
            }
        }
        Refusal::unless_empty(faults)?;
        let names = materials::names(db, found.iter().map(|lot| (lot.id, lot.code.as_str(), lot.party_id)))?;
        for (used, lot) in self.lots.iter_mut().zip(found) {
            used.id = lot.id;
            if let Some(name) = names.get(&lot.id) {
                used.lot.clone_from(name);
            }
        }
        Refusal::unless_empty(rules::twice(&self.lots, &units))?;
        Ok(self)
    }

    fn write(mut self, db: &mut Db, stamp: &Stamp, before: Option<&Self>) -> Result<Self> {
        let taken = batch_by_code(db, &self.code)?.is_some_and(|other| before.is_none_or(|before| before.no != other.no));
        if taken {
            let fault = Fault::new("code", Code::Duplicate).with("field", "code").with("value", &self.code);
            return Err(Refusal { code: Code::Duplicate, args: vec![("field", "code".into())], faults: vec![fault] }.into());
        }
        self.batch.code_key = folded(&self.batch.code);
        let row = match before {
            None => {
                let given = Some(self.batch.no).filter(|no| *no != BatchNo::default());
                let no = given.map_or_else(|| next_no(db), Ok)?;
                let row = Batch { no, minted: 0, created_at: stamp.at, version: 1, ..self.batch };
                match each!(db, |c| diesel::insert_into(batch::table).values(&row).execute(c)).map_err(Error::from) {
                    // The code was free a moment ago in this very write: another writer took the number. Run again, and the reader sees it.
                    Err(Error::Refused(refusal)) if refusal.code == Code::Duplicate => {
                        return Err(given.map_or(Error::Retry, |no| number_taken(no).into()));
                    }
                    inserted => inserted?,
                };
                row
            }
            Some(BatchSheet { batch: before, .. }) => {
                let (version, created_at) = (before.version + 1, before.created_at);
                let Batch { no, minted, minted_gtin, minted_epoch, minted_at, .. } = before.clone();
                let row = Batch { no, minted, minted_gtin, minted_epoch, minted_at, created_at, version, ..self.batch };
                let as_read = batch::table.filter(batch::no.eq(before.no).and(batch::version.eq(before.version)));
                if each!(db, |c| diesel::update(as_read).set(&row).execute(c))? == 0 {
                    return Err(Code::Stale.into());
                }
                row
            }
        };
        let used = |used: LotUse| -> Result<BatchLot, Fault> {
            let units = rules::read_units("units", used.units.as_deref().unwrap_or_default())?;
            Ok(BatchLot { batch: row.no, component: used.component, lot: used.id, units, quantity_milli: used.quantity_milli })
        };
        let lots = self.lots.into_iter().map(used).collect::<Result<Vec<_>, _>>()?;
        replace_lots(db, row.no, &lots)?;
        db.bump("genealogy")?;
        seen(db, &row.code, Sees::ALL)
    }

    fn faults_of(db: &mut Db, stamp: &Stamp, edits: &[(Self, Option<&Self>)]) -> Result<Vec<Vec<Fault>>> {
        let mut all = corrections::held(db, edits)?;
        let numbers: Vec<BatchNo> = edits.iter().filter(|(_, before)| before.is_none()).map(|(batch, _)| batch.no).collect();
        let taken: HashSet<BatchNo> = batches(db, &numbers)?.into_iter().map(|batch| batch.no).collect();
        let factories: Vec<_> =
            edits.iter().map(|(batch, before)| (Some(batch.factory_id), before.map(|before| before.factory_id))).collect();
        let closed = parties::newly_closed(db, stamp, "factory", &factories)?;
        let finished = edits.iter().filter(|(batch, _)| batch.finished_on.is_some());
        let lots: HashSet<Id> = finished.flat_map(|(batch, _)| &batch.lots).map(|used| used.id).collect();
        let lots = materials::lots(db, &lots.into_iter().collect::<Vec<_>>())?.into_iter().map(|lot| (lot.id, lot)).collect();
        let last = last_no(db)?;
        for (((batch, before), faults), closed) in edits.iter().zip(&mut all).zip(closed) {
            faults.extend(closed);
            faults.extend(rules::too_far_ahead(*before, batch, stamp.at));
            faults.extend(rules::came_late(*before, batch, &lots));
            match before {
                Some(before) => {
                    faults.extend(rules::impossible(before, batch));
                    // What garments are made of is told to whoever has them: once sold, it is added to by a correction.
                    let sold = corrections::sold_in(db, before.no, &rules::newly_of(before, batch)?)?;
                    faults.extend((sold > 0).then(|| corrections::fixed("lots", "sold", sold)));
                }
                None => {
                    faults.extend(taken.get(&batch.no).map(|no| number_taken(*no)));
                    faults.extend(rules::too_far(batch.no, last));
                }
            }
        }
        Ok(all)
    }

    /// Its lots of which more is recorded as used, here and elsewhere, than there is.
    fn panels(&self, db: &mut Db) -> Result<Vec<Panel>> {
        let ids: HashSet<Id> = self.lots.iter().map(|used| used.id).collect();
        let mut facts = Vec::new();
        for lot in materials::lots(db, &ids.into_iter().collect::<Vec<_>>())? {
            let used = corrections::used_milli(db, lot.id)?;
            let Some(named) = self.lots.iter().find(|used| used.id == lot.id).filter(|_| used > lot.quantity_milli) else { continue };
            let amount = |milli| grouped(shortest_decimal(milli, 3));
            let said = format!("{}: {} / {} {}", named.lot, amount(used), amount(lot.quantity_milli), lot.unit);
            facts.push(("batches-overdrawn-lot", said, href::<LotSheet>(&named.lot)));
        }
        facts.sort();
        Ok(if facts.is_empty() { Vec::new() } else { vec![Panel { key: "batches-overdrawn", facts }] })
    }

    fn acts(&self) -> Vec<Act> {
        let (code, in_path) = (query_escape(&self.code), segment(&self.code));
        let labels = Act::get("batches-labels", format!("/labels?batch={code}"), Permission::LabelsRead);
        let of_ours = Some(labels).filter(|_| self.origin == Origin::Own);
        of_ours
            .into_iter()
            .chain([
                Act::get("batches-trace", format!("/trace/batch/{in_path}"), Permission::TraceRead),
                Act::get("findings-title", format!("/findings?batch={code}"), Permission::FindingsRead),
                Act::get("correct", format!("{}/correct", self.href()), Permission::ProductionEdit).brand_only(),
            ])
            .collect()
    }
}

impl Correctable for BatchSheet {
    const GUARDS: &'static [corrections::Guard<Self>] = GUARDS;
    const CORRECTED: EventKind = EventKind::BatchCorrected;

    fn standing(db: &mut Db, ids: &[Id]) -> Result<HashMap<Id, Standing>> {
        let numbers: Vec<BatchNo> = ids.iter().map(|id| BatchNo(id.0)).collect();
        Ok(corrections::of_batches(db, &numbers)?.into_iter().map(|(no, standing)| (Id(no.0), standing)).collect())
    }
}

fn number_taken(no: BatchNo) -> Fault {
    Fault::new("number", Code::Duplicate).with("field", "number").with("value", no.0)
}

/// Makes a batch, under the next number.
///
/// # Errors
/// [`Code::Invalid`] with what is wrong; [`Code::Duplicate`] for a code that is taken; [`Code::OutOfRange`] when all numbers are used.
pub fn create(db: &mut Db, stamp: &Stamp, batch: BatchSheet) -> Result<BatchSheet> {
    saved(batch, db, stamp, None)
}
