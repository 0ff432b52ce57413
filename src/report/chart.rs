//! From the definition of a figure and the summary to series of points with error bars.

use super::data::{PointValue, ReportData};
use super::scale::{Scale, Tick, numeric_values};
use crate::experiment::manifest::{Figure, FigureKind};

/// What is drawn.
#[derive(Clone, Debug)]
pub struct Chart {
    /// Title.
    pub title: String,
    /// Lines or bars.
    pub kind: FigureKind,
    /// Horizontal axis.
    pub x: Axis,
    /// Vertical axis.
    pub y: Axis,
    /// Keys that tell the series apart.
    pub legend: String,
    /// Series in the order of the sweep.
    pub series: Vec<Series>,
}

/// An axis.
#[derive(Clone, Debug)]
pub struct Axis {
    /// Label with unit.
    pub label: String,
    /// Spread of the values.
    pub scale: Scale,
    /// Marks.
    pub ticks: Vec<Tick>,
}

/// A group of points that belong together.
#[derive(Clone, Debug)]
pub struct Series {
    /// Name in the legend; empty when it is the only one.
    pub label: String,
    /// Horizontal position and value, sorted by position.
    pub points: Vec<(f64, PointValue)>,
}

impl Chart {
    /// Collects the points of a figure.
    ///
    /// # Errors
    ///
    /// A sentence on what the figure names that the results do not have.
    pub fn of(figure: &Figure, data: &ReportData) -> Result<Chart, String> {
        let measure = data.measures.get(&figure.y).ok_or_else(|| {
            let nearest = data.nearest_measure(&figure.y).map(|name| format!("; the nearest is {name}"));
            format!("figure {}: no measure is named {}{}", figure.name, figure.y, nearest.unwrap_or_default())
        })?;
        let x_key = key_index(figure, &figure.x, data)?;
        let by_keys: Vec<usize> =
            figure.by.iter().map(|by| key_index(figure, by, data)).collect::<Result<_, String>>()?;

        let points = &data.manifest.points;
        let x_values: Vec<&str> = points.iter().map(|values| values[x_key].as_str()).collect();
        let numeric = numeric_values(&x_values).filter(|_| figure.kind == FigureKind::Line);
        let (places, x) = match numeric {
            Some((places, unit)) => {
                let axis = numeric_axis(figure, &places, &unit)?;
                (places, axis)
            }
            None => categories(figure, &x_values),
        };

        let keys = series_keys(data, x_key, by_keys);
        let names: Vec<&str> = keys.iter().map(|&key| short_key(&data.manifest.sweep[key])).collect();
        let mut series: Vec<Series> = Vec::new();
        for (point, &place) in places.iter().enumerate() {
            let label = keys.iter().map(|&key| points[point][key].as_str()).collect::<Vec<_>>().join(", ");
            let value = measure.points[point];
            match series.iter_mut().find(|series| series.label == label) {
                Some(series) => series.points.push((place, value)),
                None => series.push(Series { label, points: vec![(place, value)] }),
            }
        }
        for one in &mut series {
            one.points.sort_by(|a, b| a.0.total_cmp(&b.0));
        }
        let y = value_axis(figure, &series, &measure.unit)?;
        let title = if figure.title.is_empty() { figure.name.clone() } else { figure.title.clone() };
        Ok(Chart { title, kind: figure.kind, x, y, legend: names.join(", "), series })
    }
}

fn key_index(figure: &Figure, key: &str, data: &ReportData) -> Result<usize, String> {
    data.manifest.sweep.iter().position(|swept| swept == key).ok_or_else(|| {
        let swept = data.manifest.sweep.join(", ");
        format!("figure {}: {key} is not a swept key (swept: {swept})", figure.name)
    })
}

/// The keys of `by`, and every other key that takes several values.
fn series_keys(data: &ReportData, x_key: usize, by_keys: Vec<usize>) -> Vec<usize> {
    let points = &data.manifest.points;
    let varies = |key: usize| points.iter().any(|values| values[key] != points[0][key]);
    let others = (0..data.manifest.sweep.len()).filter(|key| *key != x_key && !by_keys.contains(key) && varies(*key));
    let others: Vec<usize> = others.collect();
    by_keys.into_iter().chain(others).collect()
}

/// What the last part of a key may be without saying what it is about: parameters of a distribution, and states.
const NEEDS_CONTEXT: [&str; 10] = ["mean", "median", "low", "high", "value", "shape", "scale", "sigma", "on", "off"];

/// The last part of a dotted key, with as many before it as it takes to say what it is about.
pub fn short_key(key: &str) -> &str {
    let mut from = key.len();
    for part in key.rsplit('.') {
        from = from.saturating_sub(part.len() + usize::from(from < key.len()));
        if !NEEDS_CONTEXT.contains(&part) {
            break;
        }
    }
    &key[from..]
}

fn numeric_axis(figure: &Figure, places: &[f64], unit: &str) -> Result<Axis, String> {
    let (low, high) = bounds(places.iter().copied());
    let scale = if figure.log_x {
        if low <= 0.0 {
            return Err(format!("figure {}: {} has values that a logarithmic axis cannot show", figure.name, figure.x));
        }
        Scale::log_around(low, high)
    } else {
        Scale::linear_between(low, high)
    };
    let label = with_unit(figure.x_label.as_deref().unwrap_or(&figure.x), unit);
    Ok(Axis { label, ticks: scale.ticks(), scale })
}

fn categories(figure: &Figure, values: &[&str]) -> (Vec<f64>, Axis) {
    let mut names: Vec<&str> = Vec::new();
    for value in values {
        if !names.contains(value) {
            names.push(value);
        }
    }
    let index = |value: &&str| names.iter().position(|name| name == value).expect("every value is a category");
    let places = values.iter().map(|value| index(value) as f64).collect();
    let ticks =
        names.iter().enumerate().map(|(at, name)| Tick { value: at as f64, label: (*name).to_owned() }).collect();
    let label = figure.x_label.clone().unwrap_or_else(|| figure.x.clone());
    (places, Axis { label, scale: Scale::Slots(names.len()), ticks })
}

fn value_axis(figure: &Figure, series: &[Series], unit: &str) -> Result<Axis, String> {
    let values = series.iter().flat_map(|series| series.points.iter().map(|(_, value)| value));
    let ends = values.flat_map(|value| {
        let (low, high) = value.interval.unzip();
        [value.mean, low, high].into_iter().flatten()
    });
    let ends: Vec<f64> = ends.filter(|end| !figure.log_y || *end > 0.0).collect();
    if ends.is_empty() {
        let why = if figure.log_y { "no positive value for its logarithmic axis" } else { "no value" };
        return Err(format!("figure {}: {} has {why}", figure.name, figure.y));
    }
    let (mut low, high) = bounds(ends.iter().copied());
    // An interval that reaches below zero is cut where no value does: nothing negative can be meant.
    let means = series.iter().flat_map(|series| series.points.iter().filter_map(|(_, value)| value.mean));
    if means.fold(f64::INFINITY, f64::min) >= 0.0 {
        low = low.max(0.0);
    }
    let scale = if figure.log_y {
        Scale::log_around(low, high)
    } else {
        Scale::linear_around(low, high, figure.kind == FigureKind::Bar)
    };
    let label = with_unit(figure.y_label.as_deref().unwrap_or(&figure.y), unit);
    Ok(Axis { label, ticks: scale.ticks(), scale })
}

fn bounds(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
}

/// Adds the unit unless the label names one.
fn with_unit(label: &str, unit: &str) -> String {
    let unit = match unit {
        "" | "1" => return label.to_owned(),
        "/s" => "1/s",
        other => other,
    };
    let named = [("s", "second"), ("octets", "octet"), ("B", "octet")];
    let is_named = label.ends_with(')') || named.iter().any(|(of, word)| *of == unit && label.contains(word));
    if is_named { label.to_owned() } else { format!("{label} ({unit})") }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::experiment::manifest::Manifest;
    use crate::report::data::MeasureSummary;

    fn data() -> ReportData {
        let sweep = ["model.load", "policies.overlap"];
        let points = [["10/s", "busy"], ["2/s", "busy"], ["10/s", "queue"], ["2/s", "queue"]];
        let value =
            |mean: f64| PointValue { mean: Some(mean), interval: Some((mean - 1.0, mean + 1.0)), replications: 3 };
        let summary = MeasureSummary { unit: "s".to_owned(), points: [4.0, 3.0, 2.0, 1.5].map(value).to_vec() };
        ReportData {
            manifest: Manifest {
                tool_version: String::new(),
                experiment: String::new(),
                question: String::new(),
                path: String::new(),
                inputs: Vec::new(),
                seed: 1,
                replications: 3,
                overrides: Vec::new(),
                sweep: sweep.map(str::to_owned).to_vec(),
                points: points.map(|values| values.map(str::to_owned).to_vec()).to_vec(),
                figures: Vec::new(),
                results: Vec::new(),
            },
            measures: BTreeMap::from([("latency.mean_s".to_owned(), summary)]),
        }
    }

    fn figure() -> Figure {
        Figure {
            name: "f".to_owned(),
            title: "F".to_owned(),
            kind: FigureKind::Line,
            x: "model.load".to_owned(),
            y: "latency.mean_s".to_owned(),
            by: vec!["policies.overlap".to_owned()],
            x_label: None,
            y_label: Some("Delay".to_owned()),
            log_x: false,
            log_y: false,
        }
    }

    #[test]
    fn points_are_grouped_and_sorted_by_their_numbers() {
        let chart = Chart::of(&figure(), &data()).unwrap();
        let labels: Vec<&str> = chart.series.iter().map(|series| series.label.as_str()).collect();
        assert_eq!(labels, ["busy", "queue"]);
        assert_eq!(chart.legend, "overlap");
        let places: Vec<f64> = chart.series[0].points.iter().map(|(place, _)| *place).collect();
        assert_eq!(places, [2.0, 10.0]);
        assert_eq!((chart.x.label.as_str(), chart.y.label.as_str()), ("model.load (1/s)", "Delay (s)"));
    }

    #[test]
    fn short_keys_say_what_they_are_about() {
        assert_eq!(short_key("policies.mode"), "mode");
        assert_eq!(short_key("devices.phone.think_time.median"), "think_time.median");
        assert_eq!(short_key("population.receivers.availability.on.mean"), "availability.on.mean");
        assert_eq!(short_key("mean"), "mean");
    }

    #[test]
    fn bars_take_every_value_as_a_category() {
        let chart = Chart::of(&Figure { kind: FigureKind::Bar, by: Vec::new(), ..figure() }, &data()).unwrap();
        assert_eq!(chart.x.scale, Scale::Slots(2));
        assert_eq!(chart.series.len(), 2, "a key that varies makes series even without `by`");
    }

    #[test]
    fn unknown_names_are_told_with_the_nearest() {
        let unknown = Figure { y: "latency.means".to_owned(), ..figure() };
        let error = Chart::of(&unknown, &data()).unwrap_err();
        assert!(error.contains("the nearest is latency.mean_s"), "{error}");
        let unknown = Figure { x: "load".to_owned(), ..figure() };
        assert!(Chart::of(&unknown, &data()).unwrap_err().contains("swept: model.load"));
    }
}
