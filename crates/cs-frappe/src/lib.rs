//! cs-frappe
