//! What can be allowed, and which role allows it.

use crate::model::Role;

/// What a request wants to do. Each route and socket asks for exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Permission {
    /// To know which key it came with. Every key may.
    Identify,
    /// To read functions with their code, executions, metrics, costs and live events.
    Read,
    /// To read one execution by its id.
    ReadExecution,
    /// To call a function.
    Invoke,
    /// To change functions, to cancel and repeat executions, to run load tests.
    Develop,
    /// To make and revoke keys, and to read the audit log.
    Administer,
}

impl Permission {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Identify,
        Self::Read,
        Self::ReadExecution,
        Self::Invoke,
        Self::Develop,
        Self::Administer,
    ];

    /// The roles that have it, the one that allows least first.
    pub const fn roles(self) -> &'static [Role] {
        match self {
            Self::Identify | Self::ReadExecution => &Role::ALL,
            Self::Read => &[Role::Reader, Role::Developer, Role::Admin],
            Self::Invoke => &[Role::Invoker, Role::Developer, Role::Admin],
            Self::Develop => &[Role::Developer, Role::Admin],
            Self::Administer => &[Role::Admin],
        }
    }

    /// The role that allows least of those that have it.
    pub fn needs(self) -> Role {
        self.roles().first().copied().unwrap_or(Role::Admin)
    }
}

impl Role {
    /// Whether it lets its holder do that.
    pub fn allows(self, permission: Permission) -> bool {
        permission.roles().contains(&self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_allows_what_it_says_and_nothing_else() {
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
