//! Queries on `holder` and `claim_try`, and on `contact` in its own file.

mod contact;
mod legal;

use std::collections::HashMap;

use chrono::{Duration, NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use diesel::upsert::excluded;
use serde::Serialize;

pub use contact::{Export, ExportEvent, Opened, contact_erase, contact_of, contact_read, contact_save, export, overwriting};
pub use legal::{LegalHold, is_legally_held, lift, may_erase};

use super::rules::{Secret, TransferCode, code_in};
use super::seal::HolderKeys;
use crate::each;
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::serial::{ClaimCode, Keyring, NO_GTIN, is_claim_code};
use crate::kernel::{Code, Error, GarmentId, Result};
use crate::ownership::{garments, warranties};
use crate::platform::db::schema::{claim_try, holder};
use crate::platform::db::{self, CHUNK_KEYS, Db, planned};
use crate::platform::events::{self, Stamp};
use crate::platform::policies::{self, Policy};
use crate::production::batches;

/// Somebody who holds a garment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Holder {
    /// The garment. Not part of what is shown: its number is ours.
    #[serde(skip)]
    pub garment: GarmentId,
    /// Which of its holders, from 1.
    pub seq: i64,
    /// Since when, UTC.
    pub claimed_at: NaiveDateTime,
    /// Until when a transfer code of theirs holds, UTC.
    pub transfer_until: Option<NaiveDateTime>,
}

/// The row behind a [`Holder`], with what only this room sees.
struct Live {
    holder: Holder,
    secret_hash: String,
    transfer_hash: Option<String>,
    version: i64,
}

/// How an attempt with a code ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The garment has a new holder.
    Held(Holder),
    /// The code is wrong, whatever is wrong with it; so many tries are left today.
    Wrong {
        /// Tries left today for this serial.
        left: i64,
    },
    /// What was typed has not the form of a code: too short, too long, or other signs. It costs no try.
    NoCode,
}

fn live_row(db: &mut Db, garment: GarmentId) -> Result<Option<Live>> {
    type Row = (i64, String, NaiveDateTime, Option<String>, Option<NaiveDateTime>, i64);
    let rows: Vec<Row> = each!(db, |c| holder::table
        .filter(holder::garment_id.eq(garment.0).and(holder::status.eq(db::Live)))
        .select((holder::seq, holder::secret_hash, holder::claimed_at, holder::transfer_hash, holder::transfer_until, holder::version))
        .load(c))?;
    Ok(rows.into_iter().next().map(|(seq, secret_hash, claimed_at, transfer_hash, transfer_until, version)| Live {
        holder: Holder { garment, seq, claimed_at, transfer_until },
        secret_hash,
        transfer_hash,
        version,
    }))
}

/// The live holder of a garment, whoever asks.
pub fn live(db: &mut Db, garment: GarmentId) -> Result<Option<Holder>> {
    Ok(live_row(db, garment)?.map(|row| row.holder))
}

/// When the live holders of these garments claimed them, UTC.
pub fn claimed_at_of(db: &mut Db, garments: &[GarmentId]) -> Result<HashMap<GarmentId, NaiveDateTime>> {
    let mut claimed = HashMap::new();
    for chunk in garments::in_runs(garments).into_iter().flat_map(|run| run.chunks(CHUNK_KEYS)) {
        let ids: Vec<i64> = chunk.iter().map(|garment| garment.0).collect();
        let live = holder::table.filter(holder::status.eq(db::Live)).select((holder::garment_id, holder::claimed_at));
        let rows: Vec<(i64, NaiveDateTime)> = match db::lie_close(&ids) {
            Some((first, last)) => {
                let mut rows: Vec<(i64, NaiveDateTime)> = each!(db, |c| live.filter(holder::garment_id.between(first, last)).load(c))?;
                rows.retain(|(garment, _)| ids.binary_search(garment).is_ok());
                rows
            }
            None => each!(db, |c| planned(live.filter(holder::garment_id.eq_any(&ids)), ids.len() == 1).load(c))?,
        };
        claimed.extend(rows.into_iter().map(|(garment, at)| (GarmentId(garment), at)));
    }
    Ok(claimed)
}

/// The live holder of a garment, if this secret is theirs.
pub fn holder_of(db: &mut Db, garment: GarmentId, secret: &Secret) -> Result<Option<Holder>> {
    Ok(owned(db, garment, secret)?.map(|row| row.holder))
}

fn owned(db: &mut Db, garment: GarmentId, secret: &Secret) -> Result<Option<Live>> {
    Ok(live_row(db, garment)?.filter(|row| secret.is_of(&row.secret_hash)))
}

/// The holder whose recovery link was opened: the page may then set the cookie again. Changes nothing.
///
/// # Errors
/// [`Code::LinkSpent`] when the secret is not, or no longer, the live holder's.
pub fn recover(db: &mut Db, garment: GarmentId, secret: &Secret) -> Result<Holder> {
    holder_of(db, garment, secret)?.ok_or_else(|| Code::LinkSpent.into())
}

/// Claims a garment with the code under the scratch film.
///
/// `typed` is what was typed, `today` the brand's date, `secret` the new holder's, made before the write. The garment's waiting warranty
/// starts. Right or wrong, issued or void, the work is the same; a code is compared in constant time.
///
/// # Errors
/// [`Code::NoTriesLeft`]; [`Code::AlreadyClaimed`], and [`Code::NotSold`] for what was given back (only told to who has the right code).
pub fn claim(
    db: &mut Db,
    stamp: &Stamp,
    keyring: &Keyring,
    garment: GarmentId,
    typed: &str,
    today: NaiveDate,
    secret: &Secret,
) -> Result<Outcome> {
    let limit = policies::value(db, Policy::ClaimTries, stamp.at)?;
    if tries_of(db, garment, today)? >= limit {
        return Err(Code::NoTriesLeft.into());
    }
    if !is_claim_code(code_in(typed)) {
        return Ok(Outcome::NoCode);
    }
    let code = code_of(db, keyring, garment)?;
    // Where there is no code, one that is nobody's is compared, for the sake of the time it takes.
    let decoy = keyring.claim_code(&NO_GTIN, garment, keyring.newest());
    let is_right = code.as_ref().or(decoy.as_ref()).is_some_and(|code| code.matches(code_in(typed))) && code.is_some();
    let held = live_row(db, garment)?;
    if !is_right {
        return wrong(db, garment, today, limit);
    }
    if held.is_some() {
        return Err(Code::AlreadyClaimed.into());
    }
    // Given back: until it is sold again, nobody holds it.
    if garments::is_returned(db, garment)? || garments::holds(db, garment)?.iter().any(|hold| hold.bars_claims()) {
        return Err(Code::NotSold.into());
    }
    let new = insert(db, stamp, garment, secret)?;
    count_claimed(db, garment, 1)?;
    events::append(db, stamp, EventKind::Claimed, Subject::Garment(garment.0), &serde_json::json!({ "holder": new.seq }))?;
    warranties::activate(db, stamp, garment, today)?;
    Ok(Outcome::Held(new))
}

/// The claim code of a garment that was issued under one of our keys and is not void.
fn code_of(db: &mut Db, keyring: &Keyring, garment: GarmentId) -> Result<Option<ClaimCode>> {
    if !batches::is_issued(db, garment)? {
        return Ok(None);
    }
    let Some(batch) = batches::batch(db, garment.batch())? else {
        return Ok(None);
    };
    if batch.minted_epoch.is_none() {
        return Ok(None);
    }
    let (gtin, epoch) = batches::made_with(batch.no, batch.minted_gtin.as_deref(), batch.minted_epoch)?;
    Ok(keyring.claim_code(&gtin, garment, epoch))
}

fn tries_of(db: &mut Db, garment: GarmentId, day: NaiveDate) -> Result<i64> {
    let tries: Vec<i64> = each!(db, |c| claim_try::table
        .filter(claim_try::garment_id.eq(garment.0).and(claim_try::day.eq(day)))
        .select(claim_try::tries)
        .load(c))?;
    Ok(tries.into_iter().next().unwrap_or_default())
}

/// Counts a wrong try. Counts of other days are of no more use.
fn wrong(db: &mut Db, garment: GarmentId, day: NaiveDate, limit: i64) -> Result<Outcome> {
    each!(db, |c| diesel::delete(claim_try::table.filter(claim_try::garment_id.eq(garment.0).and(claim_try::day.lt(day)))).execute(c))?;
    let tries: i64 = each!(db, |c| diesel::insert_into(claim_try::table)
        .values((claim_try::garment_id.eq(garment.0), claim_try::day.eq(day), claim_try::tries.eq(1)))
        .on_conflict((claim_try::garment_id, claim_try::day))
        .do_update()
        .set(claim_try::tries.eq(claim_try::tries + excluded(claim_try::tries)))
        .returning(claim_try::tries)
        .get_result(c))?;
    Ok(Outcome::Wrong { left: (limit - tries).max(0) })
}

fn insert(db: &mut Db, stamp: &Stamp, garment: GarmentId, secret: &Secret) -> Result<Holder> {
    let last: Option<i64> =
        each!(db, |c| holder::table.filter(holder::garment_id.eq(garment.0)).select(diesel::dsl::max(holder::seq)).get_result(c))?;
    let seq = last.unwrap_or_default() + 1;
    garments::touch(db, &[garment], stamp.at)?;
    each!(db, |c| diesel::insert_into(holder::table)
        .values((
            holder::garment_id.eq(garment.0),
            holder::seq.eq(seq),
            holder::status.eq("live"),
            holder::secret_hash.eq(secret.hash()),
            holder::claimed_at.eq(stamp.at),
            holder::version.eq(1),
        ))
        .execute(c))
    .map_err(|error| match Error::from(error) {
        // Two at once: the index on live holders lets one through.
        error if error.code() == Code::Duplicate => Code::AlreadyClaimed.into(),
        error => error,
    })?;
    Ok(Holder { garment, seq, claimed_at: stamp.at, transfer_until: None })
}

/// Claimed garments are counted under the retailer of their live sale.
fn count_claimed(db: &mut Db, garment: GarmentId, by: i64) -> Result<()> {
    let retailer = garments::live_sale(db, garment)?.and_then(|sale| sale.retailer);
    let mut tally = garments::Tally::default();
    tally.claimed(garment, retailer, by);
    garments::tally(db, &tally)
}

/// Ends a live holding: the row, its contact.
fn end(db: &mut Db, stamp: &Stamp, row: &Live) -> Result<()> {
    let ended = each!(db, |c| diesel::update(
        holder::table
            .filter(holder::garment_id.eq(row.holder.garment.0).and(holder::seq.eq(row.holder.seq)).and(holder::version.eq(row.version)))
    )
    .set((
        holder::status.eq("ended"),
        holder::ended_at.eq(stamp.at),
        holder::transfer_hash.eq(None::<String>),
        holder::transfer_until.eq(None::<NaiveDateTime>),
        holder::version.eq(row.version + 1),
    ))
    .execute(c))?;
    if ended == 0 {
        return Err(Code::Stale.into());
    }
    contact::erase_row(db, stamp, &row.holder)?;
    Ok(())
}

/// Makes a one-time code that passes the garment on, in place of an earlier one. Returns until when it holds, UTC.
///
/// `code` is made before the write.
///
/// # Errors
/// [`Code::NotFound`] when the secret is not the live holder's.
pub fn transfer_offer(
    db: &mut Db,
    stamp: &Stamp,
    keys: &HolderKeys,
    garment: GarmentId,
    secret: &Secret,
    code: &TransferCode,
) -> Result<NaiveDateTime> {
    let row = owned(db, garment, secret)?.ok_or(Code::NotFound)?;
    let until = stamp.at + Duration::hours(policies::value(db, Policy::TransferHours, stamp.at)?);
    each!(db, |c| diesel::update(holder::table.filter(holder::garment_id.eq(garment.0).and(holder::seq.eq(row.holder.seq))))
        .set((
            holder::transfer_hash.eq(keys.transfer_hash(garment, code)),
            holder::transfer_until.eq(until),
            holder::version.eq(row.version + 1),
        ))
        .execute(c))?;
    events::append(
        db,
        stamp,
        EventKind::TransferOffered,
        Subject::Garment(garment.0),
        &serde_json::json!({ "holder": row.holder.seq, "until": until }),
    )?;
    Ok(until)
}

/// Takes over a garment with the code its holder made. The former holder's secret and contact end with it. Wrong codes count as tries of
/// the day, together with wrong claim codes.
///
/// # Errors
/// [`Code::NoTriesLeft`].
pub fn transfer_accept(
    db: &mut Db,
    stamp: &Stamp,
    keys: &HolderKeys,
    garment: GarmentId,
    typed: &str,
    today: NaiveDate,
    secret: &Secret,
) -> Result<Outcome> {
    let limit = policies::value(db, Policy::ClaimTries, stamp.at)?;
    if tries_of(db, garment, today)? >= limit {
        return Err(Code::NoTriesLeft.into());
    }
    if TransferCode::parse(typed).is_none() {
        return Ok(Outcome::NoCode);
    }
    let row = live_row(db, garment)?;
    let offered = row.as_ref().and_then(|row| row.transfer_hash.as_deref()).unwrap_or_default();
    let holds = row.as_ref().and_then(|row| row.holder.transfer_until).is_some_and(|until| stamp.at < until);
    let is_right = keys.is_transfer_code(garment, typed, offered) && holds;
    let Some(former) = row.filter(|_| is_right) else {
        return wrong(db, garment, today, limit);
    };
    end(db, stamp, &former)?;
    let new = insert(db, stamp, garment, secret)?;
    events::append(
        db,
        stamp,
        EventKind::Transferred,
        Subject::Garment(garment.0),
        &serde_json::json!({ "from": former.holder.seq, "holder": new.seq }),
    )?;
    Ok(Outcome::Held(new))
}

/// The holder gives the garment up: it may be claimed anew with the code under the scratch film.
///
/// # Errors
/// [`Code::NotFound`] when the secret is not the live holder's.
pub fn release(db: &mut Db, stamp: &Stamp, garment: GarmentId, secret: &Secret) -> Result<()> {
    let row = owned(db, garment, secret)?.ok_or(Code::NotFound)?;
    end_with_event(db, stamp, &row)
}

/// Ends whatever holding there is, because the garment was returned to its seller. Call it while the sale is still live.
pub fn end_for_return(db: &mut Db, stamp: &Stamp, garment: GarmentId) -> Result<()> {
    live_row(db, garment)?.map_or(Ok(()), |row| end_with_event(db, stamp, &row))
}

fn end_with_event(db: &mut Db, stamp: &Stamp, row: &Live) -> Result<()> {
    let garment = row.holder.garment;
    end(db, stamp, row)?;
    count_claimed(db, garment, -1)?;
    events::append(db, stamp, EventKind::HolderEnded, Subject::Garment(garment.0), &serde_json::json!({ "holder": row.holder.seq }))
}
