//! Findings as the API and the pages show them: codes and names instead of keys.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{About, Component, Finding, Photo, Severity, Stage, Status, SubjectKind, store, zone};
use crate::kernel::serial::Keyring;
use crate::kernel::text::{Both, Lang};
use crate::kernel::{BatchNo, GarmentId, Id, Result};
use crate::platform::db::Db;
use crate::platform::http::segment;
use crate::production::batches::{self, Batch, Origin, SerialOf};
use crate::production::materials;

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
}

impl SubjectView {
    /// What stands on the thing: serial, batch code or lot code.
    pub fn code(&self) -> &str {
        self.serial.as_deref().or(self.lot.as_deref()).or(self.batch.as_deref()).unwrap_or_default()
    }

    /// Where its trace is.
    pub fn trace(&self) -> String {
        match self.kind {
            SubjectKind::Garment => {
                let gtin = self.gtin.as_ref().map(|gtin| format!("?gtin={gtin}")).unwrap_or_default();
                format!("/trace/garment/{}{gtin}", segment(self.code()))
            }
            SubjectKind::Batch => format!("/trace/batch/{}", segment(self.code())),
            SubjectKind::Lot => format!("/trace/lot/{}", segment(self.code())),
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
        zone(&self.zone).map_or("", |zone| zone.word(lang))
    }

    /// Whether it counts.
    pub fn is_live(&self) -> bool {
        self.status == Status::Live
    }
}

/// Subjects as they are shown, by what they are.
///
/// # Errors
/// When the store does.
pub(super) fn subjects(db: &mut Db, keys: &Keyring, things: &[About]) -> Result<HashMap<About, SubjectView>> {
    let mut numbers: Vec<BatchNo> = things.iter().filter_map(|about| about.batch()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let batches: HashMap<BatchNo, Batch> = batches::batches(db, &numbers)?.into_iter().map(|batch| (batch.no, batch)).collect();
    let lots: Vec<Id> = things.iter().filter_map(|about| if let About::Lot(id) = about { Some(*id) } else { None }).collect();
    let lots = materials::lots(db, &lots)?;
    let lots = materials::names(db, lots.iter().map(|lot| (lot.id, lot.code.as_str(), lot.party_id)))?;
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
        };
        match about {
            About::Garment(garment) => {
                let of = serial_of(db, keys, batch, *garment)?;
                view.unit = Some(garment.unit() + 1);
                view.gtin = of.as_ref().and_then(|of| of.gtin.clone());
                view.serial = of.map(|of| of.serial);
            }
            About::Batch(_) => {}
            About::Lot(id) => view.lot = lots.get(id).cloned(),
        }
        views.insert(*about, view);
    }
    Ok(views)
}

fn serial_of(db: &mut Db, keys: &Keyring, batch: Option<&Batch>, garment: GarmentId) -> Result<Option<SerialOf>> {
    match batch {
        Some(batch) if batch.origin == Origin::Own => batches::own_serial(keys, batch, garment).map(Some),
        _ => batches::serial_of(db, keys, garment),
    }
}

/// Findings as they are shown. To somebody who is `bound` to a party it is not said who logged them.
///
/// # Errors
/// When the store does.
pub fn views(db: &mut Db, keys: &Keyring, findings: Vec<Finding>, bound: bool) -> Result<Vec<FindingView>> {
    if findings.is_empty() {
        return Ok(Vec::new());
    }
    let things: Vec<About> = findings.iter().map(|finding| finding.about).collect();
    let subjects = subjects(db, keys, &things)?;
    let catalogue = store::defects::defects_by_code(db)?;
    let ids: Vec<Id> = findings.iter().map(|finding| finding.id).collect();
    let mut photos = store::photos::photos_of(db, &ids)?;
    let mut views = Vec::with_capacity(findings.len());
    for finding in findings {
        let (Some(subject), Some(defect)) = (subjects.get(&finding.about), catalogue.get(&finding.defect)) else { continue };
        views.push(FindingView {
            id: finding.id,
            subject: subject.clone(),
            defect: DefectRef { code: defect.code.clone(), name: defect.name.clone(), component: defect.component },
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
