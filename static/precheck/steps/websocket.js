// @ts-check
// Step: checks that WebSockets work. Some networks allow pages and block sockets.

const TIMEOUT_MS = 6_000; // two slow round trips and a slow proxy
const APPLICATION_CODES = 4000; // close codes from here on come from the server itself, so the socket works

/** @param {import("../test_run.js").TestContext} context */
export async function checkSocket({ wizard, measured }) {
  wizard.showStep("socket", { calm: true });
  const ok = await isSocketAnswered();
  delete measured.websocket_ok;
  if (!ok && !navigator.onLine) return wizard.setRow("socket", "unknown", "row_unknown"); // there is no network, so nothing is proven
  measured.websocket_ok = ok;
  wizard.setRow("socket", measured.websocket_ok ? "good" : "bad", measured.websocket_ok ? "row_socket_good" : "row_socket_bad");
}

/** Open a socket without a token: the server's refusal proves that messages arrive. @returns {Promise<boolean>} */
function isSocketAnswered() {
  return new Promise((resolve) => {
    const address = new URL("/ws/room", location.href);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = new WebSocket(address);
    const end = (/** @type {boolean} */ ok) => {
      resolve(ok);
      socket.close();
    };
    socket.onopen = () => socket.send('{"type":"hello"}');
    socket.onmessage = () => end(true);
    socket.onclose = ({ code }) => end(code >= APPLICATION_CODES);
    setTimeout(() => end(false), TIMEOUT_MS);
  });
}
