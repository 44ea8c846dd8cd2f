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
pub mod locks;
pub mod policies;
pub mod rooms;
pub mod state;
pub mod words;
