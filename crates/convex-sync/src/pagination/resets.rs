//! The limit of resets, so that a cursor that stays invalid does not reset a list endlessly.

/// The limit of consecutive resets because of an invalid cursor.
const MAX_RESETS: u32 = 3;

/// Counts the resets since the list last got past the page that failed.
#[derive(Debug, Default)]
pub(super) struct ResetCounter {
    count: u32,
    /// The position of the last page that failed.
    position: usize,
}

impl ResetCounter {
    /// Whether the list may be reset because the page at `position` failed. Counts the reset if so.
    pub(super) fn may_reset(&mut self, position: usize) -> bool {
        self.position = self.position.max(position);
        let may = self.count < MAX_RESETS;
        self.count += u32::from(may);
        may
    }

    /// Starts counting again once the list is loaded as far as the page that failed, or completely.
    pub(super) fn page_loaded(&mut self, position: usize, is_done: bool) {
        if position >= self.position || is_done {
            *self = Self::default();
        }
    }
}
