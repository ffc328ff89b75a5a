//! A bar chart of ratios, as an SVG that needs nothing but itself.
//!
//! Each benchmark has a row, the fastest on top, and a bar for each interpreter
//! that is compared with stock. The scale is logarithmic, so that twice as fast and
//! twice as slow are bars of the same length, to the right and to the left of 1.
//! Colours are of a palette that colour-blind readers can tell apart, and change
//! with the reader's light or dark theme.
//!
//! Example: a row `nbody` with a ratio of 12.5 is a bar from 1 to 12.5 with the
//! text `12.5×` behind it.

use std::fmt::Write;

/// A row: how many times as fast as stock each interpreter is, in their order.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The benchmark.
    pub name: String,
    /// `None` where an interpreter has no result.
    pub ratios: Vec<Option<f64>>,
}

/// A chart.
#[derive(Debug)]
pub struct Chart<'a> {
    /// In large letters.
    pub title: &'a str,
    /// What was measured, where: a line each, in small letters.
    pub notes: &'a [String],
    /// The interpreters.
    pub labels: &'a [String],
    /// In any order.
    pub rows: Vec<Row>,
}

const WIDTH: f64 = 960.0;
const LEFT: f64 = 250.0;
const RIGHT: f64 = 70.0;
const BAR: f64 = 13.0;
const GAP: f64 = 9.0;
/// The height of the line that tells a mean.
const MEAN: f64 = 14.0;
const TICKS: [f64; 13] = [
    0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0,
];

const STYLE: &str = "
  svg { --paper: #ffffff; --ink: #1f2933; --soft: #66727f; --grid: #e4e8ec; --band: #f6f8fa;
    --c0: #0a7ea4; --c1: #d98a1f; --c2: #6f5aa8; --slow: #c8553d; }
  @media (prefers-color-scheme: dark) {
    svg { --paper: #14181d; --ink: #e6eaee; --soft: #98a4b0; --grid: #2a323a; --band: #1a2027;
      --c0: #45b4d6; --c1: #e9ad55; --c2: #a593dd; --slow: #e58570; }
  }
  .paper { fill: var(--paper); } .band { fill: var(--band); }
  text { font: 12.5px system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif; fill: var(--ink); }
  .title { font-size: 21px; font-weight: 600; } .soft { fill: var(--soft); }
  .end { text-anchor: end; } .mid { text-anchor: middle; } .num { font-size: 11.5px; }
  .grid { stroke: var(--grid); } .one { stroke: var(--ink); stroke-width: 1.2; }
  .mean { stroke-width: 1.4; stroke-dasharray: 5 4; }
  .halo { stroke: var(--paper); stroke-width: 4px; stroke-linejoin: round; }
  .f0 { fill: var(--c0); } .f1 { fill: var(--c1); } .f2 { fill: var(--c2); } .slow { fill: var(--slow); }
  .s0 { stroke: var(--c0); } .s1 { stroke: var(--c1); } .s2 { stroke: var(--c2); }
";

/// A line of the file. Writing into a string cannot fail.
macro_rules! put {
    ($out:expr, $($text:tt)*) => {
        let _ = writeln!($out, $($text)*);
    };
}

/// The same colours where a viewer knows no variables: the light theme.
fn plain(style: &str) -> String {
    let mut plain = style.to_owned();
    let light = style.split('}').next().unwrap_or_default();
    for definition in light.split(['{', ';']).skip(1) {
        if let Some((name, value)) = definition.split_once(':') {
            let (name, value) = (name.trim(), value.trim());
            plain = plain.replace(&format!("var({name})"), value);
        }
    }
    plain
}

/// The mean of ratios.
pub fn geometric_mean(ratios: impl IntoIterator<Item = f64>) -> Option<f64> {
    let (count, sum) = ratios.into_iter().fold((0u32, 0.0), |(count, sum), ratio| {
        (count + 1, sum + ratio.ln())
    });
    (count > 0).then(|| (sum / f64::from(count)).exp())
}

/// Three digits: `0.99×`, `1.25×`, `12.5×`, `125×`.
pub fn times(ratio: f64) -> String {
    let digits = match ratio {
        r if r >= 99.95 => 0,
        r if r >= 9.995 => 1,
        _ => 2,
    };
    format!("{ratio:.digits$}×")
}

impl Chart<'_> {
    /// The chart as the text of an SVG file.
    pub fn svg(mut self) -> String {
        self.rows.sort_by(|a, b| {
            let first = |row: &Row| row.ratios.first().copied().flatten().unwrap_or(0.0);
            first(b)
                .total_cmp(&first(a))
                .then_with(|| a.name.cmp(&b.name))
        });
        let per_row = BAR * self.labels.len() as f64 + GAP;
        let means = MEAN * self.labels.len() as f64;
        let top = 95.0 + 17.0 * self.notes.len() as f64 + means;
        let bottom = top + per_row * self.rows.len() as f64;
        let height = bottom + 42.0;
        let scale = Scale::of(&self.rows);

        let mut svg = String::new();
        let out = &mut svg;
        put!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" role=\"img\" aria-label=\"{}\">",
            escaped(self.title)
        );
        put!(out, "<style>{}</style>", plain(STYLE));
        put!(
            out,
            "<style>@supports (fill: var(--paper)) {{{STYLE}}}</style>"
        );
        put!(
            out,
            "<rect class=\"paper\" width=\"100%\" height=\"100%\"/>"
        );
        put!(
            out,
            "<text class=\"title\" x=\"24\" y=\"40\">{}</text>",
            escaped(self.title)
        );
        for (index, note) in self.notes.iter().enumerate() {
            let y = 64.0 + 17.0 * index as f64;
            put!(
                out,
                "<text class=\"soft\" x=\"24\" y=\"{y}\">{}</text>",
                escaped(note)
            );
        }
        if self.labels.len() > 1 {
            self.legend(out);
        }
        self.axis(out, &scale, top, bottom);
        for index in (0..self.rows.len()).step_by(2) {
            let y = top + per_row * index as f64;
            put!(
                out,
                "<rect class=\"band\" x=\"24\" y=\"{y:.1}\" width=\"{}\" height=\"{per_row:.1}\"/>",
                WIDTH - 48.0
            );
        }
        for tick in TICKS.into_iter().filter(|&tick| scale.holds(tick)) {
            let (x, class) = (scale.x(tick), if tick == 1.0 { "one" } else { "grid" });
            put!(
                out,
                "<line class=\"{class}\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{top:.1}\" y2=\"{bottom:.1}\"/>"
            );
        }
        self.means(out, &scale, top, bottom);
        for (index, row) in self.rows.iter().enumerate() {
            self.row(out, &scale, row, top + per_row * index as f64, per_row);
        }
        out.push_str("</svg>\n");
        svg
    }

    fn legend(&self, out: &mut String) {
        let mut x = WIDTH - 24.0;
        for (index, label) in self.labels.iter().enumerate().rev() {
            x -= 7.5 * label.chars().count() as f64;
            put!(out, "<text x=\"{x:.1}\" y=\"40\">{}</text>", escaped(label));
            x -= 18.0;
            put!(
                out,
                "<rect class=\"f{}\" x=\"{x:.1}\" y=\"30\" width=\"12\" height=\"12\" rx=\"3\"/>",
                index % 3
            );
            x -= 16.0;
        }
    }

    fn axis(&self, out: &mut String, scale: &Scale, top: f64, bottom: f64) {
        for tick in TICKS.into_iter().filter(|&tick| scale.holds(tick)) {
            let x = scale.x(tick);
            for y in [top - 8.0, bottom + 18.0] {
                put!(
                    out,
                    "<text class=\"soft mid num\" x=\"{x:.1}\" y=\"{y:.1}\">{tick}×</text>"
                );
            }
        }
        let y = bottom + 34.0;
        put!(
            out,
            "<text class=\"soft end num\" x=\"{:.1}\" y=\"{y:.1}\">← slower</text>",
            scale.x(1.0) - 10.0
        );
        put!(
            out,
            "<text class=\"soft num\" x=\"{:.1}\" y=\"{y:.1}\">faster than stock →</text>",
            scale.x(1.0) + 10.0
        );
    }

    /// A line for each interpreter's geometric mean, with its number above.
    fn means(&self, out: &mut String, scale: &Scale, top: f64, bottom: f64) {
        for (index, label) in self.labels.iter().enumerate() {
            let ratios = self
                .rows
                .iter()
                .filter_map(|row| row.ratios.get(index).copied().flatten());
            let Some(mean) = geometric_mean(ratios) else {
                continue;
            };
            let (x, class) = (scale.x(mean), index % 3);
            let y = top - 24.0 - MEAN * index as f64;
            put!(
                out,
                "<line class=\"mean s{class}\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{:.1}\" y2=\"{bottom:.1}\"/>",
                y - 8.0
            );
            put!(
                out,
                "<text class=\"num f{class}\" x=\"{:.1}\" y=\"{y:.1}\">{}: geometric mean {}</text>",
                x + 6.0,
                escaped(label),
                times(mean)
            );
        }
    }

    fn row(&self, out: &mut String, scale: &Scale, row: &Row, y: f64, per_row: f64) {
        let name = escaped(&row.name);
        put!(
            out,
            "<text class=\"end\" x=\"{:.1}\" y=\"{:.1}\">{name}</text>",
            LEFT - 14.0,
            y + per_row / 2.0 + 4.0
        );
        for (index, ratio) in row.ratios.iter().enumerate() {
            let Some(ratio) = *ratio else { continue };
            let y = y + GAP / 2.0 + BAR * index as f64;
            let (from, to) = (scale.x(1.0), scale.x(ratio));
            // A ratio of 1 is still seen.
            let (x, width) = (from.min(to), (to - from).abs().max(1.5));
            // With one interpreter, colour says which side; with more, who.
            let class = match index {
                0 if self.labels.len() == 1 && ratio < 1.0 => "slow".to_owned(),
                _ => format!("f{}", index % 3),
            };
            let label = escaped(&self.labels[index]);
            put!(
                out,
                "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{:.1}\" rx=\"2.5\"><title>{name}, {label}: {}</title></rect>",
                y + 1.0,
                BAR - 2.0,
                times(ratio)
            );
            let (anchor, at) = if ratio < 1.0 {
                (" end", x - 5.0)
            } else {
                ("", x + width + 5.0)
            };
            // Twice, for not all programs that show SVG know the order of painting.
            for halo in [" halo", ""] {
                put!(
                    out,
                    "<text class=\"num{halo}{anchor}\" x=\"{at:.1}\" y=\"{:.1}\">{}</text>",
                    y + BAR - 2.5,
                    times(ratio)
                );
            }
        }
    }
}

/// From ratios to places.
struct Scale {
    from: f64,
    to: f64,
}

impl Scale {
    /// Holds all ratios and at least 0.5 to 2, with room for the numbers.
    fn of(rows: &[Row]) -> Self {
        let all = || {
            rows.iter()
                .flat_map(|row| row.ratios.iter().copied().flatten())
        };
        Self {
            from: all().fold(0.5f64, f64::min).ln(),
            to: all().fold(2.0f64, f64::max).ln(),
        }
    }

    fn x(&self, ratio: f64) -> f64 {
        // The number of the slowest stands left of its bar.
        let left = LEFT + 45.0;
        left + (ratio.ln() - self.from) / (self.to - self.from) * (WIDTH - RIGHT - left)
    }

    fn holds(&self, ratio: f64) -> bool {
        (self.from..=self.to).contains(&ratio.ln())
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(rows: &[(&str, &[Option<f64>])]) -> String {
        let labels = ["jit".to_owned(), "<py>".to_owned()];
        let many = rows
            .iter()
            .map(|(_, ratios)| ratios.len())
            .max()
            .unwrap_or(1);
        Chart {
            title: "A & B",
            notes: &["note".to_owned()],
            labels: &labels[..many],
            rows: rows
                .iter()
                .map(|(name, ratios)| Row {
                    name: (*name).to_owned(),
                    ratios: ratios.to_vec(),
                })
                .collect(),
        }
        .svg()
    }

    fn attribute(line: &str, name: &str) -> f64 {
        let (_, rest) = line.split_once(&format!(" {name}=\"")).unwrap();
        rest.split('"').next().unwrap().parse().unwrap()
    }

    fn bars(svg: &str) -> Vec<&str> {
        svg.lines()
            .filter(|line| line.contains("<title>"))
            .collect()
    }

    #[test]
    fn bars_are_sorted_and_symmetric() {
        let svg = chart(&[
            ("half", &[Some(0.5)]),
            ("double", &[Some(2.0)]),
            ("same", &[Some(1.0)]),
        ]);
        let bars = bars(&svg);
        let names: Vec<&str> = bars
            .iter()
            .map(|bar| {
                bar.split("<title>")
                    .nth(1)
                    .unwrap()
                    .split(',')
                    .next()
                    .unwrap()
            })
            .collect();
        assert_eq!(names, ["double", "same", "half"]);
        assert!((attribute(bars[0], "width") - attribute(bars[2], "width")).abs() < 0.2);
        let end = attribute(bars[2], "x") + attribute(bars[2], "width");
        assert!(
            (end - attribute(bars[0], "x")).abs() < 0.2,
            "both start at 1"
        );
        assert!(bars[2].contains("class=\"slow\"") && bars[0].contains("class=\"f0\""));
        assert!(svg.contains("jit: geometric mean 1.00×") && svg.contains("A &amp; B"));
    }

    #[test]
    fn several_interpreters_share_a_row() {
        let svg = chart(&[("a", &[Some(100.0), Some(0.2)]), ("b", &[Some(3.0), None])]);
        let bars = bars(&svg);
        assert_eq!(bars.len(), 3);
        assert!(bars[1].contains("class=\"f1\"") && bars[1].contains("a, &lt;py&gt;: 0.20×"));
        assert!(attribute(bars[0], "y") < attribute(bars[1], "y"));
        for bar in bars {
            assert!(
                attribute(bar, "x") >= LEFT
                    && attribute(bar, "x") + attribute(bar, "width") < WIDTH
            );
        }
    }

    #[test]
    fn every_colour_is_defined_without_variables() {
        let plain = plain(STYLE);
        assert!(plain.contains("text { font") && plain.contains("fill: #1f2933"));
        assert!(!plain.contains("var("), "{plain}");
    }

    #[test]
    fn means_and_numbers() {
        assert_eq!(geometric_mean([]), None);
        assert!((geometric_mean([2.0, 8.0]).unwrap() - 4.0).abs() < 1e-12);
        let texts = [0.987, 1.25, 9.996, 12.34, 99.96].map(times);
        assert_eq!(texts, ["0.99×", "1.25×", "10.0×", "12.3×", "100×"]);
    }
}
