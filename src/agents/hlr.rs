//! Home Location Register, as far as short messages need it (3GPP TS 29.002): which node serves a terminal, and which
//! service centres want to know that it is back. Location updates between MSCs are not modelled: each terminal has one
//! MSC, which the directory knows.

use super::messaging::send;
use super::outbox::{Context, Input};
use super::procedure::Meta;
use super::proxy::TokenCounter;
use crate::kernel::EntityId;
use crate::kernel::lookup::Lookup;
use crate::wire::Message;
use crate::wire::map::{Map, Operation, Step};

/// One HLR instance.
#[derive(Clone, Debug, Default)]
pub struct Hlr {
    /// Message waiting data: service centres that failed to reach a terminal.
    waiting: Lookup<EntityId, Vec<EntityId>>,
    tokens: TokenCounter,
}

impl Hlr {
    /// Handles one input.
    pub fn handle(&mut self, ctx: &mut Context<'_>, input: Input) {
        match input {
            Input::Message { from, message: Message::Map(map), meta, .. } => self.on_map(ctx, from, *map, meta),
            Input::Restart { .. } => *self = Hlr { tokens: self.tokens, ..Hlr::default() },
            Input::Message { .. } | Input::Overload { .. } | Input::Timer { .. } | Input::Command(_) => {
                ctx.observe(super::Fact::Stray);
            }
        }
    }

    fn on_map(&mut self, ctx: &mut Context<'_>, from: EntityId, map: Map, meta: Meta) {
        if map.step != Step::Request {
            return;
        }
        let meta = meta.next_hop();
        let mut answer = Map { step: Step::Done, ..map };
        match map.operation {
            Operation::RoutingInfo => {
                let over_ip = ctx.shared.messaging.sms.over_ip;
                let gateway = ctx.shared.ip_sm_gw_of(map.terminal).filter(|_| over_ip);
                answer.serving = gateway.or_else(|| ctx.shared.msc_of(map.terminal));
                send(ctx, from, Message::Map(Box::new(answer)), meta);
            }
            Operation::ReportStatus => {
                let centres = self.waiting.entry(map.terminal);
                if !centres.contains(&map.centre) {
                    centres.push(map.centre);
                }
                send(ctx, from, Message::Map(Box::new(answer)), meta);
            }
            Operation::Ready => {
                send(ctx, from, Message::Map(Box::new(answer)), meta);
                let mut meta = meta;
                for centre in self.waiting.remove(&map.terminal).unwrap_or_default() {
                    meta = meta.next_hop();
                    let transaction = self.tokens.next(ctx.me);
                    let operation = Operation::Alert;
                    let alert = Map { transaction, centre, operation, step: Step::Request, message: None, ..map };
                    send(ctx, centre, Message::Map(Box::new(alert)), meta);
                }
            }
            Operation::Forward | Operation::Alert => ctx.observe(super::Fact::Stray),
        }
    }
}
