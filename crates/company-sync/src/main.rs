//! company-sync
fn main() {}
