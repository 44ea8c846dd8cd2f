//! Passwords: what is refused, how they are hashed, and how they are compared.
//!
//! 12 to 128 characters, no rules of composition (NIST SP 800-63B §3.1.1.2, ASVS 5.0 V6.2), and none of those everybody tries first.
//! Argon2id with 19,456 KiB, two passes, one lane (OWASP Password Storage Cheat Sheet), on blocking threads, never more at once than cores.

use std::sync::{Arc, LazyLock, OnceLock};
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use crate::kernel::{Code, Error, Fault, Result};

/// Fewest characters a password may have.
pub const PASSWORD_MIN: usize = 12;
/// Most characters a password may have.
pub const PASSWORD_MAX: usize = 128;

/// KiB of memory, passes, lanes.
const COST: (u32, u32, u32) = (19_456, 2, 1);
/// How long a sign-in waits for its turn to hash.
const TURN: Duration = Duration::from_secs(5);

/// What everybody tries first: words, keyboard walks and numbers, those of China included. One a line, small letters.
const COMMON: &str = include_str!("common_passwords.txt");

/// Checks a new password.
///
/// # Errors
/// [`Code::TooShort`], [`Code::TooLong`] or [`Code::PasswordCommon`] for `password`.
pub fn check(password: &str, login: &str) -> Result<(), Fault> {
    let characters = password.chars().count();
    if characters < PASSWORD_MIN {
        return Err(Fault::new("password", Code::TooShort).with("min", PASSWORD_MIN));
    }
    if characters > PASSWORD_MAX {
        return Err(Fault::new("password", Code::TooLong).with("max", PASSWORD_MAX));
    }
    if is_common(password, login) {
        return Err(Fault::new("password", Code::PasswordCommon));
    }
    Ok(())
}

/// Whether a password is nothing but at most three of the common pieces in a row (`woaini` `1314520`, `password` `123456` `!`), the login
/// name among them, or the same one or two characters over and over.
fn is_common(password: &str, login: &str) -> bool {
    let password: Vec<char> = password.to_lowercase().chars().collect();
    let mut distinct = password.clone();
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.len() <= 2 {
        return true;
    }
    let login: Vec<char> = login.to_lowercase().chars().collect();
    // How few pieces reach each place.
    let mut pieces: Vec<Option<usize>> = vec![None; password.len() + 1];
    if let Some(start) = pieces.first_mut() {
        *start = Some(0);
    }
    for from in 0..password.len() {
        let Some(used) = pieces.get(from).copied().flatten() else { continue };
        let rest = password.get(from..).unwrap_or_default();
        for piece in common().iter().chain(std::iter::once(&login)) {
            if piece.is_empty() || !rest.starts_with(piece) {
                continue;
            }
            if let Some(reached) = pieces.get_mut(from + piece.len()) {
                *reached = Some(reached.unwrap_or(usize::MAX).min(used + 1));
            }
        }
    }
    pieces.last().copied().flatten().is_some_and(|used| used <= 3)
}

fn common() -> &'static [Vec<char>] {
    static PIECES: LazyLock<Vec<Vec<char>>> =
        LazyLock::new(|| COMMON.lines().map(str::trim).filter(|line| !line.is_empty()).map(|line| line.chars().collect()).collect());
    &PIECES
}

fn argon2() -> Result<Argon2<'static>> {
    let (memory, passes, lanes) = COST;
    let params = Params::new(memory, passes, lanes, None).map_err(|error| Error::broken(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Hashes a password, on a blocking thread, when its turn comes.
///
/// # Errors
/// [`Error::Busy`] when too many wait.
pub async fn hash(password: &str) -> Result<String> {
    let password = password.to_owned();
    in_turn(move || hash_blocking(&password)).await
}

fn hash_blocking(password: &str) -> Result<String> {
    let hash: PasswordHash = argon2()?.hash_password(password.as_bytes()).map_err(|error| Error::broken(error.to_string()))?;
    Ok(hash.to_string())
}

/// How a password compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    /// Not the one.
    Wrong,
    /// The one, hashed as we hash now.
    Right,
    /// The one, hashed at another cost: hash it again.
    RightButOld,
}

/// Compares a password with a stored hash; with a stand-in that fits nothing where there is none, so that both take the same work.
///
/// # Errors
/// [`Error::Busy`] when too many wait.
pub async fn compare(password: &str, stored: Option<String>) -> Result<Compared> {
    let password = password.to_owned();
    in_turn(move || {
        let stand_in = stand_in()?;
        let known = stored.is_some();
        let hash = PasswordHash::new(stored.as_deref().unwrap_or(stand_in)).map_err(|error| Error::broken(error.to_string()))?;
        let fits = argon2()?.verify_password(password.as_bytes(), &hash).is_ok();
        Ok(match (fits && known, is_current(&hash)) {
            (false, _) => Compared::Wrong,
            (true, true) => Compared::Right,
            (true, false) => Compared::RightButOld,
        })
    })
    .await
}

fn is_current(hash: &PasswordHash) -> bool {
    let current = argon2::ARGON2ID_IDENT == hash.algorithm;
    let cost = Params::try_from(hash).map(|params| (params.m_cost(), params.t_cost(), params.p_cost()));
    current && cost.is_ok_and(|cost| cost == COST)
}

/// The hash of a password nobody has.
fn stand_in() -> Result<&'static str> {
    static STAND_IN: OnceLock<String> = OnceLock::new();
    if let Some(made) = STAND_IN.get() {
        return Ok(made);
    }
    let made = hash_blocking(&crate::platform::http::random_token::<16>())?;
    Ok(STAND_IN.get_or_init(|| made))
}

async fn in_turn<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    static TURNS: LazyLock<Arc<Semaphore>> =
        LazyLock::new(|| Arc::new(Semaphore::new(std::thread::available_parallelism().map_or(1, std::num::NonZero::get))));
    let permit = tokio::time::timeout(TURN, TURNS.clone().acquire_owned()).await.map_err(|_| Error::Busy)?.map_err(Error::broken)?;
    tokio::task::spawn_blocking(move || {
        let _held_until_done = permit;
        work()
    })
    .await
    .map_err(Error::broken)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_everybody_tries_is_refused() {
        assert!(common().len() >= 300, "{}", common().len());
        for password in [
            "123456789012",
            "password1234",
            "Password123!",
            "qwertyuiop123",
            "woaini1314520",
            "WoAiNi5201314",
            "admin888888!",
            "aaaaaaaaaaaa",
            "ababababababab",
            "1qaz2wsx3edc",
            "zhangwei123456",
            "wangfang8888",
            "iloveyou1314",
            "qwer1234asdf",
            "hangtag123456",
            "mima12345678",
            "guanliyuan123",
            "88888888888888",
            "abcdefg123456",
            "beijing2008!!",
            "woaibaobao520",
        ] {
            assert_eq!(check(password, "li.na").unwrap_err().code, Code::PasswordCommon, "{password}");
        }
        assert_eq!(check("li.na2026123456", "li.na").unwrap_err().code, Code::PasswordCommon);
    }

    #[test]
    fn long_ones_of_any_kind_are_taken() {
        for password in
            ["correct horse battery staple", "  spaces count  x", "车间第三条线的缝纫机很吵", "zK8#vTq!m2Lp", "olives on tuesday"]
        {
            check(password, "li.na").unwrap();
        }
        assert_eq!(check("short", "x").unwrap_err().code, Code::TooShort);
        assert_eq!(check("十一个汉字的密码太短了", "x").unwrap_err().code, Code::TooShort);
        assert_eq!(check(&"长x9".repeat(43), "x").unwrap_err().code, Code::TooLong);
    }

    #[actix_web::test]
    async fn a_password_fits_its_own_hash_only() {
        let hashed = hash("olives on tuesday").await.unwrap();
        assert!(hashed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hashed}");
        assert_ne!(hash("olives on tuesday").await.unwrap(), hashed);
        assert_eq!(compare("olives on tuesday", Some(hashed.clone())).await.unwrap(), Compared::Right);
        assert_eq!(compare("olives on Tuesday", Some(hashed)).await.unwrap(), Compared::Wrong);
        assert_eq!(compare("olives on tuesday", None).await.unwrap(), Compared::Wrong);
    }

    #[actix_web::test]
    async fn an_older_cost_is_noticed() {
        let old = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(8192, 1, 1, None).unwrap());
        let hashed: PasswordHash = old.hash_password(b"olives on tuesday").unwrap();
        assert_eq!(compare("olives on tuesday", Some(hashed.to_string())).await.unwrap(), Compared::RightButOld);
    }
}
