//! Machinery every room stands on: the store, the web server, words, long work, files coming in, the world outside.
//!
//! Knows nothing of garments beyond the kernel's values.

pub mod config;
pub mod db;
pub mod disk;
pub mod events;
pub mod exports;
pub mod http;
pub mod imports;
pub mod jobs;
pub mod keys;
pub mod limits;
pub mod policies;
pub mod rooms;
pub mod state;
pub mod words;

use std::sync::{Mutex, MutexGuard};

/// Takes a lock. What it guards is whole at every moment, so that a panic of another holder spoils nothing.
pub fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    match mutex.lock() {
        Ok(guard) => guard,
        Err(poisoned) => poisoned.into_inner(),
    }
}
