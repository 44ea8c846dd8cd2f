//! Every query on styles.

use std::collections::HashMap;
use std::ops::Deref;

use chrono::NaiveDateTime;
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use serde::{Deserialize, Serialize};

use super::{FIELDS, StyleFacts, rules};
use crate::kernel::event::EventKind;
use crate::kernel::text::{ByCode, Lang, folded};
use crate::kernel::{Code, Fault, Id, Result};
use crate::platform::db::schema::{sku, style};
use crate::platform::db::search::{anywhere, lower};
use crate::platform::db::{Db, in_chunks, planned};
use crate::platform::events::Stamp;
use crate::platform::http::perm::{CatalogueEdit, CatalogueRead, Permission};
use crate::platform::rooms::{Fields, ListQuery, ListWindow, Listing, Sees, Thing};
use crate::production::corrections::{self, Correctable, Guard, Standing};
use crate::production::parties::{self, Status};
use crate::production::terms;
use crate::{each, keyset, save_row};

/// The version of the facts' JSON that is written.
const FACTS_VERSION: u32 = 1;

/// A design, as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = style, treat_none_as_null = true)]
pub struct Style {
    /// Its id.
    pub id: Id,
    /// The code everyone calls it by.
    pub code: String,
    /// The same as it is compared: see [`folded`].
    #[serde(skip)]
    pub code_key: String,
    /// The brand on the label.
    pub brand: String,
    /// Its name in Chinese, for staff; for the public see [`Style::public_name`].
    pub name_zh: String,
    /// The same in English.
    pub name_en: String,
    /// What kind of garment it is: shirt, trousers …
    pub category: String,
    /// Whether the public must not learn its name, as with uniforms of a customer.
    pub confidential: bool,
    /// The party named on the label as manufacturer.
    #[serde(skip)]
    pub manufacturer_id: Option<Id>,
    /// The warranty policy's code; empty where the house's default holds.
    #[diesel(column_name = policy_code)]
    pub policy: String,
    /// What is known of it.
    #[diesel(deserialize_as = String, serialize_as = String)]
    pub facts: StyleFacts,
    /// Whether it is in use.
    pub status: Status,
    /// When it was first saved, UTC.
    #[serde(skip)]
    pub created_at: NaiveDateTime,
    /// Grows with every change.
    pub version: i64,
}

/// A style with the code of its manufacturer: what people and programs read and say of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Queryable, Selectable)]
#[diesel(table_name = style)]
pub struct StyleView {
    /// The style.
    #[serde(flatten)]
    #[diesel(embed)]
    pub style: Style,
    /// The code of the party named as manufacturer.
    #[diesel(select_expression = manufacturer(), select_expression_type = SqlLiteral<Nullable<Text>>)]
    pub manufacturer: Option<String>,
}

fn manufacturer() -> SqlLiteral<Nullable<Text>> {
    sql("(SELECT code FROM party WHERE party.id = style.manufacturer_id)")
}

impl Deref for StyleView {
    type Target = Style;

    fn deref(&self) -> &Style {
        &self.style
    }
}

#[derive(Deserialize)]
struct StoredFacts {
    v: u32,
    facts: StyleFacts,
}

impl TryFrom<String> for StyleFacts {
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn try_from(stored: String) -> Result<Self, Self::Error> {
        let StoredFacts { v, facts } = serde_json::from_str(&stored)?;
        if v == FACTS_VERSION { Ok(facts) } else { Err(format!("facts of version {v}, not {FACTS_VERSION}").into()) }
    }
}

impl From<StyleFacts> for String {
    fn from(facts: StyleFacts) -> Self {
        serde_json::json!({ "v": FACTS_VERSION, "facts": facts }).to_string()
    }
}

impl Style {
    /// Its name, for staff.
    pub fn name(&self, lang: Lang) -> &str {
        lang.of(&self.name_zh, &self.name_en)
    }

    /// What the public calls it: the neutral title where the style is confidential.
    pub fn public_name(&self, lang: Lang) -> &str {
        match self.facts.public_name.get(lang) {
            _ if !self.confidential => self.name(lang),
            "" => lang.of("服装", "Garment"),
            name => name,
        }
    }
}

impl Listing for StyleView {
    const FIELDS: &'static Fields = &FIELDS;
    const API: &'static str = "styles";
    const SCHEMA: &'static str = "Style";
    type Read = CatalogueRead;

    fn key(&self) -> String {
        self.code.clone()
    }

    fn acts() -> Vec<(&'static str, String, Permission)> {
        vec![
            ("styles-add", "/styles/new".to_owned(), Permission::CatalogueEdit),
            ("import-from-file", "/imports?table=styles".to_owned(), Permission::CatalogueEdit),
            ("skus-title", "/skus".to_owned(), Permission::CatalogueRead),
            ("policies-title", "/policies".to_owned(), Permission::CatalogueRead),
        ]
    }

    fn list(db: &mut Db, query: &ListQuery, sees: Sees, window: &ListWindow) -> Result<Vec<Self>> {
        let pattern = anywhere(&query.q);
        let manufacturer = match query.filter("manufacturer") {
            Some(code) => {
                let unknown = || Fault::new("manufacturer", Code::UnknownReference).with("value", code);
                Some(parties::ids_of_codes(db, &[code])?.remove(code).ok_or_else(unknown)?)
            }
            None => None,
        };
        Ok(each!(db, |c| {
            let mut styles = style::table.select(Self::as_select()).into_boxed();
            if let Some(status) = query.filter("status") {
                styles = styles.filter(style::status.eq(status));
            }
            if let Some(party) = manufacturer {
                styles = styles.filter(style::manufacturer_id.eq(party));
            }
            if let Some(party) = sees.party() {
                // As `rules::may_see`.
                styles = styles.filter(style::confidential.eq(false).or(style::manufacturer_id.assume_not_null().eq(party)));
            }
            if !query.q.is_empty() {
                styles = styles.filter(
                    style::code_key
                        .like(anywhere(&folded(&query.q)))
                        .escape('\\')
                        .or(lower(style::name_zh).like(&pattern).escape('\\'))
                        .or(lower(style::name_en).like(&pattern).escape('\\'))
                        .or(lower(style::brand).like(&pattern).escape('\\'))
                        .or(lower(style::category).like(&pattern).escape('\\')),
                );
            }
            keyset!(c, styles, style::code, window)
        })?)
    }
}

impl Thing for StyleView {
    const SUBJECT: &'static str = "style";
    const SAVED: EventKind = EventKind::StyleSaved;
    type Edit = CatalogueEdit;

    fn id(&self) -> Id {
        self.style.id
    }

    fn code(&self) -> &str {
        &self.style.code
    }

    fn version(&self) -> i64 {
        self.style.version
    }

    fn title(&self, lang: Lang) -> String {
        self.name(lang).to_owned()
    }

    fn is_seen(&self, sees: Sees) -> bool {
        rules::may_see(sees.party(), self)
    }

    fn with_codes(db: &mut Db, codes: &[&str]) -> Result<Vec<Self>> {
        let keys: Vec<String> = codes.iter().map(|code| folded(code)).collect();
        in_chunks(&keys, |keys| each!(db, |c| style::table.filter(style::code_key.eq_any(keys)).select(Self::as_select()).load(c)))
    }

    fn write(mut self, db: &mut Db, stamp: &Stamp, before: Option<&Self>) -> Result<Self> {
        let codes: Vec<&str> = self.manufacturer.as_deref().into_iter().collect();
        self.style.manufacturer_id = parties::ids_of_codes(db, &codes)?.into_values().next();
        self.style.code_key = folded(&self.style.code);
        save_row!(db, stamp, style, self.style, before);
        let maker: Vec<Id> = self.style.manufacturer_id.into_iter().collect();
        self.manufacturer = parties::codes_of_ids(db, &maker)?.into_values().next();
        // The catalogue is held in memory elsewhere.
        db.bump("catalogue")?;
        Ok(self)
    }

    fn faults_of(db: &mut Db, stamp: &Stamp, edits: &[(Self, Option<&Self>)]) -> Result<Vec<Vec<Fault>>> {
        let makers: Vec<&str> = edits.iter().filter_map(|(style, _)| style.manufacturer.as_deref()).collect();
        let makers = parties::ids_of_codes(db, &makers)?;
        let policies = terms::policy_codes(db)?;
        let unknown = |field: &'static str, code: &str| Fault::new(field, Code::UnknownReference).with("value", code);
        let mut all = corrections::held(db, edits)?;
        let maker_of = |style: &Self| style.manufacturer.as_deref().and_then(|code| makers.get(code).copied());
        let named: Vec<_> =
            edits.iter().map(|(style, before)| (maker_of(style), before.and_then(|before| before.manufacturer_id))).collect();
        let closed = parties::newly_closed(db, stamp, "manufacturer", &named)?;
        for (((style, _), faults), closed) in edits.iter().zip(&mut all).zip(closed) {
            faults.extend(closed);
            let maker = style.manufacturer.as_deref().filter(|code| !makers.has(code)).map(|code| unknown("manufacturer", code));
            let policy = Some(&style.policy).filter(|code| !code.is_empty() && !policies.contains(&folded(code)));
            faults.extend(maker.into_iter().chain(policy.map(|code| unknown("policy", code))).chain(style.facts.faults()));
        }
        Ok(all)
    }
}

impl Correctable for StyleView {
    const GUARDS: &'static [Guard<Self>] = rules::GUARDS;
    const CORRECTED: EventKind = EventKind::StyleCorrected;

    fn standing(db: &mut Db, ids: &[Id]) -> Result<HashMap<Id, Standing>> {
        corrections::of_styles(db, ids)
    }
}

/// The style with this id: one look-up by key.
pub fn by_id(db: &mut Db, id: Id) -> Result<Option<Style>> {
    let rows: Vec<Style> = each!(db, |c| style::table.filter(style::id.eq(id)).select(Style::as_select()).load(c))?;
    Ok(rows.into_iter().next())
}

/// The style with this code.
pub fn by_code(db: &mut Db, code: &str) -> Result<Option<Style>> {
    let rows: Vec<Style> = each!(db, |c| style::table.filter(style::code_key.eq(folded(code))).select(Style::as_select()).load(c))?;
    Ok(rows.into_iter().next())
}

/// The ids and codes of the styles with these codes; codes of none are left out.
pub fn named(db: &mut Db, codes: &[&str]) -> Result<ByCode<(Id, String)>> {
    let keys: Vec<String> = codes.iter().map(|code| folded(code)).collect();
    let found: Vec<(Id, String)> =
        in_chunks(&keys, |keys| each!(db, |c| style::table.filter(style::code_key.eq_any(keys)).select((style::id, style::code)).load(c)))?;
    Ok(found.into_iter().map(|(id, code)| (code.clone(), (id, code))).collect())
}

/// The styles with these ids, by id; ids of none are left out.
pub fn by_ids(db: &mut Db, ids: &[Id]) -> Result<HashMap<Id, Style>> {
    let styles: Vec<Style> = in_chunks(ids, |ids| {
        each!(db, |c| planned(style::table.filter(style::id.eq_any(ids)).select(Style::as_select()), ids.len() == 1).load(c))
    })?;
    Ok(styles.into_iter().map(|style| (style.id, style)).collect())
}

/// A sku of a style, as the style's page lists it.
#[derive(Clone, Debug, Queryable)]
pub(super) struct SkuLine {
    pub code: String,
    pub gtin: Option<String>,
    colour_zh: String,
    colour_en: String,
    pub size: String,
    pub size_label: String,
}

impl SkuLine {
    pub fn colour(&self, lang: &Lang) -> &str {
        lang.of(&self.colour_zh, &self.colour_en)
    }

    /// The size as the label says it.
    pub fn label_size(&self) -> &str {
        if self.size_label.is_empty() { &self.size } else { &self.size_label }
    }
}

/// The skus of a style, by code.
pub(super) fn skus(db: &mut Db, of: Id) -> Result<Vec<SkuLine>> {
    Ok(each!(db, |c| sku::table
        .filter(sku::style_id.eq(of))
        .order(sku::code)
        .select((sku::code, sku::gtin, sku::colour_zh, sku::colour_en, sku::size, sku::size_label))
        .load(c))?)
}

/// Policies that active styles name and nobody has written, for the administrator.
pub fn policy_gaps(db: &mut Db) -> Result<Vec<String>> {
    let named: Vec<(String, String)> = each!(db, |c| style::table
        .filter(style::status.eq(Status::Active).and(style::policy_code.ne("")))
        .select((style::code, style::policy_code))
        .order(style::code)
        .load(c))?;
    let written = terms::policy_codes(db)?;
    let gaps = named.into_iter().filter(|(_, policy)| !written.contains(&folded(policy)));
    Ok(gaps.map(|(style, policy)| format!("{style} names {policy}")).collect())
}
