//! `[access.NAME]`, `[devices.NAME]` and `[population.NAME]`: how terminals reach the network, what they are, whose.

use super::decode::{Cursor, Fields};
use super::distribution::{Place, distribution};
use super::error::Result;
use super::names::{index_of, node_of_role};
use super::nodes::latency;
use super::sessions;
use crate::agents::policies::OutOfBandAddress;
use crate::kernel::{Distribution, Span};
use crate::network::AccessSpec;
use crate::scenario::model::{
    Availability, Capability, DeviceSpec, DoNotDisturb, GroupSpec, InitialState, NodeSpec, OffAction, Role, Wish,
};
use crate::wire::sip::FeatureTags;

use crate::wire::sip::body::CpmAction;

const ACCESS_KEYS: [&str; 6] = ["latency", "loss", "rate", "idle_after", "promotion", "paging"];
const DEVICE_KEYS: [&str; 11] = [
    "access",
    "features",
    "max_content",
    "think_time",
    "pull",
    "pull_actions",
    "pull_unsuitable",
    "answer_delay",
    "provisioned",
    "roaming",
    "oob_address",
];
const GROUP_KEYS: [&str; 13] = [
    "users",
    "network",
    "device",
    "devices",
    "terminals",
    "initial",
    "registration_spread",
    "expires",
    "availability",
    "interests",
    "subscribe_to",
    "capability",
    "do_not_disturb",
];
const DEFAULT_FEATURES: [&str; 3] = ["msg", "deferred", "systemmsg"];
/// Initial states by name.
pub const INITIAL: [(&str, InitialState); 5] = [
    ("off", InitialState::Off),
    ("attached", InitialState::Attached),
    ("on", InitialState::On),
    ("registered", InitialState::Registered),
    ("stationary", InitialState::Stationary),
];
/// What a client can want done with a message, by name.
pub const WISH_NAMES: [(&str, Wish); 5] = [
    ("deliver", Some(CpmAction::Deliver)),
    ("delete", Some(CpmAction::Delete)),
    ("interwork", Some(CpmAction::Interwork)),
    ("store", Some(CpmAction::Store)),
    ("leave", None),
];
/// Names of [`OutOfBandAddress`].
pub const OOB_ADDRESS: [(&str, OutOfBandAddress); 2] =
    [("msisdn", OutOfBandAddress::Msisdn), ("sip", OutOfBandAddress::Sip)];
/// Off actions by name.
pub const OFF_ACTIONS: [(&str, OffAction); 2] = [("de_register", OffAction::DeRegister), ("vanish", OffAction::Vanish)];
/// A user has at most this many terminals.
const TERMINALS_MAX: usize = 8;

fn named<'a>(fields: &Fields<'a>, key: &str) -> Result<Vec<(&'a str, Cursor<'a>)>> {
    fields.get(key).map_or(Ok(Vec::new()), |cursor| cursor.named())
}

/// The access types sorted by name.
pub fn access(fields: &Fields<'_>) -> Result<Vec<AccessSpec>> {
    named(fields, "access")?.iter().map(|(name, cursor)| access_type(name, cursor)).collect()
}

fn access_type(name: &str, cursor: &Cursor<'_>) -> Result<AccessSpec> {
    let fields = cursor.fields(&ACCESS_KEYS)?;
    let delay = |key| fields.or(key, Distribution::Constant(0.0), |cursor| distribution(cursor, Place::Time));
    Ok(AccessSpec {
        name: name.to_owned(),
        latency: latency(&fields.need("latency", "a duration of at least 1ns")?)?,
        loss: fields.or("loss", 0.0, |cursor| cursor.ratio())?,
        rate: fields.or("rate", None, |cursor| cursor.unless("unlimited", |cursor| cursor.octet_rate()))?,
        idle_after: fields.or("idle_after", None, |cursor| cursor.unless("never", |cursor| cursor.span()))?,
        promotion: delay("promotion")?,
        paging: delay("paging")?,
    })
}

/// The device profiles sorted by name.
pub fn devices(fields: &Fields<'_>, access: &[AccessSpec]) -> Result<Vec<DeviceSpec>> {
    named(fields, "devices")?.iter().map(|(name, cursor)| device(name, cursor, access)).collect()
}

fn device(name: &str, cursor: &Cursor<'_>, access: &[AccessSpec]) -> Result<DeviceSpec> {
    let fields = cursor.fields(&[&DEVICE_KEYS[..], &sessions::DEVICE_KEYS].concat())?;
    let time = |cursor: &Cursor<'_>| distribution(cursor, Place::Time);
    let access_name = fields.need("access", "the name of an access type ([access.NAME])")?;
    let names = access.iter().map(|access| access.name.as_str());
    Ok(DeviceSpec {
        name: name.to_owned(),
        access: index_of(&access_name, names, "an access type ([access.NAME])")?,
        features: fields.or("features", DEFAULT_FEATURES.map(str::to_owned).to_vec(), features)?,
        max_content: fields.or("max_content", None, |cursor| cursor.unless("unlimited", |cursor| cursor.octets()))?,
        think_time: fields.or("think_time", None, |cursor| cursor.unless("never", time))?,
        pull_listed: fields.or("pull", false, |cursor| cursor.choice(&[("all", false), ("listed", true)]))?,
        pull_actions: fields.or("pull_actions", vec![(Some(CpmAction::Deliver), 1.0)], pull_actions)?,
        pull_unsuitable: fields.or("pull_unsuitable", Some(CpmAction::Deliver), |cursor| cursor.choice(&WISH_NAMES))?,
        answer_delay: fields.or("answer_delay", Distribution::Constant(0.0), time)?,
        provisioned: fields.or("provisioned", true, |cursor| cursor.boolean())?,
        roaming: fields.or("roaming", false, |cursor| cursor.boolean())?,
        oob_address: fields.or("oob_address", OutOfBandAddress::Msisdn, |cursor| cursor.choice(&OOB_ADDRESS))?,
        sessions: sessions::profile(&fields)?,
    })
}

/// Weights by wish, not all zero.
fn pull_actions(cursor: &Cursor<'_>) -> Result<Vec<(Wish, f64)>> {
    let fields = cursor.fields(&WISH_NAMES.map(|(name, _)| name))?;
    let mut weights = Vec::new();
    for (name, wish) in WISH_NAMES {
        let weight = fields.or(name, 0.0, |cursor| cursor.number(0.0))?;
        if weight > 0.0 {
            weights.push((wish, weight));
        }
    }
    if weights.is_empty() {
        return Err(cursor.fail("a weight above 0 for one of deliver, delete, interwork, store and leave"));
    }
    Ok(weights)
}

/// A list of the services that a terminal can register for.
pub fn features(cursor: &Cursor<'_>) -> Result<Vec<String>> {
    let mut features: Vec<String> = Vec::new();
    for cursor in cursor.list()? {
        let feature = cursor.choice(&FeatureTags::NAMES.map(|(_, name)| (name, name)))?;
        if features.iter().any(|known| known == feature) {
            return Err(cursor.found(format!("{feature:?} twice"), "each feature once"));
        }
        features.push(feature.to_owned());
    }
    Ok(features)
}

/// The groups of users sorted by name.
pub fn groups(
    fields: &Fields<'_>,
    networks: &[String],
    devices: &[DeviceSpec],
    nodes: &[NodeSpec],
) -> Result<Vec<GroupSpec>> {
    named(fields, "population")?.iter().map(|(name, cursor)| group(name, cursor, networks, devices, nodes)).collect()
}

fn group(
    name: &str,
    cursor: &Cursor<'_>,
    networks: &[String],
    devices: &[DeviceSpec],
    nodes: &[NodeSpec],
) -> Result<GroupSpec> {
    let fields = cursor.fields(&GROUP_KEYS)?;
    let group = GroupSpec {
        name: name.to_owned(),
        users: fields.or("users", 1, |cursor| cursor.count(1))?,
        network: network(&fields, networks)?,
        devices: terminals(&fields, devices)?,
        initial: fields.or("initial", InitialState::On, |cursor| cursor.choice(&INITIAL))?,
        registration_spread: fields.or("registration_spread", Span::ZERO, |cursor| cursor.span())?,
        expires: fields.or("expires", Span::from_secs(600_000), expires)?,
        availability: fields.or("availability", None, |cursor| cursor.unless("always", availability))?,
        interests: fields.or("interests", Vec::new(), super::push::interests)?,
        subscribe_to: fields.or("subscribe_to", None, |cursor| {
            cursor.unless("none", |cursor| node_of_role(cursor, nodes, Role::PushSender))
        })?,
        capability: fields.or("capability", None, |cursor| cursor.unless("constant", capability))?,
        do_not_disturb: fields.or("do_not_disturb", None, |cursor| cursor.unless("never", do_not_disturb))?,
    };
    if group.initial == InitialState::Stationary && group.availability.is_none() {
        return Err(fields.missing("availability", "`availability`, because the initial state is \"stationary\""));
    }
    Ok(group)
}

fn network(fields: &Fields<'_>, networks: &[String]) -> Result<usize> {
    let names = || networks.iter().map(String::as_str);
    match (fields.get("network"), networks) {
        (Some(cursor), _) => index_of(&cursor, names().collect::<Vec<_>>(), "a network of the nodes"),
        (None, [_]) => Ok(0),
        (None, _) => Err(fields.missing("network", &super::decode::one_of(names()))),
    }
}

fn expires(cursor: &Cursor<'_>) -> Result<Span> {
    let span = cursor.span()?;
    if span < Span::from_secs(1) { Err(cursor.fail("a duration of at least 1s")) } else { Ok(span) }
}

/// The device of each terminal: the list, repeated up to `terminals`.
fn terminals(fields: &Fields<'_>, devices: &[DeviceSpec]) -> Result<Vec<usize>> {
    let names: Vec<&str> = devices.iter().map(|device| device.name.as_str()).collect();
    let index = |cursor: &Cursor<'_>| index_of(cursor, names.iter().copied(), "a device ([devices.NAME])");
    let list = match (fields.get("device"), fields.get("devices")) {
        (Some(device), None) => vec![index(&device)?],
        (None, Some(list)) => {
            let indices = list.list()?.iter().map(index).collect::<Result<Vec<_>>>()?;
            if indices.is_empty() || indices.len() > TERMINALS_MAX {
                return Err(list.fail("a list of 1 to 8 devices"));
            }
            indices
        }
        (Some(_), Some(list)) => return Err(list.found("`device` and `devices`", "one of the two")),
        (None, None) => return Err(fields.missing("device", "the name of a device, or `devices` with a list")),
    };
    let count = fields.or("terminals", list.len() as u64, |cursor| cursor.integer(1..=TERMINALS_MAX as u64))?;
    Ok(list.iter().copied().cycle().take(count as usize).collect())
}

/// Of alternating periods, the length of those under `key`.
fn period(fields: &Fields<'_>, key: &str) -> Result<Distribution> {
    let cursor = fields.need(key, "the length of the period, a duration or a distribution")?;
    match distribution(&cursor, Place::Time)? {
        Distribution::Constant(seconds) if seconds < 1e-9 => Err(cursor.fail("a period of at least 1ns")),
        period => Ok(period),
    }
}

fn capability(cursor: &Cursor<'_>) -> Result<Capability> {
    let fields = cursor.fields(&["features", "with", "without"])?;
    Ok(Capability {
        features: features(&fields.need("features", "the features that come and go")?)?,
        with: period(&fields, "with")?,
        without: period(&fields, "without")?,
    })
}

/// A schedule has a `start`, alternating periods have lengths.
fn do_not_disturb(cursor: &Cursor<'_>) -> Result<DoNotDisturb> {
    let all = cursor.fields(&["start", "length", "every", "spread", "on", "off"])?;
    if all.get("on").is_some() || all.get("off").is_some() {
        let fields = cursor.fields(&["on", "off"])?;
        return Ok(DoNotDisturb::Toggle { on: period(&fields, "on")?, off: period(&fields, "off")? });
    }
    let length = all.need("length", "a duration")?;
    let every = all.or("every", Span::from_secs(24 * 3600), |cursor| cursor.positive_span())?;
    let schedule = DoNotDisturb::Schedule {
        start: all.need("start", "a duration from the start of the run")?.span()?,
        length: length.positive_span()?,
        every,
        spread: all.or("spread", Span::ZERO, |cursor| cursor.span())?,
    };
    if length.positive_span()? < every { Ok(schedule) } else { Err(length.fail("a duration shorter than `every`")) }
}

fn availability(cursor: &Cursor<'_>) -> Result<Availability> {
    let fields = cursor.fields(&["on", "off", "off_action"])?;
    Ok(Availability {
        on: period(&fields, "on")?,
        off: period(&fields, "off")?,
        off_action: fields.or("off_action", OffAction::DeRegister, |cursor| cursor.choice(&OFF_ACTIONS))?,
    })
}
