//! What a service declares of each of its tables: how its rows travel when a district does. A test compares what is
//! declared with the tables that are really there, so that no migration adds one without saying.

/// One table of a service. Its primary key begins with `district`.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    pub name: &'static str,
    pub travel: Travel,
    /// Columns that hold the SHA-256 of an object, or no bytes where there is none. Those objects go along.
    pub objects: &'static [&'static str],
}

/// How the rows of a table travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Travel {
    /// They go in bounded jobs, and nobody acts on them before the district's own row is there.
    Along,
    /// They are few and bring a district to life: they go in the one job that makes it visible.
    Last,
    /// They are left behind, for this reason.
    Stay(&'static str),
}

/// A table whose rows go along.
pub const fn along(name: &'static str) -> Table {
    Table {
        name,
        travel: Travel::Along,
        objects: &[],
    }
}

/// A table whose rows go along with the objects that these columns name.
pub const fn with_objects(name: &'static str, objects: &'static [&'static str]) -> Table {
    Table {
        name,
        travel: Travel::Along,
        objects,
    }
}

/// A table whose rows make the district visible, or act by themselves.
pub const fn last(name: &'static str) -> Table {
    Table {
        name,
        travel: Travel::Last,
        objects: &[],
    }
}

/// A table whose rows are left behind.
pub const fn stays(name: &'static str, why: &'static str) -> Table {
    Table {
        name,
        travel: Travel::Stay(why),
        objects: &[],
    }
}

/// Why uploads are left behind: whoever was sending one sends it again.
pub const HALF_UPLOADS: &str = "uploads expire within hours and can be sent again";
