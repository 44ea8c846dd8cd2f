//! Faces of the machine, for characters that none of ours has: a rare name, a script we do not bring.
//!
//! Looked into once, at the first such character. What they can show is kept; a file is read again only when a character is taken from it, and then
//! stays.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use resvg::usvg::fontdb::{Database, FaceInfo, ID, Source};
use roaring::RoaringBitmap;
use skrifa::{FontRef, MetadataProvider};

use super::fonts::is_embeddable;

/// Families asked first, best first: sans faces, with the Chinese forms of characters that Japan or Korea write otherwise.
const PREFERRED: &[&str] = &[
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "PingFang SC",
    "Microsoft YaHei",
    "SimSun-ExtB",
    "Noto Sans",
    "Arial",
    "DejaVu Sans",
];

struct MachineFace {
    info: FaceInfo,
    characters: RoaringBitmap,
    data: OnceLock<Option<Arc<Vec<u8>>>>,
}

/// A face of the machine with this character that is not `used` yet, near this weight, taken into `database`.
pub fn face_with(character: char, weight: u16, used: &[ID], database: &mut Arc<Database>) -> Option<ID> {
    let mut with: Vec<_> = faces().iter().filter(|face| face.characters.contains(u32::from(character))).collect();
    with.sort_by_key(|face| (rank(&face.info), face.info.weight.0.abs_diff(weight)));
    with.into_iter().find_map(|face| {
        let data = face.data.get_or_init(|| read(&face.info).filter(|data| is_embeddable(data, face.info.index)).map(Arc::new));
        let source = Source::Binary(data.clone()?);
        let known = database.faces().find(|known| known.index == face.info.index && is_same(&known.source, &source)).map(|known| known.id);
        let id = known.unwrap_or_else(|| Arc::make_mut(database).push_face_info(FaceInfo { source, ..face.info.clone() }));
        (!used.contains(&id)).then_some(id)
    })
}

fn is_same(a: &Source, b: &Source) -> bool {
    matches!((a, b), (Source::Binary(a), Source::Binary(b)) if std::ptr::addr_eq(Arc::as_ptr(a), Arc::as_ptr(b)))
}

fn rank(info: &FaceInfo) -> usize {
    let named = |family: &&str| info.families.iter().any(|(name, _)| name == family);
    PREFERRED.iter().position(named).unwrap_or(PREFERRED.len())
}

fn path_of(info: &FaceInfo) -> Option<&PathBuf> {
    if let Source::File(path) = &info.source { Some(path) } else { None }
}

fn read(info: &FaceInfo) -> Option<Vec<u8>> {
    match std::fs::read(path_of(info)?) {
        Ok(data) => Some(data),
        Err(error) => {
            tracing::warn!(font = %info.post_script_name, %error, "font of the machine not read");
            None
        }
    }
}

fn faces() -> &'static [MachineFace] {
    static FACES: OnceLock<Vec<MachineFace>> = OnceLock::new();
    FACES.get_or_init(|| {
        let mut found = Database::new();
        found.load_system_fonts();
        let mut infos: Vec<&FaceInfo> = found.faces().collect();
        infos.sort_by(|a, b| (path_of(a), a.index).cmp(&(path_of(b), b.index)));
        // Faces of one file follow each other, and the file is read once.
        let files = infos.chunk_by(|a, b| path_of(a) == path_of(b));
        files
            .flat_map(|of_file| {
                let data = of_file.first().and_then(|info| read(info)).into_iter();
                data.flat_map(|data| of_file.iter().filter_map(|info| machine_face(info, &data)).collect::<Vec<_>>())
            })
            .collect()
    })
}

fn machine_face(info: &FaceInfo, data: &[u8]) -> Option<MachineFace> {
    let Ok(font) = FontRef::from_index(data, info.index) else { return None };
    let characters = font.charmap().mappings().map(|(character, _)| character).collect();
    Some(MachineFace { info: info.clone(), characters, data: OnceLock::new() })
}
