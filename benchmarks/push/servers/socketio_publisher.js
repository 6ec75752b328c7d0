// One event for each byte on stdin, through Socket.IO's own emitter; the payload as publisher.py makes it.
const { createClient } = require("redis");
const { Emitter } = require("@socket.io/redis-emitter");

(async () => {
  const client = createClient({ url: process.env.REDIS_URL });
  await client.connect();
  const emitter = new Emitter(client);
  const pad = "x".repeat(Math.max(0, +process.env.PAYLOAD_BYTES - 60));
  let v = 0;
  process.stdin.on("data", (bytes) => {
    for (let i = 0; i < bytes.length; i++) emitter.to("line").emit("t", { v: ++v, k: `T=${process.hrtime.bigint()};`, pad });
  });
  process.stdin.on("end", () => process.exit(0));
})();
