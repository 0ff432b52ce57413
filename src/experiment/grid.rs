//! The points of a sweep: `[set]`, `[[case]]` and `[sweep]` to overrides.

use super::plan::through;
use crate::scenario::config::decode::{Cursor, Fields, check_name};
use crate::scenario::config::tree::{Node, Table, Value};
use crate::scenario::config::{Override, Result};

/// An experiment has at most this many points.
const POINTS_MAX: usize = 100_000;

/// A swept key, or the cases.
#[derive(Clone, Debug)]
pub struct Axis {
    /// The column of `points.csv`.
    pub key: String,
    /// Its values in file order.
    pub choices: Vec<Choice>,
    node: Node,
}

/// A value of an axis.
#[derive(Clone, Debug)]
pub struct Choice {
    /// The cell of `points.csv`.
    pub text: String,
    /// What it changes in the model.
    pub changes: Vec<Override>,
}

/// The fixed values of `[set]`.
pub fn fixed(top: &Fields<'_>) -> Result<Vec<Override>> {
    let Some(cursor) = top.get("set") else { return Ok(Vec::new()) };
    overrides(&cursor, "[set]")
}

/// The cases, then the swept keys, in file order.
pub fn axes(top: &Fields<'_>) -> Result<Vec<Axis>> {
    let mut axes: Vec<Axis> = cases(top)?.into_iter().collect();
    let Some(cursor) = top.get("sweep") else { return Ok(axes) };
    cursor.entries()?;
    for (key, node) in leaves(&cursor) {
        let cursor = Cursor { key: format!("sweep.{key}"), node };
        let values = cursor.list().map_err(|_| cursor.fail("a list of values"))?;
        if values.is_empty() {
            return Err(cursor.fail("a list of one value or more"));
        }
        let choice = |value: &Cursor<'_>| {
            let changes = vec![Override::new(&key, through(value.node, "[sweep]"))?];
            Ok(Choice { text: canonical(&value.node.value), changes })
        };
        let choices = values.iter().map(choice).collect::<Result<Vec<_>>>()?;
        refuse_twins(&choices, &cursor)?;
        axes.push(Axis { key, choices, node: node.clone() });
    }
    Ok(axes)
}

fn refuse_twins(choices: &[Choice], cursor: &Cursor<'_>) -> Result<()> {
    for (at, choice) in choices.iter().enumerate() {
        if choices[..at].iter().any(|earlier| earlier.text == choice.text) {
            return Err(cursor.found(format!("{:?} twice", choice.text), "each value once"));
        }
    }
    Ok(())
}

fn cases(top: &Fields<'_>) -> Result<Option<Axis>> {
    let Some(cursor) = top.get("case") else { return Ok(None) };
    let mut choices = Vec::new();
    for case in cursor.tables()? {
        let name = case.node.value.as_table().and_then(|table| table.get("name")).map(|node| case.below("name", node));
        let fields = Fields { cursor: case.clone() };
        let name = name.ok_or_else(|| fields.missing("name", "the name of the case"))?;
        check_name(name.text()?, name.origin(), &name.key)?;
        let mut changes = overrides(&case, "[[case]]")?;
        changes.retain(|change| change.key() != "name");
        choices.push(Choice { text: name.text()?.to_owned(), changes });
    }
    refuse_twins(&choices, &cursor)?;
    if choices.is_empty() {
        return Err(cursor.fail("one case or more"));
    }
    Ok(Some(Axis { key: "case".to_owned(), choices, node: cursor.node.clone() }))
}

fn overrides(cursor: &Cursor<'_>, section: &'static str) -> Result<Vec<Override>> {
    cursor.entries()?;
    leaves(cursor).into_iter().map(|(key, node)| Override::new(&key, through(node, section))).collect()
}

/// Dotted keys and values below a table, in file order. An inline table is a value.
fn leaves<'a>(cursor: &Cursor<'a>) -> Vec<(String, &'a Node)> {
    let mut found = Vec::new();
    if let Some(table) = cursor.node.value.as_table() {
        collect(table, "", &mut found);
    }
    found.sort_by_key(|(place, _, _)| *place);
    found.into_iter().map(|(_, key, node)| (key, node)).collect()
}

fn collect<'a>(table: &'a Table, prefix: &str, found: &mut Vec<(usize, String, &'a Node)>) {
    for entry in &table.entries {
        let key = if prefix.is_empty() { entry.key.clone() } else { format!("{prefix}.{}", entry.key) };
        match entry.node.value.as_table() {
            Some(table) if !table.inline => collect(table, &key, found),
            Some(_) | None => found.push((entry.origin.span().0, key, &entry.node)),
        }
    }
}

/// A value as `points.csv` writes it: texts without quotes.
fn canonical(value: &Value) -> String {
    match value {
        Value::Text(text) | Value::Date(text) => text.clone(),
        Value::Boolean(value) => value.to_string(),
        Value::Integer(value) => value.to_string(),
        Value::Float(value) => value.to_string(),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(|item| canonical(&item.value)).collect::<Vec<_>>().join(", "))
        }
        Value::Table(table) => {
            let entry = |entry: &crate::scenario::config::tree::Entry| {
                format!("{} = {}", entry.key, canonical(&entry.node.value))
            };
            format!("{{ {} }}", table.entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
    }
}

/// The choices of every point: all combinations, the last axis fastest.
pub fn points(axes: &[Axis]) -> Result<Vec<Vec<&Choice>>> {
    let mut points: Vec<Vec<&Choice>> = vec![Vec::new()];
    for axis in axes {
        let count = points.len().saturating_mul(axis.choices.len());
        if count > POINTS_MAX {
            let cursor = Cursor { key: axis.key.clone(), node: &axis.node };
            return Err(cursor.found(format!("{count} points"), format!("at most {POINTS_MAX} points")));
        }
        points = points
            .iter()
            .flat_map(|point| axis.choices.iter().map(move |choice| [point.as_slice(), &[choice]].concat()))
            .collect();
    }
    Ok(points)
}
