//! The rows as a text table.

use crate::{
    row::{Goal, ResultRow},
    side::Both,
    stats::Summary,
};

const COLUMNS: usize = 8;
/// The columns of text, aligned left; columns of numbers are aligned right.
const TEXT_COLUMNS: [usize; 3] = [0, 2, 7];

/// All rows below a header with the names of the sides, aligned.
pub fn table(rows: &[ResultRow], sides: Both<&str>) -> String {
    let lines: Vec<_> = [head(sides)].into_iter().chain(rows.iter().map(cells)).collect();
    let widths: [usize; COLUMNS] = std::array::from_fn(|column| {
        lines.iter().map(|cells| cells[column].chars().count()).max().unwrap_or_default()
    });
    lines.iter().map(|cells| aligned(cells, &widths)).collect()
}

fn head(Both { ours, theirs }: Both<&str>) -> [String; COLUMNS] {
    let ratio = &*format!("{ours} / {theirs}");
    ["what", "N", "unit", ours, theirs, ratio, "goal", "met"].map(str::to_owned)
}

fn aligned(cells: &[String; COLUMNS], widths: &[usize; COLUMNS]) -> String {
    let columns = cells.iter().zip(widths).enumerate().map(|(column, (cell, &width))| {
        if TEXT_COLUMNS.contains(&column) { format!("{cell:width$}") } else { format!("{cell:>width$}") }
    });
    columns.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
}

fn cells(row: &ResultRow) -> [String; COLUMNS] {
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "–".to_owned());
    [
        row.name.clone(),
        row.n.map(grouped).unwrap_or_default(),
        row.unit.name().to_owned(),
        spread(row.ours),
        or_dash(row.theirs.map(spread)),
        or_dash(row.ratio().map(number)),
        or_dash(row.goal.map(|goal| match goal {
            Goal::Ratio(limit) => number(limit),
            Goal::Ours(limit) => format!("ours {}", number(limit)),
        })),
        match row.is_met() {
            Some(true) => "yes".to_owned(),
            Some(false) => "NO".to_owned(),
            None => String::new(),
        },
    ]
}

/// The median, with the quartiles if they differ.
fn spread(Summary { lower, median, upper }: Summary) -> String {
    if lower == upper {
        number(median)
    } else {
        format!("{} [{}–{}]", number(median), number(lower), number(upper))
    }
}

/// Three significant digits, and all digits before the decimal point.
fn number(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let before_the_point = value.abs().log10().floor() as i32 + 1;
    let after = usize::try_from(3 - before_the_point).unwrap_or(0);
    let text = format!("{value:.after$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// Groups digits: 10000 becomes `10,000`.
fn grouped(number: u32) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        row::tests::quarter,
        side::{CLIENTS, RENDERINGS},
    };

    #[test]
    fn columns_are_aligned() {
        let spread = Summary { lower: 0.5, median: 1.0, upper: 1.25 };
        let rows = [
            ResultRow { ours: spread, ..quarter(Some(Goal::Ratio(0.2))) },
            ResultRow {
                n: Some(10),
                theirs: None,
                name: "counted".to_owned(),
                ..quarter(Some(Goal::Ours(1.0)))
            },
        ];
        let expected = "\
what                  N  unit          ours  theirs  ours / theirs    goal  met
one of N changed  1,000  ms    1 [0.5–1.25]       4           0.25     0.2  NO
counted              10  ms               1       –              –  ours 1  yes
";
        assert_eq!(table(&rows, CLIENTS), expected);
    }

    #[test]
    fn header_names_the_sides() {
        let expected = "what  N  unit  server  browser  server / browser  goal  met\n";
        assert_eq!(table(&[], RENDERINGS), expected);
    }

    #[test]
    fn numbers_have_three_significant_digits() {
        let texts = [0.0, 0.012_345, 0.5, 1.0, 12.345, 100.0, 1234.5].map(number);
        assert_eq!(texts, ["0", "0.0123", "0.5", "1", "12.3", "100", "1234"]);
    }

    #[test]
    fn digits_are_grouped_by_three() {
        assert_eq!(
            [7, 100, 1_000, 10_000, 1_000_000].map(grouped),
            ["7", "100", "1,000", "10,000", "1,000,000"]
        );
    }
}
