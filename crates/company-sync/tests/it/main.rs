//! The program as a whole.

mod architecture;
