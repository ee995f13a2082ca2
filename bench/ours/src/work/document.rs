use serde::Deserialize;

/// An item of `bench:documents`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BenchDocument {
    #[serde(rename = "_id")]
    pub id: String,
    #[serde(rename = "_creationTime")]
    pub creation_time: f64,
    pub title: String,
    pub body: String,
    pub author: String,
    pub priority: u8,
    pub score: f64,
    pub done: bool,
}
