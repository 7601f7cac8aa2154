//! Each lock, tried.
