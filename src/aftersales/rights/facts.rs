//! The facts that rights follow from, gathered from what is stored.

use chrono::NaiveDate;

use super::rules::{self, Lapse, Right, RightFacts, RightRules, SaleStanding, SeenDefect, Sold, WarrantyCover};
use crate::inspection::findings;
use crate::kernel::text::{Both, Lang};
use crate::kernel::{Error, GarmentId, Result};
use crate::ownership::garments::{self, HoldKind};
use crate::ownership::sales::{self, Sale, SaleStatus};
use crate::ownership::warranties::{self, Status, Warranty};
use crate::platform::db::Db;
use crate::production::{batches, skus};

/// What is known of a garment on a day, and the rights that follow.
#[derive(Clone, Debug)]
pub struct RightsAnswer {
    /// The facts.
    pub facts: RightFacts,
    /// The rights that apply, the best for the buyer first.
    pub rights: Vec<Right>,
    /// Those that do not, and why.
    pub lapses: Vec<Lapse>,
}

impl RightsAnswer {
    /// What follows from these facts under the stored rules.
    pub fn of(db: &mut Db, facts: RightFacts) -> Result<Self> {
        let rules = super::rules(db)?;
        Ok(Self::under(&rules, facts))
    }

    /// The same under rules that were read: for several garments at a time.
    pub fn under(rules: &RightRules, facts: RightFacts) -> Self {
        Self { rights: rules::rights(&facts, rules), lapses: rules::lapses(&facts, rules), facts }
    }
}

/// The rights of a garment's buyer on a day. `market` is that of the order where it is known; else the country of the sale decides.
pub fn answer(db: &mut Db, garment: GarmentId, on: NaiveDate, market: Option<&str>) -> Result<RightsAnswer> {
    let facts = facts(db, garment, on, market)?;
    RightsAnswer::of(db, facts)
}

/// Whether clothes of a category are worn next to the skin: those that a rule excludes where the buyer confirmed it. Given back, nobody else wears them.
pub fn is_intimate(db: &mut Db, category: &str) -> Result<bool> {
    Ok(super::rules(db)?.rows.iter().any(|rule| rules::is_among(&rule.confirmed_for, category)))
}

impl Sold {
    fn of(sale: &Sale) -> Self {
        Self {
            seq: sale.seq,
            sold_on: sale.sold_on,
            delivered_on: sale.delivered_on,
            promised_on: sale.promised_on,
            channel: sale.channel.clone(),
            country: sale.country.clone(),
            order_no: sale.order_no.clone(),
            no_return_confirmed_on: sale.no_return_confirmed_on,
        }
    }
}

impl WarrantyCover {
    fn of(warranty: Warranty) -> Self {
        match (warranty.status, warranty.starts_on.zip(warranty.ends_on)) {
            (Status::Void, _) => Self::Void(warranty.reason),
            (Status::Ended, _) => Self::Ended(warranty.ends_on, warranty.reason),
            (Status::Running, Some((from, to))) => Self::Term(from, to),
            (Status::Waiting | Status::Running, _) => Self::Waiting,
        }
    }
}

/// The facts of a garment on a day.
///
/// - **Recalls** are decided to the right of this room, which hold the garment (`garments::hold`): a garment so held is recalled.
/// - **Repairs** are recorded here by the room that does them, when the buyer signs ([`super::repaired`]).
/// - What a **buyer says** is wrong is added by whoever hears it, as a [`SeenDefect`] that is not found; findings on the garment are here.
/// - A finding has no measurement yet: its code says that it is over what the catalogue names.
pub fn facts(db: &mut Db, garment: GarmentId, on: NaiveDate, market: Option<&str>) -> Result<RightFacts> {
    let last = sales::latest(db, garment)?;
    let standing = match &last {
        None => SaleStanding::Unsold,
        Some(sale) if sale.sold_on > on => SaleStanding::SoldLater,
        Some(sale) if sale.status == SaleStatus::Ended => SaleStanding::Returned,
        Some(_) => SaleStanding::Sold,
    };
    let sale = last.filter(|sale| sale.status == SaleStatus::Live);
    let cover = match &sale {
        Some(sale) => warranties::of_sale(db, garment, sale.seq)?.map_or(WarrantyCover::None, WarrantyCover::of),
        None => WarrantyCover::None,
    };
    gathered(db, garment, (on, market), (standing, sale, cover))
}

/// The same from one sale of the garment, as its buyer stood on that day: a sale that was ended since gave them what it gave them.
pub fn facts_of_sale(db: &mut Db, garment: GarmentId, seq: i64, on: NaiveDate, market: Option<&str>) -> Result<RightFacts> {
    let sale = sales::of_seq(db, garment, seq)?;
    let standing = match &sale {
        None => SaleStanding::Unsold,
        Some(sale) if sale.sold_on > on => SaleStanding::SoldLater,
        Some(_) => SaleStanding::Sold,
    };
    let cover = warranties::of_sale(db, garment, seq)?.map_or(WarrantyCover::None, |warranty| match WarrantyCover::of(warranty.clone()) {
        WarrantyCover::Ended(..) => warranty.term().map_or(WarrantyCover::None, |term| WarrantyCover::Term(term.starts_on, term.ends_on)),
        cover => cover,
    });
    gathered(db, garment, (on, market), (standing, sale, cover))
}

fn gathered(
    db: &mut Db,
    garment: GarmentId,
    (on, market): (NaiveDate, Option<&str>),
    (standing, sale, cover): (SaleStanding, Option<Sale>, WarrantyCover),
) -> Result<RightFacts> {
    let broken = || Error::broken(format!("garment {}: its batch is not there", garment.0));
    let batch = batches::batch(db, garment.batch())?.ok_or_else(broken)?;
    let styled = skus::styled(db, batch.sku_id)?;
    let style = &styled.style;
    let found = findings::on_garment(db, garment)?.into_iter();
    let defects = found.map(|finding| SeenDefect { code: finding.defect_code, measured: None, seen_on: finding.found_on, is_found: true });
    let repairs = match &sale {
        Some(sale) => super::store::repairs_of(db, garment, sale.seq)?,
        None => Vec::new(),
    };
    let recorded = sale.as_ref().map(|sale| sale.country.as_str()).filter(|country| !country.is_empty());
    Ok(RightFacts {
        on,
        market: market.or(recorded).map(str::to_owned),
        what: Both { zh: style.public_name(Lang::Zh).to_owned(), en: style.public_name(Lang::En).to_owned() },
        standing,
        sale: sale.as_ref().map(Sold::of),
        category: style.category.clone(),
        no_reason_return: style.facts.no_reason_return,
        cover,
        repairs,
        defects: defects.collect(),
        recalled: garments::holds(db, garment)?.contains(&HoldKind::Recall),
    })
}
