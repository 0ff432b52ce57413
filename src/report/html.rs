//! `report.html`: one page from the files of a results folder.

use minijinja::Environment;
use minijinja::value::Serde;
use serde::Serialize;

use super::chart::short_key;
use super::data::{PointValue, ReportData};
use crate::experiment::manifest::{Figure, Manifest};

/// The extension makes minijinja escape what it fills in.
const TEMPLATE: &str = "report.html";

/// A figure of the page.
#[derive(Debug, Serialize)]
pub struct FigureOnPage {
    /// Title.
    pub title: String,
    /// What the picture shows.
    pub caption: String,
    /// Name of the picture in the folder of plots; `None` when it could not be drawn.
    pub file: Option<String>,
    /// Why it could not be drawn.
    pub problem: Option<String>,
}

/// What the template fills in.
#[derive(Debug, Serialize)]
struct Page<'a> {
    manifest: &'a Manifest,
    keys: Vec<&'a str>,
    figures: &'a [FigureOnPage],
    replications: String,
    key_measures: Vec<MeasureRow<'a>>,
    measures: Vec<MeasureRow<'a>>,
}

#[derive(Debug, Serialize)]
struct MeasureRow<'a> {
    name: &'a str,
    unit: &'a str,
    values: Vec<String>,
}

impl FigureOnPage {
    /// The entry of a figure that was drawn to `file`, or was not for the reason given.
    pub fn new(figure: &Figure, data: &ReportData, drawn: Result<String, String>) -> FigureOnPage {
        let by = if figure.by.is_empty() { String::new() } else { format!(", by {}", figure.by.join(" and ")) };
        let count = data.manifest.replications;
        let interval = if count > 1 { " with the 95 % confidence interval" } else { "" };
        let caption = format!("{} over {}{by}: mean of {}{interval}.", figure.y, figure.x, replications(count));
        let title = if figure.title.is_empty() { figure.name.clone() } else { figure.title.clone() };
        let (file, problem) = match drawn {
            Ok(file) => (Some(file), None),
            Err(problem) => (None, Some(problem)),
        };
        FigureOnPage { title, caption, file, problem }
    }
}

/// The page.
pub fn page(data: &ReportData, figures: &[FigureOnPage]) -> String {
    let manifest = &data.manifest;
    let shown = data.figure_measures();
    let keys: Vec<&str> = manifest.sweep.iter().map(|key| short_key(key)).collect();
    let mut environment = Environment::new();
    environment
        .add_template(TEMPLATE, include_str!("report.html"))
        .expect("the template of the page is part of the program");
    let template = environment.get_template(TEMPLATE).expect("it was just added");
    let page = Page {
        manifest,
        keys,
        figures,
        replications: replications(manifest.replications),
        key_measures: rows(data, shown),
        measures: rows(data, data.measures.keys().map(String::as_str)),
    };
    template.render(Serde(&page)).expect("the template uses only what it is given")
}

fn rows<'a>(data: &'a ReportData, names: impl IntoIterator<Item = &'a str>) -> Vec<MeasureRow<'a>> {
    let known = names.into_iter().filter_map(|name| data.measures.get_key_value(name));
    known
        .map(|(name, measure)| MeasureRow {
            name,
            unit: if measure.unit == "1" { "" } else { &measure.unit },
            values: measure.points.iter().map(PointValue::describe).collect(),
        })
        .collect()
}

fn replications(count: u32) -> String {
    if count == 1 { "1 replication".to_owned() } else { format!("{count} replications") }
}
