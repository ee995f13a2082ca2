//! The optimistic updates of the simulated mutations.

use convex_sync::{Arguments, EncodedValue, FunctionPath, LocalStore, OptimisticError};
use serde_json::{Value as Json, json};

use super::{
    functions::{NOTES, cards},
    schedule::{QuerySpec, UpdateKind},
};

/// The id that an update shows in place of the id of the unwritten note or card. Negative, so that
/// it differs from every written id.
pub(super) fn placeholder(serial: u32) -> f64 {
    -1.0 - f64::from(serial)
}

/// Whether the update of a mutation inserts its card at the bottom: a third of them do, the others
/// insert at the top.
pub(super) fn is_at_bottom(serial: u32) -> bool {
    serial.is_multiple_of(3)
}

/// Applies the update of the mutation with this serial number.
pub(super) fn apply(
    store: &mut LocalStore<'_>,
    serial: usize,
    update: UpdateKind,
) -> Result<(), OptimisticError> {
    let function = FunctionPath::parse(NOTES).expect("it is a path");
    let (_, one) = crate::pair::call(NOTES, &QuerySpec::ONE.args());
    match update {
        UpdateKind::Clears => store.clear(&function, &one),
        UpdateKind::NoteInOne => {
            let notes = store.get(&function, &one).map(|notes| with_note(notes, serial)).transpose()?;
            if let Some(notes) = notes {
                store.set(&function, &one, notes);
            }
        }
        UpdateKind::None | UpdateKind::Note | UpdateKind::Fails => {
            let results = store.all(&function).into_iter();
            let results: Vec<(Arguments, EncodedValue)> =
                results.filter_map(|(args, notes)| Some((args.clone(), notes?.clone()))).collect();
            for (args, notes) in results {
                store.set(&function, &args, with_note(&notes, serial)?);
            }
        }
    }
    insert_card(store, serial as u32)?;
    if update == UpdateKind::Fails { Err(OptimisticError::new("failed by test")) } else { Ok(()) }
}

fn with_note(notes: &EncodedValue, serial: usize) -> Result<EncodedValue, OptimisticError> {
    let mut notes: Json = notes.decode()?;
    let ids = notes["ids"].as_array_mut().ok_or_else(|| OptimisticError::new("no list"))?;
    ids.push(placeholder(serial as u32).into());
    Ok(EncodedValue::encode(&notes)?)
}

fn insert_card(store: &mut LocalStore<'_>, serial: u32) -> Result<(), OptimisticError> {
    let page = FunctionPath::parse(cards::PAGE).expect("it is a path");
    let any = Arguments::encode(&()).expect("it is an object").expect("it is no skip");
    let card = json!({ "id": placeholder(serial) });
    if is_at_bottom(serial) {
        store.insert_at_bottom_if_loaded(&page, &any, &card)
    } else {
        store.insert_at_top(&page, &any, &card)
    }
}
