//! How many requests a caller may send: so many a second, and a burst of two seconds' worth.
//!
//! The algorithm is the generic cell rate algorithm (ITU-T I.371): a caller's account is the moment
//! at which it will have been idle for long enough to send a whole burst.

use crate::auth::Identity;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Seconds' worth of requests that may come at once.
const BURST_SECONDS: f64 = 2.0;
/// Accounts that are kept before those that are settled are forgotten.
const ACCOUNTS_MAX: usize = 100_000;

/// Requests a second that callers may send. `None` is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RequestRates {
    /// Of one API key, or of one service.
    pub per_key: Option<f64>,
    /// Of one learner's token.
    pub per_learner: Option<f64>,
}

impl RequestRates {
    /// What holds unless the configuration says otherwise.
    pub const GENEROUS: Self = Self { per_key: Some(10_000.0), per_learner: Some(50.0) };
}

/// The accounts of all callers.
#[derive(Debug, Default)]
pub struct RateLimits {
    rates: RequestRates,
    accounts: Mutex<BTreeMap<Identity, Instant>>,
}

impl RateLimits {
    #[must_use]
    pub fn new(rates: RequestRates) -> Self {
        Self { rates, accounts: Mutex::default() }
    }

    /// Counts a request.
    ///
    /// Errors: how long to wait, when the caller has sent too many.
    pub fn take(&self, caller: &Identity, now: Instant) -> Result<(), Duration> {
        let rate = match caller {
            Identity::Key(_) | Identity::Service(_) => self.rates.per_key,
            Identity::Learner(_) => self.rates.per_learner,
            // A session is a person at a page, and its cookie does not say which.
            Identity::Session { .. } => None,
        };
        let Some(rate) = rate else { return Ok(()) };
        let (step, burst) =
            (Duration::from_secs_f64(1.0 / rate), Duration::from_secs_f64(BURST_SECONDS));
        let mut accounts = self.accounts();
        let settled_at = accounts.get(caller).copied().unwrap_or(now).max(now) + step;
        let ahead = settled_at.duration_since(now);
        if ahead > burst.max(step) {
            return Err(ahead - burst);
        }
        if accounts.len() >= ACCOUNTS_MAX {
            accounts.retain(|_, settled_at| *settled_at > now);
        }
        match accounts.get_mut(caller) {
            Some(account) => *account = settled_at,
            None => {
                accounts.insert(caller.clone(), settled_at);
            }
        }
        Ok(())
    }

    fn accounts(&self) -> MutexGuard<'_, BTreeMap<Identity, Instant>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nexus_engine::ids::LearnerId;

    fn learner(id: &str) -> Identity {
        Identity::Learner(LearnerId::new(id).unwrap())
    }

    #[test]
    fn a_learner_may_send_a_burst_and_then_so_many_a_second() {
        let limits = RateLimits::new(RequestRates { per_learner: Some(5.0), per_key: None });
        let began = Instant::now();
        let at = |seconds: f64| began + Duration::from_secs_f64(seconds);
        let count = |who: &Identity, seconds: f64| {
            (0..100).take_while(|_| limits.take(who, at(seconds)).is_ok()).count()
        };
        let ada = learner("ada");
        assert_eq!(count(&ada, 0.0), 10, "two seconds' worth");
        let wait = limits.take(&ada, at(0.0)).unwrap_err();
        assert!(wait <= Duration::from_millis(201), "{wait:?}");
        assert_eq!(count(&ada, 1.0), 5);
        assert_eq!(count(&learner("bob"), 1.0), 10, "others have an account of their own");
        assert_eq!(count(&ada, 60.0), 10, "a pause saves up no more than a burst");
        assert_eq!(count(&Identity::Key("k".to_owned()), 0.0), 100, "no limit is set for keys");
    }

    #[test]
    fn less_than_one_request_a_second_lets_one_in_at_a_time() {
        let limits = RateLimits::new(RequestRates { per_learner: Some(0.1), per_key: None });
        let (now, ada) = (Instant::now(), learner("ada"));
        assert!(limits.take(&ada, now).is_ok());
        assert!(limits.take(&ada, now).is_err());
        assert!(limits.take(&ada, now + Duration::from_secs(10)).is_ok());
    }
}
