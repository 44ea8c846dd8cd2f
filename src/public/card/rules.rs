//! Small decisions of the buyer's pages: dates in words, which state a warranty is in for people.

use std::fmt::Write;

use chrono::{Datelike, NaiveDate};

use crate::kernel::saturating;
use crate::kernel::text::Lang;
use crate::ownership::warranties::{WaitsFor, WarrantyState};

const MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

/// A date as people read it: `2026年6月15日`, `15 June 2026`. By hand, because a page has many and a
/// formatter costs more than the rest of it; a test holds it to the Unicode Common Locale Data (ICU4X).
pub fn date_text(date: NaiveDate, lang: Lang) -> String {
    let mut text = String::with_capacity(20);
    let _infallible = match lang {
        Lang::Zh => write!(text, "{}年{}月{}日", date.year(), date.month(), date.day()),
        Lang::En => {
            let month = MONTHS.get(saturating::<usize>(date.month0())).copied().unwrap_or_default();
            write!(text, "{} {month} {}", date.day(), date.year())
        }
    };
    text
}

/// How a state looks: green, amber or red.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Covered.
    Good,
    /// Not yet, or not known.
    Open,
    /// Over, void or given back.
    Over,
}

impl Tone {
    /// The class of the style sheet.
    pub const fn class(self) -> &'static str {
        match self {
            Tone::Good => "good",
            Tone::Open => "",
            Tone::Over => "bad",
        }
    }
}

/// A warranty's state in words: the messages, and the arguments they need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saying {
    /// How it looks.
    pub tone: Tone,
    /// The headline's message.
    pub title: &'static str,
    /// The explanation's message; empty for none.
    pub text: &'static str,
    /// First day.
    pub since: Option<NaiveDate>,
    /// Last day.
    pub until: Option<NaiveDate>,
    /// Days left.
    pub days: i64,
    /// A reason in the brand's own words, or empty.
    pub reason: String,
}

/// What the card says of a warranty. It speaks of what was recorded and never of whether the thing in hand is genuine.
pub fn saying(is_sold: bool, is_returned: bool, state: &WarrantyState) -> Saying {
    let plain = |tone, title, text| Saying { tone, title, text, since: None, until: None, days: 0, reason: String::new() };
    if is_returned && !is_sold {
        return plain(Tone::Over, "card-returned", "card-returned-text");
    }
    match state {
        WarrantyState::None if is_sold => plain(Tone::Open, "card-none", "card-none-text"),
        WarrantyState::None => plain(Tone::Open, "card-not-sold", "card-not-sold-text"),
        WarrantyState::Waiting { waits_for } => plain(
            Tone::Open,
            "card-waiting",
            match waits_for {
                WaitsFor::Delivery => "card-waiting-delivery",
                WaitsFor::Activation => "card-waiting-activation",
                WaitsFor::Either => "card-waiting-either",
                WaitsFor::Production => "card-waiting-production",
            },
        ),
        WarrantyState::Running { since, until, days_left } => {
            Saying { since: Some(*since), until: Some(*until), days: *days_left, ..plain(Tone::Good, "card-running", "card-running-text") }
        }
        WarrantyState::Ended { since, reason } => Saying {
            until: *since,
            reason: reason.clone(),
            ..plain(Tone::Over, if since.is_some() { "card-ended" } else { "card-ended-early" }, "card-ended-text")
        },
        WarrantyState::Void { reason } => Saying { reason: reason.clone(), ..plain(Tone::Over, "card-void", "") },
    }
}

/// Phones beyond which a garment without a holder looks like a label that was copied.
pub const MANY_DEVICES: i64 = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_common_locale_data() {
        use icu::calendar::Date;
        use icu::datetime::{DateTimeFormatter, fieldsets::YMD};
        let date = NaiveDate::from_ymd_opt(2026, 6, 5).unwrap();
        assert_eq!((date_text(date, Lang::Zh).as_str(), date_text(date, Lang::En).as_str()), ("2026年6月5日", "5 June 2026"));
        for (lang, locale) in [(Lang::Zh, icu::locale::locale!("zh-CN")), (Lang::En, icu::locale::locale!("en-GB"))] {
            let formatter = DateTimeFormatter::try_new(locale.into(), YMD::long()).unwrap();
            for date in date.iter_days().step_by(13).take(60) {
                let same = Date::try_new_iso(date.year(), u8::try_from(date.month()).unwrap(), u8::try_from(date.day()).unwrap()).unwrap();
                assert_eq!(date_text(date, lang), formatter.format(&same).to_string());
            }
        }
    }

    #[test]
    fn states_in_words() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let running = WarrantyState::Running { since: day("2026-01-01"), until: day("2027-01-01"), days_left: 200 };
        assert_eq!((saying(true, false, &running).title, saying(true, false, &running).tone), ("card-running", Tone::Good));
        assert_eq!(saying(false, false, &WarrantyState::None).title, "card-not-sold");
        assert_eq!(saying(true, false, &WarrantyState::None).title, "card-none");
        assert_eq!(saying(false, true, &WarrantyState::None).title, "card-returned");
        let over = WarrantyState::Ended { since: Some(day("2026-01-01")), reason: String::new() };
        assert_eq!((saying(true, false, &over).title, saying(true, false, &over).tone), ("card-ended", Tone::Over));
        let void = WarrantyState::Void { reason: "stolen".into() };
        assert_eq!((saying(true, false, &void).title, saying(true, false, &void).reason), ("card-void", "stolen".to_owned()));
    }
}
