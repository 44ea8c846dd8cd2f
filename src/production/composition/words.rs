//! A composition taken apart into names, shares and the components they belong to.

use super::WHOLE;
use super::table::{COMPONENTS, FIBRES, is_han, is_wholly, name_of};
use crate::kernel::money::read_decimal;
use crate::kernel::parsed;

/// What stands between two others without a meaning of its own.
const SIGNS: [char; 13] = ['.', '。', '-', '–', '—', '/', '*', '=', '~', '+', '&', '|', '·'];
/// The same in words.
const LINKS: [&str; 5] = ["和", "与", "及", "and ", "with "];

/// A piece of a composition.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Word {
    /// Of a fibre.
    Name(String),
    /// A number, as it is written.
    Share(String),
    /// The name of a component.
    Part(String),
    /// A semicolon or the end of a line.
    End,
    /// A colon behind nothing.
    Stray,
}

/// A component as it is written: its name, and each fibre with its share.
pub(super) struct Written {
    pub name: String,
    pub fibres: Vec<(String, String)>,
}

/// The components of a text of half-width letters and signs.
///
/// # Errors
/// The piece that cannot be told apart.
pub(super) fn components(text: &str) -> Result<Vec<Written>, String> {
    // 【面料】 is a heading as `面料:` is.
    let text = text.replace(['【', '['], ";").replace(['】', ']'], ":");
    let mut written: Vec<(String, Vec<Word>)> = vec![(String::new(), Vec::new())];
    for word in words(&text) {
        let Some((name, of_it)) = written.last_mut() else { break };
        match word {
            // `棉 95%; 氨纶 5%` is one component: a semicolon ends it when it is whole.
            Word::End if is_whole(of_it) => written.push((String::new(), Vec::new())),
            Word::End => {}
            Word::Part(part) if name.is_empty() && of_it.is_empty() => *name = part,
            Word::Part(part) => written.push((part, Vec::new())),
            word => of_it.push(word),
        }
    }
    written.retain(|(name, words)| !name.is_empty() || !words.is_empty());
    let paired = written.into_iter().map(|(name, words)| {
        let fibres = pairs(&words).filter(|fibres| !fibres.is_empty()).ok_or_else(|| spelled(&name, &words))?;
        Ok(Written { name, fibres })
    });
    paired.collect()
}

fn spelled(name: &str, words: &[Word]) -> String {
    let words = words.iter().map(|word| match word {
        Word::Name(text) | Word::Part(text) => text.clone(),
        Word::Share(text) => format!("{text}%"),
        Word::End | Word::Stray => ":".to_owned(),
    });
    [name.to_owned()].into_iter().chain(words).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Whether the shares so far make a hundred or more.
fn is_whole(words: &[Word]) -> bool {
    let shares = words.iter().map(|word| if let Word::Share(text) = word { read_decimal("", text, 2) } else { Ok(0) });
    // A share that is no number makes nothing whole: it is refused where the composition is read.
    words.iter().any(|word| matches!(word, Word::Name(text) if is_wholly(text)))
        || shares.sum::<Result<i64, _>>().is_ok_and(|sum| sum >= WHOLE)
}

/// Each fibre with its share: in turns, `棉 95% 氨纶 5%` or `95% cotton 5% elastane`; or all of the one before all of the other, `T/C 65/35`.
fn pairs(words: &[Word]) -> Option<Vec<(String, String)>> {
    if let [Word::Name(name)] = words
        && is_wholly(name)
    {
        return Some(vec![(name.clone(), "100".to_owned())]);
    }
    let named = |word: &Word| if let Word::Name(name) = word { Some(name.clone()) } else { None };
    let shared = |word: &Word| if let Word::Share(share) = word { Some(share.clone()) } else { None };
    let names: Vec<String> = words.iter().filter_map(named).collect();
    let shares: Vec<String> = words.iter().filter_map(shared).collect();
    if names.len() + shares.len() != words.len() {
        return None;
    }
    let turns = words.windows(2).filter(|two| matches!(two, [Word::Name(_), Word::Share(_)] | [Word::Share(_), Word::Name(_)])).count();
    if turns == 1 && shares.len() > 1 {
        let names = if let [name] = names.as_slice() { several(name)? } else { names };
        return (names.len() == shares.len()).then(|| names.into_iter().zip(shares).collect());
    }
    let two = words.chunks(2).map(|two| match two {
        [Word::Name(name), Word::Share(share)] | [Word::Share(share), Word::Name(name)] => Some((name.clone(), share.clone())),
        _ => None,
    });
    two.collect()
}

/// The fibres of `棉/涤`, `T/C` or `涤棉`.
fn several(name: &str) -> Option<Vec<String>> {
    let by_sign: Vec<String> = name.split(['/', '+', '&', '|', '-']).map(|part| part.trim().to_owned()).collect();
    let parts = if by_sign.len() > 1 { by_sign } else { name.chars().map(String::from).collect() };
    (parts.len() > 1 && parts.iter().all(|part| FIBRES.knows(part))).then_some(parts)
}

/// Names and shares in the order they stand. A number is a share when a percent sign follows it; where the whole text has no percent sign,
/// when it is not above a hundred. Otherwise it belongs to a name, as in `芳纶1313`.
fn words(text: &str) -> Vec<Word> {
    let has_signs = text.contains('%');
    let mut words = Vec::new();
    let mut name = String::new();
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let numbers = numbers(rest);
        let behind = rest.get(numbers.len()..).unwrap_or_default();
        if numbers.is_empty() {
            rest = rest.get(next.len_utf8()..).unwrap_or_default();
            match next {
                ',' | '、' => push_name(&mut words, &mut name),
                ';' | '\n' => {
                    push_name(&mut words, &mut name);
                    words.push(Word::End);
                }
                ':' => {
                    push_name(&mut words, &mut name);
                    heading(&mut words);
                }
                other => name.push(other),
            }
        } else if let Some(after) = behind.trim_start().strip_prefix('%') {
            push_name(&mut words, &mut name);
            words.extend(numbers.split('/').map(|number| Word::Share(number.to_owned())));
            rest = after;
        } else if !has_signs && is_shares(numbers) && !FIBRES.knows(&format!("{}{numbers}", name.trim())) {
            push_name(&mut words, &mut name);
            words.extend(numbers.split('/').map(|number| Word::Share(number.to_owned())));
            rest = behind;
        } else {
            name.push_str(numbers);
            rest = behind;
        }
    }
    push_name(&mut words, &mut name);
    words
}

/// The numbers at the beginning of a text, as in `95` or `65/35`.
fn numbers(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | '/')).unwrap_or(text.len());
    let numbers = text.get(..end).unwrap_or_default();
    if numbers.starts_with(|c: char| c.is_ascii_digit()) { numbers.trim_end_matches(['.', '/']) } else { "" }
}

fn is_shares(numbers: &str) -> bool {
    numbers.split('/').all(|number| number.split('.').next().and_then(parsed::<u32>).is_some_and(|whole| whole <= 100))
}

fn push_name(words: &mut Vec<Word>, name: &mut String) {
    let text = std::mem::take(name);
    let text = tidy(&text);
    if text.is_empty() {
        return;
    }
    if FIBRES.knows(text) {
        return words.push(Word::Name(text.to_owned()));
    }
    if COMPONENTS.knows(text) {
        return words.push(Word::Part(text.to_owned()));
    }
    // `面料棉`, `Lining 100% polyester`, `elastane Lining`: a component and a fibre without a sign between them.
    let both_languages = name_of(text);
    let may_part = both_languages.zh.is_empty() || both_languages.en.is_empty();
    let places = text.char_indices().filter(|(at, c)| *at > 0 && may_part && (c.is_whitespace() || is_han(*c)));
    for (one, other) in places.filter_map(|(at, _)| text.split_at_checked(at)).map(|(one, other)| (tidy(one), tidy(other))) {
        if COMPONENTS.knows(one) && FIBRES.knows(other) {
            return words.extend([Word::Part(one.to_owned()), Word::Name(other.to_owned())]);
        }
        if FIBRES.knows(one) && COMPONENTS.knows(other) {
            return words.extend([Word::Name(one.to_owned()), Word::Part(other.to_owned())]);
        }
    }
    words.push(Word::Name(text.to_owned()));
}

/// What a colon makes of the name before it: a component, unless it is a fibre (`cotton: 95%`).
fn heading(words: &mut Vec<Word>) {
    match words.pop() {
        Some(Word::Name(name)) if !FIBRES.knows(&name) => words.push(Word::Part(name)),
        Some(word @ (Word::Name(_) | Word::Part(_))) => words.push(word),
        other => words.extend(other.into_iter().chain([Word::Stray])),
    }
}

/// A name without what only joins it to its neighbours.
fn tidy(text: &str) -> &str {
    let mut text = text;
    loop {
        let before = text;
        text = text.trim().trim_matches(SIGNS).trim();
        text = LINKS.iter().find_map(|link| text.strip_prefix(link)).unwrap_or(text);
        text = LINKS.iter().find_map(|link| text.strip_suffix(link.trim_end()).filter(|rest| is_apart(rest, link))).unwrap_or(text);
        // A bracket whose other half stands elsewhere: `面料(棉100%)`.
        if text.matches('(').count() != text.matches(')').count() {
            text = text.trim_matches(['(', ')']);
        }
        if text == before {
            return text;
        }
    }
}

/// Whether a link at the end stands by itself: `cotton and`, not `sand`.
fn is_apart(rest: &str, link: &str) -> bool {
    !link.is_ascii() || rest.ends_with(char::is_whitespace)
}
