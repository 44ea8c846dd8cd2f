//! Every query on rules of rights.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::rules::{self, Repaired, RightRules};
use super::{CountedFrom, FIELDS, FreightPayer, HoldsFrom, Need, Remedy, RightKind, catalogue};
use crate::inspection::defects;
use crate::kernel::calendar::Nation;
use crate::kernel::text::{Both, Lang, folded};
use crate::kernel::{Code, Fault, GarmentId, Id, Result};
use crate::platform::db::search::{anywhere, lower};
use crate::platform::db::{Db, JsonText, in_chunks};
use crate::platform::events::Stamp;
use crate::platform::http::perm::{CatalogueRead, Permission, PolicyEdit};
use crate::platform::rooms::{BrandOnly, Fields, ListQuery, ListWindow, Listing, Sees, Thing, changes};
use crate::platform::state::AppState;
use crate::production::corrections::fixed;
use crate::staff::calendars;
use crate::{each, keyset, save_row, text_column};

text_column!(RightKind, HoldsFrom, CountedFrom, FreightPayer);

diesel::table! {
    right_rule (id) {
        id -> BigInt,
        code -> Text,
        code_key -> Text,
        kind -> Text,
        name_zh -> Text,
        name_en -> Text,
        market -> Text,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
        holds_from -> Text,
        counted_from -> Text,
        before_delivery -> Bool,
        months -> Nullable<BigInt>,
        days -> Nullable<BigInt>,
        rest_days -> Text,
        defects -> Text,
        measured_over -> Nullable<BigInt>,
        late_days -> Nullable<BigInt>,
        freight -> Text,
        remedies -> Text,
        needs -> Text,
        not_channels -> Text,
        never_for -> Text,
        confirmed_for -> Text,
        repair_months -> Nullable<BigInt>,
        repair_since -> Nullable<Date>,
        notice_zh -> Text,
        notice_en -> Text,
        source -> Text,
        created_at -> Timestamp,
        version -> BigInt,
    }
}

diesel::table! {
    garment_repair (garment_id, repair, component) {
        garment_id -> BigInt,
        sale_seq -> BigInt,
        repair -> Text,
        component -> Text,
        under_kind -> Nullable<Text>,
        done_on -> Date,
        days_added -> BigInt,
        covered_until -> Date,
    }
}

/// A rule: one right of a market, as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = right_rule, treat_none_as_null = true)]
pub struct RightRule {
    /// Its id.
    pub id: Id,
    /// The code it is named by.
    pub code: String,
    /// The same as it is compared: see [`folded`].
    #[serde(skip)]
    pub code_key: String,
    /// What kind of right.
    pub kind: RightKind,
    /// What buyers read, in Chinese.
    pub name_zh: String,
    /// The same in English.
    pub name_en: String,
    /// A country of two letters, `EU`, or empty for everywhere.
    pub market: String,
    /// The first day it holds.
    pub valid_from: NaiveDate,
    /// The last, if there is one.
    pub valid_to: Option<NaiveDate>,
    /// Which day decides whether it holds.
    pub holds_from: HoldsFrom,
    /// From which day its time is counted.
    pub counted_from: CountedFrom,
    /// Whether it begins with the purchase, whatever it is counted from.
    pub before_delivery: bool,
    /// Months it lasts …
    pub months: Option<i64>,
    /// … and days on top of them; without either it has no end.
    pub days: Option<i64>,
    /// The calendar by whose days of rest a last day rolls on; empty where it does not.
    pub rest_days: String,
    /// Defects it is for; none is any, where it is for defects at all.
    pub defects: JsonText<Vec<String>>,
    /// What a measurement of such a defect must be over: millimetres or places.
    pub measured_over: Option<i64>,
    /// It is for delivery more than so many days after the day promised.
    pub late_days: Option<i64>,
    /// Who pays the way.
    pub freight: FreightPayer,
    /// What may be asked for.
    pub remedies: JsonText<Vec<Remedy>>,
    /// What it takes.
    pub needs: JsonText<Vec<Need>>,
    /// Channels of sale it is not for.
    pub not_channels: JsonText<Vec<String>>,
    /// Categories it is never for.
    pub never_for: JsonText<Vec<String>>,
    /// Categories it is not for where the buyer confirmed that at the purchase.
    pub confirmed_for: JsonText<Vec<String>>,
    /// Months by which a repair extends it, once.
    pub repair_months: Option<i64>,
    /// The first day of repairs that do.
    pub repair_since: Option<NaiveDate>,
    /// What buyers must be told before they choose, in Chinese, or empty.
    pub notice_zh: String,
    /// The same in English.
    pub notice_en: String,
    /// The law, policy or promise it comes from.
    pub source: String,
    /// When it was first saved, UTC.
    #[serde(skip)]
    pub created_at: NaiveDateTime,
    /// Grows with every change.
    pub version: i64,
}

impl RightRule {
    /// What it is called, in both languages.
    pub fn name(&self) -> Both {
        Both { zh: self.name_zh.clone(), en: self.name_en.clone() }
    }
}

/// What may be said anew of a rule that holds already: none of it moves what a buyer has.
const FREE: &[&str] = &["name.zh", "name.en", "valid_to", "source"];

impl Listing for RightRule {
    const FIELDS: &'static Fields = &FIELDS;
    const API: &'static str = "right-rules";
    const SCHEMA: &'static str = "RightRule";
    type Read = BrandOnly<CatalogueRead>;

    fn key(&self) -> String {
        self.code.clone()
    }

    fn acts() -> Vec<(&'static str, String, Permission)> {
        vec![
            ("rights-new", "/rights/new".to_owned(), Permission::PolicyEdit),
            ("import-from-file", "/imports?table=rights".to_owned(), Permission::PolicyEdit),
        ]
    }

    fn list(db: &mut Db, query: &ListQuery, _sees: Sees, window: &ListWindow) -> Result<Vec<Self>> {
        let pattern = anywhere(&query.q);
        Ok(each!(db, |c| {
            let mut rules = right_rule::table.select(Self::as_select()).into_boxed();
            if let Some(kind) = query.filter("kind") {
                rules = rules.filter(right_rule::kind.eq(kind));
            }
            if let Some(market) = query.filter("market") {
                rules = rules.filter(right_rule::market.eq(market));
            }
            if !query.q.is_empty() {
                let named =
                    lower(right_rule::name_zh).like(&pattern).escape('\\').or(lower(right_rule::name_en).like(&pattern).escape('\\'));
                rules = rules.filter(named.or(right_rule::code_key.like(anywhere(&folded(&query.q))).escape('\\')));
            }
            keyset!(c, rules, right_rule::code, window)
        })?)
    }
}

impl Thing for RightRule {
    const SUBJECT: &'static str = "right_rule";
    type Edit = PolicyEdit;

    fn id(&self) -> Id {
        self.id
    }

    fn code(&self) -> &str {
        &self.code
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn title(&self, lang: Lang) -> String {
        lang.of(&self.name_zh, &self.name_en).to_owned()
    }

    fn blank(app: &AppState) -> Self {
        Self { valid_from: app.today(), ..Self::default() }
    }

    fn with_codes(db: &mut Db, codes: &[&str]) -> Result<Vec<Self>> {
        let keys: Vec<String> = codes.iter().map(|code| folded(code)).collect();
        in_chunks(&keys, |keys| {
            each!(db, |c| right_rule::table.filter(right_rule::code_key.eq_any(keys)).select(Self::as_select()).load(c))
        })
    }

    fn write(mut self, db: &mut Db, stamp: &Stamp, before: Option<&Self>) -> Result<Self> {
        self.code_key = folded(&self.code);
        save_row!(db, stamp, right_rule, self, before);
        db.bump(HELD)?;
        Ok(self)
    }

    fn faults_of(db: &mut Db, stamp: &Stamp, edits: &[(Self, Option<&Self>)]) -> Result<Vec<Vec<Fault>>> {
        let known = defects::by_code(db)?;
        let mut all = Vec::with_capacity(edits.len());
        for (after, before) in edits {
            let mut faults = rules::faults(after);
            let unknown = after.defects.iter().filter(|code| !known.contains_key(*code));
            faults.extend(unknown.map(|code| Fault::new("defects", Code::UnknownReference).with("value", code)));
            if let Some(before) = before.filter(|before| rules::has_begun(before, stamp.at)) {
                let changed = changes(before, after)?;
                let held =
                    FIELDS.columns.iter().filter(|field| changed.contains_key(&field.path()) && !FREE.contains(&field.path().as_str()));
                faults.extend(held.map(|field| fixed(field.name, "rule", before.valid_from)));
                faults.extend(rules::ends_too_early(before, after, stamp.at));
            }
            all.push(faults);
        }
        Ok(all)
    }
}

/// Puts in the rows of the shipped catalogue that are missing. Rows that are there are left as they are.
pub fn seed(db: &mut Db) -> Result<()> {
    let known: Vec<String> = each!(db, |c| right_rule::table.select(right_rule::code_key).load(c))?;
    let missing: Vec<RightRule> = catalogue::rows().into_iter().filter(|row| !known.contains(&row.code_key)).collect();
    for row in &missing {
        each!(db, |c| diesel::insert_into(right_rule::table).values(row.clone()).on_conflict_do_nothing().execute(c))?;
    }
    if missing.is_empty() { Ok(()) } else { db.bump(HELD) }
}

/// Records a repair that the buyer signed for, by its number: rights follow from it. A row for each component that was mended.
pub fn repaired(db: &mut Db, garment: GarmentId, sale_seq: i64, repair: &str, mended: &[Repaired]) -> Result<()> {
    for one in mended {
        each!(db, |c| diesel::insert_into(garment_repair::table)
            .values((
                garment_repair::garment_id.eq(garment),
                garment_repair::sale_seq.eq(sale_seq),
                garment_repair::repair.eq(repair),
                garment_repair::component.eq(&one.component),
                garment_repair::under_kind.eq(one.under),
                garment_repair::done_on.eq(one.done_on),
                garment_repair::days_added.eq(one.days_added),
                garment_repair::covered_until.eq(one.covered_until),
            ))
            .execute(c))?;
    }
    Ok(())
}

/// What was mended since a sale, oldest first.
pub fn repairs_of(db: &mut Db, garment: GarmentId, sale_seq: i64) -> Result<Vec<Repaired>> {
    type Row = (NaiveDate, Option<RightKind>, String, NaiveDate, i64);
    let rows: Vec<Row> = each!(db, |c| garment_repair::table
        .filter(garment_repair::garment_id.eq(garment).and(garment_repair::sale_seq.eq(sale_seq)))
        .order((garment_repair::done_on, garment_repair::repair, garment_repair::component))
        .select((
            garment_repair::done_on,
            garment_repair::under_kind,
            garment_repair::component,
            garment_repair::covered_until,
            garment_repair::days_added,
        ))
        .load(c))?;
    let repaired =
        |(done_on, under, component, covered_until, days_added)| Repaired { done_on, under, component, covered_until, days_added };
    Ok(rows.into_iter().map(repaired).collect())
}

/// Under this name the changes of all rules are counted ([`Db::bump`]).
const HELD: &str = "rights";

/// Every rule, with the days of rest they are counted by.
pub fn rules(db: &mut Db) -> Result<Arc<RightRules>> {
    db.held(&[HELD, calendars::HELD], read)
}

fn read(db: &mut Db) -> Result<RightRules> {
    let rows: Vec<RightRule> = each!(db, |c| right_rule::table.select(RightRule::as_select()).order(right_rule::code).load(c))?;
    let mut rest = BTreeMap::new();
    for row in rows.iter().filter(|row| !row.rest_days.is_empty()) {
        if !rest.contains_key(&row.rest_days) {
            rest.insert(row.rest_days.clone(), Nation::saturday_and_sunday(calendars::days(db, &row.rest_days)?));
        }
    }
    Ok(RightRules { rows, rest })
}
