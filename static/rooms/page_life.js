// @ts-check
// The page of a call is closed, loaded again, or comes back from the browser's memory. The others are told at once:
// without it they would see a lost connection for half a minute.

/** @param {import("./signaling.js").RoomSignals} signals */
export function tellWhenAway(signals) {
  addEventListener("pagehide", () => signals.send("away"));
  addEventListener("pageshow", ({ persisted }) => {
    if (!persisted) return;
    signals.probe();
    signals.send("ice_servers"); // any message says that the page is back; those credentials may be old
  });
}
