//! Money: whole minor units and a currency of ISO 4217, each with the decimals it has. No floats anywhere.

use std::cmp::Reverse;

use iso_currency::Currency;
use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

use super::error::{Code, Fault};
use super::names::{fold, half_widths, is_invisible};
use super::number::saturating;

/// An amount in minor units of a currency. To programs it is also said as people read it (`amount`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Money {
    /// Minor units: 19900 is 199.00 in CNY, 19900 in JPY, which has none, and 19.900 in KWD.
    pub minor: i64,
    /// ISO 4217, three capitals.
    pub currency: String,
}

impl Money {
    /// The amount with the currency's own decimals, without its name: `199.00`.
    pub fn amount(&self) -> String {
        // A currency that is none, which only a store written before could hold, is shown as most are.
        show_decimal(self.minor, decimals(&self.currency).unwrap_or(2))
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // A form that does not name its fields is read back by their number alone: there the amount would be taken for what comes next.
        let is_named = serializer.is_human_readable();
        let mut money = serializer.serialize_struct("Money", if is_named { 3 } else { 2 })?;
        money.serialize_field("minor", &self.minor)?;
        money.serialize_field("currency", &self.currency)?;
        if is_named {
            money.serialize_field("amount", &self.amount())?;
        }
        money.end()
    }
}

/// What people write for a currency besides its code, where it can mean no other.
const ALSO: &[(&str, Currency)] = &[
    ("RMB", Currency::CNY),
    ("人民币", Currency::CNY),
    ("元", Currency::CNY),
    ("CN¥", Currency::CNY),
    ("US$", Currency::USD),
    ("美元", Currency::USD),
    ("美金", Currency::USD),
    ("€", Currency::EUR),
    ("欧元", Currency::EUR),
    ("英镑", Currency::GBP),
    ("日元", Currency::JPY),
    ("日圆", Currency::JPY),
    ("韩元", Currency::KRW),
    ("HK$", Currency::HKD),
    ("港币", Currency::HKD),
    ("港元", Currency::HKD),
    ("NT$", Currency::TWD),
    ("新台币", Currency::TWD),
    ("澳门元", Currency::MOP),
    ("新加坡元", Currency::SGD),
];

/// The decimals of a currency. None for a code that is no currency, or has no minor units, such as gold.
pub fn decimals(currency: &str) -> Option<usize> {
    Currency::from_code(currency).and_then(Currency::exponent).map(usize::from)
}

/// A currency as people write it, as three capitals.
///
/// # Errors
/// [`Code::Missing`], [`Code::UnknownName`] for `field`.
pub fn read_currency(field: &'static str, text: &str) -> Result<String, Fault> {
    if decimals(text).is_some() {
        return Ok(text.to_owned());
    }
    let visible: String = text.chars().filter(|c| !is_invisible(*c)).collect();
    let wanted = visible.trim();
    if wanted.is_empty() {
        return Err(Fault::new(field, Code::Missing));
    }
    let code = fold(wanted).to_ascii_uppercase();
    let also = ALSO.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, currency)| currency.code().to_owned());
    let known = || Some(code).filter(|code| wanted.chars().count() == 3 && decimals(code).is_some());
    also.or_else(known).ok_or_else(|| {
        let near: &[(&str, &str)] = if matches!(wanted, "¥" | "￥") { &[("CNY", "CNY"), ("JPY", "JPY")] } else { &[] };
        Fault::new(field, Code::UnknownName).with("kind", "currency").with("value", wanted).near(near)
    })
}

/// An amount as people write it, such as `199`, `199.5` or `1,299.00`, in minor units of a currency. More decimals than the currency has are
/// taken only when they are zeros.
///
/// # Errors
/// [`Code::NotANumber`], [`Code::Malformed`] (a comma that could mean two things), [`Code::BelowZero`], [`Code::TooManyDecimals`] for `field`.
pub fn read_amount(field: &'static str, text: &str, currency: &str) -> Result<i64, Fault> {
    let places = decimals(currency).unwrap_or(2);
    read_decimal(field, text, places)
        .map_err(|fault| if fault.code == Code::TooManyDecimals { fault.with("currency", currency) } else { fault })
}

/// A whole, in micro-shares.
pub const WHOLE: u32 = 1_000_000;

/// An amount, not below zero, by micro-shares that sum to [`WHOLE`]: each part is rounded down, and what that leaves goes, one minor unit each, to
/// the largest remainders (Hamilton's method; at equal remainders to the first). The parts sum to the amount.
pub fn split(amount_minor: i64, shares: &[u32]) -> Vec<i64> {
    let whole = i128::from(WHOLE);
    let exact = |share: &u32| i128::from(amount_minor) * i128::from(*share);
    let mut parts: Vec<i64> = shares.iter().map(|share| saturating(exact(share) / whole)).collect();
    let mut by_remainder: Vec<(Reverse<i128>, usize)> =
        shares.iter().enumerate().map(|(place, share)| (Reverse(exact(share) % whole), place)).collect();
    by_remainder.sort_unstable();
    let rest = amount_minor - parts.iter().sum::<i64>();
    for (_, place) in by_remainder.into_iter().take(saturating(rest)) {
        if let Some(part) = parts.get_mut(place) {
            *part += 1;
        }
    }
    parts
}

/// Signs that several currencies have.
const SHARED: &[(&str, &[&str])] = &[
    ("¥", &["CNY", "JPY"]),
    ("￥", &["CNY", "JPY"]),
    ("$", &["USD", "AUD", "CAD", "HKD", "MXN", "NZD", "SGD", "TWD"]),
    ("£", &["GBP", "EGP"]),
];

/// Whether a sign beside an amount may be that of a currency: `€` and `EUR` of the euro, `$` of every dollar.
pub fn is_sign_of(sign: &str, currency: &str) -> bool {
    match SHARED.iter().find(|(shared, _)| *shared == sign) {
        Some((_, of)) => of.contains(&currency),
        None => read_currency("", sign).is_ok_and(|of| of == currency),
    }
}

/// A decimal number not below zero, in units of its last place: with two places `199.5` is 19950. Commas only part thousands: `1,5` is one and
/// a half to some and fifteen to nobody.
///
/// # Errors
/// [`Code::NotANumber`], [`Code::Malformed`] (a comma that could mean two things), [`Code::BelowZero`], [`Code::TooManyDecimals`] for `field`.
pub fn read_decimal(field: &'static str, text: &str, places: usize) -> Result<i64, Fault> {
    let wrong = |code| Fault::new(field, code).with("value", text.trim());
    let plain = half_widths(text.trim());
    if plain.starts_with('-') {
        return Err(wrong(Code::BelowZero));
    }
    let (whole, part) = plain.split_once('.').unwrap_or((&plain, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    // No thousands begin with a zero: `0,750` is three quarters.
    let is_grouped = !plain.contains(',')
        || ((1..=3).contains(&first.len()) && !first.starts_with('0') && groups.all(|group| group.len() == 3) && !part.contains(','));
    let ungrouped = whole.replace(',', "");
    if ungrouped.len() > 13 || (ungrouped.is_empty() && part.is_empty()) || !digits(&ungrouped) || !digits(&part.replace(',', "")) {
        return Err(wrong(Code::NotANumber));
    }
    if !is_grouped {
        return Err(wrong(Code::Malformed).with("reason", "ambiguous-number"));
    }
    let whole = if ungrouped.is_empty() { "0" } else { &ungrouped };
    let part = if part.len() > places { part.trim_end_matches('0') } else { part };
    if part.len() > places {
        return Err(wrong(Code::TooManyDecimals).with("max", places));
    }
    format!("{whole}{part:0<places$}").parse().map_err(|_| wrong(Code::NotANumber))
}

/// A number in units of its last place as a decimal: with two places 19950 is `199.50`.
pub fn show_decimal(units: i64, places: usize) -> String {
    let sign = if units < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", units.unsigned_abs(), width = places + 1);
    let (whole, part) = digits.split_at_checked(digits.len() - places).unwrap_or((&digits, ""));
    let point = if places == 0 { "" } else { "." };
    format!("{sign}{whole}{point}{part}")
}

/// The same without zeros at the end: `33.33`, `4.5`, `95`.
pub fn shortest_decimal(units: i64, places: usize) -> String {
    let shown = show_decimal(units, places);
    if places == 0 { shown } else { shown.trim_end_matches('0').trim_end_matches('.').to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(minor: i64, currency: &str) -> Money {
        Money { minor, currency: currency.to_owned() }
    }

    #[test]
    fn what_stands_behind_an_amount_is_read_back() {
        let row = (Money { minor: 5_900, currency: "JPY".into() }, "JP".to_owned());
        let bytes = postcard::to_allocvec(&row).unwrap();
        assert_eq!(postcard::from_bytes::<(Money, String)>(&bytes).unwrap(), row);
        assert_eq!(serde_json::to_value(&row.0).unwrap(), serde_json::json!({ "minor": 5_900, "currency": "JPY", "amount": "5900" }));
    }

    #[test]
    fn every_currency_has_its_own_decimals() {
        for (currency, text, minor) in [
            ("CNY", "199", 19_900),
            ("CNY", "199.5", 19_950),
            ("CNY", "0.07", 7),
            ("CNY", "1,299.00", 129_900),
            ("CNY", " 1.990 ", 199),
            ("CNY", "１，２９９．５", 129_950),
            ("JPY", "1999", 1_999),
            ("JPY", "1,999.00", 1_999),
            ("KRW", "39000", 39_000),
            ("VND", "499000", 499_000),
            ("ISK", "7", 7),
            ("BHD", "12.345", 12_345),
            ("KWD", "12.3", 12_300),
            ("TND", "0.005", 5),
            ("IDR", "150000.50", 15_000_050),
        ] {
            assert_eq!(read_amount("price", text, currency), Ok(minor), "{text} {currency}");
        }
        for (currency, minor, text) in [
            ("CNY", 7, "0.07"),
            ("CNY", -19_950, "-199.50"),
            ("JPY", 1_999, "1999"),
            ("JPY", 0, "0"),
            ("KRW", -5, "-5"),
            ("KWD", 5, "0.005"),
            ("BHD", 12_345, "12.345"),
            ("CLF", 1, "0.0001"),
            ("CNY", i64::MIN, "-92233720368547758.08"),
        ] {
            assert_eq!(money(minor, currency).amount(), text, "{minor} {currency}");
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for (currency, text, code) in [
            ("CNY", "", Code::NotANumber),
            ("CNY", "-1", Code::BelowZero),
            ("CNY", "1.999", Code::TooManyDecimals),
            ("JPY", "1999.5", Code::TooManyDecimals),
            ("KWD", "1.2345", Code::TooManyDecimals),
            ("CNY", "12e3", Code::NotANumber),
            ("CNY", "1,5", Code::Malformed),
            ("CNY", "1,2999", Code::Malformed),
            ("CNY", ",500", Code::Malformed),
            ("CNY", "1.2,345", Code::Malformed),
            ("CNY", "0,750", Code::Malformed),
            ("CNY", ".", Code::NotANumber),
            ("CNY", "1.2.3", Code::NotANumber),
            ("CNY", "12345678901234", Code::NotANumber),
        ] {
            assert_eq!(read_amount("price", text, currency).unwrap_err().code, code, "{text} {currency}");
        }
    }

    #[test]
    fn currencies_as_people_write_them() {
        for (text, code) in [
            ("CNY", "CNY"),
            ("cny", "CNY"),
            (" ｕｓｄ\u{200b}", "USD"),
            ("RMB", "CNY"),
            ("rmb", "CNY"),
            ("人民币", "CNY"),
            ("HK$", "HKD"),
            ("日元", "JPY"),
            ("€", "EUR"),
        ] {
            assert_eq!(read_currency("currency", text).as_deref(), Ok(code), "{text}");
        }
        assert_eq!(read_currency("currency", " ").unwrap_err().code, Code::Missing);
        for text in ["QQQ", "RMB¥", "$", "dollar", "XAU", "C-NY", "CN", "156"] {
            assert_eq!(read_currency("currency", text).unwrap_err().code, Code::UnknownName, "{text}");
        }
        assert!(read_currency("currency", "¥").unwrap_err().args.contains(&("near_en", "CNY or JPY".into())));
        for (_, currency) in ALSO {
            assert!(decimals(currency.code()).is_some());
        }
    }

    #[test]
    fn programs_are_told_the_amount_too() {
        let said = serde_json::to_value(money(1_999, "JPY")).unwrap();
        assert_eq!(said, serde_json::json!({ "minor": 1_999, "currency": "JPY", "amount": "1999" }));
        assert_eq!(serde_json::from_value::<Money>(said).unwrap(), money(1_999, "JPY"));
    }

    #[test]
    fn the_last_cent_goes_to_the_largest_remainder() {
        assert_eq!(split(100, &[333_333, 333_333, 333_334]), [33, 33, 34]);
        assert_eq!(split(1, &[500_000, 500_000]), [1, 0]);
        assert_eq!(split(10_000, &[960_698, 17_467, 7_278, 14_556, 1]), [9_607, 175, 73, 145, 0]);
        assert_eq!(split(0, &[1_000_000]), [0]);
        assert_eq!(split(7, &[]), Vec::<i64>::new());
    }

    proptest::proptest! {
        #[test]
        fn parts_sum_to_the_amount_and_lie_within_a_minor_unit_of_their_share(
            amount in 0_i64..=1_000_000_000_000, weights in proptest::collection::vec(0_u32..=1_000, 1..12),
        ) {
            let sum: u32 = weights.iter().sum::<u32>().max(1);
            let mut shares: Vec<u32> = weights.iter().map(|weight| u32::try_from(u64::from(*weight) * 1_000_000 / u64::from(sum)).unwrap()).collect();
            shares[0] += WHOLE - shares.iter().sum::<u32>();
            let parts = split(amount, &shares);
            proptest::prop_assert_eq!(parts.iter().sum::<i64>(), amount);
            for (part, share) in parts.iter().zip(&shares) {
                let exact = i128::from(amount) * i128::from(*share);
                proptest::prop_assert!((i128::from(*part) * 1_000_000 - exact).abs() < 1_000_000);
                proptest::prop_assert!(*part >= 0);
            }
        }
    }
}
