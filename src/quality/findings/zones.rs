//! Places on a garment, and where each is in the silhouette: the wearer's left is at the right of the front view.

use crate::kernel::text::Lang;
use crate::kernel::{Code, Fault};

/// Which picture a zone is marked in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// Seen from the front.
    Front,
    /// Seen from behind.
    Back,
    /// In no picture: inside, labels, the whole.
    Elsewhere,
}

/// A place on a garment.
#[derive(Clone, Copy, Debug)]
pub struct Zone {
    /// The stored text.
    pub code: &'static str,
    /// Chinese.
    pub zh: &'static str,
    /// English.
    pub en: &'static str,
    /// The picture it is marked in. Its place there is the class `z-<code>` in the style sheet.
    pub view: View,
}

impl Zone {
    /// What people call it.
    pub const fn word(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::Zh => self.zh,
            Lang::En => self.en,
        }
    }
}

const fn at(code: &'static str, zh: &'static str, en: &'static str, view: View) -> Zone {
    Zone { code, zh, en, view }
}

/// Every place, from the top down.
pub const ZONES: &[Zone] = &[
    at("front_collar", "前领", "Front collar", View::Front),
    at("front_shoulder_right", "前右肩", "Front right shoulder", View::Front),
    at("front_shoulder_left", "前左肩", "Front left shoulder", View::Front),
    at("front_sleeve_right", "前右袖", "Front right sleeve", View::Front),
    at("front_sleeve_left", "前左袖", "Front left sleeve", View::Front),
    at("cuff_right", "右袖口", "Right cuff", View::Front),
    at("cuff_left", "左袖口", "Left cuff", View::Front),
    at("chest_right", "右胸", "Right chest", View::Front),
    at("chest_left", "左胸", "Left chest", View::Front),
    at("closure", "门襟", "Closure", View::Front),
    at("front_waist", "前腰", "Front waist", View::Front),
    at("pocket_right", "右口袋", "Right pocket", View::Front),
    at("pocket_left", "左口袋", "Left pocket", View::Front),
    at("front_hem", "前下摆", "Front hem", View::Front),
    at("back_collar", "后领", "Back collar", View::Back),
    at("back_shoulder_left", "后左肩", "Back left shoulder", View::Back),
    at("back_shoulder_right", "后右肩", "Back right shoulder", View::Back),
    at("back_sleeve_left", "后左袖", "Back left sleeve", View::Back),
    at("back_sleeve_right", "后右袖", "Back right sleeve", View::Back),
    at("back_upper", "后背", "Upper back", View::Back),
    at("side_seam_left", "左侧缝", "Left side seam", View::Back),
    at("side_seam_right", "右侧缝", "Right side seam", View::Back),
    at("back_waist", "后腰", "Back waist", View::Back),
    at("back_hem", "后下摆", "Back hem", View::Back),
    at("whole", "整件", "Whole garment", View::Elsewhere),
    at("inside", "内侧", "Inside", View::Elsewhere),
    at("lining", "里料", "Lining", View::Elsewhere),
    at("filling", "填充物", "Filling", View::Elsewhere),
    at("label", "标签", "Label", View::Elsewhere),
    at("packaging", "包装", "Packaging", View::Elsewhere),
];

/// The place of a stored text.
pub fn zone(code: &str) -> Option<&'static Zone> {
    ZONES.iter().find(|zone| zone.code == code)
}

/// The place somebody named, in either language; empty for none.
///
/// # Errors
/// [`Code::NotOneOf`].
pub(super) fn read_zone(field: &'static str, text: &str) -> Result<String, Fault> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(String::new());
    }
    let found = ZONES.iter().find(|zone| zone.code == text || zone.zh == text || zone.en.eq_ignore_ascii_case(text));
    found.map(|zone| zone.code.to_owned()).ok_or_else(|| {
        let allowed: Vec<_> = ZONES.iter().map(|zone| zone.code).collect();
        Fault::new(field, Code::NotOneOf).with("value", text).with("allowed", allowed.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_zone_in_a_picture_has_its_place_in_the_style_sheet() {
        for zone in ZONES {
            let placed = crate::platform::http::page::STAFF_CSS.contains(&format!(".z-{}{{", zone.code));
            assert_eq!(placed, zone.view != View::Elsewhere, "{}", zone.code);
        }
    }

    #[test]
    fn zones_are_read_in_both_languages() {
        assert_eq!(read_zone("zone", "门襟").unwrap(), "closure");
        assert_eq!(read_zone("zone", "left CUFF").unwrap(), "cuff_left");
        assert_eq!(read_zone("zone", " ").unwrap(), "");
        assert!(read_zone("zone", "elbow patch").is_err());
    }
}
