//! Typed reading of the value tree: a cursor knows its dotted key, so that every error can say which one it is.

use std::ops::RangeInclusive;

use super::error::{ConfigError, Result};
use super::nearest::nearest;
use super::origin::Origin;
use super::quantity::{BIT_RATE, DURATION, EVENT_RATE, Kind, LONGEST, OCTETS, Quantity};
use super::tree::{Entry, Node, Value};
use crate::kernel::{Span, Time};

/// A value and its dotted key.
#[derive(Clone, Debug)]
pub struct Cursor<'a> {
    /// The dotted key from the top of the model.
    pub key: String,
    /// The value.
    pub node: &'a Node,
}

/// Names that a key may take, with what they stand for.
pub type Choices<'c, T> = &'c [(&'static str, T)];

impl<'a> Cursor<'a> {
    /// The top of a tree.
    pub fn top(node: &'a Node) -> Cursor<'a> {
        Cursor { key: String::new(), node }
    }

    /// A value below this one.
    pub fn below(&self, segment: &str, node: &'a Node) -> Cursor<'a> {
        let key = if self.key.is_empty() { segment.to_owned() } else { format!("{}.{segment}", self.key) };
        Cursor { key, node }
    }

    /// Where the value stands.
    pub fn origin(&self) -> &'a Origin {
        &self.node.origin
    }

    /// An error: the value is not what is expected.
    pub fn fail(&self, expected: impl Into<String>) -> ConfigError {
        self.found(self.node.value.describe(), expected)
    }

    /// An error with its own words for what was found.
    pub fn found(&self, found: impl Into<String>, expected: impl Into<String>) -> ConfigError {
        ConfigError::new(&self.node.origin, &self.key, found, expected)
    }

    /// A text.
    pub fn text(&self) -> Result<&'a str> {
        self.node.value.as_text().ok_or_else(|| self.fail("a text in quotes"))
    }

    /// `true` or `false`.
    pub fn boolean(&self) -> Result<bool> {
        if let Value::Boolean(value) = self.node.value { Ok(value) } else { Err(self.fail("true or false")) }
    }

    /// A whole number in `range`.
    pub fn integer(&self, range: RangeInclusive<u64>) -> Result<u64> {
        let fail = || self.fail(format!("a whole number from {} to {}", range.start(), range.end()));
        let Value::Integer(value) = self.node.value else { return Err(fail()) };
        u64::try_from(value).ok().filter(|value| range.contains(value)).ok_or_else(fail)
    }

    /// A whole number of 32 bits, at least `least`.
    pub fn count(&self, least: u32) -> Result<u32> {
        let value = self.integer(u64::from(least)..=u64::from(u32::MAX))?;
        u32::try_from(value).map_err(|_| self.fail("a whole number of 32 bits"))
    }

    /// A number of at least `least`, without a unit.
    pub fn number(&self, least: f64) -> Result<f64> {
        let fail = || self.fail(format!("a number of at least {least}"));
        let value = match self.node.value {
            Value::Integer(value) => value as f64,
            Value::Float(value) => value,
            Value::Boolean(_) | Value::Text(_) | Value::Date(_) | Value::Array(_) | Value::Table(_) => {
                return Err(fail());
            }
        };
        if value.is_finite() && value >= least { Ok(value) } else { Err(fail()) }
    }

    /// A duration.
    pub fn span(&self) -> Result<Span> {
        let quantity = self.quantity(DURATION)?;
        let span = quantity.integer(9, false).map(Span::from_nanos).filter(|span| *span <= LONGEST);
        span.ok_or_else(|| self.fail("a duration of at most 36500d"))
    }

    /// A duration above zero.
    pub fn positive_span(&self) -> Result<Span> {
        let span = self.span()?;
        if span.is_zero() { Err(self.fail("a duration of at least 1ns")) } else { Ok(span) }
    }

    /// An instant, as the duration from the start of the run.
    pub fn time(&self) -> Result<Time> {
        Ok(Time::from_nanos(self.span()?.as_nanos()))
    }

    /// A duration in seconds, as distributions hold it.
    pub fn seconds(&self) -> Result<f64> {
        self.span()?;
        Ok(self.quantity(DURATION)?.value())
    }

    /// A whole number of octets of 32 bits.
    pub fn octets(&self) -> Result<u32> {
        let octets = self.quantity(OCTETS)?.integer(0, true).and_then(|octets| u32::try_from(octets).ok());
        octets.ok_or_else(|| self.fail("a whole number of octets below 4 GiB"))
    }

    /// A number of octets, not always whole, as distributions hold it.
    pub fn octets_value(&self) -> Result<f64> {
        let octets = self.quantity(OCTETS)?.value();
        if octets < 4_294_967_296.0 { Ok(octets) } else { Err(self.fail("a size below 4 GiB")) }
    }

    /// A number of octets per second, given in bits per second.
    pub fn octet_rate(&self) -> Result<f64> {
        let rate = self.quantity(BIT_RATE)?.value() / 8.0;
        if rate.is_finite() && rate > 0.0 { Ok(rate) } else { Err(self.fail("a rate above zero")) }
    }

    /// Events per second.
    pub fn event_rate(&self) -> Result<f64> {
        let rate = self.quantity(EVENT_RATE)?.per();
        if rate <= 1e9 { Ok(rate) } else { Err(self.fail("a rate of at most 1000000000/s")) }
    }

    /// A ratio from 0 to 1: a number, or a percentage.
    pub fn ratio(&self) -> Result<f64> {
        let fail = || self.fail("a number from 0 to 1 or a percentage such as \"5%\"");
        let value = match self.node.value.as_text() {
            None => self.number(0.0).map_err(|_| fail())?,
            Some(text) => {
                let percent = text.strip_suffix('%').filter(|number| number.bytes().all(is_decimal));
                let ratio = percent.and_then(|number| format!("{number}e-2").parse().ok());
                ratio.ok_or_else(fail)?
            }
        };
        if (0.0..=1.0).contains(&value) { Ok(value) } else { Err(fail()) }
    }

    /// One of the names of `choices`.
    pub fn choice<T: Clone>(&self, choices: Choices<'_, T>) -> Result<T> {
        let expected = || one_of(choices.iter().map(|(name, _)| *name));
        let text = self.node.value.as_text().ok_or_else(|| self.fail(expected()))?;
        let found = choices.iter().find(|(name, _)| *name == text).map(|(_, value)| value.clone());
        found.ok_or_else(|| self.fail(expected()).near(nearest(text, choices.iter().map(|(name, _)| *name))))
    }

    /// `None` for `word`, else what `read` makes of the value.
    pub fn unless<T>(&self, word: &str, read: impl FnOnce(&Self) -> Result<T>) -> Result<Option<T>> {
        if self.node.value.as_text() == Some(word) { Ok(None) } else { read(self).map(Some) }
    }

    /// The elements of an array.
    pub fn list(&self) -> Result<Vec<Cursor<'a>>> {
        let items = self.node.value.as_array().ok_or_else(|| self.fail("an array"))?;
        Ok(items.iter().enumerate().map(|(at, item)| self.below(&at.to_string(), item)).collect())
    }

    /// The elements of an array, or the value alone.
    pub fn list_or_one(&self) -> Vec<Cursor<'a>> {
        self.list().unwrap_or_else(|_| vec![self.clone()])
    }

    /// The tables of an array of tables; their keys use the `name` where one is given.
    pub fn tables(&self) -> Result<Vec<Cursor<'a>>> {
        let fail = |cursor: &Cursor<'_>| cursor.fail(format!("tables, each under [[{}]]", self.key));
        let items = self.node.value.as_array().ok_or_else(|| fail(self))?;
        let cursor = |(at, node): (usize, &'a Node)| {
            let plain = self.below(&at.to_string(), node);
            let table = node.value.as_table().ok_or_else(|| fail(&plain))?;
            let name = table.get("name").and_then(|name| name.value.as_text());
            Ok(name.map_or(plain, |name| self.below(name, node)))
        };
        items.iter().enumerate().map(cursor).collect()
    }

    /// The entries of a table.
    pub fn entries(&self) -> Result<&'a [Entry]> {
        self.node.value.as_table().map(|table| table.entries.as_slice()).ok_or_else(|| self.fail("a table"))
    }

    /// The entries of a table whose keys are names given by the model, sorted by name.
    pub fn named(&self) -> Result<Vec<(&'a str, Cursor<'a>)>> {
        let mut named = Vec::new();
        for entry in self.entries()? {
            let cursor = self.below(&entry.key, &entry.node);
            check_name(&entry.key, &entry.origin, &cursor.key)?;
            named.push((entry.key.as_str(), cursor));
        }
        named.sort_by_key(|(name, _)| *name);
        Ok(named)
    }

    /// The table, with keys among `keys` only.
    pub fn fields(&self, keys: &[&'static str]) -> Result<Fields<'a>> {
        for entry in self.entries()? {
            if !keys.contains(&entry.key.as_str()) {
                let key = self.below(&entry.key, &entry.node).key;
                let near = nearest(&entry.key, keys.iter().copied());
                let expected = one_of(keys.iter().copied());
                return Err(ConfigError::new(&entry.origin, key, "an unknown key", expected).near(near));
            }
        }
        Ok(Fields { cursor: self.clone() })
    }

    fn quantity(&self, kind: Kind) -> Result<Quantity<'a>> {
        let text = self.node.value.as_text().ok_or_else(|| self.fail(kind.expected).near(self.with_unit(kind)))?;
        Quantity::parse(text, kind).map_err(|near| self.fail(kind.expected).near(near))
    }

    /// What a number without a unit may have meant.
    fn with_unit(&self, kind: Kind) -> Option<String> {
        match self.node.value {
            Value::Integer(value) if value >= 0 => Some(format!("{value}{}", kind.usual_unit())),
            Value::Float(value) if value >= 0.0 && value.is_finite() => Some(format!("{value}{}", kind.usual_unit())),
            Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Text(_) | Value::Date(_) => None,
            Value::Array(_) | Value::Table(_) => None,
        }
    }
}

/// A table whose keys are known to be allowed.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    /// The table itself.
    pub cursor: Cursor<'a>,
}

impl<'a> Fields<'a> {
    /// The value of `key`, if given.
    pub fn get(&self, key: &str) -> Option<Cursor<'a>> {
        let node = self.cursor.node.value.as_table()?.get(key)?;
        Some(self.cursor.below(key, node))
    }

    /// The value of `key`, which must be given.
    pub fn need(&self, key: &str, expected: &str) -> Result<Cursor<'a>> {
        self.get(key).ok_or_else(|| self.missing(key, expected))
    }

    /// What `read` makes of `key`, if given.
    pub fn opt<T>(&self, key: &str, read: impl FnOnce(&Cursor<'a>) -> Result<T>) -> Result<Option<T>> {
        self.get(key).map(|cursor| read(&cursor)).transpose()
    }

    /// What `read` makes of `key`, else `default`.
    pub fn or<T>(&self, key: &str, default: T, read: impl FnOnce(&Cursor<'a>) -> Result<T>) -> Result<T> {
        Ok(self.opt(key, read)?.unwrap_or(default))
    }

    /// An error: `key` is not given.
    pub fn missing(&self, key: &str, expected: &str) -> ConfigError {
        let key = self.cursor.below(key, self.cursor.node).key;
        ConfigError::new(self.cursor.origin(), key, "no such key", expected)
    }
}

/// `a`, `b` or `c`.
pub fn one_of<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    match names.as_slice() {
        [] => "nothing here".to_owned(),
        [name] => (*name).to_owned(),
        [names @ .., last] => format!("one of {} or {last}", names.join(", ")),
    }
}

/// Names stand in dotted keys, in CSV cells and in domain names.
pub fn check_name(name: &str, origin: &Origin, key: &str) -> Result<()> {
    let letter = name.starts_with(|c: char| c.is_ascii_alphabetic());
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if letter && name.chars().all(allowed) && name.len() <= 64 {
        return Ok(());
    }
    let expected = "a letter, then letters, digits, `_` and `-`, at most 64 in all";
    Err(ConfigError::new(origin, key, format!("the name {}", super::tree::quoted(name)), expected))
}

fn is_decimal(octet: u8) -> bool {
    octet.is_ascii_digit() || octet == b'.'
}
