//! `include`: other files beneath a file's own keys. Tables merge key by key, arrays of tables join (included first),
//! and of two values for one key the file's own wins.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::{ConfigError, Result};
use super::files::{Files, relative_to, shown};
use super::origin::Source;
use super::tree::{Node, Table, Value, parse_document};

/// The tree of the file `path`, whose text is `source`, over everything that it includes.
pub fn resolve(path: &Path, source: &Arc<Source>, files: &mut Files) -> Result<Node> {
    let mut reader = Reader { files, open: vec![relative_to(path, &file_name(path))], done: Vec::new() };
    reader.tree(path, source)
}

struct Reader<'a> {
    files: &'a mut Files,
    open: Vec<PathBuf>,
    done: Vec<PathBuf>,
}

impl Reader<'_> {
    fn tree(&mut self, path: &Path, source: &Arc<Source>) -> Result<Node> {
        let mut own = parse_document(source)?;
        let Value::Table(table) = &mut own.value else { return Ok(own) };
        let Some(include) = table.remove("include") else { return Ok(own) };
        let mut base = Table::default();
        for item in include_list(&include)? {
            if let Some(included) = self.included(path, item)? {
                base = merge(base, included);
            }
        }
        let own_table = std::mem::take(table);
        own.value = Value::Table(merge(base, own_table));
        Ok(own)
    }

    /// The tree of one included file, `None` when it is already beneath.
    fn included(&mut self, by: &Path, item: (&Node, &str)) -> Result<Option<Table>> {
        let (node, name) = item;
        let path = relative_to(by, name);
        if self.open.contains(&path) {
            let chain: Vec<String> = self.open.iter().chain([&path]).map(|path| shown(path)).collect();
            let found = format!("a cycle: {}", chain.join(" includes "));
            return Err(ConfigError::new(&node.origin, "include", found, "files that do not include each other"));
        }
        if self.done.contains(&path) {
            return Ok(None);
        }
        let source = self.files.text(&path, Some((&node.origin, "include")))?;
        self.open.push(path.clone());
        let tree = self.tree(&path, &source)?;
        self.open.pop();
        self.done.push(path);
        let Value::Table(table) = tree.value else { return Ok(None) };
        Ok(Some(table))
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn include_list(include: &Node) -> Result<Vec<(&Node, &str)>> {
    let fail = |node: &Node| {
        ConfigError::new(&node.origin, "include", node.value.describe(), "a list of paths of model files")
    };
    let items = include.value.as_array().ok_or_else(|| fail(include))?;
    items.iter().map(|item| Ok((item, item.value.as_text().ok_or_else(|| fail(item))?))).collect()
}

/// `own` over `base`.
fn merge(mut base: Table, own: Table) -> Table {
    for entry in own.entries {
        match base.entries.iter_mut().find(|known| known.key == entry.key) {
            None => base.entries.push(entry),
            Some(known) => {
                known.node = merge_nodes(std::mem::replace(&mut known.node, entry.node.clone()), entry.node);
                known.origin = entry.origin;
            }
        }
    }
    base
}

fn merge_nodes(base: Node, own: Node) -> Node {
    let value = match (base.value, own.value) {
        (Value::Table(base), Value::Table(own)) if !is_distribution(&base) && !is_distribution(&own) => {
            Value::Table(merge(base, own))
        }
        (Value::Array(mut base), Value::Array(own)) if is_tables(&base) && is_tables(&own) => {
            base.extend(own);
            Value::Array(base)
        }
        (_, own) => own,
    };
    Node { origin: own.origin, value }
}

/// The parameters of two distributions do not mix.
fn is_distribution(table: &Table) -> bool {
    table.get("dist").is_some()
}

fn is_tables(items: &[Node]) -> bool {
    items.iter().all(|item| item.value.as_table().is_some())
}
