//! How clothes of a category are cared for, as the desk reads it to a buyer.

use chrono::{Datelike, NaiveDate};

use crate::kernel::text::{Lang, folded};

/// Words of a category, and what is said to the buyer of one.
type Advice = (&'static [&'static str], (&'static str, &'static str));

/// The first whose words stand in the category counts; the last is for every other.
#[rustfmt::skip]
const ADVICE: &[Advice] = &[
    (&["intimate", "underwear", "bra", "内衣"], ("用 30°C 以下的水手洗或装进洗衣袋，不用衣物柔顺剂，平铺晾干。", "Wash by hand or in a laundry bag at 30 °C at most, without softener, and dry it flat.")),
    (&["infant", "baby", "童", "婴"], ("穿之前先洗一次，单独洗，用不含荧光剂的洗涤剂，充分漂洗。", "Wash it once before it is worn, by itself, with a detergent without brighteners, and rinse it well.")),
    (&["coat", "大衣", "羽绒"], ("每季只洗一次或干洗；穿后用软毛刷顺着绒面刷，挂在宽肩衣架上。", "Clean it once a season; brush it along the nap after wearing and hang it on a broad hanger.")),
    (&["jacket", "夹克", "外套"], ("拉上拉链、扣好纽扣，翻面洗，不用烘干机，拉链可以涂一点蜡。", "Close zips and buttons, wash it inside out, do not tumble dry; a little wax keeps the zip smooth.")),
    (&["shirt", "衬衫"], ("解开领扣和袖扣再洗，微湿时熨烫，缝线处不要用力拉。", "Undo collar and cuffs before washing, iron it while it is damp, and do not pull at the seams.")),
    (&["knit", "sweater", "针织", "毛衣"], ("翻面装袋、冷水轻柔洗，平铺晾干；起球时用去球器，不要用手扯。", "Wash it gently in cold water, inside out in a bag, and dry it flat; shave pills off, do not pull them.")),
    (&["uniform", "工装", "制服", "校服"], ("与深色衣物分开洗，不要漂白，反光条避开熨斗。", "Wash it apart from dark clothes, do not bleach it, and keep the iron off reflective tape.")),
    (&["jean", "trouser", "裤"], ("翻面、冷水洗，少洗多晾；拉好拉链再洗。", "Wash it inside out in cold water and seldom; close the zip first.")),
    (&[""], ("按洗标洗涤，深浅色分开，翻面晾干。", "Follow the care label, keep light and dark apart, and dry it inside out.")),
];

/// Said besides from November to February.
const WINTER: (&str, &str) = (
    "冬天干燥：用一点防静电喷雾或先用湿手抚平内层，能减少静电和起球。",
    "In dry winter air a little anti-static spray, or a damp hand along the lining, keeps it from clinging and pilling.",
);

/// What is said to the buyer of clothes of this category, on this day.
pub fn advice(category: &str, day: NaiveDate, lang: Lang) -> String {
    let category = folded(category);
    let of = ADVICE.iter().find(|(words, _)| words.iter().any(|word| category.contains(word))).map(|(_, (zh, en))| lang.of(zh, en));
    let winter = matches!(day.month(), 11 | 12 | 1 | 2).then(|| lang.of(WINTER.0, WINTER.1));
    of.into_iter().chain(winter).collect::<Vec<_>>().join(lang.of("", " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_category_has_advice_and_winter_has_more() {
        let (june, january) = (NaiveDate::from_ymd_opt(2026, 6, 1).unwrap(), NaiveDate::from_ymd_opt(2027, 1, 1).unwrap());
        assert!(advice("Coats", june, Lang::En).contains("hanger") && advice("女装大衣", june, Lang::Zh).contains("衣架"));
        assert!(advice("", june, Lang::En).contains("care label"));
        assert!(!advice("coats", june, Lang::En).contains("anti-static") && advice("coats", january, Lang::En).contains("anti-static"));
    }
}
