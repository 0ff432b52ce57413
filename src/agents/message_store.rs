//! Message Storage Server: takes messages by IMAP APPEND (RFC 9051 section 6.3.12) over a standing connection. What
//! users do with their mailboxes is not modelled.

use super::observation::Fact;
use super::outbox::{Context, Input, Outgoing};
use crate::wire::Message;
use crate::wire::append::{Append, AppendStep};

/// One Message Storage Server.
#[derive(Clone, Debug, Default)]
pub struct MessageStore;

impl MessageStore {
    /// Handles one input.
    pub fn handle(&mut self, ctx: &mut Context<'_>, input: Input) {
        let (from, append, meta) = match input {
            Input::Message { from, message: Message::Append(append), meta, .. } => (from, append, meta),
            // Nothing lives in memory.
            Input::Restart { .. } => return,
            Input::Message { .. } | Input::Overload { .. } | Input::Timer { .. } | Input::Command(_) => {
                return ctx.observe(Fact::Stray);
            }
        };
        let (step, meta) = match append.step {
            AppendStep::Command(_) => (AppendStep::Continue, meta.provisional()),
            AppendStep::Literal(_) => (AppendStep::Done(true), meta.response()),
            AppendStep::Continue | AppendStep::Done(_) => return ctx.observe(Fact::Stray),
        };
        let (me, message) = (ctx.me, Message::Append(Box::new(Append { tag: append.tag, step })));
        ctx.out.send(Outgoing { from: me, to: from, message, meta, transmission: 0, tcp: true, opens: false });
    }
}
