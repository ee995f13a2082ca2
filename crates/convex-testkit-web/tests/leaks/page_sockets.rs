//! A `WebSocket` class for the page that connects to the deployment in the page.

use convex_testkit_web::FakeDeployment;
use convex_web::{Dial, Socket, SocketEvent, SocketEvents};
use js_sys::Function;
use std::{cell::RefCell, collections::BTreeMap, rc::Rc};
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use web_sys::{CloseEvent, CloseEventInit, Event, EventTarget, MessageEvent, MessageEventInit};

const CLASS: &str = "(dial, send, close) => {
    let last = 0;
    globalThis.WebSocket = class extends EventTarget {
        constructor(url) { super(); this.number = last += 1; dial(this.number, url, this); }
        send(text) { send(this.number, text); }
        close() { close(this.number); }
    };
}";

/// The sockets that are not closed, by number.
type Sockets = Rc<RefCell<BTreeMap<u32, Rc<dyn Socket>>>>;

/// Connects every later `WebSocket` of the page to this deployment.
pub fn connect_page_sockets(fake: FakeDeployment) {
    let sockets = Sockets::default();
    let dial = Closure::<dyn Fn(u32, String, EventTarget)>::new({
        let sockets = Rc::clone(&sockets);
        move |number, url: String, page_end: EventTarget| {
            let events = SocketEvents::new(move |event| report(&page_end, event));
            let socket = fake.dial(&url, events).expect("the client dials a valid URL");
            sockets.borrow_mut().insert(number, socket.into());
        }
    });
    let send = Closure::<dyn Fn(u32, String)>::new({
        let sockets = Rc::clone(&sockets);
        move |number, text: String| {
            let socket = sockets.borrow().get(&number).cloned();
            socket.expect("the client does not send on a closed socket").send(&text);
        }
    });
    let close = Closure::<dyn Fn(u32)>::new(move |number| {
        let socket = sockets.borrow_mut().remove(&number);
        socket.expect("the client closes a socket once").close();
    });
    let connect: Function = js_sys::eval(CLASS).expect("the script is valid").unchecked_into();
    connect
        .call3(&JsValue::NULL, &dial.into_js_value(), &send.into_js_value(), &close.into_js_value())
        .expect("the script is valid");
}

/// Dispatches the events that a browser would dispatch.
fn report(page_end: &EventTarget, event: SocketEvent<'_>) {
    let event: Event = match event {
        SocketEvent::Opened => Event::new("open").expect("a valid event"),
        SocketEvent::Text(text) => {
            let init = MessageEventInit::new();
            init.set_data(&text.into());
            MessageEvent::new_with_event_init_dict("message", &init).expect("a valid event").into()
        }
        SocketEvent::Closed { code, reason } => {
            if code == 1006 {
                dispatch(page_end, &Event::new("error").expect("a valid event"));
            }
            let init = CloseEventInit::new();
            init.set_code(code);
            init.set_reason(reason);
            CloseEvent::new_with_event_init_dict("close", &init).expect("a valid event").into()
        }
    };
    dispatch(page_end, &event);
}

fn dispatch(target: &EventTarget, event: &Event) {
    target.dispatch_event(event).expect("the event was not dispatched before");
}
