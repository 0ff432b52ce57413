//! Why octets could not be read.

/// What is wrong, and with which part.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{part}: {what}")]
pub struct Fault {
    /// The part: `start line`, the name of a header field, `body`, `URI`.
    pub part: &'static str,
    /// What is wrong with it.
    pub what: &'static str,
}

impl Fault {
    pub(super) const fn new(part: &'static str, what: &'static str) -> Fault {
        Fault { part, what }
    }

    /// The same fault as one of this part.
    pub(super) const fn of(self, part: &'static str) -> Fault {
        Fault { part, what: self.what }
    }
}
