//! cs-vtiger
