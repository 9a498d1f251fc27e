//! What the issue table says of a round beside its times and codes: bits, as `FactRound.marks` and the rules' contract have
//! them. The ledger sets them, and a rule reads them.

/// Reported by the grid's own duty-holders.
pub const OWN: u32 = 1;
pub const URGENT: u32 = 2;
/// Found by a drawn inspection.
pub const DRAWN: u32 = 4;
/// Begun by reopening.
pub const REOPENED: u32 = 8;
/// Suspended at the end of the period.
pub const SUSPENDED: u32 = 16;
/// Closed by force.
pub const FORCED: u32 = 32;
pub const FRAUD: u32 = 64;
/// A return of it was overruled.
pub const REFUSED: u32 = 128;
/// Its closing was found false.
pub const FALSE_CLOSE: u32 = 256;
