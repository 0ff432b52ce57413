//! `[mem]`, `[mms]` and `[sms]`: mailbox notifications, multimedia messages, short messages.

use super::decode::{Choices, Cursor, Fields};
use super::distribution::{Place, distribution};
use super::error::Result;
use crate::agents::messaging::settings::{
    Bearer, MemSettings, MessagingSettings, MmsSettings, Retrieval, SmsSettings, StopNotifying,
};
use crate::kernel::Span;
use crate::wire::mail::ApplicId;
use crate::wire::mailbox::{MailboxEvent, NOTICE_MIN};

/// Names of [`Bearer`].
pub const BEARER: [(&str, Bearer); 4] =
    [("mms", Bearer::Mms), ("sms", Bearer::Sms), ("wap_push", Bearer::WapPush), ("sip_push", Bearer::SipPush)];
/// Names of [`StopNotifying`].
pub const STOP: [(&str, StopNotifying); 2] =
    [("fetched", StopNotifying::Fetched), ("acknowledged", StopNotifying::Acknowledged)];
/// Names of application ids.
pub const APPLIC_ID: [(&str, Option<ApplicId>); 3] =
    [("MEM", Some(ApplicId::Mem)), ("unknown", Some(ApplicId::Unknown)), ("none", None)];

/// Names of events.
pub fn event_names() -> Vec<(&'static str, MailboxEvent)> {
    MailboxEvent::ALL.into_iter().map(|event| (event.name(), event)).collect()
}

/// An event by its name.
pub fn event(cursor: &Cursor<'_>) -> Result<MailboxEvent> {
    let choices = event_names();
    let choices: Choices<'_, MailboxEvent> = &choices;
    cursor.choice(choices)
}

/// The three tables.
pub fn messaging(top: &Fields<'_>) -> Result<MessagingSettings> {
    Ok(MessagingSettings {
        mem: top.or("mem", MemSettings::default(), mem)?,
        mms: top.or("mms", MmsSettings::default(), mms)?,
        sms: top.or("sms", SmsSettings::default(), sms)?,
    })
}

fn mem(cursor: &Cursor<'_>) -> Result<MemSettings> {
    const KEYS: [&str; 10] =
        ["bearer", "events", "in_band", "payload", "applic_id", "report", "message", "connection", "retry", "retries"];
    let (fields, usual) = (cursor.fields(&KEYS)?, MemSettings::default());
    Ok(MemSettings {
        bearer: fields.or("bearer", usual.bearer, |cursor| cursor.choice(&BEARER))?,
        events: fields.or("events", usual.events, |cursor| cursor.list()?.iter().map(event).collect())?,
        in_band: fields.or("in_band", usual.in_band, |cursor| cursor.boolean())?,
        payload: fields.or("payload", usual.payload, payload)?,
        applic_id: fields.or("applic_id", usual.applic_id, |cursor| cursor.choice(&APPLIC_ID))?,
        report: fields.or("report", usual.report, |cursor| cursor.boolean())?,
        message: fields.or("message", usual.message, |cursor| cursor.octets())?,
        connection: fields.or("connection", usual.connection, |cursor| cursor.span())?,
        retry: fields.or("retry", usual.retry, |cursor| cursor.positive_span())?,
        retries: fields.or("retries", usual.retries, |cursor| cursor.count(0))?,
    })
}

fn payload(cursor: &Cursor<'_>) -> Result<u32> {
    let octets = cursor.octets()?;
    // More would not fit the largest concatenated short message.
    if (NOTICE_MIN..=20_000).contains(&octets) {
        Ok(octets)
    } else {
        Err(cursor.fail(format!("a size from {NOTICE_MIN}B to 20kB")))
    }
}

fn mms(cursor: &Cursor<'_>) -> Result<MmsSettings> {
    const KEYS: [&str; 11] = [
        "tick",
        "back_off",
        "attempts",
        "expiry",
        "stop",
        "queue",
        "map_applic_id",
        "url",
        "retrieval",
        "answer_loss",
        "client_dedupe",
    ];
    let (fields, usual) = (cursor.fields(&KEYS)?, MmsSettings::default());
    let time = |cursor: &Cursor<'_>| distribution(cursor, Place::Time);
    let later = fields.or("retrieval", None, |cursor| cursor.unless("immediate", time))?;
    Ok(MmsSettings {
        tick: fields.or("tick", usual.tick, |cursor| cursor.span())?,
        back_off: fields.or("back_off", usual.back_off, |cursor| cursor.positive_span())?,
        attempts: fields.or("attempts", usual.attempts, |cursor| cursor.count(1))?,
        expiry: fields.or("expiry", usual.expiry, |cursor| cursor.positive_span())?,
        stop: fields.or("stop", usual.stop, |cursor| cursor.choice(&STOP))?,
        queue: fields.or("queue", None, |cursor| cursor.unless("unlimited", |cursor| cursor.count(0)))?,
        map_applic_id: fields.or("map_applic_id", usual.map_applic_id, |cursor| cursor.boolean())?,
        url: fields.or("url", usual.url, |cursor| Ok(cursor.integer(0..=2000)? as u16))?,
        retrieval: later.map_or(Retrieval::Immediate, Retrieval::Deferred),
        answer_loss: fields.or("answer_loss", usual.answer_loss, |cursor| cursor.ratio())?,
        client_dedupe: fields.or("client_dedupe", usual.client_dedupe, |cursor| cursor.boolean())?,
    })
}

fn sms(cursor: &Cursor<'_>) -> Result<SmsSettings> {
    const KEYS: [&str; 6] = ["paging_timeout", "radio_failure", "retry", "validity", "alert", "over_ip"];
    let (fields, usual) = (cursor.fields(&KEYS)?, SmsSettings::default());
    Ok(SmsSettings {
        paging_timeout: fields.or("paging_timeout", usual.paging_timeout, |cursor| cursor.positive_span())?,
        radio_failure: fields.or("radio_failure", usual.radio_failure, |cursor| cursor.ratio())?,
        retry: fields.or("retry", usual.retry, retry)?,
        validity: fields.or("validity", usual.validity, |cursor| cursor.positive_span())?,
        alert: fields.or("alert", usual.alert, |cursor| cursor.boolean())?,
        over_ip: fields.or("over_ip", usual.over_ip, |cursor| cursor.boolean())?,
    })
}

fn retry(cursor: &Cursor<'_>) -> Result<Vec<Span>> {
    let waits = cursor.list()?.iter().map(|cursor| cursor.positive_span()).collect::<Result<Vec<_>>>()?;
    if waits.is_empty() { Err(cursor.fail("a list of at least one duration")) } else { Ok(waits) }
}
