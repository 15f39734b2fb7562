//! Frappe/ERPNext as a deterministic state machine with its REST interface as one face.
