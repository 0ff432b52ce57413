//! MAP operations for short messages (3GPP TS 29.002) in TCAP (ITU-T Q.773). The octets are those of TCAP; what carries
//! it (SCCP and MTP or SIGTRAN) is not counted.

mod ber;

use super::id::Token;
use super::message::MessageKind;
use super::names::Names;
use super::semi_octets;
use super::sink::Sink;
use super::sms::ShortMessage;
use crate::kernel::EntityId;
use ber::{element, group};

/// A MAP operation on its way to who performs it, or its result.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Map {
    /// TCAP transaction.
    pub transaction: Token,
    /// The service centre that it is for.
    pub centre: EntityId,
    /// The terminal that it is about.
    pub terminal: EntityId,
    /// Operation.
    pub operation: Operation,
    /// Request or result.
    pub step: Step,
    /// The node that serves the terminal, in the result of SRI-SM.
    pub serving: Option<EntityId>,
    /// The segment, in MT-ForwardSM and its result.
    pub message: Option<ShortMessage>,
}

/// An operation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Operation {
    /// sendRoutingInfoForSM: which node serves the terminal.
    RoutingInfo,
    /// mt-ForwardSM: deliver this.
    Forward,
    /// reportSM-DeliveryStatus: the terminal did not answer.
    ReportStatus,
    /// readyForSM: the terminal is back.
    Ready,
    /// alertServiceCentre: the terminal is back, try again.
    Alert,
}

/// Request or result.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Step {
    /// TC-BEGIN with an invoke.
    Request,
    /// TC-END with a result.
    Done,
    /// TC-END with the error absentSubscriberSM.
    Absent,
}

impl Operation {
    /// All.
    pub const ALL: [Operation; 5] =
        [Operation::RoutingInfo, Operation::Forward, Operation::ReportStatus, Operation::Ready, Operation::Alert];

    /// The name in results.
    pub const fn name(self) -> &'static str {
        match self {
            Operation::RoutingInfo => "SRI-SM",
            Operation::Forward => "MT-ForwardSM",
            Operation::ReportStatus => "ReportSM-DeliveryStatus",
            Operation::Ready => "ReadyForSM",
            Operation::Alert => "AlertServiceCentre",
        }
    }

    const fn code(self) -> u8 {
        match self {
            Operation::Forward => 44,
            Operation::RoutingInfo => 45,
            Operation::ReportStatus => 47,
            Operation::Alert => 64,
            Operation::Ready => 66,
        }
    }

    /// Application context: number and version.
    const fn context(self) -> [u8; 2] {
        match self {
            Operation::RoutingInfo | Operation::ReportStatus => [20, 3],
            Operation::Forward => [25, 3],
            Operation::Alert => [23, 2],
            Operation::Ready => [24, 3],
        }
    }
}

impl Step {
    /// What it adds to the name of the operation.
    pub const fn suffix(self) -> &'static str {
        match self {
            Step::Request => "",
            Step::Done => " ack",
            Step::Absent => " absent",
        }
    }
}

/// MAP error absentSubscriberSM.
const ABSENT_SUBSCRIBER_SM: u8 = 6;

impl Map {
    /// What it is.
    pub fn kind(&self) -> MessageKind {
        MessageKind::Map(self.operation, self.step)
    }

    /// Writes the TCAP message.
    pub fn write(&self, names: &Names, sink: &mut impl Sink) {
        sink.bytes(&self.octets(names));
    }

    /// Its octets on the wire.
    pub fn wire_len(&self, names: &Names) -> u64 {
        self.octets(names).len() as u64
    }

    fn octets(&self, names: &Names) -> Vec<u8> {
        let transaction = (self.transaction.raw() as u32).to_be_bytes();
        match self.step {
            Step::Request => {
                group(0x62, &[element(0x48, &transaction), self.dialogue(), element(0x6c, &self.invoke(names))])
            }
            Step::Done | Step::Absent => {
                group(0x64, &[element(0x49, &transaction), self.dialogue(), element(0x6c, &self.result())])
            }
        }
    }

    /// Dialogue portion with AARQ or AARE.
    fn dialogue(&self) -> Vec<u8> {
        let [context, version] = self.operation.context();
        let name = element(0xa1, &element(0x06, &[0x04, 0, 0, 1, 0, context, version]));
        let protocol = element(0x80, &[0x07, 0x80]);
        let unit = match self.step {
            Step::Request => group(0x60, &[protocol, name]),
            Step::Done | Step::Absent => {
                let accepted = element(0xa2, &element(0x02, &[0]));
                let diagnostic = element(0xa3, &element(0xa1, &element(0x02, &[0])));
                group(0x61, &[protocol, name, accepted, diagnostic])
            }
        };
        let syntax = element(0x06, &[0x00, 0x11, 0x86, 0x05, 0x01, 0x01, 0x01]);
        element(0x6b, &group(0x28, &[syntax, element(0xa0, &unit)]))
    }

    fn invoke(&self, names: &Names) -> Vec<u8> {
        group(0xa1, &[INVOKE.to_vec(), element(0x02, &[self.operation.code()]), self.argument(names)])
    }

    fn argument(&self, names: &Names) -> Vec<u8> {
        let (msisdn, centre) = (number(true, self.terminal), number(false, self.centre));
        let imsi = semi_octets::imsi(self.terminal);
        match self.operation {
            // MSISDN, priority, service centre.
            Operation::RoutingInfo => {
                group(0x30, &[element(0x80, &msisdn), element(0x81, &[0xff]), element(0x82, &centre)])
            }
            // Destination, originating service centre, the TPDU, and whether more of it follows.
            Operation::Forward => {
                let mut tpdu = Vec::new();
                if let Some(message) = &self.message {
                    message.write_deliver(names, &mut tpdu);
                }
                let more = self.message.is_some_and(|message| message.segment < message.segments);
                let parts = [
                    element(0x80, &imsi),
                    element(0x84, &centre),
                    element(0x04, &tpdu),
                    if more { element(0x05, &[]) } else { Vec::new() },
                ];
                group(0x30, &parts)
            }
            // Outcome 1 is absent subscriber.
            Operation::ReportStatus => {
                group(0x30, &[element(0x04, &msisdn), element(0x04, &centre), element(0x0a, &[1])])
            }
            // Reason 0 is that the terminal is present.
            Operation::Ready => group(0x30, &[element(0x80, &imsi), element(0x0a, &[0])]),
            Operation::Alert => group(0x30, &[element(0x04, &msisdn), element(0x04, &centre)]),
        }
    }

    fn result(&self) -> Vec<u8> {
        match (self.step, self.serving) {
            (Step::Absent, _) => group(0xa3, &[INVOKE.to_vec(), element(0x02, &[ABSENT_SUBSCRIBER_SM])]),
            (Step::Request | Step::Done, Some(serving)) => {
                let location = element(0xa0, &element(0x81, &number(false, serving)));
                let info = group(0x30, &[element(0x04, &semi_octets::imsi(self.terminal)), location]);
                let content = group(0x30, &[element(0x02, &[self.operation.code()]), info]);
                group(0xa2, &[INVOKE.to_vec(), content])
            }
            (Step::Request | Step::Done, None) => element(0xa2, &INVOKE),
        }
    }
}

/// Invoke id 1.
const INVOKE: [u8; 3] = [0x02, 0x01, 0x01];

/// A number with its type, as an ISDN-AddressString.
fn number(is_terminal: bool, entity: EntityId) -> [u8; 1 + semi_octets::NUMBER] {
    let mut octets = [semi_octets::INTERNATIONAL; 1 + semi_octets::NUMBER];
    octets[1..].copy_from_slice(&semi_octets::number(is_terminal, entity));
    octets
}
