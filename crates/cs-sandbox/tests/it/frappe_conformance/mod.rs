//! Frappe against its recorded answers.
