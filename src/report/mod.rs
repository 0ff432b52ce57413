//! Reports: plots and the HTML page, from the files of a results folder alone.

pub mod chart;
pub mod data;
pub mod html;
pub mod plots;
pub mod scale;

use std::fs;
use std::path::Path;

pub use data::ReportData;

use crate::experiment::ExperimentError;
use crate::experiment::folder::write_whole;

use chart::Chart;
use html::FigureOnPage;

/// The page in a results folder.
pub const PAGE: &str = "report.html";

/// Sub-folder of the plots.
pub const PLOTS: &str = "plots";

/// What was drawn.
#[derive(Debug)]
pub struct Built {
    /// Plots written.
    pub plots: usize,
    /// A sentence for every figure that could not be drawn.
    pub problems: Vec<String>,
}

/// Draws the figures of a results folder and writes its page.
///
/// # Errors
///
/// When a result file cannot be read or a picture cannot be written.
pub fn build(folder: &Path) -> Result<Built, ExperimentError> {
    let data = ReportData::read(folder)?;
    let plots = folder.join(PLOTS);
    if !data.manifest.figures.is_empty() {
        fs::create_dir_all(&plots).map_err(ExperimentError::writing(&plots))?;
    }
    let mut problems = Vec::new();
    let mut on_page = Vec::new();
    for figure in &data.manifest.figures {
        let drawn = match Chart::of(figure, &data) {
            Ok(chart) => {
                let name = format!("{}.svg", figure.name);
                write_whole(&plots.join(&name), plots::draw(&chart).as_bytes())?;
                Ok(format!("{PLOTS}/{name}"))
            }
            Err(problem) => {
                problems.push(problem.clone());
                Err(problem)
            }
        };
        on_page.push(FigureOnPage::new(figure, &data, drawn));
    }
    write_whole(&folder.join(PAGE), html::page(&data, &on_page).as_bytes())?;
    Ok(Built { plots: on_page.len() - problems.len(), problems })
}
