//! What of a run is to be recorded, in the words of the command line, and how they resolve against a model.

use super::build::Layout;
use super::config::nearest::nearest;
use super::config::quantity::{DURATION, Quantity};
use super::config::{UserProblem, near_user, parse_user};
use super::model::Model;
use crate::agents::{Procedure, ReferencePoint};
use crate::kernel::{EntityId, Time};
use crate::measure::Filter;
use crate::measure::filter::UserTerminals;
use crate::wire::{Token, UserId};

/// What of a run is to be recorded. Whatever is empty selects everything; what is given must all hold.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Users by name: messages to, from or about them.
    pub users: Vec<String>,
    /// Messages by imdn.Message-ID or message-URI-ID, 16 hexadecimal digits.
    pub messages: Vec<String>,
    /// Sent at or after this instant.
    pub from_time: Option<String>,
    /// Sent at or before this instant.
    pub to_time: Option<String>,
    /// Reference points by name.
    pub reference_points: Vec<String>,
    /// Procedures by name.
    pub procedures: Vec<String>,
}

impl Selection {
    /// Whether it is a choice among messages, beyond that of procedures.
    pub fn is_of_messages(&self) -> bool {
        let lists = [&self.users, &self.messages, &self.reference_points];
        lists.iter().any(|list| !list.is_empty()) || self.from_time.is_some() || self.to_time.is_some()
    }

    /// The filter of a run of the model.
    ///
    /// # Errors
    ///
    /// A sentence that names the option, what was expected and what is nearest.
    pub fn filter(&self, model: &Model) -> Result<Filter, String> {
        let instant = |option, text: &Option<String>, default| match text {
            Some(text) => instant(option, text),
            None => Ok(default),
        };
        let procedures = Procedure::ALL.map(|procedure| (procedure.name(), procedure));
        let reference_points = ReferencePoint::ALL.map(|point| (point.name(), point));
        let mut filter = Filter::from(model.counts_from());
        filter.sent =
            instant("--from-time", &self.from_time, Time::ZERO)?..=instant("--to-time", &self.to_time, Time::MAX)?;
        filter.users = self.users.iter().map(|name| user(name, model)).collect::<Result<_, _>>()?;
        filter.messages = self.messages.iter().map(|text| message(text)).collect::<Result<_, _>>()?;
        filter.reference_points =
            named("--reference-point", "reference point", &self.reference_points, &reference_points)?;
        filter.procedures = named("--procedure", "procedure", &self.procedures, &procedures)?;
        Ok(filter)
    }
}

fn named<T: Copy>(option: &str, what: &str, names: &[String], known: &[(&str, T)]) -> Result<Vec<T>, String> {
    let find = |name: &String| match known.iter().find(|(known, _)| known == name) {
        Some((_, value)) => Ok(*value),
        None => {
            let all: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
            Err(format!("{option} {name}: there is no such {what}; expected one of {}", all.join(", ")))
        }
    };
    names.iter().map(find).collect()
}

fn instant(option: &str, text: &str) -> Result<Time, String> {
    let value = Quantity::parse(text, DURATION).ok().and_then(|quantity| quantity.integer(9, false));
    value.map(Time::from_nanos).ok_or_else(|| format!("{option} {text}: expected {}", DURATION.expected))
}

fn message(text: &str) -> Result<Token, String> {
    let expected = || format!("--message {text}: expected a message identifier of 16 hexadecimal digits");
    let raw = u64::from_str_radix(text, 16).ok().filter(|_| text.len() == 16).ok_or_else(expected)?;
    let counter = raw & ((1 << 40) - 1);
    if counter == 0 { Err(expected()) } else { Ok(Token::new(EntityId((raw >> 40) as u32), counter)) }
}

fn user(name: &str, model: &Model) -> Result<UserTerminals, String> {
    let found = parse_user(name, &model.groups).map_err(|problem| match problem {
        UserProblem::Index(expected) => format!("--user {name}: expected {expected}"),
        UserProblem::Group => {
            let groups = model.groups.iter().map(|group| group.name.as_str());
            let near = near_user(name, &model.groups).or_else(|| nearest(name, groups));
            let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            format!("--user {name}: the model has no such user{near}")
        }
    })?;
    let layout = Layout::new(model);
    let terminals = model.groups[found.group].devices.len() as u32;
    Ok(UserTerminals {
        user: UserId(layout.first_user[found.group] + found.index),
        first: EntityId(layout.first_terminal[found.group] + found.index * terminals),
        terminals,
    })
}
