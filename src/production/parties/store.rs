//! Every query on parties and their roles.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::backend::Backend;
use diesel::deserialize::FromSql;
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Text;
use serde::{Deserialize, Serialize};

use super::{FIELDS, Role, Status};
use crate::kernel::event::EventKind;
use crate::kernel::text::{Both, ByCode, Lang, folded, grouped};
use crate::kernel::{Code, Fault, Id, Result};
use crate::platform::db::schema::{batch, lot, party, party_role, style};
use crate::platform::db::search::{anywhere, lower};
use crate::platform::db::{Db, in_chunks, known_text, planned};
use crate::platform::events::Stamp;
use crate::platform::http::perm::{CatalogueEdit, CatalogueRead, Permission};
use crate::platform::http::{query_escape, segment};
use crate::platform::rooms::{Act, Fields, ListQuery, ListWindow, Listing, Panel, Sees, Thing};
use crate::{each, keyset, save_row, text_column};

text_column!(Status);

/// A party.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = party, treat_none_as_null = true)]
pub struct Party {
    /// Its id.
    pub id: Id,
    /// The code everyone calls it by.
    pub code: String,
    /// The same as it is compared: see [`folded`].
    #[serde(skip)]
    pub code_key: String,
    /// Its name in Chinese, or empty.
    pub name_zh: String,
    /// Its name in English, or empty.
    pub name_en: String,
    /// Its Global Location Number, 13 digits.
    pub gln: Option<String>,
    /// ISO 3166-1 alpha-2, or empty.
    pub country: String,
    /// The city, or empty.
    pub city: String,
    /// The postal address as labels print it, in Chinese.
    pub address_zh: String,
    /// The same in English.
    pub address_en: String,
    /// How to reach it: telephone, mail, a person. Never shown to the public, nor in an event.
    pub contact: String,
    /// Whether it is in use.
    pub status: Status,
    /// When it was first saved, UTC.
    #[serde(skip)]
    pub created_at: NaiveDateTime,
    /// Grows with every change; a change must name the one it read.
    pub version: i64,
    /// What it does for the brand, in table order. Rows of their own.
    #[diesel(skip_insertion, skip_update, deserialize_as = RoleWords, select_expression = roles(), select_expression_type = SqlLiteral<Text>)]
    pub roles: Vec<Role>,
}

/// The roles of a party as one text, on both stores.
fn roles() -> SqlLiteral<Text> {
    sql("coalesce((SELECT string_agg(role, ' ') FROM party_role WHERE party_id = party.id), '')")
}

/// Reads that text.
pub struct RoleWords(Vec<Role>);

impl<DB: Backend> Queryable<Text, DB> for RoleWords
where
    String: FromSql<Text, DB>,
{
    type Row = String;

    fn build(words: String) -> diesel::deserialize::Result<Self> {
        let mut roles = words
            .split(' ')
            .filter(|word| !word.is_empty())
            .map(|word| known_text(word, Role::of(word)))
            .collect::<diesel::deserialize::Result<Vec<_>>>()?;
        roles.sort_unstable();
        Ok(Self(roles))
    }
}

impl From<RoleWords> for Vec<Role> {
    fn from(words: RoleWords) -> Self {
        words.0
    }
}

impl Party {
    /// Its name in a language, or in the other where it has none.
    pub fn name(&self, lang: Lang) -> &str {
        lang.of(&self.name_zh, &self.name_en)
    }
}

impl Listing for Party {
    const FIELDS: &'static Fields = &FIELDS;
    const API: &'static str = "parties";
    const SCHEMA: &'static str = "Party";
    type Read = CatalogueRead;

    fn key(&self) -> String {
        self.code.clone()
    }

    fn acts() -> Vec<(&'static str, String, Permission)> {
        vec![
            ("parties-add", "/parties/new".to_owned(), Permission::CatalogueEdit),
            ("import-from-file", "/imports?table=parties".to_owned(), Permission::CatalogueEdit),
        ]
    }

    fn list(db: &mut Db, query: &ListQuery, sees: Sees, window: &ListWindow) -> Result<Vec<Self>> {
        let pattern = anywhere(&query.q);
        Ok(each!(db, |c| {
            let mut parties = party::table.select(Self::as_select()).into_boxed();
            if let Some(role) = query.filter("role") {
                parties =
                    parties.filter(party::id.eq_any(party_role::table.filter(party_role::role.eq(role)).select(party_role::party_id)));
            }
            if let Some(own) = sees.party() {
                parties = parties.filter(party::id.eq(own));
            }
            if !query.q.is_empty() {
                parties = parties.filter(
                    party::code_key
                        .like(anywhere(&folded(&query.q)))
                        .escape('\\')
                        .or(lower(party::name_zh).like(&pattern).escape('\\'))
                        .or(lower(party::name_en).like(&pattern).escape('\\'))
                        .or(lower(party::city).like(&pattern).escape('\\'))
                        .or(party::gln.eq(&query.q)),
                );
            }
            keyset!(c, parties, party::code, window)
        })?)
    }
}

impl Thing for Party {
    const SUBJECT: &'static str = "party";
    const SAVED: EventKind = EventKind::PartySaved;
    const UNTOLD: &'static [&'static str] = &["contact"];
    type Edit = CatalogueEdit;

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
        self.name(lang).to_owned()
    }

    fn is_seen(&self, sees: Sees) -> bool {
        sees.is_of(self.id)
    }

    fn with_codes(db: &mut Db, codes: &[&str]) -> Result<Vec<Self>> {
        let keys: Vec<String> = codes.iter().map(|code| folded(code)).collect();
        in_chunks(&keys, |keys| each!(db, |c| party::table.filter(party::code_key.eq_any(keys)).select(Self::as_select()).load(c)))
    }

    fn write(mut self, db: &mut Db, stamp: &Stamp, before: Option<&Self>) -> Result<Self> {
        self.code_key = folded(&self.code);
        save_row!(db, stamp, party, self, before);
        each!(db, |c| diesel::delete(party_role::table.filter(party_role::party_id.eq(self.id))).execute(c))?;
        let roles: Vec<_> = self.roles.iter().map(|role| (party_role::party_id.eq(self.id), party_role::role.eq(role.as_str()))).collect();
        each!(db, |c| diesel::insert_into(party_role::table).values(&roles).execute(c))?;
        // The catalogue shows makers by name and address.
        db.bump("catalogue")?;
        Ok(self)
    }

    fn faults(&self, db: &mut Db, _before: Option<&Self>) -> Result<Vec<Fault>> {
        let Some(gln) = &self.gln else { return Ok(Vec::new()) };
        let others: i64 =
            each!(db, |c| party::table.filter(party::gln.eq(gln).and(party::code_key.ne(folded(&self.code)))).count().get_result(c))?;
        Ok(if others > 0 { vec![Fault::new("gln", Code::Duplicate).with("value", gln.clone())] } else { Vec::new() })
    }

    fn panels(&self, db: &mut Db) -> Result<Vec<Panel>> {
        let styles: i64 = each!(db, |c| style::table.filter(style::manufacturer_id.eq(self.id)).count().get_result(c))?;
        let lots: i64 = each!(db, |c| lot::table.filter(lot::party_id.eq(self.id)).count().get_result(c))?;
        let batches: i64 = each!(db, |c| batch::table.filter(batch::factory_id.eq(self.id)).count().get_result(c))?;
        let code = query_escape(&self.code);
        let used = |key, count: i64, at: &str| (key, grouped(count), if count > 0 { format!("{at}={code}") } else { String::new() });
        let facts = vec![
            used("parties-used-styles", styles, "/styles?manufacturer"),
            used("parties-used-lots", lots, "/lots?supplier"),
            used("parties-used-batches", batches, "/batches?factory"),
        ];
        Ok(vec![Panel { key: "parties-used", facts }])
    }

    fn acts(&self) -> Vec<Act> {
        vec![Act::get("parties-trace", format!("/trace/party/{}", segment(&self.code)), Permission::TraceRead)]
    }
}

/// Makes a party.
///
/// # Errors
/// [`Code::Duplicate`] for a code or GLN that is there.
pub fn create(db: &mut Db, stamp: &Stamp, party: Party) -> Result<Party> {
    party.save(db, stamp, None)
}

/// The parties with these ids, in no particular order; ids of none are left out.
pub fn by_ids(db: &mut Db, ids: &[Id]) -> Result<Vec<Party>> {
    in_chunks(ids, |ids| each!(db, |c| party::table.filter(party::id.eq_any(ids)).select(Party::as_select()).load(c)))
}

/// The party with this code.
pub fn by_code(db: &mut Db, code: &str) -> Result<Option<Party>> {
    Ok(Party::with_codes(db, &[code])?.into_iter().next())
}

/// At most 500 parties with a role, by code.
pub fn with_role(db: &mut Db, role: Role) -> Result<Vec<Party>> {
    Ok(each!(db, |c| {
        let held = party_role::table.filter(party_role::role.eq(role.as_str())).select(party_role::party_id);
        party::table.filter(party::id.eq_any(held)).select(Party::as_select()).order(party::code).limit(500).load(c)
    })?)
}

/// What a label and a card say of whoever made a garment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Maker {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: Both,
    /// Its address.
    pub address: Both,
    /// ISO 3166-1 alpha-2, or empty.
    pub country: String,
    /// The city, or empty.
    pub city: String,
}

/// The ids of these codes; codes of none are left out.
pub fn ids_of_codes<S: AsRef<str>>(db: &mut Db, codes: &[S]) -> Result<ByCode<Id>> {
    let keys: Vec<String> = codes.iter().map(|code| folded(code.as_ref())).collect();
    let ids: Vec<(String, Id)> = in_chunks(&keys, |keys| {
        each!(db, |c| party::table.filter(party::code_key.eq_any(keys)).select((party::code_key, party::id)).load(c))
    })?;
    Ok(ids.into_iter().collect())
}

/// The codes of those of these parties that are closed, by id. A closed party brings along what it did elsewhere: within the very write that makes
/// it, it is not yet counted as closed.
pub fn closed_among(db: &mut Db, stamp: &Stamp, ids: &[Id]) -> Result<HashMap<Id, String>> {
    let codes: Vec<(Id, String)> = in_chunks(ids, |ids| {
        let closed = party::status.eq(Status::Closed).and(party::created_at.ne(stamp.at));
        each!(db, |c| planned(party::table.filter(party::id.eq_any(ids).and(closed)).select((party::id, party::code)), ids.len() == 1)
            .load(c))
    })?;
    Ok(codes.into_iter().collect())
}

/// Of edits that name a party in `field`, given as the party after and the one before: the fault of each that newly names a closed one.
pub fn newly_closed(db: &mut Db, stamp: &Stamp, field: &'static str, named: &[(Option<Id>, Option<Id>)]) -> Result<Vec<Option<Fault>>> {
    let newly = |(after, before): &(Option<Id>, Option<Id>)| after.filter(|after| before.as_ref() != Some(after));
    let mut ids: Vec<Id> = named.iter().filter_map(newly).collect();
    ids.sort_unstable();
    ids.dedup();
    let closed = if ids.is_empty() { HashMap::new() } else { closed_among(db, stamp, &ids)? };
    let fault = |code: &String| Fault::new(field, Code::Closed).with("closed", code);
    Ok(named.iter().map(|one| newly(one).and_then(|id| closed.get(&id)).map(fault)).collect())
}

/// The codes of these parties, by id; ids of none are left out.
pub fn codes_of_ids(db: &mut Db, ids: &[Id]) -> Result<HashMap<Id, String>> {
    let codes: Vec<(Id, String)> =
        in_chunks(ids, |ids| each!(db, |c| party::table.filter(party::id.eq_any(ids)).select((party::id, party::code)).load(c)))?;
    Ok(codes.into_iter().collect())
}

/// What a label says of the party with this id: one look-up by key.
pub fn maker(db: &mut Db, id: Id) -> Result<Option<Maker>> {
    let rows: Vec<(String, String, String, String, String, String, String)> = each!(db, |c| party::table
        .filter(party::id.eq(id.0))
        .select((party::code, party::name_zh, party::name_en, party::address_zh, party::address_en, party::country, party::city))
        .load(c))?;
    Ok(rows.into_iter().next().map(|(code, name_zh, name_en, address_zh, address_en, country, city)| Maker {
        code,
        name: Both { zh: name_zh, en: name_en },
        address: Both { zh: address_zh, en: address_en },
        country,
        city,
    }))
}
