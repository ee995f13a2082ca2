// Tokens with fixed claims and no signature: the client reads `iat` and `exp`, and nothing here verifies them.

export const ADA = token("ada", 1);
export const ADA_REFRESHED = token("ada", 2);

function token(subject, serial) {
  const issued = 2_000_000_000 + serial;
  const claims = { iss: "https://issuer.example", sub: subject, aud: "convex", iat: issued, exp: issued + 3600 };
  return [{ alg: "none", typ: "JWT" }, claims, "unsigned"]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
}
