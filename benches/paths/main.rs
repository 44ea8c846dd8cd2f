//! Whole paths, each beside its baseline in the same run: `cargo bench --bench paths`.
//!
//! Starts the real server on stores of the sizes the budgets speak of and measures each path and its baseline in turns; absolute figures on
//! shared machines mean nothing, so read the ratios. Prints a table and writes `paths.json` into the target directory. Needs about 5 GB of
//! disk there while it runs. Nothing here asserts a time.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::unreachable,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a bench prints, and stops at what it did not expect"
)]

mod load;
mod servers;
mod stock;
mod trace;
mod writes;

use std::cell::OnceCell;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use hangtag::kernel::qr::{Ecc, Qr};
use hangtag::kernel::serial::{Epoch, Keyring, RootKey};
use hangtag::kernel::{BatchNo, GarmentId};

use load::{Run, load};
use servers::Server;
use stock::Stock;

/// Times each path and its baseline take turns.
const TURNS: usize = 7;
/// How long each turn lasts.
const TURN: Duration = Duration::from_secs(2);
const CONNECTIONS: usize = 32;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [word, port, page] = arguments.as_slice()
        && word == "hello"
    {
        servers::hello(port, Path::new(page));
        return;
    }
    // `cargo bench --bench paths -- cards` measures the cards alone.
    let wanted: Vec<&String> = arguments.iter().filter(|word| !word.starts_with('-')).collect();
    let (mut report, stocks) = (Report::default(), Stocks::default());
    for (name, measure) in PATHS {
        if wanted.is_empty() || wanted.iter().any(|word| word == name) {
            say(name);
            measure(&mut report, &stocks);
        }
    }
    report.end();
}

type Measure = fn(&mut Report, &Stocks);

/// What is measured, by name.
const PATHS: &[(&str, Measure)] = &[
    ("pieces", pieces),
    ("traces", traces),
    ("start", cold_start),
    ("cards", cards),
    ("growth", growth),
    ("writes", durable_writes),
    ("labels", labels),
];

/// The stores, each made when it is first needed.
struct Stocks {
    folder: tempfile::TempDir,
    small: OnceCell<Stock>,
    middle: OnceCell<Stock>,
    large: OnceCell<Stock>,
}

impl Default for Stocks {
    fn default() -> Self {
        Self { folder: stock::folder(), small: OnceCell::new(), middle: OnceCell::new(), large: OnceCell::new() }
    }
}

impl Stocks {
    fn of<'a>(&self, cell: &'a OnceCell<Stock>, sold: u64) -> &'a Stock {
        cell.get_or_init(|| {
            say(&format!("making a store of {sold} sold garments"));
            Stock::make(&self.folder.path().join(sold.to_string()), sold)
        })
    }

    fn small(&self) -> &Stock {
        self.of(&self.small, 10_000)
    }

    fn middle(&self) -> &Stock {
        self.of(&self.middle, 1_000_000)
    }

    fn large(&self) -> &Stock {
        self.of(&self.large, 10_000_000)
    }
}

/// The middle one.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// How long something takes, in milliseconds.
fn millis<T>(work: impl FnOnce() -> T) -> f64 {
    let start = Instant::now();
    black_box(work());
    start.elapsed().as_secs_f64() * 1_000.0
}

fn say(what: &str) {
    eprintln!("· {what}");
}

/// What was measured: a line for people each, and the numbers that have names.
#[derive(Default)]
struct Report {
    lines: Vec<String>,
    named: serde_json::Map<String, serde_json::Value>,
}

impl Report {
    fn line(&mut self, path: &str, budget: &str, measured: String) {
        say(&format!("{path}: {measured}"));
        self.lines.push(format!("| {path} | {budget} | {measured} |"));
    }

    fn number(&mut self, name: &str, value: f64) {
        let digits = if value < 10.0 { 1_000.0 } else { 1.0 };
        self.named.insert(name.into(), ((value * digits).round() / digits).into());
    }

    fn end(self) {
        println!("| path | budget | measured |\n|---|---|---|");
        self.lines.iter().for_each(|line| println!("{line}"));
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("paths.json");
        std::fs::write(&file, serde_json::to_string_pretty(&self.named).unwrap()).unwrap();
        println!("\n{}", file.display());
    }
}

fn pieces(report: &mut Report, _: &Stocks) {
    let gtin = *b"06901234567892";
    let ring = Keyring::new([(Epoch::FIRST, RootKey::new([7; 32]))]).unwrap();
    let garment = |unit: usize| GarmentId::new(BatchNo(4_711), unit as i64).unwrap();
    let serials: Vec<_> = (0..2_000).map(|unit| ring.mint(&gtin, garment(unit))).collect();
    let each = |work: &mut dyn FnMut(usize)| median((0..31).map(|_| millis(|| (0..2_000).for_each(&mut *work))).collect()) * 500.0;
    let mint = each(&mut |unit| {
        black_box(ring.mint(&gtin, garment(unit)));
    });
    let verify = each(&mut |unit| {
        black_box(ring.open(&gtin, &serials[unit]));
    });
    report.number("mint_ns", mint);
    report.line("mint, verify a serial", "≤ 1 µs each", format!("{:.2} µs, {:.2} µs", mint / 1_000.0, verify / 1_000.0));

    let uris: Vec<String> = serials.iter().take(200).map(|serial| format!("HTTPS://ID.BRAND.CN/01/06901234567892/21/{serial}")).collect();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        ours.push(millis(|| uris.iter().for_each(|uri| drop(black_box(Qr::encode(uri.as_bytes(), Ecc::Q))))));
        theirs.push(millis(|| {
            for uri in &uris {
                black_box(qrcode::QrCode::with_error_correction_level(uri, qrcode::EcLevel::Q)).unwrap();
            }
        }));
    }
    let ratio = median(theirs.iter().zip(&ours).map(|(theirs, ours)| theirs / ours).collect());
    report.number("qr_vs_qrcode_crate", ratio);
    let (ours, theirs) = (median(ours) * 5.0, median(theirs) * 5.0);
    report.line("QR of 61 characters, level Q", "≥ 20 × the qrcode crate", format!("{ratio:.0} × ({ours:.1} µs, {theirs:.0} µs)"));
}

fn traces(report: &mut Report, stocks: &Stocks) {
    let t = trace::trace(stocks.folder.path());
    report.number("trace_batches_ms", t.batches);
    report.number("trace_counts_ms", t.counts);
    let by_sql = format!("{:.3} ms for {:.0} batches (by SQL {:.1} ms)", t.batches, t.found, t.batches_by_sql);
    report.line("lot → batches, 200,000 lots, 8 levels", "≤ 0.5 ms", by_sql);
    report.line("the widest lots → batches", "", format!("{:.2} ms for {:.0} of 20,000 batches", t.widest, t.widest_found));
    report.line("sold and claimed by retailer of those", "≤ 5 ms", format!("{:.2} ms; the widest {:.1} ms", t.counts, t.widest_counts));
    report.line("reading the genealogy when it changed", "", format!("{:.0} ms", t.reading));
}

/// How often each of two paths was answered in a second, in turns, and how the second compares with the first.
fn in_turns(mut baseline: impl FnMut() -> Run, mut path: impl FnMut() -> Run) -> (f64, Run, Run) {
    let turns: Vec<(Run, Run)> = (0..TURNS).map(|_| (baseline(), path())).collect();
    let ratio = median(turns.iter().map(|(baseline, path)| path.per_second / baseline.per_second).collect());
    let (baseline, path): (Vec<Run>, Vec<Run>) = turns.into_iter().unzip();
    let middle = |runs: Vec<Run>| Run {
        per_second: median(runs.iter().map(|run| run.per_second).collect()),
        p99_ms: median(runs.iter().map(|run| run.p99_ms).collect()),
        bytes: runs[0].bytes,
    };
    (ratio, middle(baseline), middle(path))
}

fn cards(report: &mut Report, stocks: &Stocks) {
    let stock = stocks.middle();
    let paths = stock.cards(100_000);
    let server = Server::serve(stock);
    let page = stocks.folder.path().join("page.html");
    for (accept, title, budget) in [("", "", "≥ 0.5 ×"), ("br", ", brotli", "")] {
        std::fs::write(&page, server.get(&paths[0], accept)).unwrap();
        let hello = Server::hello(&page);
        let (ratio, bare, card) = in_turns(
            || load(hello.port, &["/".to_owned()], "", CONNECTIONS, TURN),
            || load(server.port, &paths, accept, CONNECTIONS, TURN),
        );
        let measured = |ratio: f64, run: &Run| {
            format!("{ratio:.2} × ({:.0}/s, bare {:.0}/s), p99 {:.1} ms, {} bytes", run.per_second, bare.per_second, run.p99_ms, run.bytes)
        };
        report.line(
            &format!("card by serial, 1 M sold garments{title}"),
            &format!("{budget} a bare actix handler, p99 ≤ 5 ms"),
            measured(ratio, &card),
        );
        let (kept_ratio, _, kept) = in_turns(
            || load(hello.port, &["/".to_owned()], "", CONNECTIONS, TURN),
            || load(server.port, &paths[..1], accept, CONNECTIONS, TURN),
        );
        report.line(
            &format!("the same card again and again{title}"),
            if budget.is_empty() { "" } else { "≥ 0.8 ×" },
            measured(kept_ratio, &kept),
        );
        if accept.is_empty() {
            report.number("card_vs_hello", ratio);
            report.number("card_kept_vs_hello", kept_ratio);
        }
    }
}

fn growth(report: &mut Report, stocks: &Stocks) {
    let (small, large) = (stocks.small(), stocks.large());
    let (few, many) = (small.cards(10_000), large.cards(100_000));
    let (at_small, at_large) = (Server::serve(small), Server::serve(large));
    let (ratio, before, after) =
        in_turns(|| load(at_small.port, &few, "", CONNECTIONS, TURN), || load(at_large.port, &many, "", CONNECTIONS, TURN));
    report.number("card_growth_1e4_1e7", 1.0 / ratio);
    let rates = format!("{:.2} × ({:.0}/s, {:.0}/s)", 1.0 / ratio, before.per_second, after.per_second);
    report.line("card, time at 10⁷ garments over 10⁴", "≤ 1.3 ×", rates);
}

fn cold_start(report: &mut Report, stocks: &Stocks) {
    let stock = stocks.middle();
    let path = stock.cards(1).remove(0);
    let (mut times, mut resident) = (Vec::new(), 0.0);
    for _ in 0..TURNS {
        let mut server = None;
        times.push(millis(|| {
            let started = Server::serve(stock);
            started.get(&path, "");
            server = Some(started);
        }));
        resident = server.map_or(0.0, |server| server.resident_mb("VmRSS"));
    }
    let time = median(times);
    report.number("cold_start_ms", time);
    report.line("cold start to first card, 1 M garments", "≤ 300 ms, ≤ 40 MB idle", format!("{time:.0} ms, {resident:.0} MB"));
}

fn durable_writes(report: &mut Report, stocks: &Stocks) {
    let stock = stocks.small();
    let shops = writes::Shops::open(stock);
    let turns: Vec<(f64, f64)> = (0..TURNS).map(|_| (shops.sell(false, TURN / 2), shops.sell(true, TURN / 2))).collect();
    let ratio = median(turns.iter().map(|(one, group)| group / one).collect());
    report.number("durable_writes_vs_one_commit_each", ratio);
    let (one, group): (Vec<f64>, Vec<f64>) = turns.into_iter().unzip();
    let rates = format!("{ratio:.1} × ({:.0}/s, {:.0}/s)", median(group), median(one));
    report.line("durable sales, 64 clients", "≥ 8 × one commit each", rates);
}

fn labels(report: &mut Report, stocks: &Stocks) {
    let stock = stocks.small();
    const COUNT: u32 = 100_000;
    let (mut rates, mut resident, mut size) = (Vec::new(), 0.0_f64, 0);
    for turn in 0..3 {
        let file = stock.folder.join(format!("labels-{turn}.pdf"));
        let (peak, took) = servers::make_labels(stock, COUNT, &file);
        resident = resident.max(peak);
        rates.push(f64::from(COUNT) / took);
        size = std::fs::metadata(&file).unwrap().len() / u64::from(COUNT);
        std::fs::remove_file(&file).unwrap();
    }
    let rate = median(rates);
    report.number("labels_pdf_per_s", rate);
    let measured = format!("{rate:.0}/s, {resident:.0} MB, {size} bytes a label");
    report.line("100,000 labels to PDF, whole command", "≥ 30,000/s, ≤ 150 MB, ≤ 600 bytes a label", measured);
}
