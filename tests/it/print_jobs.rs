//! Labels of real batches, into files and out of printers that misbehave.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hangtag::kernel::{Code, Error, Result};
use hangtag::platform::jobs;
use hangtag::platform::policies::{self, Policy, SetPolicy};
use hangtag::platform::state::AppState;
use hangtag::production::batches::{self, Batch, BatchSheet};
use hangtag::production::labels::Target;
use hangtag::production::print_jobs::{self, JobView, LabelRequest, PrintJobState};
use hangtag::production::printers::{self, Language, Printer};
use hangtag::production::serials::{self, Scanned};
use hangtag::staff::accounts::Role;
use serde_json::{Value, json};

use crate::story;
use crate::support::{TestApp, has_tool};
use crate::upgrade::program;

const GTIN: &str = "09506000134352";

/// A batch of a shirt with all that a label says.
async fn batch(app: &TestApp, code: &str, planned: i64) {
    let planner = app.api(Role::Planner).await;
    let party = json!({ "code": "FAC-1", "name": { "zh": "宁波山岚服饰", "en": "Ningbo Shanlan Garments" }, "roles": ["factory"], "country": "CN",
        "city": "宁波", "address": { "zh": "宁波市科欣路 128 号", "en": "128 Kexin Road, Ningbo" } });
    planner.json("POST", "/api/v1/parties", &party).await.expect(201);
    let style = json!({ "code": "LS-T01", "brand": "Shanlan", "name": { "zh": "短袖衫", "en": "T-shirt" }, "manufacturer": "FAC-1", "facts": {
        "composition": [{ "fibres": [{ "name": { "en": "cotton", "zh": "棉" }, "hundredths": 10000 }] }],
        "care": ["wash-30-mild", "bleach-no", "dry-line", "iron-150", "clean-no"], "safety_class": "B", "product_standard": "GB/T 22849-2024" } });
    planner.json("POST", "/api/v1/styles", &style).await.expect(201);
    let sku = json!({ "style": "LS-T01", "code": "LS-T01-NV-M", "gtin": GTIN, "colour": { "zh": "藏青", "en": "Navy" }, "size": "M", "size_label": "170/88A" });
    planner.json("POST", "/api/v1/skus", &sku).await.expect(201);
    let batch = Batch { code: code.into(), planned, ..Batch::default() };
    let batch = BatchSheet { batch, sku: "LS-T01-NV-M".into(), factory: "FAC-1".into(), ..BatchSheet::default() };
    let stamp = app.state.stamp("staff:planner");
    app.state.store.write(move |db| batches::create(db, &stamp, batch.clone())).await.unwrap();
}

fn asked(format: &str) -> LabelRequest {
    LabelRequest { batch: "B-1".into(), template: Some("hangtag-40x60-en".into()), format: Some(format.into()), ..LabelRequest::default() }
}

/// What the command line does, on a thread where it may block.
async fn make(app: &TestApp, request: LabelRequest) -> Result<Vec<u8>> {
    blocking(app, move |state| {
        let mut out = Vec::new();
        print_jobs::make(state, &state.stamp("cli"), &request, Target::Stream(&mut out), &mut |_, _| {}).map(|_| out)
    })
    .await
}

async fn blocking<T: Send + 'static>(app: &TestApp, body: impl FnOnce(&AppState) -> T + Send + 'static) -> T {
    let state = app.state.clone();
    tokio::task::spawn_blocking(move || body(&state)).await.unwrap()
}

async fn units(app: &TestApp, request: LabelRequest) -> Vec<i64> {
    rows(&make(app, request).await.unwrap()).into_iter().map(|row| row.2).collect()
}

async fn faults(app: &TestApp, request: LabelRequest) -> Vec<(String, Code)> {
    match make(app, request).await.unwrap_err() {
        Error::Refused(refusal) => refusal.faults.iter().map(|fault| (fault.field.to_string(), fault.code)).collect(),
        other => panic!("{other:?}"),
    }
}

/// Rows of a label CSV: serial, address and number of each unit.
fn rows(csv: &[u8]) -> Vec<(String, String, i64)> {
    let text = std::str::from_utf8(csv).unwrap().trim_start_matches('\u{feff}');
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    assert_eq!(header.iter().take(8).collect::<Vec<_>>(), ["serial", "uri", "gtin", "style", "size", "colour", "batch", "unit"]);
    reader.records().map(std::result::Result::unwrap).map(|row| (row[0].to_owned(), row[1].to_owned(), row[7].parse().unwrap())).collect()
}

async fn minted(app: &TestApp) -> i64 {
    app.state.store.read(|db| batches::batch_by_code(db, "B-1")).await.unwrap().unwrap().minted
}

story!(a_file_has_every_planned_unit_once_and_each_serial_is_issued, |app| {
    batch(&app, "B-1", 5_000).await;
    let csv = make(&app, asked("csv")).await.unwrap();
    let rows = rows(&csv);
    assert_eq!((rows.len(), minted(&app).await), (5_000, 5_000));
    assert_eq!(rows.iter().map(|row| &row.0).collect::<BTreeSet<_>>().len(), 5_000);
    for (serial, uri, unit) in [&rows[0], &rows[4_999]] {
        assert_eq!(uri, &format!("HTTP://LOCALHOST/01/{GTIN}/21/{serial}"));
        let (keys, scanned) = (app.state.keys.clone(), Scanned::label(GTIN, serial));
        let garment = app.state.store.read(move |db| serials::find(db, &keys.serials, &scanned)).await.unwrap().unwrap();
        assert_eq!(garment.unit() + 1, *unit);
    }
    // The same again is the same file; nothing more is minted.
    assert_eq!(make(&app, asked("csv")).await.unwrap(), csv);
    assert_eq!(minted(&app).await, 5_000);
});

story!(counts_ranges_and_voids_decide_which_units_get_labels, |app| {
    batch(&app, "B-1", 10).await;
    assert_eq!(units(&app, LabelRequest { count: Some(3), ..asked("csv") }).await, [1, 2, 3]);
    assert_eq!(minted(&app).await, 3);
    let (stamp, no) = (app.state.stamp("staff:op"), hangtag::kernel::BatchNo(1));
    app.state.store.write(move |db| batches::void_units(db, &stamp, no, &[1..2], "spoiled")).await.unwrap();
    assert_eq!(units(&app, LabelRequest { count: Some(3), ..asked("csv") }).await, [1, 3, 4]);
    assert_eq!(units(&app, LabelRequest { units: Some("2-5".into()), ..asked("csv") }).await, [3, 4, 5]);
    assert_eq!(units(&app, LabelRequest { only_new: true, ..asked("csv") }).await, [6, 7, 8, 9, 10]);
    // Ten are planned, and one of the ten that have serials is void.
    let more = |count| LabelRequest { only_new: true, count: Some(count), ..asked("csv") };
    assert_eq!(faults(&app, more(2)).await, [("count".into(), Code::BeyondPlanned)]);
    assert_eq!(units(&app, more(1)).await, [11]);
    assert_eq!(faults(&app, more(1)).await, [("count".into(), Code::BeyondPlanned)]);
    assert_eq!(faults(&app, LabelRequest { units: Some("8-12".into()), ..asked("csv") }).await, [("count".into(), Code::BeyondPlanned)]);
    assert_eq!(units(&app, asked("csv")).await, [1, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
});

story!(what_is_wrong_is_named_and_mints_nothing, |app| {
    batch(&app, "B-1", 10).await;
    assert_eq!(faults(&app, LabelRequest { batch: "B-2".into(), ..asked("pdf") }).await, [("batch".into(), Code::UnknownReference)]);
    assert_eq!(
        faults(&app, LabelRequest { template: Some("none".into()), ..asked("pdf") }).await,
        [("template".into(), Code::UnknownReference)]
    );
    assert_eq!(faults(&app, asked("doc")).await, [("format".into(), Code::NotOneOf)]);
    assert_eq!(faults(&app, LabelRequest { count: Some(0), ..asked("pdf") }).await, [("count".into(), Code::OutOfRange)]);
    assert_eq!(faults(&app, LabelRequest { count: Some(4_194_305), ..asked("pdf") }).await, [("count".into(), Code::OutOfRange)]);
    assert_eq!(faults(&app, LabelRequest { units: Some("9-3".into()), ..asked("pdf") }).await, [("units".into(), Code::Malformed)]);
    assert_eq!(minted(&app).await, 0);
});

story!(every_format_is_made_and_a_phone_reads_it, |app| {
    batch(&app, "B-1", 3).await;
    let expected: Vec<String> = rows(&make(&app, asked("csv")).await.unwrap()).into_iter().map(|row| row.1).collect();
    for (format, begins) in [("pdf", &b"%PDF-"[..]), ("zpl", b""), ("tspl", b"SIZE")] {
        let file = make(&app, LabelRequest { claim_codes: true, ..asked(format) }).await.unwrap();
        assert!(file.starts_with(begins) && file.len() > 500, "{format}");
    }
    // What is no file, such as the terminal or a pipe, is written into; it is never put aside for a file of its name.
    let arguments = ["labels", "make", "--batch", "B-1", "--template", "hangtag-40x60-en", "--format", "csv", "--out", "/dev/stdout"];
    let said = program(&app).run(&arguments).well();
    assert_eq!(rows(said.out.as_bytes()).into_iter().map(|row| row.1).collect::<Vec<_>>(), expected);
    assert!(said.err.contains("3 labels"), "{said:?}");
    let folder = app.folder.path().join("out");
    let request = LabelRequest { claim_codes: true, ..asked("png") };
    let (to, again) = (folder.clone(), request.clone());
    let made = blocking(&app, move |state| print_jobs::make_at(state, &state.stamp("cli"), &again, &to, &mut |_, _| {})).await;
    assert_eq!(made.unwrap().summary.labels, 3);
    // A second time it would mix with the first.
    let to = folder.clone();
    let made = blocking(&app, move |state| print_jobs::make_at(state, &state.stamp("cli"), &request, &to, &mut |_, _| {})).await;
    assert_eq!(made.unwrap_err().code(), Code::Invalid);
    if has_tool("zbarimg") {
        for (place, uri) in (1..).zip(&expected) {
            let file = folder.join(format!("{place:06}.png"));
            let read = std::process::Command::new("zbarimg").args(["-q", "--raw"]).arg(&file).output().unwrap();
            assert_eq!(String::from_utf8_lossy(&read.stdout).trim(), uri);
        }
    }
});

story!(what_does_not_fit_is_left_out_and_said, |app| {
    batch(&app, "B-WWWWWWWWWWWWWW", 3).await;
    let request = LabelRequest { batch: "B-WWWWWWWWWWWWWW".into(), ..asked("pdf") };
    let made = blocking(&app, move |state| {
        let mut out = Vec::new();
        print_jobs::make(state, &state.stamp("cli"), &request, Target::Stream(&mut out), &mut |_, _| {})
    })
    .await
    .unwrap();
    assert_eq!((made.summary.labels, made.left_out), (3, vec!["batch".to_owned()]));
});

// Printers

/// Both languages that printers speak.
const LANGUAGES: [Language; 2] = [Language::Zpl, Language::Tspl];

/// What a printer does with what it is sent. Bytes are of labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mood {
    /// Prints and says so.
    Works,
    /// Takes everything and never answers.
    Silent,
    /// Hangs up after this many bytes on one connection.
    HangsUpAfter(usize),
    /// Takes this many bytes on one connection, then nothing more: its buffer is full and stays so.
    FullAfter(usize),
    /// Is out of labels from the first.
    PaperOut,
    /// Runs out of labels once it has seen this many bytes.
    RunsOutAfter(usize),
    /// Takes a few bytes at a time, as a printer with a full buffer does.
    Slow,
    /// Says that it is still printing.
    Busy,
}

/// Bytes of labels, of each connection in turn.
type Seen = Mutex<Vec<Vec<u8>>>;

/// A printer of our own: keeps every byte of labels it was sent.
struct FakePrinter {
    language: Language,
    port: u16,
    mood: Arc<Mutex<Mood>>,
    seen: Arc<Seen>,
}

impl FakePrinter {
    fn new(language: Language, mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let fake = Self { language, port, mood: Arc::new(Mutex::new(mood)), seen: Arc::default() };
        let (mood, seen) = (fake.mood.clone(), fake.seen.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (mood, seen) = (mood.clone(), seen.clone());
                std::thread::spawn(move || serve(language, stream.unwrap(), &mood, &seen));
            }
        });
        fake
    }

    fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    /// The labels received whole, in the order of connections.
    fn labels(&self) -> Vec<Vec<u8>> {
        self.seen.lock().unwrap().iter().flat_map(|sent| labels_of(self.language, sent)).collect()
    }
}

/// What printed something, each as it came.
fn labels_of(language: Language, sent: &[u8]) -> Vec<Vec<u8>> {
    match language {
        Language::Zpl => {
            let text = String::from_utf8_lossy(sent);
            let formats = text.split("^XA").skip(1).filter(|format| format.starts_with("^PW"));
            formats.filter_map(|format| Some(format.split_once("^XZ")?.0.as_bytes().to_vec())).collect()
        }
        Language::Tspl => {
            let (mut labels, mut rest) = (Vec::new(), sent);
            while let Some(at) = place(rest, b"CLS\r\nBITMAP ") {
                rest = &rest[at..];
                match tspl_label(rest) {
                    Some(length) => {
                        labels.push(rest[..length].to_vec());
                        rest = &rest[length..];
                    }
                    // Broken off: whatever comes after belongs to another.
                    None => rest = &rest[1..],
                }
            }
            labels
        }
    }
}

/// Bytes of the label that `sent` begins with, when it is there whole: one picture, counted by its own measures, and one order to print it once.
fn tspl_label(sent: &[u8]) -> Option<usize> {
    let mut from = b"CLS\r\nBITMAP ".len();
    let mut numbers = Vec::new();
    while numbers.len() < 5 {
        let end = from + place(sent.get(from..)?, b",")?;
        numbers.push(std::str::from_utf8(&sent[from..end]).ok()?.parse::<usize>().ok()?);
        from = end + 1;
    }
    let [0, 0, stride, height, 0] = numbers[..] else { return None };
    let end = from + stride * height;
    let order = b"\r\nPRINT 1,1\r\n";
    sent.get(end..)?.starts_with(order).then_some(end + order.len())
}

fn place(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|some| some == wanted)
}

/// How a printer of a language is asked how it is, and what it answers.
fn question(language: Language) -> &'static [u8] {
    match language {
        Language::Zpl => b"~HS\r\n",
        Language::Tspl => b"\x1b!?",
    }
}

fn answer(language: Language, is_out: bool, is_busy: bool) -> Vec<u8> {
    let (out, busy) = (u8::from(is_out), u8::from(is_busy));
    match language {
        Language::Zpl => {
            format!("\u{2}030,{out},0,1245,000,0,0,0,000,0,0,0\u{3}\r\n\u{2}000,0,0,0,0,2,4,0,{busy:08},1,000\u{3}\r\n\u{2}1234,0\u{3}\r\n")
                .into_bytes()
        }
        Language::Tspl => vec![out << 2 | busy << 5],
    }
}

fn serve(language: Language, mut stream: TcpStream, mood: &Mutex<Mood>, seen: &Seen) {
    let question = question(language);
    // Bytes a slow one takes at a time; a label is ten times as long in one language as in the other.
    let slow = if language == Language::Zpl { 512 } else { 5_120 };
    let mine = {
        let mut seen = seen.lock().unwrap();
        seen.push(Vec::new());
        seen.len() - 1
    };
    let keep = |waiting: &mut Vec<u8>, count: usize| seen.lock().unwrap()[mine].extend(waiting.drain(..count));
    let taken = || seen.lock().unwrap()[mine].len();
    let mut waiting: Vec<u8> = Vec::new();
    loop {
        let now = *mood.lock().unwrap();
        if let Mood::FullAfter(bytes) = now
            && taken() >= bytes
        {
            std::thread::sleep(Duration::from_millis(5));
            continue;
        }
        let mut buffer = vec![0; if now == Mood::Slow { slow } else { 16_384 }];
        let Ok(count @ 1..) = stream.read(&mut buffer) else {
            // No question comes any more: all of it was labels.
            let rest = waiting.len();
            keep(&mut waiting, rest);
            return;
        };
        if now == Mood::Slow {
            std::thread::sleep(Duration::from_millis(1));
        }
        waiting.extend_from_slice(&buffer[..count]);
        while let Some(at) = place(&waiting, question) {
            keep(&mut waiting, at);
            waiting.drain(..question.len());
            let now = *mood.lock().unwrap();
            let is_out = match now {
                Mood::Silent => continue,
                Mood::PaperOut => true,
                Mood::RunsOutAfter(bytes) => seen.lock().unwrap().iter().map(Vec::len).sum::<usize>() >= bytes,
                _ => false,
            };
            if stream.write_all(&answer(language, is_out, now == Mood::Busy)).is_err() {
                return;
            }
        }
        // The last bytes may be the beginning of a question.
        let sure = waiting.len().saturating_sub(question.len() - 1);
        keep(&mut waiting, sure);
        if let Mood::HangsUpAfter(bytes) = now
            && taken() >= bytes
        {
            return;
        }
    }
}

/// A batch, a printer of our own that the house knows, and little patience.
async fn printing(app: &TestApp, language: Language, mood: Mood, confirms: bool) -> FakePrinter {
    batch(app, "B-1", 100).await;
    let fake = FakePrinter::new(language, mood);
    let (stamp, port) = (app.state.stamp("staff:op"), i64::from(fake.port));
    let write = move |db: &mut hangtag::platform::db::Db| {
        for (policy, value) in [(Policy::PrintChunk, 10), (Policy::PrintAnswerSeconds, 1), (Policy::PrintConfirmSeconds, 1)] {
            policies::set(db, &stamp, policy, &SetPolicy::now(value, "a test"))?;
        }
        let printer = Printer {
            code: "ZT-1".into(),
            name: String::new(),
            host: "127.0.0.1".into(),
            port,
            language,
            dpi: 300,
            confirms,
            ..Printer::default()
        };
        printers::create(db, &stamp, printer)
    };
    app.state.store.write(write).await.unwrap();
    fake
}

/// Queues 25 labels and runs the job as far as it goes.
async fn print(app: &TestApp) -> JobView {
    let op = app.api(Role::LabelOperator).await;
    let body = json!({ "batch": "B-1", "template": "hangtag-40x60-en", "printer": "ZT-1", "count": 25 });
    let id = op.json("POST", "/api/v1/label-jobs", &body).await.expect(201).json()["id"].as_str().unwrap().to_owned();
    run(app).await;
    view(app, &id).await
}

async fn run(app: &TestApp) {
    assert!(blocking(app, |state| print_jobs::run_one(state, &mut |_| {})).await.unwrap(), "a job waits");
}

async fn view(app: &TestApp, id: &str) -> JobView {
    let op = app.api(Role::LabelOperator).await;
    serde_json::from_value(op.get(&format!("/api/v1/label-jobs/{id}")).await.expect(200).json()).unwrap()
}

async fn act(app: &TestApp, job: &JobView, what: &str, body: &Value) -> JobView {
    let op = app.api(Role::LabelOperator).await;
    let answer = op.json("POST", &format!("/api/v1/label-jobs/{}/{what}", job.id), body).await.expect(200);
    serde_json::from_value(answer.json()).unwrap()
}

fn states(job: &JobView) -> Vec<&'static str> {
    job.chunks.iter().map(|chunk| chunk.state.as_str()).collect()
}

/// Numbers of the units whose labels the printer received whole. Panics on a label that came twice or that is no unit's.
async fn received(app: &TestApp, fake: &FakePrinter) -> BTreeSet<i64> {
    // What every unit's label looks like, from the file that has them all: void ones have no label any more, so they are asked for before.
    let last = minted(app).await;
    let known = blocking(app, move |state| {
        let keys = state.keys.clone();
        let batch = state.store.read_blocking(|db| batches::batch_by_code(db, "B-1")).unwrap().unwrap();
        (1..=last)
            .map(|unit| {
                let garment = hangtag::kernel::GarmentId::new(batch.no, unit - 1).unwrap();
                (batches::own_serial(&keys.serials, &batch, garment).unwrap().serial, unit)
            })
            .collect::<BTreeMap<_, _>>()
    })
    .await;
    let template = hangtag::production::labels::Template::load("hangtag-40x60-en", None).unwrap();
    let labels = fake.labels();
    let distinct: BTreeSet<&Vec<u8>> = labels.iter().collect();
    assert_eq!(distinct.len(), labels.len(), "a label came twice");
    let job = reference_job(app).await;
    let layout =
        hangtag::production::labels::LabelLayout::new(template, &hangtag::production::labels::Fonts::embedded(), job, Some(300)).unwrap();
    let mut by_label = BTreeMap::new();
    for (serial, unit) in known {
        let mut out = Vec::new();
        let one = hangtag::production::labels::LabelUnit { serial, unit, claim_code: None };
        hangtag::production::labels::write_labels(
            fake.language.format(),
            &layout,
            &mut std::iter::once(one),
            Target::Stream(&mut out),
            &mut |_| {},
        )
        .unwrap();
        by_label.insert(labels_of(fake.language, &out).remove(0), unit);
    }
    labels.iter().map(|label| *by_label.get(label).unwrap_or_else(|| panic!("a label that is no unit's"))).collect()
}

/// What the test's labels say, put together by hand.
async fn reference_job(app: &TestApp) -> hangtag::production::labels::LabelJob {
    let fields = [
        ("brand", app.state.config.brand_en.as_str()),
        ("maker", "Ningbo Shanlan Garments"),
        ("address", "128 Kexin Road, Ningbo"),
        ("product", "T-shirt"),
        ("style", "LS-T01"),
        ("size", "M"),
        ("colour", "Navy"),
        ("composition", "100% cotton"),
        ("batch", "B-1"),
    ];
    hangtag::production::labels::LabelJob {
        fields: fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        care: ["wash-30-mild", "bleach-no", "dry-line", "iron-150", "clean-no"].map(String::from).into(),
        uri_prefix: format!("HTTP://LOCALHOST/01/{GTIN}/21/"),
        claim_codes: false,
    }
}

fn confirmed(job: &JobView) -> BTreeSet<i64> {
    units_in(job, "confirmed")
}

fn units_in(job: &JobView, state: &str) -> BTreeSet<i64> {
    let chunks = job.chunks.iter().filter(|chunk| chunk.state.as_str() == state);
    chunks.flat_map(|chunk| batches::read_units("units", &chunk.units).unwrap()).map(|unit| unit + 1).collect()
}

/// Does it with each of them, side by side: most of it is waiting for printers.
async fn each<T>(all: impl IntoIterator<Item = T>, one: impl AsyncFn(T)) {
    futures_util::future::join_all(all.into_iter().map(|which| one(which))).await;
}

/// Every language with each of these.
fn pairs<T: Copy>(some: impl IntoIterator<Item = T>) -> Vec<(Language, T)> {
    some.into_iter().flat_map(|one| LANGUAGES.map(|language| (language, one))).collect()
}

async fn is_void(app: &TestApp, unit: i64) -> bool {
    let garment = hangtag::kernel::GarmentId::new(hangtag::kernel::BatchNo(1), unit - 1).unwrap();
    app.state.store.read(move |db| batches::is_void(db, garment)).await.unwrap()
}

story!(a_printer_that_works_prints_every_label_once, |app| {
    let on = app.on;
    each(pairs([Mood::Works, Mood::Slow]), async |(language, mood)| {
        let app = TestApp::new(on);
        let fake = printing(&app, language, mood, true).await;
        let job = print(&app).await;
        assert_eq!((job.state, states(&job)), (PrintJobState::Done, vec!["confirmed"; 3]));
        assert_eq!((job.labels, job.made, job.unaccounted), (25, 25, 0));
        assert_eq!(received(&app, &fake).await, (1..=25).collect());
        // The next job goes on where this one ended.
        let next = print(&app).await;
        assert_eq!(confirmed(&next), (26..=50).collect());
        assert_eq!(received(&app, &fake).await, (1..=50).collect());
    })
    .await;
});

story!(a_printer_that_cannot_print_is_sent_nothing, |app| {
    let on = app.on;
    each(pairs([(Mood::Silent, "silent"), (Mood::PaperOut, "paper-out"), (Mood::Busy, "busy")]), async |(language, (mood, reason))| {
        let app = TestApp::new(on);
        let fake = printing(&app, language, mood, true).await;
        let job = print(&app).await;
        assert_eq!((job.state, job.message.as_str(), states(&job)), (PrintJobState::Paused, reason, vec!["queued"; 3]));
        assert_eq!((job.unaccounted, fake.labels().len()), (0, 0));
        fake.set(Mood::Works);
        assert_eq!(act(&app, &job, "resume", &json!({})).await.state, PrintJobState::Queued);
        run(&app).await;
        assert_eq!(confirmed(&view(&app, &job.id.to_string()).await), (1..=25).collect());
        assert_eq!(received(&app, &fake).await, (1..=25).collect());
    })
    .await;
});

story!(what_a_printer_lost_is_voided_and_printed_anew, |app| {
    // Bytes of some labels, but not of all.
    let some = |language| if language == Language::Zpl { 9_000 } else { 100_000 };
    let moods = LANGUAGES.map(|language| [(language, Mood::HangsUpAfter(some(language))), (language, Mood::FullAfter(some(language)))]);
    let on = app.on;
    each(moods.concat(), async |(language, mood)| {
        let app = TestApp::new(on);
        let fake = printing(&app, language, mood, true).await;
        let job = print(&app).await;
        assert_eq!((job.state, states(&job)), (PrintJobState::Paused, vec!["unknown", "queued", "queued"]));
        assert!(matches!(job.message.as_str(), "broke-off" | "closed" | "silent"), "{}", job.message);
        // Every serial nobody knows about is listed.
        let op = app.api(Role::LabelOperator).await;
        let listed = op.get(&format!("/api/v1/label-jobs/{}/unaccounted", job.id)).await.expect(200).json();
        let listed: BTreeSet<i64> = listed.as_array().unwrap().iter().map(|one| one["unit"].as_i64().unwrap()).collect();
        assert_eq!((listed, job.unaccounted), ((1..=10).collect(), 10));
        // Going on never sends the unknown chunk again.
        fake.set(Mood::Works);
        act(&app, &job, "resume", &json!({})).await;
        run(&app).await;
        let job = view(&app, &job.id.to_string()).await;
        assert_eq!((job.state, states(&job)), (PrintJobState::Done, vec!["unknown", "confirmed", "confirmed"]));
        // A word that is none settles nothing, and says so.
        let person = app.persona(Role::LabelOperator).await;
        person.form(&format!("/labels/jobs/{}/settle", job.id), &[("chunk.1", "perhaps")]).await.expect(422);
        let job = act(&app, &job, "settle", &json!({ "chunks": [{ "seq": 1, "verdict": "reprint" }] })).await;
        assert_eq!((job.state, job.unaccounted), (PrintJobState::Queued, 0));
        run(&app).await;
        let job = view(&app, &job.id.to_string()).await;
        assert_eq!(states(&job), ["voided", "confirmed", "confirmed", "confirmed"]);
        assert_eq!(confirmed(&job), (11..=35).collect());
        for unit in 1..=10 {
            assert!(is_void(&app, unit).await);
        }
        let received = received(&app, &fake).await;
        assert!(received.is_superset(&confirmed(&job)), "what is confirmed came whole");
        if matches!(mood, Mood::HangsUpAfter(_)) {
            assert!(received.len() < 35, "the printer lost some");
        }
        // A word once said is not said again.
        let again = json!({ "chunks": [{ "seq": 1, "verdict": "printed" }] });
        assert_eq!(op.json("POST", &format!("/api/v1/label-jobs/{}/settle", job.id), &again).await.expect(409).code(), "wrong_state");
    })
    .await;
});

story!(a_jam_makes_a_chunk_unknown_and_a_person_may_say_it_was_printed, |app| {
    let on = app.on;
    each(LANGUAGES, async |language| {
        let app = TestApp::new(on);
        let fake = printing(&app, language, Mood::RunsOutAfter(1), true).await;
        let job = print(&app).await;
        assert_eq!(
            (job.state, job.message.as_str(), states(&job)),
            (PrintJobState::Paused, "paper-out", vec!["unknown", "queued", "queued"])
        );
        let job = act(&app, &job, "settle", &json!({ "chunks": [{ "seq": 1, "verdict": "printed" }] })).await;
        assert_eq!((job.state, states(&job), job.made), (PrintJobState::Paused, vec!["confirmed", "queued", "queued"], 10));
        // Called off: what was never sent is free for the next job.
        let job = act(&app, &job, "cancel", &json!({})).await;
        assert_eq!(states(&job), ["confirmed"]);
        fake.set(Mood::Works);
        assert_eq!(confirmed(&print(&app).await), (11..=35).collect());
        assert_eq!(received(&app, &fake).await, (1..=35).collect());
    })
    .await;
});

story!(a_printer_that_confirms_nothing_is_confirmed_by_a_person, |app| {
    let on = app.on;
    each(LANGUAGES, async |language| {
        let app = TestApp::new(on);
        let fake = printing(&app, language, Mood::Silent, false).await;
        let job = print(&app).await;
        assert_eq!((job.state, states(&job), job.unaccounted), (PrintJobState::Done, vec!["sent"; 3], 25));
        let said =
            json!({ "chunks": [{ "seq": 1, "verdict": "printed" }, { "seq": 2, "verdict": "printed" }, { "seq": 3, "verdict": "void" }] });
        let job = act(&app, &job, "settle", &said).await;
        assert_eq!((job.state, states(&job), job.made), (PrintJobState::Done, vec!["confirmed", "confirmed", "voided"], 20));
        assert!(is_void(&app, 25).await && !is_void(&app, 20).await);
        assert_eq!(received(&app, &fake).await, (1..=25).collect());
    })
    .await;
});

story!(a_runner_that_dies_leaves_its_chunk_unknown, |app| {
    let on = app.on;
    each(LANGUAGES, async |language| {
        let app = TestApp::new(on);
        let fake = printing(&app, language, Mood::Works, true).await;
        let stamp = app.state.stamp("staff:op");
        app.state
            .store
            .write(move |db| policies::set(db, &stamp, Policy::PrintConfirmSeconds, &SetPolicy::now(3_600, "a test")))
            .await
            .unwrap();
        let op = app.api(Role::LabelOperator).await;
        let body = json!({ "batch": "B-1", "template": "hangtag-40x60-en", "printer": "ZT-1", "count": 25 });
        let id = op.json("POST", "/api/v1/label-jobs", &body).await.expect(201).json()["id"].as_str().unwrap().to_owned();
        // It stays in the middle of the first chunk: sent, and the printer goes on printing.
        fake.set(Mood::Works);
        let (state, mood, seen) = (app.state.clone(), fake.mood.clone(), fake.seen.clone());
        std::thread::spawn(move || {
            while seen.lock().unwrap().iter().all(Vec::is_empty) {
                std::thread::yield_now();
            }
            *mood.lock().unwrap() = Mood::Busy;
        });
        let first = std::thread::spawn(move || print_jobs::run_one(&state, &mut |_| {}));
        let sent = || async { states(&view(&app, &id).await)[0] == "sent" && *fake.mood.lock().unwrap() == Mood::Busy };
        while !sent().await {
            tokio::task::yield_now().await;
        }
        // Its lease runs out, and another takes over.
        app.state.clock.advance(chrono::Duration::minutes(5));
        run(&app).await;
        let job = view(&app, &id).await;
        assert_eq!(
            (job.state, job.message.as_str(), states(&job)),
            (PrintJobState::Paused, "interrupted", vec!["unknown", "queued", "queued"])
        );
        // The first one was only asleep: what it learns changes nothing, and it sends nothing more.
        fake.set(Mood::Works);
        first.join().unwrap().unwrap();
        let job = view(&app, &id).await;
        assert_eq!((job.state, states(&job)), (PrintJobState::Paused, vec!["unknown", "queued", "queued"]));
        assert_eq!(received(&app, &fake).await, (1..=10).collect());
    })
    .await;
});

story!(a_printer_nobody_can_reach_is_sent_nothing, |app| {
    let fake = printing(&app, Language::Tspl, Mood::Works, true).await;
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let op = app.api(Role::LabelOperator).await;
    let mut fields = op.get("/api/v1/printers").await.expect(200).json()["items"][0].clone();
    fields.as_object_mut().unwrap().remove("id");
    fields["port"] = free.into();
    op.json("PUT", "/api/v1/printers/ZT-1", &fields).await.expect(200);
    assert_eq!(op.json("PUT", "/api/v1/printers/ZT-1", &fields).await.expect(409).code(), "stale");
    let job = print(&app).await;
    assert_eq!((job.state, job.message.as_str(), states(&job)), (PrintJobState::Paused, "unreachable", vec!["queued"; 3]));
    assert!(fake.labels().is_empty());
});

// Files by the API, and the pages

story!(a_file_is_made_in_the_background_and_downloaded, |app| {
    batch(&app, "B-1", 30).await;
    let op = app.api(Role::LabelOperator).await;
    let body = json!({ "batch": "B-1", "template": "hangtag-40x60-en", "format": "csv", "claim_codes": true });
    let made = op.json("POST", "/api/v1/label-jobs", &body).await.expect(201);
    let place = made.header("location").unwrap().to_owned();
    op.get(&format!("{place}/file")).await.expect(404);
    assert!(blocking(&app, |state| jobs::run_one(state, &hangtag::app::works())).await.unwrap());
    let job = op.get(&place).await.expect(200).json();
    assert_eq!((job["state"].as_str(), job["made"].as_i64()), (Some("done"), Some(30)));
    let file = op.get(job["file"].as_str().unwrap()).await.expect(200);
    assert_eq!(rows(&file.body).len(), 30);
    // A spreadsheet takes no code for a number: each has its hyphen.
    let text = String::from_utf8(file.body.clone()).unwrap();
    let codes: Vec<&str> = text.lines().skip(1).filter_map(|line| line.rsplit(',').next()).collect();
    assert!(codes.len() == 30 && codes.iter().all(|code| code.len() == 11 && code.as_bytes()[5] == b'-'), "{codes:?}");
    // Spoiled ones are voided and made anew, in a job of their own.
    let id = job["id"].as_str().unwrap();
    let beyond = op.json("POST", &format!("/api/v1/label-jobs/{id}/spoiled"), &json!({ "units": "29-31" })).await;
    assert_eq!(beyond.expect(422).json()["faults"].as_array().map(Vec::len), Some(1));
    op.json("POST", &format!("/api/v1/label-jobs/{id}/spoiled"), &json!({ "units": "17, 20-21", "reprint": true })).await.expect(200);
    assert!(is_void(&app, 17).await && is_void(&app, 21).await && !is_void(&app, 19).await);
    assert!(blocking(&app, |state| jobs::run_one(state, &hangtag::app::works())).await.unwrap());
    assert_eq!(units(&app, LabelRequest { units: Some("31-33".into()), ..asked("csv") }).await, [31, 32, 33]);
    op.json("POST", &format!("/api/v1/label-jobs/{id}/pause"), &json!({})).await.expect(409);
    op.json("POST", &format!("/api/v1/label-jobs/{id}/dance"), &json!({})).await.expect(404);
});

story!(a_spoiled_label_is_voided_by_what_is_printed_on_it, |app| {
    batch(&app, "B-1", 12).await;
    let op = app.persona(Role::LabelOperator).await;
    let file = make(&app, LabelRequest { count: Some(6), ..asked("csv") }).await.unwrap();
    let serial = |unit: i64| rows(&file).into_iter().find(|row| row.2 == unit).unwrap().0;
    let spoiled = |serials: String, again: bool| {
        let mut fields = vec![("serials".to_owned(), serials)];
        fields.extend(again.then(|| ("reprint".to_owned(), "on".to_owned())));
        fields
    };
    let send = async |fields: Vec<(String, String)>| {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        op.form("/labels/spoiled", &fields).await
    };
    // One that is none of ours voids nothing, and the page gives back what was scanned.
    let page = send(spoiled(format!("{}\nhello", serial(2)), false)).await.expect(422);
    assert!(page.text().contains("“hello”") && page.text().contains(&serial(2)));
    assert!(!is_void(&app, 2).await);
    assert!(send(spoiled(" ".into(), false)).await.expect(422).text().contains("Needed"));
    // As it is typed, and as it is scanned; the new labels are a job of their own, because the first went into a file.
    let typed = serial(2).to_lowercase();
    let scanned = format!("HTTPS://ID.EXAMPLE.COM/01/{GTIN}/21/{}", serial(4));
    let place = send(spoiled(format!("{typed}\n{scanned}"), true)).await.expect(303).header("location").unwrap().to_owned();
    assert!(place.starts_with("/labels/jobs/"), "{place}");
    assert!(is_void(&app, 2).await && is_void(&app, 4).await && !is_void(&app, 3).await);
    assert!(blocking(&app, |state| jobs::run_one(state, &hangtag::app::works())).await.unwrap());
    assert_eq!(minted(&app).await, 8);
    // Void already: not found again.
    send(spoiled(serial(2), false)).await.expect(422);
    // A serial no job had leads to where its label is made.
    let stamp = app.state.stamp("staff:operator");
    let no = app.state.store.read(|db| batches::batch_by_code(db, "B-1")).await.unwrap().unwrap().no;
    let epoch = app.state.keys.serials.newest();
    app.state.store.write(move |db| batches::mint(db, &stamp, no, 1, epoch, Some(GTIN))).await.unwrap();
    let line = op.page("/batches/B-1?unit=9").await.expect(200);
    assert!(line.text().contains("/labels/spoiled"));
    let garment = hangtag::kernel::GarmentId::new(no, 8).unwrap();
    let keys = app.state.keys.clone();
    let of = app.state.store.read(move |db| batches::serial_of(db, &keys.serials, garment)).await.unwrap().unwrap();
    let place = send(spoiled(of.serial, true)).await.expect(303).header("location").unwrap().to_owned();
    assert_eq!(place, "/labels?batch=B-1&spoiled=1");
    assert!(op.page(&place).await.expect(200).text().contains("One serial is void"));
});

story!(a_batch_is_found_by_part_of_its_name, |app| {
    batch(&app, "B-1", 12).await;
    let op = app.persona(Role::LabelOperator).await;
    let page = op.page("/labels?batch=b-").await.expect(200);
    assert!(
        page.text().contains("/labels?batch=B-1&#38;template=") || page.text().contains("/labels?batch=B-1&amp;template="),
        "{}",
        page.text()
    );
    // The list without a choice offers the newest.
    assert!(op.page("/labels").await.expect(200).text().contains("B-1"));
});

story!(the_pages_lead_from_a_batch_to_its_labels, |app| {
    batch(&app, "B-1", 12).await;
    let op = app.persona(Role::LabelOperator).await;
    op.page("/labels").await.expect(200);
    let page = op.page("/labels?batch=B-1&template=hangtag-40x60-en").await.expect(200);
    assert!(page.text().contains("/labels/preview.png?batch=B-1"));
    let picture = op.get("/labels/preview.png?batch=B-1&template=hangtag-40x60-en").await.expect(200);
    assert!(picture.body.starts_with(b"\x89PNG"));
    assert_eq!(minted(&app).await, 0, "looking mints nothing");
    assert!(op.page("/labels?batch=NONE").await.expect(200).text().contains("NONE"));
    let fields = [("batch", "B-1"), ("template", "hangtag-40x60-en"), ("format", "png"), ("count", "many")];
    assert!(op.form("/labels", &fields).await.expect(422).text().contains("many"));
    let fields = [("batch", "B-1"), ("template", "hangtag-40x60-en"), ("format", "png"), ("count", "3"), ("claim_codes", "on")];
    let place = op.form("/labels", &fields).await.expect(303).header("location").unwrap().to_owned();
    assert!(op.page(&place).await.expect(200).text().contains("http-equiv"));
    assert!(blocking(&app, |state| jobs::run_one(state, &hangtag::app::works())).await.unwrap());
    let page = op.page(&format!("{place}?lang=zh-CN")).await.expect(200);
    assert!(!page.text().contains("http-equiv") && page.text().contains("/file"));
    assert!(op.form(&format!("{place}/spoiled"), &[("units", "x")]).await.expect(422).text().contains("501-1000"));
    op.form(&format!("{place}/spoiled"), &[("units", "2")]).await.expect(303);
    assert!(is_void(&app, 2).await);
    op.page("/printers").await.expect(200);
    let fields = [("code", "ZT-1"), ("host", "127.0.0.1"), ("port", "70000"), ("language", "zpl"), ("dpi", "300")];
    op.form("/printers/new", &fields).await.expect(422);
    let fake = FakePrinter::new(Language::Zpl, Mood::PaperOut);
    let port = fake.port.to_string();
    let fields =
        [("code", "ZT-1"), ("host", "127.0.0.1"), ("port", port.as_str()), ("language", "zpl"), ("dpi", "300"), ("confirms", "on")];
    let place = op.form("/printers/new", &fields).await.expect(303).header("location").unwrap().to_owned();
    op.page(&place).await.expect(200);
    assert!(op.form(&format!("{place}/status"), &[]).await.expect(200).text().contains("No labels left"));
    fake.set(Mood::Works);
    assert!(op.form(&format!("{place}/status"), &[]).await.expect(200).text().contains("Ready"));
});

story!(jobs_are_listed_newest_first_and_narrowed, |app| {
    batch(&app, "B-1", 12).await;
    let op = app.persona(Role::LabelOperator).await;
    let body = |count: i64| json!({ "batch": "b-1", "template": "hangtag-40x60-en", "format": "csv", "count": count });
    let mut ids = Vec::new();
    for count in 1..=3 {
        let job = op.json("POST", "/api/v1/label-jobs", &body(count)).await.expect(201).json();
        assert_eq!((&job["labels"], &job["made"], &job["unaccounted"]), (&json!(count), &json!(0), &json!(0)));
        ids.push(job["id"].as_str().unwrap().to_owned());
    }
    op.json("POST", &format!("/api/v1/label-jobs/{}/cancel", ids[0]), &json!({})).await.expect(200);
    let listed = async |query: &str| {
        let page = op.get(&format!("/api/v1/label-jobs{query}")).await.expect(200).json();
        page["items"].as_array().unwrap().iter().map(|job| job["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let newest = [ids[2].clone(), ids[1].clone(), ids[0].clone()];
    assert_eq!(listed("").await, newest);
    assert_eq!(listed("?batch=B-1&state=cancelled").await, [ids[0].clone()]);
    assert!(listed("?batch=B-2").await.is_empty());
    let first = op.get("/api/v1/label-jobs?per_page=2").await.expect(200).json();
    let last = op.get(&format!("/api/v1/label-jobs?per_page=2&after={}", first["next"].as_str().unwrap())).await.expect(200).json();
    assert_eq!(last["items"][0]["id"], json!(ids[0]));
    let back = op.get(&format!("/api/v1/label-jobs?per_page=2&before={}", last["previous"].as_str().unwrap())).await.expect(200).json();
    assert_eq!(back["items"], first["items"]);
    let page = op.page("/label-jobs?state=cancelled").await.expect(200);
    assert!(page.text().contains(&format!("/labels/jobs/{}", ids[0])) && !page.text().contains(&ids[1]), "{}", page.text());
    assert!(op.get("/label-jobs.csv?lang=en").await.expect(200).text().contains("Called off"));
    // The first is called off, which takes its turn too.
    for _ in 0..2 {
        assert!(blocking(&app, |state| jobs::run_one(state, &hangtag::app::works())).await.unwrap());
    }
    let page = op.page(&format!("/labels/jobs/{}", ids[1])).await.expect(200);
    assert!(page.text().contains("Labels made"), "its page says what happened to it: {}", page.text());
});
