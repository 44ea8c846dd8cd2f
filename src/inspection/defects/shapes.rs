//! What a garment looks like, as far as pointing at it goes: a silhouette for each kind, the places that it has, the parts it usually is made of.

use super::ZONES;
use crate::choices;
use crate::kernel::choices::Choice;
use crate::kernel::names::half_widths;

choices! {
    /// The silhouette of a garment.
    #[derive(Default)]
    Shape {
        /// Over the head: T-shirts, sweaters.
        #[default]
        Top = "top", "上衣", "Top";
        /// With buttons down the front.
        Shirt = "shirt", "衬衫", "Shirt";
        /// Over other clothes.
        Jacket = "jacket", "外套", "Jacket or coat";
        /// With legs.
        Trousers = "trousers", "裤装", "Trousers";
        /// With a skirt.
        Dress = "dress", "裙装", "Dress or skirt";
        /// Next to the skin.
        Intimate = "intimate", "内衣", "Underwear";
        /// For work.
        Uniform = "uniform", "工装", "Uniform";
    }
}

/// A kind of garment: what styles call it, what it usually has, where one can point at it from the front and from behind.
struct Kind {
    shape: Shape,
    /// Words of a category. Those of other scripts are found within it, Latin ones as words of their own.
    words: &'static [&'static str],
    components: &'static [&'static str],
    front: &'static [&'static str],
    back: &'static [&'static str],
}

/// In the order in which they are tried: underwear before trousers, T-shirts before shirts.
#[rustfmt::skip]
const KINDS: &[Kind] = &[
    Kind { shape: Shape::Intimate,
        words: &["内衣", "内裤", "文胸", "胸罩", "泳衣", "泳装", "袜", "intimate", "underwear", "bra", "brief", "lingerie", "swimwear", "hosiery", "boxer"],
        components: &["shell", "thread", "label", "hooks", "straps", "elastic", "lining", "print"],
        front: &["front_shoulder_right", "front_shoulder_left", "chest_right", "chest_left", "side_seam_right", "side_seam_left", "front_waist", "crotch"],
        back: &["back_shoulder_left", "back_shoulder_right", "closure", "back_waist", "seat"] },
    Kind { shape: Shape::Uniform,
        words: &["工装", "工作服", "制服", "反光", "uniform", "workwear", "hi-vis"],
        components: &["shell", "thread", "label", "buttons", "zip", "hooks", "elastic", "reflective", "print", "lining", "collar", "cuffs", "pockets", "trim"],
        front: JACKET_FRONT, back: JACKET_BACK },
    Kind { shape: Shape::Trousers,
        words: &["裤", "trouser", "pant", "jean", "short", "legging", "chino"],
        components: &["shell", "thread", "label", "buttons", "zip", "hooks", "elastic", "lining", "pockets", "print"],
        front: &["front_waist", "closure", "pocket_right", "pocket_left", "crotch", "knee_right", "knee_left", "leg_hem_right", "leg_hem_left"],
        back: &["back_waist", "back_pocket_left", "back_pocket_right", "seat", "side_seam_left", "side_seam_right"] },
    Kind { shape: Shape::Dress,
        words: &["裙", "旗袍", "dress", "dresses", "skirt", "gown"],
        components: &["shell", "thread", "label", "buttons", "zip", "hooks", "straps", "elastic", "lining", "print", "collar", "cuffs", "pockets"],
        front: &["front_collar", "front_shoulder_right", "front_shoulder_left", "front_sleeve_right", "front_sleeve_left", "chest_right", "chest_left", "front_waist", "front_hem"],
        back: &["back_collar", "back_shoulder_left", "back_shoulder_right", "back_sleeve_left", "back_sleeve_right", "closure", "side_seam_left", "side_seam_right", "back_hem"] },
    Kind { shape: Shape::Jacket,
        words: &["外套", "夹克", "大衣", "羽绒", "风衣", "西装", "西服", "棉服", "冲锋衣", "马甲", "jacket", "coat", "blazer", "parka", "down", "vest", "outerwear", "suit"],
        components: &["shell", "thread", "label", "buttons", "zip", "hooks", "elastic", "filling", "lining", "print", "collar", "cuffs", "pockets"],
        front: JACKET_FRONT, back: JACKET_BACK },
    Kind { shape: Shape::Top,
        words: &["t恤", "体恤", "卫衣", "毛衣", "针织", "背心", "上衣", "t-shirt", "tshirt", "tee", "top", "sweater", "sweatshirt", "hoodie", "knitwear", "jumper"],
        components: &["shell", "thread", "label", "print", "collar", "cuffs", "ribbing"],
        front: &["front_collar", "front_shoulder_right", "front_shoulder_left", "front_sleeve_right", "front_sleeve_left", "cuff_right", "cuff_left", "chest_right", "chest_left", "front_waist", "front_hem"],
        back: &["back_collar", "back_shoulder_left", "back_shoulder_right", "back_sleeve_left", "back_sleeve_right", "back_upper", "side_seam_left", "side_seam_right", "back_waist", "back_hem"] },
    Kind { shape: Shape::Shirt,
        words: &["衬衫", "衬衣", "shirt", "blouse", "polo"],
        components: &["shell", "thread", "label", "buttons", "print", "collar", "cuffs", "pockets"],
        front: &["front_collar", "front_shoulder_right", "front_shoulder_left", "front_sleeve_right", "front_sleeve_left", "cuff_right", "cuff_left", "chest_right", "pocket_left", "closure", "front_waist", "front_hem"],
        back: &["back_collar", "back_shoulder_left", "back_shoulder_right", "back_sleeve_left", "back_sleeve_right", "back_upper", "side_seam_left", "side_seam_right", "back_waist", "back_hem"] },
];

#[rustfmt::skip]
const JACKET_FRONT: &[&str] = &[
    "front_collar", "front_shoulder_right", "front_shoulder_left", "front_sleeve_right", "front_sleeve_left", "cuff_right", "cuff_left",
    "chest_right", "chest_left", "closure", "front_waist", "pocket_right", "pocket_left", "front_hem",
];
#[rustfmt::skip]
const JACKET_BACK: &[&str] = &[
    "back_collar", "back_shoulder_left", "back_shoulder_right", "back_sleeve_left", "back_sleeve_right", "back_upper", "side_seam_left",
    "side_seam_right", "back_waist", "back_hem",
];

impl Shape {
    /// The silhouette of a category as styles write it; None where it says nothing that is known.
    pub fn of_category(category: &str) -> Option<Self> {
        let lower = half_widths(category).to_lowercase();
        let tokens: Vec<&str> = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|token| !token.is_empty()).collect();
        let is_named = |word: &&str| match word.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            true => tokens.iter().any(|token| token == word || token.strip_suffix('s') == Some(word)),
            false => lower.contains(*word),
        };
        KINDS.iter().find(|kind| kind.words.iter().any(is_named)).map(|kind| kind.shape)
    }

    fn kind(self) -> Option<&'static Kind> {
        KINDS.iter().find(|kind| kind.shape == self)
    }

    /// The parts that such a garment may have: codes of [`crate::kernel::components`].
    pub fn components(self) -> &'static [&'static str] {
        self.kind().map_or(&[], |kind| kind.components)
    }

    /// The places one can point at, from the front and from behind.
    pub fn places(self) -> [Vec<&'static Choice>; 2] {
        let of = |codes: &'static [&'static str]| codes.iter().filter_map(|code| Choice::of(ZONES, code)).collect();
        self.kind().map_or_else(Default::default, |kind| [of(kind.front), of(kind.back)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::components::COMPONENTS;

    #[test]
    fn categories_are_read_as_styles_write_them() {
        for (category, shape) in [
            ("T恤", Some(Shape::Top)),
            ("T-shirts", Some(Shape::Top)),
            ("tops", Some(Shape::Top)),
            ("长袖衬衫", Some(Shape::Shirt)),
            ("Shirts", Some(Shape::Shirt)),
            ("Down coats", Some(Shape::Jacket)),
            ("羽绒服", Some(Shape::Jacket)),
            ("牛仔裤", Some(Shape::Trousers)),
            ("内裤", Some(Shape::Intimate)),
            ("bras", Some(Shape::Intimate)),
            ("embroidered jackets", Some(Shape::Jacket)),
            ("Summer dresses", Some(Shape::Dress)),
            ("uniforms", Some(Shape::Uniform)),
            ("infants", None),
            ("", None),
        ] {
            assert_eq!(Shape::of_category(category), shape, "{category}");
        }
    }

    #[test]
    fn every_shape_has_places_and_parts_that_are_known() {
        for shape in Shape::ALL {
            let kind = shape.kind().unwrap();
            let [front, back] = shape.places();
            assert_eq!((front.len(), back.len()), (kind.front.len(), kind.back.len()), "{shape:?}");
            assert!(kind.components.iter().all(|code| Choice::of(COMPONENTS, code).is_some()), "{shape:?}");
        }
        assert!(!Shape::Top.components().contains(&"buttons"));
    }
}
