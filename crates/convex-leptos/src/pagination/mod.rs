//! Paginated lists.

mod lists;
mod optimistic;
mod options;
mod status;
mod use_paginated_query;
mod watch;

pub(crate) use lists::Lists;
pub use options::PaginationOptions;
pub use status::PaginationStatus;
pub use use_paginated_query::{UsePaginatedQuery, use_paginated_query, use_paginated_query_with};
