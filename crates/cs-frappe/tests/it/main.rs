//! The connector against the sandbox's Frappe, over HTTP.

// `cfg(test)` is what tells clippy that helpers here may unwrap, as tests may.
#[cfg(test)]
mod faults;
#[cfg(test)]
mod feed;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod setting_up;
#[cfg(test)]
mod stage;
#[cfg(test)]
mod wire;
#[cfg(test)]
mod writing;
