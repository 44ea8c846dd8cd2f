//! The `hangtag` program.

fn main() {}
