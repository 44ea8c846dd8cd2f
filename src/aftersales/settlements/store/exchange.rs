//! Giving another garment for one that is not as it should be.

use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use diesel::prelude::*;
use serde_json::json;

use super::super::SettlementState;
use super::settlement;
use super::settling::Settlement;
use crate::aftersales::cases;
use crate::each;
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::machine::{MachineState, refused_in};
use crate::kernel::money::Money;
use crate::kernel::{Code, Error, Fault, GarmentId, Refusal, Result, saturating};
use crate::ownership::garments::{self, HoldKind};
use crate::ownership::sales::{self, NewSale, SaleStatus, Sound};
use crate::ownership::warranties;
use crate::platform::db::Db;
use crate::platform::events::{self, Stamp};
use crate::platform::policies::{self, Policy};
use crate::production::batches::{self, BatchStatus, Origin};

/// Where the record of a sale that an exchange makes comes from.
const SOURCE: &str = "exchange";

fn wrong(code: Code) -> Error {
    Fault::new("new_serial", code).into()
}

/// What keeps a garment from being given, said of the field that names it.
fn kept_back(state: impl MachineState) -> Error {
    let refusal = refused_in(state);
    let fault = Fault { args: refusal.args.clone(), ..Fault::new("new_serial", Code::WrongState) };
    Refusal { faults: vec![fault], ..refusal }.into()
}

/// Whether a garment may be given in exchange: issued by us, not void, with nobody, and neither it nor its batch held back.
fn can_be_given(db: &mut Db, garment: GarmentId, old: GarmentId) -> Result<()> {
    if garment == old {
        return Err(wrong(Code::Duplicate));
    }
    if !batches::is_issued(db, garment)? || batches::is_void(db, garment)? {
        return Err(wrong(Code::SerialUnknown));
    }
    let batch = batches::batch(db, garment.batch())?.ok_or(Code::SerialUnknown)?;
    if batch.origin == Origin::Foreign {
        return Err(wrong(Code::NotOurStock));
    }
    if batch.status == BatchStatus::Hold {
        return Err(kept_back(batch.status));
    }
    let is_sold = sales::latest(db, garment)?.is_some_and(|sale| sale.status == SaleStatus::Live);
    let given = settlement::new_garment_id.eq(garment).and(settlement::state.ne(SettlementState::Void.as_str()));
    let given: i64 = each!(db, |c| settlement::table.filter(given).count().get_result(c))?;
    if is_sold || given > 0 {
        return Err(wrong(Code::AlreadySold));
    }
    match garments::holds(db, garment)?.first() {
        Some(kind) => Err(kept_back(*kind)),
        None => Ok(()),
    }
}

/// Sets a garment aside until it is handed over: nobody buys it in between.
///
/// # Errors
/// What keeps it from being given, for `new_serial`.
pub(super) fn set_aside(db: &mut Db, stamp: &Stamp, garment: GarmentId, old: GarmentId) -> Result<()> {
    can_be_given(db, garment, old)?;
    garments::hold(db, stamp, garment, HoldKind::Reserved, SOURCE)
}

/// Hands the new garment over: it is sold to the buyer of the old one, by the order of the case and for what the old one was paid with, less what was
/// given back; its warranty begins as its policy says, or takes over what was left of the old one's where the deployment wants that. The old one, where it did not come back, is nobody's any more: its sale, its warranty and its
/// holding end, and it is neither sold nor claimed again.
///
/// # Errors
/// As a sale is refused, for `new_serial`: its batch was held back, or it was recalled in between.
pub(super) fn give(db: &mut Db, stamp: &Stamp, zone: Tz, of: &Settlement, new: GarmentId, handed_on: NaiveDate) -> Result<()> {
    let inherits = policies::value(db, Policy::ExchangeInherits, stamp.at)? == 1;
    let least_days: u64 = saturating(policies::value(db, Policy::ExchangeLeastDays, stamp.at)?);
    garments::release(db, stamp, new, HoldKind::Reserved)?;
    let old = sales::of_seq(db, of.garment_id, of.sale_seq)?.ok_or_else(|| Error::broken("a settlement without its sale"))?;
    let promised = warranties::promised_until(db, old.garment, old.seq)?;
    let latest = sales::latest(db, of.garment_id)?.map(|sale| sale.seq);
    if old.status == SaleStatus::Live && latest == Some(old.seq) {
        warranties::end(db, old.garment, old.seq, handed_on, "exchanged")?;
        sales::end_sale(db, stamp, zone, old.garment, handed_on)?;
        garments::hold(db, stamp, old.garment, HoldKind::Exchanged, SOURCE)?;
    }
    let case = cases::by_id(db, of.case_id)?.ok_or_else(|| Error::broken("a settlement without its case"))?;
    let price = old.price().map(|price| Money { minor: price.minor - of.amount_minor, ..price });
    let sound = Sound {
        sold_on: handed_on,
        delivered_on: None,
        promised_on: None,
        no_return_confirmed_on: None,
        order_no: if case.order_no.is_empty() { old.order_no } else { case.order_no },
        price,
        channel: old.channel,
        country: old.country,
        city: old.city,
    };
    let sale = NewSale { garment: new, retailer: old.retailer, sound, source: SOURCE, registered_at: None };
    let sold = sales::register(db, stamp, zone, &sale).map_err(|error| match error {
        Error::Refused(mut refusal) => {
            refusal.faults.iter_mut().filter(|fault| fault.field == "serial").for_each(|fault| fault.field = "new_serial".into());
            Error::Refused(refusal)
        }
        other => other,
    })?;
    if let Some(promised) = promised.filter(|_| inherits) {
        let least = handed_on.checked_add_days(Days::new(least_days)).unwrap_or(NaiveDate::MAX);
        warranties::inherit(db, stamp, new, sold.seq, promised.max(least))?;
    }
    let body = json!({ "sale": sold.seq, "settlement": of.id, "replaces_sale": of.sale_seq });
    events::append(db, stamp, EventKind::Exchanged, Subject::Garment(new.0), &body)
}
