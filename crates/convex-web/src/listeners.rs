//! The listeners of a client.

use crate::{Update, update::ListenerId};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

type SharedListener = Rc<dyn Fn(&Update)>;

/// The listeners of a client, in the order in which they were added.
#[derive(Default)]
pub(crate) struct Listeners {
    registered: RefCell<Vec<(ListenerId, SharedListener)>>,
    next: Cell<u64>,
}

impl Listeners {
    pub(crate) fn add(&self, listener: Box<dyn Fn(&Update)>) -> ListenerId {
        let id = ListenerId(self.next.get());
        self.next.set(id.0 + 1);
        self.registered.borrow_mut().push((id, listener.into()));
        id
    }

    pub(crate) fn remove(&self, id: ListenerId) {
        // Bound to a name, so that it is dropped after the borrow: the listener's captures may own
        // other listeners.
        let _removed = {
            let mut registered = self.registered.borrow_mut();
            let at = registered.iter().position(|(other, _)| *other == id);
            at.map(|at| registered.remove(at))
        };
    }

    /// Calls the listeners that are registered now, except those that an earlier one removes.
    pub(crate) fn call(&self, update: &Update) {
        let ids: Vec<_> = self.registered.borrow().iter().map(|(id, _)| *id).collect();
        for id in ids {
            let listener = {
                let registered = self.registered.borrow();
                registered.iter().find(|(other, _)| *other == id).map(|(_, listener)| Rc::clone(listener))
            };
            if let Some(listener) = listener {
                listener(update);
            }
        }
    }
}
