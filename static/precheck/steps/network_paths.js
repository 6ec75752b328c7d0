// @ts-check
// Step: tries each relay transport that a strict network may allow (UDP, TCP, TLS) alone and in turn. Data must arrive.
// Then packets like those of a voice go over UDP and over TLS at the same time, so that the two can be compared.

import { requestRoundTrip } from "../connection/request_delay.js";
import { RelayConnection } from "../connection/relay_connection.js";
import { relaysOf, relayTimeout } from "../connection/relays.js";

const COMPARED = ["udp", "tls"];
const COMPARED_MS = 2_000;

/** @typedef {import("../types.js").Way} Way @typedef {import("../connection/relays.js").Relay} Relay */

/** @param {import("../test_run.js").TestContext} context @param {import("../types.js").Test} test */
export async function checkPaths({ wizard, measured }, test) {
  wizard.showStep("paths", { calm: true });
  const relays = relaysOf(test.ice_servers);
  delete measured.ways;
  if (!relays.length) return; // without relays the media step shows the direct path
  measured.ways = await tryRelays(relays, relayTimeout(requestRoundTrip()));
  const open = Object.values(measured.ways).filter((way) => way.ok).length;
  if (open === relays.length) wizard.setRow("paths", "good", "row_paths_open");
  else wizard.setRow("paths", open ? "warn" : "bad", open ? "row_paths_some" : "row_paths_closed");
}

/**
 * Show the path that the media step found, if there was no relay to try.
 * @param {import("../test_run.js").TestContext} context
 */
export function showPathFromMedia({ wizard, measured }) {
  if (measured.ways) return;
  if (measured.path === "udp") wizard.setRow("paths", "good", "row_paths_direct", false);
  else wizard.setRow("paths", measured.path ? "bad" : "unknown", measured.path ? "row_paths_closed" : "row_unknown", false);
}

/** @param {Relay[]} relays @param {number} timeoutMs @returns {Promise<{ [way: string]: Way }>} */
async function tryRelays(relays, timeoutMs) {
  /** @type {{ [way: string]: Way }} */
  const ways = {};
  /** @type {{ [way: string]: RelayConnection }} */
  const compared = {};
  try {
    for (const { way, server } of relays) {
      const connection = new RelayConnection(server);
      const ok = await connection.open(timeoutMs).catch(() => false);
      ways[way] = ok ? { ok, ...(await connection.delay()) } : { ok };
      if (ok && COMPARED.includes(way)) compared[way] = connection;
      else connection.close();
    }
    const measure = async (/** @type {string} */ way) => Object.assign(ways[way] ?? {}, await compared[way]?.measurePacedPackets(COMPARED_MS));
    await Promise.all(Object.keys(compared).map(measure));
  } finally {
    for (const connection of Object.values(compared)) connection.close();
  }
  return ways;
}
