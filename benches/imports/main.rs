//! A file of sales in random order, beside what the stores' own tools do with the same file in the same run: `cargo bench --bench imports`.
//!
//! Prints a table; read the ratios. Words after `--` choose what is measured: `sqlite`, `postgres`, `cards`. Settings, all optional:
//! - `BENCH_ROWS`: rows of the file, 950,000 when nobody says;
//! - `BENCH_BEFORE`: an older program, measured in turn with this one;
//! - `BENCH_POSTGRES`: `postgres://user@host:port` of a server on which databases may be made and dropped.
//!
//! The tables of comparison need `sqlite3` and `psql`; without them their lines are left out. Nothing here asserts a time.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a bench prints, and stops at what it did not expect"
)]

mod file;
#[expect(dead_code, reason = "shared with the bench of paths, which reads more of it")]
#[path = "../paths/load.rs"]
mod load;
mod program;

use std::path::Path;
use std::time::Duration;

use file::Season;
use program::{Cost, Server, costs, tool};

/// Times each takes its turn.
const TURNS: usize = 3;
/// The program that is measured.
const NOW: &str = env!("CARGO_BIN_EXE_hangtag");
/// The table of comparison: a key and two indices.
const PLAIN: &str = "CREATE TABLE plain (serial TEXT NOT NULL, gtin TEXT NOT NULL, retailer_code TEXT NOT NULL, sold_on DATE NOT NULL, \
     delivered_on DATE, order_no TEXT NOT NULL, price NUMERIC, currency TEXT, channel TEXT, country TEXT, city TEXT, PRIMARY KEY (gtin, serial)); \
     CREATE INDEX plain_day ON plain (sold_on, serial); CREATE INDEX plain_retailer ON plain (retailer_code, sold_on, serial);";

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|word| word == name);
    let rows = setting("BENCH_ROWS").map_or(950_000, |rows| rows.parse().unwrap());
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    println!(
        "| {rows} sales in random order | s | beside the baseline | s of the processor | MB resident | GB written |\n|---|---|---|---|---|---|"
    );
    if is_wanted("sqlite") || is_wanted("cards") {
        say("making a season in SQLite");
        let season = Season::in_sqlite(&folder.path().join("season"), rows);
        if is_wanted("sqlite") {
            sqlite(folder.path(), &season);
        }
        if is_wanted("cards") {
            cards(folder.path(), &season);
        }
    }
    if let Some(server) = setting("BENCH_POSTGRES").filter(|_| is_wanted("postgres")) {
        say("making a season in PostgreSQL");
        postgres(folder.path(), &server, rows);
    }
}

fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn say(what: &str) {
    eprintln!("· {what}");
}

/// The programs that are compared: this one, and an older one if there is one.
fn programs() -> Vec<(&'static str, String)> {
    let before = setting("BENCH_BEFORE").map(|program| ("before", program));
    before.into_iter().chain([("now", NOW.to_owned())]).collect()
}

/// The lines of a table, each with what it cost at every turn.
#[derive(Default)]
struct Lines(Vec<(String, Vec<Cost>)>);

impl Lines {
    fn add(&mut self, title: String, cost: Cost) {
        say(&format!("{title}: {cost:?}"));
        match self.0.iter_mut().find(|(name, _)| *name == title) {
            Some((_, costs)) => costs.push(cost),
            None => self.0.push((title, vec![cost])),
        }
    }

    /// Prints the lines, each beside the first: the medians, and the median of the ratios turn by turn.
    fn print(&self) {
        let first = self.0.first().map(|(_, costs)| costs.as_slice()).unwrap_or_default();
        for (title, costs) in &self.0 {
            let of = |figure: fn(&Cost) -> f64| median(costs.iter().map(figure).collect());
            let ratio = median(costs.iter().zip(first).map(|(cost, first)| cost.seconds / first.seconds).collect());
            let (seconds, processor) = (of(|cost| cost.seconds), of(|cost| cost.processor_s));
            let (resident, written) = (of(|cost| cost.resident_mb), of(|cost| cost.written_gb));
            println!("| {title} | {seconds:.1} | {ratio:.2} × | {processor:.1} | {resident:.0} | {written:.2} |");
        }
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn sqlite(folder: &Path, season: &Season) {
    let (csv, bare) = (season.csv.display().to_string(), season.without_gtin.display().to_string());
    let mut lines = Lines::default();
    for _ in 0..TURNS {
        let plain = folder.join("plain.db");
        let script = format!("{PLAIN}\n.import --csv --skip 1 {csv} plain\n");
        if let Some(cost) = tool("sqlite3", &[plain.to_str().unwrap()], &script) {
            lines.add("sqlite3 `.import`".to_owned(), cost);
        }
        std::fs::remove_file(&plain).unwrap_or_default();
        for (name, program) in programs() {
            let store = season.copied(&folder.join("turn"));
            let url = file::url_of(&store);
            lines.add(format!("SQLite, dry run, {name}"), costs(&program, &url, &["import", "sales", &csv, "--dry-run"]));
            lines.add(format!("SQLite, dry run without gtin, {name}"), costs(&program, &url, &["import", "sales", &bare, "--dry-run"]));
            lines.add(format!("SQLite, import, {name}"), costs(&program, &url, &["import", "sales", &csv]));
            lines.add(format!("SQLite, the same file again, {name}"), costs(&program, &url, &["import", "sales", &csv]));
            std::fs::remove_dir_all(&store).unwrap();
        }
    }
    lines.print();
}

fn postgres(folder: &Path, server: &str, rows: usize) {
    let maintain = |sql: &str| {
        tool("psql", &["-q", "-v", "ON_ERROR_STOP=1", &format!("{server}/postgres")], sql);
    };
    maintain("DROP DATABASE IF EXISTS hangtag_bench;\nDROP DATABASE IF EXISTS hangtag_season;\nCREATE DATABASE hangtag_season;\n");
    let season = Season::in_postgres(&folder.join("season-pg"), &format!("{server}/hangtag_season"), rows);
    let csv = season.csv.display().to_string();
    let mut lines = Lines::default();
    let url = format!("{server}/hangtag_bench");
    for _ in 0..TURNS {
        maintain("CREATE DATABASE hangtag_bench;\n");
        tool("psql", &["-q", &url], PLAIN);
        if let Some(cost) = tool("psql", &["-q", &url], &format!("\\copy plain FROM '{csv}' WITH (FORMAT csv, HEADER, NULL '')\n")) {
            lines.add("psql `\\copy`".to_owned(), cost);
        }
        maintain("DROP DATABASE hangtag_bench;\n");
        for (name, program) in programs() {
            maintain("CREATE DATABASE hangtag_bench TEMPLATE hangtag_season;\n");
            let store = season.copied(&folder.join("turn"));
            let at = file::Url { database: url.clone(), data: store.clone() };
            lines.add(format!("PostgreSQL, dry run, {name}"), costs(&program, &at, &["import", "sales", &csv, "--dry-run"]));
            lines.add(format!("PostgreSQL, import, {name}"), costs(&program, &at, &["import", "sales", &csv]));
            maintain("DROP DATABASE hangtag_bench;\n");
            std::fs::remove_dir_all(&store).unwrap();
        }
    }
    lines.print();
    maintain("DROP DATABASE hangtag_season;\n");
}

/// How fast cards are answered while a file is imported: by a server on the same store, to four phones that ask without a pause.
fn cards(folder: &Path, season: &Season) {
    for (name, program) in programs() {
        let store = season.copied(&folder.join("cards"));
        let url = file::url_of(&store);
        let server = Server::serve(&program, &url);
        let turn = |lasting| load::load(server.port, &season.cards, "", 4, lasting);
        turn(Duration::from_secs(1));
        let quiet = turn(Duration::from_secs(4));
        let mut import = program::start(&program, &url, &["import", "sales", &season.csv.display().to_string()]);
        let mut during = Vec::new();
        while import.try_wait().unwrap().is_none() {
            during.push(turn(Duration::from_secs(2)).p99_ms);
        }
        assert!(import.wait().unwrap().success());
        let worst = during.iter().copied().fold(0.0, f64::max);
        println!(
            "| p99 of a card meanwhile, {name} | {:.1} ms, worst two seconds {worst:.1} ms | quiet {:.1} ms | | | |",
            median(during),
            quiet.p99_ms
        );
        drop(server);
        std::fs::remove_dir_all(&store).unwrap();
    }
}
