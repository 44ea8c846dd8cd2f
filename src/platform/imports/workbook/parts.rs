//! The parts of a workbook besides its sheets: where they are, what the texts are, how cells are formatted. `zip` unpacks, `quick-xml` reads.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesRef, BytesStart, Event};
use zip::ZipArchive;

use super::super::report::Reason;
use super::super::table::Metered;
use super::formats::Format;
use crate::kernel::saturating;

/// The archive a workbook is.
pub(super) type Archive = ZipArchive<BufReader<Metered>>;

/// Bytes that the texts of a workbook may take in memory.
const TEXTS_MAX: usize = 80 << 20;
/// Formats of cells, and codes of formats, that a workbook may have (Excel: 65,490 of cells).
const FORMATS_MAX: usize = 1 << 16;
/// Sheets and relations that a workbook may name.
const LIST_MAX: usize = 1 << 14;

/// What the package says of a workbook.
pub(super) struct Outline {
    pub(super) sheets: Vec<Listed>,
    pub(super) texts: Texts,
    pub(super) formats: Vec<Format>,
    /// Days are counted from 1904 instead of 1900.
    pub(super) since_1904: bool,
    /// The file asks to be computed when it is opened: who wrote it did not, and what it stored as results may be placeholders.
    pub(super) to_compute: bool,
}

/// A sheet as the workbook lists it.
pub(super) struct Listed {
    pub(super) name: String,
    pub(super) hidden: bool,
    /// Its part's place in the archive.
    pub(super) part: usize,
}

/// Reads everything but the sheets. `parts` are the places of the parts by their names in lower case.
pub(super) fn outline(archive: &mut Archive, parts: &HashMap<String, usize>) -> Result<Outline, Reason> {
    let root = relations(archive, parts, "")?;
    let book = root.iter().find(|relation| relation.kind == "officedocument").map(|relation| relation.target.clone());
    let book = book.filter(|name| parts.contains_key(name)).ok_or(Reason::NotXlsx)?;
    let of_book = relations(archive, parts, &book)?;
    let target =
        |kind: &str| of_book.iter().find(|relation| relation.kind == kind).and_then(|relation| parts.get(&relation.target)).copied();
    let mut outline = Outline { sheets: Vec::new(), texts: Texts::default(), formats: Vec::new(), since_1904: false, to_compute: false };
    let part = *parts.get(&book).ok_or(Reason::NotXlsx)?;
    each_tag(archive, part, |tag, _| {
        match tag.local_name().as_ref() {
            "workbookPr" => outline.since_1904 = is_true(attribute(tag, "date1904")?.as_deref()),
            "calcPr" => outline.to_compute = is_true(attribute(tag, "fullCalcOnLoad")?.as_deref()),
            "sheet" if outline.sheets.len() >= LIST_MAX => return Err(Reason::TooLarge),
            "sheet" => {
                let id = attribute(tag, "id")?;
                let relation = of_book.iter().find(|relation| Some(&relation.id) == id.as_ref() && relation.kind == "worksheet");
                if let Some(part) = relation.and_then(|relation| parts.get(&relation.target)) {
                    let hidden = attribute(tag, "state")?.is_some_and(|state| state != "visible");
                    outline.sheets.push(Listed { name: attribute(tag, "name")?.unwrap_or_default(), hidden, part: *part });
                }
            }
            _ => {}
        }
        Ok(())
    })?;
    if let Some(part) = target("styles") {
        outline.formats = formats(archive, part)?;
    }
    if outline.formats.is_empty() {
        outline.formats.push(Format::built_in(0));
    }
    if let Some(part) = target("sharedstrings") {
        outline.texts = Texts::read(archive, part)?;
    }
    Ok(outline)
}

struct Relation {
    id: String,
    /// The last piece of its type, in lower case: `worksheet`.
    kind: String,
    /// The part's name, in lower case.
    target: String,
}

/// The relations of a part; of the package itself when its name is empty.
fn relations(archive: &mut Archive, parts: &HashMap<String, usize>, of: &str) -> Result<Vec<Relation>, Reason> {
    let (folder, name) = of.rsplit_once('/').unwrap_or(("", of));
    let slash = if folder.is_empty() { "" } else { "/" };
    let Some(part) = parts.get(&format!("{folder}{slash}_rels/{name}.rels")) else {
        return Ok(Vec::new());
    };
    let mut relations = Vec::new();
    each_tag(archive, *part, |tag, _| {
        if tag.local_name().as_ref() != "Relationship" {
            return Ok(());
        }
        if relations.len() >= LIST_MAX {
            return Err(Reason::TooLarge);
        }
        if let (Some(id), Some(kind), Some(target)) = (attribute(tag, "Id")?, attribute(tag, "Type")?, attribute(tag, "Target")?) {
            let kind = kind.rsplit('/').next().unwrap_or_default().to_lowercase();
            relations.push(Relation { id, kind, target: resolved(folder, &target) });
        }
        Ok(())
    })?;
    Ok(relations)
}

/// The name of the part that a part of `folder` calls `target`.
fn resolved(folder: &str, target: &str) -> String {
    let target = part_name(target);
    let from = if target.starts_with('/') { "" } else { folder };
    let mut path: Vec<&str> = Vec::new();
    for piece in from.split('/').chain(target.split('/')).filter(|piece| !piece.is_empty() && *piece != ".") {
        if piece == ".." {
            path.pop();
        } else {
            path.push(piece);
        }
    }
    path.join("/")
}

/// A part's name as it is compared: in lower case, with slashes.
pub(super) fn part_name(name: &str) -> String {
    name.replace('\\', "/").to_lowercase()
}

/// The formats of cells, by the number a cell names its by.
fn formats(archive: &mut Archive, part: usize) -> Result<Vec<Format>, Reason> {
    let mut codes: HashMap<u32, String> = HashMap::new();
    let mut formats: Vec<Format> = Vec::new();
    let mut read: HashMap<u32, Format> = HashMap::new();
    each_tag(archive, part, |tag, path| {
        match tag.local_name().as_ref() {
            // Other lists of formats are named and conditional ones.
            "numFmt" if path.last().is_some_and(|list| list == "numFmts") => {
                if let (Some(id), Some(code)) = (number(tag, "numFmtId")?, attribute(tag, "formatCode")?) {
                    codes.insert(id, code);
                }
            }
            "xf" if path.last().is_some_and(|list| list == "cellXfs") => {
                let id = number(tag, "numFmtId")?.unwrap_or(0);
                let of_code = || codes.get(&id).map_or_else(|| Format::built_in(id), |code| Format::read(code));
                formats.push(read.entry(id).or_insert_with(of_code).clone());
            }
            _ => {}
        }
        if codes.len() > FORMATS_MAX || formats.len() > FORMATS_MAX { Err(Reason::TooLarge) } else { Ok(()) }
    })?;
    Ok(formats)
}

/// The texts that cells share, one behind the other.
#[derive(Default)]
pub(super) struct Texts {
    all: String,
    ends: Vec<u32>,
}

impl Texts {
    fn read(archive: &mut Archive, part: usize) -> Result<Self, Reason> {
        let mut texts = Self::default();
        let mut xml = open(archive, part)?;
        let mut buffer = Vec::new();
        loop {
            match next(&mut xml, &mut buffer)? {
                Event::Start(tag) if tag.local_name().as_ref() == "si" => rich_text(&mut xml, "si", &mut texts.all)?,
                Event::Empty(tag) if tag.local_name().as_ref() == "si" => {}
                Event::Eof => return Ok(texts),
                _ => continue,
            }
            texts.ends.push(u32::try_from(texts.all.len()).map_err(|_| Reason::TooLarge)?);
            if texts.all.len() + 4 * texts.ends.len() > TEXTS_MAX {
                return Err(Reason::TooLarge);
            }
        }
    }

    pub(super) fn get(&self, place: usize) -> Option<&str> {
        let start = match place.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        let end = *self.ends.get(place)?;
        self.all.get(saturating::<usize>(start)..saturating(end))
    }
}

/// The text up to the end of `element`: its runs, without the reading aids above Chinese characters.
pub(super) fn rich_text(xml: &mut Reader<impl BufRead>, element: &str, text: &mut String) -> Result<(), Reason> {
    let mut buffer = Vec::new();
    let (mut inside, mut aside) = (false, 0);
    let from = text.len();
    loop {
        match next(xml, &mut buffer)? {
            Event::Start(tag) => match tag.local_name().as_ref() {
                "t" => inside = aside == 0,
                "rPh" => aside += 1,
                _ => {}
            },
            Event::End(tag) => match tag.local_name().as_ref() {
                "t" => inside = false,
                "rPh" => aside -= 1,
                name if name == element => break,
                _ => {}
            },
            Event::Text(piece) if inside => text.push_str(&piece.xml10_content()),
            Event::CData(piece) if inside => text.push_str(&piece.xml10_content()),
            Event::GeneralRef(entity) if inside => text.push(character(&entity)?),
            Event::Eof => return Err(Reason::Damaged),
            _ => {}
        }
    }
    unescape_units(text, from);
    Ok(())
}

/// The character of `&amp;` or `&#10;`.
pub(super) fn character(entity: &BytesRef<'_>) -> Result<char, Reason> {
    let of_name = || match &**entity {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    };
    entity.resolve_char_ref().map_err(|_| Reason::Damaged)?.or_else(of_name).ok_or(Reason::Damaged)
}

/// Turns `_x000D_` into the character it stands for, from a place of the text on: how workbooks write what XML cannot hold.
pub(super) fn unescape_units(text: &mut String, from: usize) {
    let Some(escaped) = text.get(from..).filter(|text| text.contains("_x")).map(str::to_owned) else {
        return;
    };
    text.truncate(from);
    let mut units: Vec<u16> = Vec::new();
    let mut rest = escaped.as_str();
    while let Some(at) = rest.find("_x") {
        let (plain, marked) = rest.split_at_checked(at).unwrap_or((rest, ""));
        let unit = marked.get(2..6).filter(|_| marked.get(6..7) == Some("_")).map(|digits| u16::from_str_radix(digits, 16));
        let taken = if matches!(unit, Some(Ok(_))) { 7 } else { 2 };
        units.extend(plain.encode_utf16());
        match unit {
            Some(Ok(unit)) => units.push(unit),
            _ => units.extend("_x".encode_utf16()),
        }
        rest = marked.get(taken..).unwrap_or_default();
    }
    units.extend(rest.encode_utf16());
    text.push_str(&String::from_utf16_lossy(&units));
}

/// Opens a part for reading.
pub(super) fn open(archive: &mut Archive, part: usize) -> Result<Reader<impl BufRead + '_>, Reason> {
    let part = archive.by_index(part).map_err(|_| Reason::Damaged)?;
    Ok(Reader::from_reader(BufReader::with_capacity(1 << 15, part)))
}

/// The next event. Its memory is bounded: no stretch between two tags is longer, and no more tags are open, than was allowed when the workbook
/// was measured.
#[inline]
pub(super) fn next<'b>(xml: &mut Reader<impl BufRead>, buffer: &'b mut Vec<u8>) -> Result<Event<'b>, Reason> {
    buffer.clear();
    xml.read_event_into(buffer).map_err(|_| Reason::Damaged)
}

/// Hands every opening tag of a part to `each`, with the names of the elements it stands in.
fn each_tag(
    archive: &mut Archive,
    part: usize,
    mut each: impl FnMut(&BytesStart<'_>, &[String]) -> Result<(), Reason>,
) -> Result<(), Reason> {
    let mut xml = open(archive, part)?;
    let mut buffer = Vec::new();
    let mut path: Vec<String> = Vec::new();
    loop {
        match next(&mut xml, &mut buffer)? {
            Event::Start(tag) => {
                each(&tag, &path)?;
                path.push(tag.local_name().as_ref().to_owned());
                if path.len() > 64 {
                    return Err(Reason::Damaged);
                }
            }
            Event::Empty(tag) => each(&tag, &path)?,
            Event::End(_) => {
                path.pop();
            }
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

/// An attribute by its name without prefix.
pub(super) fn attribute(tag: &BytesStart<'_>, name: &str) -> Result<Option<String>, Reason> {
    for attribute in tag.attributes().with_checks(false) {
        let attribute = attribute.map_err(|_| Reason::Damaged)?;
        if attribute.key.local_name().as_ref() == name {
            return Ok(Some(unescape(&attribute.value).map_err(|_| Reason::Damaged)?.into_owned()));
        }
    }
    Ok(None)
}

/// A number in an attribute.
pub(super) fn number(tag: &BytesStart<'_>, name: &str) -> Result<Option<u32>, Reason> {
    attribute(tag, name)?.map(|text| text.trim().parse().map_err(|_| Reason::Damaged)).transpose()
}

pub(super) fn is_true(text: Option<&str>) -> bool {
    matches!(text, Some("1" | "true" | "on"))
}
