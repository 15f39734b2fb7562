//! The connector against the sandbox's Frappe, over HTTP.

// `cfg(test)` is what tells clippy that helpers here may unwrap, as tests may.
#[cfg(test)]
mod amending;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod feed;
#[cfg(test)]
mod lost;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod removing;
#[cfg(test)]
mod renaming;
#[cfg(test)]
mod setting_up;
#[cfg(test)]
mod stage;
#[cfg(test)]
mod wire;
#[cfg(test)]
mod writing;
