//! What is pushed how: the keys that `[[workload]]` of kind `push` and a step that pushes share.

use super::decode::{Choices, Cursor, Fields, check_name};
use super::error::Result;
use super::population;
use crate::agents::push_sender::order::{PUSH_CLASSES, PushClass};
use crate::agents::push_sender::{Interests, Media, MethodChoice, Targets};
use crate::scenario::model::PushSpec;
use crate::wire::ContentType;
use crate::wire::msrp::Presentation;

/// The keys.
pub const KEYS: [&str; 10] =
    ["class", "method", "targets", "k", "require", "interests", "files", "content_type", "disposition", "cancel_after"];
/// Names of [`MethodChoice`].
pub const METHODS: Choices<'_, MethodChoice> = &[
    ("message", MethodChoice::Message),
    ("reference", MethodChoice::Reference),
    ("notify", MethodChoice::Notify),
    ("session", MethodChoice::Session),
    ("by_size", MethodChoice::BySize),
    ("by_size_reference", MethodChoice::BySizeReference),
];
/// Names of [`Targets`].
pub const TARGETS: Choices<'_, Targets> = &[
    ("all", Targets::All),
    ("each", Targets::Each),
    ("first_k", Targets::First(1)),
    ("first_available", Targets::FirstAvailable),
    ("capable", Targets::Capable),
];

/// The push that `fields` describe.
pub fn push(fields: &Fields<'_>) -> Result<PushSpec> {
    Ok(PushSpec {
        class: fields.or("class", PushClass::default(), |cursor| cursor.choice(&PUSH_CLASSES))?,
        method: fields.or("method", MethodChoice::default(), |cursor| cursor.choice(METHODS))?,
        targets: targets(fields)?,
        require: fields.or("require", Vec::new(), population::features)?,
        interests: fields.or("interests", Vec::new(), interests)?,
        media: media(fields)?,
    })
}

/// Names of [`Presentation`].
pub const DISPOSITIONS: Choices<'_, Presentation> =
    &[("attachment", Presentation::Attachment), ("render", Presentation::Render)];

/// What a push by session carries.
fn media(fields: &Fields<'_>) -> Result<Media> {
    let usual = Media::default();
    let kinds: Vec<(&str, ContentType)> = ContentType::ALL.iter().map(|kind| (kind.name(), *kind)).collect();
    Ok(Media {
        files: fields.or("files", usual.files, |cursor| cursor.integer(1..=100).map(|files| files as u32))?,
        kind: fields.or("content_type", usual.kind, |cursor| cursor.choice(&kinds))?,
        presentation: fields.or("disposition", usual.presentation, |cursor| cursor.choice(DISPOSITIONS))?,
        cancel_after: fields.or("cancel_after", None, |cursor| cursor.unless("never", |cursor| cursor.span()))?,
    })
}

fn targets(fields: &Fields<'_>) -> Result<Targets> {
    match (fields.or("targets", Targets::default(), |cursor| cursor.choice(TARGETS))?, fields.get("k")) {
        (Targets::First(one), k) => Ok(Targets::First(k.map_or(Ok(one), |cursor| Ok(cursor.integer(1..=8)? as u8))?)),
        (targets, None) => Ok(targets),
        (_, Some(k)) => Err(k.found("a key that needs `targets = \"first_k\"`", "no such key")),
    }
}

/// A list of names of interests.
pub fn interests(cursor: &Cursor<'_>) -> Result<Vec<String>> {
    let mut names: Vec<String> = Vec::new();
    for cursor in cursor.list()? {
        let name = cursor.text()?;
        check_name(name, cursor.origin(), &cursor.key)?;
        if names.iter().any(|known| known == name) {
            return Err(cursor.found(format!("{name:?} twice"), "each interest once"));
        }
        names.push(name.to_owned());
    }
    Ok(names)
}

/// Fails at `cursor` when a model has more interests than a set of them holds.
pub fn check_interests(cursor: &Cursor<'_>, names: &[String]) -> Result<()> {
    if names.len() <= Interests::MAX {
        return Ok(());
    }
    Err(cursor.found(format!("{} interests in all", names.len()), format!("at most {}", Interests::MAX)))
}
