// The small app without a session and without Convex: its size is the share of React. The same in Leptos is bench/ours/src/bare.rs.

import { useState } from "react";
import { createRoot } from "react-dom/client";

function App() {
  const [signedIn, setSignedIn] = useState(false);
  return (
    <>
      <h1>Messages</h1>
      {!signedIn && (
        <button data-testid="sign-in" onClick={() => setSignedIn(true)}>
          Sign in
        </button>
      )}
      {signedIn && <Messages />}
    </>
  );
}

function Messages() {
  const [messages, setMessages] = useState([{ id: 0, author: "Alice", body: "Nobody else will see this." }]);
  const send = () =>
    setMessages((messages) => [...messages, { id: messages.length, author: "Alice", body: "Hello" }]);
  return (
    <>
      <ul data-testid="messages">
        {messages.map((message) => (
          <li key={message.id}>
            <b>{message.author}</b> {message.body}
          </li>
        ))}
      </ul>
      <button data-testid="send" onClick={send}>
        Say hello
      </button>
    </>
  );
}

createRoot(document.getElementById("root")).render(<App />);
