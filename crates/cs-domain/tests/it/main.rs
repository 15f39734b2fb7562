//! The mapping files as those who write them meet them.

#[cfg(test)]
mod binding;
#[cfg(test)]
mod manual;
#[cfg(test)]
mod problems;
#[cfg(test)]
mod round_trip;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod shipped;
#[cfg(test)]
mod suggestions;
