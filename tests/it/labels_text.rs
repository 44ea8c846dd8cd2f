//! What labels say: in faces that are on every machine, and as text that can be searched, copied and read aloud.

use std::collections::BTreeMap;
use std::process::Command;

use hangtag::production::labels::{Bitmap, Fonts, Format, LabelLayout, LabelUnit, Template, svg};

use crate::labels_engine::{fullest, job, objects, units, written};
use crate::support::has_tool;

// Faces

#[test]
fn a_language_with_other_letters_is_drawn_in_one_of_our_faces() {
    let template = Template::load("care-30x60-en", None).unwrap();
    for composition in
        ["95% βαμβάκι, 5% ελαστάνη", "95% памук, 5% еластан", "95% bawełna, 5% elastan", "95% cotton-bông, vải Đẹp", "棉95% 氨纶5%"]
    {
        let mut job = job(&template);
        job.fields.insert("composition".into(), composition.into());
        assert!(LabelLayout::new(template.clone(), &Fonts::embedded(), job, None).is_ok(), "{composition}");
    }
}

/// One of our faces under another family name of the same length.
fn renamed_face() -> Vec<u8> {
    let packed = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/labels/fonts/NotoSans-SemiCondensed-Bold.ttf.br")).unwrap();
    let mut face = Vec::new();
    brotli::BrotliDecompress(&mut packed.as_slice(), &mut face).unwrap();
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
    let (ours, other) = (utf16("Noto Sans"), utf16("Mine Sans"));
    while let Some(at) = face.windows(ours.len()).position(|window| window == ours) {
        face[at..at + other.len()].copy_from_slice(&other);
    }
    face
}

#[test]
fn a_face_beside_the_templates_comes_before_ours() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("fonts")).unwrap();
    std::fs::write(folder.path().join("fonts/mine.ttf"), renamed_face()).unwrap();
    std::fs::write(folder.path().join("fonts/broken.ttf"), b"no font at all").unwrap();
    let ours = Template::load("sticker-40x30-en", None).unwrap();
    let asks = ours.svg.replace("font-family=\"Noto", "font-family=\"Mine Sans SemiCondensed, Noto");
    let template = Template::of_sources("own", asks.into(), include_str!("../../labels/sticker-40x30-en.toml")).unwrap();
    let unit = units(1).next().unwrap();
    for (fonts, family) in
        [(Fonts::beside(Some(folder.path())), "'Mine Sans SemiCondensed'"), (Fonts::embedded(), "'Noto Sans SemiCondensed'")]
    {
        let layout = LabelLayout::new(template.clone(), &fonts, job(&template), None).unwrap();
        let drawing = svg(&layout, &unit).unwrap();
        let (all, named) = (drawing.matches("<text ").count(), drawing.matches(&format!("font-family=\"{family}")).count());
        assert!(all > 5 && all == named, "{family}: {named} of {all}");
    }
}

// SVG

/// What people must find on a label of the fullest template.
fn said(layout: &LabelLayout, unit: &LabelUnit) -> Vec<String> {
    let groups: Vec<String> = unit.serial.as_bytes().chunks(5).map(|five| String::from_utf8(five.to_vec()).unwrap()).collect();
    let whole = ["brand", "maker", "product", "style", "size_label"].iter().filter_map(|name| layout.job.fields.get(*name).cloned());
    whole.chain([groups[..2].join(" "), groups[2..].join(" ")]).collect()
}

#[test]
fn an_svg_says_what_it_shows() {
    for name in Template::names(None) {
        let layout = fullest(&name);
        let unit = units(1).next().unwrap();
        let drawing = svg(&layout, &unit).unwrap();
        let document = resvg::usvg::roxmltree::Document::parse(&drawing).unwrap();
        let texts: Vec<String> =
            document.descendants().filter(|node| node.has_tag_name("text")).map(|text| text.text().unwrap().to_owned()).collect();
        for words in said(&layout, &unit) {
            assert!(texts.iter().any(|text| text.contains(&words)), "{name}: {words} is not in {texts:?}");
        }
        // Read with the same faces it is the same picture, give or take the rounding of letters to whole dots.
        let fonts = Fonts::embedded();
        let tree = resvg::usvg::Tree::from_str(&drawing, &fonts.options(layout.template.spec.lang)).unwrap();
        let label = layout.label(&unit).unwrap();
        let side = |dots: usize| u32::try_from(dots).unwrap();
        let mut pixmap = resvg::tiny_skia::Pixmap::new(side(label.width()), side(label.height())).unwrap();
        pixmap.fill(resvg::tiny_skia::Color::WHITE);
        resvg::render(&tree, resvg::tiny_skia::Transform::from_scale(300.0 / 96.0, 300.0 / 96.0), &mut pixmap.as_mut());
        let shown = Bitmap::of_pixmap(&pixmap);
        let dots = (0..label.height()).flat_map(|y| (0..label.width()).map(move |x| (x, y)));
        let differing = dots.filter(|&(x, y)| label.dark(x, y) != shown.dark(x, y)).count();
        assert!(differing * 100 < label.width() * label.height(), "{name}: {differing} dots differ");
        assert!(drawing.len() < 64 * 1024, "{name}: {} bytes", drawing.len());
    }
}

// PDF

/// What a font of the document says of its codes, by the name pages call it.
fn alphabets(objects: &BTreeMap<usize, &[u8]>) -> BTreeMap<String, BTreeMap<u32, String>> {
    let text = |number: usize| String::from_utf8_lossy(objects[&number]).into_owned();
    let after = |whole: &str, what: &str| whole.split(what).nth(1).unwrap().split_whitespace().next().unwrap().parse::<usize>().unwrap();
    let resources = text(4);
    let fonts = resources.split("/Font").nth(1).unwrap().split("<<").nth(1).unwrap().split(">>").next().unwrap().to_owned();
    let mut found = BTreeMap::new();
    for entry in fonts.split('/').skip(1) {
        let (name, rest) = entry.split_once(' ').unwrap();
        let font = text(rest.split(' ').next().unwrap().parse().unwrap());
        assert!(font.contains("/Type0") && font.contains("+Noto"), "{font}");
        let map = text(after(&font, "/ToUnicode "));
        let codes = map.lines().filter_map(|line| line.strip_prefix('<')?.strip_suffix('>')?.split_once("> <"));
        let hex = |digits: &str| u32::from_str_radix(digits, 16).unwrap();
        let says = codes.map(|(code, units)| {
            let units: Vec<u16> =
                units.as_bytes().chunks(4).map(|four| u16::from_str_radix(std::str::from_utf8(four).unwrap(), 16).unwrap()).collect();
            (hex(code), String::from_utf16(&units).unwrap())
        });
        found.insert(name.to_owned(), says.collect());
    }
    found
}

/// The text that a stream of operators shows, a line for each text object or matrix.
fn shown_text(stream: &[u8], alphabets: &BTreeMap<String, BTreeMap<u32, String>>) -> String {
    let (mut said, mut font, mut word, mut at) = (String::new(), String::new(), String::new(), 0);
    let tell = |bytes: &[u8], font: &str, said: &mut String| {
        let alphabet = &alphabets[font];
        if font.starts_with('G') {
            bytes.chunks(2).for_each(|two| said.push_str(&alphabet[&(u32::from(two[0]) << 8 | u32::from(two[1]))]));
        } else {
            bytes.iter().for_each(|&byte| said.push_str(&alphabet[&u32::from(byte)]));
        }
    };
    while at < stream.len() {
        match stream[at] {
            b'(' => {
                let (mut bytes, mut depth) = (Vec::new(), 1);
                loop {
                    at += 1;
                    match stream[at] {
                        b'\\' => {
                            at += 1;
                            match stream[at] {
                                b'r' => bytes.push(b'\r'),
                                b'n' => bytes.push(b'\n'),
                                b't' => bytes.push(b'\t'),
                                b'b' => bytes.push(8),
                                b'f' => bytes.push(12),
                                b'0'..=b'7' => {
                                    let octal = std::str::from_utf8(&stream[at..at + 3]).unwrap();
                                    bytes.push(u8::from_str_radix(octal, 8).unwrap());
                                    at += 2;
                                }
                                byte => bytes.push(byte),
                            }
                        }
                        b')' if depth == 1 => break,
                        byte => {
                            depth += i32::from(byte == b'(') - i32::from(byte == b')');
                            bytes.push(byte);
                        }
                    }
                }
                tell(&bytes, &font, &mut said);
            }
            b'<' if stream[at + 1] != b'<' => {
                let end = at + stream[at..].iter().position(|byte| *byte == b'>').unwrap();
                let digits: Vec<u8> = stream[at + 1..end].iter().copied().filter(u8::is_ascii_hexdigit).collect();
                let bytes: Vec<u8> =
                    digits.chunks(2).map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap()).collect();
                tell(&bytes, &font, &mut said);
                at = end;
            }
            b'/' => {
                let end = at + 1 + stream[at + 1..].iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap();
                word = String::from_utf8_lossy(&stream[at + 1..end]).into_owned();
                at = end - 1;
            }
            b'T' if stream[at..].starts_with(b"Tf") => font = word.clone(),
            b'T' if stream[at..].starts_with(b"Tm") => said.push('\n'),
            _ => {}
        }
        at += 1;
    }
    said
}

#[test]
fn a_pdf_says_what_it_shows() {
    use std::io::Read as _;
    for name in Template::names(None) {
        let layout = fullest(&name);
        let file = written(Format::Pdf, &layout, 1);
        let objects = objects(&file);
        let alphabets = alphabets(&objects);
        let of = |object: &[u8]| {
            let start = object.windows(6).position(|six| six == b"stream").unwrap() + 7;
            let end = object.windows(10).rposition(|ten| ten == b"\nendstream").unwrap();
            object[start..end].to_vec()
        };
        let mut background = Vec::new();
        flate2::read::ZlibDecoder::new(of(objects[&5]).as_slice()).read_to_end(&mut background).unwrap();
        let page = objects.values().find(|object| object.windows(5).any(|five| five == b"/B Do")).unwrap();
        let page = of(page);
        let texts = &page[page.windows(6).position(|six| six == b"\nEI Q\n").unwrap()..];
        let all = format!("{}\n{}", shown_text(&background, &alphabets), shown_text(texts, &alphabets));
        for words in said(&layout, &units(1).next().unwrap()) {
            assert!(all.contains(&words), "{name}: {words:?} is not in {all:?}");
        }
    }
}

#[test]
fn readers_copy_the_words_out_of_a_pdf() {
    if !has_tool("pdftotext") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for name in Template::names(None) {
        let layout = fullest(&name);
        let file = folder.path().join(format!("{name}.pdf"));
        std::fs::write(&file, written(Format::Pdf, &layout, 2)).unwrap();
        let done = Command::new("pdftotext").args(["-raw", "-enc", "UTF-8"]).arg(&file).arg("-").output().unwrap();
        let text = String::from_utf8(done.stdout).unwrap();
        assert!(done.stderr.is_empty(), "{name}: {}", String::from_utf8_lossy(&done.stderr));
        for words in units(2).flat_map(|unit| said(&layout, &unit)) {
            assert!(text.contains(&words), "{name}: {words} is not in {text}");
        }
    }
}
