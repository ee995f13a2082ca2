//! The optimistic updates of scripts, for our client.

use crate::script::{Change, Order};
use convex_sync::{Arguments, EncodedValue, FunctionPath, LocalStore, OptimisticError, SortOrder, Value};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// The update that makes these changes.
pub fn update(
    changes: Vec<Change>,
) -> impl FnMut(&mut LocalStore<'_>) -> Result<(), OptimisticError> + Send + Sync + 'static {
    move |store| changes.iter().try_for_each(|change| make(change, store))
}

fn make(change: &Change, store: &mut LocalStore<'_>) -> Result<(), OptimisticError> {
    match change {
        Change::Set { function, args, value } => {
            store.set(&path(function), &arguments(args), encoded(value));
        }
        Change::Append { function, args, item } => {
            let (function, args) = (path(function), arguments(args));
            if let Some(list) = store.get(&function, &args) {
                let longer = with_item(list, item);
                store.set(&function, &args, longer);
            }
        }
        Change::AppendToAll { function, item } => {
            let function = path(function);
            let all = store.all(&function);
            let lists =
                all.into_iter().filter_map(|(args, list)| Some((args.clone(), with_item(list?, item))));
            for (args, longer) in lists.collect::<Vec<_>>() {
                store.set(&function, &args, longer);
            }
        }
        Change::Clear { function, args } => store.clear(&path(function), &arguments(args)),
        Change::InsertAtTop { function, args, item } => {
            store.insert_at_top(&path(function), &arguments(args), item)?;
        }
        Change::InsertAtBottom { function, args, item } => {
            store.insert_at_bottom_if_loaded(&path(function), &arguments(args), item)?;
        }
        Change::InsertByText { function, args, order, item } => {
            let (function, args) = (path(function), arguments(args));
            let order = match order {
                Order::Ascending => SortOrder::Ascending,
                Order::Descending => SortOrder::Descending,
            };
            let item: Item = encoded(item).decode()?;
            store.insert_at_position(&function, &args, order, |item: &Item| item.text.clone(), &item)?;
        }
        Change::Rename { function, args, from, to } => {
            let renamed = |item: Item| (item.text == *from).then(|| Item { text: to.clone() });
            store.update_items(&path(function), &arguments(args), renamed)?;
        }
    }
    Ok(())
}

/// An item of the list that scripts page through.
#[derive(Serialize, Deserialize)]
struct Item {
    text: String,
}

fn with_item(list: &EncodedValue, item: &Json) -> EncodedValue {
    let mut items: Vec<Value> = list.decode().expect("the query of the script is a list");
    items.push(encoded(item).decode().expect("any value"));
    EncodedValue::encode(&items).expect("a list of values is one")
}

fn path(function: &str) -> FunctionPath {
    FunctionPath::parse(function).expect("the function of the script has a good path")
}

fn arguments(args: &Json) -> Arguments {
    let args = Arguments::encode(args).expect("the arguments of the script are good");
    args.expect("the arguments of the script are an object")
}

fn encoded(value: &Json) -> EncodedValue {
    EncodedValue::encode(value).expect("the value of the script is good")
}
