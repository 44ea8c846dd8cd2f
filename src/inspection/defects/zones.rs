//! Places on a garment, and where each is in the silhouette: the wearer's left is at the right of the front view. A place that is marked in a
//! picture has its position there in the style sheet, as the class `z-<code>`.

use crate::kernel::choices::Choice;

const fn at(text: &'static str, zh: &'static str, en: &'static str) -> Choice {
    Choice { text, zh, en, also: &[], about: ("", "") }
}

macro_rules! zones {
    ($($(#[$about:meta])* $view:ident { $($code:literal, $zh:literal, $en:literal;)* })*) => {
        $($(#[$about])* pub const $view: &[Choice] = &[$(at($code, $zh, $en)),*];)*

        /// Every place, from the top down.
        pub const ZONES: &[Choice] = &[$($(at($code, $zh, $en),)*)*];
    };
}

zones! {
    /// Seen from the front.
    FRONT {
        "front_collar", "前领", "Front collar";
        "front_shoulder_right", "前右肩", "Front right shoulder";
        "front_shoulder_left", "前左肩", "Front left shoulder";
        "front_sleeve_right", "前右袖", "Front right sleeve";
        "front_sleeve_left", "前左袖", "Front left sleeve";
        "cuff_right", "右袖口", "Right cuff";
        "cuff_left", "左袖口", "Left cuff";
        "chest_right", "右胸", "Right chest";
        "chest_left", "左胸", "Left chest";
        "closure", "门襟", "Closure";
        "front_waist", "前腰", "Front waist";
        "pocket_right", "右口袋", "Right pocket";
        "pocket_left", "左口袋", "Left pocket";
        "front_hem", "前下摆", "Front hem";
    }
    /// Seen from behind.
    BACK {
        "back_collar", "后领", "Back collar";
        "back_shoulder_left", "后左肩", "Back left shoulder";
        "back_shoulder_right", "后右肩", "Back right shoulder";
        "back_sleeve_left", "后左袖", "Back left sleeve";
        "back_sleeve_right", "后右袖", "Back right sleeve";
        "back_upper", "后背", "Upper back";
        "side_seam_left", "左侧缝", "Left side seam";
        "side_seam_right", "右侧缝", "Right side seam";
        "back_waist", "后腰", "Back waist";
        "back_hem", "后下摆", "Back hem";
    }
    /// Of trousers and underwear alone.
    LEGS {
        "crotch", "裆部", "Crotch";
        "knee_right", "右膝", "Right knee";
        "knee_left", "左膝", "Left knee";
        "leg_hem_right", "右裤脚", "Right leg hem";
        "leg_hem_left", "左裤脚", "Left leg hem";
        "back_pocket_left", "后左袋", "Back left pocket";
        "back_pocket_right", "后右袋", "Back right pocket";
        "seat", "臀部", "Seat";
    }
    /// In no picture: inside, labels, the whole.
    ELSEWHERE {
        "whole", "整件", "Whole garment";
        "inside", "内侧", "Inside";
        "lining", "里料", "Lining";
        "filling", "填充物", "Filling";
        "label", "标签", "Label";
        "packaging", "包装", "Packaging";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_zone_in_a_picture_has_its_place_in_the_style_sheet() {
        for zone in ZONES {
            let placed = crate::platform::http::page::STAFF_CSS.contains(&format!(".z-{}{{", zone.text));
            assert_eq!(placed, !ELSEWHERE.contains(zone), "{}", zone.text);
        }
    }

    #[test]
    fn zones_are_read_in_both_languages() {
        let read = |word: &str| Choice::meant_by(ZONES, word).map(|zone| zone.text);
        assert_eq!([read("门襟"), read("left CUFF"), read("elbow patch")], [Some("closure"), Some("cuff_left"), None]);
    }
}
