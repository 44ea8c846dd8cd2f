//! The faces labels are set in.
//!
//! A label looks the same on every machine because the program brings its faces ([`EMBEDDED`], see `labels/fonts/README.md`). A text is set in a
//! face beside the templates that it names, else in ours; a character that the face lacks is taken from another of these, and only one that none of
//! them has from a face of the machine ([`super::machine_fonts`]). Every face is held as data: the drawing crates read a file again for every run of
//! text. A face is taken only if a PDF can carry it ([`is_embeddable`]).

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use resvg::usvg::fontdb::{Database, Family, ID, Query, Source, Weight};
use resvg::usvg::{Font, FontResolver, Options};
use skrifa::{FontRef, MetadataProvider};

use super::machine_fonts;
use crate::kernel::text::Lang;

macro_rules! brought {
    ($($file:literal),*) => { [$(include_bytes!(concat!("../../../labels/fonts/", $file, ".br"))),*] };
}

/// Latin and Chinese, each regular and bold, brotli.
const EMBEDDED: [[&[u8]; 2]; 2] = [
    brought!["NotoSans-SemiCondensed-Regular.ttf", "NotoSans-SemiCondensed-Bold.ttf"],
    brought!["NotoSansCJKsc-Regular.otf", "NotoSansCJKsc-Bold.otf"],
];

/// From this weight on a text is set in the bold face.
const BOLD: u16 = 600;

/// The faces there are.
#[derive(Clone, Debug, Default)]
pub struct Fonts {
    database: Arc<Database>,
    /// Those beside the templates.
    own: Vec<ID>,
    /// Regular and bold.
    latin: Vec<ID>,
    /// Regular and bold.
    chinese: Vec<ID>,
    /// Whether the machine's faces may help out.
    machine: bool,
}

impl Fonts {
    /// The faces the program brings, and no others.
    pub fn embedded() -> Self {
        static EMBEDDED_FONTS: OnceLock<Fonts> = OnceLock::new();
        EMBEDDED_FONTS
            .get_or_init(|| {
                let mut database = Database::new();
                let [latin, chinese] = EMBEDDED.map(|pair| pair.iter().flat_map(|file| unpack(&mut database, file)).collect());
                Self { database: Arc::new(database), latin, chinese, ..Self::default() }
            })
            .clone()
    }

    /// The faces in `fonts` beside the templates in `folder`, those the program brings, and for what all these lack the machine's.
    pub fn beside(folder: Option<&Path>) -> Self {
        let mut fonts = Self { machine: true, ..Self::embedded() };
        let database = Arc::make_mut(&mut fonts.database);
        for file in folder.map(|folder| font_files(&folder.join("fonts"))).into_iter().flatten() {
            match std::fs::read(&file) {
                Ok(data) => fonts.own.extend(load(database, data, &file.display())),
                Err(error) => tracing::warn!(file = %file.display(), %error, "font not read"),
            }
        }
        fonts
    }

    /// Options under which a template in `lang` is read: these faces, no folder of files.
    pub fn options(&self, lang: Lang) -> Options<'_> {
        let brought = match lang {
            Lang::Zh => [&self.chinese, &self.latin],
            Lang::En => [&self.latin, &self.chinese],
        };
        Options {
            resources_dir: None,
            font_family: "sans-serif".to_owned(),
            languages: vec![lang.tag().to_owned()],
            font_resolver: FontResolver {
                select_font: Box::new(move |font, database| {
                    named(font, database).or_else(|| brought.iter().find_map(|pair| of_weight(pair, font.weight())))
                }),
                select_fallback: Box::new(move |character, used, database| {
                    let weight = used.first().and_then(|&id| database.face(id)).map_or(Weight::NORMAL.0, |face| face.weight.0);
                    let ours = self.own.iter().copied().chain(brought.iter().filter_map(|pair| of_weight(pair, weight)));
                    let mut ours = ours.filter(|id| !used.contains(id));
                    let found = ours.find(|&id| has(database, id, character));
                    found.or_else(|| if self.machine { machine_fonts::face_with(character, weight, used, database) } else { None })
                }),
            },
            fontdb: Arc::clone(&self.database),
            ..Options::default()
        }
    }
}

/// The first family a text asks for by name that is there.
fn named(font: &Font, database: &Database) -> Option<ID> {
    font.families().iter().find_map(|family| {
        let name = family.to_string();
        let families = [Family::Name(name.trim_matches(['"', '\'']))];
        database.query(&Query { families: &families, weight: Weight(font.weight()), ..Query::default() })
    })
}

fn of_weight(pair: &[ID], weight: u16) -> Option<ID> {
    pair.get(usize::from(weight >= BOLD)).or(pair.first()).copied()
}

fn has(database: &Database, id: ID, character: char) -> bool {
    let has = |data: &[u8], index| FontRef::from_index(data, index).is_ok_and(|font| font.charmap().map(character).is_some());
    database.with_face_data(id, has) == Some(true)
}

/// Whether a PDF can carry the glyphs of a face: outlines, and no axes to vary them along.
pub fn is_embeddable(data: &[u8], index: u32) -> bool {
    let fixed = FontRef::from_index(data, index).is_ok_and(|font| font.axes().is_empty());
    fixed && subsetter::subset(data, index, &subsetter::GlyphRemapper::new()).is_ok()
}

fn unpack(database: &mut Database, packed: &[u8]) -> Vec<ID> {
    let mut data = Vec::with_capacity(2 * packed.len());
    match brotli::BrotliDecompress(&mut &*packed, &mut data) {
        Ok(()) => load(database, data, &"built in"),
        Err(error) => {
            tracing::error!(%error, "a built-in font cannot be unpacked");
            Vec::new()
        }
    }
}

fn load(database: &mut Database, data: Vec<u8>, file: &dyn std::fmt::Display) -> Vec<ID> {
    let data = Arc::new(data);
    let found = database.load_font_source(Source::Binary(data.clone()));
    let (taken, left): (Vec<ID>, Vec<ID>) =
        found.into_iter().partition(|&id| database.face(id).is_some_and(|face| is_embeddable(&data, face.index)));
    for id in left {
        tracing::warn!(%file, "font left out: it is variable or has no outlines");
        database.remove_face(id);
    }
    taken
}

/// The font files of a folder, sorted.
fn font_files(folder: &Path) -> Vec<PathBuf> {
    let is_font =
        |path: &PathBuf| path.extension().is_some_and(|e| ["ttf", "otf", "ttc", "otc"].iter().any(|known| e.eq_ignore_ascii_case(known)));
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_font).collect();
    files.sort();
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lacking<'a>(pair: &[ID], characters: impl Iterator<Item = char> + Clone + 'a) -> Vec<char> {
        let fonts = Fonts::embedded();
        assert_eq!(pair.len(), 2);
        pair.iter()
            .flat_map(|&id| characters.clone().filter(move |&c| !c.is_control()).map(move |c| (id, c)))
            .filter(|&(id, c)| !has(&fonts.database, id, c))
            .map(|(_, c)| c)
            .collect()
    }

    #[test]
    fn the_faces_we_bring_have_what_labels_say() {
        let fonts = Fonts::embedded();
        let latin = (' '..='~').chain('\u{a0}'..='\u{17f}').chain('\u{1ea0}'..='\u{1ef9}').chain("Ωя₫₺₹€–—‘’“”„…•‰™→".chars());
        assert_eq!(lacking(&fonts.latin, latin.filter(|c| !"→".contains(*c))), ['\0'; 0]);
        // Rows 16 to 87 of GB 2312 are its 6,763 characters; rows 1 and 3 punctuation and full-width forms.
        let cells =
            (1..=87u8).filter(|row| matches!(row, 1 | 3 | 16..=87)).flat_map(|row| (1..=94u8).map(move |cell| [row + 0xa0, cell + 0xa0]));
        let decoded: String = cells
            .filter_map(|cell| encoding_rs::GBK.decode_without_bom_handling_and_without_replacement(&cell).map(|text| text.into_owned()))
            .collect();
        let chinese: Vec<char> = decoded.chars().filter(|c| !('\u{e000}'..='\u{f8ff}').contains(c)).collect();
        assert!(chinese.len() >= 6_763 + 2 * 94);
        assert_eq!(lacking(&fonts.chinese, chinese.iter().copied()), ['\0'; 0]);
        assert_eq!(lacking(&fonts.chinese, (' '..='~').chain("℃→甪昇".chars())), ['\0'; 0]);
    }

    #[test]
    fn weights_are_told_apart() {
        let fonts = Fonts::embedded();
        let weights: Vec<u16> =
            fonts.latin.iter().chain(&fonts.chinese).filter_map(|&id| Some(fonts.database.face(id)?.weight.0)).collect();
        assert_eq!(weights, [400, 700, 400, 700]);
    }
}
