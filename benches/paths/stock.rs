//! A store with as many sold garments as a budget speaks of: a demo's season, and one of its sold garments copied row by row.

use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl, SqliteConnection};
use hangtag::demo::{self, Plan};
use hangtag::kernel::serial::Keyring;
use hangtag::kernel::time::Clock;
use hangtag::kernel::{BatchNo, GarmentId};
use hangtag::platform::config::Config;
use hangtag::platform::db::{Connection, Store, StoreOptions, migrate};
use hangtag::platform::keys::KeyFile;
use hangtag::platform::state::AppState;
use hangtag::production::batches;

/// Most garments of one copied batch.
const PER_BATCH: u64 = 4_000_000;
/// The number of the first copied batch.
const FIRST: i64 = 1_000_000;

/// A stocked store.
pub struct Stock {
    /// Where it lies.
    pub folder: PathBuf,
    /// Code of a batch of at least 100,000.
    pub big_batch: String,
    sold: u64,
}

impl Stock {
    /// Makes a season in `folder`, then copies until `sold` more garments are sold.
    pub fn make(folder: &Path, sold: u64) -> Self {
        let state = state(folder);
        let season = demo::make(&state, Plan { garments: 125_000, story: false, ..Plan::default() }, &mut |_| ()).unwrap();
        let template = season.sold[season.sold.len() / 2];
        state
            .store
            .write_blocking(move |db| {
                let Connection::Sqlite(connection) = &mut db.connection else { unreachable!("the store is a file") };
                for (place, first) in (0..sold).step_by(PER_BATCH as usize).enumerate() {
                    copy(connection, template, FIRST + place as i64, (sold - first).min(PER_BATCH));
                }
                Ok(())
            })
            .unwrap();
        Self { folder: folder.to_owned(), big_batch: season.big_batch, sold }
    }

    /// The house over it.
    pub fn state(&self) -> AppState {
        state(&self.folder)
    }

    /// Paths of `count` cards, spread evenly over the copied garments.
    pub fn cards(&self, count: u64) -> Vec<String> {
        let state = self.state();
        let (keyring, stem): (&Keyring, _) = (&state.keys.serials, state.config.label_stem());
        state
            .store
            .read_blocking(|db| {
                Ok((0..count)
                    .map(|n| {
                        // A stride that is coprime to the count: neighbours in time are strangers in the store.
                        let place = (n * 7_919 % count) * self.sold / count;
                        let batch = BatchNo(FIRST + (place / PER_BATCH) as i64);
                        let garment = GarmentId::new(batch, (place % PER_BATCH) as i64).unwrap();
                        batches::address_of(db, &stem, keyring, garment).unwrap().unwrap().split_off(stem.len())
                    })
                    .collect())
            })
            .unwrap()
    }
}

/// The house of a folder, made when it is not there.
fn state(folder: &Path) -> AppState {
    let config: Config = demo::settle(folder, 8080).unwrap();
    let url = config.database().unwrap();
    migrate(&url).unwrap();
    let store = Store::open(&url, &StoreOptions::default()).unwrap();
    let clock = Clock::system();
    let keys = KeyFile::open_or_create(&KeyFile::place(folder), clock.now().date()).unwrap().keys().unwrap();
    AppState::new(store, clock, config, keys, 1)
}

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    name: String,
}

/// A batch like the template's, and its garment's rows once for every unit of it.
fn copy(connection: &mut SqliteConnection, template: GarmentId, batch: i64, units: u64) {
    let (of, id) = (template.batch().0, template.0);
    let mut sql = format!("CREATE TEMP TABLE made AS SELECT * FROM batch WHERE no = {of};");
    sql += &format!(
        "UPDATE made SET no = {batch}, code = 'COPY-{batch}', code_key = 'copy-{batch}', planned = {units}, minted = {units}; INSERT INTO batch SELECT * FROM made; DROP TABLE made;"
    );
    let (first, _) = GarmentId::range_of(BatchNo(batch));
    for table in ["garment", "sale", "warranty", "garment_event"] {
        let columns: Vec<Column> = diesel::sql_query(format!("SELECT name FROM pragma_table_info('{table}')")).load(connection).unwrap();
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let values: Vec<String> =
            names.iter().map(|name| if *name == "garment_id" { "n.id".to_owned() } else { format!("t.{name}") }).collect();
        sql += &format!(
            "WITH RECURSIVE n(id) AS (SELECT {first} UNION ALL SELECT id + 1 FROM n WHERE id < {first} + {units} - 1) \
             INSERT INTO {table} ({}) SELECT {} FROM n CROSS JOIN {table} t WHERE t.garment_id = {id};",
            names.join(", "),
            values.join(", ")
        );
    }
    connection.batch_execute(&sql).unwrap();
}

/// Room for what a bench makes, on the disk that is built on.
pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}
