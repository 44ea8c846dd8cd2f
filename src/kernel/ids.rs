//! Names of things: garments by arithmetic, everything else by a 64-bit id made here.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};

use super::{Code, Error, saturating};

/// Bits of a garment id that name the unit within its batch.
pub const UNIT_BITS: u32 = 22;
/// Units a batch can hold: 4,194,304.
pub const UNITS_PER_BATCH: i64 = 1 << UNIT_BITS;
/// Batch numbers there are: 1 to 16,777,215.
pub const LAST_BATCH_NO: i64 = (1 << 24) - 1;

/// The number of a batch, 1 to [`LAST_BATCH_NO`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BatchNo(pub i64);

/// A garment: `batch_no << 22 | unit`. Units count from 0; people see them from 1.
#[derive(Default, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GarmentId(pub i64);

impl GarmentId {
    /// The garment `unit` (from 0) of a batch. None when either number is out of range.
    pub const fn new(batch: BatchNo, unit: i64) -> Option<Self> {
        if batch.0 < 1 || batch.0 > LAST_BATCH_NO || unit < 0 || unit >= UNITS_PER_BATCH {
            return None;
        }
        Some(Self(batch.0 << UNIT_BITS | unit))
    }

    /// Its batch.
    pub const fn batch(self) -> BatchNo {
        BatchNo(self.0 >> UNIT_BITS)
    }

    /// Its unit within the batch, from 0.
    pub const fn unit(self) -> i64 {
        self.0 & (UNITS_PER_BATCH - 1)
    }

    /// The first and last id a batch can have, for range queries on big tables.
    pub const fn range_of(batch: BatchNo) -> (i64, i64) {
        (batch.0 << UNIT_BITS, (batch.0 << UNIT_BITS) | (UNITS_PER_BATCH - 1))
    }
}

/// The id of anything that is not a garment or a batch: 41 bits of milliseconds since 2024, 10 bits of process, 12 bits of sequence.
///
/// Made by the program, so that both stores agree and a row's id is known before it is written. Shown to people and machines as
/// 13 Crockford base32 characters: a JSON number would lose digits in a browser.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(pub i64);

/// 2024-01-01T00:00:00Z in milliseconds since 1970.
const ID_EPOCH_MS: i64 = 1_704_067_200_000;

static LAST: AtomicU64 = AtomicU64::new(0);

impl Id {
    /// A fresh id at `now` for process `node` (10 bits). Within a process ids are distinct and grow, even when the clock stands still or steps back.
    pub fn fresh(now: NaiveDateTime, node: u16) -> Self {
        let ms = (now.and_utc().timestamp_millis() - ID_EPOCH_MS).clamp(0, (1 << 41) - 1);
        let wanted = ms.unsigned_abs() << 12;
        let previous = LAST.update(Ordering::Relaxed, Ordering::Relaxed, |last| wanted.max(last + 1));
        let tick = wanted.max(previous + 1);
        let (ms, sequence) = (tick >> 12, tick & 0xfff);
        let value = (ms << 22) | (u64::from(node & 0x3ff) << 12) | sequence;
        Self(saturating(value & (u64::MAX >> 1)))
    }

    /// The ids whose codes these are.
    ///
    /// # Errors
    /// [`Code::NotFound`] for a code that is none.
    pub fn of_codes(codes: &[&str]) -> Result<Vec<Self>, Error> {
        codes.iter().map(|code| code.parse()).collect()
    }
}

/// Crockford base32, upper case: no I, L, O, U.
pub const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The Crockford character of a value below 32.
pub fn crockford(value: u8) -> u8 {
    CROCKFORD.get(usize::from(value)).copied().unwrap_or(b'0')
}

/// The value of one Crockford character; lower case and the look-alikes I, L, O are read as people write them.
pub const fn crockford_value(character: u8) -> Option<u8> {
    Some(match character {
        b'0' | b'O' | b'o' => 0,
        b'1' | b'I' | b'i' | b'L' | b'l' => 1,
        b'2'..=b'9' => character - b'0',
        b'A'..=b'H' => character - b'A' + 10,
        b'a'..=b'h' => character - b'a' + 10,
        b'J' | b'K' => character - b'J' + 18,
        b'j' | b'k' => character - b'j' + 18,
        b'M' | b'N' => character - b'M' + 20,
        b'm' | b'n' => character - b'm' + 20,
        b'P'..=b'T' => character - b'P' + 22,
        b'p'..=b't' => character - b'p' + 22,
        b'V'..=b'Z' => character - b'V' + 27,
        b'v'..=b'z' => character - b'v' + 27,
        _ => return None,
    })
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.0.unsigned_abs();
        for place in (0..13).rev() {
            write!(f, "{}", char::from(crockford(saturating((value >> (5 * place)) & 31))))?;
        }
        Ok(())
    }
}

impl FromStr for Id {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if text.len() != 13 {
            return Err(Code::NotFound.into());
        }
        let mut value: i64 = 0;
        for byte in text.bytes() {
            let digit = crockford_value(byte).ok_or(Code::NotFound)?;
            value = value.checked_mul(32).and_then(|v| v.checked_add(i64::from(digit))).ok_or(Code::NotFound)?;
        }
        Ok(Self(value))
    }
}

impl Serialize for Id {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(|_| serde::de::Error::custom("not an id"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn garment_is_batch_and_unit() {
        let garment = GarmentId::new(BatchNo(7), 4_194_303).unwrap();
        assert_eq!((garment.batch(), garment.unit()), (BatchNo(7), 4_194_303));
        assert!(GarmentId::new(BatchNo(7), UNITS_PER_BATCH).is_none());
        assert!(GarmentId::new(BatchNo(0), 0).is_none());
        assert!(GarmentId::new(BatchNo(LAST_BATCH_NO + 1), 0).is_none());
        let (low, high) = GarmentId::range_of(BatchNo(7));
        assert!(low <= garment.0 && garment.0 <= high);
    }

    #[test]
    fn ids_are_distinct_and_read_back() {
        let now = chrono::DateTime::from_timestamp(1_790_000_000, 0).unwrap().naive_utc();
        let mut seen: Vec<_> = (0..10_000).map(|_| Id::fresh(now, 5)).collect();
        let first = seen[0];
        assert_eq!(first.to_string().parse::<Id>().unwrap(), first);
        seen.dedup();
        assert!(seen.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(seen.len(), 10_000);
    }
}
