//! The classes of message that stations tell apart, for service times and priorities: SIP methods, responses, the other
//! protocols, and then one class for each workload of datagrams.

use super::model::Model;
use crate::wire::{Message, Protocol};

/// The classes that every station knows, by name.
pub const FIXED: [&str; 20] = [
    "REGISTER",
    "INVITE",
    "ACK",
    "BYE",
    "CANCEL",
    "MESSAGE",
    "SUBSCRIBE",
    "NOTIFY",
    "OPTIONS",
    "response",
    "Diameter",
    "MSRP",
    "HTTP",
    "XCAP",
    "IMAP",
    "SMTP",
    "MMS",
    "SMPP",
    "MAP",
    "SMS",
];

const RESPONSE: usize = 9;

/// Names of all classes of a model, by number.
pub fn names(model: &Model) -> Vec<String> {
    let workloads = model.workloads.iter().map(|workload| workload.name.as_str());
    FIXED.into_iter().chain(workloads).map(str::to_string).collect()
}

/// The number of the class of a message.
pub fn class_of(message: &Message) -> usize {
    match message {
        Message::Sip(sip) if sip.is_request() => sip.method() as usize,
        Message::Datagram(datagram) => FIXED.len() + usize::from(datagram.workload),
        Message::Sip(_) => RESPONSE,
        _ => of_protocol(message.protocol()),
    }
}

const fn of_protocol(protocol: Protocol) -> usize {
    match protocol {
        Protocol::Sip | Protocol::Datagram => RESPONSE,
        Protocol::Diameter => 10,
        Protocol::Msrp => 11,
        Protocol::Http => 12,
        Protocol::Xcap => 13,
        Protocol::Imap => 14,
        Protocol::Smtp => 15,
        Protocol::Mms => 16,
        Protocol::Smpp => 17,
        Protocol::Map => 18,
        Protocol::Sms => 19,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::sip::Method;

    #[test]
    fn the_number_of_a_class_is_the_position_of_its_name() {
        for method in Method::ALL {
            assert_eq!(FIXED[method as usize], method.name());
        }
        for protocol in [
            Protocol::Diameter,
            Protocol::Msrp,
            Protocol::Http,
            Protocol::Xcap,
            Protocol::Imap,
            Protocol::Smtp,
            Protocol::Mms,
            Protocol::Smpp,
            Protocol::Map,
            Protocol::Sms,
        ] {
            assert_eq!(FIXED[of_protocol(protocol)], protocol.name());
        }
    }
}
