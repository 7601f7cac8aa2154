//! Permissions, and the roles that have them.

use crate::model::Role;

/// What a request does. Each route and socket needs exactly one permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Permission {
    /// Ask which key the request has. Every key may.
    Identify,
    /// Read functions with their code, executions, metrics, costs and live events.
    Read,
    /// Read one execution by its id.
    ReadExecution,
    /// Call a function.
    Invoke,
    /// Change functions, cancel and repeat executions, run load tests.
    Develop,
    /// Create and revoke keys, and read the audit log.
    Administer,
}

impl Permission {
    /// All permissions.
    pub const ALL: [Self; 6] = [
        Self::Identify,
        Self::Read,
        Self::ReadExecution,
        Self::Invoke,
        Self::Develop,
        Self::Administer,
    ];

    /// Returns the roles that have this permission, least powerful first.
    pub const fn roles(self) -> &'static [Role] {
        match self {
            Self::Identify | Self::ReadExecution => &Role::ALL,
            Self::Read => &[Role::Reader, Role::Developer, Role::Admin],
            Self::Invoke => &[Role::Invoker, Role::Developer, Role::Admin],
            Self::Develop => &[Role::Developer, Role::Admin],
            Self::Administer => &[Role::Admin],
        }
    }

    /// Returns the least powerful role that has this permission.
    pub fn needs(self) -> Role {
        self.roles().first().copied().unwrap_or(Role::Admin)
    }
}

impl Role {
    /// Returns whether the role has this permission.
    pub fn allows(self, permission: Permission) -> bool {
        permission.roles().contains(&self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_permits_exactly_what_it_documents() {
        use Permission::{Administer, Develop, Identify, Invoke, Read, ReadExecution};
        for (role, allowed) in [
            (Role::Reader, &[Identify, Read, ReadExecution][..]),
            (Role::Invoker, &[Identify, ReadExecution, Invoke]),
            (
                Role::Developer,
                &[Identify, Read, ReadExecution, Invoke, Develop],
            ),
            (
                Role::Admin,
                &[Identify, Read, ReadExecution, Invoke, Develop, Administer],
            ),
        ] {
            for permission in Permission::ALL {
                let expected = allowed.contains(&permission);
                assert_eq!(role.allows(permission), expected, "{role} {permission:?}");
            }
        }
    }
}
