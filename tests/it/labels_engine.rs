//! Labels as printers, bureaus and phones see them: every format is read back by something that knows nothing of how it was written.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use hangtag::kernel::error::{Code, Error, Fault};
use hangtag::kernel::qr::{Ecc, Qr};
use hangtag::production::labels::{
    Bitmap, Fonts, Format, LabelJob, LabelLayout, LabelUnit, Target, Template, lint, longest_job, png, write_labels,
};

use crate::support::has_tool;

pub(crate) const PREFIX: &str = "HTTPS://ID.BRAND.CN/01/09506000134352/21/";

pub(crate) fn job(template: &Template) -> LabelJob {
    let values = [
        ("brand", "SHANLAN"),
        ("maker", "Ningbo Shanlan Garment Ltd."),
        ("address", "128 Kexin Road, Ningbo, PR China"),
        ("product", "Wind jacket"),
        ("style", "SL-2026-AW01"),
        ("size", "L"),
        ("colour", "Navy & white"),
        ("composition", "62% cotton, 33% polyester, 5% elastane"),
        ("care_text", "Wash dark colours separately."),
        ("origin", "Made in China"),
        ("price", "€129.00"),
        ("batch", "B-2026-01"),
    ];
    let fields: BTreeMap<String, String> = values
        .iter()
        .filter(|(name, _)| template.spec.fields.contains_key(*name))
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let care = ["clean-no", "wash-30-mild", "bleach-no", "dry-line", "iron-110"].map(String::from).to_vec();
    LabelJob { fields, care, uri_prefix: PREFIX.to_owned(), claim_codes: true }
}

fn latin(name: &str, dpi: Option<u16>) -> LabelLayout {
    let template = Template::load(name, None).unwrap();
    let job = job(&template);
    LabelLayout::new(template, &Fonts::embedded(), job, dpi).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A template with the longest values it allows.
pub(crate) fn fullest(name: &str) -> LabelLayout {
    let template = Template::load(name, None).unwrap();
    let job = longest_job(&template, PREFIX);
    LabelLayout::new(template, &Fonts::embedded(), job, Some(300)).unwrap()
}

/// Serials that differ in every character, in the alphabet of ours.
pub(crate) fn units(count: i64) -> impl Iterator<Item = LabelUnit> {
    const ALPHABET: &[u8] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let text = |seed: u64, length: u64| -> String {
        let digit = |at: u64| (seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(u32::try_from(at * 7 % 64).unwrap()) % 32;
        (0..length).map(|at| char::from(ALPHABET[usize::try_from(digit(at)).unwrap()])).collect()
    };
    (1..=count).map(move |unit| {
        let seed = u64::try_from(unit).unwrap();
        LabelUnit { serial: text(seed, 20), unit, claim_code: Some(text(seed + 77, 10)) }
    })
}

pub(crate) fn written(format: Format, layout: &LabelLayout, count: i64) -> Vec<u8> {
    let mut out = Vec::new();
    let mut told = Vec::new();
    let summary = write_labels(format, layout, &mut units(count), Target::Stream(&mut out), &mut |done| told.push(done)).unwrap();
    assert_eq!(summary.labels, u64::try_from(count).unwrap());
    assert_eq!(summary.bytes, u64::try_from(out.len()).unwrap());
    assert_eq!(told.last(), Some(&summary.labels));
    out
}

fn faults(result: hangtag::kernel::Result<LabelLayout>) -> Vec<Fault> {
    match result {
        Err(Error::Refused(refusal)) => refusal.faults,
        other => panic!("not refused: {other:?}"),
    }
}

fn has<'a>(faults: &'a [Fault], code: Code, text: &str) -> &'a Fault {
    let found = faults.iter().find(|fault| fault.code == code && format!("{} {:?}", fault.field, fault.args).contains(text));
    found.unwrap_or_else(|| panic!("no {code:?} about {text} in {faults:?}"))
}

// Templates

#[test]
fn our_templates_print_the_longest_values_they_allow() {
    for name in Template::names(None) {
        let template = Template::load(&name, None).unwrap();
        assert_eq!(lint(&template, &Fonts::embedded(), None), [], "{name}");
    }
}

#[test]
fn a_missing_glyph_names_the_character_and_the_face() {
    let template = Template::load("care-30x60", None).unwrap();
    let job = LabelJob { fields: BTreeMap::from([("brand".into(), "山岚☃".into())]), ..job(&template) };
    let found = faults(LabelLayout::new(template.clone(), &Fonts::embedded(), job.clone(), None));
    has(&found, Code::MissingGlyph, "☃");
    has(&found, Code::MissingGlyph, "Noto Sans CJK SC");
    // What no machine has is missing with its faces too; U+10FFFD is never anybody's.
    let job = LabelJob { fields: BTreeMap::from([("brand".into(), "山岚\u{10fffd}".into())]), ..job };
    has(&faults(LabelLayout::new(template, &Fonts::beside(None), job, None)), Code::MissingGlyph, "10fffd");
}

#[test]
fn values_are_checked_by_name() {
    let template = Template::load("hangtag-40x60-en", None).unwrap();
    let mut job = job(&template);
    job.fields.remove("product");
    job.fields.insert("brand".into(), "A brand far too long".into());
    job.fields.insert("serial".into(), "1".into());
    job.fields.insert("nonsense".into(), "1".into());
    job.fields.insert("colour".into(), "\u{7}".into());
    job.care.push("wash-40".into());
    let found = faults(LabelLayout::new(template, &Fonts::embedded(), job, None));
    has(&found, Code::Missing, "fields.product");
    has(&found, Code::TooLong, "fields.brand");
    has(&found, Code::UnknownField, "fields.serial");
    has(&found, Code::UnknownField, "fields.nonsense");
    has(&found, Code::ControlCharacter, "fields.colour");
    has(&found, Code::Duplicate, "wash-40");
}

#[test]
fn a_value_that_wraps_too_far_is_refused_and_one_that_fits_is_whole() {
    let template = Template::load("a4-sheet-en", None).unwrap();
    let mut long = job(&template);
    long.fields.insert("composition".into(), "WWWWWWWWWW WWWWWWWWWW WWWWWWWWWW WWWWWWWWWW WWWWWWWWWW".into());
    let found = faults(LabelLayout::new(template, &Fonts::embedded(), long, None));
    has(&found, Code::TextClipped, "fields.composition");
}

#[test]
fn an_own_template_comes_before_ours_and_unknown_names_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let ours = Template::load("sticker-40x30-en", None).unwrap();
    std::fs::write(folder.path().join("sticker-40x30-en.svg"), ours.svg.replace("Style", "Model")).unwrap();
    let toml = include_str!("../../labels/sticker-40x30-en.toml");
    std::fs::write(folder.path().join("sticker-40x30-en.toml"), toml).unwrap();
    std::fs::write(folder.path().join("mine.svg"), "<svg/>").unwrap();
    let own = Template::load("sticker-40x30-en", Some(folder.path())).unwrap();
    assert!(own.svg.contains("Model") && !ours.svg.contains("Model"));
    assert!(Template::names(Some(folder.path())).contains(&"mine".to_owned()));
    for name in ["none", "../labels/sticker-40x30-en", ""] {
        assert!(Template::load(name, Some(folder.path())).is_err(), "{name}");
    }
    std::fs::write(folder.path().join("huge.svg"), vec![b' '; 1024 * 1024 + 1]).unwrap();
    assert_eq!(Template::load("huge", Some(folder.path())).unwrap_err().code(), Code::BodyTooLarge);
}

// Lint

/// A sticker with `more` drawn on it and `change`d TOML.
fn sticker(more: &str, change: impl Fn(String) -> String) -> Vec<Fault> {
    let svg = include_str!("../../labels/sticker-40x30-en.svg").replace("</svg>", &format!("{more}</svg>"));
    let template = Template::of_sources("own", svg.into(), &change(include_str!("../../labels/sticker-40x30-en.toml").to_owned())).unwrap();
    lint(&template, &Fonts::embedded(), None)
}

fn data_png(width: u32, height: u32, bytes: usize) -> String {
    use std::fmt::Write as _;
    let mut file = Vec::new();
    let mut encoder = ::png::Encoder::new(&mut file, width, height);
    encoder.set_color(::png::ColorType::Grayscale);
    encoder.set_depth(::png::BitDepth::One);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&vec![0; usize::try_from(width.div_ceil(8) * height).unwrap()]).unwrap();
    writer.write_chunk(::png::chunk::tEXt, &vec![b'a'; bytes]).unwrap();
    writer.finish().unwrap();
    // Percent-encoding is as good as base64 in a data address, and needs no library.
    file.iter().fold("data:image/png;,".to_owned(), |mut text, byte| {
        let _ = write!(text, "%{byte:02x}");
        text
    })
}

#[test]
fn lint_tells_everything_that_will_not_print() {
    let same = |toml: String| toml;
    assert_eq!(sticker("", same), []);
    let found = sticker(
        "<text x=\"37\" y=\"20\">over the edge</text><text x=\"10\" y=\"12\">on the code</text><text x=\"23\" y=\"13\">{{colour}}</text>",
        same,
    );
    has(&found, Code::TextClipped, "over the edge");
    has(&found, Code::TextOverlaps, "on the code");
    has(&found, Code::TextOverlaps, "Midnight navy");
    has(&sticker("<rect x=\"1.2\" y=\"4.2\" width=\"1\" height=\"1\"/>", same), Code::QuietZone, "left");
    has(&sticker("<text x=\"2\" y=\"2\" font-size=\"1\">{{brnad}}</text>", same), Code::UnknownField, "brnad");
    has(&sticker("<text x=\"2\" y=\"2\" font-size=\"1\">{{maker}}</text>", same), Code::UnknownField, "maker");
    has(&sticker("<text x=\"2\" y=\"2\" font-size=\"1\">a ☃</text>", same), Code::MissingGlyph, "☃");
    let two_runs = "<text x=\"2\" y=\"2\" font-size=\"1\">{{unit}}<tspan>of many</tspan></text>";
    has(&sticker(two_runs, same), Code::TemplateRefused, "template-unit-text");
    has(&sticker("<text x=\"2\" y=\"2\" font-size=\"1\">{{ba<tspan>tch}}</tspan></text>", same), Code::UnknownField, "{{batch}}");
    has(&sticker("<foreignObject><p>flowing</p></foreignObject>", same), Code::NotDrawable, "foreignObject");
    let gradient = "<linearGradient id=\"g\"><stop stop-color=\"#000\"/><stop offset=\"1\" stop-color=\"#fff\"/></linearGradient>\
        <rect x=\"30\" y=\"22\" width=\"2\" height=\"1\" fill=\"url(#g)\"/><g opacity=\"0.5\"><rect x=\"34\" y=\"22\" width=\"1\" height=\"1\"/><rect x=\"34.5\" y=\"22\" width=\"2\" height=\"1\"/></g>";
    let found = sticker(gradient, same);
    has(&found, Code::NotDrawable, "gradient");
    has(&found, Code::NotDrawable, "opacity");
}

#[test]
fn lint_knows_what_scans() {
    has(&sticker("", |toml| toml + "\n[code.dots]\n203 = 3.5\n"), Code::DotsNotWhole, "3.5");
    has(&sticker("", |toml| toml + "\n[code.dots]\n203 = nan\n"), Code::DotsNotWhole, "203");
    let tiny = include_str!("../../labels/sticker-40x30-en.toml").replace("ecc = \"Q\"", "ecc = \"Q\"\nmin_module = 0.3");
    assert_eq!(Template::of_sources("own", "<svg/>".into(), &tiny).unwrap_err().code(), Code::TemplateRefused);
    has(&sticker("", |toml| toml + "\n[code.dots]\n203 = 3\n"), Code::ModuleTooSmall, "0.375");
    has(&sticker("", |toml| toml + "\n[code.dots]\n203 = 5\n"), Code::CodeDoesNotFit, "25.7");
    has(&sticker("", |toml| toml.replace("ecc = \"Q\"", "ecc = \"Q\"\nmin_module = 0.6")), Code::CodeDoesNotFit, "21.0");
    has(&sticker("", |toml| toml.replace("width = 40.0", "width = 41.0")), Code::TemplateRefused, "41.0");
    let long = Template::load("sticker-40x30-en", None).unwrap();
    let prefix = format!("https://a-very-long-host-name.{PREFIX}");
    has(&lint(&long, &Fonts::embedded(), Some(&prefix)), Code::CodeDoesNotFit, "needed");
}

#[test]
fn images_are_small_and_inside() {
    let same = |toml: String| toml;
    let image = |href: &str| format!("<image x=\"30\" y=\"17\" width=\"3\" height=\"3\" href=\"{href}\"/>");
    assert_eq!(sticker(&image(&data_png(30, 30, 0)), same), []);
    has(&sticker(&image("https://example.com/logo.png"), same), Code::RemoteImage, "example.com");
    has(&sticker(&image("/etc/passwd"), same), Code::RemoteImage, "/etc/passwd");
    has(&sticker(&image(&data_png(30, 30, 257 * 1024)), same), Code::ImageTooLarge, "262144");
    has(&sticker(&image(&data_png(4000, 1001, 0)), same), Code::ImageTooLarge, "4");
    has(&sticker(&image("data:image/png;base64,aGVsbG8="), same), Code::NotAnImage, "template");
    has(&sticker(&image("data:image/svg+xml;base64,PHN2Zy8+"), same), Code::NotAnImage, "svg");
    let many = "<g/>".repeat(5_000);
    has(&sticker(&many, same), Code::TemplateRefused, "5000");
}

// ZPL and TSPL, read back

#[derive(Clone, PartialEq)]
struct Dots(Vec<Vec<bool>>);

impl Dots {
    fn blank(width: usize, height: usize) -> Self {
        Self(vec![vec![false; width]; height])
    }

    fn of(bitmap: &Bitmap) -> Self {
        Self((0..bitmap.height()).map(|y| (0..bitmap.width()).map(|x| bitmap.dark(x, y)).collect()).collect())
    }

    /// Rows of packed bytes laid at a place.
    fn stamp(&mut self, bytes: &[u8], stride: usize, left: usize, top: usize) {
        for (y, row) in bytes.chunks(stride).enumerate() {
            for x in 0..stride * 8 {
                if row[x / 8] >> (7 - x % 8) & 1 == 1 {
                    self.0[top + y][left + x] = true;
                }
            }
        }
    }

    fn pgm(&self) -> Vec<u8> {
        let mut file = format!("P5 {} {} 255\n", self.0[0].len(), self.0.len()).into_bytes();
        file.extend(self.0.iter().flatten().map(|dark| if *dark { 0 } else { 255 }));
        file
    }
}

/// The guide's compressed hexadecimal, as a printer reads it.
fn unpack(data: &str, stride: usize, total: usize) -> Vec<u8> {
    let mut rows: Vec<Vec<u8>> = Vec::new();
    let mut row: Vec<u8> = Vec::new();
    let mut times = 0;
    for character in data.trim().bytes() {
        match character {
            b'G'..=b'Y' => times += usize::from(character - b'F'),
            b'g'..=b'z' => times += 20 * usize::from(character - b'f'),
            b',' => row.resize(stride * 2, 0),
            b'!' => row.resize(stride * 2, 15),
            b':' => rows.push(rows.last().unwrap().clone()),
            digit => {
                let value = u8::try_from(char::from(digit).to_digit(16).unwrap()).unwrap();
                row.extend(std::iter::repeat_n(value, times.max(1)));
                times = 0;
            }
        }
        assert!(row.len() <= stride * 2, "a row runs over");
        if row.len() == stride * 2 {
            rows.push(std::mem::take(&mut row));
        }
    }
    assert!(row.is_empty() && rows.len() * stride == total, "{} rows of {stride} bytes are not {total}", rows.len());
    rows.iter().flat_map(|row| row.chunks(2).map(|pair| pair[0] << 4 | pair[1])).collect()
}

fn read_zpl(file: &str, width: usize, height: usize) -> Vec<Dots> {
    let mut stored: BTreeMap<String, (Vec<u8>, usize)> = BTreeMap::new();
    let (mut labels, mut label, mut at) = (Vec::new(), None::<Dots>, (0, 0));
    for command in
        file.split_inclusive(['^', '~']).collect::<Vec<_>>().windows(2).map(|pair| (pair[0], pair[1].trim_end_matches(['^', '~'])))
    {
        let (name, rest) = command.1.split_at(2);
        let parts: Vec<&str> = rest.trim().split(',').collect();
        let number = |text: &str| text.trim().parse::<usize>().unwrap();
        match (command.0.chars().next_back().unwrap(), name) {
            ('~', "DG") => {
                let data = rest.splitn(4, ',').nth(3).unwrap();
                stored.insert(parts[0].to_owned(), (unpack(data, number(parts[2]), number(parts[1])), number(parts[2])));
            }
            ('^', "XA") => label = Some(Dots::blank(width.next_multiple_of(8), height)),
            ('^', "XZ") => labels.extend(label.take()),
            ('^', "FO") => at = (number(parts[0]), number(parts[1])),
            ('^', "XG") => {
                let (bytes, stride) = &stored[parts[0]];
                label.as_mut().unwrap().stamp(bytes, *stride, at.0, at.1);
            }
            ('^', "GF") => {
                assert_eq!(parts[0], "A");
                let data = rest.splitn(5, ',').nth(4).unwrap();
                let bytes = unpack(data, number(parts[3]), number(parts[2]));
                label.as_mut().unwrap().stamp(&bytes, number(parts[3]), at.0, at.1);
            }
            ('^', "ID") => {
                stored.remove(rest.trim());
                label = None;
            }
            ('^', "PW") => assert_eq!(number(rest), width),
            ('^', "LL") => assert_eq!(number(rest), height),
            ('^', "FS" | "LH" | "PQ") => {}
            other => panic!("unknown command {other:?}"),
        }
    }
    assert!(stored.is_empty(), "the background stays in the printer");
    for label in &mut labels {
        label.0.iter_mut().for_each(|row| row.truncate(width));
    }
    labels
}

fn read_tspl(mut file: &[u8]) -> Vec<Dots> {
    let mut labels = Vec::new();
    let mut label = None;
    while !file.is_empty() {
        if let Some(rest) = file.strip_prefix(b"BITMAP ") {
            let mut parts = rest.splitn(6, |byte| *byte == b',');
            let mut number = || std::str::from_utf8(parts.next().unwrap()).unwrap().parse::<usize>().unwrap();
            let (x, y, stride, height, mode) = (number(), number(), number(), number(), number());
            assert_eq!((x, y, mode), (0, 0, 0));
            let data = parts.next().unwrap();
            let inked: Vec<u8> = data[..stride * height].iter().map(|byte| !byte).collect();
            let mut dots = Dots::blank(stride * 8, height);
            dots.stamp(&inked, stride, 0, 0);
            label = Some(dots);
            file = data[stride * height..].strip_prefix(b"\r\n").unwrap();
            continue;
        }
        let end = file.windows(2).position(|two| two == b"\r\n").unwrap();
        let line = std::str::from_utf8(&file[..end]).unwrap();
        match line.split(' ').next().unwrap() {
            "SIZE" | "GAP" | "DIRECTION" | "REFERENCE" => {}
            "CLS" => label = None,
            "PRINT" => labels.extend(label.take()),
            other => panic!("unknown command {other}"),
        }
        file = &file[end + 2..];
    }
    labels
}

#[test]
fn zpl_and_tspl_give_the_dots_of_the_picture() {
    for (name, dpi) in [("hangtag-40x60-en", 300), ("sticker-40x30-en", 203), ("care-30x60-en", 203), ("a4-sheet-en", 300)] {
        let layout = latin(name, Some(dpi));
        let (width, height) = (layout.background.width(), layout.background.height());
        let want: Vec<Dots> = units(3).map(|unit| Dots::of(&layout.label(&unit).unwrap())).collect();
        let zpl = read_zpl(std::str::from_utf8(&written(Format::Zpl, &layout, 3)).unwrap(), width, height);
        assert!(zpl == want, "{name}: ZPL differs");
        let mut tspl = read_tspl(&written(Format::Tspl, &layout, 3));
        for label in &mut tspl {
            assert!(label.0.iter().all(|row| row[width..].iter().all(|dark| !dark)), "ink beyond the edge");
            label.0.iter_mut().for_each(|row| row.truncate(width));
        }
        assert!(tspl == want, "{name}: TSPL differs");
    }
}

#[test]
fn a_png_knows_its_dots_and_its_size() {
    let layout = latin("hangtag-40x60-en", None);
    let label = layout.label(&units(1).next().unwrap()).unwrap();
    let file = png(&label, layout.dpi).unwrap();
    let mut reader = ::png::Decoder::new(std::io::Cursor::new(&file)).read_info().unwrap();
    assert_eq!(reader.info().pixel_dims.unwrap().xppu, 11_811);
    let mut rows = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut rows).unwrap();
    let light: Vec<u8> = label.bytes().iter().map(|byte| !byte).collect();
    assert_eq!(rows, light);
}

#[test]
fn several_pictures_need_a_folder() {
    let layout = latin("sticker-40x30-en", None);
    let mut out = Vec::new();
    let refused = write_labels(Format::Png, &layout, &mut units(2), Target::Stream(&mut out), &mut |_| {});
    assert_eq!(refused.unwrap_err().code(), Code::Invalid);
    assert!(out.is_empty(), "nothing half done");
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("labels");
    let summary = write_labels(Format::Svg, &layout, &mut units(3), Target::Folder(&place), &mut |_| {}).unwrap();
    assert_eq!(summary.labels, 3);
    assert!(place.join("000001.svg").is_file() && place.join("000003.svg").is_file());
    assert_eq!(written(Format::Png, &layout, 1), png(&layout.label(&units(1).next().unwrap()).unwrap(), 203).unwrap());
}

#[test]
fn rows_open_in_a_spreadsheet_without_becoming_formulas() {
    let template = Template::load("sticker-40x30-en", None).unwrap();
    let mut job = job(&template);
    job.fields.insert("style".into(), "=1+1".into());
    job.fields.insert("gtin".into(), "09506000134352".into());
    let layout = LabelLayout::new(template, &Fonts::embedded(), job, None).unwrap();
    let file = String::from_utf8(written(Format::Csv, &layout, 2)).unwrap();
    let mut lines = file.strip_prefix('\u{feff}').unwrap().split("\r\n");
    assert_eq!(lines.next().unwrap(), "serial,uri,gtin,style,size,colour,batch,unit,claim_code");
    let unit = units(1).next().unwrap();
    let want = format!("{0},{PREFIX}{0},09506000134352,'=1+1,L,Navy & white,B-2026-01,1,{1}", unit.serial, unit.claim_code.unwrap());
    assert_eq!(lines.next().unwrap(), want);
    assert_eq!(lines.count(), 2);
}

// PDF

/// Every object by number, found through the cross-reference table.
pub(crate) fn objects(file: &[u8]) -> BTreeMap<usize, &[u8]> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(file.starts_with(b"%PDF-1.7\n") && file.ends_with(b"%%EOF\n"));
    let tail = text(&file[file.len() - 64..]);
    let start: usize = tail.split("startxref\n").nth(1).unwrap().lines().next().unwrap().parse().unwrap();
    let table = text(&file[start..]);
    let mut lines = table.lines();
    assert_eq!(lines.next(), Some("xref"));
    let count: usize = lines.next().unwrap().strip_prefix("0 ").unwrap().parse().unwrap();
    assert_eq!(lines.next(), Some("0000000000 65535 f "));
    let mut places = BTreeMap::new();
    for number in 1..count {
        let line = lines.next().unwrap();
        assert_eq!(line.len(), 19);
        let at: usize = line[..10].parse().unwrap();
        let head = format!("{number} 0 obj");
        assert!(file[at..].starts_with(head.as_bytes()), "object {number} is not at {at}");
        places.insert(at, (number, at + head.len()));
    }
    let ends = places.keys().copied().skip(1).chain([start]);
    places.values().zip(ends).map(|(&(number, from), end)| (number, &file[from..end])).collect()
}

#[test]
fn a_pdf_holds_together_and_carries_every_code() {
    let layout = latin("hangtag-40x60-en", None);
    let count = 150;
    let file = written(Format::Pdf, &layout, count);
    let objects = objects(&file);
    let pages: Vec<_> = objects.values().filter(|object| object.starts_with(b"<</Type/Page/")).collect();
    assert_eq!(pages.len(), 150);
    let root = String::from_utf8_lossy(objects[&2]).into_owned();
    assert!(root.contains("/Count 150") && root.contains("/MediaBox[0 0 113.386 170.079]"), "{root}");
    let mut seen = 0;
    let mut wanted = units(count);
    for object in objects.values().filter(|object| object.starts_with(b"<</Length ")) {
        let head = String::from_utf8_lossy(&object[..40]).into_owned();
        let length: usize = head["<</Length ".len()..].split('>').next().unwrap().parse().unwrap();
        let from = head.find("stream\n").unwrap() + 7;
        let Some(stream) = object.get(from..from + length).filter(|stream| stream.starts_with(b"/B Do")) else { continue };
        assert!(object[from + length..].starts_with(b"\nendstream\nendobj\n"));
        let unit = wanted.next().unwrap();
        let data = stream.windows(4).position(|four| four == b" ID ").unwrap() + 4;
        let qr = Qr::encode(format!("{PREFIX}{}", unit.serial).as_bytes(), Ecc::Q).unwrap();
        let stride = qr.size().div_ceil(8);
        for y in 0..qr.size() {
            for x in 0..qr.size() {
                assert_eq!(stream[data + y * stride + x / 8] >> (7 - x % 8) & 1 == 0, qr.dark(x, y));
            }
        }
        let after = String::from_utf8_lossy(&stream[data + stride * qr.size()..]).into_owned();
        assert!(after.starts_with("\nEI Q\n") && after.contains(&format!("({})Tj", unit.claim_code.unwrap())), "{after}");
        seen += 1;
    }
    assert_eq!(seen, 150);
}

#[test]
fn a_label_takes_little_room_in_a_pdf() {
    for name in Template::names(None) {
        let layout = fullest(&name);
        let (few, many) = (written(Format::Pdf, &layout, 48).len(), written(Format::Pdf, &layout, 1056).len());
        // Object numbers of 100,000 labels have two more digits, in four places.
        let each = (many - few) / 1008 + 8;
        assert!(each <= 600, "{name}: {each} bytes a label");
    }
}

#[test]
fn a_sheet_holds_its_labels_and_an_empty_job_is_still_a_document() {
    let layout = latin("a4-sheet-en", None);
    let file = written(Format::Pdf, &layout, 25);
    let root = String::from_utf8_lossy(objects(&file)[&2]).into_owned();
    assert!(root.contains("/Count 2") && root.contains("/MediaBox[0 0 595.276 841.89]"), "{root}");
    assert_eq!(objects(&written(Format::Pdf, &layout, 0)).values().filter(|object| object.starts_with(b"<</Type/Page/")).count(), 1);
}

#[test]
fn a_serial_from_elsewhere_is_drawn_or_refused_by_name() {
    let layout = latin("sticker-40x30-en", None);
    let foreign = |serial: &str| LabelUnit { serial: serial.to_owned(), unit: 1, claim_code: None };
    assert!(layout.label(&foreign("ab(c)\\%&+\"/?")).is_ok());
    let mut out = Vec::new();
    write_labels(Format::Pdf, &layout, &mut std::iter::once(foreign("ab(c)\\%")), Target::Stream(&mut out), &mut |_| {}).unwrap();
    let shown = br"(ab\(c\) \\%)Tj";
    assert!(out.windows(shown.len()).any(|window| window == shown));
    assert_eq!(layout.label(&foreign("序列")).unwrap_err().code(), Code::MissingGlyph);
    assert_eq!(layout.label(&foreign(&"x".repeat(120))).unwrap_err().code(), Code::Invalid);
}

#[test]
fn a_claim_code_that_is_shown_must_be_there() {
    let layout = latin("hangtag-40x60-en", None);
    let without = LabelUnit { claim_code: None, ..units(1).next().unwrap() };
    assert_eq!(layout.label(&without).unwrap_err().code(), Code::Invalid);
    let template = Template::load("hangtag-40x60-en", None).unwrap();
    let job = LabelJob { claim_codes: false, ..job(&template) };
    let plain = LabelLayout::new(template, &Fonts::embedded(), job, None).unwrap();
    assert!(plain.label(&without).is_ok());
    let shared_between_threads = |_: &(dyn Send + Sync)| {};
    shared_between_threads(&plain);
}

#[test]
fn the_same_job_gives_the_same_bytes() {
    for format in [Format::Pdf, Format::Zpl, Format::Csv] {
        assert!(written(format, &latin("care-30x60-en", None), 70) == written(format, &latin("care-30x60-en", None), 70), "{format:?}");
    }
}

/// Not a test of anything: prints labels per second, bytes a label and peak memory. Run it alone, in release:
/// `cargo test --release --test it labels_engine::throughput -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement, not a test"]
fn throughput() {
    struct Nowhere;
    impl std::io::Write for Nowhere {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let all: Vec<LabelUnit> = units(100_000).collect();
    let peak = || {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        status.lines().find_map(|line| Some(line.strip_prefix("VmHWM:")?.trim().to_owned())).unwrap_or_default()
    };
    println!("before: {} resident at most", peak());
    for (name, format, count) in [
        ("hangtag-40x60-en", Format::Pdf, 100_000),
        ("a4-sheet-en", Format::Pdf, 100_000),
        ("hangtag-40x60-en", Format::Zpl, 100_000),
        ("hangtag-40x60-en", Format::Csv, 100_000),
        ("hangtag-40x60-en", Format::Tspl, 20_000),
        ("hangtag-40x60-en", Format::Pdf, 100_000),
    ] {
        let start = std::time::Instant::now();
        let layout = latin(name, None);
        let laid_out = start.elapsed();
        let start = std::time::Instant::now();
        let summary =
            write_labels(format, &layout, &mut all.iter().take(count).cloned(), Target::Stream(&mut Nowhere), &mut |_| {}).unwrap();
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "{name} {}: layout {laid_out:?}, {:.0} labels/s, {} bytes a label, {} resident at most",
            format.as_str(),
            f64::from(u32::try_from(summary.labels).unwrap()) / seconds,
            summary.bytes / summary.labels,
            peak()
        );
    }
}

// Decoders that are not ours

fn decoded(file: &Path) -> Vec<String> {
    let output = Command::new("zbarimg").args(["--quiet", "--raw"]).arg(file).output().unwrap();
    let mut texts: Vec<String> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    texts.sort();
    texts
}

fn addresses(count: i64) -> Vec<String> {
    let mut addresses: Vec<String> = units(count).map(|unit| format!("{PREFIX}{}", unit.serial)).collect();
    addresses.sort();
    addresses
}

#[test]
fn phones_read_every_picture() {
    if !has_tool("zbarimg") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for name in Template::names(None) {
        let template = Template::load(&name, None).unwrap();
        for &dpi in &template.spec.dpi {
            let job = longest_job(&template, PREFIX);
            let layout = LabelLayout::new(template.clone(), &Fonts::embedded(), job, Some(dpi)).unwrap();
            let place = folder.path().join(format!("{name}-{dpi}"));
            write_labels(Format::Png, &layout, &mut units(4), Target::Folder(&place), &mut |_| {}).unwrap();
            let mut texts: Vec<String> = (1..=4).flat_map(|number| decoded(&place.join(format!("{number:06}.png")))).collect();
            texts.sort();
            assert_eq!(texts, addresses(4), "{name} at {dpi} dpi");
        }
    }
}

#[test]
fn phones_read_what_printers_print() {
    if !has_tool("zbarimg") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let layout = latin("sticker-40x30-en", Some(203));
    let (width, height) = (layout.background.width(), layout.background.height());
    let zpl = read_zpl(std::str::from_utf8(&written(Format::Zpl, &layout, 4)).unwrap(), width, height);
    for labels in [zpl, read_tspl(&written(Format::Tspl, &layout, 4))] {
        let mut texts = Vec::new();
        for label in labels {
            let file = folder.path().join("label.pgm");
            std::fs::write(&file, label.pgm()).unwrap();
            texts.extend(decoded(&file));
        }
        texts.sort();
        assert_eq!(texts, addresses(4));
    }
}

#[test]
fn phones_read_every_label_of_a_pdf() {
    if !has_tool("zbarimg") || !has_tool("pdftoppm") {
        return;
    }
    for (name, count) in [("hangtag-40x60-en", 12), ("a4-sheet-en", 30)] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("labels.pdf");
        std::fs::write(&file, written(Format::Pdf, &latin(name, None), count)).unwrap();
        let done = Command::new("pdftoppm").args(["-r", "300", "-gray"]).arg(&file).arg(folder.path().join("page")).output().unwrap();
        assert!(done.status.success() && done.stderr.is_empty(), "{}", String::from_utf8_lossy(&done.stderr));
        let mut texts: Vec<String> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|ending| ending == "pgm"))
            .flat_map(|path| decoded(&path))
            .collect();
        texts.sort();
        assert_eq!(texts, addresses(count), "{name}");
    }
}
