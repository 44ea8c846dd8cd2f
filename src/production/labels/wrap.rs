//! Breaking a value into lines by measured widths, Chinese and Latin mixed.

/// Characters that do not start a line (GB/T 15834, 5.1.2 and its Latin counterparts).
const NOT_FIRST: &str = "，。、；：？！）》〉」』】〕％℃,.;:?!)]%°·…—";
/// Characters that do not end a line.
const NOT_LAST: &str = "（《〈「『【〔([";

/// The lines of `text` that fit `rooms` one after another, and whether something was left over. `width` is that of one character.
pub fn lines(text: &str, rooms: &[f64], width: impl Fn(char) -> f64) -> (Vec<String>, bool) {
    let mut lines = Vec::new();
    let mut rest = text.trim();
    for &room in rooms {
        if rest.is_empty() {
            break;
        }
        let end = line_end(rest, room, &width);
        let (line, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        lines.push(line.trim().to_owned());
        rest = after.trim_start();
    }
    (lines, !rest.is_empty())
}

/// The byte at which the first line of `text` ends: at a line feed, else at the last place that allows a break and fits, else where it must.
fn line_end(text: &str, room: f64, width: &impl Fn(char) -> f64) -> usize {
    let (mut used, mut last_break) = (0.0, 0);
    let mut before: Option<char> = None;
    for (at, character) in text.char_indices() {
        if character == '\n' {
            return at;
        }
        if let Some(before) = before
            && may_break(before, character)
        {
            last_break = at;
        }
        used += width(character);
        // A blank at the end may hang over.
        if used > room + 1e-6 && !character.is_whitespace() {
            return if last_break > 0 { last_break } else { at.max(text.chars().next().map_or(0, char::len_utf8)) };
        }
        before = Some(character);
    }
    text.len()
}

fn may_break(before: char, after: char) -> bool {
    if NOT_FIRST.contains(after) || NOT_LAST.contains(before) {
        return false;
    }
    before.is_whitespace() || is_wide(before) || is_wide(after) || before == '-' || before == '/'
}

/// Chinese, Japanese and full-width characters, between which a line may end anywhere.
fn is_wide(character: char) -> bool {
    matches!(character, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str, room: f64, count: usize) -> (Vec<String>, bool) {
        lines(text, &vec![room; count], |c| if is_wide(c) { 2.0 } else { 1.0 })
    }

    #[test]
    fn words_stay_whole_and_chinese_breaks_anywhere() {
        assert_eq!(
            cut("Shell: 95% cotton 5% elastane", 12.0, 4),
            (vec!["Shell: 95%".into(), "cotton 5%".into(), "elastane".into()], false)
        );
        assert_eq!(cut("面料：棉95% 氨纶5%", 12.0, 3), (vec!["面料：棉95%".into(), "氨纶5%".into()], false));
        assert_eq!(cut("深色衣物，请单独洗涤", 8.0, 3), (vec!["深色衣".into(), "物，请单".into(), "独洗涤".into()], false));
    }

    #[test]
    fn what_does_not_fit_is_said() {
        assert!(cut("abc def ghi", 3.0, 2).1);
        assert_eq!(cut("abcdefgh", 3.0, 3), (vec!["abc".into(), "def".into(), "gh".into()], false));
        assert_eq!(cut("a\nb", 9.0, 2).0, ["a", "b"]);
    }
}
