//! Who calls, and the one door to a district's data.

use std::{fmt, str::FromStr, sync::Arc};

use crate::{error::Error, name};

/// What a caller may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    Resident,
    Officer,
    Collector,
    Operator,
    Dispatcher,
    Inspector,
    Scorer,
    Leader,
    Admin,
    Auditor,
    /// Tidyward's own work, limited to one district.
    Service,
    /// Creates districts.
    PlatformAdmin,
}

impl Role {
    /// Every role with its name on the wire and in tokens.
    pub const TABLE: &[(Role, &str)] = &[
        (Role::Resident, "resident"),
        (Role::Officer, "officer"),
        (Role::Collector, "collector"),
        (Role::Operator, "operator"),
        (Role::Dispatcher, "dispatcher"),
        (Role::Inspector, "inspector"),
        (Role::Scorer, "scorer"),
        (Role::Leader, "leader"),
        (Role::Admin, "admin"),
        (Role::Auditor, "auditor"),
        (Role::Service, "service"),
        (Role::PlatformAdmin, "platform_admin"),
    ];

    /// For what anybody with a token may call. Residents come first.
    pub const EVERYBODY: &[Role] = &[
        Role::Resident,
        Role::Officer,
        Role::Collector,
        Role::Operator,
        Role::Dispatcher,
        Role::Inspector,
        Role::Scorer,
        Role::Leader,
        Role::Admin,
        Role::Auditor,
        Role::Service,
        Role::PlatformAdmin,
    ];
    /// Everybody but residents, who see what is published.
    pub const STAFF: &[Role] = Role::EVERYBODY.split_at(1).1;
    /// For what changes a district's set-up.
    pub const ADMINS: &[Role] = &[Role::Admin, Role::PlatformAdmin];

    pub fn name(self) -> &'static str {
        Role::TABLE
            .iter()
            .find(|row| row.0 == self)
            .map_or("", |row| row.1)
    }
}

impl FromStr for Role {
    type Err = Error;

    fn from_str(text: &str) -> Result<Role, Error> {
        let row = Role::TABLE.iter().find(|row| row.1 == text);
        row.map(|row| row.0).ok_or_else(|| {
            let names: Vec<&str> = Role::TABLE.iter().map(|row| row.1).collect();
            Error::field(
                "role",
                format!("`{text}` is none; one of {}", names.join(", ")),
            )
        })
    }
}

/// Who calls. The front layer makes it of a verified token; no handler runs without one.
#[derive(Clone, Debug)]
pub struct Caller {
    pub subject: String,
    /// The only district that the caller sees. Nothing for platform admins, who see all.
    pub district: Option<String>,
    pub roles: Vec<Role>,
    /// Codes of the areas that the caller works in, with all below them. Empty is the whole district.
    pub areas: Vec<String>,
}

impl Caller {
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// Opens the district of `districts/{district}` for this caller. Another's is NOT_FOUND, in the same words as one
    /// that does not exist.
    pub fn district(&self, field: &str, text: &str) -> Result<District, Error> {
        let [id] = name::take("districts/{}", field, text)?;
        self.open(&id).ok_or_else(|| Error::not_found(text))
    }

    /// Opens the district of a resource's name and gives the name's other ids. The pattern begins with `districts/{}`.
    pub fn resource<const N: usize>(
        &self,
        pattern: &'static str,
        field: &str,
        text: &str,
    ) -> Result<(District, [String; N]), Error> {
        let ids = name::take::<N>(pattern, field, text)?;
        let district = ids.first().and_then(|id| self.open(id));
        district
            .map(|district| (district, ids))
            .ok_or_else(|| Error::not_found(text))
    }

    /// What the caller may see of the list of districts: one, or all of them.
    pub fn only_district(&self) -> Option<&str> {
        self.district.as_deref()
    }

    fn open(&self, id: &str) -> Option<District> {
        let may = match &self.district {
            Some(own) => own == id,
            None => self.has(Role::PlatformAdmin),
        };
        may.then(|| District(id.into()))
    }
}

/// A district that its holder may work in. Only `Caller` makes one, so a store that asks for one cannot be reached past
/// the caller's rights.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct District(Arc<str>);

impl District {
    /// For work of the server itself that no call began: what was cut off and goes on at start.
    pub fn of_server(id: &str) -> District {
        District(id.into())
    }

    pub fn id(&self) -> &str {
        &self.0
    }

    /// `districts/{district}`.
    pub fn name(&self) -> String {
        format!("districts/{}", self.0)
    }

    /// Name of a resource of this district: `district.child("areas", code)`.
    pub fn child(&self, collection: &str, id: impl fmt::Display) -> String {
        format!("districts/{}/{collection}/{id}", self.0)
    }
}

/// The caller of a request, put there by the front layer.
pub fn of<T>(request: &tonic::Request<T>) -> Result<Arc<Caller>, Error> {
    let caller = request.extensions().get::<Arc<Caller>>();
    caller
        .cloned()
        .ok_or_else(|| Error::internal("a handler was reached past the front layer"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_is_every_role_and_staff_all_but_residents() {
        let table: Vec<Role> = Role::TABLE.iter().map(|row| row.0).collect();
        assert_eq!(Role::EVERYBODY, table);
        assert_eq!(Role::STAFF, &table[1..]);
        assert!(!Role::STAFF.contains(&Role::Resident));
    }
}
