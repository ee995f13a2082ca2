//! What is measured for each part.

use xtask::BenchPart;

use crate::{Options, build, findings::Findings, lab::Lab, load, memory, transfer, work};

pub async fn measure(part: BenchPart, lab: &Lab, options: &Options, findings: &mut Findings) {
    let rounds = options.rounds.into();
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
        BenchPart::Size => findings.note(transfer::transfer(&options.pages)),
        BenchPart::Build => findings.note(build::build(&options.checkout, &options.out)),
    }
}
