//! Tokens: JSON Web Tokens of exactly one form, HMAC-SHA256 under one of the deployment's two live keys; the newest signs.
//!
//! `jsonwebtoken` takes the cryptography from outside; ours is `hmac` and `sha2`, and knows no other algorithm, so there is nothing to
//! confuse it with. A header that says anything but `JWT`, `HS256` and one of our key names is refused before any signature is computed.

use std::sync::Once;

use chrono::NaiveDateTime;
use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use signature::{Signer, Verifier};

use super::rules::{AUDIENCE_PURPOSE, TOKEN_MAX, check_times};
use crate::kernel::serial::RootKey;
use crate::kernel::{Code, Error, Result};

/// The live keys with their numbers, newest first, as [`crate::platform::keys::Keys`] holds them.
pub type Live = [(i64, RootKey)];

/// What a token says. Nothing else is read from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// Who made it: the deployment's public address.
    pub iss: String,
    /// What it is for: always [`AUDIENCE_PURPOSE`].
    pub aud: String,
    /// The API key it stands for, by id.
    pub sub: String,
    /// Made at, seconds since 1970.
    pub iat: i64,
    /// Holds from, seconds since 1970.
    pub nbf: i64,
    /// Holds until, seconds since 1970.
    pub exp: i64,
}

/// Signs a token for the API key `sub`, good for `minutes`.
pub fn sign(live: &Live, issuer: &str, sub: &str, minutes: i64, now: NaiveDateTime) -> Result<String> {
    install();
    let now = now.and_utc().timestamp();
    let claims = Claims {
        iss: issuer.to_owned(),
        aud: AUDIENCE_PURPOSE.to_owned(),
        sub: sub.to_owned(),
        iat: now,
        nbf: now,
        exp: now + minutes * 60,
    };
    let (number, key) = live.first().ok_or_else(|| Error::broken("there is no key for tokens"))?;
    let header = Header { kid: Some(number.to_string()), ..Header::new(Algorithm::HS256) };
    jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(key.expose())).map_err(Error::broken)
}

/// What a token says, if it is one of ours and holds at `now`.
///
/// # Errors
/// [`Code::BadToken`], whatever the reason.
pub fn verify(live: &Live, issuer: &str, token: &str, now: NaiveDateTime) -> Result<Claims> {
    install();
    if token.len() > TOKEN_MAX {
        return Err(Code::BadToken.into());
    }
    let header = jsonwebtoken::decode_header(token).map_err(|_| Code::BadToken)?;
    let name = header.kid.as_deref().unwrap_or_default();
    let (_, key) = live.iter().take(2).find(|(number, _)| number.to_string() == name).ok_or(Code::BadToken)?;
    // Nothing but our own header: no key or address of one, no extension that would have to be understood.
    if header != (Header { kid: header.kid.clone(), ..Header::new(Algorithm::HS256) }) {
        return Err(Code::BadToken.into());
    }
    let mut validation = Validation::new(Algorithm::HS256);
    validation.algorithms = vec![Algorithm::HS256];
    validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
    validation.set_issuer(&[issuer]);
    validation.set_audience(&[AUDIENCE_PURPOSE]);
    // The crate asks the machine for the time; our clock decides instead, in `check_times`.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    let claims =
        jsonwebtoken::decode::<Claims>(token, &DecodingKey::from_secret(key.expose()), &validation).map_err(|_| Code::BadToken)?.claims;
    check_times(&claims, now)?;
    Ok(claims)
}

type HmacSha256 = Hmac<Sha256>;

/// HMAC-SHA256 as both sides of `jsonwebtoken` want it.
struct Hs256(HmacSha256);

impl Signer<Vec<u8>> for Hs256 {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        let mut mac = self.0.clone();
        mac.update(message);
        Ok(mac.finalize().into_bytes().to_vec())
    }
}

impl Verifier<Vec<u8>> for Hs256 {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        let mut mac = self.0.clone();
        mac.update(message);
        mac.verify_slice(signature).map_err(|_| signature::Error::new())
    }
}

impl JwtSigner for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl JwtVerifier for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

fn hs256(algorithm: Algorithm, secret: &[u8]) -> jsonwebtoken::errors::Result<Hs256> {
    if algorithm != Algorithm::HS256 {
        return Err(ErrorKind::InvalidAlgorithm.into());
    }
    Ok(Hs256(HmacSha256::new_from_slice(secret).map_err(|_| ErrorKind::InvalidKeyFormat)?))
}

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| Ok(Box::new(hs256(*algorithm, key.as_bytes())?)),
    verifier_factory: |algorithm, key| Ok(Box::new(hs256(*algorithm, key.try_get_as_bytes()?)?)),
    key_utils: KeyUtils::new_unimplemented(),
};

/// Gives `jsonwebtoken` our provider, once.
fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        if PROVIDER.install_default().is_err() {
            tracing::warn!("another provider of cryptography for tokens was installed first");
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> NaiveDateTime {
        chrono::DateTime::from_timestamp(1_781_524_800, 0).unwrap().naive_utc()
    }

    #[test]
    fn a_token_signed_here_is_verified_here_and_only_here() {
        let (ring, other) = ([(0, RootKey::new([1; 32]))], [(0, RootKey::new([2; 32]))]);
        let token = sign(&ring, "https://id.brand.cn", "KEY", 15, now()).unwrap();
        assert_eq!(verify(&ring, "https://id.brand.cn", &token, now()).unwrap().sub, "KEY");
        assert!(verify(&other, "https://id.brand.cn", &token, now()).is_err());
        assert!(verify(&ring, "https://id.other.cn", &token, now()).is_err());
        assert!(verify(&ring, "https://id.brand.cn", &token, now() + chrono::Duration::seconds(15 * 60 + 29)).is_ok());
        assert!(verify(&ring, "https://id.brand.cn", &token, now() + chrono::Duration::seconds(15 * 60 + 30)).is_err());
        assert!(token.len() < 512, "{}", token.len());
    }

    #[test]
    fn hmac_sha256_as_in_rfc_4231() {
        // Test case 2: key "Jefe".
        let mac = hs256(Algorithm::HS256, b"Jefe").unwrap();
        let tag = mac.try_sign(b"what do ya want for nothing?").unwrap();
        let hex: String = tag.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        assert!(mac.verify(b"what do ya want for nothing?", &tag).is_ok());
        assert!(mac.verify(b"what do ya want for nothing!", &tag).is_err());
        assert!(hs256(Algorithm::HS512, b"Jefe").is_err());
    }
}
