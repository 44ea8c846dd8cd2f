//! What buyers say of how their case was handled.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDateTime};
use chrono_tz::Tz;
use diesel::dsl::count_star;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::rules::{self, SurveyStanding};
use super::super::summary::{Satisfaction, Told};
use super::super::{FIELDS, FILTERS, NEW, SurveyVia};
use super::{follow_ups, survey};
use crate::aftersales::cases::{self, CaseAct, CaseState, ServiceCase};
use crate::aftersales::classes::{CaseChannel, Priority, Queue, ReasonClass};
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::machine::refused_in;
use crate::kernel::text::{self, Lang};
use crate::kernel::time::{local_date, local_midnight};
use crate::kernel::{Code, Error, Fault, Id, Refusal, Result, parsed};
use crate::ownership::holders::Secret;
use crate::platform::db::Db;
use crate::platform::events::{self, Stamp};
use crate::platform::http::perm::{CasesEdit, CasesRead, Permission};
use crate::platform::policies::{self, Policy};
use crate::platform::rooms::{BrandOnly, Field, Fields, ListQuery, ListWindow, Listing, Offered, Sees, Thing, tell_saved};
use crate::platform::state::AppState;
use crate::staff::accounts;
use crate::{each, keyset};

/// An answer as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Queryable, Selectable, Insertable)]
#[diesel(table_name = survey)]
#[serde(default)]
pub struct SurveyRow {
    /// Its id.
    pub id: Id,
    /// What people call it: the number of its case, and which time that was resolved.
    pub code: String,
    /// Its case.
    #[serde(skip)]
    pub case_id: Id,
    /// Which time the case was resolved.
    pub seq: i64,
    /// From 1, very dissatisfied, to 5; none where they would rather not say.
    pub score: Option<i64>,
    /// They would rather not say.
    pub declined: bool,
    /// In their own words, or empty.
    pub words: String,
    /// How it was answered.
    pub via: SurveyVia,
    /// Who wrote it down.
    pub answered_by: String,
    /// Who had the case: the name they sign in with, or empty.
    pub agent: String,
    /// How the case came in.
    pub channel: CaseChannel,
    /// Why the case was opened: of its first line.
    pub reason_class: ReasonClass,
    /// When the case was resolved, UTC.
    pub resolved_at: NaiveDateTime,
    /// When it was answered, UTC.
    pub answered_at: NaiveDateTime,
    /// Always 1: an answer stays as it was given.
    pub version: i64,
}

/// An answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Survey {
    /// As it is stored.
    #[serde(flatten)]
    pub row: SurveyRow,
    /// Number of its case.
    pub case: String,
}

/// What a buyer says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SurveySaid {
    /// From 1 to 5.
    pub score: Option<i64>,
    /// They would rather not say.
    pub declined: bool,
    /// In their own words.
    pub words: String,
}

impl From<SurveyRow> for Survey {
    fn from(row: SurveyRow) -> Self {
        let case = row.code.rsplit_once('.').map(|(case, _)| case.to_owned()).unwrap_or_default();
        Self { row, case }
    }
}

/// Narrows answers to what a list is asked for.
macro_rules! narrow {
    ($answers:expr, $query:expr) => {{
        let (mut answers, query) = ($answers, $query);
        let zone = query.app().config.time_zone;
        match query.filter("score") {
            Some("none") => answers = answers.filter(survey::score.is_null()),
            Some(score) => answers = answers.filter(survey::score.eq(parsed::<i64>(score))),
            None => {}
        }
        if let Some(agent) = query.filter("agent") {
            answers = answers.filter(survey::agent.eq(agent));
        }
        if let Some(channel) = query.filter("channel") {
            answers = answers.filter(survey::channel.eq(channel));
        }
        if let Some(class) = query.filter("class") {
            answers = answers.filter(survey::reason_class.eq(class));
        }
        if let Some(from) = query.day("from") {
            answers = answers.filter(survey::answered_at.ge(local_midnight(from, zone)));
        }
        if let Some(to) = query.day("to").and_then(|day| day.checked_add_days(Days::new(1))) {
            answers = answers.filter(survey::answered_at.lt(local_midnight(to, zone)));
        }
        if !query.q.is_empty() {
            answers = answers.filter(survey::code.like(format!("{}%", query.q.trim().replace(['%', '_'], ""))));
        }
        answers
    }};
}

/// How satisfied those are whom a query is about, as a whole, by agent and by reason.
pub fn satisfaction(db: &mut Db, query: &ListQuery) -> Result<Satisfaction> {
    let told: Vec<Told> = each!(db, |c| {
        let counted = survey::table.group_by((survey::agent, survey::reason_class, survey::score)).select((
            survey::agent,
            survey::reason_class,
            survey::score,
            count_star(),
        ));
        narrow!(counted.into_boxed(), query).load(c)
    })?;
    Ok(Satisfaction::of(&told))
}

impl Listing for Survey {
    const FIELDS: &'static Fields = &FIELDS;
    const API: &'static str = "surveys";
    const SCHEMA: &'static str = "Survey";
    const FILTERS: &'static [Field] = FILTERS;
    type Read = BrandOnly<CasesRead>;

    fn key(&self) -> String {
        self.row.id.to_string()
    }

    fn href(&self) -> String {
        crate::platform::rooms::href::<Self>(&self.row.code)
    }

    fn acts() -> Vec<(&'static str, String, Permission)> {
        vec![
            ("surveys-new", "/surveys/new".to_owned(), Permission::CasesEdit),
            ("follow-ups-title", "/follow-ups".to_owned(), Permission::CasesRead),
        ]
    }

    fn list(db: &mut Db, query: &ListQuery, _: Sees, window: &ListWindow) -> Result<Vec<Self>> {
        let window = window.of_ids()?;
        let rows: Vec<SurveyRow> = each!(db, |c| {
            let answers = narrow!(survey::table.select(SurveyRow::as_select()).into_boxed(), query);
            keyset!(c, answers, newest survey::id, &window)
        })?;
        Ok(rows.into_iter().map(Self::from).collect())
    }

    fn top(db: &mut Db, query: &ListQuery, _: Sees, lang: Lang) -> Result<String> {
        satisfaction(db, query)?.part(lang)
    }

    fn offered(db: &mut Db, filter: &str, _: Sees, _: Lang) -> Result<Option<Vec<Offered>>> {
        if filter != "agent" {
            return Ok(Some(Vec::new()));
        }
        let all: Vec<String> = each!(db, |c| survey::table.filter(survey::agent.ne("")).select(survey::agent).distinct().load(c))?;
        let all: BTreeSet<String> = all.into_iter().collect();
        Ok(Some(all.into_iter().map(|agent| (agent.clone().into(), agent.into())).collect()))
    }
}

impl Thing for Survey {
    const SUBJECT: &'static str = "survey";
    const SAVED: EventKind = EventKind::SurveyAnswered;
    const UNTOLD: &'static [&'static str] = &["words"];
    type Edit = CasesEdit;
    const NEW: &'static Fields = &NEW;
    const CHANGE: &'static Fields = &Fields::NONE;

    fn id(&self) -> Id {
        self.row.id
    }

    fn code(&self) -> &str {
        &self.row.code
    }

    fn title(&self, lang: Lang) -> String {
        format!("{} {}", lang.of("满意度", "Satisfaction"), self.row.code)
    }

    fn with_codes(db: &mut Db, codes: &[&str]) -> Result<Vec<Self>> {
        let rows: Vec<SurveyRow> = each!(db, |c| survey::table.filter(survey::code.eq_any(codes)).select(SurveyRow::as_select()).load(c))?;
        Ok(rows.into_iter().map(Self::from).collect())
    }

    /// Whoever answers for a buyer: a person of the desk, on the telephone.
    fn make(self, db: &mut Db, stamp: &Stamp, app: &AppState, _: &str) -> Result<Self> {
        if !stamp.actor.starts_with("staff:") {
            return Err(Code::PersonNeeded.into());
        }
        let case = cases::said(db, &self.case)?;
        let said = SurveySaid { score: self.row.score, declined: self.row.declined, words: self.row.words };
        answer(db, stamp, app.config.time_zone, &case, SurveyVia::Phone, &said)
    }

    fn faults(&self, _: &mut Db, _: Option<&Self>) -> Result<Vec<Fault>> {
        Ok(wrong(self.row.score, self.row.declined))
    }

    fn write(mut self, db: &mut Db, stamp: &Stamp, _: Option<&Self>) -> Result<Self> {
        (self.row.id, self.row.version, self.row.answered_at) = (stamp.id(), 1, stamp.at);
        each!(db, |c| diesel::insert_into(survey::table).values(&self.row).execute(c)).map_err(|error| match Error::from(error) {
            // Somebody else answered since it was looked for: run again, this finds theirs and says so.
            error if error.code() == Code::Duplicate => Error::Retry,
            error => error,
        })?;
        Ok(self)
    }
}

/// A score, or that they would rather not give one: one of both.
fn wrong(score: Option<i64>, declined: bool) -> Vec<Fault> {
    match (score, declined) {
        (None, false) => vec![Fault::new("score", Code::Missing)],
        (Some(score), _) if !(1..=5).contains(&score) => {
            vec![Fault::new("score", Code::OutOfRange).with("value", score).with("min", 1).with("max", 5)]
        }
        (Some(_), true) => vec![Fault::new("declined", Code::DoesNotApply).with("with", "score")],
        _ => Vec::new(),
    }
}

/// Where the survey of a case stands now.
pub fn standing(db: &mut Db, case: &ServiceCase, now: NaiveDateTime) -> Result<SurveyStanding> {
    let of = survey::case_id.eq(case.id).and(survey::seq.eq(case.seq));
    let found: Vec<Option<i64>> = each!(db, |c| survey::table.filter(of).select(survey::score).load(c))?;
    let resolved = case.resolved_at.filter(|_| matches!(case.state, CaseState::Resolved | CaseState::Closed));
    let days = policies::value(db, Policy::SurveyDays, now)?;
    Ok(rules::standing(resolved, found.into_iter().next(), days, now))
}

/// Writes down what the buyer of a case says of how it was handled. What dissatisfies them is before the supervisor in the same write.
///
/// # Errors
/// [`Code::WrongState`] for a case that is not resolved; [`Code::AlreadyAnswered`]; [`Code::TooLate`]; [`Code::Invalid`] for neither a score nor that
/// they would rather not say.
pub fn answer(db: &mut Db, stamp: &Stamp, zone: Tz, case: &ServiceCase, via: SurveyVia, said: &SurveySaid) -> Result<Survey> {
    Refusal::unless_none(wrong(said.score, said.declined))?;
    match standing(db, case, stamp.at)? {
        SurveyStanding::Open(_) => {}
        SurveyStanding::NotYet => return Err(refused_in(case.state).into()),
        SurveyStanding::Answered(_) | SurveyStanding::Declined => return Err(Code::AlreadyAnswered.into()),
        SurveyStanding::Expired => {
            return Err(Refusal::new(Code::TooLate).with("days", policies::value(db, Policy::SurveyDays, stamp.at)?).into());
        }
    }
    let first = cases::lines(db, case.id)?.into_iter().next().ok_or_else(|| Error::broken("a case without a line"))?;
    let agent = match case.owner_id {
        Some(owner) => accounts::by_id(db, owner)?.map(|account| account.login).unwrap_or_default(),
        None => String::new(),
    };
    let row = SurveyRow {
        code: format!("{}.{}", case.no, case.seq),
        case_id: case.id,
        seq: case.seq,
        score: said.score,
        declined: said.declined,
        words: text::paragraph("words", &said.words, super::super::WORDS_MAX)?,
        via,
        answered_by: stamp.actor.clone(),
        agent,
        channel: case.channel,
        reason_class: first.reason_class,
        resolved_at: case.resolved_at.unwrap_or(stamp.at),
        ..SurveyRow::default()
    };
    let made = Survey::from(row).write(db, stamp, None)?;
    tell_saved(db, stamp, None, &made)?;
    let body = json!({ "score": said.score, "declined": said.declined, "via": via, "survey": made.row.id });
    events::append(db, stamp, EventKind::SurveyAnswered, Subject::Thing("case", case.id.0), &body)?;
    let low = policies::value(db, Policy::SurveyLowScore, stamp.at)?;
    if said.score.is_some_and(|score| score <= low) {
        escalate(db, stamp, zone, case, &made)?;
    }
    Ok(made)
}

/// Brings a dissatisfied buyer before the supervisor at once: their case, opened again, or, where it cannot be, a follow-up that is due today.
fn escalate(db: &mut Db, stamp: &Stamp, zone: Tz, case: &ServiceCase, survey: &Survey) -> Result<()> {
    let today = local_date(stamp.at, zone);
    let mut act = |act: CaseAct| cases::act(db, stamp, today, &case.no, None, &act);
    let reason = format!("CSAT {}", survey.row.score.unwrap_or_default());
    match act(CaseAct::Reopen { reason }) {
        Ok(open) => {
            act(CaseAct::Move { queue: Queue::Supervisor })?;
            act(CaseAct::Rate { kind: open.kind, severity: open.severity, priority: Priority::Urgent }).map(drop)
        }
        // It is over for good, too long ago, or its garment is in another case by now.
        Err(Error::Refused(refusal)) if matches!(refusal.code, Code::WrongState | Code::TooLate | Code::CaseOpen) => {
            follow_ups::low_score(db, stamp, case, survey, today)
        }
        Err(error) => Err(error),
    }
}

/// The same for whoever has the secret of the case.
///
/// # Errors
/// [`Code::NotFound`] for everybody else; as [`answer`].
pub fn buyer_answers(db: &mut Db, stamp: &Stamp, zone: Tz, no: &str, secret: &Secret, said: &SurveySaid) -> Result<()> {
    let case = cases::with_secret(db, no, secret)?.ok_or(Code::NotFound)?;
    answer(db, stamp, zone, &case, SurveyVia::Card, said).map(drop)
}

/// Erases what whoever asked left with their case, and the words they sent with a score. The scores stay, and nobody asks them again.
///
/// # Errors
/// As [`cases::contact_erase`].
pub fn erase(db: &mut Db, stamp: &Stamp, no: &str, secret: &Secret) -> Result<()> {
    cases::contact_erase(db, stamp, no, secret)?;
    let case = cases::with_secret(db, no, secret)?.ok_or(Code::NotFound)?.id;
    let of = survey::table.filter(survey::case_id.eq(case).and(survey::words.ne("")));
    each!(db, |c| diesel::update(of).set(survey::words.eq("")).execute(c))?;
    follow_ups::decline_all(db, stamp, case)
}
