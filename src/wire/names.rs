//! The naming table of a run: turns ids into the names that stand on the wire. It is fixed for the run.

use super::id::{NetworkId, UserId};
use crate::kernel::EntityId;

/// Names of networks, nodes, users and terminals.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Domain of each home network, such as `home.example`.
    domains: Vec<String>,
    /// Host name of each node instance, by entity index, such as `s1.home.example`.
    hosts: Vec<String>,
    /// Groups of users alike: first user, network, first terminal entity, terminals per user. Sorted by first user.
    groups: Vec<UserGroup>,
}

/// Consecutive users with the same home network and number of terminals.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UserGroup {
    /// First user.
    pub first_user: UserId,
    /// Home network.
    pub network: NetworkId,
    /// Entity of the first terminal of the first user.
    pub first_terminal: EntityId,
    /// Terminals of each user.
    pub terminals: u32,
}

impl Names {
    /// A table of these domains, node hosts (by entity index) and user groups (sorted by first user and terminal).
    pub fn new(domains: Vec<String>, hosts: Vec<String>, groups: Vec<UserGroup>) -> Names {
        Names { domains, hosts, groups }
    }

    /// The domain of a home network.
    pub fn domain(&self, network: NetworkId) -> &str {
        &self.domains[usize::from(network.0)]
    }

    /// The host name of a node instance.
    pub fn host(&self, node: EntityId) -> &str {
        &self.hosts[node.index()]
    }

    /// Every home network by its domain.
    pub fn domains(&self) -> impl Iterator<Item = (&str, NetworkId)> {
        self.domains.iter().zip(0..).map(|(domain, index)| (domain.as_str(), NetworkId(index)))
    }

    /// Every node instance by its host name.
    pub fn hosts(&self) -> impl Iterator<Item = (&str, EntityId)> {
        self.hosts.iter().zip(0..).map(|(host, index)| (host.as_str(), EntityId(index)))
    }

    /// The first user, if there are users.
    pub fn first_user(&self) -> Option<UserId> {
        self.groups.first().map(|group| group.first_user)
    }

    /// The first terminal, if there are users.
    pub fn first_terminal(&self) -> Option<EntityId> {
        self.groups.first().map(|group| group.first_terminal)
    }

    /// Whether an entity is a terminal.
    pub fn is_terminal(&self, entity: EntityId) -> bool {
        entity.index() >= self.hosts.len()
    }

    /// The home network of a user.
    pub fn network_of(&self, user: UserId) -> NetworkId {
        self.group_of(user).network
    }

    /// The group of a user.
    pub fn group_of(&self, user: UserId) -> &UserGroup {
        let after = self.groups.partition_point(|group| group.first_user <= user);
        &self.groups[after - 1]
    }

    /// The user of a terminal, and the number of the terminal among the user's (0 the first).
    pub fn terminal_owner(&self, terminal: EntityId) -> (UserId, u32) {
        let after = self.groups.partition_point(|group| group.first_terminal <= terminal);
        let group = &self.groups[after - 1];
        let offset = terminal.0 - group.first_terminal.0;
        (UserId(group.first_user.0 + offset / group.terminals), offset % group.terminals)
    }

    /// The entities of a user's terminals: the first, and how many.
    pub fn terminals_of(&self, user: UserId) -> (EntityId, u32) {
        let group = self.group_of(user);
        (EntityId(group.first_terminal.0 + (user.0 - group.first_user.0) * group.terminals), group.terminals)
    }
}

impl Names {
    /// The group of a terminal by index, and the number of the terminal among its user's.
    pub fn terminal_group(&self, terminal: EntityId) -> (usize, u32) {
        let after = self.groups.partition_point(|group| group.first_terminal <= terminal);
        let group = &self.groups[after - 1];
        (after - 1, (terminal.0 - group.first_terminal.0) % group.terminals)
    }
}
