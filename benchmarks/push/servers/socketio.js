// Socket.IO 4 with its Redis adapter, as its documentation sets it up for several processes.
const http = require("http");
const { Server } = require("socket.io");
const { createAdapter } = require("@socket.io/redis-adapter");
const { createClient } = require("redis");

(async () => {
  const speaking = createClient({ url: process.env.REDIS_URL });
  const hearing = speaking.duplicate();
  await Promise.all([speaking.connect(), hearing.connect()]);
  const web = http.createServer();
  const io = new Server(web, { transports: ["websocket"], adapter: createAdapter(speaking, hearing), perMessageDeflate: false });
  io.on("connection", (phone) => phone.join("line"));
  web.listen({ host: "127.0.0.1", port: +process.env.PORT, backlog: 4096 });
})();
