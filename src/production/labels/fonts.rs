//! The faces labels are set in: found once, read once, kept in memory.
//!
//! There is always the built-in face ([`super::truetype`]). A face with Chinese and a Latin one are taken from the system where it has them; families
//! put into a `fonts` folder beside the templates are taken as well. Files are handed to the font database as data: given a folder, the drawing
//! crates read a whole 20 MB collection again for every run of text (measured: 140 times slower).

use std::path::Path;
use std::sync::{Arc, OnceLock};

use resvg::usvg::fontdb::{Database, Family, ID, Query, Source, Weight};
use resvg::usvg::{Font, FontResolver, Options};

use super::truetype;
use crate::kernel::text::Lang;

/// Sans faces with simplified Chinese, best first: free ones, then those of the great systems.
const CHINESE: &[&str] = &[
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Source Han Sans",
    "HarmonyOS Sans SC",
    "PingFang SC",
    "Hiragino Sans GB",
    "Microsoft YaHei",
    "DengXian",
    "SimHei",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
    "STHeiti",
    "SimSun",
];

/// Sans faces with Latin, best first.
const LATIN: &[&str] = &["Noto Sans", "Liberation Sans", "Inter", "Helvetica Neue", "Arial", "Segoe UI", "DejaVu Sans"];

/// Regular and bold of one family; the same face twice where there is no bold.
#[derive(Clone, Copy, Debug)]
struct Pair {
    regular: ID,
    bold: ID,
}

impl Pair {
    fn of_weight(self, weight: u16) -> ID {
        if weight >= 600 { self.bold } else { self.regular }
    }
}

/// The faces there are.
#[derive(Clone, Debug)]
pub struct Fonts {
    database: Arc<Database>,
    chinese: Option<Pair>,
    latin: Option<Pair>,
    built_in: Option<Pair>,
}

impl Fonts {
    /// The built-in face alone, as on a machine without fonts.
    pub fn built_in() -> Self {
        let mut database = Database::new();
        database.load_font_data(truetype::font(false));
        database.load_font_data(truetype::font(true));
        let built_in = pair(&database, truetype::FAMILY);
        Self { database: Arc::new(database), chinese: None, latin: None, built_in }
    }

    /// The built-in face, what is in `folder`, and a Chinese and a Latin face of the system.
    ///
    /// Reads every font file of the system to learn its names, so call it once; [`Fonts::shared`] does.
    pub fn load(folder: Option<&Path>) -> Self {
        let mut fonts = Self::built_in();
        let mut found = Database::new();
        found.load_system_fonts();
        let database = Arc::make_mut(&mut fonts.database);
        let mut files: Vec<_> = folder.into_iter().flat_map(std::fs::read_dir).flatten().flatten().map(|e| e.path()).collect();
        files.sort();
        let is_font =
            |path: &Path| path.extension().is_some_and(|e| ["ttf", "otf", "ttc", "otc"].iter().any(|known| e.eq_ignore_ascii_case(known)));
        files.retain(|path| is_font(path));
        for family in [first_of(&found, CHINESE), first_of(&found, LATIN)].into_iter().flatten() {
            for id in [family.regular, family.bold] {
                if let Some((Source::File(path), _)) = found.face_source(id) {
                    files.push(path);
                }
            }
        }
        let mut read = Vec::new();
        for file in files {
            if !read.contains(&file) {
                match std::fs::read(&file) {
                    Ok(data) => database.load_font_data(data),
                    Err(error) => tracing::warn!(file = %file.display(), %error, "font not read"),
                }
                read.push(file);
            }
        }
        fonts.chinese = first_of(&fonts.database, CHINESE);
        fonts.latin = first_of(&fonts.database, LATIN);
        fonts
    }

    /// The system's faces, loaded at the first call and kept.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Fonts> = OnceLock::new();
        SHARED.get_or_init(|| Self::load(None))
    }

    /// The name of the face Chinese text is set in, if the machine has one.
    pub fn chinese(&self) -> Option<&str> {
        self.chinese.map(|pair| self.family(pair.regular))
    }

    /// The family name of a face.
    pub fn family(&self, id: ID) -> &str {
        let names = self.database.face(id).map(|face| face.families.as_slice()).unwrap_or_default();
        names.first().map(|name| name.0.as_str()).unwrap_or_default()
    }

    /// Options under which a template is read: these faces, no folder of files.
    pub fn options(&self, lang: Lang) -> Options<'_> {
        Options {
            resources_dir: None,
            font_family: "sans-serif".to_owned(),
            languages: vec![lang.tag().to_owned()],
            font_resolver: FontResolver {
                select_font: Box::new(|font, database| self.select(font, database)),
                select_fallback: Box::new(|_, used, database| {
                    let weight = used.first().and_then(|&id| database.face(id)).map_or(400, |face| face.weight.0);
                    let pairs = [self.chinese, self.latin, self.built_in];
                    pairs.into_iter().flatten().map(|pair| pair.of_weight(weight)).find(|id| !used.contains(id))
                }),
            },
            fontdb: Arc::clone(&self.database),
            ..Options::default()
        }
    }

    /// The first family asked for by name that is there; else the system's, Chinese before Latin so that a line is of one cut; else the built-in one.
    fn select(&self, font: &Font, database: &Database) -> Option<ID> {
        let weight = font.weight();
        for family in font.families() {
            let name = family.to_string();
            let name = name.trim_matches(['"', '\'']);
            let query = Query { families: &[Family::Name(name)], weight: Weight(weight), ..Query::default() };
            if let Some(id) = database.query(&query) {
                return Some(id);
            }
        }
        self.chinese.or(self.latin).or(self.built_in).map(|pair| pair.of_weight(weight))
    }
}

fn pair(database: &Database, family: &str) -> Option<Pair> {
    let query = |weight| database.query(&Query { families: &[Family::Name(family)], weight, ..Query::default() });
    let regular = query(Weight::NORMAL)?;
    Some(Pair { regular, bold: query(Weight::BOLD).unwrap_or(regular) })
}

fn first_of(database: &Database, families: &[&str]) -> Option<Pair> {
    families.iter().find_map(|family| pair(database, family))
}
