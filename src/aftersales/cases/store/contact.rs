//! How to reach whoever asked: sealed, for the purposes agreed to, erased when they want it.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::super::BUYER;
use super::{ServiceCase, case_contact, case_line, case_note, case_photo, cases, lines, moment, service_case};
use crate::each;
use crate::kernel::event::EventKind;
use crate::kernel::machine::refused_in;
use crate::kernel::{Code, Error, Result};
use crate::ownership::holders::{self, Consent, Contact, HolderKeys, Purpose, ReadReason, Sealed, SealedFor, Secret, overwriting};
use crate::platform::db::Db;
use crate::platform::events::Stamp;

/// How to reach somebody, and for what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reached {
    /// What they left.
    pub contact: Contact,
    /// What they may be contacted for.
    pub consents: Vec<Consent>,
}

/// Seals what was left with a new case.
pub(super) fn save(
    db: &mut Db,
    stamp: &Stamp,
    keys: &HolderKeys,
    case: &ServiceCase,
    contact: &Contact,
    purposes: &[Purpose],
) -> Result<()> {
    let mut purposes = purposes.to_vec();
    purposes.sort_unstable();
    purposes.dedup();
    let consents: Vec<_> = purposes.iter().map(|purpose| Consent::now(*purpose, case.lang, stamp.at)).collect();
    let sealed = keys.seal(SealedFor::Asker(case.id), contact)?;
    each!(db, |c| diesel::insert_into(case_contact::table)
        .values((
            case_contact::case_id.eq(case.id),
            case_contact::sealed_key.eq(Some(&sealed.key)),
            case_contact::sealed.eq(Some(&sealed.text)),
            case_contact::consent.eq(serde_json::to_string(&consents).map_err(Error::broken)?),
            case_contact::created_at.eq(stamp.at),
        ))
        .execute(c))?;
    let names: Vec<_> = purposes.iter().map(|purpose| purpose.as_str()).collect();
    moment(db, stamp, case, EventKind::ContactSealed, &json!({ "purposes": names }))
}

fn opened(db: &mut Db, keys: &HolderKeys, case: &ServiceCase) -> Result<Option<Reached>> {
    type Row = (Option<Vec<u8>>, Option<Vec<u8>>, String);
    let rows: Vec<Row> = each!(db, |c| case_contact::table
        .filter(case_contact::case_id.eq(case.id))
        .select((case_contact::sealed_key, case_contact::sealed, case_contact::consent))
        .load(c))?;
    let Some((Some(key), Some(text), consents)) = rows.into_iter().next() else { return Ok(None) };
    let contact = keys.open(SealedFor::Asker(case.id), &Sealed { key, text })?;
    Ok(Some(Reached { contact, consents: serde_json::from_str(&consents).map_err(Error::broken)? }))
}

/// What was left, masked: enough to tell that somebody on the telephone is the right one.
pub fn contact_left(db: &mut Db, keys: &HolderKeys, case: &ServiceCase) -> Result<Option<Reached>> {
    Ok(opened(db, keys, case)?.map(|left| Reached { contact: left.contact.masked(), ..left }))
}

/// What was left, for somebody of the staff; that it was read, by whom and why, becomes part of the case's history.
///
/// # Errors
/// [`Code::NotFound`] when nothing was left.
pub fn contact_read(db: &mut Db, stamp: &Stamp, keys: &HolderKeys, no: &str, why: ReadReason) -> Result<Reached> {
    let case = cases::by_no(db, no)?.ok_or(Code::NotFound)?;
    let read = opened(db, keys, &case)?.ok_or(Code::NotFound)?;
    moment(db, stamp, &case, EventKind::ContactRead, &json!({ "why": why.as_str() }))?;
    Ok(read)
}

/// Erases what was left, the words and the pictures of whoever asked, and what finds the case by their telephone. What happened to the garments
/// stays.
///
/// # Errors
/// [`Code::WrongState`] while the case is open: somebody has to answer it; and while a garment of it is under a legal hold.
pub fn contact_erase(db: &mut Db, stamp: &Stamp, no: &str, secret: &Secret) -> Result<()> {
    let case = &cases::with_secret(db, no, secret)?.ok_or(Code::NotFound)?;
    if !case.state.is_final() {
        return Err(refused_in(case.state).into());
    }
    let garments: Vec<_> = lines::lines(db, case.id)?.into_iter().map(|line| line.garment_id).collect();
    holders::may_erase(db, &garments)?;
    overwriting(db, |db| {
        let emptied = each!(db, |c| diesel::update(case_contact::table.find(case.id.0))
            .set((
                case_contact::sealed_key.eq(None::<Vec<u8>>),
                case_contact::sealed.eq(None::<Vec<u8>>),
                case_contact::consent.eq("[]"),
                case_contact::erased_at.eq(Some(stamp.at)),
            ))
            .execute(c))?;
        if emptied == 0 {
            let none_left = (
                case_contact::case_id.eq(case.id),
                case_contact::consent.eq("[]"),
                case_contact::created_at.eq(stamp.at),
                case_contact::erased_at.eq(Some(stamp.at)),
            );
            each!(db, |c| diesel::insert_into(case_contact::table).values(none_left).execute(c))?;
        }
        let theirs = case_photo::table.filter(case_photo::case_id.eq(case.id).and(case_photo::actor.eq(BUYER)));
        each!(db, |c| diesel::delete(theirs).execute(c))?;
        each!(db, |c| diesel::update(case_line::table.filter(case_line::case_id.eq(case.id))).set(case_line::words.eq("")).execute(c))?;
        let own = case_note::table.filter(case_note::case_id.eq(case.id).and(case_note::actor.eq(BUYER)));
        each!(db, |c| diesel::update(own).set(case_note::body.eq("")).execute(c))?;
        each!(db, |c| diesel::update(service_case::table.find(case.id.0)).set(service_case::phone_tag.eq(None::<String>)).execute(c))?;
        Ok(())
    })?;
    moment(db, stamp, case, EventKind::ContactErased, &json!({}))
}

/// Since when there is nothing left to reach them by.
pub(in crate::aftersales::cases) fn erased_at(db: &mut Db, case: &ServiceCase) -> Result<Option<NaiveDateTime>> {
    let found: Vec<Option<NaiveDateTime>> = each!(db, |c| case_contact::table.find(case.id.0).select(case_contact::erased_at).load(c))?;
    Ok(found.into_iter().next().flatten())
}
