//! cs-engine
