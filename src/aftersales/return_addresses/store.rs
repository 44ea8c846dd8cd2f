//! Every query on return addresses.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::{ELSEWHERE, FIELDS};
use crate::kernel::text::Lang;
use crate::kernel::{Fault, Id, Result};
use crate::platform::db::search::{anywhere, lower};
use crate::platform::db::{Db, in_chunks};
use crate::platform::events::{self, Fact, Stamp};
use crate::platform::http::perm::{CasesRead, Permission, PolicyEdit};
use crate::platform::rooms::{BrandOnly, Fields, ListQuery, ListWindow, Listing, Sees, Thing};
use crate::production::corrections::fixed;
use crate::{each, keyset, save_coded_row};

diesel::table! {
    return_address (code) {
        code -> Text,
        address_zh -> Text,
        address_en -> Text,
        hours_zh -> Text,
        hours_en -> Text,
        enclose_zh -> Text,
        enclose_en -> Text,
        version -> BigInt,
    }
}

/// Where the buyers of a market send a garment back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = return_address, primary_key(code))]
pub struct ReturnAddress {
    /// The market: an ISO 3166 code of two letters, or `*`.
    pub code: String,
    /// Where to, in Chinese, or empty.
    pub address_zh: String,
    /// Where to, in English, or empty.
    pub address_en: String,
    /// When it is received, in Chinese, or empty.
    pub hours_zh: String,
    /// When it is received, in English, or empty.
    pub hours_en: String,
    /// What belongs into the parcel, in Chinese, or empty.
    pub enclose_zh: String,
    /// What belongs into the parcel, in English, or empty.
    pub enclose_en: String,
    /// Grows with every change.
    pub version: i64,
}

/// A text, or what it says in the other language.
fn either<'a>(lang: Lang, zh: &'a str, en: &'a str) -> &'a str {
    let (own, other) = (lang.of(zh, en), lang.of(en, zh));
    if own.is_empty() { other } else { own }
}

impl ReturnAddress {
    /// Where to.
    pub fn address(&self, lang: Lang) -> &str {
        either(lang, &self.address_zh, &self.address_en)
    }

    /// When it is received, or empty.
    pub fn hours(&self, lang: Lang) -> &str {
        either(lang, &self.hours_zh, &self.hours_en)
    }

    /// What belongs into the parcel, or empty.
    pub fn enclose(&self, lang: Lang) -> &str {
        either(lang, &self.enclose_zh, &self.enclose_en)
    }
}

impl Listing for ReturnAddress {
    const FIELDS: &'static Fields = &FIELDS;
    const API: &'static str = "return-addresses";
    const SCHEMA: &'static str = "ReturnAddress";
    type Read = BrandOnly<CasesRead>;

    fn key(&self) -> String {
        self.code.clone()
    }

    fn acts() -> Vec<(&'static str, String, Permission)> {
        vec![("return-addresses-new", "/return-addresses/new".to_owned(), Permission::PolicyEdit)]
    }

    fn list(db: &mut Db, query: &ListQuery, _: Sees, window: &ListWindow) -> Result<Vec<Self>> {
        let pattern = anywhere(&query.q);
        Ok(each!(db, |c| {
            let mut rows = return_address::table.select(Self::as_select()).into_boxed();
            if !query.q.is_empty() {
                let found = lower(return_address::address_en).like(&pattern).escape('\\');
                let found = found.or(return_address::address_zh.like(&pattern).escape('\\'));
                rows = rows.filter(found.or(lower(return_address::code).like(&pattern).escape('\\')));
            }
            keyset!(c, rows, return_address::code, window)
        })?)
    }
}

impl Thing for ReturnAddress {
    const SUBJECT: &'static str = "return_address";
    type Edit = PolicyEdit;

    /// Its key is its code: all of the catalogue is one subject.
    fn id(&self) -> Id {
        Id(0)
    }

    fn code(&self) -> &str {
        &self.code
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn title(&self, lang: Lang) -> String {
        format!("{} {}", lang.of("退货地址", "Return address"), self.code)
    }

    fn with_codes(db: &mut Db, codes: &[&str]) -> Result<Vec<Self>> {
        let keys: Vec<String> = codes.iter().map(|code| code.to_ascii_uppercase()).collect();
        in_chunks(&keys, |keys| {
            each!(db, |c| return_address::table.filter(return_address::code.eq_any(keys)).select(Self::as_select()).load(c))
        })
    }

    fn write(mut self, db: &mut Db, _: &Stamp, before: Option<&Self>) -> Result<Self> {
        save_coded_row!(db, return_address, self, before);
        Ok(self)
    }

    fn faults(&self, _: &mut Db, before: Option<&Self>) -> Result<Vec<Fault>> {
        let moved = before.filter(|before| before.code != self.code).map(|_| fixed("code", "code", ""));
        Ok(moved.into_iter().collect())
    }

    fn history(&self, db: &mut Db) -> Result<Vec<Fact>> {
        events::of_code(db, Self::SUBJECT, &self.code, &["/code"])
    }
}

/// Where the buyers of a market send a garment back: its own row, or that for every other.
pub fn of_market(db: &mut Db, market: &str) -> Result<Option<ReturnAddress>> {
    let found = ReturnAddress::with_codes(db, &[market, ELSEWHERE])?;
    let own = found.iter().find(|row| row.code == market);
    Ok(own.or(found.first()).cloned())
}
