//! Sealing contact data: every person's data has a key of its own, which is itself sealed under the house's; without the row's key the text
//! cannot be read by anyone, so erasing both columns erases the person.

use std::fmt;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::rules::{Contact, Secret, TransferCode};
use crate::kernel::names::half_width;
use crate::kernel::serial::RootKey;
use crate::kernel::text::{folded, hex};
use crate::kernel::{Error, GarmentId, Id, Result};

type Keyed = Hmac<Sha256>;

/// Bytes of a nonce of XChaCha20-Poly1305: long enough to be drawn at random for every message.
const NONCE: usize = 24;

/// The keys of this room, derived from one root key that must not change: it opens every contact ever sealed.
#[derive(Clone)]
pub struct HolderKeys {
    contact: Zeroizing<[u8; 32]>,
    names: Keyed,
    transfer: Keyed,
    asking: Keyed,
    tails: Keyed,
}

impl fmt::Debug for HolderKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HolderKeys(…)")
    }
}

/// Whose contact it is: it opens in that row and in no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SealedFor {
    /// A holder: the garment, and which of its holders.
    Holder(GarmentId, i64),
    /// Whoever asked for something: the id of what they asked.
    Asker(Id),
}

impl SealedFor {
    /// What binds a message to its row.
    fn bound(self) -> Vec<u8> {
        match self {
            Self::Holder(garment, seq) => [b"hangtag/contact/v1".as_slice(), &garment.0.to_be_bytes(), &seq.to_be_bytes()].concat(),
            Self::Asker(id) => [b"hangtag/asker/v1".as_slice(), &id.0.to_be_bytes()].concat(),
        }
    }
}

/// A contact as it is stored.
pub struct Sealed {
    /// The person's key under the house's.
    pub key: Vec<u8>,
    /// The contact under the person's key.
    pub text: Vec<u8>,
}

impl HolderKeys {
    /// Derives them: HMAC-SHA256(root, "hangtag/holders/v1/" ‖ purpose).
    ///
    /// # Errors
    /// Never with a root key's 32 bytes.
    pub fn derive(root: &RootKey) -> Result<Self> {
        let derive = |purpose: &[u8]| -> Result<Zeroizing<[u8; 32]>> {
            let mut expand = keyed(root.expose())?;
            expand.update(b"hangtag/holders/v1/");
            expand.update(purpose);
            Ok(Zeroizing::new(expand.finalize().into_bytes().into()))
        };
        Ok(Self {
            contact: derive(b"contact")?,
            names: keyed(&*derive(b"cookie name")?)?,
            transfer: keyed(&*derive(b"transfer")?)?,
            asking: keyed(&*derive(b"asking")?)?,
            tails: keyed(&*derive(b"order and telephone")?)?,
        })
    }

    /// The name of the cookie that keeps a garment's secret. Keyed, so that it does not tell the garment's number.
    pub fn cookie_name(&self, garment: GarmentId, is_secure: bool) -> String {
        let mut mac = self.names.clone();
        mac.update(&garment.0.to_be_bytes());
        let [a, b, c, d, e, ..]: [u8; 32] = mac.finalize().into_bytes().into();
        let prefix = if is_secure { "__Host-h" } else { "h" };
        format!("{prefix}_{a:02x}{b:02x}{c:02x}{d:02x}{e:02x}")
    }

    /// What the store keeps of a transfer code. Keyed: eight digits could be tried out from a plain hash.
    pub fn transfer_hash(&self, garment: GarmentId, code: &TransferCode) -> String {
        let mut mac = self.transfer.clone();
        mac.update(&garment.0.to_be_bytes());
        mac.update(code.as_str().as_bytes());
        hex(&mac.finalize().into_bytes())
    }

    /// Whether what somebody typed is the code of a stored hash, in constant time.
    pub fn is_transfer_code(&self, garment: GarmentId, typed: &str, hash: &str) -> bool {
        TransferCode::parse(typed).is_some_and(|code| self.transfer_hash(garment, &code).as_bytes().ct_eq(hash.as_bytes()).into())
    }

    /// The secret of whoever asks with a form of this key: the same form sent again has the same.
    pub fn asking_secret(&self, form: &str) -> Secret {
        let mut mac = self.asking.clone();
        mac.update(form.as_bytes());
        let bytes: [u8; 32] = mac.finalize().into_bytes().into();
        Secret::of(bytes.first_chunk().unwrap_or(&[0; 16]))
    }

    /// By what somebody is found who knows an order's number and the end of the telephone number: a keyed hash of both. None for an order
    /// without a number, or a telephone number of fewer than four digits.
    pub fn tail_tag(&self, order_no: &str, phone: &str) -> Option<String> {
        let digits: Vec<char> = phone.chars().map(half_width).filter(char::is_ascii_digit).collect();
        let tail: String = digits.get(digits.len().checked_sub(4)?..)?.iter().collect();
        let order = folded(order_no.trim());
        if order.is_empty() {
            return None;
        }
        let mut mac = self.tails.clone();
        mac.update(order.as_bytes());
        mac.update(b"\n");
        mac.update(tail.as_bytes());
        Some(hex(&mac.finalize().into_bytes()))
    }

    /// Seals a contact for one row: neither part opens in any other.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn seal(&self, whose: SealedFor, contact: &Contact) -> Result<Sealed> {
        let own = Zeroizing::new(random::<32>()?);
        let plain = Zeroizing::new(serde_json::to_vec(contact).map_err(Error::broken)?);
        let bound = whose.bound();
        Ok(Sealed { key: lock(&self.contact, &bound, &*own)?, text: lock(&own, &bound, &plain)? })
    }

    /// Opens a sealed contact.
    ///
    /// # Errors
    /// Broken when it was sealed for another row, under another key, or was changed.
    pub fn open(&self, whose: SealedFor, sealed: &Sealed) -> Result<Contact> {
        let bound = whose.bound();
        let own = Zeroizing::new(unlock(&self.contact, &bound, &sealed.key)?);
        let own: Zeroizing<[u8; 32]> = Zeroizing::new(own.as_slice().try_into().map_err(Error::broken)?);
        let plain = Zeroizing::new(unlock(&own, &bound, &sealed.text)?);
        serde_json::from_slice(&plain).map_err(Error::broken)
    }
}

fn keyed(key: &[u8; 32]) -> Result<Keyed> {
    <Keyed as hmac::KeyInit>::new_from_slice(key).map_err(Error::broken)
}

fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(Error::broken)?;
    Ok(bytes)
}

/// Nonce, then ciphertext with tag.
fn lock(key: &[u8; 32], aad: &[u8], plain: &[u8]) -> Result<Vec<u8>> {
    let nonce = random::<NONCE>()?;
    let cipher = XChaCha20Poly1305::new(&Key::from(*key));
    let locked =
        cipher.encrypt(&XNonce::from(nonce), Payload { msg: plain, aad }).map_err(|_| Error::broken("a contact could not be sealed"))?;
    Ok([nonce.as_slice(), &locked].concat())
}

fn unlock(key: &[u8; 32], aad: &[u8], locked: &[u8]) -> Result<Vec<u8>> {
    let broken = || Error::broken("a sealed contact does not open");
    let (nonce, text) = locked.split_first_chunk::<NONCE>().ok_or_else(broken)?;
    XChaCha20Poly1305::new(&Key::from(*key)).decrypt(&XNonce::from(*nonce), Payload { msg: text, aad }).map_err(|_| broken())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::BatchNo;

    fn keys(byte: u8) -> HolderKeys {
        HolderKeys::derive(&RootKey::new([byte; 32])).unwrap()
    }

    fn garment(unit: i64) -> GarmentId {
        GarmentId::new(BatchNo(3), unit).unwrap()
    }

    #[test]
    fn sealed_for_one_row_only() {
        let contact = Contact { name: "王女士".into(), phone: "13800138000".into(), email: String::new() };
        let sealed = keys(1).seal(SealedFor::Holder(garment(1), 1), &contact).unwrap();
        assert_eq!(keys(1).open(SealedFor::Holder(garment(1), 1), &sealed).unwrap(), contact);
        assert!(keys(2).open(SealedFor::Holder(garment(1), 1), &sealed).is_err());
        assert!(keys(1).open(SealedFor::Holder(garment(2), 1), &sealed).is_err());
        assert!(keys(1).open(SealedFor::Holder(garment(1), 2), &sealed).is_err());
        assert!(keys(1).open(SealedFor::Asker(Id(garment(1).0)), &sealed).is_err());
        let again = keys(1).seal(SealedFor::Holder(garment(1), 1), &contact).unwrap();
        assert!(again.text != sealed.text && again.key != sealed.key);
        // A row's key does not open another row's text, and no changed byte goes unnoticed.
        assert!(keys(1).open(SealedFor::Holder(garment(1), 1), &Sealed { key: again.key, text: sealed.text.clone() }).is_err());
        for place in 0..sealed.text.len() {
            let mut text = sealed.text.clone();
            text[place] ^= 1;
            assert!(keys(1).open(SealedFor::Holder(garment(1), 1), &Sealed { key: sealed.key.clone(), text }).is_err());
        }
        assert!(!sealed.text.windows(11).any(|part| part == b"13800138000"));
    }

    #[test]
    fn names_and_hashes_are_keyed() {
        let tag = |order: &str, phone: &str| keys(1).tail_tag(order, phone);
        assert_eq!(tag("web-1", "138 0013 8000"), tag(" WEB-1 ", "８０００"));
        assert_ne!(tag("web-1", "8000"), keys(2).tail_tag("web-1", "8000"));
        assert!(tag("", "13800138000").is_none() && tag("WEB-1", "800").is_none() && tag("WEB-1", "8001") != tag("WEB-1", "8000"));
        assert_eq!(keys(1).asking_secret("a").hash(), keys(1).asking_secret("a").hash());
        assert_ne!(keys(1).asking_secret("a").hash(), keys(2).asking_secret("a").hash());
        let name = keys(1).cookie_name(garment(1), false);
        assert!(name.starts_with("h_") && name.len() == 12);
        assert_eq!(keys(1).cookie_name(garment(1), true), format!("__Host-{name}"));
        assert_ne!(name, keys(2).cookie_name(garment(1), false));
        assert_ne!(name, keys(1).cookie_name(garment(2), false));
        let code = TransferCode::parse("12345678").unwrap();
        let hash = keys(1).transfer_hash(garment(1), &code);
        assert!(keys(1).is_transfer_code(garment(1), "1234 5678", &hash));
        assert!(!keys(1).is_transfer_code(garment(2), "12345678", &hash));
        assert!(!keys(1).is_transfer_code(garment(1), "12345679", &hash));
        assert!(!keys(1).is_transfer_code(garment(1), "", &hash));
    }
}
