// The session of the dev server's identity service, identified by a cookie.

import { createContext, useCallback, useContext, useEffect, useMemo, useState } from "react";

const SessionContext = createContext(undefined);

export function SessionProvider({ children }) {
  // `undefined` while loading, `null` if signed out.
  const [session, setSession] = useState(undefined);
  const refresh = useCallback(async () => setSession(await fetchSession()), []);
  useEffect(() => {
    refresh();
  }, [refresh]);
  const value = useMemo(() => ({ session, refresh }), [session, refresh]);
  return <SessionContext.Provider value={value}>{children}</SessionContext.Provider>;
}

// For `ConvexProviderWithAuth`.
export function useAuth() {
  const { session } = useContext(SessionContext);
  const id = session?.id;
  // Another session needs another token.
  const fetchAccessToken = useCallback(() => fetchToken(), [id]);
  return useMemo(
    () => ({ isLoading: session === undefined, isAuthenticated: id !== undefined, fetchAccessToken }),
    [session, id, fetchAccessToken],
  );
}

// Signs in as a user of the dev server.
export function useSignIn() {
  const { refresh } = useContext(SessionContext);
  return async () => {
    const response = await fetch("/api/auth/sign-in/email", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ email: "alice@example.com", password: "alice-demo" }),
    });
    if (response.ok) {
      await refresh();
    }
  };
}

async function fetchSession() {
  const response = await fetch("/api/auth/get-session");
  const reply = await response.json();
  return reply && reply.session;
}

async function fetchToken() {
  const response = await fetch("/api/auth/convex/token");
  if (response.status === 401) {
    return null;
  }
  const { token } = await response.json();
  return token;
}
