//! `[mem]`, `[mms]` and `[sms]`.

use super::text::{Page, list, name_in, number, octets, quote, span, time_distribution};
use crate::agents::messaging::settings::Retrieval;
use crate::scenario::config::messaging as names;
use crate::scenario::model::Model;

/// Writes the three tables, where the model has a node that they are about.
pub fn write(page: &mut Page, model: &Model) {
    let mem = &model.messaging.mem;
    page.table("mem");
    page.key("bearer", name_in(&names::BEARER, &mem.bearer));
    page.key("events", list(mem.events.iter().map(|event| quote(event.name()))));
    page.key("in_band", mem.in_band);
    page.key("payload", octets(f64::from(mem.payload)));
    page.key("applic_id", name_in(&names::APPLIC_ID, &mem.applic_id));
    page.key("report", mem.report);
    page.key("message", octets(f64::from(mem.message)));
    page.key("connection", span(mem.connection));
    page.key("retry", span(mem.retry));
    page.key("retries", mem.retries);
    let mms = &model.messaging.mms;
    page.table("mms");
    page.key("tick", span(mms.tick));
    page.key("back_off", span(mms.back_off));
    page.key("attempts", mms.attempts);
    page.key("expiry", span(mms.expiry));
    page.key("stop", name_in(&names::STOP, &mms.stop));
    page.key("queue", mms.queue.map_or(quote("unlimited"), |queue| queue.to_string()));
    page.key("map_applic_id", mms.map_applic_id);
    page.key("url", mms.url);
    page.key(
        "retrieval",
        match &mms.retrieval {
            Retrieval::Immediate => quote("immediate"),
            Retrieval::Deferred(wait) => time_distribution(wait),
        },
    );
    page.key("answer_loss", number(mms.answer_loss));
    page.key("client_dedupe", mms.client_dedupe);
    let sms = &model.messaging.sms;
    page.table("sms");
    page.key("paging_timeout", span(sms.paging_timeout));
    page.key("radio_failure", number(sms.radio_failure));
    page.key("retry", list(sms.retry.iter().map(|&wait| span(wait))));
    page.key("validity", span(sms.validity));
    page.key("alert", sms.alert);
    page.key("over_ip", sms.over_ip);
}
