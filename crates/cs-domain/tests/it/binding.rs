//! Mappings against what the two systems say of their fields.
