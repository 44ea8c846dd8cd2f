//! Serials: the twenty characters that name a garment (GS1 AI 21), and the claim code under the scratch film.
//!
//! Both are derived and neither is stored: a key, a GTIN and a garment's number give them, so a batch of a million garments needs one row.
//!
//! # Layout, version 1
//!
//! Twenty Crockford base32 characters of 5 bits, most significant first:
//!
//! | character | bits | is |
//! |---|---|---|
//! | 0 | 5 | the key epoch, in clear |
//! | 1–18 | 44 + 46 | `tag`, then `hidden` |
//! | 19 | 5 | the check character, which needs no key |
//!
//! ```text
//! id     = batch << 22 | unit                                                46 bits
//! tag    = first 44 bits of HMAC-SHA256(auth key, "hangtag1" ‖ gtin ‖ id)
//! hidden = id xor first 46 bits of HMAC-SHA256(enc key, gtin ‖ tag)
//! claim  = first 50 bits of HMAC-SHA256(claim key, gtin ‖ id)                10 characters
//! key    = HMAC-SHA256(root key of the epoch, "hangtag/v1/" ‖ purpose ‖ "/" ‖ epoch character ‖ 01)
//! ```
//!
//! `gtin` is fourteen ASCII digits (fourteen zeros for a brand without GS1), `id` and `tag` are eight bytes big-endian, `purpose` is `auth`,
//! `enc` or `claim`. The key derivation is the first block of HKDF-Expand (RFC 5869), the rest a synthetic-IV construction: the tag is
//! both the proof and the nonce, so that the same garment always has the same serial and two garments never share one.
//!
//! A random string is accepted with probability 2⁻⁴⁴ times the share of ids that were issued. A copied label is accepted always.
//!
//! The check character makes `Σ αⁱ·cᵢ = 0` in GF(32) (polynomial x⁵ + x² + 1, α = 2). All weights differ, so every wrong single
//! character and every two characters exchanged, adjacent or not, is noticed. A sum modulo 31 would take 0 for Z.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use super::ids::{BatchNo, GarmentId, UNITS_PER_BATCH, crockford, crockford_value};
use super::names::{half_width, is_invisible};
use super::text::ascii;
use super::{Code, Error, Result, saturating};

/// Fourteen ASCII digits.
pub type Gtin14 = [u8; 14];

/// Stands for the GTIN where a brand has none.
pub const NO_GTIN: Gtin14 = *b"00000000000000";

/// Characters of a serial.
pub const SERIAL_LENGTH: usize = 20;
/// Characters of a claim code.
pub const CLAIM_LENGTH: usize = 10;

const TAG_BITS: u32 = 44;
const ID_BITS: u32 = 46;
const CLAIM_BITS: u32 = 50;

/// Which generation of the key a serial was made with, 0 to 31.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(u8);

impl Epoch {
    /// The first.
    pub const FIRST: Epoch = Epoch(0);

    /// None above 31.
    pub const fn new(number: u8) -> Option<Self> {
        if number < 32 { Some(Self(number)) } else { None }
    }

    /// One as it is stored. None for a number that is none of an epoch.
    pub fn of(number: i64) -> Option<Self> {
        (0..32).contains(&number).then(|| Self(saturating(number)))
    }

    /// Its number, 0 to 31.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// The one after it; None after the last.
    pub const fn next(self) -> Option<Self> {
        Self::new(self.0 + 1)
    }

    fn character(self) -> u8 {
        crockford(self.0)
    }
}

/// 32 secret bytes that an epoch's keys are derived from. Wiped when dropped, never shown.
#[derive(Clone)]
pub struct RootKey([u8; 32]);

impl RootKey {
    /// A root key of bytes from the operating system's random source.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for the key file.
    pub const fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl Drop for RootKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for RootKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RootKey(…)")
    }
}

type Keyed = Hmac<Sha256>;

/// The keyed states of one epoch; a clone of a state saves hashing the key again.
struct Keys {
    auth: Keyed,
    enc: Keyed,
    claim: Keyed,
}

impl Keys {
    fn derive(root: &RootKey, epoch: Epoch) -> Result<Self> {
        let derive = |purpose: &[u8]| -> Result<Keyed> {
            let mut expand = Keyed::new_from_slice(&root.0).map_err(Error::broken)?;
            for part in [b"hangtag/v1/", purpose, b"/", &[epoch.character(), 1]] {
                expand.update(part);
            }
            let mut key = expand.finalize().into_bytes();
            let keyed = Keyed::new_from_slice(&key).map_err(Error::broken);
            key.zeroize();
            keyed
        };
        Ok(Self { auth: derive(b"auth")?, enc: derive(b"enc")?, claim: derive(b"claim")? })
    }

    fn tag(&self, gtin: &Gtin14, id: u64) -> u64 {
        first_bits(&self.auth, &[b"hangtag1", gtin, &id.to_be_bytes()], TAG_BITS)
    }

    fn pad(&self, gtin: &Gtin14, tag: u64) -> u64 {
        first_bits(&self.enc, &[gtin, &tag.to_be_bytes()], ID_BITS)
    }

    fn mint(&self, epoch: Epoch, gtin: &Gtin14, garment: GarmentId) -> Serial {
        let id = number(garment);
        let tag = self.tag(gtin, id);
        Serial::of(epoch, u128::from(tag) << ID_BITS | u128::from(id ^ self.pad(gtin, tag)))
    }
}

/// The first `bits` (at most 64) of a MAC over the parts in a row.
fn first_bits(key: &Keyed, parts: &[&[u8]], bits: u32) -> u64 {
    let mut mac = key.clone();
    for part in parts {
        mac.update(part);
    }
    let mac: [u8; 32] = mac.finalize().into_bytes().into();
    let [a, b, c, d, e, f, g, h, ..] = mac;
    u64::from_be_bytes([a, b, c, d, e, f, g, h]) >> (64 - bits)
}

/// A garment's id as a number of 46 bits.
fn number(garment: GarmentId) -> u64 {
    garment.0.unsigned_abs() & ((1 << ID_BITS) - 1)
}

/// The keys of all epochs in use. The newest mints, all verify.
pub struct Keyring {
    older: Vec<(Epoch, Keys)>,
    newest: (Epoch, Keys),
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.epochs()).finish()
    }
}

impl Keyring {
    /// A keyring of one or more epochs, in any order.
    ///
    /// # Errors
    /// Broken when there is no epoch, or one twice.
    pub fn new(roots: impl IntoIterator<Item = (Epoch, RootKey)>) -> Result<Self> {
        let mut keys = roots.into_iter().map(|(epoch, root)| Ok((epoch, Keys::derive(&root, epoch)?))).collect::<Result<Vec<_>>>()?;
        keys.sort_unstable_by_key(|(epoch, _)| *epoch);
        if keys.array_windows().any(|[(one, _), (next, _)]| one == next) {
            return Err(Error::broken("two keys for one epoch"));
        }
        let newest = keys.pop().ok_or_else(|| Error::broken("a keyring without a key"))?;
        Ok(Self { older: keys, newest })
    }

    /// The newest epoch: the one that mints.
    pub fn newest(&self) -> Epoch {
        self.newest.0
    }

    /// Every epoch whose serials it can read, oldest first.
    pub fn epochs(&self) -> impl Iterator<Item = Epoch> {
        self.older.iter().chain([&self.newest]).map(|(epoch, _)| *epoch)
    }

    fn of(&self, epoch: Epoch) -> Option<&Keys> {
        self.older.iter().chain([&self.newest]).find(|(own, _)| *own == epoch).map(|(_, keys)| keys)
    }

    /// The serial of a garment under the newest epoch.
    pub fn mint(&self, gtin: &Gtin14, garment: GarmentId) -> Serial {
        let (epoch, keys) = &self.newest;
        keys.mint(*epoch, gtin, garment)
    }

    /// The serial a garment of a batch minted under `epoch` has; None when the epoch's key is gone.
    pub fn mint_under(&self, epoch: Epoch, gtin: &Gtin14, garment: GarmentId) -> Option<Serial> {
        self.of(epoch).map(|keys| keys.mint(epoch, gtin, garment))
    }

    /// The serials of `count` garments of a batch from unit `first` (from 0) on, in order, under `epoch`.
    ///
    /// # Errors
    /// [`Code::BatchTooLarge`] when a unit or the batch has no number, [`Code::NotFound`] when the epoch's key is gone.
    pub fn mint_range(
        &self,
        epoch: Epoch,
        gtin: Gtin14,
        batch: BatchNo,
        first: i64,
        count: i64,
    ) -> Result<impl ExactSizeIterator<Item = (GarmentId, Serial)>> {
        let keys = self.of(epoch).ok_or(Code::NotFound)?;
        let start = GarmentId::new(batch, first).ok_or(Code::BatchTooLarge)?;
        if !(0..=UNITS_PER_BATCH - first).contains(&count) {
            return Err(Code::BatchTooLarge.into());
        }
        let count = u32::try_from(count).map_err(|_| Code::BatchTooLarge)?;
        Ok((0..count).map(move |step| {
            let garment = GarmentId(start.0 + i64::from(step));
            (garment, keys.mint(epoch, &gtin, garment))
        }))
    }

    /// The garment a serial names together with this GTIN, or None: wrong tag, other GTIN and unknown epoch take the same time.
    ///
    /// That the batch exists, has this GTIN, has minted this unit and did not void it, is for the caller to look up.
    pub fn open(&self, gtin: &Gtin14, serial: &Serial) -> Option<GarmentId> {
        let known = self.of(serial.epoch());
        // An epoch we do not have is tried with another key, so that it costs as much as a wrong tag.
        let keys = known.unwrap_or(&self.newest.1);
        let (tag, hidden) = serial.parts();
        let id = hidden ^ keys.pad(gtin, tag);
        let genuine = bool::from(keys.tag(gtin, id).ct_eq(&tag));
        let garment = GarmentId(saturating(id));
        let named = GarmentId::new(garment.batch(), garment.unit());
        named.filter(|_| genuine && known.is_some())
    }

    /// The first of these GTINs with which the serial names a garment that `may_be`, its place among them, and the garment.
    ///
    /// For whoever tries many and need not hide how many: what may not be is not proved, which is half of the work.
    pub fn open_with_any<'a>(
        &self,
        gtins: impl IntoIterator<Item = &'a Gtin14>,
        serial: &Serial,
        may_be: impl Fn(&Gtin14, GarmentId) -> bool,
    ) -> Option<(usize, GarmentId)> {
        let keys = self.of(serial.epoch())?;
        let (tag, hidden) = serial.parts();
        gtins.into_iter().enumerate().find_map(|(place, gtin)| {
            let id = hidden ^ keys.pad(gtin, tag);
            let garment = GarmentId(saturating(id));
            let named = GarmentId::new(garment.batch(), garment.unit()).filter(|named| may_be(gtin, *named))?;
            bool::from(keys.tag(gtin, id).ct_eq(&tag)).then_some((place, named))
        })
    }

    /// The claim code of a garment whose serial is of `epoch`; None when the epoch's key is gone.
    pub fn claim_code(&self, gtin: &Gtin14, garment: GarmentId, epoch: Epoch) -> Option<ClaimCode> {
        let keys = self.of(epoch)?;
        let bits = first_bits(&keys.claim, &[gtin, &number(garment).to_be_bytes()], CLAIM_BITS);
        Some(ClaimCode(digits(u128::from(bits)).map(crockford)))
    }
}

/// Twenty characters that name a garment, in canonical form: upper case, no look-alikes, the check character right.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serial([u8; SERIAL_LENGTH]);

impl Serial {
    /// Of an epoch and the 90 bits behind it.
    fn of(epoch: Epoch, bits: u128) -> Self {
        let mut values = digits::<SERIAL_LENGTH>(bits << 5);
        let [first, ..] = &mut values;
        *first = epoch.0;
        let check = syndrome(&values);
        let [.., last] = &mut values;
        *last = check;
        Self(values.map(crockford))
    }

    /// Reads a serial as people write it: either case, I and L for 1, O for 0, full-width characters; spaces, hyphens and
    /// characters that do not show anywhere.
    ///
    /// # Errors
    /// [`Code::SerialTypo`] when it is not twenty such characters or the check character is wrong.
    pub fn parse(text: &str) -> Result<Self> {
        let values = read::<SERIAL_LENGTH>(text).ok_or(Code::SerialTypo)?;
        if syndrome(&values) != 0 {
            return Err(Code::SerialTypo.into());
        }
        Ok(Self(values.map(crockford)))
    }

    /// The epoch it was minted in.
    pub fn epoch(&self) -> Epoch {
        let [first, ..] = self.0;
        Epoch(crockford_value(first).unwrap_or_default())
    }

    /// Tag and hidden id.
    fn parts(&self) -> (u64, u64) {
        let bits =
            self.0.iter().skip(1).take(18).fold(0_u128, |bits, byte| bits << 5 | u128::from(crockford_value(*byte).unwrap_or_default()));
        let low = |bits: u128, width: u32| saturating(bits & ((1 << width) - 1));
        (low(bits >> ID_BITS, TAG_BITS), low(bits, ID_BITS))
    }

    /// The twenty characters.
    pub fn as_str(&self) -> &str {
        ascii(&self.0)
    }

    /// In four groups of five, as printed for people: `0ABCD-EFGHJ-…`.
    pub fn grouped(&self) -> String {
        grouped(self.as_str())
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Serial({self})")
    }
}

impl std::str::FromStr for Serial {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

/// Ten characters under the scratch film: who has them holds the garment. Not shown by `Debug`.
#[derive(Clone, Copy)]
pub struct ClaimCode([u8; CLAIM_LENGTH]);

impl ClaimCode {
    /// Whether what somebody typed is this code, in constant time; read as tolerantly as a serial.
    pub fn matches(&self, typed: &str) -> bool {
        read::<CLAIM_LENGTH>(typed).is_some_and(|values| self.0.ct_eq(&values.map(crockford)).into())
    }

    /// In two groups of five, as printed: `ABCDE-FGHJK`.
    pub fn grouped(&self) -> String {
        grouped(ascii(&self.0))
    }
}

/// Whether a text has as many characters as our serials, and none of others.
pub fn has_serial_form(text: &str) -> bool {
    read::<SERIAL_LENGTH>(text).is_some()
}

/// Whether what somebody typed has the form of a claim code.
pub fn is_claim_code(typed: &str) -> bool {
    read::<CLAIM_LENGTH>(typed).is_some()
}

impl fmt::Debug for ClaimCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClaimCode(…)")
    }
}

/// The last `N` groups of five bits, most significant first.
fn digits<const N: usize>(bits: u128) -> [u8; N] {
    let mut values = [0; N];
    let mut rest = bits;
    for value in values.iter_mut().rev() {
        *value = saturating(rest & 31);
        rest >>= 5;
    }
    values
}

/// `Σ αⁱ·cᵢ` over the values, the last with weight 1, by Horner's rule in GF(32).
fn syndrome(values: &[u8; SERIAL_LENGTH]) -> u8 {
    values.iter().fold(0, |sum: u8, value| {
        let doubled = sum << 1;
        (if doubled & 0x20 == 0 { doubled } else { doubled ^ 0x25 }) ^ value
    })
}

/// Exactly `N` Crockford values out of what people write.
fn read<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut values = [0; N];
    let mut places = values.iter_mut();
    for character in text.chars() {
        if character.is_whitespace()
            || is_invisible(character)
            || matches!(character, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ff0d}')
        {
            continue;
        }
        // A Chinese input method writes Ａ as readily as A.
        let Ok(byte) = u8::try_from(half_width(character)) else { return None };
        *places.next()? = crockford_value(byte)?;
    }
    places.next().is_none().then_some(values)
}

fn grouped(text: &str) -> String {
    let mut grouped = String::with_capacity(text.len() + text.len() / 5);
    for (place, character) in text.chars().enumerate() {
        if place > 0 && place % 5 == 0 {
            grouped.push('-');
        }
        grouped.push(character);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    const GTIN: Gtin14 = *b"09506000134352";

    fn counting() -> RootKey {
        RootKey::new(std::array::from_fn(|place| u8::try_from(place).unwrap()))
    }

    /// SHA-256 of "second".
    fn second() -> RootKey {
        RootKey::new([
            0x16, 0x36, 0x7a, 0xac, 0xb6, 0x7a, 0x4a, 0x01, 0x7c, 0x8d, 0xa8, 0xab, 0x95, 0x68, 0x2c, 0xcb, 0x39, 0x08, 0x63, 0x78, 0x0f,
            0x71, 0x14, 0xdd, 0xa0, 0xa0, 0xe0, 0xc5, 0x56, 0x44, 0xc7, 0xc4,
        ])
    }

    fn ring() -> Keyring {
        Keyring::new([(Epoch(7), second()), (Epoch::FIRST, counting())]).unwrap()
    }

    fn garment(batch: i64, unit: i64) -> GarmentId {
        GarmentId::new(BatchNo(batch), unit).unwrap()
    }

    /// Computed by a Python script of its own from the formulas at the head of this file (hashlib and hmac, nothing of ours).
    #[test]
    fn golden_vectors() {
        for (epoch, gtin, batch, unit, serial, claim) in [
            (0, b"09506000134352", 1, 0, "0K8JYHFBAF2GXMNFX4WA", "TPDJGK44KC"),
            (0, b"09506000134352", 1, 1, "0EVHE4M41M5TGQNMFMNH", "G78214SFDX"),
            (0, b"00000000000000", 1, 0, "0HHT5RVEG2N94DGP654A", "W7Z52756GY"),
            (0, b"09506000134352", 16_777_215, 4_194_303, "0DREJMK6RC2V5QBR0FFC", "15ED8AG0S0"),
            (7, b"06901234567892", 4_711, 99_999, "7VPE84F7HXG99ZYCNSXM", "DC3T54NE7B"),
            (7, b"00000000000000", 4_711, 99_999, "7ATPP9CDZ0M2VGT9KP24", "3HP9VEK8QY"),
        ] {
            let (epoch, garment) = (Epoch(epoch), garment(batch, unit));
            let minted = ring().mint_under(epoch, gtin, garment).unwrap();
            assert_eq!(minted.as_str(), serial);
            assert_eq!(minted.epoch(), epoch);
            assert_eq!(ring().open(gtin, &Serial::parse(serial).unwrap()), Some(garment));
            let code = ring().claim_code(gtin, garment, epoch).unwrap();
            assert_eq!(code.grouped().replace('-', ""), claim);
            assert!(code.matches(claim));
        }
    }

    #[test]
    fn a_hundred_thousand_round_trips_are_distinct() {
        let ring = ring();
        let mut seen = HashSet::new();
        for (garment, serial) in ring.mint_range(Epoch(7), GTIN, BatchNo(42), 1000, 100_000).unwrap() {
            assert!(seen.insert(serial));
            assert_eq!(Serial::parse(serial.as_str()).unwrap(), serial);
            assert_eq!(ring.open(&GTIN, &serial), Some(garment));
        }
        assert_eq!(seen.len(), 100_000);
        assert_eq!(ring.mint(&GTIN, garment(42, 1000)), ring.mint_under(Epoch(7), &GTIN, garment(42, 1000)).unwrap());
    }

    #[test]
    fn of_many_gtins_the_one_that_fits_is_found_unless_it_may_not_be() {
        let ring = ring();
        let serial = ring.mint_under(Epoch::FIRST, &GTIN, garment(9, 4)).unwrap();
        let gtins = [NO_GTIN, *b"06901234567892", GTIN];
        assert_eq!(ring.open_with_any(&gtins, &serial, |_, _| true), Some((2, garment(9, 4))));
        assert_eq!(ring.open_with_any(&gtins, &serial, |gtin, named| *gtin == GTIN && named == garment(9, 4)), Some((2, garment(9, 4))));
        assert_eq!(ring.open_with_any(&gtins, &serial, |_, named| named != garment(9, 4)), None);
        assert_eq!(ring.open_with_any(&gtins[..2], &serial, |_, _| true), None, "what may be is proved all the same");
        assert_eq!(ring.open_with_any(&[], &serial, |_, _| true), None);
    }

    #[test]
    fn another_gtin_epoch_or_key_is_refused() {
        let ring = ring();
        for unit in 0..500 {
            let serial = ring.mint_under(Epoch::FIRST, &GTIN, garment(9, unit)).unwrap();
            assert_eq!(ring.open(b"06901234567892", &serial), None);
            assert_eq!(ring.open(&NO_GTIN, &serial), None);
            // The same 90 bits said to be of another epoch, known or not, with the check character put right.
            let (tag, hidden) = serial.parts();
            for epoch in (1..32).map(Epoch) {
                let moved = Serial::of(epoch, u128::from(tag) << ID_BITS | u128::from(hidden));
                assert!(Serial::parse(moved.as_str()).is_ok());
                assert_eq!(ring.open(&GTIN, &moved), None);
            }
            let other = Keyring::new([(Epoch::FIRST, second())]).unwrap();
            assert_eq!(other.open(&GTIN, &serial), None);
        }
    }

    #[test]
    fn every_wrong_character_and_every_exchange_is_a_typo() {
        let ring = ring();
        for unit in 0..40 {
            let good = ring.mint(&GTIN, garment(3, unit * 1001)).0;
            for place in 0..SERIAL_LENGTH {
                for wrong in crate::kernel::ids::CROCKFORD.iter().filter(|wrong| **wrong != good[place]) {
                    let mut typo = good;
                    typo[place] = *wrong;
                    let error = Serial::parse(std::str::from_utf8(&typo).unwrap()).unwrap_err();
                    assert_eq!(error.code(), Code::SerialTypo);
                }
                for other in place + 1..SERIAL_LENGTH {
                    let mut exchanged = good;
                    exchanged.swap(place, other);
                    let parsed = Serial::parse(std::str::from_utf8(&exchanged).unwrap());
                    assert_eq!(parsed.is_ok(), good[place] == good[other]);
                }
            }
        }
    }

    #[test]
    fn one_wrong_bit_with_the_check_put_right_is_not_ours() {
        let ring = ring();
        let serial = ring.mint(&GTIN, garment(3, 77));
        let (tag, hidden) = serial.parts();
        let bits = u128::from(tag) << ID_BITS | u128::from(hidden);
        for bit in 0..90 {
            let forged = Serial::of(serial.epoch(), bits ^ 1 << bit);
            assert_eq!(ring.open(&GTIN, &Serial::parse(forged.as_str()).unwrap()), None);
        }
    }

    #[test]
    fn people_write_it_as_they_like() {
        let ring = ring();
        for unit in 0..200 {
            let serial = ring.mint(&GTIN, garment(5, unit));
            assert_eq!(serial.grouped().split('-').map(str::len).collect::<Vec<_>>(), [5, 5, 5, 5]);
            assert_eq!(Serial::parse(&serial.grouped()).unwrap(), serial);
            assert_eq!(Serial::parse(&format!(" {} ", serial.grouped().replace('-', " ").to_lowercase())).unwrap(), serial);
            assert_eq!(Serial::parse(&serial.as_str().replace('0', "o").replace('1', "l")).unwrap(), serial);
            assert_eq!(Serial::parse(&serial.as_str().replace('0', "O").replace('1', "I")).unwrap(), serial);
            let wide: String = serial.as_str().chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap()).collect();
            assert_eq!(Serial::parse(&wide).unwrap(), serial);
            let code = ring.claim_code(&GTIN, garment(5, unit), Epoch(7)).unwrap();
            assert_eq!(code.grouped().len(), 11);
            assert!(code.matches(&code.grouped()));
            assert!(code.matches(&code.grouped().to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l")));
            let another = ring.claim_code(&GTIN, garment(5, unit + 1), Epoch(7)).unwrap();
            assert!(code.matches(&format!("\u{feff}{}\u{200b}", code.grouped().replace('-', "\u{200d}—"))));
            assert!(!another.matches(&code.grouped()));
            assert!(!code.matches("") && !code.matches("ABCDE") && !code.matches("棉"));
        }
        for wrong in ["", "0", "UUUUUUUUUUUUUUUUUUUU", "000000000000000000000", "0000000000000000000棉", "%0000000000000000000"] {
            assert_eq!(Serial::parse(wrong).unwrap_err().code(), Code::SerialTypo, "{wrong}");
        }
    }

    #[test]
    fn ranges_end_where_the_batch_ends() {
        let ring = ring();
        assert_eq!(ring.mint_range(Epoch(7), GTIN, BatchNo(1), UNITS_PER_BATCH - 2, 2).unwrap().count(), 2);
        for (batch, first, count) in
            [(1, UNITS_PER_BATCH - 2, 3), (1, UNITS_PER_BATCH, 0), (0, 0, 1), (1, -1, 1), (1, 0, -1), (1, 1, i64::MAX)]
        {
            let error = ring.mint_range(Epoch(7), GTIN, BatchNo(batch), first, count).map(|_| ()).unwrap_err();
            assert_eq!(error.code(), Code::BatchTooLarge, "{batch} {first} {count}");
        }
        assert_eq!(ring.mint_range(Epoch(8), GTIN, BatchNo(1), 0, 1).map(|_| ()).unwrap_err().code(), Code::NotFound);
        assert!(Keyring::new([]).is_err());
        assert!(Keyring::new([(Epoch(1), counting()), (Epoch(1), second())]).is_err());
        assert_eq!((Epoch(30).next(), Epoch(31).next()), (Some(Epoch(31)), None));
    }

    #[test]
    fn secrets_are_not_shown() {
        let code = ring().claim_code(&GTIN, garment(1, 1), Epoch(7)).unwrap();
        assert_eq!(format!("{:?} {:?} {:?}", counting(), ring(), code), "RootKey(…) [Epoch(0), Epoch(7)] ClaimCode(…)");
    }
}
