// @ts-check
// Passkeys of the browser: JSON options of the server in, JSON answer out (WebAuthn level 3, section 5.1).

export const HAS_PASSKEYS = typeof window.PublicKeyCredential === "function" && Boolean(navigator.credentials);

/** @param {string} text base64url @returns {ArrayBuffer} */
function toBytes(text) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0)).buffer;
}

/** @param {ArrayBuffer | null | undefined} buffer @returns {string | undefined} */
function toText(buffer) {
  if (!buffer) return undefined;
  const binary = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** @param {{ id: string }[] | undefined} list */
const withBytes = (list) => (list ?? []).map((credential) => ({ ...credential, id: toBytes(credential.id) }));

/**
 * Ask for a passkey. Returns the answer as JSON. Throws if the person cancels.
 * @param {string} options of the server
 * @param {{ signal?: AbortSignal, mediation?: "conditional" }} [how]
 */
export async function usePasskey(options, { signal, mediation } = {}) {
  const parsed = JSON.parse(options);
  const publicKey = { ...parsed, challenge: toBytes(parsed.challenge), allowCredentials: withBytes(parsed.allowCredentials) };
  const request = /** @type {any} */ ({ publicKey, signal, mediation });
  const found = /** @type {PublicKeyCredential} */ (await navigator.credentials.get(request));
  const answer = /** @type {AuthenticatorAssertionResponse} */ (found.response);
  return JSON.stringify({
    id: found.id,
    rawId: found.id,
    type: found.type,
    clientExtensionResults: {},
    response: {
      clientDataJSON: toText(answer.clientDataJSON),
      authenticatorData: toText(answer.authenticatorData),
      signature: toText(answer.signature),
      userHandle: toText(answer.userHandle),
    },
  });
}

/** Make a passkey. Returns the answer as JSON. Throws if the person cancels. @param {string} options of the server */
export async function createPasskey(options) {
  const parsed = JSON.parse(options);
  const publicKey = {
    ...parsed,
    challenge: toBytes(parsed.challenge),
    user: { ...parsed.user, id: toBytes(parsed.user.id) },
    excludeCredentials: withBytes(parsed.excludeCredentials),
  };
  const made = /** @type {PublicKeyCredential} */ (await navigator.credentials.create({ publicKey }));
  const answer = /** @type {AuthenticatorAttestationResponse} */ (made.response);
  return JSON.stringify({
    id: made.id,
    rawId: made.id,
    type: made.type,
    clientExtensionResults: {},
    response: {
      clientDataJSON: toText(answer.clientDataJSON),
      attestationObject: toText(answer.attestationObject),
      transports: answer.getTransports?.() ?? [],
    },
  });
}
