//! What a service declares of each of its tables: how its rows travel when a district does. A test compares what is
//! declared with the tables that are really there, so that no migration adds one without saying.

/// One table of a service. Its primary key begins with `district`.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    pub name: &'static str,
    pub travel: Travel,
    /// Objects that its rows name. They go along.
    pub objects: &'static [Named],
    /// A column that is 0 in rows which are left behind.
    pub unless_zero: Option<&'static str>,
}

/// A column that names objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    /// It holds a SHA-256, as bytes or in hexadecimal, or no bytes where there is no object.
    pub column: &'static str,
    /// The part of the store of objects; empty is the store without one.
    pub room: &'static str,
    pub object: Whose,
}

/// What lies under a SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The bytes that have it.
    Own,
    /// What was made of those bytes, where something was.
    MadeOf,
}

/// A column that names objects which lie in no room.
pub const fn names(column: &'static str) -> Named {
    Named {
        column,
        room: "",
        object: Whose::Own,
    }
}

/// How the rows of a table travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Travel {
    /// They go in bounded jobs, and nobody acts on them before the district's own row is there.
    Along,
    /// They are few and bring a district to life: they go in the one job that makes it visible.
    Last,
    /// They go along with a district that moves; a backup leaves them behind, for this reason.
    Move(&'static str),
    /// They are left behind, for this reason.
    Stay(&'static str),
}

/// A table whose rows go along.
pub const fn along(name: &'static str) -> Table {
    table(name, Travel::Along)
}

const fn table(name: &'static str, travel: Travel) -> Table {
    Table {
        name,
        travel,
        objects: &[],
        unless_zero: None,
    }
}

/// A table whose rows go along with the objects that these columns name.
pub const fn with_objects(name: &'static str, objects: &'static [Named]) -> Table {
    Table {
        objects,
        ..table(name, Travel::Along)
    }
}

/// A table whose rows go along with a district that moves, and are in no backup.
pub const fn moves(name: &'static str, why: &'static str) -> Table {
    table(name, Travel::Move(why))
}

/// A table whose rows make the district visible, or act by themselves.
pub const fn last(name: &'static str) -> Table {
    table(name, Travel::Last)
}

/// A table whose rows are left behind.
pub const fn stays(name: &'static str, why: &'static str) -> Table {
    table(name, Travel::Stay(why))
}

/// Why uploads are left behind: whoever was sending one sends it again.
pub const HALF_UPLOADS: &str = "uploads expire within hours and can be sent again";
