//! What the parts of a garment are called: what a batch is sewn of, what a repair mends, what a reason is about. People may name others; these
//! have words in both languages.

use super::choices::Choice;
use super::text::Lang;

const fn part(text: &'static str, zh: &'static str, en: &'static str, also: &'static [&'static str]) -> Choice {
    Choice { text, zh, en, also, about: ("", "") }
}

/// The parts that have words.
#[rustfmt::skip]
pub const COMPONENTS: &[Choice] = &[
    part("shell", "面料", "shell", &["大身", "主料", "fabric", "main fabric", "outer"]),
    part("lining", "里料", "lining", &["里布", "内里"]),
    part("filling", "填充物", "filling", &["填充", "羽绒", "down", "wadding"]),
    part("buttons", "纽扣", "buttons", &["button", "扣子", "按扣", "snaps", "snap"]),
    part("zip", "拉链", "zip", &["zips", "zipper", "zippers", "zip fastener"]),
    part("hooks", "钩扣", "hooks", &["hook", "搭扣", "hook and eye"]),
    part("straps", "肩带", "straps", &["strap", "背带"]),
    part("elastic", "松紧带", "elastic", &["elastics", "橡筋", "waistband elastic"]),
    part("reflective", "反光条", "reflective strip", &["reflective strips", "reflective tape", "反光带"]),
    part("print", "印绣花", "print or embroidery", &["印花", "绣花", "embroidery", "prints"]),
    part("thread", "缝线", "seams", &["缝纫线", "线", "seam", "sewing", "sewing thread", "缝制"]),
    part("collar", "领子", "collar", &["领"]),
    part("cuffs", "袖口", "cuffs", &["cuff"]),
    part("pockets", "口袋", "pockets", &["pocket"]),
    part("ribbing", "罗纹", "ribbing", &["rib", "ribs"]),
    part("trim", "辅料", "trims", &["accessories"]),
    part("label", "标签", "label", &["labels", "洗标"]),
];

/// The part that somebody means, by its code, its words or what else it is called.
pub fn meant_by(written: &str) -> Option<&'static Choice> {
    Choice::meant_by(COMPONENTS, written)
}

/// What a part is called; as it was written where it has no words.
pub fn name_of(written: &str, lang: Lang) -> &str {
    meant_by(written).map_or(written, |part| part.word(lang))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_named_in_both_languages_and_read_as_people_write_them() {
        assert_eq!((name_of("Button", Lang::Zh), name_of("大身", Lang::En), name_of("badge", Lang::Zh)), ("纽扣", "shell", "badge"));
        let mut words: Vec<String> = COMPONENTS
            .iter()
            .flat_map(|part| [part.text, part.zh, part.en].into_iter().chain(part.also.iter().copied()).map(super::super::names::fold))
            .collect();
        let all = words.len();
        words.sort_unstable();
        words.dedup();
        // A code may be the English word as well; no word means two parts.
        let doubled: usize =
            COMPONENTS.iter().filter(|part| super::super::names::fold(part.text) == super::super::names::fold(part.en)).count();
        assert_eq!(words.len() + doubled, all);
    }
}
