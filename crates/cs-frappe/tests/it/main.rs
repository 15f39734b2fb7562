//! The connector against the sandbox's Frappe, over HTTP.

mod faults;
mod feed;
mod reading;
mod setting_up;
mod stage;
mod writing;
