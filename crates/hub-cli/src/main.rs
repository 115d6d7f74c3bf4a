//! The `cchub` binary.
fn main() {}
