//! What was found so far.

use anyhow::{Error, Result};

use crate::row::Row;

/// Rows, and what came in the place of others.
#[derive(Debug, Default)]
pub struct Findings {
    pub rows: Vec<Row>,
    pub errors: Vec<Error>,
}

impl Findings {
    /// Takes the rows of one comparison. One that failed leaves the others be.
    pub fn note(&mut self, rows: Result<Vec<Row>>) {
        match rows {
            Ok(rows) => self.rows.extend(rows),
            Err(error) => {
                eprintln!("error: {error:#}");
                self.errors.push(error);
            }
        }
    }
}
