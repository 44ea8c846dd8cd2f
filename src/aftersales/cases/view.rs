//! Cases as people and programs see them: codes and names instead of keys.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use serde::Serialize;
use utoipa::ToSchema;

use super::rules::CASE_MACHINE;
use super::store::{self, ServiceCase, cases, lines, notes};
use super::{Audience, CaseState, Condition, LineDecision, LineState, TaskState};
use crate::aftersales::classes::{CaseCause, CaseChannel, CaseKind, CaseSeverity, Priority, Queue, ReasonClass, Wish};
use crate::aftersales::reasons;
use crate::inspection::defects::ZONES;
use crate::kernel::choices::Choice;
use crate::kernel::serial::Keyring;
use crate::kernel::text::{Both, Lang};
use crate::kernel::{Id, Result};
use crate::platform::db::Db;
use crate::production::batches::{self, Batch, BatchStatus, Origin};
use crate::production::{parties, serials, skus};
use crate::staff::accounts;

/// A garment of a case.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CaseLineView {
    /// Its number in the case, from 1.
    pub line: i64,
    /// Its serial.
    pub serial: String,
    /// The GTIN beside it.
    pub gtin: Option<String>,
    /// What it is: style, colour, size.
    pub product: Both,
    /// The code of its batch.
    pub batch: String,
    /// What is to be known of it: `unsold`, `foreign`, `held`, `no_lots`.
    pub facts: Vec<&'static str>,
    /// Where it stands.
    pub state: LineState,
    /// The code of what they say is wrong.
    pub reason: String,
    /// The same in words.
    pub reason_name: Both,
    /// As far as rights go.
    pub class: ReasonClass,
    /// The defect they mean.
    pub defect: Option<String>,
    /// Place on the garment, or empty.
    pub zone: String,
    /// In their own words, or empty.
    pub words: String,
    /// What they would like.
    pub wanted: Wish,
    /// What is done about it.
    pub decided: Option<LineDecision>,
    /// What state it came back in.
    pub grade: Option<Condition>,
    /// Whether it is kept apart.
    pub quarantined: bool,
    /// The day it was looked at.
    pub inspected_on: Option<NaiveDate>,
    /// The defect that was found.
    pub found: Option<String>,
    /// The finding of it.
    #[schema(value_type = Option<String>)]
    pub finding: Option<Id>,
    /// What was behind it.
    pub cause: Option<CaseCause>,
    /// The day it was first reported.
    pub reported_on: NaiveDate,
    /// When it came to an end, UTC.
    pub ended_at: Option<NaiveDateTime>,
    /// Grows with every change.
    pub version: i64,
}

impl CaseLineView {
    /// What people call its place; empty for none.
    pub fn place(&self, lang: Lang) -> &'static str {
        Choice::of(ZONES, &self.zone).map_or("", |zone| zone.word(lang))
    }
}

/// Something written down with a case.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CaseNoteView {
    /// Who it is for.
    pub audience: Audience,
    /// The code of the supplier it is for.
    pub party: Option<String>,
    /// What it says.
    pub body: String,
    /// Who wrote it.
    pub by: String,
    /// When, UTC.
    pub at: NaiveDateTime,
}

/// Something to be done.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CaseTaskView {
    /// Its id.
    #[schema(value_type = String)]
    pub id: Id,
    /// What.
    pub title: String,
    /// Who does it.
    pub queue: Queue,
    /// By which day.
    pub due_on: Option<NaiveDate>,
    /// Where it stands.
    pub state: TaskState,
    /// What came of it.
    pub note: String,
}

/// A photo of a case.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CasePhotoView {
    /// Where it is.
    pub href: String,
    /// Pixels across.
    pub width: i64,
    /// Pixels down.
    pub height: i64,
    /// SHA-256 of the JPEG, in hexadecimal.
    pub sha256: String,
    /// Who sent it.
    pub by: String,
}

/// A case with everything that belongs to it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CaseView {
    /// What people say on the telephone.
    pub no: String,
    /// What it is about.
    pub kind: CaseKind,
    /// Where it stands.
    pub state: CaseState,
    /// Where it may go from here.
    pub allowed: Vec<CaseState>,
    /// How grave it is.
    pub severity: CaseSeverity,
    /// What is done first.
    pub priority: Priority,
    /// Who works on it.
    pub queue: Queue,
    /// Which person of the queue: the name they sign in with.
    pub owner: Option<String>,
    /// Who had it before and follows it: the names they sign in with.
    pub followers: Vec<String>,
    /// How it came in.
    pub channel: CaseChannel,
    /// The market whose rules hold.
    pub market: String,
    /// The order, or empty.
    pub order_no: String,
    /// Code of who sold it, where one shop did.
    pub retailer: Option<String>,
    /// What was behind it.
    pub cause: Option<CaseCause>,
    /// What the buyer was told in the end, or empty.
    pub result: String,
    /// 1, and one more each time it is opened again.
    pub seq: i64,
    /// The number of the case that goes on with it.
    pub merged_into: Option<String>,
    /// The number of the case it follows.
    pub parent: Option<String>,
    /// Who opened it.
    pub opened_by: String,
    /// When, UTC.
    pub opened_at: NaiveDateTime,
    /// When a withdrawal from the contract was received, UTC.
    pub withdrawn_at: Option<NaiveDateTime>,
    /// When it was resolved, UTC.
    pub resolved_at: Option<NaiveDateTime>,
    /// When it ended, UTC.
    pub closed_at: Option<NaiveDateTime>,
    /// Its garments, in their order; of very many the first.
    pub lines: Vec<CaseLineView>,
    /// How many garments it has.
    pub garments: usize,
    /// What was written down, oldest first.
    pub notes: Vec<CaseNoteView>,
    /// What is to be done.
    pub tasks: Vec<CaseTaskView>,
    /// Its photos.
    pub photos: Vec<CasePhotoView>,
    /// Grows with every change.
    pub version: i64,
}

/// What is known of a batch, for all of its garments.
struct OfBatch {
    batch: Option<Batch>,
    product: Both,
    facts: Vec<&'static str>,
}

fn of_batch(db: &mut Db, no: crate::kernel::BatchNo) -> Result<OfBatch> {
    let Some(batch) = batches::batch(db, no)? else {
        return Ok(OfBatch { batch: None, product: Both::default(), facts: Vec::new() });
    };
    let product = skus::styled(db, batch.sku_id)?.inside.clone();
    let known = [
        (batch.origin == Origin::Foreign, "foreign"),
        (batch.status == BatchStatus::Hold, "held"),
        (batches::lots_of(db, no)?.is_empty(), "no_lots"),
    ];
    let facts = known.into_iter().filter(|(is_so, _)| *is_so).map(|(_, fact)| fact).collect();
    Ok(OfBatch { batch: Some(batch), product, facts })
}

/// The first `most` lines of a case as they are shown.
pub(super) fn line_views(db: &mut Db, keys: &Keyring, case: Id, most: usize) -> Result<Vec<CaseLineView>> {
    let reasons = reasons::by_code(db)?;
    let mut known: HashMap<crate::kernel::BatchNo, OfBatch> = HashMap::new();
    let mut views = Vec::new();
    for line in lines::lines(db, case)?.into_iter().take(most) {
        if let std::collections::hash_map::Entry::Vacant(entry) = known.entry(line.batch_no) {
            entry.insert(of_batch(db, line.batch_no)?);
        }
        let Some(of) = known.get(&line.batch_no) else { continue };
        let serial = of.batch.as_ref().map_or(Ok(None), |batch| serials::serial_in(db, keys, batch, line.garment_id))?;
        let reason = reasons.get(&line.reason_code);
        let unsold = line.sale_seq.is_none().then_some("unsold");
        views.push(CaseLineView {
            line: line.line_no,
            gtin: serial.as_ref().and_then(|serial| serial.gtin.clone()),
            serial: serial.map(|serial| serial.serial).unwrap_or_default(),
            product: of.product.clone(),
            batch: of.batch.as_ref().map(|batch| batch.code.clone()).unwrap_or_default(),
            facts: unsold.into_iter().chain(of.facts.iter().copied()).collect(),
            state: line.state,
            reason_name: reason.map(|one| Both { zh: one.name_zh.clone(), en: one.name_en.clone() }).unwrap_or_default(),
            reason: line.reason_code,
            class: line.reason_class,
            defect: line.defect_code,
            zone: line.zone,
            words: line.words,
            wanted: line.wanted,
            decided: line.decided,
            grade: line.grade,
            quarantined: line.quarantined,
            inspected_on: line.inspected_on,
            found: line.found_defect,
            finding: line.finding_id,
            cause: line.cause,
            reported_on: line.reported_on,
            ended_at: line.ended_at,
            version: line.version,
        });
    }
    Ok(views)
}

/// A case as it is shown, with its first `most` lines.
pub(super) fn case_view(db: &mut Db, keys: &Keyring, case: &ServiceCase, most: usize) -> Result<CaseView> {
    let mut number = |id: Option<Id>| match id {
        Some(id) => Ok::<_, crate::kernel::Error>(cases::by_id(db, id)?.map(|case| case.no)),
        None => Ok(None),
    };
    let (merged_into, parent) = (number(case.merged_into)?, number(case.parent_id)?);
    let owner = case.owner_id.map_or(Ok(None), |id| accounts::by_id(db, id))?.map(|account| account.login);
    let before: Vec<Id> = store::followers(db, case.id)?.into_iter().filter(|id| Some(*id) != case.owner_id).collect();
    let logins = accounts::logins_of_ids(db, &before)?;
    let followers = before.iter().filter_map(|id| logins.get(id).cloned()).collect();
    let all = notes::notes(db, case.id)?;
    let parties: Vec<Id> = all.iter().filter_map(|note| note.party_id).chain(case.retailer_id).collect();
    let codes = parties::codes_of_ids(db, &parties)?;
    let note = |note: notes::CaseNote| CaseNoteView {
        audience: note.audience,
        party: note.party_id.and_then(|id| codes.get(&id).cloned()),
        body: note.body,
        by: note.actor,
        at: note.at,
    };
    let task = |task: notes::CaseTask| CaseTaskView {
        id: task.id,
        title: task.title,
        queue: task.queue,
        due_on: task.due_on,
        state: task.state,
        note: task.note,
    };
    let photo = |photo: notes::CasePhoto| CasePhotoView {
        href: format!("{}/photos/{}.jpg", super::href(&case.no), photo.id),
        width: photo.width,
        height: photo.height,
        sha256: photo.sha256,
        by: photo.actor,
    };
    Ok(CaseView {
        no: case.no.clone(),
        kind: case.kind,
        state: case.state,
        allowed: CASE_MACHINE.after(case.state).to_vec(),
        severity: case.severity,
        priority: case.priority,
        queue: case.queue,
        owner,
        followers,
        channel: case.channel,
        market: case.market.clone(),
        order_no: case.order_no.clone(),
        retailer: case.retailer_id.and_then(|id| codes.get(&id).cloned()),
        cause: case.cause,
        result: case.result.clone(),
        seq: case.seq,
        merged_into,
        parent,
        opened_by: case.opened_by.clone(),
        opened_at: case.opened_at,
        withdrawn_at: case.withdrawn_at,
        resolved_at: case.resolved_at,
        closed_at: case.closed_at,
        lines: line_views(db, keys, case.id, most)?,
        garments: cases::garments(db, case.id)?,
        notes: all.into_iter().map(note).collect(),
        tasks: notes::tasks(db, case.id)?.into_iter().map(task).collect(),
        photos: notes::photos(db, case.id)?.into_iter().map(photo).collect(),
        version: case.version,
    })
}
