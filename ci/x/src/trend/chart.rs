//! Lines over records, as SVG that takes its colours from the page.
//!
//! Records stand side by side in their order, however much time lies between
//! them. A ratio's scale is logarithmic: twice as fast and half as fast are
//! equally far from 1, which has a line of its own.
//!
//! Invariant: a point that is not there makes a gap in its line.
//!
//! Example: [`spark`] of `[Some(1.0), None, Some(2.0)]` is two dots.

use maud::{Markup, html};

/// A line: its name, and a value for each record.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub name: String,
    pub values: Vec<Option<f64>>,
}

/// How values become heights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// From 0.
    Linear,
    /// With a line at 1.
    Ratio,
}

/// How many colours the page has.
const COLOURS: usize = 6;

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 240.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 40.0;

/// The range shown, and where a value is in it (0 at the bottom, 1 on top).
struct Axis {
    scale: Scale,
    low: f64,
    high: f64,
}

impl Axis {
    fn new(scale: Scale, values: impl Iterator<Item = f64>) -> Self {
        let (mut low, mut high) = match scale {
            Scale::Linear => (0.0, 1.0),
            Scale::Ratio => (0.9_f64, 1.1_f64),
        };
        for value in values.filter(|value| value.is_finite()) {
            high = high.max(value);
            if scale == Scale::Linear || value > 0.0 {
                low = low.min(value);
            }
        }
        Self { scale, low, high }
    }

    fn place(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Linear => (value - self.low) / (self.high - self.low),
            Scale::Ratio => {
                let (low, high) = (self.low.ln(), self.high.ln());
                (value.max(self.low).ln() - low) / (high - low)
            }
        }
    }

    /// Values with a line across the chart: three to nine of them.
    fn ticks(&self) -> Vec<f64> {
        let ladder = |steps: &[f64]| -> Vec<f64> {
            (-3..9)
                .flat_map(|power| steps.iter().map(move |step| step * 10_f64.powi(power)))
                .filter(|tick| (self.low..=self.high).contains(tick))
                .collect()
        };
        match self.scale {
            Scale::Ratio => {
                let wide = [
                    [1.0].as_slice(),
                    &[1.0, 2.0, 5.0],
                    &[1.0, 1.2, 1.5, 2.0, 3.0, 5.0, 8.0],
                ];
                let mut ladders = wide.into_iter().rev().map(ladder);
                ladders.find(|ticks| ticks.len() <= 9).unwrap_or_default()
            }
            Scale::Linear => {
                let step = 10_f64.powf((self.high - self.low).log10().floor());
                let step = [0.2, 0.5, 1.0, 2.0]
                    .map(|part| part * step)
                    .into_iter()
                    .find(|step| (self.high - self.low) / step <= 6.0)
                    .unwrap_or(step);
                let first = (self.low / step).ceil();
                (0..8)
                    .map(|number| (first + f64::from(number)) * step)
                    .filter(|tick| *tick <= self.high)
                    .collect()
            }
        }
    }
}

/// A number with as many digits as matter.
pub fn short(value: f64) -> String {
    let digits = match value.abs() {
        size if size >= 100.0 || value.fract() == 0.0 => 0,
        size if size >= 10.0 => 1,
        _ => 2,
    };
    format!("{value:.digits$}")
}

/// The pieces of a line between gaps, as points.
fn pieces(values: &[Option<f64>], at: impl Fn(usize, f64) -> (f64, f64)) -> Vec<Vec<(f64, f64)>> {
    let mut pieces = vec![Vec::new()];
    for (index, value) in values.iter().enumerate() {
        match value {
            Some(value) => pieces
                .last_mut()
                .expect("never empty")
                .push(at(index, *value)),
            None => pieces.push(Vec::new()),
        }
    }
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

fn points(piece: &[(f64, f64)]) -> String {
    let points = piece.iter().map(|(x, y)| format!("{x:.1},{y:.1}"));
    points.collect::<Vec<_>>().join(" ")
}

/// Where record `index` of `count` stands between `left` and `right`.
fn across(index: usize, count: usize, left: f64, right: f64) -> f64 {
    if count < 2 {
        return f64::midpoint(left, right);
    }
    left + (right - left) * index as f64 / (count - 1) as f64
}

/// A chart with axes; `labels` has a text for each record.
pub fn lines(lines: &[Line], labels: &[String], scale: Scale) -> Markup {
    let values = lines.iter().flat_map(|line| line.values.iter().flatten());
    let axis = Axis::new(scale, values.copied());
    let count = labels.len();
    let x = |index: usize| across(index, count, LEFT + 8.0, WIDTH - RIGHT - 8.0);
    let y = |value: f64| TOP + (1.0 - axis.place(value)) * (HEIGHT - TOP - BOTTOM);
    // As many dates as fit.
    let every = (count * 130)
        .div_ceil((WIDTH - LEFT - RIGHT) as usize)
        .max(1);
    html! {
        svg.chart viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" {
            @for tick in axis.ticks() {
                line.grid.one[scale == Scale::Ratio && tick == 1.0]
                    x1=(LEFT) x2=(WIDTH - RIGHT) y1=(y(tick)) y2=(y(tick)) {}
                text.end x=(LEFT - 8.0) y=(y(tick) + 4.0) { (short(tick)) }
            }
            @for index in (0..count).filter(|index| (count - 1 - index).is_multiple_of(every)) {
                text.mid x=(x(index).clamp(LEFT + 40.0, WIDTH - RIGHT - 48.0)) y=(HEIGHT - 14.0) { (labels[index]) }
            }
            @for (number, line) in lines.iter().enumerate() {
                g.{"c" (number % COLOURS)} {
                    @for piece in pieces(&line.values, |index, value| (x(index), y(value))) {
                        polyline points=(points(&piece)) {}
                    }
                    @for (index, value) in line.values.iter().enumerate() {
                        @if let Some(value) = value {
                            circle cx=(x(index)) cy=(y(*value)) r="3.5" {
                                title { (line.name) ": " (short(*value)) ", " (labels[index]) }
                            }
                        }
                    }
                }
            }
        }
        @if lines.len() > 1 {
            p.legend {
                @for (number, line) in lines.iter().enumerate() {
                    span.key.{"c" (number % COLOURS)} { (line.name) }
                }
            }
        }
    }
}

/// A small chart of one line, without axes.
pub fn spark(values: &[Option<f64>]) -> Markup {
    let (width, height) = (150.0, 26.0);
    let axis = Axis::new(Scale::Ratio, values.iter().flatten().copied());
    let at = |index: usize, value: f64| {
        let x = across(index, values.len(), 4.0, width - 4.0);
        (x, 4.0 + (1.0 - axis.place(value)) * (height - 8.0))
    };
    let last = values.iter().rposition(Option::is_some);
    html! {
        svg.spark viewBox=(format!("0 0 {width} {height}")) {
            line.one x1="0" x2=(width) y1=(at(0, 1.0).1) y2=(at(0, 1.0).1) {}
            g.c0 {
                @for piece in pieces(values, at) {
                    @if piece.len() == 1 {
                        circle cx=(piece[0].0) cy=(piece[0].1) r="1.6" {}
                    } @else {
                        polyline points=(points(&piece)) {}
                    }
                }
                @if let Some(last) = last {
                    @let (x, y) = at(last, values[last].unwrap_or(1.0));
                    circle cx=(x) cy=(y) r="2.8" {}
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_part_lines() {
        let values = [Some(1.0), None, Some(2.0), Some(4.0)];
        let found = pieces(&values, |index, value| (index as f64, value));
        assert_eq!(found, [vec![(0.0, 1.0)], vec![(2.0, 2.0), (3.0, 4.0)]]);
    }

    #[test]
    fn a_ratio_scale_is_symmetric_about_one() {
        let axis = Axis::new(Scale::Ratio, [0.25, 4.0].into_iter());
        assert!((axis.place(1.0) - 0.5).abs() < 1e-9);
        assert!((axis.place(2.0) + axis.place(0.5) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn ticks_are_few_and_inside() {
        for high in [1.0, 3.0, 17.0, 250.0, 99999.0] {
            for scale in [Scale::Linear, Scale::Ratio] {
                let axis = Axis::new(scale, [high].into_iter());
                let ticks = axis.ticks();
                assert!(
                    (1..=9).contains(&ticks.len()),
                    "{high} {scale:?}: {ticks:?}"
                );
                assert!(
                    ticks
                        .iter()
                        .all(|tick| *tick >= axis.low && *tick <= axis.high)
                );
            }
        }
    }

    #[test]
    fn every_value_has_a_dot_with_its_text() {
        let line = Line {
            name: "a<b".into(),
            values: vec![Some(2.5), Some(f64::from(30))],
        };
        let text = lines(&[line], &["x".into(), "y".into()], Scale::Ratio).into_string();
        assert_eq!(text.matches("<circle").count(), 2);
        assert!(
            text.contains("a&lt;b: 2.50, x") && text.contains(": 30, y"),
            "{text}"
        );
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!(
            [3.0, 0.125, 12.34, 1234.5].map(short),
            ["3", "0.12", "12.3", "1234"]
        );
    }
}
