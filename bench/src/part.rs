//! The measurements of each part.

use xtask::BenchPart;

use crate::{RunnerOptions, build, findings::Findings, lab::Lab, load, memory, rendering, transfer, work};

pub async fn measure(part: BenchPart, lab: &Lab, options: &RunnerOptions, findings: &mut Findings) {
    let rounds = options.rounds.into();
    match part {
        BenchPart::Cells => work::cells(lab, rounds, findings).await,
        BenchPart::All => findings.add(work::all_cells(lab, rounds).await),
        BenchPart::Documents => findings.add(work::documents(lab, rounds).await),
        BenchPart::Rows => findings.add(work::rows(lab, rounds).await),
        BenchPart::Optimistic => work::optimistic(lab, rounds, findings).await,
        BenchPart::Load => load::load(lab, rounds, findings).await,
        BenchPart::Reconnect => findings.add(work::reconnect(lab, rounds).await),
        BenchPart::Counted => work::counted(lab, findings).await,
        BenchPart::Memory => memory::memory(lab, rounds, findings).await,
        BenchPart::Size => findings.add(transfer::transfer(&options.pages)),
        BenchPart::Ssr => {
            let app = rendering::RenderedApp {
                web_server: &options.web_server,
                site: &options.site,
                browser_only: &options.pages.join("browser_only"),
            };
            rendering::ssr(lab, rounds, app, findings).await;
        }
        BenchPart::Build => findings.add(build::build(&options.checkout, &options.out)),
    }
}
