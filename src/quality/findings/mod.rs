//! Findings: a defect seen on a garment, a batch or a lot, with its code, severity, place, number and photos.
//!
//! - What can be wrong is the **defect catalogue**: rows that a deployment may edit, seeded from [`catalogue::SEED`] ([`seed`]).
//! - A finding is never deleted. One that was a mistake is **withdrawn** with a reason, and then counts nowhere.
//! - A **photo** is kept as the picture alone: whatever came in is decoded under limits, turned upright and encoded anew, so that no place,
//!   time or camera of whoever took it is left, and nothing that is not a picture ([`photo`]).
//!
//! A caller bound to a party sees findings on its own lots and on batches that hold its lots or that it sewed, without who logged them.

pub mod catalogue;
mod choices;
mod http;
mod import;
mod page;
pub mod photo;
mod rules;
mod store;
mod subject;
mod view;
mod zones;

use chrono::{NaiveDate, NaiveDateTime};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use choices::{Component, Severity, Stage, Status, SubjectKind, Suspect};
pub use http::routes;
pub use import::{COLUMNS, IMPORT};
pub use rules::{Holds, Sound, check, check_defect};
pub use store::defects::{change as change_defect, defect, defects, defects_by_code, seed};
pub use store::findings::{Counts, FindingFilter, counts, finding, list, log, withdraw};
pub use store::photos::{Photo, attach, photo, photos_of};
pub use subject::{Found, Named, find_subject};
pub use view::{FindingView, views};
pub use zones::{ZONES, Zone, zone};

use crate::kernel::text::Both;
use crate::kernel::{BatchNo, GarmentId, Id};

/// A kind of defect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Defect {
    /// Its code: `seam_open`.
    pub code: String,
    /// What people call it.
    pub name: Both,
    /// The part of the garment it belongs to.
    pub component: Component,
    /// How bad it is unless the finding says otherwise.
    pub severity: Severity,
    /// Who is asked first.
    pub suspect: Suspect,
    /// Whether a garment with it can be mended.
    pub repairable: bool,
    /// No longer offered; findings that have it keep it.
    pub retired: bool,
    /// Grows with every change.
    pub version: i64,
}

/// What somebody wants a kind of defect to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DefectDraft {
    /// What people call it; at least one language.
    pub name: Both,
    /// The part of the garment it belongs to.
    pub component: String,
    /// `minor`, `major` or `critical`.
    pub severity: String,
    /// Who is asked first.
    pub suspect: String,
    /// Whether a garment with it can be mended.
    pub repairable: bool,
    /// No longer offered.
    #[serde(default)]
    pub retired: bool,
    /// The version that was read; absent for a new code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum About {
    /// One garment.
    Garment(GarmentId),
    /// A whole batch, or some garments of it that nobody named.
    Batch(BatchNo),
    /// A lot of material.
    Lot(Id),
}

impl About {
    /// Which kind of thing it is.
    pub const fn kind(self) -> SubjectKind {
        match self {
            Self::Garment(_) => SubjectKind::Garment,
            Self::Batch(_) => SubjectKind::Batch,
            Self::Lot(_) => SubjectKind::Lot,
        }
    }

    /// The batch it belongs to, if it is no lot.
    pub const fn batch(self) -> Option<BatchNo> {
        match self {
            Self::Garment(garment) => Some(garment.batch()),
            Self::Batch(no) => Some(no),
            Self::Lot(_) => None,
        }
    }
}

/// A finding as somebody writes it; not checked yet (see [`check`]).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// A serial, the address a label holds, a batch code or a lot code (`code@supplier` where several suppliers use it).
    pub subject: String,
    /// `garment`, `batch` or `lot`, where a code could be more than one of them. Absent: of a batch and a lot of the same code, the lot when
    /// the stage is `incoming`, else the batch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The GTIN beside a serial, where that is needed to tell it from another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gtin: Option<String>,
    /// Code of the defect.
    pub defect: String,
    /// `minor`, `major` or `critical`; absent: as the catalogue has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
    /// Place on the garment, one of the zones; absent when it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// How many: garments of a batch, places on a garment, pieces or metres of a lot; not more than there are. 1 when absent.
    #[serde(default = "one")]
    pub quantity: i64,
    /// Where in its life it was seen: `incoming`, `inline`, `final`, `warehouse`, `store`, `return`, `repair`, `buyer`.
    pub stage: String,
    /// What else there is to say. Names no person.
    #[serde(default)]
    pub note: String,
    /// The day it was seen; not after today, not before the thing was begun. Today when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found_on: Option<NaiveDate>,
}

fn one() -> i64 {
    1
}

/// A finding that may be logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFinding {
    /// What it is about.
    pub about: About,
    /// The rest, checked.
    pub sound: Sound,
}

/// A finding as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its id.
    pub id: Id,
    /// What it is about.
    pub about: About,
    /// Code of the defect.
    pub defect: String,
    /// How bad.
    pub severity: Severity,
    /// Place on the garment, or empty.
    pub zone: String,
    /// How many, from 1.
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
    /// Who logged it: `staff:<login>`, `api:<key>`.
    pub created_by: String,
    /// When, UTC.
    pub created_at: NaiveDateTime,
    /// Grows with every change.
    pub version: i64,
}
