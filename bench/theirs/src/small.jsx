// A complete small app: a provider with auth, gates, a query and a mutation. The same in Leptos is bench/ours/src/small.

import {
  AuthLoading,
  Authenticated,
  ConvexProviderWithAuth,
  ConvexReactClient,
  Unauthenticated,
  useMutation,
  useQuery,
} from "convex/react";
import { createRoot } from "react-dom/client";

import { api } from "./api.js";
import { SessionProvider, useAuth, useSignIn } from "./session.jsx";

const convex = new ConvexReactClient(location.origin);

function App() {
  return (
    <SessionProvider>
      <ConvexProviderWithAuth client={convex} useAuth={useAuth}>
        <h1>Messages</h1>
        <AuthLoading>
          <p>Loading…</p>
        </AuthLoading>
        <Unauthenticated>
          <SignIn />
        </Unauthenticated>
        <Authenticated>
          <Messages />
        </Authenticated>
      </ConvexProviderWithAuth>
    </SessionProvider>
  );
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
  const messages = useQuery(api.messages.list) ?? [];
  const send = useMutation(api.messages.send);
  return (
    <>
      <ul data-testid="messages">
        {messages.map((message) => (
          <li key={message._id}>
            <b>{message.author}</b> {message.body}
          </li>
        ))}
      </ul>
      <button data-testid="send" onClick={() => send({ body: "Hello" })}>
        Say hello
      </button>
    </>
  );
}

createRoot(document.getElementById("root")).render(<App />);
