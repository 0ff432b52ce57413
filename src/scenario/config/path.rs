//! Dotted paths: one name for every value of a model, shared by `--set`, `[set]`, `[sweep]` and `points.csv`.

use std::sync::Arc;

use super::error::{ConfigError, Result};
use super::nearest::nearest;
use super::origin::{Origin, Source};
use super::tree::{Entry, Node, Table, Value, parse_value, quoted};

/// A value to put in place of another: `KEY=VALUE`.
#[derive(Clone, PartialEq, Debug)]
pub struct Override {
    key: String,
    segments: Vec<String>,
    origin: Origin,
    value: Value,
}

/// Tables that an override may create: they hold settings with defaults, not names.
const SETTINGS: [&str; 8] = ["order", "policies", "sip", "mem", "mms", "sms", "trace", "measure"];
/// Tables whose keys are names that a model gives.
const COLLECTIONS: [&str; 4] = ["nodes", "access", "devices", "population"];
const DEPTH_MAX: usize = 32;

impl Override {
    /// From the `KEY=VALUE` of a command line. A VALUE that is not a TOML value is a text.
    pub fn parse(text: &str) -> Result<Override> {
        let source = Arc::new(Source { name: "--set".to_owned(), text: Some(text.to_owned()) });
        let Some((key, value)) = text.split_once('=') else {
            let origin = Origin::new(&source, 0..text.len());
            return Err(ConfigError::new(&origin, "", quoted(text), "KEY=VALUE, such as nodes.q.servers=4"));
        };
        let origin = Origin::new(&source, key.len() + 1..text.len());
        let value = value.trim();
        let node = parse_value(value, &origin)
            .unwrap_or_else(|| Node { origin: origin.clone(), value: Value::Text(value.to_owned()) });
        Override::new(key.trim(), node)
    }

    /// From a dotted key and a value of a file.
    pub fn new(key: &str, node: Node) -> Result<Override> {
        let segments = split(key)
            .filter(|segments| segments.len() <= DEPTH_MAX)
            .ok_or_else(|| ConfigError::new(&node.origin, "", quoted(key), "a dotted key, such as nodes.q.servers"))?;
        Ok(Override { key: segments.join("."), segments, origin: node.origin, value: node.value })
    }

    /// The dotted key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The value.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// Where it comes from.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Puts the value into `tree`. A table of settings that the file leaves out is created; a name must exist.
    pub fn apply(&self, tree: &mut Node) -> Result<()> {
        let mut node = tree;
        let mut walked: Vec<&str> = Vec::new();
        let (last, parents) = self.segments.split_last().ok_or_else(|| self.bad_path("", "nothing", "a key", None))?;
        for segment in parents {
            node = self.step(node, &walked, segment, false)?;
            walked.push(segment);
        }
        let target = self.step(node, &walked, last, true)?;
        *target = Node { origin: self.origin.clone(), value: self.value.clone() };
        Ok(())
    }

    fn step<'t>(&self, node: &'t mut Node, walked: &[&str], segment: &str, last: bool) -> Result<&'t mut Node> {
        match &mut node.value {
            Value::Table(table) => {
                if table.get(segment).is_none() {
                    self.check_new(table, walked, segment, last)?;
                    table.entries.push(self.empty_entry(segment));
                }
                let found = table.get_mut(segment);
                found.ok_or_else(|| self.bad_path(&walked.join("."), "no such key", "an existing key", None))
            }
            Value::Array(items) => {
                let at = position(items, segment);
                let names: Vec<&str> = items.iter().filter_map(name_of).collect();
                let count = names.len().max(items.len());
                let near = nearest(segment, names);
                let expected = format!("a name or an index below {count} in `{}`", walked.join("."));
                match at.and_then(|at| items.get_mut(at)) {
                    Some(item) => Ok(item),
                    None => Err(self.bad_path(segment, &format!("no element `{segment}`"), &expected, near)),
                }
            }
            value @ (Value::Boolean(_) | Value::Integer(_) | Value::Float(_) | Value::Text(_) | Value::Date(_)) => {
                let found = format!("{} at `{}`", value.describe(), walked.join("."));
                Err(self.bad_path(segment, &found, "a table or an array", None))
            }
        }
    }

    /// Whether `segment` may be added to `table`. The keys of an existing table are judged when the model is read.
    fn check_new(&self, table: &Table, walked: &[&str], segment: &str, last: bool) -> Result<()> {
        let expected = match walked {
            [] if last || SETTINGS.contains(&segment) => return Ok(()),
            [] => "the path of a value of the model".to_owned(),
            [collection] if COLLECTIONS.contains(collection) => format!("an existing name in `{collection}`"),
            [..] => return Ok(()),
        };
        let known = table.keys().chain(SETTINGS.into_iter().filter(|_| walked.is_empty()));
        let near = nearest(segment, known);
        Err(self.bad_path(segment, &format!("no `{segment}` in the model"), &expected, near))
    }

    fn empty_entry(&self, segment: &str) -> Entry {
        let node = Node { origin: self.origin.clone(), value: Value::Table(Table::default()) };
        Entry { key: segment.to_owned(), origin: self.origin.clone(), node }
    }

    fn bad_path(&self, segment: &str, found: &str, expected: &str, near: Option<String>) -> ConfigError {
        let near = near.map(|near| {
            let parts = self.segments.iter().map(|part| if part == segment { near.as_str() } else { part });
            parts.collect::<Vec<_>>().join(".")
        });
        ConfigError::new(&self.origin, &self.key, found, expected).near(near)
    }
}

/// The element with the `name`, or else with the index.
fn position(items: &[Node], segment: &str) -> Option<usize> {
    items.iter().position(|item| name_of(item) == Some(segment)).or_else(|| segment.parse().ok())
}

fn name_of(node: &Node) -> Option<&str> {
    node.value.as_table()?.get("name")?.value.as_text()
}

/// The segments of a dotted key; `None` when one is empty.
fn split(key: &str) -> Option<Vec<String>> {
    let segments: Vec<String> = key.split('.').map(|part| part.trim().trim_matches('"').to_owned()).collect();
    segments.iter().all(|segment| !segment.is_empty()).then_some(segments)
}
