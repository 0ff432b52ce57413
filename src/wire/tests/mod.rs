//! Tests of the octets: messages read line by line, and properties of random ones.

mod diameter;
mod golden;
mod messaging;
mod property;
mod reading;
mod samples;
mod size_document;
mod sizes;
