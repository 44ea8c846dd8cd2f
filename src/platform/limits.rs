//! How often something may be tried: one table of limits, each counted by a key (an address, an account, a serial).
//!
//! Two ways to use a limit:
//! - [`Limits::spend`] before the work, where every try counts (signing in);
//! - [`Limits::gate`] before and [`Limits::spend`] after a bad outcome, where only bad tries count (looking up a serial).
//!
//! Counting is in memory, per process: a restart forgives, several processes allow their sum.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Mutex;
use std::time::Duration;

use governor::clock::Clock as _;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};

use crate::kernel::time::Clock;
use crate::kernel::{Code, Refusal, Result, saturating};
use crate::platform::locks::lock;

macro_rules! limits {
    ($($(#[$doc:meta])* $name:ident = $burst:literal per $seconds:literal;)*) => {
        /// Something that may be tried only so often.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Limit { $($(#[$doc])* $name,)* }

        impl Limit {
            /// Every limit, in table order.
            pub const ALL: &'static [Limit] = &[$(Limit::$name,)*];

            /// Tries at once, and the seconds over which as many come back.
            pub const fn quota(self) -> (u32, u64) {
                match self { $(Limit::$name => ($burst, $seconds),)* }
            }
        }
    };
}

limits! {
    /// Sign-ins from one address (ASVS 5.0 V6.3.1).
    SignInAddress = 10 per 60;
    /// Sign-ins to one account, whether it exists or not.
    SignInAccount = 5 per 900;
    /// One-time links opened from one address.
    LinkAddress = 20 per 60;
    /// Keys exchanged for tokens from one address.
    TokenAddress = 60 per 60;
    /// Claim codes tried from one address; tries a serial are a policy, kept in the store.
    ClaimAddress = 20 per 600;
    /// Serials that do not exist looked up from one address.
    BadSerialAddress = 30 per 60;
    /// Requests for help sent from one address.
    HelpAddress = 20 per 600;
    /// Orders looked up by the end of a telephone number from one address.
    OrderAddress = 20 per 600;
    /// Ends of telephone numbers tried with one order, from wherever.
    OrderTries = 6 per 3600;
}

/// Keys beyond which those that have recovered are forgotten.
const KEPT_KEYS: usize = 10_000;

type Bucket = RateLimiter<String, DefaultKeyedStateStore<String>, Ticks, NoOpMiddleware<Nanos>>;

/// The counters of every limit.
pub struct Limits {
    clock: Ticks,
    buckets: HashMap<Limit, Bucket>,
    /// Keys that have used up a limit, and until when: lets [`Limits::gate`] ask without counting.
    shut: Mutex<HashMap<(Limit, String), Nanos>>,
}

/// The application's clock as the counters read it: nanoseconds since 1970.
#[derive(Clone)]
struct Ticks(Clock);

impl governor::clock::Clock for Ticks {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        let micros = self.0.now().and_utc().timestamp_micros();
        Nanos::from(Duration::from_micros(saturating(micros)))
    }
}

impl Limits {
    /// Fresh counters on this clock.
    pub fn new(clock: &Clock) -> Self {
        let clock = Ticks(clock.clone());
        let buckets = Limit::ALL
            .iter()
            .filter_map(|limit| {
                let (burst, seconds) = limit.quota();
                let burst = NonZeroU32::new(burst)?;
                let quota = Quota::with_period(Duration::from_secs(seconds) / burst.get())?.allow_burst(burst);
                Some((*limit, RateLimiter::dashmap_with_clock(quota, clock.clone())))
            })
            .collect();
        Self { clock, buckets, shut: Mutex::new(HashMap::new()) }
    }

    /// Counts one try of `key`.
    ///
    /// # Errors
    /// [`Code::TooMany`] with the seconds until the next try may come.
    pub fn spend(&self, limit: Limit, key: &str) -> Result<()> {
        let Some(bucket) = self.buckets.get(&limit) else { return Ok(()) };
        if bucket.len() > KEPT_KEYS {
            bucket.retain_recent();
        }
        let Err(until) = bucket.check_key(&key.to_owned()) else { return Ok(()) };
        let now = self.clock.now();
        let wait = until.wait_time_from(now);
        let mut shut = lock(&self.shut);
        if shut.len() > KEPT_KEYS {
            shut.retain(|_, until| *until > now);
        }
        shut.insert((limit, key.to_owned()), now + Nanos::from(wait));
        Err(too_many(wait))
    }

    /// Refuses a key that has used the limit up, without counting a try.
    ///
    /// # Errors
    /// [`Code::TooMany`] with the seconds until the next try may come.
    pub fn gate(&self, limit: Limit, key: &str) -> Result<()> {
        let now = self.clock.now();
        let shut = lock(&self.shut);
        match shut.get(&(limit, key.to_owned())) {
            Some(until) if *until > now => Err(too_many(Duration::from_nanos(until.saturating_sub(now).as_u64()))),
            _ => Ok(()),
        }
    }
}

fn too_many(wait: Duration) -> crate::kernel::Error {
    Refusal::new(Code::TooMany).with("seconds", wait.as_secs() + 1).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock() -> Clock {
        Clock::fixed(chrono::DateTime::from_timestamp(1_781_524_800, 0).unwrap().naive_utc())
    }

    #[test]
    fn a_burst_then_one_at_a_time() {
        let clock = clock();
        let limits = Limits::new(&clock);
        for _ in 0..10 {
            limits.spend(Limit::SignInAddress, "a").unwrap();
        }
        assert_eq!(limits.spend(Limit::SignInAddress, "a").unwrap_err().to_string(), "too_many seconds=7");
        limits.spend(Limit::SignInAddress, "b").unwrap();
        clock.advance(chrono::Duration::seconds(7));
        limits.spend(Limit::SignInAddress, "a").unwrap();
        assert!(limits.spend(Limit::SignInAddress, "a").is_err());
    }

    #[test]
    fn the_gate_counts_nothing_and_shuts_after_the_last_bad_try() {
        let clock = clock();
        let limits = Limits::new(&clock);
        for _ in 0..100 {
            limits.gate(Limit::BadSerialAddress, "a").unwrap();
        }
        while limits.spend(Limit::BadSerialAddress, "a").is_ok() {}
        assert_eq!(limits.gate(Limit::BadSerialAddress, "a").unwrap_err().code(), Code::TooMany);
        limits.gate(Limit::BadSerialAddress, "b").unwrap();
        clock.advance(chrono::Duration::seconds(3));
        limits.gate(Limit::BadSerialAddress, "a").unwrap();
    }
}
