// @ts-check
// The strip that says who has lost the connection: this page, the other person, or nothing but the path between them.

import { text } from "../../core/i18n.js";
import { fillSlot, setShown } from "../../core/dom.js";

const CHECK_MS = 500;
// The restart of a path is answered over the server within this time, unless the other person has no network.
export const UNREACHABLE_MS = 5_000;
const COUNTED = new Set(["own_lost", "path_lost"]); // the seconds are shown, and hidden from screen readers

/**
 * @typedef {object} Other
 * @property {string} name
 * @property {boolean} away whether their page said that it closes
 * @property {boolean} connected as the server sees it
 * @property {number} outAt since when nothing of them arrives, or 0
 * @property {number} heardAt their last signal over the server
 *
 * @typedef {{ key: string, name: string, seconds: number }} Notice `key` of the text
 */

/**
 * Return what the strip says, or undefined if nothing is lost.
 * @param {number} now
 * @param {number} socketLostAt or 0
 * @param {Other[]} others
 * @returns {Notice | undefined}
 */
export function lossNotice(now, socketLostAt, others) {
  const seconds = (/** @type {number} */ since) => Math.floor((now - since) / 1000);
  if (socketLostAt) return { key: "own_lost", name: "", seconds: seconds(socketLostAt) };
  const out = others.filter((other) => other.outAt);
  const closed = others.find((other) => other.away && (other.outAt || !other.connected));
  if (closed) return { key: "other_away", name: closed.name, seconds: 0 };
  const lost = out.find((other) => !other.connected || (other.heardAt < other.outAt && now - other.outAt >= UNREACHABLE_MS));
  if (lost) return { key: "other_lost", name: lost.name, seconds: seconds(lost.outAt) };
  const broken = out[0];
  return broken && { key: "path_lost", name: broken.name, seconds: seconds(broken.outAt) };
}

/** Show the strip while something is lost. @param {Pick<import("./call_view.js").Call, "root" | "signals" | "peers" | "roster">} call */
export function showLoss({ root, signals, peers, roster }) {
  function render() {
    const socketLostAt = signals.state === "waiting" && signals.session ? signals.lostAt : 0;
    const notice = lossNotice(Date.now(), socketLostAt, [...peers.all.values()].map((peer) => describeOther(peer, roster)));
    setShown(root, "[data-strip]", Boolean(notice));
    if (!notice) return;
    fillSlot(root, "loss", text(notice.key, { name: notice.name }));
    fillSlot(root, "loss_seconds", COUNTED.has(notice.key) ? text("lost_seconds", { seconds: notice.seconds }) : "");
  }
  setInterval(render, CHECK_MS);
  signals.on("away", render);
}

/** @param {import("../connection/peer.js").Peer} peer @param {import("../roster.js").Roster} roster @returns {Other} */
function describeOther(peer, roster) {
  const person = roster.person(peer.id);
  const sends = Boolean(person && (person.media.audio || person.media.video || person.media.screen));
  const { outAt, isSilent } = peer.watchdog;
  return {
    name: person?.name ?? text("other_person"),
    away: Boolean(person?.away),
    connected: person?.connected ?? true,
    outAt: isSilent && !sends ? 0 : outAt,
    heardAt: peer.heardAt,
  };
}
