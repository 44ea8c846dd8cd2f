//! What parties say to what they are charged with: accept, contest twice at most, or say nothing.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use serde_json::json;

use super::super::{ReplyState, VERDICT_MACHINE, VerdictState};
use super::verdicts::{self, LineVerdict, charged, tell};
use super::{agreements, verdict, verdict_notice, verdict_reply as table};
use crate::kernel::event::EventKind;
use crate::kernel::{Code, Error, Fault, Id, Refusal, Result, saturating};
use crate::platform::db::{Db, in_chunks};
use crate::platform::events::Stamp;
use crate::{each, step};

/// Rounds in which a party may contest what it is charged with for a line.
pub const ROUNDS: i64 = 2;

/// What a party said.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = table, treat_none_as_default_value = false)]
pub struct VerdictReply {
    /// To which verdict.
    pub verdict_id: Id,
    /// Which party.
    pub party_id: Id,
    /// The line it is of.
    pub line_id: Id,
    /// Whether it accepts.
    pub accepts: bool,
    /// Which contest of the line it is, from 1; none for one that accepts.
    pub round: Option<i64>,
    /// It said nothing, and had agreed that this accepts.
    pub by_silence: bool,
    /// Why not.
    pub reason: String,
    /// Who said it.
    pub actor: String,
    /// When, UTC.
    pub at: NaiveDateTime,
}

impl ReplyState {
    /// What a party said with its reply, if there is one.
    pub fn after(reply: Option<&VerdictReply>) -> Self {
        reply.map_or(Self::None, |reply| match (reply.accepts, reply.by_silence) {
            (true, true) => Self::Silent,
            (true, false) => Self::Accepted,
            (false, _) => Self::Contested,
        })
    }
}

/// The replies to a verdict.
pub fn replies(db: &mut Db, verdict: Id) -> Result<Vec<VerdictReply>> {
    Ok(each!(db, |c| table::table.filter(table::verdict_id.eq(verdict)).order(table::party_id).select(VerdictReply::as_select()).load(c))?)
}

/// The replies to all versions of a line's verdict, oldest first.
pub fn of_line(db: &mut Db, line: Id) -> Result<Vec<VerdictReply>> {
    Ok(each!(db, |c| table::table
        .filter(table::line_id.eq(line))
        .order((table::verdict_id, table::party_id))
        .select(VerdictReply::as_select())
        .load(c))?)
}

/// What a party said to these verdicts.
pub fn of_party(db: &mut Db, verdicts: &[Id], party: Id) -> Result<Vec<VerdictReply>> {
    in_chunks(verdicts, |ids| {
        each!(db, |c| table::table
            .filter(table::verdict_id.eq_any(ids).and(table::party_id.eq(party)))
            .select(VerdictReply::as_select())
            .load(c))
    })
}

/// The newest version up to this one that somebody contested: those who are charged have been heard.
pub fn last_contested(db: &mut Db, of: &LineVerdict) -> Result<Option<Id>> {
    Ok(of_line(db, of.line_id)?.into_iter().filter(|reply| !reply.accepts && reply.verdict_id <= of.id).map(|reply| reply.verdict_id).max())
}

/// What a party that is charged says to it, once: accepted when all have accepted, contested as soon as one does not.
///
/// # Errors
/// [`Code::NotFound`] for a party that is not charged; [`Code::WrongState`] after the last day, which `until` names, and for a third contest;
/// [`Code::Duplicate`] for a second reply; [`Code::Missing`] for a contest without a reason.
pub fn reply(
    db: &mut Db,
    stamp: &Stamp,
    today: NaiveDate,
    before: &LineVerdict,
    (party, accepts, reason): (Id, bool, &str),
) -> Result<LineVerdict> {
    let all = charged(db, before.id)?;
    if !all.contains(&party) {
        return Err(Code::NotFound.into());
    }
    VERDICT_MACHINE.check(before.state, VerdictState::Contested)?;
    let notice = agreements::notices(db, &[before.id])?.remove(&before.id).unwrap_or_default();
    let notice = notice.into_iter().find(|notice| notice.party_id == party).ok_or_else(|| Error::broken("a party that was not told"))?;
    if notice.reply_by < today {
        return Err(Refusal::new(Code::WrongState).with("state", "reply-too-late").with("until", notice.reply_by).into());
    }
    if !accepts && reason.is_empty() {
        return Err(Fault::new("reason", Code::Missing).into());
    }
    let round = if accepts { None } else { Some(next_round(db, before.line_id, party)?) };
    let said = VerdictReply {
        verdict_id: before.id,
        party_id: party,
        line_id: before.line_id,
        accepts,
        round,
        by_silence: false,
        reason: reason.to_owned(),
        actor: stamp.actor.clone(),
        at: stamp.at,
    };
    said_by(db, stamp, before, &said, all.len())
}

/// Which contest of a line the next of a party is.
fn next_round(db: &mut Db, line: Id, party: Id) -> Result<i64> {
    let before: i64 = each!(db, |c| table::table
        .filter(table::line_id.eq(line).and(table::party_id.eq(party)).and(table::accepts.eq(false)))
        .count()
        .get_result(c))?;
    if before >= ROUNDS {
        return Err(Refusal::new(Code::WrongState).with("state", "contested-twice").into());
    }
    Ok(before + 1)
}

/// Writes a reply, and moves the verdict on where it decides that.
fn said_by(db: &mut Db, stamp: &Stamp, before: &LineVerdict, said: &VerdictReply, parties: usize) -> Result<LineVerdict> {
    each!(db, |c| diesel::insert_into(table::table).values(said).execute(c))?;
    let row = verdict::table.find(before.id.0);
    let accepted: i64 =
        each!(db, |c| table::table.filter(table::verdict_id.eq(before.id).and(table::accepts.eq(true))).count().get_result(c))?;
    if !said.accepts {
        step!(db, row, verdict::state, verdict::version, VERDICT_MACHINE, before.state => VerdictState::Contested, before.version);
    } else if accepted == saturating::<i64>(parties) {
        step!(db, row, verdict::state, verdict::version, VERDICT_MACHINE, before.state => VerdictState::Accepted, before.version);
    }
    let after = verdicts::one(db, before.id)?;
    let kind = if said.accepts { EventKind::VerdictAccepted } else { EventKind::VerdictContested };
    tell(
        db,
        stamp,
        kind,
        &after,
        json!({ "party": said.party_id, "reason": said.reason, "by_silence": said.by_silence, "round": said.round }),
    )?;
    Ok(after)
}

/// Accepts for those who agreed that silence does, and let their last day go by. At most `most` of them; how many.
pub fn accept_silent(db: &mut Db, stamp: &Stamp, today: NaiveDate, most: i64) -> Result<usize> {
    let replied = table::table.filter(table::verdict_id.eq(verdict_notice::verdict_id).and(table::party_id.eq(verdict_notice::party_id)));
    let silent: Vec<(Id, Id)> = each!(db, |c| verdict_notice::table
        .inner_join(verdict::table.on(verdict::id.eq(verdict_notice::verdict_id)))
        .filter(verdict_notice::silence_accepts.eq(true).and(verdict_notice::reply_by.lt(today)))
        .filter(verdict::state.eq(VerdictState::Notified.as_str()))
        .filter(diesel::dsl::not(diesel::dsl::exists(replied)))
        .order((verdict_notice::reply_by, verdict_notice::verdict_id, verdict_notice::party_id))
        .limit(most)
        .select((verdict_notice::verdict_id, verdict_notice::party_id))
        .load(c))?;
    for (verdict, party) in &silent {
        let before = verdicts::one(db, *verdict)?;
        let parties = charged(db, *verdict)?.len();
        let said = VerdictReply {
            verdict_id: *verdict,
            party_id: *party,
            line_id: before.line_id,
            accepts: true,
            round: None,
            by_silence: true,
            reason: String::new(),
            actor: stamp.actor.clone(),
            at: stamp.at,
        };
        said_by(db, stamp, &before, &said, parties)?;
    }
    Ok(silent.len())
}
