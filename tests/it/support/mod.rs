//! The application as a test sees it: a store of its own, a clock that stands still, requests without a network.

pub mod browser;
pub mod cases;
pub mod goods;
pub mod ledger;
pub mod personas;
pub mod program;
pub mod season;
pub mod watch;

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::io::Write;
use std::rc::Rc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::{Method, StatusCode, header};
use actix_web::test;
use chrono::NaiveDateTime;
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use futures_util::future::LocalBoxFuture;
use hangtag::kernel::text::Lang;
use hangtag::kernel::time::Clock;
use hangtag::platform::config::Config;
use hangtag::platform::db::{DatabaseUrl, Store, StoreOptions, migrate};
use hangtag::platform::keys::KeyFile;
use hangtag::platform::state::AppState;
use serde_json::Value;

/// The variable that names a PostgreSQL server for the tests: `postgres://user@host/database`.
pub const POSTGRES: &str = "HANGTAG_TEST_POSTGRES";
/// The variable that makes every optional test mandatory.
pub const TEST_ALL: &str = "HANGTAG_TEST_ALL";

/// Which store a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    Sqlite,
    Postgres,
}

/// The stores at hand: SQLite always, PostgreSQL when a server is named.
pub fn stores() -> Vec<On> {
    if std::env::var(POSTGRES).is_ok() {
        vec![On::Sqlite, On::Postgres]
    } else {
        assert!(std::env::var(TEST_ALL).is_err(), "{TEST_ALL} is set, so {POSTGRES} must name a server");
        say_skipped(&format!("tests on PostgreSQL; set {POSTGRES}=postgres://user@host/database to run them"));
        vec![On::Sqlite]
    }
}

/// Says once what is left out, past the harness, which shows nothing of tests that pass.
fn say_skipped(what: &str) {
    static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    if SAID.lock().unwrap().insert(what.to_owned()) {
        std::io::stderr().write_all(format!("skipped: {what}\n").as_bytes()).unwrap();
    }
}

/// Whether a program is at hand; says how to make its absence a failure.
pub fn has_tool(name: &str) -> bool {
    let found = std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(name).is_file()));
    if !found {
        assert!(std::env::var(TEST_ALL).is_err(), "{TEST_ALL} is set, so {name} must be installed");
        say_skipped(&format!("what needs {name}, which is not installed; set {TEST_ALL}=1 to make that a failure"));
    }
    found
}

type Served = Rc<dyn Fn(test::TestRequest) -> LocalBoxFuture<'static, Answer>>;

thread_local! {
    /// The applications of this thread's stores, each made at its first request: making one takes longer than most answers.
    static SERVED: RefCell<HashMap<u32, Served>> = RefCell::default();
}

/// A number nobody had before.
fn fresh() -> u32 {
    static LAST: AtomicU32 = AtomicU32::new(0);
    LAST.fetch_add(1, Ordering::Relaxed)
}

/// Where a store may be, and a folder of its own; gone when dropped.
pub struct Place {
    pub on: On,
    pub url: DatabaseUrl,
    schema: Option<(String, String)>,
    pub folder: tempfile::TempDir,
}

impl Place {
    /// With nothing there yet.
    pub fn new(on: On) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (url, schema) = match on {
            On::Sqlite => (DatabaseUrl::Sqlite(folder.path().join("hangtag.db")), None),
            On::Postgres => {
                let server = std::env::var(POSTGRES).unwrap();
                let name = format!("test_{}_{}", std::process::id(), fresh());
                let mut connection = PgConnection::establish(&server).unwrap();
                connection.batch_execute(&format!("CREATE SCHEMA {name}")).unwrap();
                let mark = if server.contains('?') { '&' } else { '?' };
                (DatabaseUrl::Postgres(format!("{server}{mark}options=-csearch_path%3D{name}")), Some((server, name)))
            }
        };
        Self { on, url, schema, folder }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some((server, name)) = &self.schema
            && let Ok(mut connection) = PgConnection::establish(server)
        {
            let _gone = connection.batch_execute(&format!("DROP SCHEMA {name} CASCADE"));
        }
    }
}

/// A store of its own, gone when dropped.
pub struct TestApp {
    pub state: AppState,
    /// Its place in [`SERVED`].
    number: u32,
    // Dropped last: holds the SQLite file.
    place: Place,
}

impl std::ops::Deref for TestApp {
    type Target = Place;

    fn deref(&self) -> &Place {
        &self.place
    }
}

/// Noon in London, evening in Shanghai, on a day when nothing special happens.
pub fn noon() -> NaiveDateTime {
    chrono::NaiveDate::from_ymd_opt(2026, 6, 15).unwrap().and_hms_opt(12, 0, 0).unwrap()
}

impl TestApp {
    /// On a day when nothing special happens, with the clock standing still.
    pub fn new(on: On) -> Self {
        Self::at(on, Clock::fixed(noon()))
    }

    /// With this clock.
    pub fn at(on: On, clock: Clock) -> Self {
        let (number, place) = (fresh(), Place::new(on));
        let folder = &place.folder;
        migrate(&place.url).unwrap();
        let store = Store::open(&place.url, &StoreOptions { connections: 4, ..StoreOptions::default() }).unwrap();
        let config = Config {
            database_url: "given".into(),
            public_url: "http://localhost".into(),
            data_dir: folder.path().to_owned(),
            default_lang: Lang::En,
            ..Config::default()
        };
        let keys = KeyFile::open_or_create(&KeyFile::place(folder.path()), noon().date()).unwrap().keys().unwrap();
        let state = AppState::new(store, clock, config, keys, 1);
        Self { state, number, place }
    }

    /// As after a restart with other settings or keys.
    pub fn restart(&mut self, state: AppState) {
        self.state = state;
        SERVED.with_borrow_mut(|all| all.remove(&self.number));
    }

    /// One request, whole. `who` is a cookie or an authorisation header.
    pub async fn send(&self, request: Request) -> Answer {
        let served = match SERVED.with_borrow(|served| served.get(&self.number).cloned()) {
            Some(served) => served,
            None => {
                let app = Rc::new(test::init_service(hangtag::app::app(&self.state, None)).await);
                let served: Served = Rc::new(move |request| {
                    let app = Rc::clone(&app);
                    Box::pin(async move { Answer::of(app.call(request.to_request()).await.unwrap()).await })
                });
                SERVED.with_borrow_mut(|all| all.insert(self.number, served.clone()));
                served
            }
        };
        let mut sent = test::TestRequest::default().method(request.method).uri(&request.uri);
        for (name, value) in request.headers {
            sent = sent.insert_header((name, value));
        }
        if let Some(peer) = request.peer {
            sent = sent.peer_addr(std::net::SocketAddr::new(peer, 40_000));
        }
        if let Some(body) = request.body {
            sent = sent.set_payload(body);
        }
        served(sent).await
    }

    /// A plain GET by nobody.
    pub async fn get(&self, uri: &str) -> Answer {
        self.send(Request::get(uri)).await
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        // On another thread, or at its end, there is nothing to forget.
        let _gone = SERVED.try_with(|served| served.borrow_mut().remove(&self.number));
    }
}

/// A request to be sent.
pub struct Request {
    method: Method,
    uri: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
    peer: Option<std::net::IpAddr>,
}

impl Request {
    pub fn new(method: &str, uri: &str) -> Self {
        Self { method: method.parse().unwrap(), uri: uri.to_owned(), headers: Vec::new(), body: None, peer: None }
    }

    pub fn get(uri: &str) -> Self {
        Self::new("GET", uri)
    }

    pub fn json(method: &str, uri: &str, body: &Value) -> Self {
        Self::new(method, uri).header("content-type", "application/json").body(body.to_string().into_bytes())
    }

    pub fn form(uri: &str, fields: &[(&str, &str)]) -> Self {
        let body = serde_urlencoded::to_string(fields).unwrap();
        Self::new("POST", uri).header("content-type", "application/x-www-form-urlencoded").body(body.into_bytes())
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn html(self) -> Self {
        self.header("accept", "text/html,application/xhtml+xml")
    }

    /// From this address.
    pub fn from(mut self, peer: &str) -> Self {
        self.peer = Some(peer.parse().unwrap());
        self
    }

    /// A form without a token gets this one.
    pub fn with_csrf(mut self, csrf: &str) -> Self {
        let is_form = self.headers.iter().any(|(name, value)| name == "content-type" && value == "application/x-www-form-urlencoded");
        if let (true, Some(body)) = (is_form, &mut self.body) {
            let has_one = body.split(|byte| *byte == b'&').any(|pair| pair.starts_with(b"csrf="));
            if !has_one {
                let mark = if body.is_empty() { "" } else { "&" };
                body.extend_from_slice(format!("{mark}csrf={csrf}").as_bytes());
            }
        }
        self
    }

    pub fn body(mut self, body: Vec<u8>) -> Self {
        self.body = Some(body);
        self
    }
}

/// An answer, read whole.
pub struct Answer {
    pub status: StatusCode,
    pub headers: header::HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    async fn of(response: ServiceResponse<impl MessageBody>) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        let body = test::read_body(response).await.to_vec();
        Self { status, headers, body }
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Asserts the status, showing the body when it is another.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.body));
        self
    }

    /// The code of a problem document.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// Runs a story on every store at hand.
#[macro_export]
macro_rules! story {
    ($name:ident, |$app:ident| $body:block) => {
        #[actix_web::test]
        async fn $name() {
            for on in $crate::support::stores() {
                let $app = $crate::support::TestApp::new(on);
                $body
            }
        }
    };
}
