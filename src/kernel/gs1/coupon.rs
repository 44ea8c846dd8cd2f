//! North American coupons (AI 8110 and 8112): digits whose fields say their own length.
//!
//! Sources: GS1 US, "North American Coupon Application Guideline Using GS1 DataBar Expanded Symbols"; "GS1 AI (8112) Coupon Data
//! Specification". No garment carries one; they are here because a Digital Link may, and a wrong one must be refused.

use super::check;
use crate::kernel::parsed;

/// Digits not yet read.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    /// The next `count` characters.
    fn take(&mut self, count: usize) -> Option<&'a str> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// The next digit, if it is one of `allowed`.
    fn digit(&mut self, allowed: &str) -> Option<usize> {
        let digit = self.take(1).filter(|digit| allowed.contains(digit))?;
        parsed(digit)
    }

    /// A field behind its length digit, `more` characters longer than that says.
    fn field(&mut self, lengths: &str, more: usize) -> Option<&'a str> {
        let length = self.digit(lengths)?;
        self.take(length + more)
    }

    /// What a customer has to buy: requirement, its code, family code.
    fn purchase(&mut self) -> Option<()> {
        self.field("12345", 0)?;
        self.digit("012349")?;
        self.take(3).map(drop)
    }

    /// The company of a further purchase; 9 stands for the same one.
    fn company(&mut self) -> Option<()> {
        if self.0.starts_with('9') { self.take(1).map(drop) } else { self.field("0123456", 6).map(drop) }
    }

    /// Whether the optional field `name` begins here; if so its name is read.
    fn option(&mut self, name: char) -> bool {
        let rest = self.0.strip_prefix(name);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }
}

const ANY: &str = "0123456789";

/// Whether `text` is a coupon of AI 8110.
pub fn is_coupon(text: &str) -> bool {
    check::digits(text) && coupon(text).is_some()
}

fn coupon(text: &str) -> Option<()> {
    let mut rest = Rest(text);
    rest.field("0123456", 6)?;
    rest.take(6)?;
    rest.field("12345", 0)?;
    rest.purchase()?;
    if rest.option('1') {
        rest.digit("0123")?;
        rest.purchase()?;
        rest.company()?;
    }
    if rest.option('2') {
        rest.purchase()?;
        rest.company()?;
    }
    let mut expires = None;
    if rest.option('3') {
        expires = Some(rest.take(6).filter(|day| check::date(day, false))?);
    }
    if rest.option('4') {
        let starts = rest.take(6).filter(|day| check::date(day, false))?;
        if expires.is_some_and(|expires| starts > expires) {
            return None;
        }
    }
    if rest.option('5') {
        rest.field(ANY, 6)?;
    }
    if rest.option('6') {
        rest.field("1234567", 6)?;
    }
    if rest.option('9') {
        rest.digit("01256")?;
        rest.digit("012")?;
        rest.digit(ANY)?;
        rest.digit("01")?;
    }
    rest.0.is_empty().then_some(())
}

/// Whether `text` is a positive offer coupon of AI 8112.
pub fn is_positive_offer(text: &str) -> bool {
    check::digits(text) && positive_offer(text).is_some()
}

fn positive_offer(text: &str) -> Option<()> {
    let mut rest = Rest(text);
    rest.digit("01")?;
    rest.field("0123456", 6)?;
    rest.take(6)?;
    rest.field(ANY, 6)?;
    rest.0.is_empty().then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coupons() {
        for right in [
            "012345612345611110123",
            "012345612345611110123101101239",
            "012345612345611110123101101230123456",
            "0123456123456111101233200229",
            "01234561234561111012390000",
        ] {
            assert!(is_coupon(right), "{right}");
        }
        for wrong in [
            "",
            "a12345612345611110123",
            "0123456123456111101230",
            "71234567890123",
            "012345612345611115",
            "01234561234561111012314",
            "0123456123456111101233200010",
            "01234561234561111012335006064500607",
            "0123456123456111101239000",
            "01234561234561111012390002",
            "012345612345611110123900000",
            "01234561234561111012310110123",
        ] {
            assert!(!is_coupon(wrong), "{wrong}");
        }
    }

    #[test]
    fn positive_offers() {
        for right in ["001234561234560123456", "101234561234560123456", "061234567890121234569123456789012345"] {
            assert!(is_positive_offer(right), "{right}");
        }
        for wrong in ["201234561234560123456", "0", "07", "00123456", "0012345612345601234567", "00123456123456012345a"] {
            assert!(!is_positive_offer(wrong), "{wrong}");
        }
    }
}
