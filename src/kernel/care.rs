//! Textile care symbols of ISO 3758 and GB/T 8685: their codes, their order, their words in both languages, and our own drawings of them.
//!
//! A style carries a list of codes such as `wash-30-mild`. Labels print the row of drawings, the public card shows the same with their words.
//! Every drawing is strokes on a box of [`BOX_WIDTH`] by [`BOX_HEIGHT`], so that it follows the colour of the text around it.

use std::fmt::Write as _;

use super::error::{Code, Fault};
use super::text::Lang;

/// Width of the box every symbol is drawn in.
pub const BOX_WIDTH: f64 = 48.0;
/// Height of the box every symbol is drawn in.
pub const BOX_HEIGHT: f64 = 46.0;

/// The groups, in the order in which a label shows them (ISO 3758, 4.1: washing, bleaching, drying, ironing, professional care).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// Washing: the tub.
    Wash,
    /// Bleaching: the triangle.
    Bleach,
    /// Tumble drying: the circle in the square.
    TumbleDry,
    /// Natural drying: lines in the square.
    NaturalDry,
    /// Ironing: the iron.
    Iron,
    /// Professional dry or wet cleaning: the circle.
    ProfessionalClean,
}

impl Group {
    /// Its name in `lang`.
    pub const fn name(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (Self::Wash, Lang::Zh) => "水洗",
            (Self::Wash, Lang::En) => "Washing",
            (Self::Bleach, Lang::Zh) => "漂白",
            (Self::Bleach, Lang::En) => "Bleaching",
            (Self::TumbleDry, Lang::Zh) => "翻转干燥",
            (Self::TumbleDry, Lang::En) => "Tumble drying",
            (Self::NaturalDry, Lang::Zh) => "自然干燥",
            (Self::NaturalDry, Lang::En) => "Natural drying",
            (Self::Iron, Lang::Zh) => "熨烫",
            (Self::Iron, Lang::En) => "Ironing",
            (Self::ProfessionalClean, Lang::Zh) => "专业维护",
            (Self::ProfessionalClean, Lang::En) => "Professional cleaning",
        }
    }
}

/// One care symbol.
#[derive(Debug)]
pub struct Symbol {
    /// Its code, as files and forms carry it.
    pub code: &'static str,
    /// The group it belongs to; a garment has at most one of each.
    pub group: Group,
    zh: &'static str,
    en: &'static str,
    drawing: Drawing,
}

/// What a symbol is composed of.
#[derive(Debug)]
struct Drawing {
    /// The outline of the group, and what is inside it, as SVG path data.
    strokes: &'static [&'static str],
    /// Letters or digits inside: text, centre x, centre y, height.
    text: Option<(&'static str, f64, f64, f64)>,
    /// FormState dots: how many, at which height.
    dots: (u8, f64),
    /// Bars below: one for mild, two for very mild.
    bars: u8,
    /// Crossed out.
    not: bool,
}

const TUB: &str = "M3 8L8.5 35H39.5L45 8M4.3 14Q9.3 9 14.1 13T24 13T33.9 13T43.7 14";
const HAND: &str = "M43 2L34 7L25 9.5L15 19.5Q14 22 16.5 21.5L24 16.5L17 25.5Q17.5 28 20 26.5L28 19M20.5 26.2Q22 28.6 24 27L30.5 21.5M24.3 27Q26 28.8 28 27L35 19.5L44.5 12";
const TUB_FOR_HAND: &str = "M3 8L8.5 35H39.5L45 8";
const TRIANGLE: &str = "M24 4L45 38H3Z";
const SQUARE: &str = "M6 3H42V39H6Z";
const CIRCLE_IN_SQUARE: &str = "M7.5 21A16.5 16.5 0 1 1 40.5 21A16.5 16.5 0 1 1 7.5 21Z";
const SHADE: &str = "M6 13L16 3M6 21L24 3";
const IRON: &str = "M15 9H37.5Q39 9 39.4 11L44 35H4Q6.5 19 22 19H41";
const CIRCLE: &str = "M8 20A16 16 0 1 1 40 20A16 16 0 1 1 8 20Z";
const CROSS: &str = "M5 3L43 39M43 3L5 39";

/// The letters and digits of the symbols, by our own pen: character, width, path standing on y = 0, [`LETTER_HEIGHT`] tall.
const LETTERS: &[(char, f64, &str)] = &[
    ('0', 8.0, "M7.9-9.9A3.9 4.1 0 0 0 .1-9.9V-4.1A3.9 4.1 0 0 0 7.9-4.1Z"),
    ('3', 8.0, "M.73-12.04A3.5 3.4 0 1 1 3.9-7.2H2.8M3.9-7.2A4 3.6 0 1 1 .27-2.08"),
    ('4', 8.0, "M5.2-14L0-4H8M5.9-8V0"),
    ('5', 8.0, "M7.2-14H1.3L.66-7.23A4.1 4.4 0 1 1 .08-2.54"),
    ('6', 8.0, "M5.24-14L.72-6.92M8-4.4A4 4.4 0 1 0 0-4.4A4 4.4 0 1 0 8-4.4Z"),
    ('7', 8.0, "M0-14H8L3 0"),
    ('9', 8.0, "M2.76 0L7.28-7.08M8-9.6A4 4.4 0 1 0 0-9.6A4 4.4 0 1 0 8-9.6Z"),
    ('F', 7.0, "M7-14H0V0M0-7H6"),
    ('P', 8.0, "M0 0V-14H4.2A3.8 3.8 0 0 1 4.2-6.4H0"),
    ('W', 13.0, "M0-14L3.25 0L6.5-12L9.75 0L13-14"),
];
const LETTER_HEIGHT: f64 = 14.0;
/// From one letter to the next.
const LETTER_GAP: f64 = 3.6;

const fn plain(strokes: &'static [&'static str]) -> Drawing {
    Drawing { strokes, text: None, dots: (0, 0.0), bars: 0, not: false }
}

const fn never(strokes: &'static [&'static str]) -> Drawing {
    Drawing { not: true, ..plain(strokes) }
}

const fn tub(degrees: &'static str, bars: u8) -> Drawing {
    Drawing { text: Some((degrees, 24.0, 24.8, 11.0)), bars, ..plain(&[TUB]) }
}

const fn cleaned(letter: &'static str, bars: u8) -> Drawing {
    Drawing { text: Some((letter, 24.0, 20.0, 14.0)), bars, ..plain(&[CIRCLE]) }
}

const fn dotted(strokes: &'static [&'static str], dots: u8, y: f64) -> Drawing {
    Drawing { dots: (dots, y), ..plain(strokes) }
}

const fn row(code: &'static str, group: Group, zh: &'static str, en: &'static str, drawing: Drawing) -> Symbol {
    Symbol { code, group, zh, en, drawing }
}

/// Every symbol, by group and from the strongest treatment to none.
pub const SYMBOLS: &[Symbol] = &[
    row("wash-95", Group::Wash, "最高洗涤温度95℃，常规程序", "Wash at or below 95 °C, normal process", tub("95", 0)),
    row("wash-70", Group::Wash, "最高洗涤温度70℃，常规程序", "Wash at or below 70 °C, normal process", tub("70", 0)),
    row("wash-60", Group::Wash, "最高洗涤温度60℃，常规程序", "Wash at or below 60 °C, normal process", tub("60", 0)),
    row("wash-60-mild", Group::Wash, "最高洗涤温度60℃，缓和程序", "Wash at or below 60 °C, mild process", tub("60", 1)),
    row("wash-50", Group::Wash, "最高洗涤温度50℃，常规程序", "Wash at or below 50 °C, normal process", tub("50", 0)),
    row("wash-50-mild", Group::Wash, "最高洗涤温度50℃，缓和程序", "Wash at or below 50 °C, mild process", tub("50", 1)),
    row("wash-40", Group::Wash, "最高洗涤温度40℃，常规程序", "Wash at or below 40 °C, normal process", tub("40", 0)),
    row("wash-40-mild", Group::Wash, "最高洗涤温度40℃，缓和程序", "Wash at or below 40 °C, mild process", tub("40", 1)),
    row("wash-40-very-mild", Group::Wash, "最高洗涤温度40℃，非常缓和程序", "Wash at or below 40 °C, very mild process", tub("40", 2)),
    row("wash-30", Group::Wash, "最高洗涤温度30℃，常规程序", "Wash at or below 30 °C, normal process", tub("30", 0)),
    row("wash-30-mild", Group::Wash, "最高洗涤温度30℃，缓和程序", "Wash at or below 30 °C, mild process", tub("30", 1)),
    row("wash-30-very-mild", Group::Wash, "最高洗涤温度30℃，非常缓和程序", "Wash at or below 30 °C, very mild process", tub("30", 2)),
    row("wash-hand", Group::Wash, "手洗，最高洗涤温度40℃", "Hand wash at or below 40 °C", plain(&[TUB_FOR_HAND, HAND])),
    row("wash-no", Group::Wash, "不可水洗", "Do not wash", never(&[TUB])),
    row("bleach-any", Group::Bleach, "允许任何漂白剂", "Any bleach allowed", plain(&[TRIANGLE])),
    row(
        "bleach-oxygen",
        Group::Bleach,
        "仅允许氧漂/非氯漂",
        "Only oxygen / non-chlorine bleach",
        plain(&[TRIANGLE, "M13.5 38L29.25 12.5M24 38L34.5 21"]),
    ),
    row("bleach-no", Group::Bleach, "不可漂白", "Do not bleach", never(&[TRIANGLE])),
    row(
        "tumble-normal",
        Group::TumbleDry,
        "可使用翻转干燥，常规温度，排气口最高80℃",
        "Tumble dry, normal heat (80 °C)",
        dotted(&[SQUARE, CIRCLE_IN_SQUARE], 2, 21.0),
    ),
    row(
        "tumble-low",
        Group::TumbleDry,
        "可使用翻转干燥，较低温度，排气口最高60℃",
        "Tumble dry, low heat (60 °C)",
        dotted(&[SQUARE, CIRCLE_IN_SQUARE], 1, 21.0),
    ),
    row("tumble-no", Group::TumbleDry, "不可翻转干燥", "Do not tumble dry", never(&[SQUARE, CIRCLE_IN_SQUARE])),
    row("dry-line", Group::NaturalDry, "悬挂晾干", "Line dry", plain(&[SQUARE, "M24 9V33"])),
    row("dry-drip-line", Group::NaturalDry, "悬挂滴干", "Drip line dry", plain(&[SQUARE, "M19 9V33M29 9V33"])),
    row("dry-flat", Group::NaturalDry, "平摊晾干", "Dry flat", plain(&[SQUARE, "M12 21H36"])),
    row("dry-drip-flat", Group::NaturalDry, "平摊滴干", "Drip dry flat", plain(&[SQUARE, "M12 16.5H36M12 25.5H36"])),
    row("dry-line-shade", Group::NaturalDry, "在阴凉处悬挂晾干", "Line dry in the shade", plain(&[SQUARE, SHADE, "M27 9V33"])),
    row(
        "dry-drip-line-shade",
        Group::NaturalDry,
        "在阴凉处悬挂滴干",
        "Drip line dry in the shade",
        plain(&[SQUARE, SHADE, "M25 11V33M33 11V33"]),
    ),
    row("dry-flat-shade", Group::NaturalDry, "在阴凉处平摊晾干", "Dry flat in the shade", plain(&[SQUARE, SHADE, "M14 24H36"])),
    row(
        "dry-drip-flat-shade",
        Group::NaturalDry,
        "在阴凉处平摊滴干",
        "Drip dry flat in the shade",
        plain(&[SQUARE, SHADE, "M14 23H36M14 31H36"]),
    ),
    row("iron-200", Group::Iron, "熨斗底板最高温度200℃", "Iron at up to 200 °C", dotted(&[IRON], 3, 27.5)),
    row("iron-150", Group::Iron, "熨斗底板最高温度150℃", "Iron at up to 150 °C", dotted(&[IRON], 2, 27.5)),
    row(
        "iron-110",
        Group::Iron,
        "熨斗底板最高温度110℃，蒸汽熨烫可能造成不可恢复的损伤",
        "Iron at up to 110 °C; steam may cause damage",
        dotted(&[IRON], 1, 27.5),
    ),
    row("iron-no", Group::Iron, "不可熨烫", "Do not iron", never(&[IRON])),
    row(
        "clean-p",
        Group::ProfessionalClean,
        "使用四氯乙烯和符号F代表的所有溶剂的专业干洗，常规干洗",
        "Professional dry clean (P), normal process",
        cleaned("P", 0),
    ),
    row(
        "clean-p-mild",
        Group::ProfessionalClean,
        "使用四氯乙烯和符号F代表的所有溶剂的专业干洗，缓和干洗",
        "Professional dry clean (P), mild process",
        cleaned("P", 1),
    ),
    row(
        "clean-f",
        Group::ProfessionalClean,
        "使用碳氢化合物溶剂的专业干洗，常规干洗",
        "Professional dry clean (F), normal process",
        cleaned("F", 0),
    ),
    row(
        "clean-f-mild",
        Group::ProfessionalClean,
        "使用碳氢化合物溶剂的专业干洗，缓和干洗",
        "Professional dry clean (F), mild process",
        cleaned("F", 1),
    ),
    row("clean-w", Group::ProfessionalClean, "专业湿洗，常规湿洗", "Professional wet clean, normal process", cleaned("W", 0)),
    row("clean-w-mild", Group::ProfessionalClean, "专业湿洗，缓和湿洗", "Professional wet clean, mild process", cleaned("W", 1)),
    row(
        "clean-w-very-mild",
        Group::ProfessionalClean,
        "专业湿洗，非常缓和湿洗",
        "Professional wet clean, very mild process",
        cleaned("W", 2),
    ),
    row("clean-no", Group::ProfessionalClean, "不可干洗", "Do not dry clean", never(&[CIRCLE])),
];

/// The symbol with this code.
pub fn symbol(code: &str) -> Option<&'static Symbol> {
    SYMBOLS.iter().find(|symbol| symbol.code == code)
}

/// The symbols of a garment in the order of the standard, at most one of each group.
///
/// # Errors
/// For `field`: [`Code::UnknownReference`] (`value`) for a code that is not in the table, [`Code::Duplicate`] (`value`) for a second one of a group.
pub fn in_order<S: AsRef<str>>(field: &'static str, codes: &[S]) -> Result<Vec<&'static Symbol>, Fault> {
    let mut set: Vec<&'static Symbol> = Vec::with_capacity(codes.len());
    for code in codes {
        let code = code.as_ref();
        let found = symbol(code).ok_or_else(|| Fault::new(field, Code::UnknownReference).with("value", code))?;
        if set.iter().any(|other| other.group == found.group) {
            return Err(Fault::new(field, Code::Duplicate).with("value", code));
        }
        set.push(found);
    }
    set.sort_by_key(|symbol| symbol.group);
    Ok(set)
}

impl Symbol {
    /// What it means, in `lang`.
    pub const fn words(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::Zh => self.zh,
            Lang::En => self.en,
        }
    }

    /// The drawing as SVG elements on a box of [`BOX_WIDTH`] × [`BOX_HEIGHT`], in the current colour.
    pub fn elements(&self) -> String {
        let mut path = self.drawing.strokes.concat();
        for bar in 0..self.drawing.bars {
            let _ = write!(path, "M9 {}H39", 39.5 + 4.5 * f64::from(bar));
        }
        let mut out = String::from(
            "<g fill=\"none\" stroke=\"currentColor\" stroke-width=\"2.4\" stroke-linecap=\"round\" stroke-linejoin=\"round\">",
        );
        let _ = write!(out, "<path d=\"{path}\"/>");
        if let Some((text, x, y, height)) = self.drawing.text {
            out.push_str(&letters(text, x, y, height));
        }
        if self.drawing.not {
            let _ = write!(out, "<path d=\"{CROSS}\"/>");
        }
        out.push_str("</g>");
        let (count, y) = self.drawing.dots;
        for dot in 0..count {
            let x = 24.0 + 7.5 * (f64::from(dot) - f64::from(count - 1) / 2.0);
            let _ = write!(out, "<circle cx=\"{x}\" cy=\"{y}\" r=\"2.6\" fill=\"currentColor\"/>");
        }
        out
    }

    /// A whole inline SVG for a page: named in `lang` for people who do not see it, in the colour and height of the text around it.
    pub fn inline_svg(&self, lang: Lang) -> String {
        format!(
            "<svg class=\"care\" viewBox=\"0 0 {BOX_WIDTH} {BOX_HEIGHT}\" role=\"img\"><title>{}</title>{}</svg>",
            self.words(lang),
            self.elements()
        )
    }
}

/// `text` in strokes of width 2, centred on (`x`, `y`).
fn letters(text: &str, x: f64, y: f64, height: f64) -> String {
    let set = || text.chars().filter_map(|character| LETTERS.iter().find(|letter| letter.0 == character));
    let width = set().map(|letter| letter.1 + LETTER_GAP).sum::<f64>() - LETTER_GAP;
    let scale = height / LETTER_HEIGHT;
    let mut out = format!(
        "<g transform=\"translate({:.2} {:.2}) scale({scale:.4})\" stroke-width=\"{:.2}\">",
        x - width * scale / 2.0,
        y + height / 2.0,
        2.0 / scale
    );
    let mut pen = 0.0;
    for (_, width, path) in set() {
        let _ = write!(out, "<path transform=\"translate({pen:.1} 0)\" d=\"{path}\"/>");
        pen += width + LETTER_GAP;
    }
    out.push_str("</g>");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_and_both_languages_are_there() {
        let mut codes: Vec<_> = SYMBOLS.iter().map(|symbol| symbol.code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), SYMBOLS.len());
        for symbol in SYMBOLS {
            assert!(!symbol.words(Lang::Zh).is_ascii() && symbol.words(Lang::En).len() > 5, "{}", symbol.code);
        }
        assert!(SYMBOLS.windows(2).all(|pair| pair[0].group <= pair[1].group));
    }

    #[test]
    fn every_letter_of_a_symbol_is_drawn() {
        for symbol in SYMBOLS {
            let said = symbol.drawing.text.map_or("", |text| text.0);
            assert!(said.chars().all(|character| LETTERS.iter().any(|letter| letter.0 == character)), "{}", symbol.code);
        }
    }

    #[test]
    fn no_two_symbols_look_the_same() {
        let mut drawings: Vec<_> = SYMBOLS.iter().map(Symbol::elements).collect();
        drawings.sort_unstable();
        drawings.dedup();
        assert_eq!(drawings.len(), SYMBOLS.len());
    }

    #[test]
    fn the_row_follows_the_standard() {
        let row = in_order("care", &["iron-110", "wash-30-mild", "clean-no", "dry-flat", "bleach-no"]).unwrap();
        let codes: Vec<_> = row.iter().map(|symbol| symbol.code).collect();
        assert_eq!(codes, ["wash-30-mild", "bleach-no", "dry-flat", "iron-110", "clean-no"]);
        assert_eq!(in_order("care", &["wash-31"]).unwrap_err().code, Code::UnknownReference);
        assert_eq!(in_order("care", &["wash-30", "wash-40"]).unwrap_err().code, Code::Duplicate);
    }

    #[test]
    fn an_inline_symbol_has_a_name() {
        let svg = symbol("wash-hand").unwrap().inline_svg(Lang::En);
        assert!(svg.contains("<title>Hand wash at or below 40 °C</title>") && svg.contains("role=\"img\""));
    }
}
