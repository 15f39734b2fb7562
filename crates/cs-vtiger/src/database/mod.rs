//! VTiger's own database.
