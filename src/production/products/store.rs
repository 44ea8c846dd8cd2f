//! Every query on styles, skus, GTINs and warranty policies.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use diesel::prelude::*;
use serde_json::json;

use super::{
    PolicyFields, Product, Sku, SkuFields, SkuFilter, SkuView, StartRule, Style, StyleFacts, StyleFields, StyleFilter, StyleView,
    WarrantyPolicy, rules,
};
use crate::each;
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::text::{Both, ByCode, Lang, folded};
use crate::kernel::{Code, Error, Fault, Id, Refusal, Result};
use crate::platform::db::schema::{gtin_alias, sku as sku_table, style as style_table, warranty_policy};
use crate::platform::db::search::{anywhere, lower};
use crate::platform::db::{CHUNK_BINDS, Db, planned};
use crate::platform::events::{self, Stamp};
use crate::production::corrections::{self, Act, Change, Preview, Standing};
use crate::production::parties::{self, Status};

/// Under which name what is here is held in memory elsewhere.
const HELD: &str = "catalogue";

/// The version of the facts' JSON that is written.
const FACTS_VERSION: u32 = 1;

#[derive(Queryable, Selectable)]
#[diesel(table_name = style_table)]
struct StyleRow {
    id: i64,
    code: String,
    brand: String,
    name_zh: String,
    name_en: String,
    category: String,
    confidential: bool,
    manufacturer_id: Option<i64>,
    policy_code: String,
    facts: String,
    status: String,
    version: i64,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = sku_table)]
struct SkuRow {
    id: i64,
    style_id: i64,
    code: String,
    gtin: Option<String>,
    colour_zh: String,
    colour_en: String,
    size: String,
    size_label: String,
    version: i64,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = warranty_policy)]
struct PolicyRow {
    id: i64,
    code: String,
    version: i64,
    valid_from: NaiveDate,
    months: i64,
    days: i64,
    start_rules: String,
    made_plus_months: Option<i64>,
    coverage_zh: String,
    coverage_en: String,
    exclusions_zh: String,
    exclusions_en: String,
}

#[derive(serde::Serialize, serde::Deserialize)]
struct StoredFacts {
    v: u32,
    facts: StyleFacts,
}

impl TryFrom<StyleRow> for Style {
    type Error = Error;

    fn try_from(row: StyleRow) -> Result<Self> {
        let stored: StoredFacts = serde_json::from_str(&row.facts).map_err(Error::broken)?;
        if stored.v != FACTS_VERSION {
            return Err(Error::broken(format!("style {} has facts of version {}, not {FACTS_VERSION}", row.code, stored.v)));
        }
        let status = Status::of(&row.status).ok_or_else(|| Error::broken(format!("style {} has status {}", row.code, row.status)))?;
        Ok(Self {
            id: Id(row.id),
            code: row.code,
            brand: row.brand,
            name: Both { zh: row.name_zh, en: row.name_en },
            category: row.category,
            confidential: row.confidential,
            manufacturer_id: row.manufacturer_id.map(Id),
            policy_code: row.policy_code,
            facts: stored.facts,
            status,
            version: row.version,
        })
    }
}

impl From<SkuRow> for Sku {
    fn from(row: SkuRow) -> Self {
        Self {
            id: Id(row.id),
            style_id: Id(row.style_id),
            code: row.code,
            gtin: row.gtin,
            colour: Both { zh: row.colour_zh, en: row.colour_en },
            size: row.size,
            size_label: row.size_label,
            version: row.version,
        }
    }
}

impl From<PolicyRow> for WarrantyPolicy {
    fn from(row: PolicyRow) -> Self {
        Self {
            id: Id(row.id),
            code: row.code,
            version: row.version,
            valid_from: row.valid_from,
            months: row.months,
            days: row.days,
            start_rules: row.start_rules.split(',').filter_map(StartRule::of).collect(),
            made_plus_months: row.made_plus_months,
            coverage: Both { zh: row.coverage_zh, en: row.coverage_en },
            exclusions: Both { zh: row.exclusions_zh, en: row.exclusions_en },
        }
    }
}

/// The style with this id: one look-up by key.
///
/// # Errors
/// When the store does.
pub fn style(db: &mut Db, id: Id) -> Result<Option<Style>> {
    let rows: Vec<StyleRow> = each!(db, |c| style_table::table.filter(style_table::id.eq(id.0)).select(StyleRow::as_select()).load(c))?;
    rows.into_iter().next().map(Style::try_from).transpose()
}

/// The style with this code.
///
/// # Errors
/// When the store does.
pub fn style_by_code(db: &mut Db, code: &str) -> Result<Option<Style>> {
    let rows: Vec<StyleRow> =
        each!(db, |c| style_table::table.filter(style_table::code_key.eq(folded(code))).select(StyleRow::as_select()).load(c))?;
    rows.into_iter().next().map(Style::try_from).transpose()
}

/// The styles with these codes; codes of none are left out.
///
/// # Errors
/// When the store does.
pub(super) fn styles_by_codes(db: &mut Db, codes: &[&str]) -> Result<Vec<Style>> {
    let mut styles = Vec::with_capacity(codes.len());
    for chunk in codes.chunks(CHUNK_BINDS) {
        let keys: Vec<String> = chunk.iter().map(|code| folded(code)).collect();
        let rows: Vec<StyleRow> =
            each!(db, |c| style_table::table.filter(style_table::code_key.eq_any(&keys)).select(StyleRow::as_select()).load(c))?;
        for row in rows {
            styles.push(Style::try_from(row)?);
        }
    }
    Ok(styles)
}

/// The styles with these ids, by id; ids of none are left out.
///
/// # Errors
/// When the store does.
pub fn styles_by_ids(db: &mut Db, ids: &[Id]) -> Result<HashMap<Id, Style>> {
    let mut styles = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK_BINDS) {
        let chunk: Vec<i64> = chunk.iter().map(|id| id.0).collect();
        let rows: Vec<StyleRow> = each!(db, |c| {
            planned(style_table::table.filter(style_table::id.eq_any(&chunk)).select(StyleRow::as_select()), chunk.len() == 1).load(c)
        })?;
        for row in rows {
            styles.insert(Id(row.id), Style::try_from(row)?);
        }
    }
    Ok(styles)
}

/// What a sku is, as somebody who holds one checks it: the style's name, colour, size. Empty for none.
///
/// # Errors
/// When the store does.
pub fn what(db: &mut Db, id: Id, lang: Lang) -> Result<String> {
    let Some(sku) = sku(db, id)? else { return Ok(String::new()) };
    let name = style(db, sku.style_id)?.map(|style| style.name).unwrap_or_default();
    let parts = [name.get(lang), sku.colour.get(lang), &sku.size];
    Ok(parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(lang.of("，", ", ")))
}

/// The sku with this id: one look-up by key.
///
/// # Errors
/// When the store does.
pub fn sku(db: &mut Db, id: Id) -> Result<Option<Sku>> {
    let rows: Vec<SkuRow> = each!(db, |c| sku_table::table.filter(sku_table::id.eq(id.0)).select(SkuRow::as_select()).load(c))?;
    Ok(rows.into_iter().next().map(Sku::from))
}

/// The sku with this code.
///
/// # Errors
/// When the store does.
pub fn sku_by_code(db: &mut Db, code: &str) -> Result<Option<Sku>> {
    Ok(skus_by_codes(db, &[code])?.into_values().next())
}

/// The skus with these codes, by code; codes of none are left out.
///
/// # Errors
/// When the store does.
pub fn skus_by_codes<S: AsRef<str>>(db: &mut Db, codes: &[S]) -> Result<ByCode<Sku>> {
    let mut skus = Vec::with_capacity(codes.len());
    for chunk in codes.chunks(CHUNK_BINDS) {
        let keys: Vec<String> = chunk.iter().map(|code| folded(code.as_ref())).collect();
        let rows: Vec<SkuRow> =
            each!(db, |c| sku_table::table.filter(sku_table::code_key.eq_any(&keys)).select(SkuRow::as_select()).load(c))?;
        skus.extend(rows);
    }
    Ok(skus.into_iter().map(|row| (row.code.clone(), Sku::from(row))).collect())
}

/// The skus with these ids, by id; ids of none are left out.
///
/// # Errors
/// When the store does.
pub fn skus_by_ids(db: &mut Db, ids: &[Id]) -> Result<HashMap<Id, Sku>> {
    let mut skus = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK_BINDS) {
        let chunk: Vec<i64> = chunk.iter().map(|id| id.0).collect();
        let rows: Vec<SkuRow> = each!(db, |c| {
            planned(sku_table::table.filter(sku_table::id.eq_any(&chunk)).select(SkuRow::as_select()), chunk.len() == 1).load(c)
        })?;
        skus.extend(rows.into_iter().map(|row| (Id(row.id), Sku::from(row))));
    }
    Ok(skus)
}

/// The skus of a style, by colour and code.
///
/// # Errors
/// When the store does.
pub fn skus_of(db: &mut Db, style: Id) -> Result<Vec<Sku>> {
    let rows: Vec<SkuRow> =
        each!(db, |c| sku_table::table.filter(sku_table::style_id.eq(style.0)).order(sku_table::code).select(SkuRow::as_select()).load(c))?;
    Ok(rows.into_iter().map(Sku::from).collect())
}

/// At most `limit` skus by code, after the code `after`.
///
/// # Errors
/// When the store does.
pub fn skus(db: &mut Db, filter: &SkuFilter, after: Option<&str>, limit: i64) -> Result<Vec<Sku>> {
    let pattern = anywhere(&filter.q);
    let rows: Vec<SkuRow> = each!(db, |c| {
        let mut query = sku_table::table.select(SkuRow::as_select()).order(sku_table::code).limit(limit).into_boxed();
        if let Some(after) = after {
            query = query.filter(sku_table::code.gt(after));
        }
        if let Some(style) = filter.style {
            query = query.filter(sku_table::style_id.eq(style.0));
        }
        if let Some(sku) = filter.sku {
            query = query.filter(sku_table::id.eq(sku.0));
        }
        if !filter.q.trim().is_empty() {
            let of_styles = style_table::table
                .filter(lower(style_table::name_zh).like(&pattern).escape('\\').or(lower(style_table::name_en).like(&pattern).escape('\\')))
                .select(style_table::id);
            query = query.filter(
                sku_table::code_key
                    .like(anywhere(&folded(&filter.q)))
                    .escape('\\')
                    .or(lower(sku_table::colour_zh).like(&pattern).escape('\\'))
                    .or(lower(sku_table::colour_en).like(&pattern).escape('\\'))
                    .or(sku_table::style_id.eq_any(of_styles)),
            );
        }
        if let Some(party) = filter.seen_by {
            let seen = style_table::confidential.eq(false).or(style_table::manufacturer_id.assume_not_null().eq(party.0));
            query = query.filter(sku_table::style_id.eq_any(style_table::table.filter(seen).select(style_table::id)));
        }
        query.load(c)
    })?;
    Ok(rows.into_iter().map(Sku::from).collect())
}

/// The codes of these styles, by id.
///
/// # Errors
/// When the store does.
pub(super) fn style_codes(db: &mut Db, ids: &[Id]) -> Result<HashMap<Id, String>> {
    let mut codes = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK_BINDS) {
        let chunk: Vec<i64> = chunk.iter().map(|id| id.0).collect();
        let rows: Vec<(i64, String)> =
            each!(db, |c| style_table::table.filter(style_table::id.eq_any(&chunk)).select((style_table::id, style_table::code)).load(c))?;
        codes.extend(rows.into_iter().map(|(id, code)| (Id(id), code)));
    }
    Ok(codes)
}

/// The sku that has this GTIN, or once had it. `gtin` is 14 digits.
///
/// # Errors
/// When the store does.
pub fn sku_by_gtin(db: &mut Db, gtin: &str) -> Result<Option<Sku>> {
    let rows: Vec<SkuRow> = each!(db, |c| sku_table::table.filter(sku_table::gtin.eq(gtin)).select(SkuRow::as_select()).load(c))?;
    if let Some(row) = rows.into_iter().next() {
        return Ok(Some(row.into()));
    }
    let once: Vec<i64> = each!(db, |c| gtin_alias::table.filter(gtin_alias::gtin.eq(gtin)).select(gtin_alias::sku_id).load(c))?;
    once.into_iter().next().map_or(Ok(None), |id| sku(db, Id(id)))
}

/// The codes of the skus that have, or once had, these GTINs, by GTIN.
///
/// # Errors
/// When the store does.
pub(super) fn codes_of_gtins(db: &mut Db, gtins: &[&str]) -> Result<HashMap<String, String>> {
    let mut codes = HashMap::with_capacity(gtins.len());
    for chunk in gtins.chunks(CHUNK_BINDS) {
        let present: Vec<(Option<String>, String)> =
            each!(db, |c| sku_table::table.filter(sku_table::gtin.eq_any(chunk)).select((sku_table::gtin, sku_table::code)).load(c))?;
        codes.extend(present.into_iter().filter_map(|(gtin, code)| Some((gtin?, code))));
        let once: Vec<(String, i64)> =
            each!(db, |c| gtin_alias::table.filter(gtin_alias::gtin.eq_any(chunk)).select((gtin_alias::gtin, gtin_alias::sku_id)).load(c))?;
        let skus = skus_by_ids(db, &once.iter().map(|(_, id)| Id(*id)).collect::<Vec<_>>())?;
        codes.extend(once.into_iter().filter_map(|(gtin, id)| Some((gtin, skus.get(&Id(id))?.code.clone()))));
    }
    Ok(codes)
}

/// The GTINs these skus once had, by sku, oldest first.
///
/// # Errors
/// When the store does.
pub fn old_gtins(db: &mut Db, skus: &[Id]) -> Result<HashMap<Id, Vec<String>>> {
    let mut old: HashMap<Id, Vec<String>> = HashMap::new();
    for chunk in skus.chunks(CHUNK_BINDS) {
        let chunk: Vec<i64> = chunk.iter().map(|id| id.0).collect();
        let rows: Vec<(i64, String)> = each!(db, |c| gtin_alias::table
            .filter(gtin_alias::sku_id.eq_any(&chunk))
            .order((gtin_alias::added_at, gtin_alias::gtin))
            .select((gtin_alias::sku_id, gtin_alias::gtin))
            .load(c))?;
        for (sku, gtin) in rows {
            old.entry(Id(sku)).or_default().push(gtin);
        }
    }
    Ok(old)
}

/// The version of a policy with this id: one look-up by key.
///
/// # Errors
/// When the store does.
pub fn policy(db: &mut Db, id: Id) -> Result<Option<WarrantyPolicy>> {
    let rows: Vec<PolicyRow> =
        each!(db, |c| warranty_policy::table.filter(warranty_policy::id.eq(id.0)).select(PolicyRow::as_select()).load(c))?;
    Ok(rows.into_iter().next().map(WarrantyPolicy::from))
}

/// The version of the policy `code` that holds on `date`: the newest that holds from that day or an earlier one.
///
/// # Errors
/// When the store does.
pub fn policy_at(db: &mut Db, code: &str, date: NaiveDate) -> Result<Option<WarrantyPolicy>> {
    if code.is_empty() {
        return Ok(None);
    }
    let rows: Vec<PolicyRow> = each!(db, |c| warranty_policy::table
        .filter(warranty_policy::code_key.eq(folded(code)).and(warranty_policy::valid_from.le(date)))
        .order(warranty_policy::version.desc())
        .select(PolicyRow::as_select())
        .load(c))?;
    Ok(rows.into_iter().next().map(WarrantyPolicy::from))
}

/// All versions of one policy, or of all of them, newest first within a code.
///
/// # Errors
/// When the store does.
pub fn policies(db: &mut Db, code: Option<&str>) -> Result<Vec<WarrantyPolicy>> {
    let rows: Vec<PolicyRow> = each!(db, |c| {
        let mut query = warranty_policy::table
            .order((warranty_policy::code, warranty_policy::version.desc()))
            .select(PolicyRow::as_select())
            .into_boxed();
        if let Some(code) = code {
            query = query.filter(warranty_policy::code_key.eq(folded(code)));
        }
        query.load(c)
    })?;
    Ok(rows.into_iter().map(WarrantyPolicy::from).collect())
}

/// The codes of all warranty policies, folded.
///
/// # Errors
/// When the store does.
pub(super) fn policy_codes(db: &mut Db) -> Result<HashSet<String>> {
    let codes: Vec<String> = each!(db, |c| warranty_policy::table.select(warranty_policy::code_key).distinct().load(c))?;
    Ok(codes.into_iter().collect())
}

/// All that the card says of a garment's product: four look-ups by key.
///
/// # Errors
/// When the store does.
pub fn product(db: &mut Db, sku_id: Id, on: NaiveDate) -> Result<Option<Product>> {
    let Some(sku) = sku(db, sku_id)? else {
        return Ok(None);
    };
    let style = style(db, sku.style_id)?.ok_or_else(|| Error::broken("a sku without its style"))?;
    let maker = style.manufacturer_id.map_or(Ok(None), |id| parties::maker(db, id))?;
    let policy = policy_at(db, &style.policy_code, on)?;
    Ok(Some(Product { sku, style, maker, policy }))
}

/// At most `limit` styles by code, after the code `after`.
///
/// # Errors
/// When the store does.
pub fn styles(db: &mut Db, filter: &StyleFilter, after: Option<&str>, limit: i64) -> Result<Vec<Style>> {
    let pattern = anywhere(&filter.q);
    let rows: Vec<StyleRow> = each!(db, |c| {
        let mut query = style_table::table.select(StyleRow::as_select()).order(style_table::code).limit(limit).into_boxed();
        if let Some(after) = after {
            query = query.filter(style_table::code.gt(after));
        }
        if let Some(status) = filter.status {
            query = query.filter(style_table::status.eq(status.as_str()));
        }
        if let Some(party) = filter.manufacturer {
            query = query.filter(style_table::manufacturer_id.eq(party.0));
        }
        if let Some(party) = filter.seen_by {
            // As `rules::may_see`.
            query = query.filter(style_table::confidential.eq(false).or(style_table::manufacturer_id.assume_not_null().eq(party.0)));
        }
        if !filter.q.trim().is_empty() {
            query = query.filter(
                style_table::code_key
                    .like(anywhere(&folded(&filter.q)))
                    .escape('\\')
                    .or(lower(style_table::name_zh).like(&pattern).escape('\\'))
                    .or(lower(style_table::name_en).like(&pattern).escape('\\'))
                    .or(lower(style_table::brand).like(&pattern).escape('\\'))
                    .or(lower(style_table::category).like(&pattern).escape('\\')),
            );
        }
        query.load(c)
    })?;
    rows.into_iter().map(Style::try_from).collect()
}

/// Makes a style.
///
/// # Errors
/// [`Code::Invalid`] with every wrong field, [`Code::UnknownReference`] among them for a manufacturer or policy that is not there;
/// [`Code::Duplicate`] for a code that is there.
pub fn create_style(db: &mut Db, stamp: &Stamp, given: &StyleFields) -> Result<Style> {
    only_in_a_change(given.version)?;
    let fields = rules::sound_style(given)?;
    let manufacturer_id = references(db, &fields)?;
    let id = stamp.id();
    let facts = stored(&fields.facts)?;
    each!(db, |c| diesel::insert_into(style_table::table)
        .values((
            style_table::id.eq(id.0),
            style_table::code.eq(&fields.code),
            style_table::code_key.eq(folded(&fields.code)),
            style_table::brand.eq(&fields.brand),
            style_table::name_zh.eq(&fields.name.zh),
            style_table::name_en.eq(&fields.name.en),
            style_table::category.eq(&fields.category),
            style_table::confidential.eq(fields.confidential),
            style_table::manufacturer_id.eq(manufacturer_id.map(|id| id.0)),
            style_table::policy_code.eq(fields.policy.as_deref().unwrap_or_default()),
            style_table::facts.eq(&facts),
            style_table::status.eq(fields.status.as_str()),
            style_table::created_at.eq(stamp.at),
            style_table::version.eq(1),
        ))
        .execute(c))?;
    let body = json!({ "code": fields.code, "version": 1 });
    events::append(db, stamp, EventKind::StyleSaved, Subject::Thing("style", id.0), &body)?;
    style_saved(db, id, manufacturer_id, fields, 1)
}

/// Changes the style with this code; `given.version` is the one that was read.
///
/// # Errors
/// [`Code::NotFound`]; [`Code::Stale`] when somebody changed it since; [`Code::InUse`] for an edit that takes a fact from garments that were
/// sold ([`rules::STYLE_GUARDS`]); as [`create_style`].
pub fn change_style(db: &mut Db, stamp: &Stamp, code: &str, given: &StyleFields, act: &Act) -> Result<Style> {
    let read = needed_in_a_change(given.version)?;
    let mut fields = rules::sound_style(given)?;
    let before = style_by_code(db, code)?.ok_or(Code::NotFound)?;
    let id = before.id;
    let manufacturer_id = references(db, &fields)?;
    let makers: Vec<Id> = [before.manufacturer_id, manufacturer_id].into_iter().flatten().collect();
    let makers = parties::codes_of_ids(db, &makers)?;
    let maker = |id: Option<Id>| id.and_then(|id| makers.get(&id).cloned());
    fields.manufacturer = maker(manufacturer_id);
    let was = StyleFields::from(StyleView::of(before.clone(), maker(before.manufacturer_id)));
    let standing = corrections::of_styles(db, &[id])?.remove(&id).unwrap_or_default();
    act.allow(rules::STYLE_GUARDS, &was, &fields, &standing)?;
    let facts = stored(&fields.facts)?;
    let changed = each!(db, |c| diesel::update(style_table::table.filter(style_table::id.eq(id.0).and(style_table::version.eq(read))))
        .set((
            style_table::code.eq(&fields.code),
            style_table::code_key.eq(folded(&fields.code)),
            style_table::brand.eq(&fields.brand),
            style_table::name_zh.eq(&fields.name.zh),
            style_table::name_en.eq(&fields.name.en),
            style_table::category.eq(&fields.category),
            style_table::confidential.eq(fields.confidential),
            style_table::manufacturer_id.eq(manufacturer_id.map(|id| id.0)),
            style_table::policy_code.eq(fields.policy.as_deref().unwrap_or_default()),
            style_table::facts.eq(&facts),
            style_table::status.eq(fields.status.as_str()),
            style_table::version.eq(read + 1),
        ))
        .execute(c))?;
    if changed == 0 {
        return Err(Code::Stale.into());
    }
    let saved = json!({ "code": fields.code, "version": read + 1 });
    let change = Change { code: &fields.code, before: &was, after: &fields, standing: &standing, saved };
    act.record(db, stamp, (EventKind::StyleSaved, EventKind::StyleCorrected), Subject::Thing("style", id.0), change)?;
    style_saved(db, id, manufacturer_id, fields, read + 1)
}

fn style_saved(db: &mut Db, id: Id, manufacturer_id: Option<Id>, fields: StyleFields, version: i64) -> Result<Style> {
    events::bump(db, HELD)?;
    let StyleFields { code, brand, name, category, confidential, manufacturer: _, policy, facts, status, version: _ } = fields;
    let policy_code = policy.unwrap_or_default();
    Ok(Style { id, code, brand, name, category, confidential, manufacturer_id, policy_code, facts, status, version })
}

/// The manufacturer's id, after making sure that manufacturer and policy are there.
fn references(db: &mut Db, fields: &StyleFields) -> Result<Option<Id>> {
    let mut faults = Vec::new();
    let mut unknown = |field: &'static str, code: &str| faults.push(Fault::new(field, Code::UnknownReference).with("value", code));
    let manufacturer = match &fields.manufacturer {
        Some(code) => {
            let id = parties::ids_of_codes(db, &[code])?.into_values().next();
            if id.is_none() {
                unknown("manufacturer", code);
            }
            id
        }
        None => None,
    };
    if let Some(code) = &fields.policy
        && policies(db, Some(code))?.is_empty()
    {
        unknown("policy", code);
    }
    Refusal::unless_empty(faults)?;
    Ok(manufacturer)
}

fn stored(facts: &StyleFacts) -> Result<String> {
    serde_json::to_string(&StoredFacts { v: FACTS_VERSION, facts: facts.clone() }).map_err(Error::broken)
}

/// Makes a sku.
///
/// # Errors
/// [`Code::Invalid`] with every wrong field; [`Code::Duplicate`] for a code, or a GTIN that a sku has or once had.
pub fn create_sku(db: &mut Db, stamp: &Stamp, given: &SkuFields) -> Result<Sku> {
    only_in_a_change(given.version)?;
    let fields = rules::sound_sku(given)?;
    let style_id = style_of(db, &fields)?;
    let id = stamp.id();
    claim_gtin(db, id, fields.gtin.as_deref())?;
    each!(db, |c| diesel::insert_into(sku_table::table)
        .values((
            sku_table::id.eq(id.0),
            sku_table::style_id.eq(style_id.0),
            sku_table::code.eq(&fields.code),
            sku_table::code_key.eq(folded(&fields.code)),
            sku_table::gtin.eq(&fields.gtin),
            sku_table::colour_zh.eq(&fields.colour.zh),
            sku_table::colour_en.eq(&fields.colour.en),
            sku_table::size.eq(&fields.size),
            sku_table::size_label.eq(&fields.size_label),
            sku_table::created_at.eq(stamp.at),
            sku_table::version.eq(1),
        ))
        .execute(c))?;
    let body = json!({ "code": fields.code, "style": fields.style, "version": 1 });
    events::append(db, stamp, EventKind::SkuSaved, Subject::Thing("sku", id.0), &body)?;
    sku_saved(db, id, style_id, fields, 1)
}

/// Changes the sku with this code; `given.version` is the one that was read. A GTIN that is replaced or taken away stays as an alias.
///
/// # Errors
/// [`Code::NotFound`]; [`Code::Stale`] when somebody changed it since; [`Code::InUse`] for an edit that takes a fact from its batches or their
/// garments ([`rules::SKU_GUARDS`]); as [`create_sku`].
pub fn change_sku(db: &mut Db, stamp: &Stamp, code: &str, given: &SkuFields, act: &Act) -> Result<Sku> {
    let read = needed_in_a_change(given.version)?;
    let mut fields = rules::sound_sku(given)?;
    let before = sku_by_code(db, code)?.ok_or(Code::NotFound)?;
    let style_id = style_of(db, &fields)?;
    let id = before.id;
    let styles = style_codes(db, &[before.style_id, style_id])?;
    let style = |id: Id| styles.get(&id).cloned().unwrap_or_default();
    fields.style = style(style_id);
    let was = SkuFields::from(SkuView::of(before.clone(), style(before.style_id), Vec::new()));
    let standing = corrections::of_skus(db, &[id])?.remove(&id).unwrap_or_default();
    act.allow(rules::SKU_GUARDS, &was, &fields, &standing)?;
    if before.gtin != fields.gtin {
        claim_gtin(db, id, fields.gtin.as_deref())?;
    }
    let changed = each!(db, |c| diesel::update(sku_table::table.filter(sku_table::id.eq(id.0).and(sku_table::version.eq(read))))
        .set((
            sku_table::style_id.eq(style_id.0),
            sku_table::code.eq(&fields.code),
            sku_table::code_key.eq(folded(&fields.code)),
            sku_table::gtin.eq(&fields.gtin),
            sku_table::colour_zh.eq(&fields.colour.zh),
            sku_table::colour_en.eq(&fields.colour.en),
            sku_table::size.eq(&fields.size),
            sku_table::size_label.eq(&fields.size_label),
            sku_table::version.eq(read + 1),
        ))
        .execute(c))?;
    if changed == 0 {
        return Err(Code::Stale.into());
    }
    if before.gtin != fields.gtin {
        if let Some(old) = &before.gtin {
            each!(db, |c| diesel::insert_into(gtin_alias::table)
                .values((gtin_alias::gtin.eq(old), gtin_alias::sku_id.eq(id.0), gtin_alias::added_at.eq(stamp.at)))
                .execute(c))?;
        }
        let body = json!({ "code": fields.code, "from": before.gtin, "to": fields.gtin });
        events::append(db, stamp, EventKind::GtinChanged, Subject::Thing("sku", id.0), &body)?;
    }
    let saved = json!({ "code": fields.code, "style": fields.style, "version": read + 1 });
    let change = Change { code: &fields.code, before: &was, after: &fields, standing: &standing, saved };
    act.record(db, stamp, (EventKind::SkuSaved, EventKind::SkuCorrected), Subject::Thing("sku", id.0), change)?;
    sku_saved(db, id, style_id, fields, read + 1)
}

/// What stands on the skus of these codes.
///
/// # Errors
/// When the store does.
pub(super) fn standing_of_skus(db: &mut Db, codes: &[&str]) -> Result<ByCode<Standing>> {
    let skus: Vec<Sku> = skus_by_codes(db, codes)?.into_values().collect();
    let standing = corrections::of_skus(db, &skus.iter().map(|sku| sku.id).collect::<Vec<_>>())?;
    Ok(skus.into_iter().filter_map(|sku| Some((sku.code, *standing.get(&sku.id)?))).collect())
}

/// What stands on the styles of these codes.
///
/// # Errors
/// When the store does.
pub(super) fn standing_of_styles(db: &mut Db, codes: &[&str]) -> Result<ByCode<Standing>> {
    let styles = styles_by_codes(db, codes)?;
    let standing = corrections::of_styles(db, &styles.iter().map(|style| style.id).collect::<Vec<_>>())?;
    Ok(styles.into_iter().filter_map(|style| Some((style.code, *standing.get(&style.id)?))).collect())
}

/// What a correction of the style of a code would move.
///
/// # Errors
/// [`Code::NotFound`].
pub(super) fn style_preview(db: &mut Db, code: &str) -> Result<Preview> {
    let id = style_by_code(db, code)?.ok_or(Code::NotFound)?.id;
    Ok(Preview::of(rules::STYLE_GUARDS, corrections::of_styles(db, &[id])?.remove(&id).unwrap_or_default()))
}

/// What a correction of the sku of a code would move.
///
/// # Errors
/// [`Code::NotFound`].
pub(super) fn sku_preview(db: &mut Db, code: &str) -> Result<Preview> {
    let id = sku_by_code(db, code)?.ok_or(Code::NotFound)?.id;
    Ok(Preview::of(rules::SKU_GUARDS, corrections::of_skus(db, &[id])?.remove(&id).unwrap_or_default()))
}

fn sku_saved(db: &mut Db, id: Id, style_id: Id, fields: SkuFields, version: i64) -> Result<Sku> {
    events::bump(db, HELD)?;
    let SkuFields { style: _, code, gtin, colour, size, size_label, version: _ } = fields;
    Ok(Sku { id, style_id, code, gtin, colour, size, size_label, version })
}

fn style_of(db: &mut Db, fields: &SkuFields) -> Result<Id> {
    let found: Vec<i64> =
        each!(db, |c| style_table::table.filter(style_table::code_key.eq(folded(&fields.style))).select(style_table::id).load(c))?;
    found.into_iter().next().map(Id).ok_or_else(|| Fault::new("style", Code::UnknownReference).with("value", &fields.style).into())
}

/// Makes sure that no other sku has or once had this GTIN. One the sku itself once had stops being an alias: it becomes its present one again.
fn claim_gtin(db: &mut Db, sku: Id, gtin: Option<&str>) -> Result<()> {
    let Some(gtin) = gtin else {
        return Ok(());
    };
    if sku_by_gtin(db, gtin)?.is_some_and(|holder| holder.id != sku) {
        let fault = Fault::new("gtin", Code::Duplicate).with("value", gtin);
        return Err(Refusal { code: Code::Duplicate, args: fault.args.clone(), faults: vec![fault] }.into());
    }
    each!(db, |c| diesel::delete(gtin_alias::table.filter(gtin_alias::gtin.eq(gtin).and(gtin_alias::sku_id.eq(sku.0)))).execute(c))?;
    Ok(())
}

/// Adds the first or next version of a warranty policy.
///
/// # Errors
/// [`Code::Invalid`] with every wrong field; [`Code::DatesOutOfOrder`] among them when it would hold from before the version it follows.
pub fn add_policy(db: &mut Db, stamp: &Stamp, given: &PolicyFields) -> Result<WarrantyPolicy> {
    let mut fields = rules::sound_policy(given)?;
    let last = policies(db, Some(&fields.code))?.into_iter().next();
    if let Some(last) = &last {
        fields.code.clone_from(&last.code);
    }
    if let Some(last) = last.as_ref().filter(|last| fields.valid_from < last.valid_from) {
        let fault = Fault::new("valid_from", Code::DatesOutOfOrder).with("earlier", last.valid_from).with("later", fields.valid_from);
        return Err(fault.into());
    }
    let id = stamp.id();
    let version = last.map_or(1, |last| last.version + 1);
    let start_rules = fields.start_rules.iter().map(|rule| rule.as_str()).collect::<Vec<_>>().join(",");
    each!(db, |c| diesel::insert_into(warranty_policy::table)
        .values((
            warranty_policy::id.eq(id.0),
            warranty_policy::code.eq(&fields.code),
            warranty_policy::code_key.eq(folded(&fields.code)),
            warranty_policy::version.eq(version),
            warranty_policy::valid_from.eq(fields.valid_from),
            warranty_policy::months.eq(fields.months),
            warranty_policy::days.eq(fields.days),
            warranty_policy::start_rules.eq(&start_rules),
            warranty_policy::made_plus_months.eq(fields.made_plus_months),
            warranty_policy::coverage_zh.eq(&fields.coverage.zh),
            warranty_policy::coverage_en.eq(&fields.coverage.en),
            warranty_policy::exclusions_zh.eq(&fields.exclusions.zh),
            warranty_policy::exclusions_en.eq(&fields.exclusions.en),
            warranty_policy::created_at.eq(stamp.at),
        ))
        .execute(c))?;
    let body = json!({ "code": fields.code, "version": version, "valid_from": fields.valid_from });
    events::append(db, stamp, EventKind::PolicySaved, Subject::Thing("policy", id.0), &body)?;
    events::bump(db, HELD)?;
    let PolicyFields { code, valid_from, months, days, start_rules, made_plus_months, coverage, exclusions } = fields;
    Ok(WarrantyPolicy { id, code, version, valid_from, months, days, start_rules, made_plus_months, coverage, exclusions })
}

fn only_in_a_change(version: Option<i64>) -> Result<()> {
    version.map_or(Ok(()), |_| Err(Fault::new("version", Code::UnknownField).into()))
}

fn needed_in_a_change(version: Option<i64>) -> Result<i64> {
    version.ok_or_else(|| Fault::new("version", Code::Missing).into())
}

/// Policies that active styles name and nobody has written, for the administrator.
///
/// # Errors
/// When the store does.
pub fn policy_gaps(db: &mut Db) -> Result<Vec<String>> {
    let named: Vec<(String, String)> = each!(db, |c| style_table::table
        .filter(style_table::status.eq("active").and(style_table::policy_code.ne("")))
        .select((style_table::code, style_table::policy_code))
        .order(style_table::code)
        .load(c))?;
    let written = policy_codes(db)?;
    Ok(named
        .into_iter()
        .filter(|(_, policy)| !written.contains(&folded(policy)))
        .map(|(style, policy)| format!("{style} names {policy}"))
        .collect())
}
