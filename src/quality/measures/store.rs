//! Every query on measures.

use std::collections::HashSet;
use std::ops::Range;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::dsl::count_star;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::rules::{MEASURE_MACHINE, MeasureEffect, stretches};
use super::{CHANGE, CheckedSaid, FIELDS, ImplementSaid, MeasureKind, MeasureOrigin, MeasureState, NEW, PlanSaid};
use crate::aftersales::cases;
use crate::inspection::{defects, findings};
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::machine::refused_in;
use crate::kernel::text::Lang;
use crate::kernel::{Code, Fault, GarmentId, Id, Refusal, Result, saturating};
use crate::ownership::sales;
use crate::platform::db::Db;
use crate::platform::db::schema::sale;
use crate::platform::db::search::{anywhere, lower};
use crate::platform::events::{self, Stamp};
use crate::platform::http::perm::{Permission, RecallEdit, TraceRead};
use crate::platform::http::segment;
use crate::platform::rooms::{Act, Acting, BrandOnly, Fields, ListQuery, ListWindow, Listing, Panel, Sees, Thing};
use crate::platform::state::AppState;
use crate::production::materials;
use crate::quality::{liability, recalls};
use crate::staff::accounts;
use crate::{each, keyset, save_row, step, text_column};

text_column!(MeasureKind, MeasureOrigin, MeasureState);

diesel::table! {
    quality_measure (id) {
        id -> BigInt,
        code -> Text,
        title -> Text,
        kind -> Text,
        origin -> Text,
        origin_ref -> Text,
        defect_code -> Text,
        lot_id -> Nullable<BigInt>,
        owner -> Text,
        due_on -> Date,
        whys -> Text,
        action -> Text,
        state -> Text,
        implemented_on -> Nullable<Date>,
        check_on -> Nullable<Date>,
        checked_on -> Nullable<Date>,
        checked_by -> Text,
        before_sold -> Nullable<BigInt>,
        before_claims -> Nullable<BigInt>,
        after_sold -> Nullable<BigInt>,
        after_claims -> Nullable<BigInt>,
        note -> Text,
        created_by -> Text,
        created_at -> Timestamp,
        version -> BigInt,
    }
}

/// A measure as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = quality_measure, treat_none_as_null = true)]
#[serde(default)]
pub struct MeasureRow {
    /// Its id.
    pub id: Id,
    /// What people call it.
    pub code: String,
    /// What it is about, in one line.
    pub title: String,
    /// What it is for.
    pub kind: MeasureKind,
    /// What it comes of.
    pub origin: MeasureOrigin,
    /// Which of these.
    pub origin_ref: String,
    /// The defect that must not come back.
    pub defect_code: String,
    /// The lot behind it.
    #[serde(skip)]
    pub lot_id: Option<Id>,
    /// Who sees to it: the name they sign in with.
    pub owner: String,
    /// By when.
    pub due_on: NaiveDate,
    /// Why it happened, or empty.
    pub whys: String,
    /// What is to change, or empty.
    pub action: String,
    /// Where it stands.
    pub state: MeasureState,
    /// Since when it is changed.
    pub implemented_on: Option<NaiveDate>,
    /// From when on it is checked.
    pub check_on: Option<NaiveDate>,
    /// When it was checked.
    pub checked_on: Option<NaiveDate>,
    /// By whom, or empty.
    pub checked_by: String,
    /// Garments sold before the change.
    pub before_sold: Option<i64>,
    /// Of these, with a confirmed claim.
    pub before_claims: Option<i64>,
    /// Garments sold after it.
    pub after_sold: Option<i64>,
    /// Of these, with a confirmed claim.
    pub after_claims: Option<i64>,
    /// What was last said of it, or empty.
    pub note: String,
    /// Who brought it up.
    pub created_by: String,
    /// When, UTC.
    #[serde(skip)]
    pub created_at: NaiveDateTime,
    /// Grows with every change.
    pub version: i64,
}

/// A measure.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Measure {
    /// As it is stored.
    #[serde(flatten)]
    pub row: MeasureRow,
    /// The lot as people write it.
    pub lot: Option<String>,
}

impl From<MeasureRow> for Measure {
    fn from(row: MeasureRow) -> Self {
        Self { row, lot: None }
    }
}

impl Listing for Measure {
    const FIELDS: &'static Fields = &FIELDS;
    const API: &'static str = "measures";
    const SCHEMA: &'static str = "Measure";
    type Read = BrandOnly<TraceRead>;

    fn key(&self) -> String {
        self.row.code.clone()
    }

    fn acts() -> Vec<(&'static str, String, Permission)> {
        vec![("measures-new", "/measures/new".to_owned(), Permission::RecallEdit)]
    }

    fn list(db: &mut Db, query: &ListQuery, _: Sees, window: &ListWindow) -> Result<Vec<Self>> {
        let pattern = anywhere(&query.q);
        let rows: Vec<MeasureRow> = each!(db, |c| {
            let mut rows = quality_measure::table.select(MeasureRow::as_select()).into_boxed();
            if let Some(kind) = query.filter("kind") {
                rows = rows.filter(quality_measure::kind.eq(kind));
            }
            if let Some(state) = query.filter("state") {
                rows = rows.filter(quality_measure::state.eq(state));
            }
            if let Some(origin) = query.filter("origin") {
                rows = rows.filter(quality_measure::origin.eq(origin));
            }
            if let Some(defect) = query.filter("defect") {
                rows = rows.filter(quality_measure::defect_code.eq(defect));
            }
            if let Some(owner) = query.filter("owner") {
                rows = rows.filter(quality_measure::owner.eq(owner));
            }
            if !query.q.is_empty() {
                let found = lower(quality_measure::code).like(&pattern).escape('\\');
                rows = rows.filter(found.or(lower(quality_measure::title).like(&pattern).escape('\\')));
            }
            keyset!(c, rows, quality_measure::code, window)
        })?;
        Ok(rows.into_iter().map(Self::from).collect())
    }

    fn named(db: &mut Db, _: &AppState, mut rows: Vec<Self>) -> Result<Vec<Self>> {
        let ids: Vec<Id> = rows.iter().filter_map(|one| one.row.lot_id).collect();
        let lots = materials::lots(db, &ids)?;
        let names = materials::names(db, lots.iter().map(|lot| (lot.id, lot.code.as_str(), lot.party_id)))?;
        for one in &mut rows {
            one.lot = one.row.lot_id.and_then(|id| names.get(&id).cloned());
        }
        Ok(rows)
    }
}

impl Thing for Measure {
    const SUBJECT: &'static str = "quality_measure";
    const SAVED: EventKind = EventKind::MeasureSaved;
    type Edit = RecallEdit;
    const NEW: &'static Fields = &NEW;
    const CHANGE: &'static Fields = &CHANGE;

    fn id(&self) -> Id {
        self.row.id
    }

    fn code(&self) -> &str {
        &self.row.code
    }

    fn title(&self, _: Lang) -> String {
        format!("{} · {}", self.row.code, self.row.title)
    }

    fn version(&self) -> i64 {
        self.row.version
    }

    fn with_codes(db: &mut Db, codes: &[&str]) -> Result<Vec<Self>> {
        let rows: Vec<MeasureRow> =
            each!(db, |c| quality_measure::table.filter(quality_measure::code.eq_any(codes)).select(MeasureRow::as_select()).load(c))?;
        Ok(rows.into_iter().map(Self::from).collect())
    }

    fn resolved(mut self, db: &mut Db) -> Result<Self> {
        self.row.lot_id = match &self.lot {
            Some(name) => {
                let unknown = || Fault::new("lot", Code::UnknownReference).with("value", name);
                Some(materials::lot_called(db, name, None)?.ok_or_else(unknown)?.id)
            }
            None => None,
        };
        Ok(self)
    }

    fn faults(&self, db: &mut Db, _: Option<&Self>) -> Result<Vec<Fault>> {
        let row = &self.row;
        let mut faults = Vec::new();
        let mut unless = |is_there: bool, field: &'static str, value: &str| {
            if !is_there {
                faults.push(Fault::new(field, Code::UnknownReference).with("value", value));
            }
        };
        unless(defects::by_code(db)?.contains_key(&row.defect_code), "defect", &row.defect_code);
        let owner = accounts::by_login(db, &row.owner)?.filter(|account| account.is_active() && account.party.is_none());
        unless(owner.is_some(), "owner", &row.owner);
        unless(comes_of(db, row)?, "origin_ref", &row.origin_ref);
        Ok(faults)
    }

    fn write(mut self, db: &mut Db, stamp: &Stamp, before: Option<&Self>) -> Result<Self> {
        match before {
            Some(before) if !matches!(before.row.state, MeasureState::Open | MeasureState::Planned | MeasureState::Ineffective) => {
                return Err(refused_in(before.row.state).into());
            }
            Some(_) => {}
            None => self.row.created_by.clone_from(&stamp.actor),
        }
        save_row!(db, stamp, quality_measure, self.row, before.map(|before| &before.row));
        Ok(self)
    }

    fn panels(&self, db: &mut Db) -> Result<Vec<Panel>> {
        let row = &self.row;
        let mut facts = Vec::new();
        let counted = row.before_sold.zip(row.before_claims).zip(row.after_sold.zip(row.after_claims));
        let counted = counted.map(|((before_sold, before_claims), (after_sold, after_claims))| MeasureEffect {
            before_sold,
            before_claims,
            after_sold,
            after_claims,
        });
        // Before it is checked, what a check of today would count.
        let counted = match (counted, row.implemented_on, row.check_on) {
            (None, Some(on), Some(until)) => Some(effect(db, &row.defect_code, on, until)?),
            (counted, ..) => counted,
        };
        if let Some(effect) = counted {
            facts.push(("measures-before", per_thousand(effect.before_claims, effect.before_sold), String::new()));
            facts.push(("measures-after", per_thousand(effect.after_claims, effect.after_sold), String::new()));
        }
        Ok(if facts.is_empty() { Vec::new() } else { vec![Panel { key: "measures-effect", facts }] })
    }

    fn acts(&self) -> Vec<Act> {
        let ask = |key: &'static str, verb: &str| Act::get(key, format!("{}/{verb}", self.href()), Permission::RecallEdit);
        let state = self.row.state;
        let may = |to: MeasureState| MEASURE_MACHINE.allows(state, to);
        let all = [
            (may(MeasureState::Implemented), "measures-implement", "implement"),
            (may(MeasureState::Verified), "measures-check", "check"),
            (may(MeasureState::Planned), "measures-plan", "plan"),
            (may(MeasureState::Closed), "measures-close", "close"),
        ];
        let row = &self.row;
        let origin = match row.origin {
            MeasureOrigin::Finding => format!("/findings/{}", segment(&row.origin_ref)),
            MeasureOrigin::Verdict => format!("/verdicts/{}", segment(&row.origin_ref)),
            MeasureOrigin::Recall => format!("/recalls/{}", segment(&row.origin_ref)),
            MeasureOrigin::Signal => format!("/signals?defect={}", segment(&row.defect_code)),
        };
        let acts = all.into_iter().filter(|(is_open, ..)| *is_open).map(|(_, key, verb)| ask(key, verb));
        acts.chain([Act::get("measures-origin", origin, Permission::RecallEdit)]).collect()
    }
}

/// Claims for every thousand garments sold, with both numbers.
fn per_thousand(claims: i64, sold: i64) -> String {
    let tenths = (claims.saturating_mul(20_000).saturating_add(sold)).checked_div(sold.saturating_mul(2));
    tenths.map_or_else(|| format!("{claims} / {sold}"), |tenths| format!("{claims} / {sold} = {}.{} ‰", tenths / 10, tenths % 10))
}

/// Whether what a measure comes of is there.
fn comes_of(db: &mut Db, row: &MeasureRow) -> Result<bool> {
    let id = || row.origin_ref.parse::<Id>();
    Ok(match row.origin {
        MeasureOrigin::Finding => match id() {
            Ok(id) => findings::finding(db, id, None)?.is_some(),
            Err(_) => false,
        },
        MeasureOrigin::Verdict => match id() {
            Ok(id) => !liability::shares_of(db, &[id])?.is_empty(),
            Err(_) => false,
        },
        MeasureOrigin::Recall => recalls::by_code(db, &row.origin_ref)?.is_some(),
        // The defect is held by itself.
        MeasureOrigin::Signal => true,
    })
}

/// What there was of a defect before a change and after it, up to a day.
pub fn effect(db: &mut Db, defect: &str, implemented_on: NaiveDate, until: NaiveDate) -> Result<MeasureEffect> {
    let (before, after) = stretches(implemented_on, until);
    let confirmed = cases::claims(db, None)?.confirmed.into_iter().filter(|claim| claim.defect == defect).collect::<Vec<_>>();
    let garments: Vec<GarmentId> = confirmed.iter().map(|claim| claim.garment).collect();
    let firsts: std::collections::HashMap<GarmentId, NaiveDate> =
        sales::of_garments(db, &garments)?.into_iter().filter(|sale| sale.seq == 1).map(|sale| (sale.garment, sale.sold_on)).collect();
    let claimed = |within: &Range<NaiveDate>| {
        let of =
            confirmed.iter().filter(|claim| within.contains(&claim.on) && firsts.get(&claim.garment).is_some_and(|on| within.contains(on)));
        saturating::<i64>(of.map(|claim| claim.garment).collect::<HashSet<_>>().len())
    };
    Ok(MeasureEffect {
        before_claims: claimed(&before),
        after_claims: claimed(&after),
        before_sold: sold(db, &before)?,
        after_sold: sold(db, &after)?,
    })
}

/// Garments first sold on these days.
fn sold(db: &mut Db, days: &Range<NaiveDate>) -> Result<i64> {
    let of = sale::seq.eq(1).and(sale::sold_on.ge(days.start)).and(sale::sold_on.lt(days.end));
    Ok(each!(db, |c| sale::table.filter(of).select(count_star()).get_result(c))?)
}

/// Moves a measure on, with what else changes, and tells it.
macro_rules! moved {
    ($db:expr, $stamp:expr, $one:expr, $to:expr, $told:expr, $more:expr) => {{
        let (one, to): (&Measure, MeasureState) = ($one, $to);
        let row = quality_measure::table.find(one.row.id.0);
        step!($db, row, quality_measure::state, quality_measure::version, MEASURE_MACHINE, one.row.state => to, one.row.version, $more);
        let mut changes: Value = $told;
        if let Some(changes) = changes.as_object_mut() {
            changes.insert("state".to_owned(), json!({ "from": one.row.state, "to": to }));
        }
        events::append($db, $stamp, EventKind::MeasureMoved, Subject::Thing(Measure::SUBJECT, one.row.id.0), &json!({ "changes": changes }))?;
        Measure::find($db, &one.row.code, Sees::ALL)?.ok_or_else(|| Code::NotFound.into())
    }};
}

fn told(from: impl Serialize, to: impl Serialize) -> Value {
    json!({ "from": from, "to": to })
}

/// It is known why it happened and what is to change. What a check said before is no more.
pub(super) fn plan(db: &mut Db, stamp: &Stamp, one: Measure, by: &Acting<'_>) -> Result<Measure> {
    let said: PlanSaid = by.said.value()?;
    let changes = json!({ "due_on": told(one.row.due_on, said.due_on), "action": told(&one.row.action, &said.action) });
    let more = (
        quality_measure::whys.eq(&said.whys),
        quality_measure::action.eq(&said.action),
        quality_measure::due_on.eq(said.due_on),
        quality_measure::implemented_on.eq(None::<NaiveDate>),
        quality_measure::check_on.eq(None::<NaiveDate>),
        (
            quality_measure::checked_on.eq(None::<NaiveDate>),
            quality_measure::checked_by.eq(""),
            quality_measure::before_sold.eq(None::<i64>),
            quality_measure::before_claims.eq(None::<i64>),
            quality_measure::after_sold.eq(None::<i64>),
            quality_measure::after_claims.eq(None::<i64>),
        ),
    );
    moved!(db, stamp, &one, MeasureState::Planned, changes, more)
}

/// It is changed.
///
/// # Errors
/// [`Code::DateToCome`] for a day to come; [`Code::DatesOutOfOrder`] for a check that does not follow it.
pub(super) fn implement(db: &mut Db, stamp: &Stamp, one: Measure, by: &Acting<'_>) -> Result<Measure> {
    let said: ImplementSaid = by.said.value()?;
    let today = by.app.today();
    if said.implemented_on > today {
        return Err(Fault::new("implemented_on", Code::DateToCome).with("value", said.implemented_on).with("latest", today).into());
    }
    if said.check_on <= said.implemented_on {
        return Err(Fault::new("check_on", Code::DatesOutOfOrder).with("earlier", said.implemented_on).with("later", said.check_on).into());
    }
    let changes =
        json!({ "implemented_on": told(one.row.implemented_on, said.implemented_on), "check_on": told(one.row.check_on, said.check_on) });
    let more = (quality_measure::implemented_on.eq(said.implemented_on), quality_measure::check_on.eq(said.check_on));
    moved!(db, stamp, &one, MeasureState::Implemented, changes, more)
}

/// Somebody else than its owner says whether it helped. The numbers are those of the day.
///
/// # Errors
/// [`Code::NeedsAnother`] for its owner; [`Code::TooEarly`] before its day; [`Code::NothingToCompare`] without garments sold before and after;
/// [`Code::RateRose`] for one that is said to have helped and did not.
pub(super) fn check(db: &mut Db, stamp: &Stamp, one: Measure, by: &Acting<'_>) -> Result<Measure> {
    let said: CheckedSaid = by.said.value()?;
    let to = if said.works { MeasureState::Verified } else { MeasureState::Ineffective };
    MEASURE_MACHINE.check(one.row.state, to)?;
    if !stamp.actor.starts_with("staff:") {
        return Err(Code::PersonNeeded.into());
    }
    if stamp.actor.strip_prefix("staff:") == Some(one.row.owner.as_str()) {
        return Err(Refusal::new(Code::NeedsAnother).with("who", "owner").into());
    }
    let (Some(on), Some(from)) = (one.row.implemented_on, one.row.check_on) else { return Err(refused_in(one.row.state).into()) };
    let today = by.app.today();
    if today < from {
        return Err(Refusal::new(Code::TooEarly).with("from", from).into());
    }
    let effect = effect(db, &one.row.defect_code, on, today)?;
    if said.works && !effect.is_known() {
        return Err(Code::NothingToCompare.into());
    }
    if said.works && !effect.is_no_worse() {
        let (before, after) =
            (per_thousand(effect.before_claims, effect.before_sold), per_thousand(effect.after_claims, effect.after_sold));
        return Err(Refusal::new(Code::RateRose).with("before", before).with("after", after).into());
    }
    let changes = json!({
        "before_sold": told(Value::Null, effect.before_sold), "before_claims": told(Value::Null, effect.before_claims),
        "after_sold": told(Value::Null, effect.after_sold), "after_claims": told(Value::Null, effect.after_claims),
        "note": told(&one.row.note, &said.note),
    });
    let more = (
        quality_measure::checked_on.eq(Some(today)),
        quality_measure::checked_by.eq(&stamp.actor),
        quality_measure::before_sold.eq(Some(effect.before_sold)),
        quality_measure::before_claims.eq(Some(effect.before_claims)),
        quality_measure::after_sold.eq(Some(effect.after_sold)),
        quality_measure::after_claims.eq(Some(effect.after_claims)),
        quality_measure::note.eq(&said.note),
    );
    moved!(db, stamp, &one, to, changes, more)
}

/// It is over.
pub(super) fn close(db: &mut Db, stamp: &Stamp, one: Measure, by: &Acting<'_>) -> Result<Measure> {
    let note = by.said.text("note").unwrap_or_default();
    moved!(db, stamp, &one, MeasureState::Closed, json!({ "note": told(&one.row.note, note) }), quality_measure::note.eq(note))
}
