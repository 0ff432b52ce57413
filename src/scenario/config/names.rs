//! Names of a model to indices.

use super::decode::{Cursor, Fields};
use super::error::{ConfigError, Result};
use super::nearest::nearest;
use super::tree::quoted;
use crate::scenario::model::{GroupSpec, NodeSpec, Role, UserRef};

/// The roles by their names in files.
pub const ROLES: [(&str, Role); 22] = [
    ("p_cscf", Role::PCscf),
    ("i_cscf", Role::ICscf),
    ("s_cscf", Role::SCscf),
    ("hss", Role::Hss),
    ("pf", Role::Pf),
    ("message_store", Role::MessageStore),
    ("isf", Role::Isf),
    ("xdms", Role::Xdms),
    ("mem_server", Role::MemServer),
    ("mms_server", Role::MmsServer),
    ("smsc", Role::Smsc),
    ("hlr", Role::Hlr),
    ("msc", Role::Msc),
    ("ip_sm_gw", Role::IpSmGw),
    ("msrp_relay", Role::MsrpRelay),
    ("source", Role::Source),
    ("sink", Role::Sink),
    ("relay", Role::Relay),
    ("proxy", Role::Proxy),
    ("router", Role::Router),
    ("push_sender", Role::PushSender),
    ("http_server", Role::HttpServer),
];

/// The name of a role.
pub fn role_name(role: Role) -> &'static str {
    ROLES.iter().find(|(_, known)| *known == role).map_or("", |(name, _)| name)
}

/// The index of the text of `cursor` among `names`; `what` is the thing named, such as `a node`.
pub fn index_of<'n, I>(cursor: &Cursor<'_>, names: I, what: &str) -> Result<usize>
where
    I: IntoIterator<Item = &'n str> + Clone,
{
    let expected = || format!("the name of {what}");
    let text = cursor.node.value.as_text().ok_or_else(|| cursor.fail(expected()))?;
    let at = names.clone().into_iter().position(|name| name == text);
    at.ok_or_else(|| unknown(cursor, text, &expected(), names))
}

/// The index of a node.
pub fn node_index(cursor: &Cursor<'_>, nodes: &[NodeSpec]) -> Result<usize> {
    index_of(cursor, nodes.iter().map(|node| node.name.as_str()), "a node")
}

/// The index of a node with `role`.
pub fn node_of_role(cursor: &Cursor<'_>, nodes: &[NodeSpec], role: Role) -> Result<usize> {
    let at = node_index(cursor, nodes)?;
    if nodes[at].role == role {
        return Ok(at);
    }
    let found = format!("`{}`, a {}", nodes[at].name, role_name(nodes[at].role));
    let fitting = nodes.iter().filter(|node| node.role == role).map(|node| node.name.as_str());
    let near = nearest(&nodes[at].name, fitting);
    Err(cursor.found(found, format!("a node with role {}", role_name(role))).near(near))
}

/// The node that `key` names; the only one with `role` where the file names none.
pub fn only_node_of_role(fields: &Fields<'_>, key: &str, nodes: &[NodeSpec], role: Role) -> Result<usize> {
    match fields.get(key) {
        Some(cursor) => node_of_role(&cursor, nodes, role),
        None => {
            let mut of_role = nodes.iter().enumerate().filter(|(_, node)| node.role == role).map(|(at, _)| at);
            match (of_role.next(), of_role.next()) {
                (Some(only), None) => Ok(only),
                _ => Err(fields.missing(key, &format!("the name of a node with role {}", role_name(role)))),
            }
        }
    }
}

/// The index of a group of users.
pub fn group_index(cursor: &Cursor<'_>, groups: &[GroupSpec]) -> Result<usize> {
    index_of(cursor, groups.iter().map(|group| group.name.as_str()), "a group of users ([population.NAME])")
}

/// A user: the name of a group of one, or `group[index]`.
pub fn user(cursor: &Cursor<'_>, groups: &[GroupSpec]) -> Result<UserRef> {
    const EXPECTED: &str = "a user: the name of a group of one user, or `group[index]`";
    let text = cursor.node.value.as_text().ok_or_else(|| cursor.fail(EXPECTED))?;
    parse_user(text, groups).map_err(|problem| match problem {
        UserProblem::Group => unknown(cursor, text, EXPECTED, groups.iter().map(|group| group.name.as_str()))
            .near(near_user(text, groups)),
        UserProblem::Index(expected) => cursor.fail(expected),
    })
}

/// Why a text names no user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum UserProblem {
    /// There is no such group.
    Group,
    /// The group is there; what was expected of the index.
    Index(String),
}

/// The user that `text` names.
pub fn parse_user(text: &str, groups: &[GroupSpec]) -> std::result::Result<UserRef, UserProblem> {
    let (name, index) = match text.split_once('[') {
        Some((name, rest)) => (name, rest.strip_suffix(']')),
        None => (text, Some("")),
    };
    let group = groups.iter().position(|group| group.name == name).ok_or(UserProblem::Group)?;
    let users = groups[group].users;
    let wrong = || match users {
        1 => UserProblem::Index(format!("`{name}`, a group of one user")),
        _ => UserProblem::Index(format!("`{name}[0]` to `{name}[{}]`", users - 1)),
    };
    let index = match index {
        Some("") if users == 1 => 0,
        Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().map_err(|_| wrong())?,
        Some(_) | None => return Err(wrong()),
    };
    if index < users { Ok(UserRef { group, index }) } else { Err(wrong()) }
}

/// The user that `text` may have meant.
pub fn near_user(text: &str, groups: &[GroupSpec]) -> Option<String> {
    let at = text.find('[').unwrap_or(text.len());
    let near = nearest(&text[..at], groups.iter().map(|group| group.name.as_str()))?;
    Some(near + &text[at..])
}

fn unknown<'n>(
    cursor: &Cursor<'_>,
    text: &str,
    expected: &str,
    names: impl IntoIterator<Item = &'n str>,
) -> ConfigError {
    let names: Vec<&str> = names.into_iter().collect();
    let known = match names.len() {
        0 => "; the model has none".to_owned(),
        1..=12 => format!(" ({})", names.join(", ")),
        _ => String::new(),
    };
    let near = nearest(text, names);
    cursor.found(format!("the unknown name {}", quoted(text)), format!("{expected}{known}")).near(near)
}
