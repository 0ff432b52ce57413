//! The user profile that an HSS gives to an S-CSCF: IMS subscription XML (TS 29.228 annex E).

use super::address;
use super::id::UserId;
use super::names::Names;
use super::sink::Sink;

/// A subscription with one public user identity and two initial filter criteria: REGISTER, and MESSAGE or INVITE, both
/// for the messaging server of the home network.
#[derive(Clone, Copy)]
pub(super) struct Profile(pub UserId);

impl Profile {
    pub(super) fn write(self, names: &Names, sink: &mut impl Sink) {
        sink.text("<?xml version=\"1.0\" encoding=\"UTF-8\"?><IMSSubscription><PrivateID>");
        address::private_identity(sink, names, self.0);
        sink.text("</PrivateID><ServiceProfile><PublicIdentity><Identity>");
        address::public_identity(sink, names, self.0);
        sink.text("</Identity></PublicIdentity>");
        let domain = names.domain(names.network_of(self.0));
        // req: IMN-3 the trigger that makes the S-CSCF send a third-party REGISTER.
        criterion(sink, domain, "0", &[("0", "<Method>REGISTER</Method>")]);
        let terminating = "<SessionCase>1</SessionCase>";
        let messages = [("0", "<Method>MESSAGE</Method>"), ("0", "<Method>INVITE</Method>"), ("1", terminating)];
        criterion(sink, domain, "1", &messages);
        sink.text("</ServiceProfile></IMSSubscription>");
    }
}

/// Writes a filter criterion; its triggers are a conjunction of groups, the members of a group alternatives.
fn criterion(sink: &mut impl Sink, domain: &str, priority: &str, triggers: &[(&str, &str)]) {
    sink.text("<InitialFilterCriteria><Priority>");
    sink.text(priority);
    sink.text("</Priority><TriggerPoint><ConditionTypeCNF>1</ConditionTypeCNF>");
    for (group, condition) in triggers {
        sink.text("<SPT><ConditionNegated>0</ConditionNegated><Group>");
        sink.text(group);
        sink.text("</Group>");
        sink.text(condition);
        sink.text("</SPT>");
    }
    sink.text("</TriggerPoint><ApplicationServer><ServerName>sip:cpm.");
    sink.text(domain);
    sink.text(":5060</ServerName><DefaultHandling>0</DefaultHandling></ApplicationServer></InitialFilterCriteria>");
}
