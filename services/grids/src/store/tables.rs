//! How each of the territory's tables travels when a district does.

use tidyward_kit::db::tables::{HALF_UPLOADS, Table, along, last, stays};

/// Every table of this service.
pub const TABLES: &[Table] = &[
    last("district"),
    along("area"),
    along("area_version"),
    along("grid_site"),
    along("grid_duty"),
    along("grid_duty_node"),
    along("grid_import"),
    along("grid_import_problem"),
    // Who tries again after a move gets the first answer again.
    along("grid_request"),
    stays("grid_upload", HALF_UPLOADS),
    stays("grid_upload_piece", HALF_UPLOADS),
    stays(
        "grid_arrival",
        "it is about a move into this database, not about the district",
    ),
];
