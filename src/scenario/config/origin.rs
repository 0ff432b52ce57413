//! Where a value of a model or experiment file comes from: the file, or the command line, and the place in it.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

/// A text that values were read from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// Path as shown to the user, or `--set`.
    pub name: String,
    /// The text; `None` when it could not be read.
    pub text: Option<String>,
}

/// A place in a [`Source`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Origin {
    source: Arc<Source>,
    start: usize,
    end: usize,
    section: Option<&'static str>,
}

impl Origin {
    /// The octets `span` of `source`.
    pub fn new(source: &Arc<Source>, span: Range<usize>) -> Origin {
        Origin { source: Arc::clone(source), start: span.start, end: span.end, section: None }
    }

    /// A file of which nothing could be read.
    pub fn unread(name: &str) -> Origin {
        Origin::new(&Arc::new(Source { name: name.to_owned(), text: None }), 0..0)
    }

    /// The same place, marked as reached through a section such as `[sweep]`.
    pub fn through(&self, section: &'static str) -> Origin {
        Origin { section: Some(section), ..self.clone() }
    }

    /// The text that holds the place.
    pub fn source(&self) -> &Arc<Source> {
        &self.source
    }

    /// The file, unless the value comes from the command line.
    pub fn file(&self) -> Option<PathBuf> {
        (!self.source.name.starts_with("--")).then(|| PathBuf::from(&self.source.name))
    }

    /// First octet and number of octets, held inside the text.
    pub fn span(&self) -> (usize, usize) {
        let text = self.text();
        let start = floor_boundary(text, self.start);
        let end = floor_boundary(text, self.end).max(start);
        (start, end - start)
    }

    /// Line and column, both from 1; a column counts characters.
    pub fn line_column(&self) -> (usize, usize) {
        let text = self.text();
        let before = &text[..floor_boundary(text, self.start)];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }

    fn text(&self) -> &str {
        self.source.text.as_deref().unwrap_or("")
    }
}

impl fmt::Display for Origin {
    /// `file:line:column`, with the section when there is one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source.name)?;
        if self.source.text.is_some() {
            let (line, column) = self.line_column();
            write!(f, ":{line}:{column}")?;
        }
        match self.section {
            Some(section) => write!(f, " ({section})"),
            None => Ok(()),
        }
    }
}

fn floor_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_from_one_and_in_characters() {
        let source = Arc::new(Source { name: "m.toml".to_owned(), text: Some("a = 1\né = 2\n".to_owned()) });
        assert_eq!(Origin::new(&source, 0..1).to_string(), "m.toml:1:1");
        assert_eq!(Origin::new(&source, 11..12).line_column(), (2, 5));
        assert_eq!(Origin::new(&source, 7..900).span(), (6, 7));
        assert_eq!(Origin::unread("x").to_string(), "x");
        assert_eq!(Origin::new(&source, 0..1).through("[sweep]").to_string(), "m.toml:1:1 ([sweep])");
    }
}
