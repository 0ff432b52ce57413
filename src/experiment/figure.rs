//! `[[figure]]`: what an experiment draws.

use crate::scenario::config::Result;
use crate::scenario::config::decode::{Cursor, Fields, check_name};
use crate::scenario::config::nearest::nearest;

const KEYS: [&str; 10] = ["name", "title", "kind", "x", "y", "by", "x_label", "y_label", "log_x", "log_y"];
const KINDS: [(&str, FigureKind); 2] = [("line", FigureKind::Line), ("bar", FigureKind::Bar)];

/// The form of a figure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FigureKind {
    /// A line with confidence intervals for each group (`line`).
    Line,
    /// Bars side by side (`bar`).
    Bar,
}

/// A figure over the points of an experiment.
#[derive(Clone, PartialEq, Debug)]
pub struct Figure {
    /// Name of the file without extension.
    pub name: String,
    /// Title; the question where the file gives none.
    pub title: Option<String>,
    /// Form.
    pub kind: FigureKind,
    /// Swept key on the horizontal axis.
    pub x: String,
    /// Measure of `summary.csv` on the vertical axis.
    pub y: String,
    /// Swept keys whose values are drawn apart.
    pub by: Vec<String>,
    /// Text at the horizontal axis; the key where the file gives none.
    pub x_label: Option<String>,
    /// Text at the vertical axis; the measure where the file gives none.
    pub y_label: Option<String>,
    /// Whether the horizontal axis is logarithmic.
    pub log_x: bool,
    /// Whether the vertical axis is logarithmic.
    pub log_y: bool,
}

/// The figures in file order; `swept` are the keys that they can refer to.
pub fn figures(top: &Fields<'_>, swept: &[String]) -> Result<Vec<Figure>> {
    let Some(cursor) = top.get("figure") else { return Ok(Vec::new()) };
    let mut figures: Vec<Figure> = Vec::new();
    for cursor in cursor.tables()? {
        let figure = figure(&cursor, swept)?;
        if figures.iter().any(|known| known.name == figure.name) {
            return Err(cursor.found(format!("a second figure `{}`", figure.name), "a name of its own"));
        }
        figures.push(figure);
    }
    Ok(figures)
}

fn figure(cursor: &Cursor<'_>, swept: &[String]) -> Result<Figure> {
    let fields = cursor.fields(&KEYS)?;
    let name = fields.need("name", "the name of the figure's file")?;
    check_name(name.text()?, name.origin(), &name.key)?;
    let text = |key| fields.opt(key, |cursor| Ok(cursor.text()?.to_owned()));
    let flag = |key| fields.or(key, false, |cursor| cursor.boolean());
    let by = |cursor: &Cursor<'_>| cursor.list_or_one().iter().map(|cursor| swept_key(cursor, swept)).collect();
    Ok(Figure {
        name: name.text()?.to_owned(),
        title: text("title")?,
        kind: fields.or("kind", FigureKind::Line, |cursor| cursor.choice(&KINDS))?,
        x: swept_key(&fields.need("x", "a swept key")?, swept)?,
        y: fields.need("y", "the name of a measure of summary.csv")?.text()?.to_owned(),
        by: fields.or("by", Vec::new(), by)?,
        x_label: text("x_label")?,
        y_label: text("y_label")?,
        log_x: flag("log_x")?,
        log_y: flag("log_y")?,
    })
}

fn swept_key(cursor: &Cursor<'_>, swept: &[String]) -> Result<String> {
    let text = cursor.text()?;
    if swept.iter().any(|key| key == text) {
        return Ok(text.to_owned());
    }
    let expected = match swept {
        [] => "a swept key; the experiment sweeps none".to_owned(),
        [..] => format!("a swept key: {}", swept.join(", ")),
    };
    Err(cursor.fail(expected).near(nearest(text, swept.iter().map(String::as_str))))
}
