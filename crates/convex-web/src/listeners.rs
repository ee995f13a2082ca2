//! Who is told of updates.

use crate::{Update, update::ListenerId};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
};

type SharedListener = Rc<dyn Fn(&Update)>;

/// The listeners of a client, in the order in which they came.
#[derive(Default)]
pub(crate) struct Listeners {
    registered: RefCell<BTreeMap<ListenerId, SharedListener>>,
    next: Cell<u64>,
}

impl Listeners {
    pub(crate) fn add(&self, listener: Box<dyn Fn(&Update)>) -> ListenerId {
        let id = ListenerId(self.next.get());
        self.next.set(id.0 + 1);
        self.registered.borrow_mut().insert(id, listener.into());
        id
    }

    pub(crate) fn remove(&self, id: ListenerId) {
        // Bound, so that it is dropped when nothing is borrowed: what it holds may have listeners of its own.
        let _removed = self.registered.borrow_mut().remove(&id);
    }

    /// Calls those that are registered now; not the ones that another of them removes.
    pub(crate) fn call(&self, update: &Update) {
        let ids: Vec<_> = self.registered.borrow().keys().copied().collect();
        for id in ids {
            let listener = self.registered.borrow().get(&id).cloned();
            if let Some(listener) = listener {
                listener(update);
            }
        }
    }
}
