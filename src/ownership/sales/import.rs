//! Sales from files: a shop's day, a year of another system. A row that is there already, word for word, changes nothing.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::{NaiveDate, NaiveDateTime};
use chrono_tz::Tz;
use roaring::RoaringTreemap;
use serde::{Deserialize, Serialize};

use super::examine::{Examined, examine};
use super::rules::{self, NewSale, SaleStatus, Sound};
use super::store::register_examined;
use super::{COLUMNS, CURRENCY, SaleView};
use crate::kernel::money::{self, Money};
use crate::kernel::time::local_date;
use crate::kernel::{Code, Error, Fault, GarmentId, Id, Refusal, Result, countries};
use crate::platform::db::Db;
use crate::platform::events::Stamp;
use crate::platform::http::perm::Permission;
use crate::platform::imports::{AnyImport, Applied, Checked, Columns, Entry, Import, ImportTable, Importer, Kept, Mode, Row, Spool, Takes};
use crate::platform::keys::Keys;
use crate::platform::rooms::rows;
use crate::platform::state::AppState;
use crate::production::parties;
use crate::production::serials::{Finder, Scanned};

/// The table, for the import desk.
pub const IMPORT: ImportTable =
    ImportTable { columns: &COLUMNS, needs: Permission::SalesEdit, reads: Permission::SalesRead, begin, rows: rows::<SaleView> };

fn begin(app: &AppState, importer: &Importer) -> Result<Box<dyn AnyImport>> {
    Ok(Box::new(SaleImport {
        keys: app.keys.clone(),
        zone: app.config.time_zone,
        today: local_date(importer.stamp.at, app.config.time_zone),
        stamp: importer.stamp.clone(),
        party: importer.party,
        finder: Finder::default(),
        seen: RoaringTreemap::new(),
        folder: app.config.data_dir.clone(),
        sound: None,
    }))
}

struct SaleImport {
    keys: Arc<Keys>,
    zone: Tz,
    today: NaiveDate,
    stamp: Stamp,
    /// Sales of other parties are refused.
    party: Option<Id>,
    finder: Finder,
    /// Garments of the rows checked so far. A bitmap: the units of a batch lie side by side.
    seen: RoaringTreemap,
    /// Where rows are kept between the passes.
    folder: PathBuf,
    /// The rows found sound, by garment: the order in which the store keeps what a sale is made of. Written in any other, each row touches
    /// pages of its own, and a file of a million is a hundred times its size on the disk. None when nothing is to be written.
    sound: Option<Spool<SaleRow>>,
}

#[derive(Clone, Serialize, Deserialize)]
struct SaleRow {
    named: Scanned,
    /// The garment of that name, once it was looked up.
    garment: Option<GarmentId>,
    retailer: Option<String>,
    status: SaleStatus,
    sound: Sound,
    registered_at: Option<NaiveDateTime>,
}

impl Import for SaleImport {
    type Record = SaleRow;

    fn columns(&self) -> &'static Columns {
        &COLUMNS
    }

    fn begins(&mut self, _file: &str, mode: Mode) {
        self.sound = (mode == Mode::Apply).then(|| Spool::new(&self.folder));
    }

    fn read(&mut self, row: &mut Row<'_>) -> Option<SaleRow> {
        let gtin = row.get("gtin");
        let named = row.read("serial", |field, text| Scanned::read(field, text, Some(gtin)));
        let retailer = row.optional_code("retailer");
        let sold_on = row.date("sold_on");
        let delivered_on = row.optional_date("delivered_on");
        let promised_on = row.optional_date("promised_on");
        let no_return_confirmed_on = row.optional_date("no_return_confirmed_on");
        let order_no = row.optional_text("order_no", 60);
        // How many decimals a price may have is for its currency to say: without a sound one the price is not looked at.
        let currency = row.optional("currency", money::read_currency).map(|currency| currency.unwrap_or_else(|| CURRENCY.to_owned()));
        let price = currency.as_deref().and_then(|currency| row.optional_money("price", currency));
        let channel = row.optional("channel", rules::channel);
        let country = row.optional("country", countries::read);
        let city = row.optional_text("city", 60);
        let status = row.optional_choice("status", SaleStatus::WORDS).map(|status| status.unwrap_or(SaleStatus::Live));
        let registered_at = row.optional_take("registered_at", Takes::Date, rules::moment);
        let (sold_on, delivered_on, registered_at) = (sold_on?, delivered_on?, registered_at?);
        let mut faults = rules::dates(sold_on, delivered_on, self.today);
        faults.extend(registered_at.into_iter().flat_map(|at| rules::registered(at, sold_on, self.stamp.at, self.zone)));
        let no_return_confirmed_on = no_return_confirmed_on?;
        faults.extend(rules::confirmed(sold_on, no_return_confirmed_on));
        let sound_days = faults.is_empty();
        faults.into_iter().for_each(|fault| row.fault(fault));
        let currency = currency?;
        let price = price?.map(|minor| Money { minor, currency });
        let sound = Sound {
            sold_on,
            delivered_on,
            promised_on: promised_on?,
            no_return_confirmed_on,
            order_no: order_no?.unwrap_or_default(),
            price,
            channel: channel?.unwrap_or_default(),
            country: country?.unwrap_or_default(),
            city: city?.unwrap_or_default(),
        };
        // A shop has its sales from nowhere else.
        let registered_at = registered_at.filter(|_| self.party.is_none());
        let record = SaleRow { named: named?, garment: None, retailer: retailer?, status: status?, sound, registered_at };
        sound_days.then_some(record)
    }

    fn check(&mut self, db: &mut Db, chunk: &[Entry<SaleRow>]) -> Result<Checked> {
        let Resolved { mut news, mut faults } = resolve(db, &self.keys, self.party, &mut self.finder, chunk)?;
        news.retain(|(place, new)| {
            let is_first = self.seen.insert(new.garment.0.unsigned_abs());
            if let Some(entry) = chunk.get(*place).filter(|_| !is_first) {
                faults.push(entry.fault("serial", Code::Duplicate).with("field", "serial").with("value", &entry.record.named.text));
            }
            is_first
        });
        let (places, news): (Vec<_>, Vec<_>) = news.into_iter().unzip();
        let named = places.iter().zip(&news).filter_map(|(place, new)| Some((chunk.get(*place)?.line, new.garment.0.to_string())));
        let records = named.collect();
        let examined = examine(db, &self.stamp, self.zone, &news)?;
        let would = told(chunk, &places, &examined)?;
        let ready: HashSet<GarmentId> = examined.ready.iter().map(|ready| ready.new.garment).collect();
        for (entry, _) in places.iter().filter_map(|place| chunk.get(*place)).zip(&news).filter(|(_, new)| ready.contains(&new.garment)) {
            if entry.record.status == SaleStatus::Ended {
                faults.push(entry.fault("status", Code::NotSold));
            }
        }
        for (at, refusal) in examined.refused {
            if let Some(entry) = places.get(at).and_then(|place| chunk.get(*place)) {
                faults.extend(located(entry, refusal));
            }
        }
        if let Some(sound) = self.sound.as_mut().filter(|_| faults.is_empty()) {
            for (entry, new) in places.iter().filter_map(|place| chunk.get(*place)).zip(&news) {
                sound.push(new.garment.0, entry.line, &SaleRow { garment: Some(new.garment), ..entry.record.clone() })?;
            }
        }
        Ok(Checked { faults, would, records, named_by: &["serial", "gtin"] })
    }

    fn kept(&mut self) -> Result<Option<Kept<SaleRow>>> {
        self.sound.as_mut().map(|sound| Ok::<Kept<SaleRow>, Error>(Box::new(sound.in_order()?))).transpose()
    }

    fn apply(&mut self, db: &mut Db, chunk: &[Entry<SaleRow>]) -> Result<Applied> {
        apply(db, &self.keys, &self.stamp, self.zone, self.party, chunk)
    }
}

fn apply(db: &mut Db, keys: &Keys, stamp: &Stamp, zone: Tz, party: Option<Id>, chunk: &[Entry<SaleRow>]) -> Result<Applied> {
    let Resolved { news, mut faults } = resolve(db, keys, party, &mut Finder::default(), chunk)?;
    let (places, news): (Vec<_>, Vec<_>) = news.into_iter().unzip();
    let examined = examine(db, stamp, zone, &news)?;
    let applied = told(chunk, &places, &examined)?;
    for (at, refusal) in examined.refused {
        if let Some(entry) = places.get(at).and_then(|place| chunk.get(*place)) {
            faults.extend(located(entry, refusal));
        }
    }
    Refusal::unless_empty(faults)?;
    register_examined(db, stamp, &examined.ready)?;
    Ok(applied)
}

/// What a row says of a sale, as it is shown.
#[derive(Serialize)]
struct SaidOf<'a> {
    retailer: &'a Option<String>,
    #[serde(flatten)]
    sound: &'a Sound,
}

impl<'a> From<&'a SaleRow> for SaidOf<'a> {
    fn from(row: &'a SaleRow) -> Self {
        Self { retailer: &row.retailer, sound: &row.sound }
    }
}

/// What registering the sales at `places` of a chunk does.
fn told(chunk: &[Entry<SaleRow>], places: &[usize], examined: &Examined) -> Result<Applied> {
    let mut applied = Applied::default();
    examined.unchanged.iter().for_each(|_| applied.keep());
    let others: HashSet<usize> = examined.unchanged.iter().chain(examined.refused.iter().map(|(at, _)| at)).copied().collect();
    for (_, place) in places.iter().enumerate().filter(|(at, _)| !others.contains(at)) {
        if let Some(entry) = chunk.get(*place) {
            applied.add(entry.line, entry.record.named.text.as_str(), || SaidOf::from(&entry.record))?;
        }
    }
    Ok(applied)
}

/// The faults of a refusal, at the line of its row and with the serial they are about.
fn located(entry: &Entry<SaleRow>, refusal: Refusal) -> impl Iterator<Item = Fault> {
    let (line, serial) = (entry.line, entry.record.named.text.clone());
    refusal.faults.into_iter().map(move |fault| fault.with("value", &serial).at_line(line))
}

/// A chunk whose garments and retailers were looked up.
struct Resolved {
    /// The sales, with their places in the chunk.
    news: Vec<(usize, NewSale)>,
    faults: Vec<Fault>,
}

fn resolve(db: &mut Db, keys: &Keys, party: Option<Id>, finder: &mut Finder, chunk: &[Entry<SaleRow>]) -> Result<Resolved> {
    let mut codes: Vec<&str> = chunk.iter().filter_map(|entry| entry.record.retailer.as_deref()).collect();
    codes.sort_unstable();
    codes.dedup();
    let retailers = parties::ids_of_codes(db, &codes)?;
    let mut resolved = Resolved { news: Vec::with_capacity(chunk.len()), faults: Vec::new() };
    for (place, entry) in chunk.iter().enumerate() {
        let garment = match entry.record.garment {
            Some(garment) => Ok(garment),
            None => finder.find(db, &keys.serials, &entry.record.named)?,
        };
        let retailer = match &entry.record.retailer {
            None => Ok(party),
            Some(code) => {
                let known = retailers.get(code).copied().filter(|id| party.is_none_or(|own| own == *id));
                known.map(Some).ok_or_else(|| entry.fault("retailer", Code::UnknownReference).with("value", code))
            }
        };
        match (garment.map_err(|fault| fault.at_line(entry.line)), retailer) {
            (Ok(garment), Ok(retailer)) => {
                let SaleRow { sound, registered_at, .. } = &entry.record;
                let new = NewSale { garment, retailer, sound: sound.clone(), source: "import", registered_at: *registered_at };
                resolved.news.push((place, new));
            }
            (garment, retailer) => resolved.faults.extend(garment.err().into_iter().chain(retailer.err())),
        }
    }
    Ok(resolved)
}
