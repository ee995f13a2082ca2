//! Transitions that come in parts.

use super::Transition;

/// The parts received so far of a transition that comes in several.
#[derive(Debug, Default)]
pub(crate) struct ChunkBuffer;

impl ChunkBuffer {
    /// Takes the next part. `Ok(Some)` with the last one; `Err` says why it does not fit what came before.
    pub(crate) fn push(&mut self, chunk: &str, part: u32, total: u32, transition: &str) -> Result<Option<Transition>, String> {
        todo!("{chunk} {part} {total} {transition}")
    }

    /// Forgets an unfinished transition, as any frame but a ping between its parts demands.
    pub(crate) fn clear(&mut self) {
        todo!()
    }
}
