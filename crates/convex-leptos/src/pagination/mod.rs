//! Paginated lists.

mod lists;
mod optimistic;
mod options;
mod status;
mod subscription;
mod use_paginated_query;

pub(crate) use lists::ListCache;
pub use options::PaginationOptions;
pub use status::PaginationStatus;
pub use use_paginated_query::{UsePaginatedQuery, use_paginated_query, use_paginated_query_with};
