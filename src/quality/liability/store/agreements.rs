//! Agreements with parties, and the notices that follow from them.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::super::agreements::AGREEMENT_FIELDS;
use super::{supplier_agreement as table, verdict_notice};
use crate::kernel::calendar::{Pauses, Target, Unit};
use crate::kernel::text::Lang;
use crate::kernel::time::local_date;
use crate::kernel::{Code, Error, Fault, Id, Refusal, Result, parsed, saturating};
use crate::platform::db::{Db, in_chunks};
use crate::platform::events::Stamp;
use crate::platform::http::perm::{LiabilityEdit, LiabilityRead, Permission};
use crate::platform::policies::{self, Policy};
use crate::platform::rooms::{Fields, ListQuery, ListWindow, Listing, Sees, Thing};
use crate::production::parties;
use crate::staff::working_hours;
use crate::{each, keyset, save_row};

/// An agreement as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = table, treat_none_as_null = true)]
struct AgreementRow {
    id: Id,
    party_id: Id,
    valid_from: NaiveDate,
    valid_to: Option<NaiveDate>,
    reply_days: i64,
    silence_accepts: bool,
    calendar: String,
    document: String,
    created_at: NaiveDateTime,
    version: i64,
}

/// An agreement as it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupplierAgreement {
    /// What its address ends with.
    pub code: String,
    #[serde(skip)]
    party_id: Id,
    /// With whom.
    pub party: String,
    /// First day.
    pub valid_from: NaiveDate,
    /// Last day; open without one.
    pub valid_to: Option<NaiveDate>,
    /// Working days in which the party replies.
    pub reply_days: i64,
    /// Whether saying nothing accepts.
    pub silence_accepts: bool,
    /// Code of the working hours by which days are counted; empty for the first.
    pub calendar: String,
    /// Number of the document that says so.
    pub document: String,
    /// When it was written down, UTC.
    pub created_at: NaiveDateTime,
    /// Grows with every change.
    pub version: i64,
}

fn read(db: &mut Db, rows: Vec<AgreementRow>) -> Result<Vec<SupplierAgreement>> {
    let codes = parties::codes_of_ids(db, &rows.iter().map(|row| row.party_id).collect::<Vec<_>>())?;
    let of = |row: AgreementRow| SupplierAgreement {
        code: row.id.to_string(),
        party_id: row.party_id,
        party: codes.get(&row.party_id).cloned().unwrap_or_default(),
        valid_from: row.valid_from,
        valid_to: row.valid_to,
        reply_days: row.reply_days,
        silence_accepts: row.silence_accepts,
        calendar: row.calendar,
        document: row.document,
        created_at: row.created_at,
        version: row.version,
    };
    Ok(rows.into_iter().map(of).collect())
}

impl Listing for SupplierAgreement {
    const FIELDS: &'static Fields = &AGREEMENT_FIELDS;
    const API: &'static str = "supplier-agreements";
    const SCHEMA: &'static str = "SupplierAgreement";
    type Read = LiabilityRead;

    fn key(&self) -> String {
        self.code.clone()
    }

    fn acts() -> Vec<(&'static str, String, Permission)> {
        vec![("supplier-agreements-new", "/supplier-agreements/new".to_owned(), Permission::LiabilityEdit)]
    }

    fn list(db: &mut Db, query: &ListQuery, sees: Sees, window: &ListWindow) -> Result<Vec<Self>> {
        let window = window.of_ids()?;
        let Some(asked) = super::party_asked(db, query, sees)? else { return Ok(Vec::new()) };
        let rows = each!(db, |c| {
            let mut all = table::table.select(AgreementRow::as_select()).into_boxed();
            for party in [asked, sees.party()].into_iter().flatten() {
                all = all.filter(table::party_id.eq(party));
            }
            keyset!(c, all, newest table::id, window)
        })?;
        read(db, rows)
    }
}

impl Thing for SupplierAgreement {
    const SUBJECT: &'static str = "supplier_agreement";
    type Edit = LiabilityEdit;

    fn id(&self) -> Id {
        parsed(&self.code).unwrap_or_default()
    }

    fn code(&self) -> &str {
        &self.code
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn title(&self, _: Lang) -> String {
        format!("{} · {}", self.party, self.document)
    }

    fn is_seen(&self, sees: Sees) -> bool {
        sees.is_of(self.party_id)
    }

    fn with_codes(db: &mut Db, codes: &[&str]) -> Result<Vec<Self>> {
        let ids = Id::of_codes(codes)?;
        let rows: Vec<AgreementRow> =
            in_chunks(&ids, |ids| each!(db, |c| table::table.filter(table::id.eq_any(ids)).select(AgreementRow::as_select()).load(c)))?;
        read(db, rows)
    }

    fn resolved(self, db: &mut Db) -> Result<Self> {
        let party =
            parties::by_code(db, &self.party)?.ok_or_else(|| Fault::new("party", Code::UnknownReference).with("value", &self.party))?;
        Ok(Self { party_id: party.id, party: party.code, ..self })
    }

    /// Two agreements with one party do not hold on one day; what verdicts were told under stays as it was.
    fn faults(&self, db: &mut Db, before: Option<&Self>) -> Result<Vec<Fault>> {
        let mut faults = Vec::new();
        if let Some(to) = self.valid_to.filter(|to| *to < self.valid_from) {
            faults.push(Fault::new("valid_to", Code::DatesOutOfOrder).with("earlier", self.valid_from).with("later", to));
        }
        if !self.calendar.is_empty() && !working_hours::all(db)?.iter().any(|week| week.code == self.calendar) {
            faults.push(Fault::new("calendar", Code::UnknownReference).with("value", &self.calendar));
        }
        let ends = |to: Option<NaiveDate>| to.unwrap_or(NaiveDate::MAX);
        let clash = with(db, self.party_id)?.into_iter().find(|other| {
            before.is_none_or(|before| before.id() != other.id)
                && other.valid_from <= ends(self.valid_to)
                && self.valid_from <= ends(other.valid_to)
        });
        if let Some(other) = clash {
            faults.push(Fault::new("valid_from", Code::Overlap).with("first", other.valid_from).with("second", self.valid_from));
        }
        Ok(faults)
    }

    fn write(self, db: &mut Db, stamp: &Stamp, before: Option<&Self>) -> Result<Self> {
        let of = |view: &Self| AgreementRow {
            id: view.id(),
            party_id: view.party_id,
            valid_from: view.valid_from,
            valid_to: view.valid_to,
            reply_days: view.reply_days,
            silence_accepts: view.silence_accepts,
            calendar: view.calendar.clone(),
            document: view.document.clone(),
            created_at: view.created_at,
            version: view.version,
        };
        let (mut row, before) = (of(&self), before.map(of));
        save_row!(db, stamp, table, row, before.as_ref());
        Ok(Self { code: row.id.to_string(), created_at: row.created_at, version: row.version, ..self })
    }
}

fn with(db: &mut Db, party: Id) -> Result<Vec<AgreementRow>> {
    Ok(each!(db, |c| table::table.filter(table::party_id.eq(party)).order(table::valid_from).select(AgreementRow::as_select()).load(c))?)
}

/// What a party was told.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = verdict_notice, treat_none_as_default_value = false)]
pub struct VerdictNotice {
    /// Of which verdict.
    pub verdict_id: Id,
    /// Which party.
    pub party_id: Id,
    /// Under which agreement; none where the deployment's own days hold.
    pub agreement_id: Option<Id>,
    /// The version of the calendar by which days were counted.
    pub calendar_version: i64,
    /// Working days.
    pub reply_days: i64,
    /// The last day of a reply.
    pub reply_by: NaiveDate,
    /// Whether saying nothing accepts.
    pub silence_accepts: bool,
    /// Whether a year was counted of which no holidays are known.
    pub is_rough: bool,
}

/// What a party that is told today is told: the days of the agreement that holds, else the deployment's own, counted by working hours.
///
/// # Errors
/// [`Code::NotFound`] where no working hours are known.
pub fn notice(db: &mut Db, stamp: &Stamp, today: NaiveDate, verdict: Id, party: Id) -> Result<VerdictNotice> {
    let holds = |row: &AgreementRow| row.valid_from <= today && row.valid_to.is_none_or(|to| today <= to);
    let agreement = with(db, party)?.into_iter().find(holds);
    let days = match &agreement {
        Some(agreement) => agreement.reply_days,
        None => policies::value(db, Policy::LiabilityReplyDays, stamp.at)?,
    };
    let week = match agreement.as_ref().map(|agreement| agreement.calendar.as_str()) {
        Some(code) if !code.is_empty() => code.to_owned(),
        _ => {
            working_hours::all(db)?.into_iter().next().ok_or_else(|| Refusal::new(Code::WrongState).with("state", "no-working-hours"))?.code
        }
    };
    let no = working_hours::current(db, stamp, &week)?;
    let calendars = working_hours::versions(db)?;
    let calendar = calendars.get(saturating(no)).map_err(|fault| Error::broken(format!("{fault:?}")))?;
    let target = Target::new("reply_days", Unit::WorkingDays, saturating(days))?;
    let due = calendar.due(stamp.at, target, &Pauses::default());
    Ok(VerdictNotice {
        verdict_id: verdict,
        party_id: party,
        agreement_id: agreement.as_ref().map(|agreement| agreement.id),
        calendar_version: no,
        reply_days: days,
        reply_by: local_date(due.at, calendar.zone()),
        silence_accepts: agreement.is_some_and(|agreement| agreement.silence_accepts),
        is_rough: !due.years_without_data.is_empty(),
    })
}

/// Writes what a party is told.
pub fn tell(db: &mut Db, notice: &VerdictNotice) -> Result<()> {
    each!(db, |c| diesel::insert_into(verdict_notice::table).values(notice).execute(c))?;
    Ok(())
}

/// What the parties of these verdicts were told.
pub fn notices(db: &mut Db, verdicts: &[Id]) -> Result<HashMap<Id, Vec<VerdictNotice>>> {
    let found: Vec<VerdictNotice> = in_chunks(verdicts, |ids| {
        each!(db, |c| verdict_notice::table
            .filter(verdict_notice::verdict_id.eq_any(ids))
            .order((verdict_notice::verdict_id, verdict_notice::party_id))
            .select(VerdictNotice::as_select())
            .load(c))
    })?;
    let mut by_verdict: HashMap<Id, Vec<VerdictNotice>> = HashMap::new();
    for one in found {
        by_verdict.entry(one.verdict_id).or_default().push(one);
    }
    Ok(by_verdict)
}
