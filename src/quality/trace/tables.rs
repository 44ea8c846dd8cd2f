//! A trace as tables to take away.

use serde::Deserialize;
use utoipa::ToSchema;

use super::picture::{said, severity_word};
use super::{BatchLine, Kind, Trace, TraceCost, Units};
use crate::kernel::money::Money;
use crate::kernel::text::Lang;
use crate::platform::exports::Cell;
use crate::platform::words::Words;
use crate::production::batches::BatchStatus;
use crate::production::materials::LotKind;

/// Which table of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Table {
    /// Its batches.
    Batches,
    /// Its lots.
    Lots,
    /// Who sold the garments.
    Retailers,
    /// What was found.
    Defects,
}

impl Table {
    /// The one somebody wants who does not say: forward the batches, backward the lots.
    pub(super) fn usual(kind: Kind) -> Self {
        match kind {
            Kind::Lot | Kind::Party => Self::Batches,
            Kind::Batch | Kind::Garment | Kind::Finding => Self::Lots,
        }
    }

    /// Its name in addresses and file names.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Batches => "batches",
            Self::Lots => "lots",
            Self::Retailers => "retailers",
            Self::Defects => "defects",
        }
    }

    pub(super) fn titles(self, words: Words) -> Vec<String> {
        let keys: &[&str] = match self {
            Self::Batches => BATCH_TITLES,
            Self::Lots => {
                &["trace-level", "trace-lot", "trace-kind", "trace-material", "trace-dye-lot", "trace-supplier", "trace-supplier-name"]
            }
            Self::Retailers => &["trace-retailer", "trace-retailer-name", "trace-country", "trace-city", "trace-sold", "trace-claimed"],
            Self::Defects => &["trace-defect", "trace-defect-name", "trace-severity", "trace-findings", "trace-pieces"],
        };
        keys.iter().map(|key| words.say(key).into_owned()).collect()
    }

    pub(super) fn rows(self, trace: &Trace, words: Words) -> Vec<Vec<Cell>> {
        let lang = words.lang();
        let text = |text: &str| Cell::from(text);
        match self {
            Self::Batches => trace.batches.iter().map(|batch| batch_row(batch, lang)).collect(),
            Self::Lots => trace
                .lots
                .iter()
                .map(|lot| {
                    let supplier = lot.supplier.as_ref();
                    vec![
                        lot.level.into(),
                        lot.code.clone().into(),
                        text(LotKind::of(&lot.kind).map_or(lot.kind.as_str(), |kind| kind.word(lang))),
                        text(said(lot.material.as_ref(), lang)),
                        text(&lot.dye_lot),
                        supplier.map(|party| party.code.clone()).into(),
                        text(said(supplier.map(|party| &party.name), lang)),
                    ]
                })
                .collect(),
            Self::Retailers => trace
                .retailers
                .iter()
                .map(|place| {
                    let retailer = place.retailer.as_ref();
                    vec![
                        retailer.map(|party| party.code.clone()).into(),
                        text(said(retailer.map(|party| &party.name), lang)),
                        text(&place.country),
                        text(&place.city),
                        place.sold.into(),
                        place.claimed.into(),
                    ]
                })
                .collect(),
            Self::Defects => trace
                .defects
                .iter()
                .map(|defect| {
                    vec![
                        text(&defect.code),
                        text(defect.name.get(lang)),
                        severity_word(&defect.severity, words).into(),
                        defect.findings.into(),
                        defect.pieces.into(),
                    ]
                })
                .collect(),
        }
    }
}

/// Amounts as people write them: `199.00 CNY; 20.00 EUR`.
pub(super) fn amounts(costs: &[TraceCost]) -> String {
    let one = |cost: &TraceCost| {
        let money = Money { minor: cost.cost_minor, currency: cost.currency.clone() };
        format!("{} {}", money.amount(), money.currency)
    };
    costs.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// Messages of the titles of [`batch_row`].
pub const BATCH_TITLES: &[&str] = &[
    "trace-batch",
    "trace-style",
    "trace-style-name",
    "trace-sku",
    "trace-factory",
    "trace-line",
    "trace-finished",
    "trace-status",
    "trace-units",
    "trace-minted",
    "trace-made",
    "trace-labelled",
    "trace-void",
    "trace-sold",
    "trace-claimed",
    "trace-findings",
    "trace-pieces",
    "trace-per-thousand",
    "trace-cost",
    "trace-path",
];

/// A batch as a row.
pub fn batch_row(batch: &BatchLine, lang: Lang) -> Vec<Cell> {
    vec![
        batch.code.as_str().into(),
        batch.style.as_str().into(),
        batch.style_name.get(lang).into(),
        batch.sku.as_str().into(),
        batch.factory.as_ref().map(|party| party.code.clone()).into(),
        batch.line.as_str().into(),
        batch.finished_on.into(),
        BatchStatus::of(&batch.status).map_or(batch.status.as_str(), |status| status.word(lang)).into(),
        units_text(&batch.units).into(),
        batch.minted.into(),
        batch.made.into(),
        batch.labelled.into(),
        batch.void.into(),
        batch.sold.into(),
        batch.claimed.into(),
        batch.findings.into(),
        batch.pieces.into(),
        batch.per_thousand.into(),
        amounts(&batch.costs).into(),
        path_text(&batch.path).into(),
    ]
}

/// Units as people write them: `1-500, 601-700`.
pub(super) fn units_text(units: &[Units]) -> String {
    units.iter().map(|units| format!("{}-{}", units.first, units.last)).collect::<Vec<_>>().join(", ")
}

/// A way through lots: `COTTON-1 → YARN-7 → CLOTH-3`.
pub(super) fn path_text(path: &[Option<String>]) -> String {
    path.iter().map(|code| code.as_deref().unwrap_or("•")).collect::<Vec<_>>().join(" → ")
}
