//! The results of measurements.

use anyhow::{Error, Result};

use crate::row::ResultRow;

/// The rows of successful measurements and the errors of failed ones.
#[derive(Debug, Default)]
pub struct Findings {
    pub rows: Vec<ResultRow>,
    pub errors: Vec<Error>,
}

impl Findings {
    /// Adds the rows of one comparison, or prints and stores its error.
    pub fn add(&mut self, rows: Result<Vec<ResultRow>>) {
        match rows {
            Ok(rows) => self.rows.extend(rows),
            Err(error) => {
                eprintln!("error: {error:#}");
                self.errors.push(error);
            }
        }
    }
}
