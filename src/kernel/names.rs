//! Names as people write them: what counts as the same, and what was perhaps meant by one that is not there.

use icu_normalizer::DecomposingNormalizerBorrowed;

/// A name as it is compared: letters and digits only, lower case, without accents, width or other variants of form.
///
/// `Côte d’Ivoire`, `COTE D'IVOIRE` and `ｃｏｔｅ－ｄｉｖｏｉｒｅ` are one; so are `dye house` and `Dye-house`.
pub fn fold(text: &str) -> String {
    // The sign of a trade mark would come apart into letters.
    let text = text.replace(['™', '℠'], "");
    DecomposingNormalizerBorrowed::new_nfkd()
        .normalize(&text)
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Whether a character takes no room of its own: zero-width spaces and joiners, marks of direction, byte order marks, soft hyphens.
/// They come along when text is copied out of chats and web pages.
pub const fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
    )
}

/// The plain form of a full-width letter, digit or sign, as input methods for Chinese write them.
pub fn half_width(character: char) -> char {
    match character {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character),
        '\u{3000}' => ' ',
        other => other,
    }
}

/// A text with the half-width forms of its characters.
pub fn half_widths(text: &str) -> String {
    text.chars().map(half_width).collect()
}

/// Of names as [`fold`] makes them, the one nearest to `wanted` that was perhaps meant: a slip of one letter in four, or a Chinese name of three or
/// more characters with one wrong. Of equally near ones the first; None when none is near.
pub fn nearest<'a, T>(wanted: &str, names: impl IntoIterator<Item = (&'a str, T)>) -> Option<T> {
    let length = wanted.chars().count();
    let is_latin = wanted.is_ascii();
    let near = names.into_iter().filter_map(|(name, what)| {
        let longer = length.max(name.chars().count());
        let allowed = if is_latin { longer / 4 } else { longer / 3 };
        // A name of another length by more than that is further away whatever its letters are.
        if length.abs_diff(name.chars().count()) > allowed {
            return None;
        }
        let distance = strsim::osa_distance(wanted, name);
        (distance <= allowed).then_some((distance, what))
    });
    near.min_by_key(|(distance, _)| *distance).map(|(_, what)| what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_take_for_the_same_is_the_same() {
        for (one, other) in [
            ("Côte d’Ivoire", "COTE D'IVOIRE"),
            ("Dye-house", "dyehouse"),
            ("ＵＳＡ", "U.S.A."),
            ("Türkiye", "turkiye"),
            ("İstanbul", "istanbul"),
            ("中国 香港", "中国香港"),
            ("刚果（金）", "刚果(金)"),
            ("棉\u{200b}", "棉"),
            ("TENCEL™ Lyocell®", "tencel lyocell"),
        ] {
            assert_eq!(fold(one), fold(other));
        }
        assert_ne!(fold("德国"), fold("泰国"));
        assert_eq!(fold(" -/. "), "");
    }

    #[test]
    fn a_slip_is_near_and_another_word_is_not() {
        let names = ["china", "chile", "vietnam", "德国", "泰国", "聚酯纤维", "孟加拉国"].map(|name| (name, name));
        for (wanted, meant) in [
            ("chian", Some("china")),
            ("cihna", Some("china")),
            ("vitenam", Some("vietnam")),
            ("veitnan", None),
            ("聚脂纤维", Some("聚酯纤维")),
            ("孟家拉国", Some("孟加拉国")),
            ("美国", None),
            ("europe", None),
            ("", None),
        ] {
            assert_eq!(nearest(wanted, names), meant, "{wanted}");
        }
    }

    #[test]
    fn invisible_characters_are_known() {
        assert!("\u{200b}\u{200d}\u{feff}\u{2060}\u{ad}\u{200e}".chars().all(is_invisible));
        assert!(!"A 1\u{3000}棉-".chars().any(is_invisible));
    }
}
