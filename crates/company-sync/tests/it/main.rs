//! The program as a whole.

// `cfg(test)` is what tells clippy that helpers here may unwrap, as tests may.
#[cfg(test)]
mod adoption;
#[cfg(test)]
mod architecture;
#[cfg(test)]
mod belonging;
#[cfg(test)]
mod both_ways;
#[cfg(test)]
mod boundary;
#[cfg(test)]
mod browser;
#[cfg(test)]
mod conflicts;
#[cfg(test)]
mod deletes;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod drift;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod files;
#[cfg(test)]
mod first_sync;
#[cfg(test)]
mod killed;
#[cfg(test)]
mod lab;
#[cfg(test)]
mod lost_answers;
#[cfg(test)]
mod messages;
#[cfg(test)]
mod noop;
#[cfg(test)]
mod operations;
#[cfg(test)]
mod output;
#[cfg(test)]
mod picture;
#[cfg(test)]
mod pingpong;
#[cfg(test)]
mod plans;
#[cfg(test)]
mod reconcile;
#[cfg(test)]
mod refused;
#[cfg(test)]
mod retired;
#[cfg(test)]
mod sandbox;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod service;
#[cfg(test)]
mod shared;
#[cfg(test)]
mod simulate;
#[cfg(test)]
mod stopping;
#[cfg(test)]
mod trying;
#[cfg(test)]
mod versions;
#[cfg(test)]
mod world;
