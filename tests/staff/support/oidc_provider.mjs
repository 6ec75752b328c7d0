// A real OpenID Connect provider for tests: node oidc_provider.mjs PORT CLIENT_SECRET NODE_MODULES
// A test changes people and keys by POST /test/…, which no real provider has.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { randomBytes, generateKeyPairSync } from "node:crypto";
import http from "node:http";

console.info = console.error; // stdout says only that the provider is ready
const [port, secret, modules] = process.argv.slice(2);
const entry = createRequire(`${modules}/x.js`).resolve("oidc-provider");
const { Provider } = await import(pathToFileURL(entry).href);
const issuer = `http://127.0.0.1:${port}`;
const redirects = [];

/** @type {Map<string, Record<string, unknown>>} */
const people = new Map();

function newKey() {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256", kid: randomBytes(6).toString("hex") };
}

function build(siteUrl, key) {
  return new Provider(issuer, {
    clients: [{
      client_id: "office360", client_secret: secret,
      redirect_uris: [`${siteUrl}/staff/oidc/callback`],
      post_logout_redirect_uris: [`${siteUrl}/staff/`],
      grant_types: ["authorization_code", "refresh_token"], response_types: ["code"],
      backchannel_logout_uri: `${siteUrl}/staff/oidc/backchannel-logout`,
      backchannel_logout_session_required: true,
    }],
    jwks: { keys: [key] },
    cookies: { keys: ["only of tests"] },
    claims: { openid: ["sub"], profile: ["name", "preferred_username", "groups"], email: ["email", "email_verified"] },
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: false }, backchannelLogout: { enabled: true }, rpInitiatedLogout: { enabled: true } },
    findAccount: (_ctx, sub) => people.has(sub)
      ? { accountId: sub, claims: async () => ({ sub, ...people.get(sub) }) }
      : undefined,
    issueRefreshToken: async () => true,
    rotateRefreshToken: true,
    pkce: { required: () => true },
    ttl: { AccessToken: 3600, RefreshToken: 86400, Session: 86400, Grant: 86400, Interaction: 3600, IdToken: 3600, AuthorizationCode: 60 },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  });
}

let provider = null;
let key = newKey();
let isAway = false;

async function readJson(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return JSON.parse(Buffer.concat(parts).toString() || "{}");
}

/** Sign the person of `?as=` in, and grant all that the client asks for. */
async function interact(request, response) {
  const details = await provider.interactionDetails(request, response);
  const chosen = new URL(request.url, issuer).searchParams.get("as");
  const sub = chosen ?? details.session?.accountId;
  if (details.prompt.name === "login" && !chosen) {
    response.writeHead(200, { "content-type": "text/html" });
    response.end(`<h1>Provider</h1>${[...people.keys()].map((one) => `<p><a href="?as=${one}">${one}</a></p>`).join("")}`);
    return;
  }
  if (sub === "nobody") {
    await provider.interactionFinished(request, response, { error: "access_denied" });
    return;
  }
  const grant = new provider.Grant({ accountId: sub, clientId: details.params.client_id });
  grant.addOIDCScope(details.params.scope);
  await provider.interactionFinished(request, response, { login: { accountId: sub }, consent: { grantId: await grant.save() } });
}

const tests = {
  "/test/site": async ({ url }) => { provider = build(url, key); },
  "/test/people": async (all) => { people.clear(); for (const [sub, claims] of Object.entries(all)) people.set(sub, claims); },
  "/test/away": async ({ away }) => { isAway = away; },
  "/test/new-key": async ({ url }) => { key = newKey(); provider = build(url, key); },
  "/test/logout-token": async ({ sub, sid, claims }) => {
    const client = await provider.Client.find("office360");
    const { IdToken } = provider;
    const token = new IdToken({ sub, ...(claims ?? {}) }, { client, ctx: undefined });
    token.mask = { sub: null };
    token.set("events", { "http://schemas.openid.net/event/backchannel-logout": {} });
    token.set("jti", randomBytes(8).toString("hex"));
    if (sid) token.set("sid", sid);
    return { token: await token.issue({ use: "logout" }) };
  },
};

http.createServer(async (request, response) => {
  try {
    const path = new URL(request.url, issuer).pathname;
    if (path in tests) {
      const answer = await tests[path](await readJson(request));
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify(answer ?? {}));
    } else if (isAway) {
      response.writeHead(503).end();
    } else if (path.startsWith("/interaction/")) {
      await interact(request, response);
    } else {
      provider.callback()(request, response);
    }
  } catch (error) {
    response.writeHead(500, { "content-type": "text/plain" });
    response.end(String(error?.stack ?? error));
  }
}).listen(Number(port), "127.0.0.1", () => console.log("ready"));
