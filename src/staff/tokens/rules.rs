//! What a key looks like, and when a token holds. Values in, values out.

use chrono::NaiveDateTime;

use super::jwt::Claims;
use crate::kernel::{Code, Result};

/// What every key begins with, so that one that leaks is recognised.
pub const KEY_PREFIX: &str = "htk_";
/// What our tokens are for: other tokens, whoever signs them, are not.
pub const AUDIENCE_PURPOSE: &str = "hangtag/api";
/// Seconds two clocks may differ.
pub const LEEWAY_SECONDS: i64 = 30;
/// Most bytes a token may have: ours have about 300.
pub const TOKEN_MAX: usize = 1024;

/// Whether a token's times hold at `now`: begun, not over, and not the other way round.
///
/// # Errors
/// [`Code::BadToken`].
pub fn check_times(claims: &Claims, now: NaiveDateTime) -> Result<()> {
    let now = now.and_utc().timestamp();
    let begun = claims.nbf <= now + LEEWAY_SECONDS && claims.iat <= now + LEEWAY_SECONDS;
    let over = now >= claims.exp.saturating_add(LEEWAY_SECONDS);
    if begun && !over && claims.iat < claims.exp { Ok(()) } else { Err(Code::BadToken.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_holds_between_its_times() {
        let now = chrono::DateTime::from_timestamp(1_781_524_800, 0).unwrap().naive_utc();
        let at = now.and_utc().timestamp();
        let claims = |iat: i64, nbf: i64, exp: i64| Claims {
            iss: "i".into(),
            aud: "a".into(),
            sub: "s".into(),
            iat: at + iat,
            nbf: at + nbf,
            exp: at + exp,
        };
        assert!(check_times(&claims(0, 0, 900), now).is_ok());
        assert!(check_times(&claims(-900, -900, -29), now).is_ok());
        assert!(check_times(&claims(-900, -900, -30), now).is_err());
        assert!(check_times(&claims(30, 30, 900), now).is_ok());
        assert!(check_times(&claims(31, 0, 900), now).is_err());
        assert!(check_times(&claims(0, 31, 900), now).is_err());
        assert!(check_times(&claims(10, 0, 5), now).is_err());
        assert!(check_times(&Claims { exp: i64::MAX, ..claims(0, 0, 0) }, now).is_ok());
        assert!(check_times(&Claims { exp: i64::MIN, ..claims(0, 0, 0) }, now).is_err());
    }
}
