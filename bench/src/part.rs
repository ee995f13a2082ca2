//! What is measured for each part.

use xtask::BenchPart;

use crate::{build, findings::Findings, lab::Lab, load, memory, transfer, work};

pub async fn measure(part: BenchPart, lab: &Lab, rounds: usize, findings: &mut Findings) {
    match part {
        BenchPart::Cells => work::cells(lab, rounds, findings).await,
        BenchPart::All => findings.note(work::all_cells(lab, rounds).await),
        BenchPart::Documents => findings.note(work::documents(lab, rounds).await),
        BenchPart::Rows => findings.note(work::rows(lab, rounds).await),
        BenchPart::Optimistic => work::optimistic(lab, rounds, findings).await,
        BenchPart::Load => load::load(lab, rounds, findings).await,
        BenchPart::Reconnect => findings.note(work::reconnect(lab, rounds).await),
        BenchPart::Counted => work::counted(lab, findings).await,
        BenchPart::Memory => memory::memory(lab, rounds, findings).await,
        BenchPart::Size => findings.note(transfer::transfer(&lab.pages)),
        BenchPart::Build => findings.note(build::build(&lab.out)),
    }
}
