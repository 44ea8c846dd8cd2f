//! The small pieces that everything else waits for, each beside what it is measured against.
//!
//! `cargo bench --bench pieces`. Only ratios within one run mean anything: machines are shared.

#![expect(clippy::expect_used, reason = "a bench that cannot be set up has nothing to measure")]

use chrono::{NaiveDate, TimeDelta};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hangtag::kernel::calendar::{Calendar, Hours, Nation, Pauses, Span, Target, Unit, Week, read_json};
use hangtag::kernel::gs1::DigitalLink;
use hangtag::kernel::qr::{Ecc, Qr};
use hangtag::kernel::serial::{Epoch, Gtin14, Keyring, RootKey};
use hangtag::kernel::{BatchNo, GarmentId};
use std::hint::black_box;
use std::sync::Arc;

const GTIN: Gtin14 = *b"06901234567892";

fn keyring() -> Keyring {
    Keyring::new([(Epoch::FIRST, RootKey::new([7; 32]))]).expect("one key")
}

fn uris() -> Vec<String> {
    let ring = keyring();
    let minted = ring.mint_range(Epoch::FIRST, GTIN, BatchNo(4711), 0, 256).expect("a small range");
    minted.map(|(_, serial)| format!("HTTPS://ID.BRAND.CN/01/06901234567892/21/{serial}")).collect()
}

fn qr(c: &mut Criterion) {
    let uris = uris();
    let mut group = c.benchmark_group("qr, 61 characters, level Q");
    group.throughput(Throughput::Elements(1));
    let mut turn = uris.iter().cycle();
    group.bench_function("ours", |b| b.iter(|| Qr::encode(black_box(turn.next().expect("endless").as_bytes()), Ecc::Q)));
    let mut turn = uris.iter().cycle();
    group.bench_function("the qrcode crate", |b| {
        b.iter(|| qrcode::QrCode::with_error_correction_level(black_box(turn.next().expect("endless")), qrcode::EcLevel::Q));
    });
    group.finish();
}

fn serial(c: &mut Criterion) {
    let ring = keyring();
    let garment = GarmentId::new(BatchNo(4711), 99).expect("in range");
    let serial = ring.mint(&GTIN, garment);
    let text = serial.grouped();
    let mut group = c.benchmark_group("serial");
    group.throughput(Throughput::Elements(1));
    group.bench_function("mint", |b| b.iter(|| ring.mint(black_box(&GTIN), black_box(garment))));
    group.bench_function("open", |b| b.iter(|| ring.open(black_box(&GTIN), black_box(&serial))));
    group.bench_function("parse", |b| b.iter(|| hangtag::kernel::serial::Serial::parse(black_box(&text))));
    group.finish();
}

fn digital_link(c: &mut Criterion) {
    let uris = uris();
    let mut group = c.benchmark_group("digital link");
    group.throughput(Throughput::Elements(1));
    let mut turn = uris.iter().cycle();
    group.bench_function("parse", |b| b.iter(|| DigitalLink::parse(black_box(turn.next().expect("endless")))));
    group.finish();
}

/// A hundred thousand at a time, each with a pause in it, among China's holidays of 2026.
fn deadlines(c: &mut Criterion) {
    use chrono::Weekday::{Fri, Mon, Thu, Tue, Wed};
    let holidays = read_json(include_str!("../tests/vectors/working-time/holidays-cn-2026.json")).expect("sound");
    let nation = Arc::new(Nation::saturday_and_sunday(holidays));
    let hours = Hours::read("hours", "09:00-12:00;13:00-18:00").expect("sound");
    let first = NaiveDate::from_ymd_opt(2026, 1, 1).and_then(|day| day.and_hms_opt(0, 0, 0)).expect("a day");
    let mut group = c.benchmark_group("100,000 deadlines");
    group.sample_size(10);
    for zone in [chrono_tz::Asia::Shanghai, chrono_tz::Europe::Berlin] {
        let week = Week::same(&[Mon, Tue, Wed, Thu, Fri], &hours);
        let calendar = Calendar::new(1, zone, week).expect("sound").with_nation(Arc::clone(&nation));
        for (what, unit, value) in [("3 working days", Unit::WorkingDays, 3), ("1620 working minutes", Unit::WorkingMinutes, 1_620)] {
            let target = Target::new("target", unit, value).expect("sound");
            group.bench_function(format!("{what}, {zone}"), |b| {
                b.iter(|| {
                    let due = (0..100_000).map(|place| {
                        let start = first + TimeDelta::minutes(place * 5);
                        let pause = Span { from: start + TimeDelta::hours(20), to: start + TimeDelta::hours(50) };
                        calendar.due(start, target, &Pauses::new([pause])).at
                    });
                    due.max()
                });
            });
        }
    }
    group.finish();
}

criterion_group!(pieces, qr, serial, digital_link, deadlines);
criterion_main!(pieces);
