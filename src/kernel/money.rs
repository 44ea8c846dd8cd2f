//! Money: whole minor units and a currency. No floats anywhere.

use serde::{Deserialize, Serialize};

use super::error::{Code, Fault};

/// An amount in minor units (fen, cents) of a currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// Minor units; 19900 is 199.00.
    pub minor: i64,
    /// ISO 4217, three capitals.
    pub currency: String,
}

/// Reads `199`, `199.5` or `199.00` into minor units of a two-decimal currency.
///
/// # Errors
/// [`Code::NotANumber`], [`Code::BelowZero`] for `field`.
pub fn read_minor(field: &'static str, text: &str) -> Result<i64, Fault> {
    let wrong = || Fault::new(field, Code::NotANumber).with("value", text);
    let text = text.trim().replace(',', "");
    if text.starts_with('-') {
        return Err(Fault::new(field, Code::BelowZero).with("value", text));
    }
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 13 || part.len() > 2 || !digits(whole) || !digits(part) {
        return Err(wrong());
    }
    let minor: i64 = format!("{part:0<2}").parse().map_err(|_| wrong())?;
    whole.parse::<i64>().ok().and_then(|w| w.checked_mul(100)).and_then(|w| w.checked_add(minor)).ok_or_else(wrong)
}

/// `19900` as `199.00`.
pub fn show_minor(minor: i64) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let minor = minor.unsigned_abs();
    format!("{sign}{}.{:02}", minor / 100, minor % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_and_show() {
        for (text, minor) in [("199", 19_900), ("199.5", 19_950), ("0.07", 7), ("1,299.00", 129_900)] {
            assert_eq!(read_minor("price", text).unwrap(), minor);
        }
        for text in ["", "-1", "1.999", "12e3", "１２"] {
            assert!(read_minor("price", text).is_err(), "{text}");
        }
        assert_eq!(show_minor(7), "0.07");
        assert_eq!(show_minor(-19_950), "-199.50");
    }
}
