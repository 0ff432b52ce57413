//! The value tree of a file: TOML values in file order, each with the place it comes from.

use std::ops::Range;
use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use super::error::{ConfigError, Result};
use super::origin::{Origin, Source};

/// A value and its place.
#[derive(Clone, PartialEq, Debug)]
pub struct Node {
    /// Where the value stands.
    pub origin: Origin,
    /// The value.
    pub value: Value,
}

/// A TOML value.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// `true` or `false`
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction or exponent.
    Float(f64),
    /// A text.
    Text(String),
    /// A date or time, which no key takes.
    Date(String),
    /// An array.
    Array(Vec<Node>),
    /// A table.
    Table(Table),
}

/// A table in file order.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Table {
    /// Keys with their own places, and values.
    pub entries: Vec<Entry>,
    /// Whether it is written `{ … }`.
    pub inline: bool,
}

/// A key of a table and its value.
#[derive(Clone, PartialEq, Debug)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub origin: Origin,
    /// The value.
    pub node: Node,
}

impl Table {
    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| &entry.node)
    }

    /// The value of `key`, to change.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.entries.iter_mut().find(|entry| entry.key == key).map(|entry| &mut entry.node)
    }

    /// Takes `key` out.
    pub fn remove(&mut self, key: &str) -> Option<Node> {
        let at = self.entries.iter().position(|entry| entry.key == key)?;
        Some(self.entries.remove(at).node)
    }

    /// The keys in file order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.key.as_str())
    }
}

impl Value {
    /// The table, if it is one.
    pub fn as_table(&self) -> Option<&Table> {
        if let Value::Table(table) = self { Some(table) } else { None }
    }

    /// The elements, if it is an array.
    pub fn as_array(&self) -> Option<&[Node]> {
        if let Value::Array(items) = self { Some(items) } else { None }
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        if let Value::Text(text) = self { Some(text) } else { None }
    }

    /// What an error says was found.
    pub fn describe(&self) -> String {
        match self {
            Value::Boolean(value) => value.to_string(),
            Value::Integer(value) => value.to_string(),
            Value::Float(value) => format!("{value:?}"),
            Value::Text(text) => quoted(text),
            Value::Date(text) => format!("the date {text}"),
            Value::Array(items) if items.is_empty() => "an empty array".to_owned(),
            Value::Array(_) => "an array".to_owned(),
            Value::Table(_) => "a table".to_owned(),
        }
    }
}

/// `text` in quotes, cut where it is long.
pub fn quoted(text: &str) -> String {
    const LONG: usize = 60;
    if text.chars().count() <= LONG {
        return format!("{text:?}");
    }
    let cut: String = text.chars().take(LONG).collect();
    format!("{cut:?}…")
}

/// Parses a whole file.
pub fn parse_document(source: &Arc<Source>) -> Result<Node> {
    let text = source.text.as_deref().unwrap_or("");
    let parsed = DeTable::parse(text).map_err(|error| syntax_error(source, &error))?;
    let table = convert_table(source, parsed.get_ref(), false, 0)?;
    // The whole document has no place of its own: its first octet stands for it.
    Ok(Node { origin: Origin::new(source, 0..0), value: Value::Table(table) })
}

/// Parses one value, as on the right of `KEY=VALUE`, all of it at `origin`; `None` when it is not TOML.
pub fn parse_value(text: &str, origin: &Origin) -> Option<Node> {
    let parsed = DeValue::parse(text).ok()?;
    let source = Arc::new(Source { name: String::new(), text: Some(text.to_owned()) });
    let node = convert(&source, parsed.get_ref(), parsed.span(), 0).ok()?;
    Some(replace_origins(node, origin))
}

/// Gives the node and everything below it the same place.
pub fn replace_origins(mut node: Node, origin: &Origin) -> Node {
    node.origin = origin.clone();
    node.value = match node.value {
        Value::Array(items) => Value::Array(items.into_iter().map(|item| replace_origins(item, origin)).collect()),
        Value::Table(mut table) => {
            table.entries = table
                .entries
                .into_iter()
                .map(|entry| Entry { origin: origin.clone(), node: replace_origins(entry.node, origin), ..entry })
                .collect();
            Value::Table(table)
        }
        value @ (Value::Boolean(_) | Value::Integer(_) | Value::Float(_) | Value::Text(_) | Value::Date(_)) => value,
    };
    node
}

/// Values nest no deeper than this: trees are walked by recursion.
const DEPTH_MAX: usize = 64;

fn syntax_error(source: &Arc<Source>, error: &toml::de::Error) -> ConfigError {
    let origin = Origin::new(source, error.span().unwrap_or(0..0));
    let (start, end) = origin.span();
    let text = source.text.as_deref().and_then(|text| text.get(start..start + end)).unwrap_or("").trim();
    if error.message() == "duplicate key" {
        return ConfigError::new(&origin, text, "a second value", "one value for each key of a table");
    }
    ConfigError::new(&origin, "", format!("text that is not TOML ({})", error.message()), "a TOML file")
}

fn convert(source: &Arc<Source>, value: &DeValue<'_>, span: Range<usize>, depth: usize) -> Result<Node> {
    let origin = Origin::new(source, span.clone());
    let bad = |what: &str, expected: &str| ConfigError::new(&origin, "", what, expected);
    if depth > DEPTH_MAX {
        return Err(bad("values that nest too deeply", "at most 64 levels"));
    }
    let value = match value {
        DeValue::String(text) => Value::Text(text.clone().into_owned()),
        DeValue::Integer(number) => Value::Integer(
            i64::from_str_radix(number.as_str(), number.radix())
                .map_err(|_| bad("a whole number that is too large", "a number of 64 bits with a sign"))?,
        ),
        DeValue::Float(number) => {
            Value::Float(number.as_str().parse().map_err(|_| bad("a number that cannot be read", "a number"))?)
        }
        DeValue::Boolean(value) => Value::Boolean(*value),
        DeValue::Datetime(date) => Value::Date(date.to_string()),
        DeValue::Array(items) => {
            let items = items.iter().map(|item| convert(source, item.get_ref(), item.span(), depth + 1));
            Value::Array(items.collect::<Result<_>>()?)
        }
        DeValue::Table(table) => {
            let text = source.text.as_deref().unwrap_or("");
            let inline = text.as_bytes().get(span.start) == Some(&b'{');
            Value::Table(convert_table(source, table, inline, depth)?)
        }
    };
    Ok(Node { origin, value })
}

fn convert_table(source: &Arc<Source>, table: &DeTable<'_>, inline: bool, depth: usize) -> Result<Table> {
    let mut entries = Vec::with_capacity(table.len());
    for (key, value) in table {
        entries.push(Entry {
            key: key.get_ref().clone().into_owned(),
            origin: Origin::new(source, key.span()),
            node: convert(source, value.get_ref(), value.span(), depth + 1)?,
        });
    }
    // The parser sorts by name; the order of the file is the order of the places.
    entries.sort_by_key(|entry| entry.origin.span().0);
    Ok(Table { entries, inline })
}
