//! A real browser: headless Chromium, driven over a pipe by the DevTools protocol, against a real server on a port of this machine.
//!
//! Everything here waits: the server has threads of its own.

use std::cell::{Cell, RefCell};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use actix_web::dev::ServerHandle;
use hangtag::platform::state::AppState;
use serde_json::{Value, json};

use super::has_tool;

/// Nothing a page of ours does takes as long.
const PATIENCE: Duration = Duration::from_secs(60);

/// The house, served on a port the system picked, until dropped.
pub struct Served {
    pub url: String,
    handle: ServerHandle,
}

impl Served {
    pub fn start(state: &AppState) -> Self {
        let state = state.clone();
        let (say, hear) = channel();
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let listening = actix_web::HttpServer::new(move || hangtag::app::app(&state, None)).workers(2).disable_signals();
                let bound = listening.bind("127.0.0.1:0").unwrap();
                let address = bound.addrs()[0];
                let running = bound.run();
                say.send((address, running.handle())).unwrap();
                running.await.unwrap();
            });
        });
        let (address, handle) = hear.recv_timeout(PATIENCE).unwrap();
        Self { url: format!("http://{address}"), handle }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

/// Chromium, ended when dropped.
pub struct Browser {
    child: Child,
    to: RefCell<ChildStdin>,
    from: Receiver<Value>,
    events: RefCell<Vec<Value>>,
    last: Cell<u64>,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Starts it; None, with a line that says so, where it is not installed.
    pub fn start() -> Option<Self> {
        has_tool("chromium").then(|| {
            let profile = tempfile::tempdir().unwrap();
            let mut child = Command::new("sh")
                // The protocol speaks on descriptors 3 and 4; a child of ours has only 0 to 2.
                .args(["-c", "exec chromium \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1", "chromium"])
                .args(["--headless", "--no-sandbox", "--hide-scrollbars", "--disable-gpu", "--remote-debugging-pipe"])
                .arg(format!("--user-data-dir={}", profile.path().display()))
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            let (to, out) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
            let (say, from) = channel();
            std::thread::spawn(move || {
                for message in BufReader::new(out).split(0).map_while(Result::ok) {
                    if say.send(serde_json::from_slice(&message).unwrap()).is_err() {
                        break;
                    }
                }
            });
            Self { child, to: to.into(), from, events: RefCell::default(), last: Cell::new(0), _profile: profile }
        })
    }

    fn call(&self, session: Option<&str>, method: &str, params: Value) -> Value {
        let id = self.last.get() + 1;
        self.last.set(id);
        let mut message = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        self.to.borrow_mut().write_all(format!("{message}\0").as_bytes()).unwrap();
        loop {
            let mut answer = self.from.recv_timeout(PATIENCE).unwrap_or_else(|error| panic!("{method}: {error}"));
            if answer["id"] == id {
                assert_eq!(answer["error"], Value::Null, "{method}");
                return answer["result"].take();
            }
            self.events.borrow_mut().push(answer);
        }
    }

    /// A page with cookies of its own, as a person whose browser speaks `lang` would open one. 390 × 844, scripts on.
    pub fn tab(&self, lang: &str) -> Tab<'_> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let context = text(&self.call(None, "Target.createBrowserContext", json!({}))["browserContextId"]);
        let target = self.call(None, "Target.createTarget", json!({ "url": "about:blank", "browserContextId": context }));
        let attached = self.call(None, "Target.attachToTarget", json!({ "targetId": target["targetId"], "flatten": true }));
        let tab = Tab { browser: self, session: text(&attached["sessionId"]), width: Cell::new(0) };
        for domain in ["Page", "Network", "Runtime", "Log"] {
            tab.call(&format!("{domain}.enable"), json!({}));
        }
        tab.call("Network.setExtraHTTPHeaders", json!({ "headers": { "accept-language": lang } }));
        tab.size(390, 844);
        tab
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _ended = self.child.wait();
    }
}

/// One page.
pub struct Tab<'b> {
    browser: &'b Browser,
    session: String,
    width: Cell<u32>,
}

/// What opening a page did.
#[derive(Debug)]
pub struct Visit {
    pub status: u64,
    /// Requests sent over the network, redirects included.
    pub requests: usize,
    /// What the console was told: refused by policy, failed, thrown.
    pub complaints: Vec<String>,
}

impl Tab<'_> {
    pub fn call(&self, method: &str, params: Value) -> Value {
        self.browser.call(Some(&self.session), method, params)
    }

    /// CSS pixels of the window.
    pub fn size(&self, width: u32, height: u32) {
        self.width.set(width);
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", metrics);
    }

    pub fn scripts(&self, on: bool) {
        self.call("Emulation.setScriptExecutionDisabled", json!({ "value": !on }));
    }

    /// The size of text a person set in their browser: 100 is usual.
    pub fn text_size(&self, percent: u32) {
        self.call("Page.setFontSizes", json!({ "fontSizes": { "standard": 16 * percent / 100, "fixed": 13 * percent / 100 } }));
    }

    /// `screen` or `print`; `light` or `dark`.
    pub fn media(&self, media: &str, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.call("Emulation.setEmulatedMedia", json!({ "media": media, "features": features }));
    }

    pub fn cookie(&self, url: &str, name: &str, value: &str) {
        self.call("Network.setCookie", json!({ "url": url, "name": name, "value": value }));
    }

    pub fn open(&self, url: &str) -> Visit {
        self.during(|| drop(self.call("Page.navigate", json!({ "url": url }))))
    }

    /// Presses what leads to another page.
    pub fn press(&self, selector: &str) -> Visit {
        self.during(|| drop(self.run(&format!("document.querySelector({selector:?}).click()"))))
    }

    /// Types into a field, in the place of what stands there.
    pub fn fill(&self, selector: &str, text: &str) {
        self.run(&format!("document.querySelector({selector:?}).select()"));
        self.call("Input.insertText", json!({ "text": text }));
    }

    /// The value of an expression. Works with the page's own scripts switched off.
    pub fn run(&self, expression: &str) -> Value {
        let mut answer = self.call("Runtime.evaluate", json!({ "expression": expression, "returnByValue": true }));
        assert_eq!(answer["exceptionDetails"], Value::Null, "{expression}");
        answer["result"]["value"].take()
    }

    /// The text of the first element there is.
    pub fn text(&self, selector: &str) -> String {
        let text = self.run(&format!("(document.querySelector({selector:?}) ?? {{}}).innerText ?? ''"));
        text.as_str().unwrap().trim().to_owned()
    }

    pub fn shows(&self, selector: &str) -> bool {
        self.run(&format!("document.querySelector({selector:?})?.checkVisibility() ?? false")) == true
    }

    /// CSS pixels by which the page is wider than its window.
    pub fn overflow(&self) -> f64 {
        let metrics = self.call("Page.getLayoutMetrics", json!({}));
        metrics["cssContentSize"]["width"].as_f64().unwrap() - f64::from(self.width.get())
    }

    /// Does something that leads to another page, and waits until that is there.
    fn during(&self, act: impl FnOnce()) -> Visit {
        self.browser.events.borrow_mut().clear();
        act();
        let ours = |event: &&Value, method: &str| event["sessionId"] == *self.session && event["method"] == *method;
        let until = Instant::now() + PATIENCE;
        while !self.browser.events.borrow().iter().any(|event| ours(&event, "Page.loadEventFired")) {
            assert!(Instant::now() < until, "the page did not load");
            let event = self.browser.from.recv_timeout(PATIENCE).unwrap();
            self.browser.events.borrow_mut().push(event);
        }
        // What the page said while it loaded has been sent before the answer to this.
        self.run("0");
        let events = self.browser.events.borrow();
        let all = |method: &'static str| events.iter().filter(move |event| ours(event, method)).map(|event| &event["params"]);
        let is_document = |params: &&Value| params["type"] == "Document";
        let status =
            all("Network.responseReceived").filter(is_document).last().map_or(0, |got| got["response"]["status"].as_u64().unwrap());
        let requests =
            all("Network.requestWillBeSent").filter(|sent| !sent["request"]["url"].as_str().unwrap().starts_with("data:")).count();
        let logged = all("Log.entryAdded").map(|log| &log["entry"]).filter(|entry| entry["level"] == "error");
        let called = all("Runtime.consoleAPICalled").filter(|call| call["type"] == "error");
        let complaints = logged.chain(called).chain(all("Runtime.exceptionThrown")).map(Value::to_string).collect();
        Visit { status, requests, complaints }
    }
}
