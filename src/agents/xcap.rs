//! Requests for a user's do-not-disturb rule at the XDMS (RFC 4825), as terminals and PFs send them.

use super::outbox::{Context, Outgoing};
use super::procedure::Meta;
use crate::kernel::EntityId;
use crate::wire::http::{Http, HttpMethod, HttpStart, HttpUse, RULE};
use crate::wire::{Message, Token, UserId};

/// Sends a request for the rule of `user`, on a connection of its own.
pub fn request(ctx: &mut Context<'_>, xdms: EntityId, method: HttpMethod, user: UserId, exchange: Token, meta: Meta) {
    let content = if method == HttpMethod::Put { RULE.len() as u32 } else { 0 };
    let start = HttpStart::RuleRequest(method, user);
    send(ctx, xdms, Http { exchange, server: xdms, usage: HttpUse::Xcap, start, content }, meta, true);
}

/// Answers `request` with a status, and with the rule where `with_rule` says so.
pub fn respond(ctx: &mut Context<'_>, to: EntityId, request: &Http, status: u16, with_rule: bool, meta: Meta) {
    let content = if with_rule { RULE.len() as u32 } else { 0 };
    send(ctx, to, Http { start: HttpStart::Response(status), content, ..request.clone() }, meta.response(), false);
}

fn send(ctx: &mut Context<'_>, to: EntityId, http: Http, meta: Meta, opens: bool) {
    let (from, message) = (ctx.me, Message::Http(Box::new(http)));
    ctx.out.send(Outgoing { from, to, message, meta, transmission: 0, tcp: true, opens });
}
