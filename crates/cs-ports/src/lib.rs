//! cs-ports
