//! cs-store
