//! The queries of parcels: which files somebody handed in, what they are read as, and what came of it.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde_json::Value;

use super::desk::{IMPORT_JOB, ImportInput};
use super::parcel::ParcelReport;
use super::{ImportFault, Reading};
use crate::each;
use crate::kernel::{Code, Error, Id, Refusal, Result, saturating};
use crate::platform::db::Db;
use crate::platform::db::schema::{parcel, parcel_file};
use crate::platform::events::Stamp;
use crate::platform::jobs::{self, JobState};

/// Where a parcel stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParcelState {
    /// Handed in or altered since it was checked last.
    Open,
    /// Checked: every file can be written as it is.
    Sound,
    /// Checked: nothing will be written until its faults are mended.
    Faulty,
    /// Written.
    Written,
    /// Written in part: the store refused what it would have taken when it was checked.
    Stopped,
    /// Thrown away.
    Discarded,
}

impl ParcelState {
    const ALL: [(Self, &'static str); 6] = [
        (Self::Open, "open"),
        (Self::Sound, "sound"),
        (Self::Faulty, "faulty"),
        (Self::Written, "written"),
        (Self::Stopped, "stopped"),
        (Self::Discarded, "discarded"),
    ];

    /// The stored text.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(state, _)| *state == self).map_or("", |(_, text)| text)
    }

    fn of(text: &str) -> Result<Self> {
        let found = Self::ALL.iter().find(|(_, stored)| *stored == text);
        found.map(|(state, _)| *state).ok_or_else(|| Error::broken(format!("parcel state {text}")))
    }

    /// Whether nothing will come of it any more.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Written | Self::Discarded)
    }
}

/// Files that somebody handed in together.
#[derive(Clone, Debug)]
pub struct FiledParcel {
    /// Its id.
    pub id: Id,
    /// Where it stands.
    pub state: ParcelState,
    /// The job that checks or writes it, or did last.
    pub job: Option<Id>,
    /// The party that whoever handed it in is bound to.
    pub party: Option<Id>,
    /// What came of it last, where something did.
    pub report: Option<ParcelReport>,
    /// Who handed it in.
    pub created_by: String,
    /// When, UTC.
    pub created_at: NaiveDateTime,
}

/// A file of a parcel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filed {
    /// Its number in the parcel.
    pub no: i64,
    /// The table it is read as; empty while nobody knows.
    pub table: String,
    /// Its name as it was sent.
    pub name: String,
    /// Under which name it lies among the files handed in.
    pub stored_as: String,
    /// Its size in bytes.
    pub bytes: i64,
    /// Its headers.
    pub headers: Vec<String>,
    /// How it is read.
    pub reading: Reading,
    /// Why it is no table at all; nothing of it was kept then.
    pub refused: Option<ImportFault>,
}

type Row = (i64, String, Option<i64>, Option<i64>, String, String, NaiveDateTime);

fn read(row: Row) -> Result<FiledParcel> {
    let (id, state, job, party, report, created_by, created_at) = row;
    let report: Value = serde_json::from_str(&report).map_err(Error::broken)?;
    let report = if report.is_null() { None } else { Some(serde_json::from_value(report).map_err(Error::broken)?) };
    Ok(FiledParcel { id: Id(id), state: ParcelState::of(&state)?, job: job.map(Id), party: party.map(Id), report, created_by, created_at })
}

macro_rules! columns {
    () => {
        (parcel::id, parcel::state, parcel::job_id, parcel::party_id, parcel::report, parcel::created_by, parcel::created_at)
    };
}

/// One parcel.
///
/// # Errors
/// [`Code::NotFound`].
pub fn parcel(db: &mut Db, id: Id) -> Result<FiledParcel> {
    let rows: Vec<Row> = each!(db, |c| parcel::table.filter(parcel::id.eq(id.0)).select(columns!()).load(c))?;
    rows.into_iter().next().map_or_else(|| Err(Code::NotFound.into()), read)
}

/// A line of the list of parcels: without the report, which may be long.
#[derive(Clone, Debug)]
pub struct ParcelLine {
    /// The parcel.
    pub parcel: FiledParcel,
    /// The names of its files.
    pub names: Vec<String>,
    /// Rows read and faults found, once it was checked.
    pub counted: Option<(i64, i64)>,
}

/// The newest parcels that somebody handed in, at most `most`, without those thrown away.
pub fn recent(db: &mut Db, created_by: &str, most: i64) -> Result<Vec<ParcelLine>> {
    type Line = (i64, String, Option<i64>, Option<i64>, NaiveDateTime, Option<i64>, Option<i64>);
    let rows: Vec<Line> = each!(db, |c| parcel::table
        .filter(parcel::created_by.eq(created_by).and(parcel::state.ne(ParcelState::Discarded.as_str())))
        .order(parcel::id.desc())
        .limit(most)
        .select((parcel::id, parcel::state, parcel::job_id, parcel::party_id, parcel::created_at, parcel::rows_read, parcel::fault_count))
        .load(c))?;
    let ids: Vec<i64> = rows.iter().map(|row| row.0).collect();
    let names: Vec<(i64, String)> = each!(db, |c| parcel_file::table
        .filter(parcel_file::parcel_id.eq_any(&ids))
        .order((parcel_file::parcel_id, parcel_file::no))
        .select((parcel_file::parcel_id, parcel_file::name))
        .load(c))?;
    let listed = rows.into_iter().map(|(id, state, job, party, created_at, rows_read, faults)| {
        let names = names.iter().filter(|(parcel, _)| *parcel == id).map(|(_, name)| name.clone()).collect();
        let state = ParcelState::of(&state)?;
        let created_by = created_by.to_owned();
        let parcel = FiledParcel { id: Id(id), state, job: job.map(Id), party: party.map(Id), report: None, created_by, created_at };
        Ok(ParcelLine { parcel, names, counted: rows_read.zip(faults) })
    });
    listed.collect()
}

/// Which parcel files go into.
#[derive(Clone, Copy, Debug)]
pub enum Destination {
    /// The one in which a file waits that one of these mends, or else a new one.
    Desk,
    /// A new one: what a program sent before under the same name is not what it mends.
    New,
    /// This one.
    Parcel(Id),
}

/// What is said of files that are handed in.
#[derive(Clone, Debug)]
pub struct HandIn {
    /// Which parcel they go into.
    pub target: Destination,
    /// The party that whoever hands them in is bound to.
    pub party: Option<Id>,
    /// The tables they may hand in.
    pub mine: Vec<&'static str>,
    /// The table all of them are of, where that was said.
    pub chosen: Option<&'static str>,
    /// Whether they are only to be checked.
    pub dry_run: bool,
}

/// Puts files into a parcel and queues the job that checks it, or writes it. A file is read as the last one with its headers was, where
/// somebody said how. Returns the parcel, the job, and the files that these take the place of.
///
/// # Errors
/// [`Code::NotFound`] and [`Code::WrongState`] of a parcel that is named and takes no more files.
pub fn hand_in(db: &mut Db, stamp: &Stamp, said: &HandIn, mut files: Vec<Filed>) -> Result<(Id, Id, Vec<Filed>)> {
    for file in files.iter_mut().filter(|file| file.refused.is_none()) {
        if let Some((table, reading)) = remembered(db, &stamp.actor, &file.headers)?
            && said.mine.contains(&table.as_str())
            && said.chosen.is_none_or(|chosen| chosen == table)
        {
            (file.table, file.reading) = (table, reading);
        }
    }
    let there = match said.target {
        Destination::Desk => mended(db, stamp, &files)?,
        Destination::New => None,
        Destination::Parcel(id) => Some(id),
    };
    let id = match there {
        Some(id) => alterable(db, id)?.id,
        None => begin(db, stamp, said.party)?,
    };
    let mut replaced = Vec::new();
    for file in &files {
        replaced.extend(put(db, id, file)?);
    }
    Ok((id, enqueue(db, stamp, id, said.dry_run)?, replaced))
}

/// The parcel in which a file waits that one of these mends: of the same name and table.
fn mended(db: &mut Db, stamp: &Stamp, files: &[Filed]) -> Result<Option<Id>> {
    for file in files {
        if let Some(id) = waiting_with(db, &stamp.actor, &file.name, &file.table)?
            && alterable(db, id).is_ok()
        {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

/// Queues the job that writes a parcel which was checked.
///
/// # Errors
/// [`Code::WrongState`] when it is not sound.
pub fn write(db: &mut Db, stamp: &Stamp, id: Id) -> Result<Id> {
    let now = alterable(db, id)?;
    if now.state != ParcelState::Sound {
        return Err(Refusal::new(Code::WrongState).with("state", now.state.as_str()).into());
    }
    enqueue(db, stamp, now.id, false)
}

/// Queues the job that checks a parcel again.
///
/// # Errors
/// [`Code::WrongState`] when nothing will come of it any more.
pub fn check_again(db: &mut Db, stamp: &Stamp, id: Id) -> Result<Id> {
    alterable(db, id)?;
    enqueue(db, stamp, id, true)
}

/// Begins a parcel.
pub fn begin(db: &mut Db, stamp: &Stamp, party: Option<Id>) -> Result<Id> {
    let id = stamp.id();
    each!(db, |c| diesel::insert_into(parcel::table)
        .values((
            parcel::id.eq(id.0),
            parcel::state.eq(ParcelState::Open.as_str()),
            parcel::party_id.eq(party.map(|party| party.0)),
            parcel::report.eq("null"),
            parcel::created_by.eq(&stamp.actor),
            parcel::created_at.eq(stamp.at),
            parcel::updated_at.eq(stamp.at),
            parcel::version.eq(1),
        ))
        .execute(c))?;
    Ok(id)
}

type FileRow = (i64, String, String, String, i64, String, String, String);

/// The files of a parcel, in the order they were handed in.
pub fn files(db: &mut Db, id: Id) -> Result<Vec<Filed>> {
    let rows: Vec<FileRow> = each!(db, |c| parcel_file::table
        .filter(parcel_file::parcel_id.eq(id.0))
        .order(parcel_file::no)
        .select((
            parcel_file::no,
            parcel_file::table_name,
            parcel_file::name,
            parcel_file::stored_as,
            parcel_file::bytes,
            parcel_file::headers,
            parcel_file::reading,
            parcel_file::refused
        ))
        .load(c))?;
    rows.into_iter()
        .map(|(no, table, name, stored_as, bytes, headers, reading, refused)| {
            let headers = serde_json::from_str(&headers).map_err(Error::broken)?;
            let reading = serde_json::from_str(&reading).map_err(Error::broken)?;
            let refused = serde_json::from_str(&refused).map_err(Error::broken)?;
            Ok(Filed { no, table, name, stored_as, bytes, headers, reading, refused })
        })
        .collect()
}

fn json<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(Error::broken)
}

/// Puts a file into a parcel, in the place of one of the same name and table. Returns the files it takes the place of.
pub fn put(db: &mut Db, id: Id, file: &Filed) -> Result<Vec<Filed>> {
    let there = files(db, id)?;
    let no = there.iter().map(|other| other.no).max().unwrap_or_default() + 1;
    let same_table = |other: &Filed| other.table == file.table || other.table.is_empty() || file.table.is_empty();
    let replaced: Vec<Filed> = there.into_iter().filter(|other| other.name == file.name && same_table(other)).collect();
    for other in &replaced {
        forget(db, id, other.no)?;
    }
    let (headers, reading, refused) = (json(&file.headers)?, json(&file.reading)?, json(&file.refused)?);
    each!(db, |c| diesel::insert_into(parcel_file::table)
        .values((
            parcel_file::parcel_id.eq(id.0),
            parcel_file::no.eq(no),
            parcel_file::table_name.eq(&file.table),
            parcel_file::name.eq(&file.name),
            parcel_file::stored_as.eq(&file.stored_as),
            parcel_file::bytes.eq(file.bytes),
            parcel_file::headers.eq(headers),
            parcel_file::reading.eq(reading),
            parcel_file::refused.eq(refused),
        ))
        .execute(c))?;
    Ok(replaced)
}

/// Takes a file out of a parcel, which is checked again, or thrown away with the last. Returns whether there are others.
pub fn take_out(db: &mut Db, stamp: &Stamp, id: Id, no: i64) -> Result<bool> {
    alterable(db, id)?;
    forget(db, id, no)?;
    if files(db, id)?.is_empty() {
        discard(db, stamp, id)?;
        return Ok(false);
    }
    enqueue(db, stamp, id, true)?;
    Ok(true)
}

fn forget(db: &mut Db, id: Id, no: i64) -> Result<()> {
    each!(db, |c| diesel::delete(parcel_file::table.filter(parcel_file::parcel_id.eq(id.0).and(parcel_file::no.eq(no)))).execute(c))?;
    Ok(())
}

/// Says how a file of a parcel is read, which is checked again.
pub fn read_as(db: &mut Db, stamp: &Stamp, id: Id, no: i64, table: &str, reading: &Reading) -> Result<Id> {
    alterable(db, id)?;
    let reading = json(reading)?;
    each!(db, |c| diesel::update(parcel_file::table.filter(parcel_file::parcel_id.eq(id.0).and(parcel_file::no.eq(no))))
        .set((parcel_file::table_name.eq(table), parcel_file::reading.eq(reading)))
        .execute(c))?;
    enqueue(db, stamp, id, true)
}

/// How somebody's last file with these headers was read, where they said how: the table and the reading.
pub fn remembered(db: &mut Db, actor: &str, headers: &[String]) -> Result<Option<(String, Reading)>> {
    let (headers, plain) = (json(&headers)?, json(&Reading::default())?);
    let rows: Vec<(String, String)> = each!(db, |c| parcel_file::table
        .inner_join(parcel::table.on(parcel::id.eq(parcel_file::parcel_id)))
        .filter(parcel::created_by.eq(actor).and(parcel_file::headers.eq(&headers)).and(parcel_file::reading.ne(&plain)))
        .order((parcel_file::parcel_id.desc(), parcel_file::no.desc()))
        .limit(1)
        .select((parcel_file::table_name, parcel_file::reading))
        .load(c))?;
    rows.into_iter().next().map(|(table, reading)| Ok((table, serde_json::from_str(&reading).map_err(Error::broken)?))).transpose()
}

/// Somebody's newest parcel that still waits and has a file of this name and table.
pub fn waiting_with(db: &mut Db, actor: &str, name: &str, table: &str) -> Result<Option<Id>> {
    let over = [ParcelState::Written.as_str(), ParcelState::Discarded.as_str()];
    let ids: Vec<i64> = each!(db, |c| parcel_file::table
        .inner_join(parcel::table.on(parcel::id.eq(parcel_file::parcel_id)))
        .filter(parcel::created_by.eq(actor).and(parcel::state.ne_all(over)))
        .filter(parcel_file::name.eq(name).and(parcel_file::table_name.eq(table)))
        .order(parcel_file::parcel_id.desc())
        .limit(1)
        .select(parcel_file::parcel_id)
        .load(c))?;
    Ok(ids.into_iter().next().map(Id))
}

/// Says what came of a parcel. A job that another has taken over from, or whose parcel was thrown away meanwhile, says nothing.
pub fn settle(db: &mut Db, id: Id, job: Id, state: ParcelState, report: &ParcelReport, at: NaiveDateTime) -> Result<()> {
    let sum = |each: fn(&super::ImportReport) -> u64| saturating::<i64>(report.files.iter().map(each).sum::<u64>());
    let text = json(report)?;
    let mine =
        parcel::table.filter(parcel::id.eq(id.0).and(parcel::job_id.eq(job.0)).and(parcel::state.ne(ParcelState::Discarded.as_str())));
    each!(db, |c| diesel::update(mine)
        .set((
            parcel::state.eq(state.as_str()),
            parcel::report.eq(text),
            parcel::rows_read.eq(sum(|file| file.rows_read)),
            parcel::fault_count.eq(sum(|file| file.fault_count)),
            parcel::updated_at.eq(at),
            parcel::version.eq(parcel::version + 1),
        ))
        .execute(c))?;
    Ok(())
}

/// Throws a parcel away. Returns its files.
pub fn discard(db: &mut Db, stamp: &Stamp, id: Id) -> Result<Vec<Filed>> {
    alterable(db, id)?;
    let files = files(db, id)?;
    each!(db, |c| diesel::update(parcel::table.filter(parcel::id.eq(id.0)))
        .set((parcel::state.eq(ParcelState::Discarded.as_str()), parcel::updated_at.eq(stamp.at), parcel::version.eq(parcel::version + 1)))
        .execute(c))?;
    Ok(files)
}

/// A parcel that may still be altered.
///
/// # Errors
/// [`Code::NotFound`]; [`Code::WrongState`] for one that is written, being written or thrown away.
pub fn alterable(db: &mut Db, id: Id) -> Result<FiledParcel> {
    let found = parcel(db, id)?;
    let job = found.job.map(|job| jobs::find(db, job)).transpose()?.flatten();
    let is_being_written = job.is_some_and(|job| !job.state.is_over() && ImportInput::of(&job).is_ok_and(|input| !input.dry_run));
    if is_being_written || found.state.is_over() {
        let state = if is_being_written { JobState::Running.as_str() } else { found.state.as_str() };
        return Err(Refusal::new(Code::WrongState).with("state", state).into());
    }
    Ok(found)
}

/// Queues the job that checks a parcel, or writes it.
pub fn enqueue(db: &mut Db, stamp: &Stamp, id: Id, dry_run: bool) -> Result<Id> {
    let input = serde_json::to_value(ImportInput { parcel: id, dry_run }).map_err(Error::broken)?;
    let job = jobs::enqueue(db, stamp, IMPORT_JOB, &input)?;
    each!(db, |c| diesel::update(parcel::table.filter(parcel::id.eq(id.0)))
        .set((
            parcel::state.eq(ParcelState::Open.as_str()),
            parcel::job_id.eq(job.0),
            parcel::updated_at.eq(stamp.at),
            parcel::version.eq(parcel::version + 1),
        ))
        .execute(c))?;
    Ok(job)
}
