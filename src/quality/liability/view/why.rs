//! Why a verdict is as it is: what hangs on each input, what moved since the version before, and what was said to it.

use serde::Serialize;

use super::super::rules::{Moved, Without, difference, sensitivity};
use super::super::store::verdicts::{LineVerdict, of_line};
use super::super::store::{contests, inspections};
use crate::kernel::Result;
use crate::platform::db::Db;
use crate::platform::rooms::Sees;
use crate::production::parties;

/// What hangs on each input of a verdict, and what moved since the version before.
#[derive(Debug, Serialize)]
pub struct WhyView {
    /// The canonical text of everything it was reckoned of.
    pub bundle: String,
    /// SHA-256 of that.
    pub sha256: String,
    /// Each fact and each piece of evidence left out in turn.
    pub without: Vec<Without>,
    /// What changed since the version before, and what each change moved. Empty for the first.
    pub since: Vec<Moved>,
    /// Who looked again after a contest, and what they say, oldest first.
    pub second: Vec<SecondView>,
    /// What the parties said to this version. Who is bound to a party reads its own.
    pub replies: Vec<ReplyView>,
}

/// A second look as it is read.
#[derive(Debug, Serialize)]
pub struct SecondView {
    /// The day.
    pub on: chrono::NaiveDate,
    /// The defect that was found; none where none was.
    pub found: Option<String>,
    /// Whether that is what was found at first.
    pub confirms: bool,
    /// What they say.
    pub report: String,
}

/// A reply as it is read.
#[derive(Debug, Serialize)]
pub struct ReplyView {
    /// Code of the party.
    pub party: String,
    /// Whether it accepts.
    pub accepts: bool,
    /// Which contest of the line it is.
    pub round: Option<i64>,
    /// It said nothing, and had agreed that this accepts.
    pub by_silence: bool,
    /// Why not.
    pub reason: String,
}

/// Why a verdict is as it is, for somebody.
pub fn why(db: &mut Db, one: &LineVerdict, sees: Sees) -> Result<WhyView> {
    let bundle = one.whole(db)?;
    let (rules, matter) = bundle.inputs()?;
    let before = of_line(db, one.line_id)?.into_iter().rfind(|other| other.seq < one.seq);
    let since = match before {
        Some(before) => difference(&before.whole(db)?, &bundle)?,
        None => Vec::new(),
    };
    let replies: Vec<_> = contests::replies(db, one.id)?.into_iter().filter(|reply| sees.is_of(reply.party_id)).collect();
    let codes = parties::codes_of_ids(db, &replies.iter().map(|reply| reply.party_id).collect::<Vec<_>>())?;
    let replies = replies.into_iter().map(|reply| ReplyView {
        party: codes.get(&reply.party_id).cloned().unwrap_or_default(),
        accepts: reply.accepts,
        round: reply.round,
        by_silence: reply.by_silence,
        reason: reply.reason,
    });
    let replies = replies.collect();
    let second = inspections::of_line(db, one.line_id)?.into_iter().filter(|second| second.verdict_id <= one.id).map(|second| SecondView {
        on: second.inspected_on,
        found: second.found_defect,
        confirms: second.confirms,
        report: second.report,
    });
    let second = second.collect();
    Ok(WhyView {
        without: sensitivity(&rules, &matter),
        since,
        second,
        bundle: bundle.text().to_owned(),
        sha256: one.sha256.clone(),
        replies,
    })
}
