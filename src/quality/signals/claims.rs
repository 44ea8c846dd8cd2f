//! The claims behind a row: garment by garment, with their cases, what they cost, and their photos.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use utoipa::ToSchema;

use super::held;
use super::report::Names;
use super::rules::counts::Costs;
use super::rules::month_text;
use super::{ClaimCost, ClaimKind, NodeName, store};
use crate::aftersales::cases::{self, CaseLine, CasePhoto};
use crate::inspection::findings::{self, Finding};
use crate::kernel::text::Both;
use crate::kernel::{Code, Fault, GarmentId, Id, Result};
use crate::platform::db::Db;
use crate::platform::http::segment;
use crate::platform::state::AppState;
use crate::production::serials;

/// Claims that are listed: those that cost most.
pub const CLAIMS_LISTED: usize = 100;

/// Which claims are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClaimsAsk {
    /// Which claims.
    pub kind: ClaimKind,
    /// Code of the defect.
    pub defect: String,
    /// Behind which row: [`NodeSignal::of`](super::NodeSignal::of).
    pub of: String,
}

/// The claims behind a row.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SignalClaims {
    /// Which claims.
    pub kind: ClaimKind,
    /// Code of the defect.
    pub defect: String,
    /// Its name.
    pub name: Both,
    /// Of what.
    pub node: NodeName,
    /// Claims.
    pub claims: u32,
    /// What they cost, by currency, for those who may read money.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub costs: Vec<ClaimCost>,
    /// Those that cost most, at most [`CLAIMS_LISTED`].
    pub listed: Vec<SignalClaim>,
}

/// A garment with its claim.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SignalClaim {
    /// Its serial.
    pub serial: String,
    /// The month of the claim.
    pub month: String,
    /// The lines of cases it rests on, with their photos.
    pub lines: Vec<SignalCase>,
    /// Findings of the defect on it: their addresses, and those of their photos.
    pub findings: Vec<SignalFinding>,
    /// What it cost, by currency.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub costs: Vec<ClaimCost>,
}

/// A line of a case.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SignalCase {
    /// Number of the case.
    pub case: String,
    /// Line of it.
    pub line: i64,
    /// Where the case is.
    pub href: String,
    /// Where its photos are.
    pub photos: Vec<String>,
}

/// A finding.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SignalFinding {
    /// Where it is.
    pub href: String,
    /// Where its photos are.
    pub photos: Vec<String>,
}

impl SignalClaims {
    /// The same for who may not read money.
    #[must_use]
    pub fn without_money(mut self) -> Self {
        self.costs.clear();
        self.listed.iter_mut().for_each(|one| one.costs.clear());
        self
    }

    /// The same for who may not read cases.
    #[must_use]
    pub fn without_cases(mut self) -> Self {
        self.listed.iter_mut().for_each(|one| one.lines.clear());
        self
    }
}

/// The claims behind a row.
///
/// # Errors
/// [`Code::UnknownReference`] for a defect that is not in the catalogue; [`Code::NotFound`] for what garments do not have in common.
pub fn claims(app: &AppState, db: &mut Db, ask: &ClaimsAsk) -> Result<SignalClaims> {
    let Some(name) = store::defects(db)?.remove(&ask.defect) else {
        return Err(Fault::new("defect", Code::UnknownReference).with("value", &ask.defect).into());
    };
    let (feature, mut behind) = held::behind(&app.store, db, app.today(), ask)?.ok_or(Code::NotFound)?;
    let node = Names::of(db, &HashMap::from([(0, feature)]), [0])?.node(0).ok_or(Code::NotFound)?;
    let mut costs = Costs::default();
    behind.iter().for_each(|claim| costs.sum(&claim.costs, true));
    let claims = behind.iter().fold(0_u32, |sum, claim| sum.saturating_add(claim.pieces));
    behind.sort_by_key(|claim| (std::cmp::Reverse(claim.costs.largest()), claim.subject));
    behind.truncate(CLAIMS_LISTED);
    // A claim on a whole batch is of no garment.
    let garments: Vec<GarmentId> = behind.iter().filter(|claim| claim.subject > 0).map(|claim| GarmentId(claim.subject)).collect();
    let serials = serials::serials_of(db, &app.keys.serials, &garments)?;
    let mut lines = lines_of(db, ask, &garments)?;
    let mut findings = findings_on(db, &garments, &ask.defect)?;
    let mut listed = Vec::with_capacity(garments.len());
    for claim in behind.iter().filter(|claim| claim.subject > 0) {
        let garment = GarmentId(claim.subject);
        listed.push(SignalClaim {
            serial: serials.get(&garment).cloned().unwrap_or_default(),
            month: month_text(claim.month),
            lines: lines.remove(&garment).unwrap_or_default(),
            findings: findings.remove(&garment).unwrap_or_default(),
            costs: ClaimCost::of(&claim.costs, None),
        });
    }
    Ok(SignalClaims { kind: ask.kind, defect: ask.defect.clone(), name, node, claims, costs: ClaimCost::of(&costs, None), listed })
}

/// The lines of cases that say, or in which was found, this of the garments.
fn lines_of(db: &mut Db, ask: &ClaimsAsk, garments: &[GarmentId]) -> Result<BTreeMap<GarmentId, Vec<SignalCase>>> {
    let says = |line: &CaseLine| match ask.kind {
        ClaimKind::Reported => line.defect_code.as_ref(),
        ClaimKind::Confirmed => line.found_defect.as_ref(),
        ClaimKind::Line => None,
    } == Some(&ask.defect);
    let lines: Vec<CaseLine> = cases::lines_of_garments(db, garments)?.into_iter().filter(says).collect();
    let ids: Vec<Id> = lines.iter().map(|line| line.case_id).collect();
    let nos = cases::nos_of_ids(db, &ids)?;
    let photos: Vec<CasePhoto> = cases::photos_of(db, &ids)?;
    let mut found: BTreeMap<GarmentId, Vec<SignalCase>> = BTreeMap::new();
    for line in lines {
        let Some(no) = nos.get(&line.case_id) else { continue };
        let href = format!("/cases/{}", segment(no));
        let own = photos.iter().filter(|photo| photo.case_id == line.case_id && photo.line_id.is_none_or(|shows| shows == line.id));
        let photos = own.map(|photo| format!("{href}/photos/{}.jpg", photo.id)).collect();
        found.entry(line.garment_id).or_default().push(SignalCase { case: no.clone(), line: line.line_no, href, photos });
    }
    Ok(found)
}

/// The findings of the defect on the garments.
fn findings_on(db: &mut Db, garments: &[GarmentId], defect: &str) -> Result<BTreeMap<GarmentId, Vec<SignalFinding>>> {
    let all: Vec<Finding> = findings::on_garments(db, garments)?.into_iter().filter(|one| one.defect_code == defect).collect();
    let photos = findings::photos_of(db, &all.iter().map(|one| one.id).collect::<Vec<_>>())?;
    let mut found: BTreeMap<GarmentId, Vec<SignalFinding>> = BTreeMap::new();
    for one in all {
        let Some(garment) = one.garment_id else { continue };
        let photos = photos.get(&one.id).into_iter().flatten().map(|photo| photo.href.clone()).collect();
        found.entry(garment).or_default().push(SignalFinding { href: format!("/findings/{}", one.id), photos });
    }
    Ok(found)
}
