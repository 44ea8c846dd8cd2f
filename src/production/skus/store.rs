//! Every query on skus and the GTINs they have and once had.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex};

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{FIELDS, rules};
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::text::{Both, ByCode, Lang, folded};
use crate::kernel::{Code, Error, Fault, Id, Result};
use crate::platform::db::schema::{gtin_alias, sku, style};
use crate::platform::db::search::{anywhere, lower};
use crate::platform::db::{Db, in_chunks, planned};
use crate::platform::events::{self, Stamp};
use crate::platform::http::perm::{CatalogueEdit, CatalogueRead, Permission};
use crate::platform::http::query_escape;
use crate::platform::locks::lock;
use crate::platform::rooms::{Act, Fields, ListQuery, ListWindow, Listing, Panel, Sees, Thing, href};
use crate::production::corrections::{self, Correctable, Guard, Standing};
use crate::production::parties::{self, Maker};
use crate::production::styles::{self, Style, StyleView};
use crate::production::terms::{self, WarrantyPolicy};
use crate::{each, keyset, save_row};

/// A style in one colour and size, as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = sku, treat_none_as_null = true)]
pub struct Sku {
    /// Its id.
    pub id: Id,
    /// Its style.
    #[serde(skip)]
    pub style_id: Id,
    /// The code everyone calls it by.
    pub code: String,
    /// The same as it is compared: see [`folded`].
    #[serde(skip)]
    pub code_key: String,
    /// Its present GTIN, 14 digits.
    pub gtin: Option<String>,
    /// Its colour in Chinese, or empty.
    pub colour_zh: String,
    /// The same in English.
    pub colour_en: String,
    /// Its size as the size chart names it: `M`.
    pub size: String,
    /// The size as the label must say it (号型): `170/88A`.
    pub size_label: String,
    /// When it was first saved, UTC.
    #[serde(skip)]
    pub created_at: NaiveDateTime,
    /// Grows with every change.
    pub version: i64,
}

/// A sku with the code of its style and the GTINs it once had: what people and programs read and say of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Queryable, Selectable)]
#[diesel(table_name = sku)]
pub struct SkuView {
    /// The sku.
    #[serde(flatten)]
    #[diesel(embed)]
    pub sku: Sku,
    /// The code of its style.
    #[diesel(select_expression = style_code(), select_expression_type = SqlLiteral<Text>)]
    pub style: String,
    /// GTINs it once had, oldest first; labels with them still lead to it.
    #[diesel(deserialize_as = String, select_expression = once_had(), select_expression_type = SqlLiteral<Text>)]
    pub old_gtins: Gtins,
    /// The only party whose people may know of it, as its style is confidential; none at all where that has no maker.
    #[serde(skip)]
    #[diesel(select_expression = kept_to(), select_expression_type = SqlLiteral<Nullable<BigInt>>)]
    pub(super) kept_to: Option<Id>,
}

fn kept_to() -> SqlLiteral<Nullable<BigInt>> {
    sql("(SELECT CASE WHEN confidential THEN coalesce(manufacturer_id, 0) END FROM style WHERE style.id = sku.style_id)")
}

fn style_code() -> SqlLiteral<Text> {
    sql("(SELECT code FROM style WHERE style.id = sku.style_id)")
}

fn once_had() -> SqlLiteral<Text> {
    sql("coalesce((SELECT string_agg(gtin, ' ' ORDER BY added_at, gtin) FROM gtin_alias WHERE sku_id = sku.id), '')")
}

/// Several GTINs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Gtins(pub Vec<String>);

impl From<String> for Gtins {
    fn from(stored: String) -> Self {
        Self(stored.split_whitespace().map(str::to_owned).collect())
    }
}

impl Deref for SkuView {
    type Target = Sku;

    fn deref(&self) -> &Sku {
        &self.sku
    }
}

impl Sku {
    /// Its colour in a language, or in the other where it has none.
    pub fn colour(&self, lang: Lang) -> &str {
        lang.of(&self.colour_zh, &self.colour_en)
    }

    /// The size as a label says it.
    pub fn label_size(&self) -> &str {
        if self.size_label.is_empty() { &self.size } else { &self.size_label }
    }
}

impl Listing for SkuView {
    const FIELDS: &'static Fields = &FIELDS;
    const API: &'static str = "skus";
    const SCHEMA: &'static str = "Sku";
    type Read = CatalogueRead;

    fn key(&self) -> String {
        self.code.clone()
    }

    fn acts() -> Vec<(&'static str, String, Permission)> {
        vec![
            ("skus-add", "/skus/new".to_owned(), Permission::CatalogueEdit),
            ("import-from-file", "/imports?table=skus".to_owned(), Permission::CatalogueEdit),
            ("styles-title", "/styles".to_owned(), Permission::CatalogueRead),
        ]
    }

    fn list(db: &mut Db, query: &ListQuery, sees: Sees, window: &ListWindow) -> Result<Vec<Self>> {
        let pattern = anywhere(&query.q);
        // What is not there has no skus.
        let of_style = query.filter("style").map(|code| styles::by_code(db, code)).transpose()?;
        let of_style = of_style.map(|style| style.map_or(Id(0), |style| style.id));
        let by_gtin = query.filter("gtin").map(|gtin| by_gtin(db, gtin)).transpose()?;
        let by_gtin = by_gtin.map(|sku| sku.map_or(Id(0), |sku| sku.id));
        Ok(each!(db, |c| {
            let mut skus = sku::table.select(Self::as_select()).into_boxed();
            if let Some(style) = of_style {
                skus = skus.filter(sku::style_id.eq(style));
            }
            if let Some(id) = by_gtin {
                skus = skus.filter(sku::id.eq(id));
            }
            if !query.q.is_empty() {
                let named = lower(style::name_zh).like(&pattern).escape('\\').or(lower(style::name_en).like(&pattern).escape('\\'));
                skus = skus.filter(
                    sku::code_key
                        .like(anywhere(&folded(&query.q)))
                        .escape('\\')
                        .or(lower(sku::colour_zh).like(&pattern).escape('\\'))
                        .or(lower(sku::colour_en).like(&pattern).escape('\\'))
                        .or(sku::style_id.eq_any(style::table.filter(named).select(style::id))),
                );
            }
            if let Some(party) = sees.party() {
                let seen = style::confidential.eq(false).or(style::manufacturer_id.assume_not_null().eq(party));
                skus = skus.filter(sku::style_id.eq_any(style::table.filter(seen).select(style::id)));
            }
            keyset!(c, skus, sku::code, window)
        })?)
    }
}

impl Thing for SkuView {
    const SUBJECT: &'static str = "sku";
    const SAVED: EventKind = EventKind::SkuSaved;
    type Edit = CatalogueEdit;

    fn id(&self) -> Id {
        self.sku.id
    }

    fn code(&self) -> &str {
        &self.sku.code
    }

    fn version(&self) -> i64 {
        self.sku.version
    }

    fn title(&self, lang: Lang) -> String {
        let parts = [self.code.as_str(), self.colour(lang), &self.size];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
    }

    fn is_seen(&self, sees: Sees) -> bool {
        self.kept_to.is_none_or(|party| sees.is_of(party))
    }

    fn with_codes(db: &mut Db, codes: &[&str]) -> Result<Vec<Self>> {
        let keys: Vec<String> = codes.iter().map(|code| folded(code)).collect();
        in_chunks(&keys, |keys| each!(db, |c| sku::table.filter(sku::code_key.eq_any(keys)).select(Self::as_select()).load(c)))
    }

    /// A GTIN that is replaced or taken away stays as an alias; one that the sku itself once had stops being one.
    fn write(mut self, db: &mut Db, stamp: &Stamp, before: Option<&Self>) -> Result<Self> {
        let unknown = || Fault::new("style", Code::UnknownReference).with("value", &self.style);
        (self.sku.style_id, self.style) = styles::named(db, &[&self.style])?.remove(&self.style).ok_or_else(unknown)?;
        self.sku.code_key = folded(&self.sku.code);
        save_row!(db, stamp, sku, self.sku, before);
        let (was, is, id) = (before.and_then(|before| before.gtin.clone()), self.sku.gtin.clone(), self.sku.id);
        if before.is_none() {
            // A file that brings a sku says which GTINs it had, oldest first.
            let old = self.old_gtins.0.iter().rev();
            let aliases: Vec<_> = (1..)
                .zip(old)
                .map(|(age, gtin)| {
                    (gtin_alias::gtin.eq(gtin), gtin_alias::sku_id.eq(id), gtin_alias::added_at.eq(stamp.at - TimeDelta::seconds(age)))
                })
                .collect();
            each!(db, |c| diesel::insert_into(gtin_alias::table).values(&aliases).execute(c))?;
        }
        if before.is_some() && was != is {
            let again = gtin_alias::gtin.nullable().eq(&is).and(gtin_alias::sku_id.eq(id));
            each!(db, |c| diesel::delete(gtin_alias::table.filter(again)).execute(c))?;
            if let Some(old) = &was {
                let alias = (gtin_alias::gtin.eq(old), gtin_alias::sku_id.eq(id), gtin_alias::added_at.eq(stamp.at));
                each!(db, |c| diesel::insert_into(gtin_alias::table).values(alias).execute(c))?;
            }
            let body = json!({ "code": self.code, "from": was, "to": is });
            events::append(db, stamp, EventKind::GtinChanged, Subject::Thing(Self::SUBJECT, id.0), &body)?;
            self.old_gtins = Gtins(old_gtins(db, &[id])?.remove(&id).unwrap_or_default());
        }
        // The catalogue is held in memory elsewhere.
        db.bump("catalogue")?;
        Ok(self)
    }

    fn faults_of(db: &mut Db, _: &Stamp, edits: &[(Self, Option<&Self>)]) -> Result<Vec<Vec<Fault>>> {
        let styles = styles::named(db, &edits.iter().map(|(sku, _)| sku.style.as_str()).collect::<Vec<_>>())?;
        let gtins = edits.iter().flat_map(|(sku, _)| sku.gtin.iter().chain(&sku.old_gtins.0)).map(String::as_str);
        let holders = holders(db, &gtins.collect::<Vec<_>>())?;
        let mut all = corrections::held(db, edits)?;
        for ((sku, before), faults) in edits.iter().zip(&mut all) {
            if !sku.style.is_empty() && !styles.has(&sku.style) {
                faults.push(Fault::new("style", Code::UnknownReference).with("value", &sku.style));
            }
            let own = before.map(|before| before.id);
            let is_taken = |gtin: &&String| holders.get(*gtin).is_some_and(|holder| Some(*holder) != own);
            let mut taken = |field, gtin: &String| faults.push(Fault::new(field, Code::Duplicate).with("value", gtin));
            sku.gtin.iter().filter(is_taken).for_each(|gtin| taken("gtin", gtin));
            let is_own = |gtin: &&String| sku.gtin.as_ref() == Some(gtin);
            let brought = sku.old_gtins.0.iter().filter(|_| before.is_none());
            brought.filter(|gtin| is_taken(gtin) || is_own(gtin)).for_each(|gtin| taken("old_gtins", gtin));
        }
        Ok(all)
    }

    fn panels(&self, _: &mut Db) -> Result<Vec<Panel>> {
        let style = ("skus-style", self.style.clone(), href::<StyleView>(&self.style));
        let batches = ("batches-title", self.code.clone(), format!("/batches?sku={}", query_escape(&self.code)));
        Ok(vec![Panel { key: "skus-more", facts: vec![style, batches] }])
    }

    fn acts(&self) -> Vec<Act> {
        vec![Act::get("correct", format!("{}/correct", href::<Self>(&self.code)), Permission::CatalogueEdit).brand_only()]
    }
}

impl Correctable for SkuView {
    const GUARDS: &'static [Guard<Self>] = rules::GUARDS;
    const CORRECTED: EventKind = EventKind::SkuCorrected;

    fn standing(db: &mut Db, ids: &[Id]) -> Result<HashMap<Id, Standing>> {
        corrections::of_skus(db, ids)
    }
}

/// All that the buyer's card says of a garment's product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// The sku.
    pub sku: Sku,
    /// Its style.
    pub style: Style,
    /// Who made it, as the label says.
    pub maker: Option<Maker>,
    /// The warranty policy that holds on the day asked for; None where the house's default does.
    pub policy: Option<WarrantyPolicy>,
}

/// All that the card says of a garment's product: four look-ups by key.
pub fn product(db: &mut Db, sku_id: Id, on: NaiveDate) -> Result<Option<Product>> {
    let Some(sku) = by_id(db, sku_id)? else {
        return Ok(None);
    };
    let style = styles::by_id(db, sku.style_id)?.ok_or_else(|| Error::broken("a sku without its style"))?;
    let maker = style.manufacturer_id.map_or(Ok(None), |id| parties::maker(db, id))?;
    let policy = terms::policy_at(db, &style.policy, on)?;
    Ok(Some(Product { sku, style, maker, policy }))
}

/// A sku with its style, and what people call it who hold one: the style's name, colour, size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StyledSku {
    /// The sku.
    pub sku: Sku,
    /// Its style.
    pub style: Style,
    /// What our own people call it.
    pub inside: Both,
    /// What the public calls it, to whom the name of a style may be another.
    pub outside: Both,
}

/// The skus that somebody asked for.
#[derive(Default)]
struct Asked(Mutex<HashMap<Id, Arc<StyledSku>>>);

/// So many are held; then it begins anew. One with a size chart takes some 5 KB.
const ASKED: usize = 2_048;

/// The sku of a batch, held in memory while the catalogue stands.
///
/// # Errors
/// [`Error::Broken`] where there is none.
pub fn styled(db: &mut Db, id: Id) -> Result<Arc<StyledSku>> {
    let asked = db.held(&["catalogue"], |_| Ok(Asked::default()))?;
    if let Some(styled) = lock(&asked.0).get(&id) {
        return Ok(Arc::clone(styled));
    }
    let sku = by_id(db, id)?.ok_or_else(|| Error::broken("a batch without its sku"))?;
    let style = styles::by_id(db, sku.style_id)?.ok_or_else(|| Error::broken("a sku without its style"))?;
    let called = |name: fn(&Style, Lang) -> &str| {
        let of = |lang: Lang| {
            let parts = [name(&style, lang), sku.colour(lang), &sku.size];
            parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(lang.of("，", ", "))
        };
        Both { zh: of(Lang::Zh), en: of(Lang::En) }
    };
    let (inside, outside) = (called(Style::name), called(Style::public_name));
    let styled = Arc::new(StyledSku { sku, style, inside, outside });
    let mut held = lock(&asked.0);
    if held.len() >= ASKED {
        held.clear();
    }
    held.insert(id, Arc::clone(&styled));
    Ok(styled)
}

/// The sku with this id: one look-up by key.
pub fn by_id(db: &mut Db, id: Id) -> Result<Option<Sku>> {
    let rows: Vec<Sku> = each!(db, |c| sku::table.filter(sku::id.eq(id)).select(Sku::as_select()).load(c))?;
    Ok(rows.into_iter().next())
}

/// The sku with this code.
pub fn by_code(db: &mut Db, code: &str) -> Result<Option<Sku>> {
    Ok(by_codes(db, &[code])?.into_values().next())
}

/// The skus with these codes, by code; codes of none are left out.
pub fn by_codes<S: AsRef<str>>(db: &mut Db, codes: &[S]) -> Result<ByCode<Sku>> {
    let keys: Vec<String> = codes.iter().map(|code| folded(code.as_ref())).collect();
    let skus: Vec<Sku> =
        in_chunks(&keys, |keys| each!(db, |c| sku::table.filter(sku::code_key.eq_any(keys)).select(Sku::as_select()).load(c)))?;
    Ok(skus.into_iter().map(|sku| (sku.code.clone(), sku)).collect())
}

/// The skus with these ids, by id; ids of none are left out.
pub fn by_ids(db: &mut Db, ids: &[Id]) -> Result<HashMap<Id, Sku>> {
    let skus: Vec<Sku> = in_chunks(ids, |ids| {
        each!(db, |c| planned(sku::table.filter(sku::id.eq_any(ids)).select(Sku::as_select()), ids.len() == 1).load(c))
    })?;
    Ok(skus.into_iter().map(|sku| (sku.id, sku)).collect())
}

/// The sku that has this GTIN, or once had it. `gtin` is 14 digits.
pub fn by_gtin(db: &mut Db, gtin: &str) -> Result<Option<Sku>> {
    let rows: Vec<Sku> = each!(db, |c| sku::table.filter(sku::gtin.eq(gtin)).select(Sku::as_select()).load(c))?;
    if let Some(sku) = rows.into_iter().next() {
        return Ok(Some(sku));
    }
    let once: Vec<Id> = each!(db, |c| gtin_alias::table.filter(gtin_alias::gtin.eq(gtin)).select(gtin_alias::sku_id).load(c))?;
    once.into_iter().next().map_or(Ok(None), |id| by_id(db, id))
}

/// The skus that have, or once had, these GTINs, by GTIN.
fn holders(db: &mut Db, gtins: &[&str]) -> Result<HashMap<String, Id>> {
    let present: Vec<(String, Id)> = in_chunks(gtins, |gtins| {
        each!(db, |c| sku::table.filter(sku::gtin.eq_any(gtins)).select((sku::gtin.assume_not_null(), sku::id)).load(c))
    })?;
    let once: Vec<(String, Id)> = in_chunks(gtins, |gtins| {
        each!(db, |c| gtin_alias::table.filter(gtin_alias::gtin.eq_any(gtins)).select((gtin_alias::gtin, gtin_alias::sku_id)).load(c))
    })?;
    Ok(once.into_iter().chain(present).collect())
}

/// The GTINs these skus once had, by sku, oldest first.
pub fn old_gtins(db: &mut Db, skus: &[Id]) -> Result<HashMap<Id, Vec<String>>> {
    let rows: Vec<(Id, String)> = in_chunks(skus, |skus| {
        each!(db, |c| gtin_alias::table
            .filter(gtin_alias::sku_id.eq_any(skus))
            .order((gtin_alias::added_at, gtin_alias::gtin))
            .select((gtin_alias::sku_id, gtin_alias::gtin))
            .load(c))
    })?;
    let mut old: HashMap<Id, Vec<String>> = HashMap::new();
    rows.into_iter().for_each(|(sku, gtin)| old.entry(sku).or_default().push(gtin));
    Ok(old)
}
