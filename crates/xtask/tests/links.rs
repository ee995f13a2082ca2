//! The files that the documents link to exist.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The targets of a document's links, without anchors and web addresses.
fn local_links(document: &str) -> impl Iterator<Item = &str> {
    let targets = document.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
    targets.filter(|target| !target.is_empty() && !target.contains("://"))
}

/// The Markdown files in the root, in `docs`, `bench`, and beside each crate and example.
fn documents(root: &Path) -> Vec<PathBuf> {
    let mut folders = vec![root.to_owned(), root.join("docs"), root.join("bench")];
    for group in ["crates", "examples"] {
        folders.extend(entries(&root.join(group)).filter(|path| path.is_dir()));
    }
    let files = folders.iter().flat_map(|folder| entries(folder));
    files.filter(|path| path.extension().is_some_and(|extension| extension == "md")).collect()
}

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.expect("the folder can be read").path())
}

#[test]
fn every_file_that_the_documents_link_to_exists() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let documents = documents(&root);
    assert!(documents.len() >= 5, "only {documents:?}");
    for document in documents {
        let text = fs::read_to_string(&document).expect("the document can be read");
        let folder = document.parent().expect("a file is in a folder");
        for link in local_links(&text) {
            let name = document.display();
            assert!(folder.join(link).exists(), "{name} links to {link}, which does not exist");
        }
    }
}

/// The files below a folder, recursively.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let (folders, mut files): (Vec<_>, Vec<_>) = entries(folder).partition(|path| path.is_dir());
    files.extend(folders.iter().flat_map(|folder| files_below(folder)));
    files
}

#[test]
fn every_source_file_that_the_architecture_names_exists() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = fs::read_to_string(root.join("docs/architecture.md")).expect("the document can be read");
    let sources: Vec<_> = entries(&root.join("crates"))
        .map(|path| path.join("src"))
        .filter(|path| path.is_dir())
        .flat_map(|path| files_below(&path))
        .collect();
    let named: Vec<_> = text.split('`').skip(1).step_by(2).filter(|code| code.ends_with(".rs")).collect();
    assert!(named.len() >= 10, "only {named:?}");
    for name in named {
        assert!(sources.iter().any(|path| path.ends_with(name)), "docs/architecture.md names {name}");
    }
}
