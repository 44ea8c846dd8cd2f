//! What a link may be, and which of several answers a request.

use crate::kernel::text::{Lang, line};
use crate::kernel::{Code, Fault, Result, parsed, saturating};

use super::vocabulary::LinkType;

/// Characters an address may have.
const HREF_MAX: usize = 2_000;

/// A type of the vocabulary, however it is written, as it is stored: `gs1:pip`.
///
/// # Errors
/// [`Code::NotOneOf`].
pub fn link_type(field: &'static str, text: &str) -> Result<String, Fault> {
    let unknown = || Fault::new(field, Code::NotOneOf).with("value", text).with("allowed", "gs1:pip, gs1:instructions, …");
    LinkType::of(text).map(LinkType::curie).ok_or_else(unknown)
}

/// An absolute `http` or `https` address without credentials, white space or control characters.
///
/// # Errors
/// [`Code::Malformed`] with the reason, [`Code::TooLong`].
pub fn address(field: &'static str, text: &str) -> Result<String, Fault> {
    let malformed = |reason: &str| Fault::new(field, Code::Malformed).with("reason", reason);
    let text = line(field, text, HREF_MAX)?;
    if !text.bytes().all(|byte| byte.is_ascii_graphic() && !br#"<>"\^`{|}"#.contains(&byte)) {
        return Err(malformed("a character that must be percent-encoded"));
    }
    let (scheme, rest) = text.split_once("://").ok_or_else(|| malformed("http:// or https:// only"))?;
    if !matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https") {
        return Err(malformed("http:// or https:// only"));
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(malformed("it carries a user name"));
    }
    let host =
        authority.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit())).map_or(authority, |(host, _)| host);
    if host.is_empty() || !host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._[]:".contains(&byte)) {
        return Err(malformed("it names no host"));
    }
    Ok(text)
}

/// A BCP 47 tag such as `en` or `zh-Hans-CN`.
///
/// # Errors
/// [`Code::Malformed`], [`Code::TooLong`].
pub fn language_tag(field: &'static str, text: &str) -> Result<String, Fault> {
    let text = line(field, text, 35)?;
    let is_tag = text.split('-').enumerate().all(|(at, part)| {
        let letters = part.chars().all(|c| c.is_ascii_alphanumeric());
        letters
            && if at == 0 {
                (2..=3).contains(&part.len()) && !part.contains(|c: char| c.is_ascii_digit())
            } else {
                (1..=8).contains(&part.len())
            }
    });
    if is_tag { Ok(text) } else { Err(Fault::new(field, Code::Malformed).with("reason", "language-tag")) }
}

/// A media type such as `text/html`, without parameters.
///
/// # Errors
/// [`Code::Malformed`], [`Code::TooLong`].
pub fn media(field: &'static str, text: &str) -> Result<String, Fault> {
    let text = line(field, text, 100)?.to_ascii_lowercase();
    let word = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "!#$&-^_.+".contains(c));
    let is_media = text.split_once('/').is_some_and(|(kind, sub)| word(kind) && word(sub));
    if is_media { Ok(text) } else { Err(Fault::new(field, Code::Malformed).with("reason", "media-type")) }
}

/// A link as a request for it sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Where it leads.
    pub href: String,
    /// What people read.
    pub title: String,
    /// BCP 47 tags it is written in; none where that does not matter.
    pub hreflang: Vec<String>,
    /// Media type, or empty.
    pub media_type: String,
    /// Settings it is meant for; none where that does not matter.
    pub context: Vec<String>,
}

/// What a request prefers.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    /// Media ranges with their quality in thousandths, as `Accept` had them. Empty: no wish.
    pub media: Vec<(String, u16)>,
    /// Language tags, best first. Empty: no wish.
    pub langs: Vec<String>,
    /// The setting, or empty.
    pub context: String,
}

/// Of several links of one type those that suit best: one, or several that nothing in the request tells apart.
///
/// A link that says nothing of a language, say, suits everybody a little: it comes before those of other languages and after those of
/// the language asked for. Where nothing is asked for it comes first.
pub fn best<'a>(offers: &'a [Offer], wishes: &Wishes) -> Vec<&'a Offer> {
    let scored: Vec<_> = offers.iter().map(|offer| (score(offer, wishes), offer)).collect();
    let top = scored.iter().map(|(score, _)| *score).max();
    scored.into_iter().filter(|(score, _)| Some(*score) == top).map(|(_, offer)| offer).collect()
}

/// How well a link suits, by media type, then setting, then language.
fn score(offer: &Offer, wishes: &Wishes) -> (u32, u32, u32) {
    const SAYS_NOTHING: u32 = 2;
    const SAYS_SOMETHING: u32 = 1;
    let part = |wished: bool, says_nothing: bool, suits: Option<u32>| match (wished, says_nothing, suits) {
        (_, true, _) => SAYS_NOTHING,
        (false, false, _) => SAYS_SOMETHING,
        (true, false, Some(degree)) => SAYS_NOTHING + degree,
        (true, false, None) => 0,
    };
    let media = part(!wishes.media.is_empty(), offer.media_type.is_empty(), media_degree(&offer.media_type, &wishes.media));
    let context = part(
        !wishes.context.is_empty(),
        offer.context.is_empty(),
        offer.context.iter().any(|one| one.eq_ignore_ascii_case(&wishes.context)).then_some(1),
    );
    let lang = part(
        !wishes.langs.is_empty(),
        offer.hreflang.is_empty(),
        offer.hreflang.iter().filter_map(|tag| lang_degree(tag, &wishes.langs)).max(),
    );
    (media, context, lang)
}

/// The quality of the closest range, in thousandths, at least 1; None when it is not acceptable.
fn media_degree(media: &str, ranges: &[(String, u16)]) -> Option<u32> {
    let kind = media.split('/').next().unwrap_or_default();
    let closeness = |range: &str| match range {
        "*/*" => Some(1),
        range if range == media => Some(3),
        range if range.strip_suffix("/*") == Some(kind) => Some(2),
        _ => None,
    };
    let (_, quality) =
        ranges.iter().filter_map(|(range, quality)| Some((closeness(range)?, *quality))).max_by_key(|(closeness, _)| *closeness)?;
    (quality > 0).then_some(u32::from(quality))
}

/// How early in the list the tag stands; a tag that is the same to its letter before one that only begins alike.
fn lang_degree(tag: &str, wished: &[String]) -> Option<u32> {
    let primary = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
    wished.iter().enumerate().find_map(|(at, wish)| {
        let early = saturating::<u32>(2 * (wished.len() - at));
        if wish.eq_ignore_ascii_case(tag) {
            Some(early)
        } else if primary(wish) == primary(tag) {
            Some(early - 1)
        } else {
            None
        }
    })
}

/// The media ranges of an `Accept` header with their quality in thousandths. `*/*` alone is no wish.
pub fn media_ranges(accept: &str) -> Vec<(String, u16)> {
    let ranges: Vec<_> = accept
        .split(',')
        .filter_map(|range| {
            let mut parts = range.split(';').map(str::trim);
            let media = parts.next().filter(|media| media.contains('/'))?.to_ascii_lowercase();
            let quality = parts.find_map(|part| parsed::<f32>(part.strip_prefix("q=")?)).unwrap_or(1.0);
            Some((media, thousandths(quality)))
        })
        .collect();
    if ranges.iter().all(|(media, _)| media == "*/*") { Vec::new() } else { ranges }
}

#[expect(clippy::as_conversions, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=1000")]
fn thousandths(quality: f32) -> u16 {
    (quality.clamp(0.0, 1.0) * 1000.0).round() as u16
}

/// A language of ours as an offer names it.
pub fn our_tags() -> Vec<String> {
    Lang::ALL.iter().map(|lang| lang.tag().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::NEW;
    use super::*;
    use crate::platform::rooms::Said;

    fn offer(href: &str, media_type: &str, lang: &str, context: &str) -> Offer {
        let list = |text: &str| if text.is_empty() { Vec::new() } else { vec![text.to_owned()] };
        Offer { href: href.into(), title: href.into(), hreflang: list(lang), media_type: media_type.into(), context: list(context) }
    }

    fn wishes(accept: &str, langs: &[&str], context: &str) -> Wishes {
        Wishes { media: media_ranges(accept), langs: langs.iter().map(|lang| (*lang).to_owned()).collect(), context: context.to_owned() }
    }

    /// The certificates of the GS1 test suite's own linkset.
    #[test]
    fn certificates_of_the_model_linkset() {
        let offers = [
            offer("a", "text/html", "", ""),
            offer("b", "text/html", "fr", ""),
            offer("c", "text/html", "", ""),
            offer("d", "application/pdf", "", ""),
            offer("e", "application/pdf", "en", ""),
            offer("f", "application/pdf", "en", "LK"),
        ];
        let chosen = |accept: &str, langs: &[&str], context: &str| {
            best(&offers, &wishes(accept, langs, context)).iter().map(|offer| offer.href.clone()).collect::<String>()
        };
        assert_eq!(chosen("text/html", &[], ""), "ac");
        assert_eq!(chosen("text/html", &["fr"], ""), "b");
        assert_eq!(chosen("application/pdf", &[], ""), "d");
        assert_eq!(chosen("application/pdf", &["en"], ""), "e");
        assert_eq!(chosen("application/pdf", &["en"], "LK"), "f");
        assert_eq!(chosen("text/html,application/xhtml+xml,*/*;q=0.8", &["fr-CA", "en"], ""), "b");
        assert_eq!(chosen("application/pdf;q=0.9, text/html;q=0.2", &["de"], ""), "d");
        assert_eq!(chosen("*/*", &["en"], "lk"), "f");
    }

    #[test]
    fn addresses_that_are_refused() {
        for href in [
            "",
            "ftp://example.com/",
            "javascript:alert(1)",
            "//example.com/x",
            "/x",
            "https://",
            "https://user:pw@example.com/",
            "https://exa mple.com",
            "https://example.com/\u{7}",
            "https://example.com/<x>",
            &format!("https://example.com/{}", "x".repeat(2_000)),
        ] {
            assert!(address("href", href).is_err(), "{href}");
        }
        for href in ["https://example.com", "http://example.com:8080/a?b=c#d", "https://xn--fsqu00a.example/", "http://[::1]:80/"] {
            assert_eq!(address("href", href).as_deref(), Ok(href));
        }
    }

    #[test]
    fn every_wrong_field_is_named() {
        let new = serde_json::json!({
            "level": "shelf", "link_type": "gs1:warranty", "href": "x", "hreflang": "e", "media_type": "html", "context": "a\u{1}b"
        });
        let error = Said::of_json(&NEW, new.as_object().cloned().unwrap()).unwrap_err();
        let crate::kernel::Error::Refused(refusal) = error else { panic!("{error}") };
        let fields: Vec<_> = refusal.faults.iter().map(|fault| fault.field.to_string()).collect();
        assert_eq!(fields, ["level", "code", "link_type", "href", "title", "hreflang", "media_type", "context"]);
    }
}
