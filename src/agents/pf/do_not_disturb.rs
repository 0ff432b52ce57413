//! Do-not-disturb: before the PF tells a user of deferred messages it looks for the user's rule at the XDMS, and waits
//! while the rule is there (seed 004 section 8.3.1.6.3). It learns of rules by a standing subscription, or by asking
//! (policy `dnd_learning`). Without an XDMS in the user's network nobody is undisturbed.
//!
//! ```text
//!             ┌─ no rule ─────────────────────────────────────────▶ tell
//! due to tell ┼─ rule, or its subscription is not there yet ─▶ held ┬─ cleared (xcapdiff) ─▶ tell all
//!             └─ to be asked ─▶ GET ┬─ 404 ▶ tell                 ├─ next occasion: ask
//!                                   └─ 200 or no answer ▶ held    └─ after the interval: ask (poll)
//! ```

use super::clients::{Client, class_of_user};
use super::standalone::Passing;
use super::{Own, Pf};
use crate::agents::observation::Fact;
use crate::agents::outbox::Context;
use crate::agents::policies::DndLearning;
use crate::agents::procedure::{Meta, Procedure, Scope};
use crate::agents::proxy::Owner;
use crate::agents::subscriptions::refresh_wait;
use crate::agents::timer::{PfTimer, TimerReason};
use crate::agents::transactions::ServerTx;
use crate::agents::xcap;
use crate::kernel::lookup::Lookup;
use crate::kernel::{EntityId, EventHandle, Span};
use crate::protocol::sip::Dialog;
use crate::wire::http::{Http, HttpMethod, HttpStart};
use crate::wire::sip::body::XcapDiff;
use crate::wire::sip::headers::EventPackage;
use crate::wire::sip::{Body, Contact, ContactHeader, Method, Party, Route, RouteKind, Sip, SipMessage, Uri};
use crate::wire::{Token, UserId};
use std::collections::{BTreeMap, BTreeSet};

/// A subscription that failed is tried again after this.
const RETRY_AFTER: Span = Span::from_secs(30);

/// Whom the PF is to tell of deferred messages.
#[derive(Clone, Copy, Debug)]
pub(super) enum Due {
    /// Each registered client.
    All,
    /// A client that registered anew.
    Client(Client),
    /// Whoever can take it, of what notifications have told without success.
    Everything,
}

/// What the PF knows of a user's rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Rule {
    Absent,
    /// It is there, or may be as long as the subscription has not told.
    Present,
    /// Only the XDMS knows.
    ToBeAsked,
}

/// What waits for the answer to a question.
#[derive(Clone, Debug)]
pub(super) enum Waiting {
    Tell(Due),
    /// A message that a client could take.
    Pass {
        from: EntityId,
        tx: ServerTx,
        request: Sip,
        passing: Passing,
    },
    /// The INVITE of a large message that a client could take.
    Invite {
        from: EntityId,
        tx: ServerTx,
        request: Sip,
    },
}

/// A GET under way.
#[derive(Clone, Debug)]
struct Question {
    exchange: Token,
    waiting: Vec<Waiting>,
    timer: EventHandle,
}

/// The subscription to the rules at one XDMS.
#[derive(Clone, Debug)]
struct Watch {
    xdms: EntityId,
    call_id: Token,
    dialog: Option<Dialog>,
    /// The first NOTIFY has named the users with the rule.
    synced: bool,
}

/// What one PF instance knows and does about do-not-disturb.
#[derive(Clone, Debug, Default)]
pub(super) struct DoNotDisturb {
    watches: Vec<Watch>,
    /// Users with the rule, as the subscriptions tell.
    rules: BTreeSet<UserId>,
    /// Users who would have been told but for the rule, each with the timer of the next question.
    held: BTreeMap<UserId, EventHandle>,
    questions: Lookup<UserId, Question>,
    by_exchange: Lookup<Token, UserId>,
    /// The answer that is being worked off.
    answered: Option<(UserId, bool)>,
    /// Requests made for the PF itself.
    numbers: u32,
}

impl DoNotDisturb {
    /// What is left of it after a restart: with data, who waits. Rules have to be learned anew.
    pub(super) fn after_restart(&self, keeps_data: bool) -> DoNotDisturb {
        let held = self.held.keys().filter(|_| keeps_data).map(|user| (*user, EventHandle::NONE)).collect();
        DoNotDisturb { held, numbers: self.numbers, ..DoNotDisturb::default() }
    }

    /// Questions without an answer.
    pub(super) fn open(&self) -> u64 {
        self.questions.len() as u64
    }
}

impl Pf {
    /// Subscribes to the rules at each XDMS of the network, where the policy says so.
    pub(super) fn watch_rules(&mut self, ctx: &mut Context<'_>) {
        if ctx.policies().dnd_learning != DndLearning::XcapDiff {
            return;
        }
        for xdms in ctx.shared.xdms_beside(ctx.me).to_vec() {
            let call_id = self.tokens.next(ctx.me);
            self.dnd.watches.push(Watch { xdms, call_id, dialog: None, synced: false });
            self.subscribe_to_rules(ctx, self.dnd.watches.len() - 1);
        }
    }

    /// Learns of rules again after a restart.
    pub(super) fn resume_do_not_disturb(&mut self, ctx: &mut Context<'_>) {
        self.watch_rules(ctx);
        for user in self.dnd.held.keys().copied().collect::<Vec<_>>() {
            self.hold(ctx, user);
        }
    }

    fn subscribe_to_rules(&mut self, ctx: &mut Context<'_>, at: usize) {
        let (tag, me) = (self.tokens.next(ctx.me), Uri::Node(ctx.me));
        let watch = &mut self.dnd.watches[at];
        let xdms = watch.xdms;
        let mut request = match &mut watch.dialog {
            Some(dialog) => dialog.request(Method::Subscribe),
            None => {
                let to = Party { uri: Uri::Node(xdms), tag: None };
                let from = Party { uri: me, tag: Some(tag) };
                SipMessage::request(Method::Subscribe, to.uri, from, to, watch.call_id, 1)
            }
        };
        request.expires = Some(u32::try_from(ctx.policies().reg_event_expires.as_secs()).unwrap_or(u32::MAX));
        request.contact = ContactHeader::One(Contact::plain(me));
        request.headers.event = Some(EventPackage::XcapDiff);
        request.headers.p_asserted_identity = Some(me);
        request.body = Body::RuleDocuments;
        self.dnd.numbers += 1;
        let meta = Meta::new(Procedure::DoNotDisturb, 0, ctx.now, Scope::entity(ctx.me), self.dnd.numbers);
        let (branch, owner) = (self.tokens.next(ctx.me), Owner::Own(Own::RuleSubscription(at as u32)));
        self.transactions.send(ctx, xdms, request, branch, meta, owner);
    }

    /// The SUBSCRIBE has its final response; `None` is a time-out.
    pub(super) fn on_rule_subscription(&mut self, ctx: &mut Context<'_>, at: u32, response: Option<&SipMessage>) {
        let accepted = response.filter(|response| response.status().is_some_and(|status| status < 300));
        let new_call_id = self.tokens.next(ctx.me);
        let Some(watch) = self.dnd.watches.get_mut(at as usize) else { return };
        let wait = match accepted {
            Some(response) => {
                if watch.dialog.is_none() {
                    watch.dialog = response.contact.first().map(|contact| dialog_of(response, contact.uri));
                }
                let expires = Span::from_secs(u64::from(response.expires.unwrap_or(0)));
                refresh_wait(expires, ctx.policies().registration_refresh_lead)
            }
            None => {
                watch.dialog = None;
                watch.call_id = new_call_id;
                RETRY_AFTER
            }
        };
        ctx.set_timer(wait, TimerReason::RuleSubscription, at);
    }

    pub(super) fn on_rule_subscription_due(&mut self, ctx: &mut Context<'_>, at: u32) {
        self.subscribe_to_rules(ctx, at as usize);
    }

    /// A NOTIFY about rules.
    pub(super) fn on_rules(&mut self, ctx: &mut Context<'_>, tx: ServerTx, notify: &SipMessage) {
        let watch = self.dnd.watches.iter_mut().find(|watch| watch.call_id == notify.call_id);
        let (Some(watch), Body::XcapDiff(diff)) = (watch, &notify.body) else { return self.refuse(ctx, tx, 481) };
        watch.synced |= diff.full;
        let xdms = watch.xdms;
        self.refuse(ctx, tx, 200);
        self.learn_rules(ctx, xdms, diff);
    }

    // req: CPM-PF-2
    fn learn_rules(&mut self, ctx: &mut Context<'_>, xdms: EntityId, diff: &XcapDiff) {
        let mut cleared: Vec<UserId> = Vec::new();
        if diff.full {
            let held = self.dnd.held.keys().copied();
            cleared.extend(held.filter(|user| ctx.shared.xdms_of(*user) == Some(xdms)));
            self.dnd.rules.retain(|user| ctx.shared.xdms_of(*user) != Some(xdms));
        }
        for &(user, is_set) in &diff.rules {
            if is_set {
                self.dnd.rules.insert(user);
            } else {
                self.dnd.rules.remove(&user);
                cleared.push(user);
            }
        }
        for user in cleared {
            if !self.dnd.rules.contains(&user) && self.dnd.held.contains_key(&user) {
                self.tell(ctx, user, Due::All);
            }
        }
    }

    fn rule_of(&self, ctx: &Context<'_>, user: UserId) -> Rule {
        let Some(xdms) = ctx.shared.xdms_of(user) else { return Rule::Absent };
        match (self.dnd.answered, ctx.policies().dnd_learning) {
            (Some((of, is_set)), _) if of == user => {
                if is_set {
                    Rule::Present
                } else {
                    Rule::Absent
                }
            }
            (_, DndLearning::XcapDiff) => {
                let synced = self.dnd.watches.iter().any(|watch| watch.xdms == xdms && watch.synced);
                if synced && !self.dnd.rules.contains(&user) { Rule::Absent } else { Rule::Present }
            }
            (_, DndLearning::GetOnEvent | DndLearning::Poll) => Rule::ToBeAsked,
        }
    }

    /// There is a reason to tell a user of deferred messages: now, or when do-not-disturb is over.
    // req: CPM-PF-1, CPM-PF-2
    pub(super) fn tell(&mut self, ctx: &mut Context<'_>, user: UserId, due: Due) {
        if self.user(user).deferred.as_ref().is_none_or(|deferred| deferred.queue.is_empty()) {
            return self.no_longer_held(ctx, user);
        }
        match self.rule_of(ctx, user) {
            Rule::Absent if self.dnd.held.contains_key(&user) => {
                self.no_longer_held(ctx, user);
                let class = class_of_user(ctx, user);
                ctx.observe(Fact::NotificationReleased { user, class });
                // Clients are evaluated now, not when the rule held them back.
                self.announce(ctx, user, Due::All);
            }
            Rule::Absent => self.announce(ctx, user, due),
            Rule::Present => self.hold(ctx, user),
            Rule::ToBeAsked => self.ask(ctx, user, Waiting::Tell(due)),
        }
    }

    fn hold(&mut self, ctx: &mut Context<'_>, user: UserId) {
        let polls = ctx.policies().dnd_learning == DndLearning::Poll;
        let known = self.dnd.held.get(&user).copied();
        if known.is_none() {
            ctx.observe(Fact::NotificationHeld(user));
        }
        let mut timer = known.unwrap_or(EventHandle::NONE);
        if polls && timer == EventHandle::NONE {
            timer = ctx.set_timer(ctx.policies().dnd_poll_interval, PfTimer::RulePoll, user.0);
        }
        self.dnd.held.insert(user, timer);
    }

    fn no_longer_held(&mut self, ctx: &mut Context<'_>, user: UserId) {
        if let Some(mut timer) = self.dnd.held.remove(&user) {
            ctx.cancel_timer(&mut timer);
        }
    }

    /// The interval of a user whose notification waits is over.
    pub(super) fn on_rule_poll(&mut self, ctx: &mut Context<'_>, user: UserId) {
        if let Some(timer) = self.dnd.held.get_mut(&user) {
            *timer = EventHandle::NONE;
            self.tell(ctx, user, Due::All);
        }
    }

    /// Whether a message that a client could take may be passed on; `None` says that it waits for an answer.
    pub(super) fn may_pass(
        &mut self,
        ctx: &mut Context<'_>,
        user: UserId,
        waiting: impl FnOnce() -> Waiting,
    ) -> Option<bool> {
        if !ctx.policies().dnd_defers {
            return Some(true);
        }
        match self.rule_of(ctx, user) {
            Rule::Absent => Some(true),
            Rule::Present => Some(false),
            Rule::ToBeAsked => {
                self.ask(ctx, user, waiting());
                None
            }
        }
    }

    fn ask(&mut self, ctx: &mut Context<'_>, user: UserId, waiting: Waiting) {
        if let Some(question) = self.dnd.questions.get_mut(&user) {
            return question.waiting.push(waiting);
        }
        let Some(xdms) = ctx.shared.xdms_of(user) else { return };
        let exchange = self.tokens.next(ctx.me);
        let class = class_of_user(ctx, user);
        let meta = self.own_meta(ctx, user, Procedure::DoNotDisturb, class);
        ctx.observe(Fact::RuleAsked);
        xcap::request(ctx, xdms, HttpMethod::Get, user, exchange, meta);
        let timer = ctx.set_timer(ctx.policies().xcap_timeout, TimerReason::Xcap, user.0);
        self.dnd.questions.insert(user, Question { exchange, waiting: vec![waiting], timer });
        self.dnd.by_exchange.insert(exchange, user);
    }

    pub(super) fn on_http(&mut self, ctx: &mut Context<'_>, http: &Http) {
        let user = self.dnd.by_exchange.get(&http.exchange).copied();
        match (user, http.start) {
            (Some(user), HttpStart::Response(status)) => self.on_answer(ctx, user, status != 404),
            (Some(_), HttpStart::Request(..) | HttpStart::RuleRequest(..) | HttpStart::Fetch(..)) | (None, _) => {
                ctx.observe(Fact::Stray);
            }
        }
    }

    /// A question has no answer: the rule counts as there.
    pub(super) fn on_xcap_timeout(&mut self, ctx: &mut Context<'_>, user: UserId) {
        self.on_answer(ctx, user, true);
    }

    fn on_answer(&mut self, ctx: &mut Context<'_>, user: UserId, is_set: bool) {
        let Some(mut question) = self.dnd.questions.remove(&user) else { return };
        ctx.cancel_timer(&mut question.timer);
        self.dnd.by_exchange.remove(&question.exchange);
        self.dnd.answered = Some((user, is_set));
        for waiting in question.waiting {
            match waiting {
                Waiting::Tell(due) => self.tell(ctx, user, due),
                Waiting::Pass { from, tx, request, passing } => self.terminating(ctx, from, tx, request, passing),
                Waiting::Invite { from, tx, request } => self.on_large_invite(ctx, from, tx, request),
            }
        }
        self.dnd.answered = None;
    }
}

/// The dialog of a subscription at its subscriber, which kept no request.
fn dialog_of(response: &SipMessage, remote_target: Uri) -> Dialog {
    Dialog {
        call_id: response.call_id,
        local: response.from,
        remote: response.to,
        remote_target,
        route_set: response
            .record_route
            .iter()
            .rev()
            .map(|node| Route { node: *node, kind: RouteKind::Plain })
            .take(6)
            .collect(),
        local_cseq: response.cseq,
    }
}
