//! Tables for people.

/// `rows` beneath `header`, in columns that are as wide as they must be. The first column stands to the left, the last one as it is.
pub(super) fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let header: Vec<_> = header.iter().map(|name| (*name).to_owned()).collect();
    let all: Vec<_> = std::iter::once(&header).chain(rows).collect();
    let width = |column: usize| all.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<_> = (0..header.len()).map(width).collect();
    let line = |row: &&Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| match column {
            0 => format!("{cell:width$}"),
            last if last + 1 == widths.len() && !cell.chars().all(|c| c.is_ascii_digit()) => cell.clone(),
            _ => format!("{cell:>width$}"),
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    all.iter().map(line).collect()
}

/// An age in seconds as people say it.
pub(super) fn age(seconds: Option<i64>) -> String {
    match seconds {
        None => "-".to_owned(),
        Some(seconds @ ..120) => format!("{seconds} s"),
        Some(seconds @ ..7_200) => format!("{} min", seconds / 60),
        Some(seconds @ ..172_800) => format!("{} h", seconds / 3_600),
        Some(seconds) => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_beneath_each_other() {
        let rows = [vec!["a".to_owned(), "5".to_owned()], vec!["longer".to_owned(), "1000".to_owned()]];
        assert_eq!(table(&["queue", "depth"], &rows), "queue   depth\na           5\nlonger   1000\n");
    }

    #[test]
    fn an_age_is_told_in_the_unit_that_fits() {
        let ages = [None, Some(5), Some(600), Some(90_000), Some(1_000_000)].map(age);
        assert_eq!(ages, ["-", "5 s", "10 min", "25 h", "11 d"]);
    }
}
