//! Do-not-disturb at a terminal: the user's wish goes to the XDMS by XCAP, and again until it is there.

use super::registration::RETRY_AFTER;
use super::{Terminals, own_user};
use crate::agents::observation::Fact;
use crate::agents::outbox::Context;
use crate::agents::procedure::Procedure;
use crate::agents::timer::TimerReason;
use crate::agents::xcap;
use crate::kernel::EventHandle;
use crate::wire::Token;
use crate::wire::http::{Http, HttpMethod, HttpStart};

/// A wish that the XDMS has not confirmed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wish {
    /// Whether the rule is to be there.
    wanted: Option<bool>,
    /// The request under way, and what it asks for.
    asked: Option<(Token, bool)>,
    /// The request's limit, or the next attempt.
    timer: EventHandle,
}

impl Wish {
    pub(super) fn is_idle(&self) -> bool {
        self.wanted.is_none()
    }

    /// Whether a request is under way.
    pub(super) fn is_under_way(&self) -> bool {
        self.asked.is_some()
    }

    /// The terminal lost power; the wish stays.
    pub(super) fn abandon(mut self, ctx: &mut Context<'_>) -> Wish {
        ctx.cancel_timer(&mut self.timer);
        Wish { asked: None, ..self }
    }
}

impl Terminals {
    pub(super) fn set_do_not_disturb(&mut self, ctx: &mut Context<'_>, wanted: bool) {
        self.activity(ctx.me).wish.wanted = Some(wanted);
        self.tell_wish(ctx);
    }

    /// Tells the XDMS, unless a request is under way. A terminal that is off does so when it is on again.
    pub(super) fn tell_wish(&mut self, ctx: &mut Context<'_>) {
        let me = ctx.me;
        if self.is_off(me) || self.terminal(me).activity.is_none() {
            return;
        }
        let user = own_user(ctx);
        let wish = self.activity(me).wish;
        let (Some(wanted), None, Some(xdms)) = (wish.wanted, wish.asked, ctx.shared.xdms_of(user)) else { return };
        let exchange = self.token(me);
        let class = ctx.shared.class_of_terminal(me);
        let meta = self.own_meta(ctx, Procedure::DoNotDisturb, class);
        let method = if wanted { HttpMethod::Put } else { HttpMethod::Delete };
        xcap::request(ctx, xdms, method, user, exchange, meta);
        let timer = ctx.set_timer(ctx.policies().xcap_timeout, TimerReason::Xcap, 0);
        let wish = &mut self.activity(me).wish;
        ctx.cancel_timer(&mut wish.timer);
        wish.asked = Some((exchange, wanted));
        wish.timer = timer;
    }

    pub(super) fn on_xcap_answer(&mut self, ctx: &mut Context<'_>, http: &Http) {
        let me = ctx.me;
        let wish = self.terminal(me).activity.as_ref().map_or_else(Wish::default, |activity| activity.wish);
        let (Some((exchange, asked)), HttpStart::Response(status)) = (wish.asked, http.start) else {
            return ctx.observe(Fact::Stray);
        };
        if exchange != http.exchange {
            return ctx.observe(Fact::Stray);
        }
        // A rule that was not there is as good as cleared.
        if !matches!(status, 200..300 | 404) {
            return self.on_wish_failure(ctx);
        }
        let wish = &mut self.activity(me).wish;
        ctx.cancel_timer(&mut wish.timer);
        wish.asked = None;
        if wish.wanted == Some(asked) {
            wish.wanted = None;
            return self.drop_idle_activity(ctx);
        }
        self.tell_wish(ctx);
    }

    /// The request had no answer in time, or the next attempt is due.
    pub(super) fn on_xcap_timer(&mut self, ctx: &mut Context<'_>) {
        let Some(activity) = &mut self.terminal(ctx.me).activity else { return };
        activity.wish.timer = EventHandle::NONE;
        if activity.wish.is_under_way() {
            self.on_wish_failure(ctx);
        } else {
            self.tell_wish(ctx);
        }
    }

    fn on_wish_failure(&mut self, ctx: &mut Context<'_>) {
        ctx.observe(Fact::RuleChangeFailed);
        let timer = ctx.set_timer(RETRY_AFTER, TimerReason::Xcap, 0);
        let wish = &mut self.activity(ctx.me).wish;
        ctx.cancel_timer(&mut wish.timer);
        wish.asked = None;
        wish.timer = timer;
    }
}
