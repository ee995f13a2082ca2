// The small app without Convex: the same session, and messages that stay in the page. Convex's own share is the difference of the small app to it. The same in Leptos is
// bench/ours/src/small/no_convex.rs.

import { useState } from "react";
import { createRoot } from "react-dom/client";

import { SessionProvider, useAuth, useSignIn } from "./session.jsx";

function App() {
  return (
    <SessionProvider>
      <h1>Messages</h1>
      <Gates />
    </SessionProvider>
  );
}

function Gates() {
  const { isLoading, isAuthenticated } = useAuth();
  if (isLoading) {
    return <p>Loading…</p>;
  }
  return isAuthenticated ? <Messages /> : <SignIn />;
}

function SignIn() {
  const signIn = useSignIn();
  return (
    <button data-testid="sign-in" onClick={signIn}>
      Sign in
    </button>
  );
}

function Messages() {
  const [messages, setMessages] = useState([{ id: 0, author: "Alice", body: "Nobody else will see this." }]);
  const { fetchAccessToken } = useAuth();
  // Adds a message if the user has a token. The token has no other use here.
  const send = async () => {
    if ((await fetchAccessToken()) !== null) {
      setMessages((messages) => [...messages, { id: messages.length, author: "Alice", body: "Hello" }]);
    }
  };
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
