//! Rates: counts of any days, pooled over issues, and what they come to of one another. Pure: rows of the ledger go in,
//! figures come out. Never a mean of rates, and no rate where the base is zero.

pub mod days;
pub mod sums;
pub mod table;

#[cfg(test)]
mod tests;
