//! Recall scopes.
