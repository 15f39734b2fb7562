//! The main ways through the pages, in a real browser: the program serves, Chromium shows, and a test presses what a
//! person would press.
//!
//! Nothing here sleeps to be on the safe side: every look at a page waits for what it wants to see, for a limited time.
//! A test that fails leaves a picture of each of its windows, and what the service said, under `target/tmp/service`.

mod conflict;
mod door;
mod language;
mod login;
mod mapping;
mod report;
mod retry;
mod setup;
mod viewer;
