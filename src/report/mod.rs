//! Reports: plots and the HTML page, from the files of a results folder alone.

pub mod capture;
pub mod chart;
pub mod data;
pub mod diagram;
pub mod hops;
pub mod html;
pub mod ladder;
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
                Ok(name)
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

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::experiment::manifest::{Figure, FigureKind, Manifest};
    use crate::experiment::{Campaign, synthetic};

    #[test]
    fn a_results_folder_becomes_a_page_with_plots() {
        let dir = tempfile::tempdir().unwrap();
        let figure = |name: &str, y: &str| Figure {
            name: name.to_owned(),
            title: "Use <of> p".to_owned(),
            kind: FigureKind::Line,
            x: "load".to_owned(),
            y: y.to_owned(),
            by: Vec::new(),
            x_label: None,
            y_label: None,
            log_x: false,
            log_y: false,
        };
        let mut identity = synthetic::identity(3, 2);
        identity.figures = vec![figure("use", "utilisation.p"), figure("typo", "utilization.p")];
        let execute = |identity: &Manifest| {
            let campaign = Campaign { identity, models: &[0, 1, 2], jobs: NonZeroUsize::MIN, command_line: "pushsim" };
            campaign.execute(dir.path(), false, &synthetic::run, &AtomicBool::new(false), &|_| ())
        };
        let refused = execute(&identity).unwrap_err().to_string();
        assert!(refused.starts_with("figure typo:") && refused.ends_with("did you mean `utilisation.p`?"), "{refused}");
        assert!(!dir.path().exists(), "nothing is half-written");

        identity.figures[1] = figure("silent", "latency.pager.silent.mean_s");
        execute(&identity).unwrap();
        let built = build(dir.path()).unwrap();
        assert_eq!(built.plots, 1);
        assert_eq!(built.problems, ["figure silent: latency.pager.silent.mean_s has no value"]);
        let page = fs::read_to_string(dir.path().join(PAGE)).unwrap();
        assert!(page.contains("Use &lt;of&gt; p") && !page.contains("<of>"), "text is escaped");
        assert!(page.contains("src=\"plots/use.svg\""));
        let plot = fs::read_to_string(dir.path().join(PLOTS).join("use.svg")).unwrap();
        assert!(plot.starts_with("<svg") && plot.contains("Use &lt;of&gt; p"));
        assert_eq!(fs::read_dir(dir.path().join(PLOTS)).unwrap().count(), 1);
    }
}
