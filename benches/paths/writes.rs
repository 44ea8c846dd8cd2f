//! Durable writes: sixty-four clients that each register a sale when their last one is on the disk, with and without commits in groups.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use diesel::prelude::*;
use hangtag::each;
use hangtag::kernel::GarmentId;
use hangtag::ownership::sales::{self, NewSale, Sound};
use hangtag::platform::db::schema::{batch, sale};
use hangtag::platform::db::{Store, StoreOptions};
use hangtag::platform::events::Stamp;
use hangtag::platform::state::AppState;
use hangtag::production::batches;

use crate::stock::Stock;

const CLIENTS: usize = 64;
/// Units the big batch is given, so that no run sells them all.
const UNITS: i64 = 1_000_000;

/// The stores that are written to in turn.
pub struct Shops {
    state: AppState,
    unsold: Arc<[GarmentId]>,
    next: Arc<AtomicUsize>,
    runtime: tokio::runtime::Runtime,
}

impl Shops {
    /// Sells the big batch of a stock.
    pub fn open(stock: &Stock) -> Self {
        let state = stock.state();
        let code = stock.big_batch.clone();
        let unsold = state
            .store
            .write_blocking(move |db| {
                let enough =
                    diesel::update(batch::table.filter(batch::code.eq(&code))).set((batch::planned.eq(UNITS), batch::minted.eq(UNITS)));
                each!(db, |c| enough.execute(c))?;
                let (first, last) = GarmentId::range_of(batches::batch_by_code(db, &code)?.unwrap().no);
                let of_batch = sale::table.filter(sale::garment_id.between(first, last)).select(sale::garment_id);
                let sold: BTreeSet<i64> = each!(db, |c| of_batch.load(c))?.into_iter().collect();
                Ok((first..first + UNITS).filter(|id| !sold.contains(id)).map(GarmentId).collect())
            })
            .unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        Self { state, unsold, next: Arc::default(), runtime }
    }

    /// Sales registered in a second.
    pub fn sell(&self, group_commit: bool, lasting: Duration) -> f64 {
        let url = self.state.config.database().unwrap();
        let store = Store::open(&url, &StoreOptions { group_commit, ..StoreOptions::default() }).unwrap();
        let sold = Arc::new(AtomicU64::new(0));
        let start = Instant::now();
        self.runtime.block_on(async {
            let clients = (0..CLIENTS).map(|_| {
                let (store, sold, next, state, unsold) =
                    (store.clone(), sold.clone(), self.next.clone(), self.state.clone(), self.unsold.clone());
                tokio::spawn(async move {
                    while start.elapsed() < lasting {
                        let garment = unsold[next.fetch_add(1, Ordering::Relaxed)];
                        let (zone, today) = (state.config.time_zone, state.today());
                        let stamp = Stamp { actor: "bench".into(), at: state.clock.now(), node: state.node };
                        let sale = NewSale { garment, retailer: None, sound: sound(today), source: "api", registered_at: None };
                        store.write(move |db| sales::register(db, &stamp, zone, &sale)).await.unwrap();
                        sold.fetch_add(1, Ordering::Relaxed);
                    }
                })
            });
            for client in futures_util::future::join_all(clients).await {
                client.unwrap();
            }
        });
        sold.load(Ordering::Relaxed) as f64 / start.elapsed().as_secs_f64()
    }
}

fn sound(day: chrono::NaiveDate) -> Sound {
    Sound {
        sold_on: day,
        delivered_on: Some(day),
        promised_on: None,
        no_return_confirmed_on: None,
        order_no: "S1".into(),
        price: None,
        channel: "shop".into(),
        country: "CN".into(),
        city: "上海".into(),
    }
}
