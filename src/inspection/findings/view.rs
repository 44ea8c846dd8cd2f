//! Findings as the API and the pages show them: codes and names instead of keys.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::store::findings::{self as store, Finding, FindingFilter, counts};
use super::store::photos;
use super::subject::find_subject;
use super::{About, Counted, FILTERS, LISTED, Photo, Stage, Status, SubjectKind};
use crate::inspection::defects::{self, Component, Severity, ZONES};
use crate::kernel::choices::Choice;
use crate::kernel::serial::Keyring;
use crate::kernel::text::{Both, Lang};
use crate::kernel::{BatchNo, Code, Error, Id, Result};
use crate::platform::db::Db;
use crate::platform::events::Stamp;
use crate::platform::http::perm::{FindingsRead, Permission};
use crate::platform::http::segment;
use crate::platform::rooms::{Field, Fields, ListQuery, ListWindow, Listing, Offered, Sees, Sum};
use crate::platform::words::Words;
use crate::production::batches::{self, Batch, SerialOf};
use crate::production::serials::{self, Scanned};
use crate::production::{materials, parties};

/// What a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SubjectView {
    /// Garment, batch or lot.
    pub kind: SubjectKind,
    /// The garment's serial.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// The GTIN beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gtin: Option<String>,
    /// Which unit of its batch the garment is, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<i64>,
    /// Code of the batch; of a garment, its batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<String>,
    /// The lot: its code; `code@supplier` where several suppliers use it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lot: Option<String>,
    /// Code of the lot's supplier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supplier: Option<String>,
    /// What stands on the thing: serial, batch code or lot code.
    pub code: String,
}

impl SubjectView {
    /// Where its trace is.
    pub fn trace(&self) -> String {
        match self.kind {
            SubjectKind::Garment => SerialOf { serial: self.code.clone(), gtin: self.gtin.clone() }.trace_href(),
            SubjectKind::Batch => format!("/trace/batch/{}", segment(&self.code)),
            SubjectKind::Lot => format!("/trace/lot/{}", segment(&self.code)),
        }
    }
}

/// The kind of defect a finding names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DefectRef {
    /// Its code.
    pub code: String,
    /// What people call it.
    pub name: Both,
    /// The part of the garment.
    pub component: Component,
}

/// A finding as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FindingView {
    /// Its id.
    #[schema(value_type = String)]
    pub id: Id,
    /// What it is about.
    pub subject: SubjectView,
    /// What is wrong.
    pub defect: DefectRef,
    /// How bad.
    pub severity: Severity,
    /// Place on the garment, or empty.
    pub zone: String,
    /// How many.
    pub quantity: i64,
    /// Where in its life it was seen.
    pub stage: Stage,
    /// What else there is to say.
    pub note: String,
    /// The day it was seen.
    pub found_on: NaiveDate,
    /// Live, or withdrawn.
    pub status: Status,
    /// Why it was withdrawn, or empty.
    pub reason: String,
    /// Who logged it; absent for callers bound to a party.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logged_by: Option<String>,
    /// When it was logged, UTC.
    pub logged_at: NaiveDateTime,
    /// Its photos.
    pub photos: Vec<Photo>,
    /// Grows with every change.
    pub version: i64,
}

impl FindingView {
    /// What people call its place; empty for none.
    pub fn place(&self, lang: Lang) -> &'static str {
        Choice::of(ZONES, &self.zone).map_or("", |zone| zone.word(lang))
    }

    /// Whether it counts.
    pub fn is_live(&self) -> bool {
        self.status == Status::Live
    }
}

/// Subjects as they are shown, by what they are.
pub(super) fn subjects(db: &mut Db, keys: &Keyring, things: &[About]) -> Result<HashMap<About, SubjectView>> {
    let mut numbers: Vec<BatchNo> = things.iter().filter_map(|about| about.batch()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let batches: HashMap<BatchNo, Batch> = batches::batches(db, &numbers)?.into_iter().map(|batch| (batch.no, batch)).collect();
    let lots: Vec<Id> = things.iter().filter_map(|about| if let About::Lot(id) = about { Some(*id) } else { None }).collect();
    let lots = materials::lots(db, &lots)?;
    let names = materials::names(db, lots.iter().map(|lot| (lot.id, lot.code.as_str(), lot.party_id)))?;
    let suppliers: Vec<Id> = lots.iter().map(|lot| lot.party_id).collect();
    let suppliers = parties::codes_of_ids(db, &suppliers)?;
    let suppliers: HashMap<Id, String> = lots.into_iter().filter_map(|lot| Some((lot.id, suppliers.get(&lot.party_id)?.clone()))).collect();
    let mut views = HashMap::with_capacity(things.len());
    for about in things {
        let batch = about.batch().and_then(|no| batches.get(&no));
        let mut view = SubjectView {
            kind: about.kind(),
            serial: None,
            gtin: None,
            unit: None,
            batch: batch.map(|batch| batch.code.clone()),
            lot: None,
            supplier: None,
            code: String::new(),
        };
        match about {
            About::Garment(garment) => {
                let of = batch.map_or(Ok(None), |batch| serials::serial_in(db, keys, batch, *garment))?;
                view.unit = Some(garment.unit() + 1);
                view.gtin = of.as_ref().and_then(|of| of.gtin.clone());
                view.serial = of.map(|of| of.serial);
            }
            About::Batch(_) => {}
            About::Lot(id) => (view.lot, view.supplier) = (names.get(id).cloned(), suppliers.get(id).cloned()),
        }
        let code = view.serial.as_ref().or(view.lot.as_ref()).or(view.batch.as_ref());
        view.code = code.cloned().ok_or_else(|| Error::broken(format!("a finding is about {about:?}, which is not there")))?;
        views.insert(*about, view);
    }
    Ok(views)
}

/// Findings as they are shown. To somebody who is `bound` to a party it is not said who logged them.
fn views(db: &mut Db, keys: &Keyring, findings: Vec<Finding>, bound: bool) -> Result<Vec<FindingView>> {
    if findings.is_empty() {
        return Ok(Vec::new());
    }
    let things = findings.iter().map(Finding::about).collect::<Result<Vec<_>>>()?;
    let subjects = subjects(db, keys, &things)?;
    let catalogue = defects::by_code(db)?;
    let ids: Vec<Id> = findings.iter().map(|finding| finding.id).collect();
    let mut photos = photos::photos_of(db, &ids)?;
    let mut views = Vec::with_capacity(findings.len());
    for (finding, about) in findings.into_iter().zip(things) {
        let (Some(subject), Some(defect)) = (subjects.get(&about), catalogue.get(&finding.defect_code)) else {
            return Err(Error::broken(format!("finding {}: {about:?} or defect {} is not there", finding.id, finding.defect_code)));
        };
        views.push(FindingView {
            id: finding.id,
            subject: subject.clone(),
            defect: DefectRef { code: defect.code.clone(), name: defect.both(), component: defect.component },
            severity: finding.severity,
            zone: finding.zone,
            quantity: finding.quantity,
            stage: finding.stage,
            note: finding.note,
            found_on: finding.found_on,
            status: finding.status,
            reason: finding.reason,
            logged_by: Some(finding.created_by).filter(|_| !bound),
            logged_at: finding.created_at,
            photos: photos.remove(&finding.id).unwrap_or_default(),
            version: finding.version,
        });
    }
    Ok(views)
}

/// Findings of these ids, in their order, as somebody sees them who may see all of them.
pub(super) fn views_of(db: &mut Db, keys: &Keyring, ids: &[Id]) -> Result<Vec<FindingView>> {
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        found.extend(store::finding(db, *id, None)?);
    }
    views(db, keys, found, false)
}

/// A finding as somebody bound to `party` sees it, or anybody of the brand.
pub(super) fn view_of(db: &mut Db, keys: &Keyring, id: Id, party: Option<Id>) -> Result<FindingView> {
    let finding = store::finding(db, id, party)?.ok_or(Code::NotFound)?;
    views(db, keys, vec![finding], party.is_some())?.pop().ok_or_else(|| Code::NotFound.into())
}

/// Withdraws a finding, and shows what it is then.
pub(super) fn withdraw(db: &mut Db, keys: &Keyring, stamp: &Stamp, id: Id, version: i64, reason: &str) -> Result<FindingView> {
    store::withdraw(db, stamp, id, version, reason)?;
    view_of(db, keys, id, None)
}

/// The filter of a list, or None when it names something that is not there: nothing is found then.
fn filter_of(db: &mut Db, query: &ListQuery, sees: Sees) -> Result<Option<FindingFilter>> {
    let mut filter = FindingFilter {
        scope: sees.party(),
        defect: query.filter("defect").map(str::to_owned),
        severity: query.filter("severity").and_then(Severity::of),
        stage: query.filter("stage").and_then(Stage::of),
        status: match query.filter("status").and_then(Counted::of) {
            None | Some(Counted::Live) => Some(Status::Live),
            Some(Counted::Withdrawn) => Some(Status::Withdrawn),
            Some(Counted::All) => None,
        },
        from: query.day("from"),
        to: query.day("to"),
        text: query.q.clone(),
        ..FindingFilter::default()
    };
    if let Some(code) = query.filter("batch") {
        let Some(batch) = batches::batch_by_code(db, code)? else { return Ok(None) };
        filter.batch = Some(batch.no);
    }
    if let Some(code) = query.filter("lot") {
        let Some(lot) = materials::lot_called(db, code, sees.party())? else { return Ok(None) };
        filter.lot = Some(lot.id);
    }
    if let Some(code) = query.filter("supplier") {
        let Some(party) = parties::by_code(db, code)? else { return Ok(None) };
        filter.supplier = Some(party.id);
    }
    if let Some(serial) = query.filter("serial") {
        let scanned = Scanned::read("serial", serial, None)?;
        let keys = &query.app().keys.serials;
        let found = find_subject(db, keys, &scanned, Some(SubjectKind::Garment), None, sees.party())?;
        let Some(About::Garment(garment)) = found.map(|found| found.about) else { return Ok(None) };
        filter.garment = Some(garment);
    }
    Ok(Some(filter))
}

impl Listing for FindingView {
    const FIELDS: &'static Fields = &LISTED;
    const API: &'static str = "findings";
    const SCHEMA: &'static str = "FindingView";
    const FILTERS: &'static [Field] = FILTERS;
    type Read = FindingsRead;

    fn key(&self) -> String {
        self.id.to_string()
    }

    fn acts() -> Vec<(&'static str, String, Permission)> {
        vec![
            ("findings-new", "/findings/new".to_owned(), Permission::FindingsEdit),
            ("findings-import", "/imports?table=findings".to_owned(), Permission::FindingsEdit),
        ]
    }

    fn list(db: &mut Db, query: &ListQuery, sees: Sees, window: &ListWindow) -> Result<Vec<Self>> {
        let Some(filter) = filter_of(db, query, sees)? else { return Ok(Vec::new()) };
        let findings = store::list(db, &filter, window)?;
        views(db, &query.app().keys.serials, findings, sees.party().is_some())
    }

    fn offered(db: &mut Db, filter: &str, sees: Sees, lang: Lang) -> Result<Option<Vec<Offered>>> {
        Ok(match filter {
            "supplier" if sees.party().is_some() => None,
            "defect" => {
                Some(defects::all(db)?.into_iter().map(|one| (one.code.clone().into(), one.name(lang).to_owned().into())).collect())
            }
            _ => Some(Vec::new()),
        })
    }

    fn sums(db: &mut Db, query: &ListQuery, sees: Sees, lang: Lang) -> Result<Vec<Sum>> {
        let counts = filter_of(db, query, sees)?.map_or(Ok(Default::default()), |filter| counts(db, &filter))?;
        let words = Words::of(lang);
        let of = |severity: Severity, value| Sum { words: severity.word(lang).into(), value, tone: Some(severity.tone()) };
        Ok(vec![
            Sum { words: words.say("findings-title"), value: counts.findings, tone: None },
            Sum { words: words.say("findings-pieces"), value: counts.pieces, tone: None },
            of(Severity::Critical, counts.critical),
            of(Severity::Major, counts.major),
            of(Severity::Minor, counts.minor),
        ])
    }
}
