//! Locks.

use std::sync::{Mutex, MutexGuard};

/// Takes a lock. What it guards is whole at every moment, so that a panic of another holder spoils nothing.
pub fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    match mutex.lock() {
        Ok(guard) => guard,
        Err(poisoned) => poisoned.into_inner(),
    }
}
