//! What the documents point to is there.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The targets of a document's links, without anchors and what is on the web.
fn local_links(document: &str) -> impl Iterator<Item = &str> {
    let targets = document.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
    targets.filter(|target| !target.is_empty() && !target.contains("://"))
}

#[test]
fn every_file_that_the_documents_link_to_exists() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    for document in ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "crates/convex-sync/README.md"] {
        let text = fs::read_to_string(root.join(document)).expect("the document is there");
        let folder = root.join(Path::new(document).parent().expect("a file has a folder"));
        for link in local_links(&text) {
            assert!(folder.join(link).exists(), "{document} links to {link}, which is not there");
        }
    }
}
