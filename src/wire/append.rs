//! IMAP (RFC 9051) as far as the PF uses it: APPEND of a deferred message to its user's message store.

use super::id::Token;
use super::message::MessageKind;
use super::names::Names;
use super::sink::{Counter, Sink};
use super::sip::Body;
use super::sip::body::Cpim;

/// A line or literal of an APPEND.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Append {
    /// Tag of the command, on the wire in the command and in its completion.
    pub tag: Token,
    /// Which of the four messages it is.
    pub step: AppendStep,
}

/// The messages of an APPEND in their order.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum AppendStep {
    /// The command, which announces this many octets of literal.
    Command(u32),
    /// `+`: the server waits for the literal.
    Continue,
    /// The message.
    Literal(Cpim),
    /// Tagged OK or NO.
    Done(bool),
}

/// A message of an APPEND by its kind.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum AppendLine {
    /// The command.
    Command,
    /// The continuation request.
    Continue,
    /// The literal.
    Literal,
    /// Tagged OK.
    Ok,
    /// Tagged NO.
    No,
}

impl AppendLine {
    /// The name in results.
    pub const fn name(self) -> &'static str {
        match self {
            AppendLine::Command => "APPEND",
            AppendLine::Continue => "continue",
            AppendLine::Literal => "literal",
            AppendLine::Ok => "OK APPEND",
            AppendLine::No => "NO APPEND",
        }
    }
}

impl Append {
    /// What it is.
    pub fn kind(&self) -> MessageKind {
        MessageKind::Append(match self.step {
            AppendStep::Command(_) => AppendLine::Command,
            AppendStep::Continue => AppendLine::Continue,
            AppendStep::Literal(_) => AppendLine::Literal,
            AppendStep::Done(true) => AppendLine::Ok,
            AppendStep::Done(false) => AppendLine::No,
        })
    }

    /// The message that it carries.
    pub fn cpim(&self) -> Option<&Cpim> {
        match &self.step {
            AppendStep::Literal(cpim) => Some(cpim),
            AppendStep::Command(_) | AppendStep::Continue | AppendStep::Done(_) => None,
        }
    }

    /// Writes the message.
    pub fn write(&self, names: &Names, sink: &mut impl Sink) {
        match &self.step {
            AppendStep::Command(octets) => {
                sink.hex16(self.tag.raw());
                sink.text(" APPEND \"CPM\" {");
                sink.decimal(u64::from(*octets));
                sink.text("}");
            }
            AppendStep::Continue => sink.text("+ Ready for literal data"),
            AppendStep::Literal(cpim) => Body::Cpim(*cpim).write(names, sink),
            AppendStep::Done(done) => {
                sink.hex16(self.tag.raw());
                sink.text(if *done { " OK APPEND completed" } else { " NO APPEND failed" });
            }
        }
        sink.text("\r\n");
    }

    /// Its octets on the wire.
    pub fn wire_len(&self, names: &Names) -> u64 {
        let mut counter = Counter::default();
        self.write(names, &mut counter);
        counter.0
    }
}
