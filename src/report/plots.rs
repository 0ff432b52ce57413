//! Draws charts as SVG: lines with markers and error bars, or bars. Text uses the reader's sans-serif font.

use plotters::backend::{DrawingBackend, SVGBackend};
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters::element::{Circle, PathElement, Polygon, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontTransform, IntoFont, RGBColor, ShapeStyle, TextStyle, WHITE};

use super::chart::{Chart, Series};
use super::data::PointValue;
use super::scale::Scale;
use crate::experiment::manifest::FigureKind;

/// Colours of Okabe and Ito, told apart by readers with any colour vision; the yellow one comes last.
const COLOURS: [RGBColor; 8] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(0, 0, 0),
    RGBColor(240, 228, 66),
];
/// Length of a dash of the series beyond the first eight, and from one dash to the next, pixels.
const DASH: (f64, f64) = (7.0, 12.0);
const INK: RGBColor = RGBColor(40, 40, 40);
const GRID: RGBColor = RGBColor(225, 225, 225);

/// Width of the picture in pixels.
const WIDTH: i32 = 960;
/// Height of the plotting area.
const PLOT_HEIGHT: i32 = 400;
const TITLE_SIZE: i32 = 22;
const LABEL_SIZE: i32 = 18;
const TICK_SIZE: i32 = 17;
/// Distance between the lines of a label.
const LINE_HEIGHT: i32 = 19;
/// Width of an average character relative to the font size, as plotters counts it.
const CHARACTER: f64 = 0.52;

/// A picture that is being drawn.
type Canvas<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// What drawing into a string can fail with.
type DrawError = DrawingAreaErrorKind<<SVGBackend<'static> as DrawingBackend>::ErrorType>;

/// Draws a chart.
pub fn draw(chart: &Chart) -> String {
    let frame = Frame::around(chart);
    let mut svg = String::new();
    {
        let size = (WIDTH as u32, frame.height as u32);
        let canvas = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        draw_on(&canvas, chart, &frame).expect("writing to a string does not fail");
        canvas.present().expect("writing to a string does not fail");
    }
    svg
}

/// Where the parts of a picture lie, in pixels.
struct Frame {
    title: Vec<String>,
    left: i32,
    right: i32,
    top: i32,
    bottom: i32,
    height: i32,
    /// Lines of each label of the horizontal axis.
    x_labels: Vec<Vec<String>>,
}

impl Frame {
    fn around(chart: &Chart) -> Frame {
        let title = wrap(&chart.title, text_columns(WIDTH - 40, TITLE_SIZE));
        let top = 18 + TITLE_SIZE * 13 / 10 * title.len() as i32 + 12;
        let widest = |labels: &mut dyn Iterator<Item = &str>, size| {
            labels.map(|label| text_width(label, size)).max().unwrap_or(0)
        };
        let y_labels = widest(&mut chart.y.ticks.iter().map(|tick| tick.label.as_str()), TICK_SIZE);
        let legend = if chart.series.len() > 1 {
            let labels = chart.series.iter().map(|series| series.label.as_str());
            60 + widest(&mut labels.chain(chart.legend.split(' ')), TICK_SIZE).clamp(60, 300)
        } else {
            0
        };
        let (left, right) = (58 + y_labels, WIDTH - 25 - legend);
        let slot = (right - left) / (chart.x.ticks.len() as i32).max(1);
        let columns = text_columns(slot - 8, TICK_SIZE).max(6);
        let x_labels: Vec<Vec<String>> = chart.x.ticks.iter().map(|tick| wrap_name(&tick.label, columns)).collect();
        let lines = x_labels.iter().map(Vec::len).max().unwrap_or(1) as i32;
        let below = 8 + lines * LINE_HEIGHT;
        let bottom = top + PLOT_HEIGHT;
        Frame { title, left, right, top, bottom, height: bottom + below + 40, x_labels }
    }

    fn x(&self, scale: &Scale, value: f64) -> i32 {
        self.left + pixels(scale.place(value) * f64::from(self.right - self.left))
    }

    fn y(&self, scale: &Scale, value: f64) -> i32 {
        self.bottom - pixels(scale.place(value) * f64::from(self.bottom - self.top))
    }
}

fn draw_on(canvas: &Canvas<'_>, chart: &Chart, frame: &Frame) -> Result<(), DrawError> {
    canvas.fill(&WHITE)?;
    for (row, line) in frame.title.iter().enumerate() {
        let y = 18 + row as i32 * TITLE_SIZE * 13 / 10;
        canvas.draw(&Text::new(line.clone(), (WIDTH / 2, y), text(TITLE_SIZE, HPos::Center, VPos::Top)))?;
    }
    draw_vertical_axis(canvas, chart, frame)?;
    draw_horizontal_axis(canvas, chart, frame)?;
    match chart.kind {
        FigureKind::Line => draw_lines(canvas, chart, frame)?,
        FigureKind::Bar => draw_bars(canvas, chart, frame)?,
    }
    let corners = [(frame.left, frame.top), (frame.left, frame.bottom), (frame.right, frame.bottom)];
    canvas.draw(&PathElement::new(corners.to_vec(), INK.stroke_width(1)))?;
    if chart.series.len() > 1 {
        draw_legend(canvas, chart, frame)?;
    }
    Ok(())
}

fn draw_vertical_axis(canvas: &Canvas<'_>, chart: &Chart, frame: &Frame) -> Result<(), DrawError> {
    for tick in &chart.y.ticks {
        let y = frame.y(&chart.y.scale, tick.value);
        canvas.draw(&PathElement::new(vec![(frame.left, y), (frame.right, y)], GRID.stroke_width(1)))?;
        let label = Text::new(tick.label.clone(), (frame.left - 9, y), text(TICK_SIZE, HPos::Right, VPos::Center));
        canvas.draw(&label)?;
    }
    let upright = text(LABEL_SIZE, HPos::Center, VPos::Center).transform(FontTransform::Rotate270);
    let label = shorten(&chart.y.label, text_columns(frame.bottom - frame.top, LABEL_SIZE));
    canvas.draw(&Text::new(label, (22, i32::midpoint(frame.top, frame.bottom)), upright))
}

fn draw_horizontal_axis(canvas: &Canvas<'_>, chart: &Chart, frame: &Frame) -> Result<(), DrawError> {
    for (tick, lines) in chart.x.ticks.iter().zip(&frame.x_labels) {
        let x = frame.x(&chart.x.scale, tick.value);
        canvas.draw(&PathElement::new(vec![(x, frame.bottom), (x, frame.bottom + 5)], INK.stroke_width(1)))?;
        for (row, line) in lines.iter().enumerate() {
            let place = (x, frame.bottom + 9 + row as i32 * LINE_HEIGHT);
            canvas.draw(&Text::new(line.clone(), place, text(TICK_SIZE, HPos::Center, VPos::Top)))?;
        }
    }
    let style = text(LABEL_SIZE, HPos::Center, VPos::Bottom);
    let label = shorten(&chart.x.label, text_columns(frame.right - frame.left + 60, LABEL_SIZE));
    canvas.draw(&Text::new(label, (i32::midpoint(frame.left, frame.right), frame.height - 10), style))
}

fn draw_lines(canvas: &Canvas<'_>, chart: &Chart, frame: &Frame) -> Result<(), DrawError> {
    let apart = if matches!(chart.x.scale, Scale::Slots(_)) { 6 } else { 2 };
    for (index, series) in chart.series.iter().enumerate() {
        let colour = COLOURS[index % COLOURS.len()];
        // Series stand a few pixels apart, so that error bars at the same place can be told apart.
        let shift = apart * (2 * index as i32 - chart.series.len() as i32 + 1) / 2;
        let place = |at: f64, value: f64| (frame.x(&chart.x.scale, at) + shift, frame.y(&chart.y.scale, value));
        for run in unbroken(series) {
            let path: Vec<(i32, i32)> = run.iter().map(|&(at, mean)| place(at, mean)).collect();
            draw_path(canvas, index, path)?;
        }
        for (at, value) in &series.points {
            let Some(mean) = value.mean else { continue };
            let (x, y) = place(*at, mean);
            draw_error_bar(canvas, chart, frame, (x, value), colour)?;
            draw_marker(canvas, index, (x, y))?;
        }
    }
    Ok(())
}

/// Draws the line of a series; colours come back after eight, dashed.
fn draw_path(canvas: &Canvas<'_>, index: usize, path: Vec<(i32, i32)>) -> Result<(), DrawError> {
    let style = COLOURS[index % COLOURS.len()].stroke_width(2);
    if index < COLOURS.len() {
        return canvas.draw(&PathElement::new(path, style));
    }
    for ends in path.windows(2) {
        let ((x, y), (to_x, to_y)) = (ends[0], ends[1]);
        let (dx, dy) = (f64::from(to_x - x), f64::from(to_y - y));
        let length = libm::sqrt(dx * dx + dy * dy);
        let along = |way: f64| {
            let part = (way / length).min(1.0);
            (x + pixels(dx * part), y + pixels(dy * part))
        };
        for dash in 0..libm::ceil(length / DASH.1) as u32 {
            let from = f64::from(dash) * DASH.1;
            canvas.draw(&PathElement::new(vec![along(from), along(from + DASH.0)], style))?;
        }
    }
    Ok(())
}

/// Stretches of a series without an undefined value, as positions and means.
fn unbroken(series: &Series) -> Vec<Vec<(f64, f64)>> {
    let stretches = series.points.split(|(_, value)| value.mean.is_none());
    stretches.map(|part| part.iter().filter_map(|(at, value)| Some((*at, value.mean?))).collect()).collect()
}

fn draw_bars(canvas: &Canvas<'_>, chart: &Chart, frame: &Frame) -> Result<(), DrawError> {
    let slots = chart.x.ticks.len().max(1) as i32;
    let slot = (frame.right - frame.left) / slots;
    let count = chart.series.len() as i32;
    let width = (slot * 7 / 10 / count).clamp(2, 90);
    let floor = match chart.y.scale {
        Scale::Linear(low, _) => frame.y(&chart.y.scale, low.max(0.0)),
        Scale::Log(..) | Scale::Slots(_) => frame.bottom,
    };
    for (index, series) in chart.series.iter().enumerate() {
        let colour = COLOURS[index % COLOURS.len()];
        for (at, value) in &series.points {
            let Some(mean) = value.mean else { continue };
            let left = frame.x(&chart.x.scale, *at) - width * count / 2 + width * index as i32;
            let corners = [(left, frame.y(&chart.y.scale, mean)), (left + width - 1, floor)];
            canvas.draw(&Rectangle::new(corners, colour.mix(0.85).filled()))?;
            draw_error_bar(canvas, chart, frame, (left + width / 2, value), INK)?;
        }
    }
    Ok(())
}

fn draw_error_bar(
    canvas: &Canvas<'_>,
    chart: &Chart,
    frame: &Frame,
    (x, value): (i32, &PointValue),
    colour: RGBColor,
) -> Result<(), DrawError> {
    let Some((low, high)) = value.interval else { return Ok(()) };
    let (low, high) = (frame.y(&chart.y.scale, low), frame.y(&chart.y.scale, high));
    if low - high < 2 {
        return Ok(());
    }
    let style = colour.stroke_width(1);
    canvas.draw(&PathElement::new(vec![(x, low), (x, high)], style))?;
    for end in [low, high] {
        canvas.draw(&PathElement::new(vec![(x - 5, end), (x + 5, end)], style))?;
    }
    Ok(())
}

fn draw_legend(canvas: &Canvas<'_>, chart: &Chart, frame: &Frame) -> Result<(), DrawError> {
    let columns = text_columns(WIDTH - frame.right - 60, TICK_SIZE);
    let heading = wrap(&chart.legend, columns + 4);
    for (row, line) in heading.iter().enumerate() {
        let place = (frame.right + 20, frame.top + 10 + row as i32 * LINE_HEIGHT);
        let line = shorten(line, columns + 4);
        canvas.draw(&Text::new(line, place, text(TICK_SIZE, HPos::Left, VPos::Center)))?;
    }
    let first = if heading.is_empty() { 12 } else { 17 + heading.len() as i32 * LINE_HEIGHT };
    for (index, series) in chart.series.iter().enumerate() {
        let (x, y) = (frame.right + 20, frame.top + first + index as i32 * 24);
        match chart.kind {
            FigureKind::Line => {
                draw_path(canvas, index, vec![(x, y), (x + 26, y)])?;
                draw_marker(canvas, index, (x + 13, y))?;
            }
            FigureKind::Bar => {
                canvas.draw(&Rectangle::new(
                    [(x + 6, y - 7), (x + 20, y + 7)],
                    COLOURS[index % COLOURS.len()].mix(0.85).filled(),
                ))?;
            }
        }
        let label = shorten(&series.label, columns);
        canvas.draw(&Text::new(label, (x + 34, y), text(TICK_SIZE, HPos::Left, VPos::Center)))?;
    }
    Ok(())
}

/// A shape of its own for each of the first eight series, so that colour is not needed to tell them apart.
fn draw_marker(canvas: &Canvas<'_>, index: usize, (x, y): (i32, i32)) -> Result<(), DrawError> {
    let colour = COLOURS[index % COLOURS.len()];
    let filled = ShapeStyle { color: colour.to_rgba(), filled: true, stroke_width: 1 };
    let polygon = |corners: &[(i32, i32)]| {
        Polygon::new(corners.iter().map(|(dx, dy)| (x + dx, y + dy)).collect::<Vec<_>>(), filled)
    };
    let stroke = |from: (i32, i32), to: (i32, i32)| {
        PathElement::new(vec![(x + from.0, y + from.1), (x + to.0, y + to.1)], colour.stroke_width(3))
    };
    match index % 8 {
        0 => canvas.draw(&Circle::new((x, y), 5, filled)),
        1 => canvas.draw(&Rectangle::new([(x - 5, y - 5), (x + 5, y + 5)], filled)),
        2 => canvas.draw(&polygon(&[(0, -7), (6, 5), (-6, 5)])),
        3 => canvas.draw(&polygon(&[(0, -7), (7, 0), (0, 7), (-7, 0)])),
        4 => canvas.draw(&polygon(&[(0, 7), (6, -5), (-6, -5)])),
        5 => {
            canvas.draw(&stroke((-5, -5), (5, 5)))?;
            canvas.draw(&stroke((-5, 5), (5, -5)))
        }
        6 => {
            canvas.draw(&stroke((-6, 0), (6, 0)))?;
            canvas.draw(&stroke((0, -6), (0, 6)))
        }
        _ => {
            canvas.draw(&Circle::new((x, y), 6, ShapeStyle { color: INK.to_rgba(), ..filled }))?;
            canvas.draw(&Circle::new((x, y), 4, filled))
        }
    }
}

fn text(size: i32, horizontal: HPos, vertical: VPos) -> TextStyle<'static> {
    TextStyle::from(("sans-serif", size).into_font()).color(&INK).pos(Pos::new(horizontal, vertical))
}

fn pixels(length: f64) -> i32 {
    libm::round(length) as i32
}

fn text_width(label: &str, size: i32) -> i32 {
    pixels(label.chars().count() as f64 * f64::from(size) * CHARACTER)
}

fn text_columns(width: i32, size: i32) -> usize {
    (f64::from(width) / (f64::from(size) * CHARACTER)) as usize
}

/// Breaks a text between words into lines of at most `columns` characters; a longer word stands alone.
fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= columns => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) | None => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Breaks a name behind underscores, hyphens and spaces into lines of at most `columns` characters.
fn wrap_name(name: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for part in name.split_inclusive(['_', '-', ' ', '/']) {
        let line = lines.last_mut().expect("there is always a line");
        if line.is_empty() || line.chars().count() + part.trim_end().chars().count() <= columns {
            line.push_str(part);
        } else {
            lines.push(part.to_owned());
        }
    }
    lines.iter().map(|line| shorten(line.trim_end(), columns)).collect()
}

fn shorten(label: &str, columns: usize) -> String {
    if label.chars().count() <= columns.max(4) {
        return label.to_owned();
    }
    let kept: String = label.chars().take(columns.max(4) - 1).collect();
    format!("{kept}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_broken_between_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("unbreakable word", 5), ["unbreakable", "word"]);
    }

    #[test]
    fn names_are_broken_behind_their_joints() {
        assert_eq!(wrap_name("first_come_first_served", 12), ["first_come_", "first_served"]);
        assert_eq!(wrap_name("10s", 12), ["10s"]);
    }

    #[test]
    fn long_labels_end_in_an_ellipsis() {
        assert_eq!(shorten("abcdefgh", 5), "abcd…");
        assert_eq!(shorten("abc", 5), "abc");
    }
}
