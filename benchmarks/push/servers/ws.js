// npm ws and a Redis subscriber: what one writes when one writes it by hand.
const { WebSocketServer, WebSocket } = require("ws");
const { createClient } = require("redis");

(async () => {
  const bus = createClient({ url: process.env.REDIS_URL });
  await bus.connect();
  const server = new WebSocketServer({ host: "127.0.0.1", port: +process.env.PORT, backlog: 4096, perMessageDeflate: false });
  server.on("connection", (phone) => phone.on("error", () => phone.terminate()));
  await bus.subscribe(process.env.CHANNEL, (text) => {
    for (const phone of server.clients) if (phone.readyState === WebSocket.OPEN) phone.send(text);
  });
})();
