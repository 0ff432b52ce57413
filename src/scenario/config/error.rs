//! The one error of model and experiment files: where, which key, what was found, what was expected, what is nearest.

use std::fmt;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};

use super::origin::Origin;

/// Something in a model or experiment file is wrong.
#[derive(Debug, thiserror::Error)]
pub struct ConfigError(Box<Detail>);

#[derive(Debug)]
struct Detail {
    origin: Origin,
    key: String,
    found: String,
    expected: String,
    near: Option<String>,
    context: Option<String>,
    excerpt: NamedSource<String>,
}

/// The result of reading a file.
pub type Result<T> = std::result::Result<T, ConfigError>;

impl ConfigError {
    /// `key`, at `origin`, holds `found` where `expected` should be.
    pub fn new(
        origin: &Origin,
        key: impl Into<String>,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> ConfigError {
        let source = origin.source();
        let excerpt = NamedSource::new(&source.name, source.text.clone().unwrap_or_default());
        ConfigError(Box::new(Detail {
            origin: origin.clone(),
            key: key.into(),
            found: found.into(),
            expected: expected.into(),
            near: None,
            context: None,
            excerpt,
        }))
    }

    /// Names the nearest known key or value, if there is one.
    pub fn near(mut self, near: Option<String>) -> ConfigError {
        self.0.near = near;
        self
    }

    /// Says in which part of the work it happened, such as a point of an experiment.
    pub fn within(mut self, context: String) -> ConfigError {
        self.0.context = Some(context);
        self
    }

    /// The dotted key.
    pub fn key(&self) -> &str {
        &self.0.key
    }

    /// Where it is.
    pub fn origin(&self) -> &Origin {
        &self.0.origin
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Detail { origin, key, found, expected, near, context, .. } = &*self.0;
        write!(f, "{origin}: ")?;
        if let Some(context) = context {
            write!(f, "{context}: ")?;
        }
        if !key.is_empty() {
            write!(f, "`{key}`: ")?;
        }
        write!(f, "found {found}, expected {expected}")?;
        match near {
            Some(near) => write!(f, "; did you mean `{near}`?"),
            None => Ok(()),
        }
    }
}

impl Diagnostic for ConfigError {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.0.origin.source().text.as_ref().map(|_| &self.0.excerpt as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.0.origin.source().text.as_ref()?;
        let (start, length) = self.0.origin.span();
        let label = LabeledSpan::new(Some("here".to_owned()), start, length);
        Some(Box::new(std::iter::once(label)))
    }
}
