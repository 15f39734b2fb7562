//! cs-sandbox
