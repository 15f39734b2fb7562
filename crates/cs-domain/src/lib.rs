//! cs-domain
