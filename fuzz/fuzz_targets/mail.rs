//! Any octets as SMTP, mail, HTTP and MMS.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pushsim_fuzz::kernel::EntityId;
use pushsim_fuzz::wire::names::UserGroup;
use pushsim_fuzz::wire::parse::{HttpText, MmsText, Reader, SmtpCommandText, SmtpReplyText, mail_text};
use pushsim_fuzz::wire::{Names, NetworkId, UserId};

fuzz_target!(|octets: &[u8]| {
    let _ = SmtpCommandText::parse(octets).and_then(|command| command.path("FROM"));
    let _ = SmtpReplyText::parse(octets);
    let _ = mail_text(octets);
    let _ = HttpText::stream(octets);
    let _ = MmsText::parse(octets).and_then(|text| text.parts());
    let hosts = ["p1", "i1", "s1", "pf1", "hss1"].map(|host| format!("{host}.home.example"));
    let group = UserGroup { first_user: UserId(0), network: NetworkId(0), first_terminal: EntityId(5), terminals: 2 };
    let names = Names::new(vec!["home.example".into()], hosts.into(), vec![group]);
    let reader = Reader::new(&names);
    let _ = reader.notification_ind(octets);
    let _ = reader.retrieve_conf(octets);
});
