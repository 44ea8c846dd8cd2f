//! A season nobody has bought of yet, and a file that sells it in random order.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use chrono::{Days, NaiveDate};
use diesel::prelude::*;
use hangtag::demo::{self, Plan};
use hangtag::each;
use hangtag::kernel::chance::Stream;
use hangtag::kernel::money::show_decimal;
use hangtag::kernel::time::Clock;
use hangtag::kernel::{BatchNo, GarmentId, Result};
use hangtag::platform::config::Config;
use hangtag::platform::db::schema::{batch, party, sale};
use hangtag::platform::db::{DatabaseUrl, Db, Store, StoreOptions, migrate};
use hangtag::platform::keys::KeyFile;
use hangtag::platform::state::AppState;
use hangtag::production::batches;

/// Where a store is, as the program is told.
pub struct Url {
    /// The database.
    pub database: String,
    /// The folder with its keys.
    pub data: PathBuf,
}

/// The store in a folder.
pub fn url_of(folder: &Path) -> Url {
    Url { database: format!("sqlite://{}", folder.join("hangtag.db").display()), data: folder.to_owned() }
}

/// A store and a file for it.
pub struct Season {
    folder: PathBuf,
    /// The file.
    pub csv: PathBuf,
    /// The same without the column of the GTIN.
    pub without_gtin: PathBuf,
    /// Paths of cards of garments in the file.
    pub cards: Vec<String>,
}

impl Season {
    pub fn in_sqlite(folder: &Path, rows: usize) -> Self {
        Self::make(folder, demo::settle(folder, 8080).unwrap(), rows)
    }

    pub fn in_postgres(folder: &Path, url: &str, rows: usize) -> Self {
        Self::make(folder, Config { database_url: url.to_owned(), ..demo::settle(folder, 8080).unwrap() }, rows)
    }

    fn make(folder: &Path, config: Config, rows: usize) -> Self {
        let url: DatabaseUrl = config.database().unwrap();
        migrate(&url).unwrap();
        let store = Store::open(&url, &StoreOptions::default()).unwrap();
        let clock = Clock::system();
        let keys = KeyFile::open_or_create(&KeyFile::place(folder), clock.now().date()).unwrap().keys().unwrap();
        let state = AppState::new(store, clock, config, keys, 1);
        // A fifth more than is needed: some are sold already, some wait in a batch on hold.
        let plan =
            Plan { garments: i64::try_from(rows).unwrap() * 6 / 5 + 125_000, sold_per_million: 5_000, story: false, ..Plan::default() };
        demo::make(&state, plan, &mut |_| ()).unwrap();
        let (csv, without_gtin) = (folder.with_extension("csv"), folder.with_extension("bare.csv"));
        let cards = state.store.read_blocking(|db| write(db, &state, rows, &csv, &without_gtin)).unwrap();
        Self { folder: folder.to_owned(), csv, without_gtin, cards }
    }

    /// A copy of the folder, to be used up.
    pub fn copied(&self, to: &Path) -> PathBuf {
        std::fs::create_dir_all(to).unwrap();
        for file in std::fs::read_dir(&self.folder).unwrap().map(|file| file.unwrap()).filter(|file| file.path().is_file()) {
            std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
        to.to_owned()
    }
}

/// Garments that may be sold, of all batches, in random order.
fn unsold(db: &mut Db, rows: usize) -> Result<Vec<(GarmentId, NaiveDate)>> {
    let batches: Vec<(i64, i64, Option<NaiveDate>)> = each!(db, |c| batch::table
        .filter(batch::minted.gt(0).and(batch::status.ne("hold")))
        .order(batch::no)
        .select((batch::no, batch::minted, batch::finished_on))
        .load(c))?;
    let sold: Vec<i64> = each!(db, |c| sale::table.select(sale::garment_id).load(c))?;
    let sold: std::collections::HashSet<i64> = sold.into_iter().collect();
    let mut garments: Vec<(GarmentId, NaiveDate)> = batches
        .into_iter()
        .flat_map(|(no, minted, finished)| {
            let from = finished.unwrap_or(NaiveDate::from_ymd_opt(2026, 1, 5).unwrap());
            (0..minted).map(move |unit| (GarmentId::new(BatchNo(no), unit).unwrap(), from))
        })
        .filter(|(garment, _)| !sold.contains(&garment.0))
        .collect();
    let mut chance = Stream::new(8);
    for place in (1..garments.len()).rev() {
        garments.swap(place, (chance.number() % (place as u64 + 1)) as usize);
    }
    assert!(garments.len() >= rows, "the season has only {}", garments.len());
    garments.truncate(rows);
    Ok(garments)
}

fn write(db: &mut Db, state: &AppState, rows: usize, csv: &Path, without_gtin: &Path) -> Result<Vec<String>> {
    let retailers: Vec<String> =
        each!(db, |c| party::table.filter(party::code.like("SHOP-%")).select(party::code).order(party::code).load(c))?;
    let today = state.today();
    let mut all = BufWriter::new(std::fs::File::create(csv)?);
    let mut bare = BufWriter::new(std::fs::File::create(without_gtin)?);
    let rest = "retailer_code,sold_on,delivered_on,order_no,price,currency,channel,country,city";
    writeln!(all, "serial,gtin,{rest}")?;
    writeln!(bare, "serial,{rest}")?;
    let mut chance = Stream::new(9);
    let mut kept: HashMap<BatchNo, batches::Batch> = HashMap::new();
    let mut cards = Vec::new();
    for (place, (garment, from)) in unsold(db, rows)?.into_iter().enumerate() {
        let batch = match kept.entry(garment.batch()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(batches::batch(db, garment.batch())?.unwrap()),
        };
        let of = batches::own_serial(&state.keys.serials, batch, garment)?;
        // Most sell in the first months after they were made.
        let after = 14 + (chance.number() % 226).min(chance.number() % 286);
        let sold_on = from.checked_add_days(Days::new(after)).unwrap().min(today);
        let delivered_on = sold_on.checked_add_days(Days::new(chance.number() % 4)).unwrap().min(today);
        let retailer = &retailers[(chance.number() % retailers.len() as u64) as usize];
        let price = show_decimal(9_900 + (chance.number() % 90) as i64 * 1_000, 2);
        let (gtin, serial) = (of.gtin.unwrap(), of.serial);
        let rest = format!("{retailer},{sold_on},{delivered_on},WEB-{place:08},{price},CNY,web,CN,杭州");
        writeln!(all, "{serial},{gtin},{rest}")?;
        writeln!(bare, "{serial},{rest}")?;
        if place % (rows / 5_000).max(1) == 0 {
            cards.push(format!("/01/{gtin}/21/{serial}"));
        }
    }
    all.flush()?;
    bare.flush()?;
    Ok(cards)
}
