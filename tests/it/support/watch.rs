//! Which statements a store was asked, on whatever thread, and how SQLite means to answer them.

use std::collections::BTreeMap;
use std::sync::{Mutex, Once};

use diesel::connection::{Instrumentation, InstrumentationEvent};
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use hangtag::kernel::time::Clock;
use hangtag::platform::db::DatabaseUrl;

use super::{On, TestApp, noon};

/// What was seen of a store since it was last asked.
#[derive(Debug, Default)]
pub struct Seen {
    /// Statements, in the order they began.
    pub ran: Vec<String>,
    /// Those that were planned and kept for the next time.
    pub planned: Vec<String>,
}

/// The stores that are watched, by the address their connections were opened with. Others leave nothing here.
static SEEN: Mutex<BTreeMap<String, Seen>> = Mutex::new(BTreeMap::new());

/// Sits on one connection.
#[derive(Default)]
struct Watch {
    store: String,
}

impl Instrumentation for Watch {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        let note = |what: &dyn Fn(&mut Seen)| {
            if let Some(seen) = SEEN.lock().unwrap().get_mut(&self.store) {
                what(seen);
            }
        };
        match event {
            InstrumentationEvent::StartEstablishConnection { url, .. } => self.store = url.to_owned(),
            InstrumentationEvent::StartQuery { query, .. } => {
                let text = query.to_string();
                let sql = text.split(" -- binds: ").next().unwrap_or_default().to_owned();
                note(&|seen| seen.ran.push(sql.clone()));
            }
            InstrumentationEvent::CacheQuery { sql, .. } => note(&|seen| seen.planned.push(sql.to_owned())),
            _ => {}
        }
    }
}

fn file(app: &TestApp) -> String {
    match &app.url {
        DatabaseUrl::Sqlite(file) => file.to_string_lossy().into_owned(),
        DatabaseUrl::Postgres(_) => panic!("only SQLite's statements are watched"),
    }
}

/// An app on SQLite whose statements are noted.
pub fn watched() -> TestApp {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| diesel::connection::set_default_instrumentation(|| Some(Box::new(Watch::default()))).unwrap());
    let app = TestApp::at(On::Sqlite, Clock::fixed(noon()));
    SEEN.lock().unwrap().insert(file(&app), Seen::default());
    app
}

/// What was asked since the last time.
pub fn seen(app: &TestApp) -> Seen {
    SEEN.lock().unwrap().get_mut(&file(app)).map(std::mem::take).unwrap()
}

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = diesel::sql_types::Text)]
    detail: String,
}

/// How a statement would be answered, step by step.
pub fn plan(app: &TestApp, sql: &str) -> Vec<String> {
    let mut connection = SqliteConnection::establish(&file(app)).unwrap();
    let steps: Vec<Step> = diesel::sql_query(format!("EXPLAIN QUERY PLAN {sql}")).load(&mut connection).unwrap();
    steps.into_iter().map(|step| step.detail).collect()
}
