//! Secrets, codes, consent: what a holder has and gives. Values in, values out.

use std::fmt;

use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use crate::kernel::names::{half_width, is_invisible};
use crate::kernel::text::{self, Lang, hex};
use crate::kernel::{Code, Fault, Faults, Result};
use crate::platform::http::{random_token, sha256_hex};
use crate::platform::words::Words;

/// Days the browser keeps a holder's cookie: ten years.
pub const COOKIE_DAYS: i64 = 3_653;

/// 128 random bits in a holder's browser. The store has only its hash. Not shown by `Debug`, wiped when dropped.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// A new one from the operating system's random source. Make it before the write that stores its hash: a write may run twice.
    pub fn fresh() -> Self {
        Self(random_token::<16>())
    }

    /// Of 128 bits that nobody can guess.
    pub fn of(bytes: &[u8; 16]) -> Self {
        Self(hex(bytes))
    }

    /// Of a cookie or a recovery link. None when it cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let is_one = text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        is_one.then(|| Self(text.to_owned()))
    }

    /// For the cookie and the recovery link, and nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What the store keeps: SHA-256 in hexadecimal. Enough, because 128 random bits cannot be tried out.
    pub fn hash(&self) -> String {
        sha256_hex(self.0.as_bytes())
    }

    /// Whether this is the secret of a stored hash, in constant time.
    pub fn is_of(&self, hash: &str) -> bool {
        self.hash().as_bytes().ct_eq(hash.as_bytes()).into()
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Eight digits that pass a garment on, once. Not shown by `Debug`.
#[derive(Clone)]
pub struct TransferCode(String);

impl TransferCode {
    /// A new one from the operating system's random source. Make it before the write that stores its hash.
    pub fn fresh() -> Self {
        // 64 random bits: the remainder prefers no code by more than one in ten billion.
        let rest = |rest: u64, digit: char| (rest * 16 + u64::from(digit.to_digit(16).unwrap_or_default())) % 100_000_000;
        Self(format!("{:08}", random_token::<8>().chars().fold(0, rest)))
    }

    /// As people type it: spaces and hyphens anywhere, full-width digits, what it is called before it. None when it is not eight digits.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = code_in(text).chars().map(half_width).filter(|c| !c.is_whitespace() && !is_invisible(*c) && *c != '-');
        let digits: Option<String> = digits.map(|c| c.is_ascii_digit().then_some(c)).collect();
        digits.filter(|digits| digits.len() == 8).map(Self)
    }

    /// The eight digits, for the holder to pass on.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// In two groups, as people read it out: `1234 5678`.
    pub fn grouped(&self) -> String {
        let (one, other) = self.0.split_at_checked(4).unwrap_or((&self.0, ""));
        format!("{one} {other}")
    }
}

impl fmt::Debug for TransferCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TransferCode(…)")
    }
}

/// What people call a code, where they type or paste that before it.
const CODE_NAMES: [&str; 6] = ["领取码", "认领码", "质保码", "转让码", "claim code", "transfer code"];

/// The code in what somebody typed or pasted, without what stands around it: `领取码：ABCDE-FGHJK。`, `Claim code ABCDE FGHJK`. Whether it is one
/// is not looked at, and what stood around it is no reason to lose a try.
pub fn code_in(typed: &str) -> &str {
    // No code has a colon.
    let after = typed.rsplit([':', '：']).find(|part| !part.trim_matches(is_around).is_empty()).unwrap_or(typed);
    let code = after.trim_matches(is_around);
    let behind =
        |name: &&str| code.split_at_checked(name.len()).filter(|(start, _)| start.eq_ignore_ascii_case(name)).map(|(_, rest)| rest);
    CODE_NAMES.iter().find_map(behind).unwrap_or(code).trim_matches(is_around)
}

fn is_around(character: char) -> bool {
    character.is_whitespace() || is_invisible(character) || ":：。.,，;；、!！\"'“”‘’「」『』【】[]()（）<>《》-—#".contains(character)
}

/// What a holder may be contacted for. Each is agreed to by itself; none is needed for anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Answers about this garment's warranty and repair.
    Service,
    /// Safety notices and recalls.
    Recall,
    /// A question or two about how satisfied they are.
    FollowUp,
}

impl Purpose {
    /// Every purpose, in the order a form asks.
    pub const ALL: [Purpose; 3] = [Purpose::Service, Purpose::Recall, Purpose::FollowUp];

    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Purpose::Service => "service",
            Purpose::Recall => "recall",
            Purpose::FollowUp => "follow_up",
        }
    }

    /// The message that asks for consent to it.
    pub const fn words_key(self) -> &'static str {
        match self {
            Purpose::Service => "holders-consent-service",
            Purpose::Recall => "holders-consent-recall",
            Purpose::FollowUp => "holders-consent-follow-up",
        }
    }
}

/// A consent as given: to which words, when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Consent {
    /// To what.
    pub purpose: Purpose,
    /// The language it was asked in.
    #[schema(value_type = String)]
    pub lang: Lang,
    /// The version of the words: the first 16 digits of their SHA-256, so that changed words are another version by themselves.
    pub text: String,
    /// When, UTC.
    pub given_at: NaiveDateTime,
}

impl Consent {
    /// Consent to the words of today.
    pub fn now(purpose: Purpose, lang: Lang, at: NaiveDateTime) -> Self {
        let words = Words::of(lang).say(purpose.words_key());
        let text = sha256_hex(words.as_bytes()).chars().take(16).collect();
        Self { purpose, lang, text, given_at: at }
    }
}

/// How to reach a holder. Only what they chose to leave.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// What to call them; may be empty.
    #[serde(default)]
    pub name: String,
    /// A telephone number; may be empty.
    #[serde(default)]
    pub phone: String,
    /// A mail address; may be empty.
    #[serde(default)]
    pub email: String,
}

impl Contact {
    /// The same with clean texts.
    ///
    /// # Errors
    /// Faults of `name`, `phone`, `email`; of `purposes` when nothing was agreed to; of `phone` when there is no way to reach them at all.
    pub fn checked(&self, purposes: &[Purpose]) -> Result<Self> {
        let (read, mut faults) = self.read();
        if !faults.any() && read.phone.is_empty() && read.email.is_empty() {
            faults.note(Fault::new("phone", Code::Missing));
        }
        if purposes.is_empty() {
            faults.note(Fault::new("purposes", Code::Missing));
        }
        faults.unless_any(read)
    }

    /// The same of what somebody says who declares something: it is theirs to say how much, and answering it needs no consent.
    ///
    /// # Errors
    /// Faults of `name`, `phone`, `email`.
    pub fn declared(&self) -> Result<Self> {
        let (read, faults) = self.read();
        faults.unless_any(read)
    }

    fn read(&self) -> (Self, Faults) {
        let mut faults = Faults::default();
        let name = faults.keep(text::optional_line("name", &self.name, 60));
        let phone = faults.keep(phone(&self.phone));
        let email = faults.keep(email(&self.email));
        (Self { name, phone, email }, faults)
    }
}

impl Contact {
    /// The same as it may be shown to whoever only has to know that it is the right one: `138****8000`, `w***@example.com`, `王**`.
    #[must_use]
    pub fn masked(&self) -> Self {
        let hidden = |text: &str, first: usize, last: usize| {
            let all: Vec<char> = text.chars().collect();
            let kept = |place: usize| all.len() > first + last && (place < first || place >= all.len() - last);
            all.iter().enumerate().map(|(place, c)| if kept(place) { *c } else { '*' }).collect::<String>()
        };
        let digits: String = self.phone.chars().filter(char::is_ascii_digit).collect();
        let email = self.email.split_once('@').map_or_else(String::new, |(who, host)| format!("{}@{host}", hidden(who, 1, 0)));
        Self { name: hidden(&self.name, 1, 0), phone: hidden(&digits, 3, 4), email }
    }
}

impl Drop for Contact {
    fn drop(&mut self) {
        self.name.zeroize();
        self.phone.zeroize();
        self.email.zeroize();
    }
}

/// A telephone number: 5 to 20 digits, a leading plus, spaces and hyphens.
fn phone(written: &str) -> Result<String, Fault> {
    let written = text::optional_line("phone", written, 40)?;
    let digits = written.chars().filter(char::is_ascii_digit).count();
    let only = written.chars().enumerate().all(|(place, c)| c.is_ascii_digit() || " -()".contains(c) || (c == '+' && place == 0));
    if written.is_empty() || (only && (5..=20).contains(&digits)) {
        Ok(written)
    } else {
        Err(Fault::new("phone", Code::Malformed).with("reason", "phone"))
    }
}

/// A mail address, as far as it can be told without sending one: something, an at sign, a host with a dot.
fn email(written: &str) -> Result<String, Fault> {
    let written = text::optional_line("email", written, 254)?;
    let sound = written.split_once('@').is_some_and(|(who, host)| {
        !who.is_empty() && host.contains('.') && !host.starts_with('.') && !host.ends_with('.') && !host.contains('@')
    });
    if written.is_empty() || (sound && !written.contains(char::is_whitespace)) {
        Ok(written)
    } else {
        Err(Fault::new("email", Code::Malformed).with("reason", "email"))
    }
}

/// Why somebody of the staff reads contact data; part of the record of the reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReadReason {
    /// To answer about warranty or repair.
    Service,
    /// To warn or recall.
    Recall,
    /// Because the holder asked what is kept.
    HolderAsked,
}

impl ReadReason {
    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            ReadReason::Service => "service",
            ReadReason::Recall => "recall",
            ReadReason::HolderAsked => "holder_asked",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_known_by_its_hash_alone() {
        let secret = Secret::fresh();
        assert_eq!(secret.expose().len(), 32);
        assert!(Secret::parse(secret.expose()).unwrap().is_of(&secret.hash()));
        assert!(!Secret::fresh().is_of(&secret.hash()) && !secret.is_of(""));
        assert!(
            Secret::parse("").is_none()
                && Secret::parse(&secret.expose().to_uppercase().replace(|c: char| c.is_ascii_digit(), "Z")).is_none()
        );
        assert_eq!(format!("{secret:?} {:?}", TransferCode::fresh()), "Secret(…) TransferCode(…)");
    }

    #[test]
    fn a_transfer_code_is_read_as_people_type_it() {
        for text in ["12345678", "1234 5678", " 1234-5678 ", "１２３４５６７８"] {
            assert_eq!(TransferCode::parse(text).unwrap().as_str(), "12345678");
        }
        for text in ["", "1234567", "123456789", "1234567x", "一二三四五六七八"] {
            assert!(TransferCode::parse(text).is_none(), "{text}");
        }
        assert_eq!(TransferCode::parse("00000001").unwrap().grouped(), "0000 0001");
        assert_eq!(TransferCode::fresh().as_str().len(), 8);
    }

    #[test]
    fn what_stands_around_a_code_is_no_part_of_it() {
        for text in [
            "ABCDE-FGHJK",
            " ABCDE-FGHJK\n",
            "领取码：ABCDE-FGHJK",
            "领取码: ABCDE-FGHJK。",
            "领取码 ABCDE-FGHJK",
            "领取码ABCDE-FGHJK",
            "Claim code: ABCDE-FGHJK",
            "CLAIM CODE ABCDE-FGHJK",
            "Claim code\u{200b}:\u{feff}ABCDE-FGHJK",
            "\u{200b}ABCDE-FGHJK\u{200d}",
            "“ABCDE-FGHJK”",
            "【领取码】ABCDE-FGHJK",
            "您的领取码：ABCDE-FGHJK:",
            "(ABCDE-FGHJK).",
        ] {
            assert_eq!(code_in(text), "ABCDE-FGHJK", "{text:?}");
        }
        for (text, same) in [("", ""), (":", ""), ("：：", ""), ("CODE1-23456", "CODE1-23456"), ("ABCDE FGHJK", "ABCDE FGHJK")] {
            assert_eq!(code_in(text), same);
        }
        assert_eq!(TransferCode::parse("转让码：1234 5678").unwrap().as_str(), "12345678");
        assert_eq!(TransferCode::parse("Transfer code 1234\u{200b}-5678.").unwrap().as_str(), "12345678");
        assert!(TransferCode::parse("转让码：1234 567x").is_none());
    }

    #[test]
    fn what_is_masked_tells_only_that_it_is_the_right_one() {
        let contact = Contact { name: "王女士".into(), phone: "+86 138-0013-8000".into(), email: "wang@example.com".into() };
        let Contact { name, phone, email } = &contact.masked();
        assert_eq!((name.as_str(), phone.as_str(), email.as_str()), ("王**", "861******8000", "w***@example.com"));
        let short = Contact { name: "王".into(), phone: "12345".into(), email: "w@example.com".into() }.masked();
        assert_eq!((short.name.as_str(), short.phone.as_str(), short.email.as_str()), ("*", "*****", "*@example.com"));
    }

    #[test]
    fn contact_is_optional_in_all_but_one_way_to_reach_them() {
        let contact = |name: &str, phone: &str, email: &str| Contact { name: name.into(), phone: phone.into(), email: email.into() };
        assert!(contact("", "138 0013 8000", "").checked(&[Purpose::Recall]).is_ok());
        assert!(contact("王女士", "", "w@example.com").checked(&[Purpose::Recall]).is_ok());
        for (wrong, field) in [
            (contact("王", "", ""), "phone"),
            (contact("", "call me", ""), "phone"),
            (contact("", "+86-138(0)0138000x", ""), "phone"),
            (contact("", "", "a@b"), "email"),
            (contact("", "", "a b@example.com"), "email"),
            (contact("a\u{7}b", "13800138000", ""), "name"),
        ] {
            let crate::kernel::Error::Refused(refusal) = wrong.checked(&[Purpose::Service]).unwrap_err() else { panic!() };
            assert_eq!(refusal.faults[0].field, field);
        }
        assert!(contact("", "13800138000", "").checked(&[]).is_err());
    }

    #[test]
    fn consent_remembers_the_words() {
        let at = NaiveDateTime::default();
        let (zh, en) = (Consent::now(Purpose::Recall, Lang::Zh, at), Consent::now(Purpose::Recall, Lang::En, at));
        assert_eq!(zh.text.len(), 16);
        assert_ne!(zh.text, en.text);
        assert_ne!(zh.text, Consent::now(Purpose::Service, Lang::Zh, at).text);
    }
}
