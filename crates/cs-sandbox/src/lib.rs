//! Stand-ins of VTiger CRM and of Frappe/ERPNext that speak their real protocols over HTTP, with scripted faults and
//! a seeded agency of invented people, so that everything above them can be tried and tested on a laptop.
//!
//! Each system is a plain deterministic state machine (time is passed in, nothing is random); HTTP is only a face of
//! it. What a system does is taken from `facts/` and held against recorded answers by the conformance test in
//! `tests/it`. This crate is not allowed to know the product: neither mappings nor engine nor connectors, so that it
//! cannot agree with their mistakes.

pub mod agency;
pub mod faults;
pub mod frappe;
pub mod server;
pub mod simulation;
pub mod vtiger;
