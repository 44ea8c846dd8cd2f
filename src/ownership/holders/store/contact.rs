//! Queries on `contact`: sealed, for the purposes agreed to, erased with the holding or before.

use chrono::NaiveDateTime;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use serde::Serialize;

use super::super::rules::{Consent, Contact, Purpose, ReadReason, Secret};
use super::super::seal::{HolderKeys, Sealed, SealedFor};
use super::legal::{is_legally_held, may_erase};
use super::{Holder, owned};
use crate::each;
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::text::Lang;
use crate::kernel::{Code, Error, GarmentId, Result};
use crate::platform::db::schema::contact;
use crate::platform::db::{Connection, Db};
use crate::platform::events::{self, Stamp};

/// What a holder left, opened.
pub type Opened = (Contact, Vec<Consent>);

/// Saves how to reach the holder and what for, in place of what was there. Takes back every consent not given again.
///
/// # Errors
/// [`Code::NotFound`] when the secret is not the live holder's; faults of the contact's fields.
#[expect(clippy::too_many_arguments, reason = "who, what for, which words: each is one plain value")]
pub fn contact_save(
    db: &mut Db,
    stamp: &Stamp,
    keys: &HolderKeys,
    garment: GarmentId,
    secret: &Secret,
    given: &Contact,
    purposes: &[Purpose],
    lang: Lang,
) -> Result<()> {
    let holder = owned(db, garment, secret)?.ok_or(Code::NotFound)?.holder;
    let given = given.checked(purposes)?;
    let mut purposes = purposes.to_vec();
    purposes.sort_unstable();
    purposes.dedup();
    let consents: Vec<_> = purposes.iter().map(|purpose| Consent::now(*purpose, lang, stamp.at)).collect();
    let consent = serde_json::to_string(&consents).map_err(Error::broken)?;
    let sealed = keys.seal(SealedFor::Holder(garment, holder.seq), &given)?;
    overwriting(db, |db| {
        each!(db, |c| diesel::insert_into(contact::table)
            .values((
                contact::garment_id.eq(garment.0),
                contact::holder_seq.eq(holder.seq),
                contact::sealed_key.eq(Some(&sealed.key)),
                contact::sealed.eq(Some(&sealed.text)),
                contact::consent.eq(&consent),
                contact::created_at.eq(stamp.at),
                contact::erased_at.eq(None::<NaiveDateTime>),
            ))
            .on_conflict((contact::garment_id, contact::holder_seq))
            .do_update()
            .set((
                contact::sealed_key.eq(Some(&sealed.key)),
                contact::sealed.eq(Some(&sealed.text)),
                contact::consent.eq(&consent),
                contact::created_at.eq(stamp.at),
                contact::erased_at.eq(None::<NaiveDateTime>),
            ))
            .execute(c))?;
        Ok(())
    })?;
    let names: Vec<_> = purposes.iter().map(|purpose| purpose.as_str()).collect();
    events::append(
        db,
        stamp,
        EventKind::ContactSealed,
        Subject::Garment(garment.0),
        &serde_json::json!({ "holder": holder.seq, "purposes": names }),
    )
}

/// Erases how to reach the holder. Does nothing when there is nothing.
///
/// # Errors
/// [`Code::NotFound`] when the secret is not the live holder's; [`Code::WrongState`] while the garment is under a legal hold.
pub fn contact_erase(db: &mut Db, stamp: &Stamp, garment: GarmentId, secret: &Secret) -> Result<()> {
    let holder = owned(db, garment, secret)?.ok_or(Code::NotFound)?.holder;
    may_erase(db, &[garment])?;
    erase_row(db, stamp, &holder)
}

/// Erases what former holders of a garment left, which a legal hold had kept.
pub(super) fn erase_former(db: &mut Db, stamp: &Stamp, garment: GarmentId, now: Option<i64>) -> Result<()> {
    let left: Vec<i64> = each!(db, |c| contact::table
        .filter(contact::garment_id.eq(garment.0).and(contact::erased_at.is_null()))
        .select(contact::holder_seq)
        .load(c))?;
    for seq in left.into_iter().filter(|seq| Some(*seq) != now) {
        erase_row(db, stamp, &Holder { garment, seq, claimed_at: stamp.at, transfer_until: None })?;
    }
    Ok(())
}

/// Erases what a holder left; under a legal hold it is kept until that is lifted.
pub(super) fn erase_row(db: &mut Db, stamp: &Stamp, holder: &Holder) -> Result<()> {
    if is_legally_held(db, &[holder.garment])? {
        return Ok(());
    }
    let (garment, seq) = (holder.garment.0, holder.seq);
    let erased = overwriting(db, |db| {
        Ok(each!(db, |c| diesel::update(
            contact::table.filter(contact::garment_id.eq(garment).and(contact::holder_seq.eq(seq)).and(contact::erased_at.is_null()))
        )
        .set((
            contact::sealed_key.eq(None::<Vec<u8>>),
            contact::sealed.eq(None::<Vec<u8>>),
            contact::consent.eq("[]"),
            contact::erased_at.eq(stamp.at),
        ))
        .execute(c))?)
    })?;
    if erased > 0 {
        events::append(db, stamp, EventKind::ContactErased, Subject::Garment(garment), &serde_json::json!({ "holder": seq }))?;
    }
    Ok(())
}

/// Has SQLite overwrite what `change` frees with zeros, so that nothing of it stays behind in the file.
pub fn overwriting<T>(db: &mut Db, change: impl FnOnce(&mut Db) -> Result<T>) -> Result<T> {
    let set = |db: &mut Db, value: &str| -> Result<()> {
        if let Connection::Sqlite(c) = &mut db.connection {
            c.batch_execute(&format!("PRAGMA secure_delete = {value}"))?;
        }
        Ok(())
    };
    set(db, "ON")?;
    let outcome = change(db);
    set(db, "OFF")?;
    outcome
}

fn opened(db: &mut Db, keys: &HolderKeys, holder: &Holder) -> Result<Option<Opened>> {
    type Row = (Option<Vec<u8>>, Option<Vec<u8>>, String);
    let rows: Vec<Row> = each!(db, |c| contact::table
        .filter(contact::garment_id.eq(holder.garment.0).and(contact::holder_seq.eq(holder.seq)))
        .select((contact::sealed_key, contact::sealed, contact::consent))
        .load(c))?;
    let Some((Some(key), Some(text), consent)) = rows.into_iter().next() else {
        return Ok(None);
    };
    let contact = keys.open(SealedFor::Holder(holder.garment, holder.seq), &Sealed { key, text })?;
    Ok(Some((contact, serde_json::from_str(&consent).map_err(Error::broken)?)))
}

/// What the holder left, for the holder to see.
///
/// # Errors
/// [`Code::NotFound`] when the secret is not the live holder's.
pub fn contact_of(db: &mut Db, keys: &HolderKeys, garment: GarmentId, secret: &Secret) -> Result<Option<Opened>> {
    let holder = owned(db, garment, secret)?.ok_or(Code::NotFound)?.holder;
    opened(db, keys, &holder)
}

/// What the live holder left, for somebody of the staff; that it was read, by whom and why, becomes part of the garment's history.
///
/// # Errors
/// [`Code::NotFound`] when there is no live holder, or nothing was left.
pub fn contact_read(db: &mut Db, stamp: &Stamp, keys: &HolderKeys, garment: GarmentId, why: ReadReason) -> Result<Opened> {
    let holder = super::live(db, garment)?.ok_or(Code::NotFound)?;
    let read = opened(db, keys, &holder)?.ok_or(Code::NotFound)?;
    events::append(
        db,
        stamp,
        EventKind::ContactRead,
        Subject::Garment(garment.0),
        &serde_json::json!({ "holder": holder.seq, "why": why.as_str() }),
    )?;
    Ok(read)
}

/// Kinds of facts that are about whoever holds the garment.
const ABOUT_HOLDERS: [EventKind; 7] = [
    EventKind::Claimed,
    EventKind::TransferOffered,
    EventKind::Transferred,
    EventKind::HolderEnded,
    EventKind::ContactSealed,
    EventKind::ContactErased,
    EventKind::ContactRead,
];

/// Everything kept about one holder.
#[derive(Clone, Debug, Serialize)]
pub struct Export {
    /// Version of this form.
    pub v: u32,
    /// When it was made, UTC.
    pub exported_at: NaiveDateTime,
    /// The garment, by the address on its label.
    pub garment: String,
    /// The holding: which of the garment's holders, since when, until when a transfer code holds.
    pub holder: Holder,
    /// How to reach them; null when nothing was left.
    pub contact: Option<Contact>,
    /// What they agreed to, and to which words.
    pub consents: Vec<Consent>,
    /// What happened with their holding and their contact.
    pub events: Vec<ExportEvent>,
}

/// A fact of an [`Export`].
#[derive(Clone, Debug, Serialize)]
pub struct ExportEvent {
    /// When, UTC.
    pub at: NaiveDateTime,
    /// The kind's stable name.
    pub kind: String,
    /// Who.
    pub actor: String,
    /// Details.
    pub body: serde_json::Value,
}

/// Everything kept about the holder whose secret this is, for them to take away. `address` is how the label names the garment.
///
/// # Errors
/// [`Code::NotFound`] when the secret is not the live holder's.
pub fn export(db: &mut Db, keys: &HolderKeys, garment: GarmentId, secret: &Secret, address: &str, now: NaiveDateTime) -> Result<Export> {
    let holder = owned(db, garment, secret)?.ok_or(Code::NotFound)?.holder;
    let (contact, consents) = opened(db, keys, &holder)?.map_or((None, Vec::new()), |(contact, consents)| (Some(contact), consents));
    let events = events::of(db, Subject::Garment(garment.0))?
        .into_iter()
        .filter(|fact| fact.at >= holder.claimed_at && EventKind::of(&fact.kind).is_some_and(|kind| ABOUT_HOLDERS.contains(&kind)))
        .map(|fact| {
            let body = fact.document()?;
            Ok(ExportEvent { at: fact.at, kind: fact.kind, actor: fact.actor, body })
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(Export { v: 1, exported_at: now, garment: address.to_owned(), holder, contact, consents, events })
}
