//! Notes, photos and tasks of a case.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use serde_json::json;

use super::super::{Audience, TaskState};
use super::{ServiceCase, case_note, case_photo, case_task, cases, moment};
use crate::aftersales::classes::Queue;
use crate::each;
use crate::inspection::findings::photo::Picture;
use crate::kernel::event::EventKind;
use crate::kernel::{Code, Fault, Id, Result, saturating};
use crate::platform::db::{Db, in_chunks};
use crate::platform::events::Stamp;
use crate::platform::http::sha256_hex;
use crate::platform::policies::{self, Policy};

/// Something written down with a case. It never changes; what a buyer wrote is emptied when they ask for it.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = case_note, treat_none_as_default_value = false)]
pub struct CaseNote {
    /// Its id.
    pub id: Id,
    /// Its case.
    pub case_id: Id,
    /// Who it is for.
    pub audience: Audience,
    /// The supplier it is for.
    pub party_id: Option<Id>,
    /// What it says.
    pub body: String,
    /// Who wrote it.
    pub actor: String,
    /// When, UTC.
    pub at: NaiveDateTime,
}

/// A photo of a case, without its picture.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = case_photo, treat_none_as_default_value = false)]
pub struct CasePhoto {
    /// Its id.
    pub id: Id,
    /// Its case.
    pub case_id: Id,
    /// The line it shows, where that is known.
    pub line_id: Option<Id>,
    /// Pixels across.
    pub width: i64,
    /// Pixels down.
    pub height: i64,
    /// SHA-256 of the JPEG, in hexadecimal.
    pub sha256: String,
    /// Who sent it.
    pub actor: String,
    /// When, UTC.
    pub at: NaiveDateTime,
}

/// Something to be done.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = case_task)]
pub struct CaseTask {
    /// Its id.
    pub id: Id,
    /// Its case.
    pub case_id: Id,
    /// What.
    pub title: String,
    /// Who does it.
    pub queue: Queue,
    /// Which person of the queue.
    pub owner_id: Option<Id>,
    /// By which day.
    pub due_on: Option<NaiveDate>,
    /// Where it stands.
    pub state: TaskState,
    /// What came of it, or empty.
    pub note: String,
    /// Who set it.
    pub created_by: String,
    /// When, UTC.
    pub created_at: NaiveDateTime,
    /// Grows with every change.
    pub version: i64,
}

/// The notes of a case, oldest first.
pub fn notes(db: &mut Db, case: Id) -> Result<Vec<CaseNote>> {
    Ok(each!(db, |c| case_note::table.filter(case_note::case_id.eq(case)).order(case_note::id).select(CaseNote::as_select()).load(c))?)
}

/// Writes something down.
pub(super) fn write(db: &mut Db, stamp: &Stamp, case: &ServiceCase, audience: Audience, party: Option<Id>, body: &str) -> Result<Id> {
    let note = CaseNote {
        id: stamp.id(),
        case_id: case.id,
        audience,
        party_id: party,
        body: body.to_owned(),
        actor: stamp.actor.clone(),
        at: stamp.at,
    };
    each!(db, |c| diesel::insert_into(case_note::table).values(&note).execute(c))?;
    Ok(note.id)
}

/// The photos of a case, in the order they came.
pub fn photos(db: &mut Db, case: Id) -> Result<Vec<CasePhoto>> {
    Ok(each!(db, |c| case_photo::table.filter(case_photo::case_id.eq(case)).order(case_photo::id).select(CasePhoto::as_select()).load(c))?)
}

/// The photos of several cases, in the order they came.
pub fn photos_of(db: &mut Db, cases: &[Id]) -> Result<Vec<CasePhoto>> {
    in_chunks(cases, |cases| {
        each!(db, |c| case_photo::table
            .filter(case_photo::case_id.eq_any(cases))
            .order(case_photo::id)
            .select(CasePhoto::as_select())
            .load(c))
    })
}

/// The JPEG of a photo of a case, and its hash.
pub fn jpeg(db: &mut Db, case: Id, photo: Id) -> Result<Option<(Vec<u8>, String)>> {
    let of = case_photo::table.filter(case_photo::id.eq(photo).and(case_photo::case_id.eq(case)));
    let found: Vec<(Vec<u8>, String)> = each!(db, |c| of.select((case_photo::jpeg, case_photo::sha256)).load(c))?;
    Ok(found.into_iter().next())
}

/// Adds photos. One that the case has already is not kept twice.
///
/// # Errors
/// [`Code::OutOfRange`] when it would have more than the policy allows.
pub(super) fn attach(db: &mut Db, stamp: &Stamp, case: &ServiceCase, line: Option<Id>, pictures: &[Picture]) -> Result<()> {
    let mut known: Vec<String> = photos(db, case.id)?.into_iter().map(|photo| photo.sha256).collect();
    let mut fresh = Vec::new();
    for picture in pictures {
        let hash = sha256_hex(&picture.jpeg);
        if !known.contains(&hash) {
            known.push(hash.clone());
            fresh.push((stamp.id(), hash, picture));
        }
    }
    let max = policies::value(db, Policy::PhotosPerCase, stamp.at)?;
    if saturating::<i64>(known.len()) > max {
        return Err(Fault::new("photos", Code::OutOfRange).with("min", 0).with("max", max).into());
    }
    for (id, hash, picture) in &fresh {
        each!(db, |c| diesel::insert_into(case_photo::table)
            .values((
                case_photo::id.eq(*id),
                case_photo::case_id.eq(case.id),
                case_photo::line_id.eq(line),
                case_photo::width.eq(i64::from(picture.width)),
                case_photo::height.eq(i64::from(picture.height)),
                case_photo::sha256.eq(hash),
                case_photo::jpeg.eq(&picture.jpeg),
                case_photo::actor.eq(&stamp.actor),
                case_photo::at.eq(stamp.at),
            ))
            .execute(c))?;
    }
    if fresh.is_empty() {
        return Ok(());
    }
    moment(db, stamp, case, EventKind::CasePhotos, &json!({ "units": fresh.len().to_string() }))
}

/// Adds photos to the case of a number, and gives that as it was made.
///
/// # Errors
/// [`Code::NotFound`]; as [`attach`].
pub(in crate::aftersales::cases) fn attach_to(db: &mut Db, stamp: &Stamp, no: &str, pictures: &[Picture]) -> Result<String> {
    let case = cases::by_no(db, no)?.ok_or(Code::NotFound)?;
    attach(db, stamp, &case, None, pictures)?;
    Ok(case.no)
}

/// The tasks of a case, oldest first.
pub(in crate::aftersales::cases) fn tasks(db: &mut Db, case: Id) -> Result<Vec<CaseTask>> {
    Ok(each!(db, |c| case_task::table.filter(case_task::case_id.eq(case)).order(case_task::id).select(CaseTask::as_select()).load(c))?)
}

/// Sets a task.
pub(super) fn set_task(db: &mut Db, stamp: &Stamp, case: &ServiceCase, title: &str, queue: Queue, due_on: Option<NaiveDate>) -> Result<()> {
    let task = CaseTask {
        id: stamp.id(),
        case_id: case.id,
        title: title.to_owned(),
        queue,
        owner_id: None,
        due_on,
        state: TaskState::Open,
        note: String::new(),
        created_by: stamp.actor.clone(),
        created_at: stamp.at,
        version: 1,
    };
    each!(db, |c| diesel::insert_into(case_task::table).values(&task).execute(c))?;
    Ok(())
}

/// Ends a task.
///
/// # Errors
/// [`Code::NotFound`]; [`Code::WrongState`] for one that was ended before.
pub(super) fn end_task(db: &mut Db, case: Id, task: Id, to: TaskState, note: &str) -> Result<()> {
    let task = tasks(db, case)?.into_iter().find(|one| one.id == task).ok_or(Code::NotFound)?;
    let row = case_task::table.find(task.id.0);
    crate::step!(db, row, case_task::state, case_task::version, super::super::rules::TASK_MACHINE, task.state => to, task.version, case_task::note.eq(note));
    Ok(())
}
