//! Every reason that the program can give has words: the whole source is looked through for them.

use std::path::Path;

use hangtag::kernel::text::Lang;
use hangtag::platform::words::Words;

/// Names in files that give reasons which are none: of headers, templates and the like.
const OTHER_NAMES: &[&str] = &[
    "a4-sheet",
    "a4-sheet-en",
    "service-levels",
    "working-hours",
    "cache-control",
    "care-30x60",
    "care-30x60-en",
    "content-disposition",
    "content-type",
    "hangtag-40x60",
    "hangtag-40x60-en",
    "minted-least",
    "no-rules",
    "sticker-40x30",
    "sticker-40x30-en",
];
/// Reasons that say the same in every language.
const SAME_EVERYWHERE: &[&str] = &["ISO 4217", "not UTF-8", "(01), (21)", "09:00-12:00;13:00-18:00"];

/// The source outside of tests and comments, by file.
fn source(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(source(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("tests.rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]\nmod ").next().unwrap();
            let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            found.push((path.display().to_string(), lines.collect::<Vec<_>>().join("\n")));
        }
    }
    found
}

/// Whether a text is the name of something: small letters, digits and hyphens, with one hyphen at least.
fn is_name(text: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    text.contains('-') && text.split('-').all(is_part) && text.contains(|c: char| c.is_ascii_lowercase())
}

#[test]
fn every_reason_has_words_in_both_languages() {
    const GIVEN: &str = "with(\"reason\", ";
    let words = Lang::ALL.map(Words::of);
    let has_words = |name: &str| words.iter().all(|words| words.knows(&format!("reason-{name}")));
    let knows = |key: &str| words.iter().all(|words| words.knows(key));
    let is_message = |name: &str| knows(name) || knows(&format!("import-note-{name}")) || OTHER_NAMES.contains(&name);
    let (mut given, mut lacking) = (0, Vec::new());
    for (path, text) in source(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).iter().filter(|(_, text)| text.contains(GIVEN)) {
        let direct = text.split(GIVEN).skip(1).filter_map(|rest| rest.strip_prefix('"')?.split('"').next());
        let direct = direct.filter(|reason| !SAME_EVERYWHERE.contains(reason) && !has_words(reason));
        assert!(!text.contains(&format!("{GIVEN}format!")), "{path}: a reason is the name of a message, not made up of parts");
        // A reason may come there by way of a variable: every name in such a file is looked at.
        let names = || text.split('"').filter(|part| is_name(part));
        lacking.extend(direct.chain(names().filter(|name| !has_words(name) && !is_message(name))).map(|name| format!("{path}: {name}")));
        given += names().filter(|name| has_words(name)).count();
    }
    assert_eq!(lacking, Vec::<String>::new());
    assert!(given > 50, "{given}");
}

#[test]
fn a_state_is_said_as_people_call_it() {
    use hangtag::kernel::machine::refused_in;
    use hangtag::kernel::{Code, Refusal};
    use hangtag::production::batches::BatchStatus;
    let said = |refusal: &Refusal| Lang::ALL.map(|lang| Words::of(lang).refusal(refusal));
    for status in BatchStatus::ALL {
        for (lang, said) in Lang::ALL.iter().zip(said(&refused_in(*status))) {
            assert!(said.contains(status.word(*lang)), "{said}");
        }
    }
    for state in [
        "open",
        "sound",
        "faulty",
        "written",
        "stopped",
        "discarded",
        "running",
        "own",
        "foreign",
        "last-admin",
        "serial-keys",
        "of-verdict",
        "of-settlement",
        "not-inspected",
        "charges-nobody",
        "reply-too-late",
        "reply-open",
        "corrected-later",
    ] {
        let [zh, en] = said(&Refusal::new(Code::WrongState).with("state", state).with("until", "2026-05-01"));
        assert!(!zh.contains(state), "{state}: {zh}");
        assert!(!en.contains(&format!("“{state}")) && !en.contains(&format!("({state}")), "{state}: {en}");
    }
}

/// The templates of all rooms.
fn templates(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(templates(&path));
        } else if path.extension().is_some_and(|ending| ending == "html") {
            found.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
        }
    }
    found
}

#[test]
fn a_file_field_takes_what_its_reader_reads() {
    use hangtag::inspection::findings::photo;
    use hangtag::platform::imports::{Source, TAKEN, template_csv, template_xlsx};
    use std::io::Cursor;
    let mut fields = 0;
    for (path, text) in templates(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        for field in text
            .split("<input")
            .filter_map(|rest| rest.split_once('>'))
            .map(|(field, _)| field)
            .filter(|field| field.contains("type=\"file\""))
        {
            assert!(field.contains("accept=\"{{ crate::") && field.contains("::TAKEN }}\""), "{path}: {field}");
            fields += 1;
        }
    }
    assert_eq!(fields, 9);
    let columns = hangtag::app::import_tables().get("calendars").unwrap().columns;
    let day = r#"{"year": 2026, "papers": [], "days": [{"name": "元旦", "date": "2026-01-01", "isOffDay": true}]}"#;
    // What a ZIP holds is handed in like any other file.
    for ending in TAKEN.split(',').filter(|ending| *ending != ".zip") {
        let bytes = match ending {
            ".xlsx" => template_xlsx(columns, Lang::En).unwrap(),
            ".json" => day.as_bytes().to_vec(),
            ".tsv" => String::from_utf8(template_csv(columns, Lang::En).unwrap()).unwrap().replace(',', "\t").into_bytes(),
            _ => template_csv(columns, Lang::En).unwrap(),
        };
        assert!(Source::new(&format!("file{ending}"), Cursor::new(bytes)).is_ok(), "{ending}");
    }
    for kind in photo::TAKEN.split(',') {
        let head: &[u8] = if kind == "image/png" { b"\x89PNG\r\n\x1a\n" } else { b"\xff\xd8\xff" };
        assert_ne!(photo::sniff(head).unwrap_err().code().as_str(), "not_an_image", "{kind}");
    }
}
