//! Workloads and the script.

use super::text::{
    Page, event_rate, list, name_in, octets, octets_distribution, plain_distribution, quote, span, time,
    time_distribution,
};
use crate::agents::procedure::{Procedure, ProcedureSet};
use crate::agents::push_sender::Targets;
use crate::agents::push_sender::order::PUSH_CLASSES;
use crate::scenario::config::faults::LOST_MESSAGES;
use crate::scenario::config::population::WISH_NAMES;
use crate::scenario::config::push::{DISPOSITIONS, METHODS, TARGETS};
use crate::scenario::model::{
    Action, Actor, Arrivals, FaultKind, FaultTarget, FaultTimes, Model, PushSpec, TraceRow, UserRef, WorkloadKind,
};

/// Writes `[[workload]]` and `[[script]]`.
pub fn write(page: &mut Page, model: &Model) {
    for workload in &model.workloads {
        page.element("workload");
        page.key("name", quote(&workload.name));
        write_kind(page, model, &workload.kind);
        write_arrivals(page, model, &workload.arrivals);
        page.key("batch", plain_distribution(&workload.batch));
        page.key("start", time(workload.start));
        page.key("stop", time(workload.stop));
    }
    for step in &model.script {
        page.element("script");
        page.key("at", time(step.at));
        match step.actor {
            Actor::Terminal(user, terminal) => {
                page.key("user", quote(&user_name(model, user)));
                page.key("terminal", terminal + 1);
            }
            Actor::Node(node) => page.key("node", quote(&model.nodes[node].name)),
        }
        write_action(page, model, &step.action);
    }
}

/// Writes `[[faults]]`.
pub fn write_faults(page: &mut Page, model: &Model) {
    for fault in &model.faults {
        page.element("faults");
        match &fault.target {
            FaultTarget::Node { node, instance } => {
                page.key("node", quote(&model.nodes[*node].name));
                page.key("instance", instance.map_or(quote("all"), |at| (at + 1).to_string()));
            }
            FaultTarget::Link(links) => {
                let link = &model.links[links[0]];
                page.key("link", list([link.from, link.to].map(|node| quote(&model.nodes[node].name))));
            }
            FaultTarget::Group(group) => page.key("group", quote(&model.groups[*group].name)),
        }
        match fault.kind {
            FaultKind::Outage => page.key("kind", quote("outage")),
            FaultKind::Restart { keeps_data } => {
                page.key("kind", quote("restart"));
                page.key("keeps_data", keeps_data);
            }
            FaultKind::Loss { procedures, messages, share } => {
                let named = Procedure::ALL.into_iter().filter(|procedure| procedures.contains(*procedure));
                let named = || list(named.map(|procedure| quote(procedure.name())));
                page.key("kind", quote("loss"));
                page.key("procedures", if procedures == ProcedureSet::ALL { quote("all") } else { named() });
                page.key("messages", name_in(&LOST_MESSAGES, &messages));
                page.key("loss", share);
            }
        }
        match &fault.times {
            FaultTimes::At { instants, duration } => {
                page.key("at", list(instants.iter().map(|&at| time(at))));
                page.key("duration", time_distribution(duration));
            }
            FaultTimes::Renewal { time_to_failure, time_to_repair } => {
                page.key("time_to_failure", time_distribution(time_to_failure));
                page.key("time_to_repair", time_distribution(time_to_repair));
            }
        }
    }
}

/// The name of a user as a file writes it.
pub fn user_name(model: &Model, user: UserRef) -> String {
    let group = &model.groups[user.group];
    if group.users == 1 { group.name.clone() } else { format!("{}[{}]", group.name, user.index) }
}

fn write_path(page: &mut Page, model: &Model, from: usize, via: &[usize], to: usize) {
    page.key("from", quote(&model.nodes[from].name));
    page.key("via", list(via.iter().map(|&node| quote(&model.nodes[node].name))));
    page.key("to", quote(&model.nodes[to].name));
}

fn write_kind(page: &mut Page, model: &Model, kind: &WorkloadKind) {
    match kind {
        WorkloadKind::Pager { from, to, size, report, expires } => {
            page.key("kind", quote("pager"));
            page.key("from", quote(&model.groups[*from].name));
            page.key("to", quote(&model.groups[*to].name));
            page.key("size", octets_distribution(size));
            page.key("report", report);
            page.key("expires", expires.map_or(quote("none"), span));
        }
        WorkloadKind::Push { from, to, size, push, pace } => {
            page.key("kind", quote("push"));
            page.key("from", quote(&model.nodes[*from].name));
            page.key("to", quote(&model.groups[*to].name));
            page.key("size", octets_distribution(size));
            page.key("audience", quote(if pace.is_some() { "group" } else { "user" }));
            if let Some(gap) = pace {
                let rate = (!gap.is_zero()).then(|| event_rate(1.0 / gap.as_secs_f64()));
                page.key("pace", rate.unwrap_or_else(|| quote("unlimited")));
            }
            write_push(page, push);
        }
        WorkloadKind::Large { from, to, size, report, cancel_after } => {
            page.key("kind", quote("large"));
            page.key("from", quote(&model.groups[*from].name));
            page.key("to", quote(&model.groups[*to].name));
            page.key("size", octets_distribution(size));
            page.key("report", report);
            page.key("cancel_after", cancel_after.map_or(quote("never"), span));
        }
        WorkloadKind::Mailbox { to, event } => {
            page.key("kind", quote("mailbox"));
            page.key("to", quote(&model.groups[*to].name));
            page.key("event", quote(event.name()));
        }
        WorkloadKind::Datagram { from, via, to, size } => {
            page.key("kind", quote("datagram"));
            write_path(page, model, *from, via, *to);
            page.key("size", octets_distribution(size));
        }
        WorkloadKind::Transaction { from, via, to, invite, status, answer_delay, provisional } => {
            page.key("kind", quote("transaction"));
            write_path(page, model, *from, via, *to);
            page.key("method", quote(if *invite { "INVITE" } else { "MESSAGE" }));
            page.key("status", status);
            page.key("answer_delay", time_distribution(answer_delay));
            page.key("provisional", provisional);
        }
    }
}

fn write_push(page: &mut Page, push: &PushSpec) {
    page.key("class", name_in(&PUSH_CLASSES, &push.class));
    page.key("method", name_in(METHODS, &push.method));
    match push.targets {
        Targets::First(k) => {
            page.key("targets", quote("first_k"));
            page.key("k", k);
        }
        Targets::All | Targets::Each | Targets::FirstAvailable | Targets::Capable => {
            page.key("targets", name_in(TARGETS, &push.targets));
        }
    }
    page.key("require", list(push.require.iter().map(|name| quote(name))));
    page.key("interests", list(push.interests.iter().map(|name| quote(name))));
    page.key("files", push.media.files);
    page.key("content_type", quote(push.media.kind.name()));
    page.key("disposition", name_in(DISPOSITIONS, &push.media.presentation));
    page.key("cancel_after", push.media.cancel_after.map_or(quote("never"), span));
}

fn write_arrivals(page: &mut Page, model: &Model, arrivals: &Arrivals) {
    match arrivals {
        Arrivals::Poisson(rate) => page.key("rate", event_rate(*rate)),
        Arrivals::Renewal(gaps) => page.key("interarrival", time_distribution(gaps)),
        Arrivals::At(instants) => page.key("at", list(instants.iter().map(|&at| time(at)))),
        Arrivals::Closed { population, think_time } => {
            page.key("population", population);
            page.key("think_time", time_distribution(think_time));
        }
        Arrivals::Trace(rows) => {
            page.comment(&format!("trace_file, {} rows: time_s,from,to,size,report", rows.len()));
            rows.iter().for_each(|row| page.comment(&row_text(model, row)));
        }
    }
}

fn row_text(model: &Model, row: &TraceRow) -> String {
    let user = |user: Option<UserRef>| user.map_or(String::new(), |user| user_name(model, user));
    let size = row.size.map_or(String::new(), |size| size.to_string());
    format!("{},{},{},{size},{}", row.at, user(row.from), user(row.to), row.report)
}

fn write_action(page: &mut Page, model: &Model, action: &Action) {
    match action {
        Action::Register => page.key("do", quote("register")),
        Action::ReRegister => page.key("do", quote("re_register")),
        Action::DeRegister => page.key("do", quote("de_register")),
        Action::PowerOff => page.key("do", quote("power_off")),
        Action::SendPager { to, size, report, expires } => {
            page.key("do", quote("send_pager"));
            page.key("to", quote(&user_name(model, *to)));
            page.key("size", octets(f64::from(*size)));
            page.key("report", report);
            page.key("expires", expires.map_or(quote("none"), span));
        }
        Action::Subscribe => page.key("do", quote("subscribe")),
        Action::Unsubscribe => page.key("do", quote("unsubscribe")),
        Action::ChangeCapability { present } => {
            page.key("do", quote(if *present { "regain_features" } else { "lose_features" }));
        }
        Action::EndSubscriptions { to } => {
            page.key("do", quote("end_subscriptions"));
            page.key("to", quote(&user_name(model, *to)));
        }
        Action::Push { to, size, push } => {
            page.key("do", quote("push"));
            page.key("to", quote(&user_name(model, *to)));
            page.key("size", octets(f64::from(*size)));
            write_push(page, push);
        }
        Action::SendLarge { to, size, report, cancel_after } => {
            page.key("do", quote("send_large"));
            page.key("to", quote(&user_name(model, *to)));
            page.key("size", octets(f64::from(*size)));
            page.key("report", report);
            page.key("cancel_after", cancel_after.map_or(quote("never"), span));
        }
        Action::SetDoNotDisturb(true) => page.key("do", quote("set_dnd")),
        Action::SetDoNotDisturb(false) => page.key("do", quote("clear_dnd")),
        Action::SwitchOn => page.key("do", quote("switch_on")),
        Action::MailboxEvent { event } => {
            page.key("do", quote("mailbox_event"));
            page.key("event", quote(event.name()));
        }
        Action::Pull { listed, actions } => {
            page.key("do", quote("pull"));
            page.key("listed", listed);
            if !actions.is_empty() {
                page.key("actions", list(actions.iter().map(|wish| name_in(&WISH_NAMES, wish))));
            }
        }
    }
}
