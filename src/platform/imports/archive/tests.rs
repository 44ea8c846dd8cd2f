use std::io::Cursor;

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;

const PARTIES: &[u8] = b"code,name_en,roles\nMILL-1,Mill,mill\n";
const LOTS: &[u8] = b"lot,supplier,kind,material,quantity,unit\nFAB-1,MILL-1,fabric,Poplin,100,m\n";

fn zipped(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// Files by their names.
type Files = Vec<(String, Vec<u8>)>;

/// Names and contents of the files in a ZIP; what is unpacked on the way is gone again.
fn unpacked(bytes: &[u8]) -> Result<Option<Files>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("season.zip");
    std::fs::write(&path, bytes).unwrap();
    let place = || Ok(tempfile::NamedTempFile::new_in(folder.path())?.into_temp_path());
    let read = ZippedFiles::open(&path).and_then(|bundle| bundle.map(|bundle| bundle.unpack(folder.path(), place)).transpose());
    let read = read.map(|members| {
        let read = |(name, bytes, path): (String, u64, tempfile::TempPath)| {
            let content = std::fs::read(path).unwrap();
            assert_eq!(saturating::<u64>(content.len()), bytes, "{name}");
            (name, content)
        };
        members.map(|members| members.into_iter().map(read).collect())
    });
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left");
    read
}

/// The reason of a refusal, and the member it is about.
fn refused(bytes: &[u8]) -> (String, String) {
    let Err(Error::Refused(refusal)) = unpacked(bytes) else { panic!("{:?}", unpacked(bytes)) };
    let arg = |wanted| refusal.args.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.to_string()).unwrap_or_default();
    assert_eq!(refusal.code, Code::FileBroken);
    (arg("reason"), arg("member"))
}

/// Where the entry of the directory begins that has this place among them.
fn entry(zip: &[u8], place: usize) -> usize {
    let begins = |at: &usize| zip[*at..].starts_with(b"PK\x01\x02");
    (0..zip.len()).filter(begins).nth(place).unwrap()
}

/// The archive with bytes of an entry of its directory altered, from `at` in it.
fn altered(zip: &[u8], place: usize, at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut zip = zip.to_owned();
    let from = entry(&zip, place) + at;
    zip[from..from + bytes.len()].copy_from_slice(bytes);
    zip
}

#[test]
fn the_files_in_a_zip_are_those_that_were_packed() {
    let files = [("01-parties.csv", PARTIES), ("物料批.csv", LOTS)];
    let read = unpacked(&zipped(&files)).unwrap().unwrap();
    assert_eq!(read, files.map(|(name, bytes)| (name.to_owned(), bytes.to_owned())));
    // What a Mac puts beside them is no file of anybody's.
    let of_a_mac =
        [("__MACOSX/._01-parties.csv", &b"\0\0"[..]), ("01-parties.csv", PARTIES), (".DS_Store", b"\0\0\0\x01Bud1"), ("物料批.csv", LOTS)];
    assert_eq!(unpacked(&zipped(&of_a_mac)).unwrap().unwrap(), read);
}

#[test]
fn what_is_one_document_is_none() {
    for bytes in [
        PARTIES.to_owned(),
        Vec::new(),
        zipped(&[("[Content_Types].xml", b""), ("xl/workbook.xml", b"")]),
        zipped(&[("mimetype", b""), ("content.xml", b"")]),
        zipped(&[("xl/workbook.xml", b"")]),
        zipped(&[("Index.zip", b"")]),
    ] {
        assert!(unpacked(&bytes).unwrap().is_none(), "{}", String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn a_member_that_is_no_plain_file_is_named() {
    for name in ["season/01-parties.csv", "../parties.csv", "..", "/etc/parties.csv", "C:\\parties.csv", "season/", "a\u{7}.csv", ""] {
        let shown = name.replace('\u{7}', "");
        assert_eq!(refused(&zipped(&[("lots.csv", LOTS), (name, PARTIES)])), ("member-name".into(), shown));
    }
    let mut link = ZipWriter::new(Cursor::new(Vec::new()));
    link.add_symlink("parties.csv", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    assert_eq!(refused(&link.finish().unwrap().into_inner()), ("member-name".into(), "parties.csv".into()));

    let two = zipped(&[("lots.csv", LOTS), ("a.csv", PARTIES), ("b.csv", PARTIES)]);
    let twice = String::from_utf8_lossy(&two).contains("b.csv").then(|| altered(&two, 2, 46, b"a.csv")).unwrap();
    assert_eq!(refused(&twice), ("member-twice".into(), "a.csv".into()));
    assert_eq!(refused(&altered(&two, 1, 8, &[1, 0])), ("member-password".into(), "a.csv".into()));
    assert_eq!(refused(&altered(&two, 1, 10, &[12, 0])), ("member-packing".into(), "a.csv".into()));
    assert_eq!(refused(&altered(&two, 1, 16, &[9; 4])), ("member-damaged".into(), "a.csv".into()), "another checksum");
    assert_eq!(refused(&zipped(&[("lots.csv", LOTS), ("more.zip", &two)])), ("member-archive".into(), "more.zip".into()));
    assert_eq!(refused(&zipped(&[])), ("empty".into(), String::new()));
}

#[test]
fn no_archive_unpacks_to_more_than_it_may() {
    let bomb = zipped(&[("a.csv", &vec![b'x'; 32 << 20]), ("b.csv", LOTS)]);
    assert!(bomb.len() < 1 << 20);
    // One that lies yields no more than it said.
    assert_eq!(refused(&altered(&bomb, 0, 24, &1_000u32.to_le_bytes())), ("member-damaged".into(), "a.csv".into()));
    // One that does not is believed before a byte is unpacked.
    let huge = altered(&altered(&bomb, 0, 24, &[0xFE; 4]), 1, 24, &[0xFE; 4]);
    assert_eq!(refused(&huge), ("members-too-large".into(), String::new()));
    let named = |count: usize| {
        let names: Vec<String> = (0..count).map(|number| format!("{number}.csv")).collect();
        zipped(&names.iter().map(|name| (name.as_str(), LOTS)).collect::<Vec<_>>())
    };
    assert_eq!(unpacked(&named(100)).unwrap().unwrap().len(), 100);
    assert_eq!(refused(&named(101)), ("members-too-many".into(), String::new()));
    // Very many, or any number in a record of their own, are not even listed.
    assert_eq!(refused(&named(20_100)), ("too-large".into(), String::new()));
    let mut elsewhere = named(2);
    let end = elsewhere.len() - 22;
    elsewhere[end + 16..end + 20].copy_from_slice(&[0xFF; 4]);
    assert_eq!(refused(&elsewhere), ("too-large".into(), String::new()));
}

#[test]
fn a_damaged_archive_is_refused_and_nothing_else_comes_of_it() {
    let whole = zipped(&[("a.csv", PARTIES), ("b.csv", LOTS)]);
    for cut in 4..whole.len() {
        assert!(unpacked(&whole[..cut]).is_err(), "cut at {cut}");
    }
    let mut seed = 7u32;
    for _ in 0..2_000 {
        let mut broken = whole.clone();
        for _ in 0..3 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let at = usize::try_from(seed >> 8).unwrap() % broken.len();
            broken[at] = u8::try_from(seed & 0xFF).unwrap();
        }
        // Refused, or what was packed under whatever name.
        if let Ok(Some(files)) = unpacked(&broken) {
            assert!(files.iter().all(|(_, bytes)| [PARTIES, LOTS].contains(&bytes.as_slice())), "{files:?}");
        }
    }
}
