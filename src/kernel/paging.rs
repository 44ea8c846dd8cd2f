//! Pages by keyset: an opaque token says after which row the next page starts, so a page costs the same at any depth.

use serde::{Deserialize, Serialize};

use super::ids::crockford;
use super::{Code, Fault, saturating};

/// Rows per page when the asker does not say.
pub const PAGE_DEFAULT: i64 = 50;
/// Most rows a page may have.
pub const PAGE_MAX: i64 = 500;

/// What a list is asked for.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct PageAsk {
    /// The token of the page before, or nothing for the first.
    pub after: Option<String>,
    /// Rows wanted, 1 to [`PAGE_MAX`].
    pub per_page: Option<i64>,
}

impl PageAsk {
    /// Rows wanted, within bounds.
    pub fn limit(&self) -> i64 {
        self.per_page.unwrap_or(PAGE_DEFAULT).clamp(1, PAGE_MAX)
    }

    /// The key after which to start, if any.
    ///
    /// # Errors
    /// [`Code::Malformed`] for `after` when the token was not made by [`Page::new`].
    pub fn key(&self) -> Result<Option<String>, Fault> {
        self.after.as_deref().filter(|token| !token.is_empty()).map(|token| open("after", token)).transpose()
    }
}

/// A page of rows and the token of the next.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Send it as `after` for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// A page out of at most `limit + 1` rows: the extra row only tells that there is a next page.
    pub fn new(mut items: Vec<T>, limit: i64, key: impl Fn(&T) -> String) -> Self {
        let limit = saturating::<usize>(limit);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|last| seal(&key(last)));
        Self { items, next }
    }

    /// The same page of something else.
    pub fn map<U>(self, each: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(each).collect(), next: self.next }
    }
}

/// A key as a token: base32, so that nobody builds a client on what is inside.
pub fn seal(key: &str) -> String {
    let mut token = String::with_capacity(key.len() * 2);
    let (mut held, mut bits) = (0u32, 0u32);
    let mut push = |value: u32| token.push(char::from(crockford(saturating(value & 31))));
    for byte in key.bytes() {
        held = (held << 8 | u32::from(byte)) & 0xfff;
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            push(held >> bits);
        }
    }
    if bits > 0 {
        push(held << (5 - bits));
    }
    token
}

/// The key of a token.
///
/// # Errors
/// [`Code::Malformed`] for `field` when [`seal`] did not make it.
pub fn open(field: &'static str, token: &str) -> Result<String, Fault> {
    let wrong = || Fault::new(field, Code::Malformed).with("reason", "page-token");
    let (mut held, mut bits) = (0u32, 0u32);
    let mut bytes = Vec::with_capacity(token.len());
    for character in token.bytes() {
        let value = super::ids::crockford_value(character).ok_or_else(wrong)?;
        held = (held << 5 | u32::from(value)) & 0xfff;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xff).map_err(|_| wrong())?);
        }
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_opens_to_its_key() {
        for key in ["", "a", "B-2026-014", "华纺|17"] {
            assert_eq!(open("after", &seal(key)).unwrap(), key);
        }
        assert!(open("after", "!!").is_err());
    }

    #[test]
    fn the_last_page_has_no_next() {
        let page = Page::new(vec![1, 2, 3], 3, ToString::to_string);
        assert!(page.next.is_none());
        let page = Page::new(vec![1, 2, 3, 4], 3, ToString::to_string);
        assert_eq!(page.items, [1, 2, 3]);
        assert_eq!(open("after", &page.next.unwrap()).unwrap(), "3");
    }
}
