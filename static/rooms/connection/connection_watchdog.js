// @ts-check
// Watches a peer connection, tells recovery.js what happens, and carries out its actions. It reads connectionState:
// iceConnectionState never became `failed` in our trials.

import { onNetworkChange } from "../../core/network/page_network.js";
import { restartIce, restartWithFreshCredentials } from "./ice_restart.js";
import { sendKeyFrame } from "./key_frame.js";
import { makeFlowReader } from "./media_flow.js";
import { UNMOVED, nextMove } from "./moved_network.js";
import { UNANSWERED_MS, beginRecovery, step } from "./recovery.js";

const CHECK_MS = 250;
const POLITE_DELAY_MS = 2_500; // the impolite side's restart takes less, also on a slow line

/** @typedef {import("./recovery.js").RecoveryEvent} RecoveryEvent */
/** @type {Partial<Record<RTCPeerConnectionState, RecoveryEvent>>} */
const EVENTS = { connecting: "connecting", connected: "connected", disconnected: "disconnected", failed: "failed", closed: "died" };

/** @param {import("./peer.js").Peer} peer */
export function watchConnection(peer) {
  let recovery = beginRecovery(peer.polite, peer.signals.state === "open", Date.now());
  /** @type {import("./moved_network.js").Move} */
  let move = UNMOVED;
  /** @type {Set<string | undefined>} addresses of this device, as of the last time with a path */
  let known = new Set();
  const readFlow = makeFlowReader();
  let path = ""; // the candidate from which this page sends
  let outAt = 0; // since when nothing arrives; also while the connection is replaced
  let offeredAt = 0; // since when an offer has no answer

  /** @type {Record<import("./recovery.js").Action, () => unknown>} */
  const carryOut = {
    probe_socket: () => peer.signals.probe(),
    repeat_offer: () => peer.repeatOffer(),
    restart_ice: () => restartIce(peer),
    // Both sides are refused at the same time, and Chromium shows no picture if two first offers cross.
    renew_credentials: () =>
      restartWithFreshCredentials(peer, { wait_ms: peer.polite ? POLITE_DELAY_MS : 0, max_age_ms: 0 }),
    send_picture: () => sendKeyFrame(peer.pc),
    replace: () => peer.replaceConnection(),
    ask_renewal: () => peer.signals.send("renew", { to: peer.id, pc_gen: peer.gen }),
  };

  /** @param {RecoveryEvent} event */
  function tell(event) {
    const before = recovery.state;
    const after = step(recovery, event, Date.now());
    recovery = after.recovery;
    if (recovery.state === "connected") outAt = 0;
    else if (before === "connected") outAt = recovery.lostAt;
    for (const action of after.actions) void carryOut[action]();
    if (recovery.state === "connected") known = hostAddresses(peer.pc);
    const isStale = [...hostAddresses(peer.pc)].every((address) => known.has(address));
    const moved = nextMove(move, event, { recovery, outAt, isStale }, Date.now());
    move = moved.move;
    if (moved.action === "renew") void carryOut[peer.polite ? "ask_renewal" : "replace"]();
    if (moved.action === "reload") peer.emit("stuck", undefined);
  }

  function check() {
    const pc = peer.pc;
    const event = pc && EVENTS[pc.connectionState];
    if (event) tell(event);
    offeredAt = pc?.signalingState === "have-local-offer" ? offeredAt || Date.now() : 0;
    if (offeredAt && Date.now() - offeredAt >= UNANSWERED_MS) {
      offeredAt = 0;
      tell("unanswered");
    }
    const flow = pc && readFlow(pc, Date.now());
    if (flow) tell(flow);
    tell("tick");
    const used = localCandidate(pc);
    if (path && used && used !== path) peer.signals.probe(); // media moved to another network; the socket cannot
    path = used || path;
  }

  const timer = setInterval(check, CHECK_MS);
  const stopNetwork = onNetworkChange(() => tell("network_changed"));

  return {
    tell,
    check,
    /** Time since which nothing arrives, or 0 while media flow or have not begun. */
    get outAt() {
      return outAt;
    },
    /** Whether the browser still calls the path good, so that the other side may send nothing by choice. */
    get isSilent() {
      return recovery.state === "silent";
    },
    stop() {
      tell("stop");
      clearInterval(timer);
      stopNetwork();
    },
  };
}

/** Return the addresses of this device that a connection has found. @param {RTCPeerConnection | undefined} pc */
const hostAddresses = (pc) =>
  new Set([...(pc?.localDescription?.sdp ?? "").matchAll(/^a=candidate:\S+ \d+ \S+ \d+ (\S+) \d+ typ host/gm)].map((found) => found[1]));

/** @param {RTCPeerConnection | undefined} pc */
const localCandidate = (pc) => pc?.sctp?.transport?.iceTransport?.getSelectedCandidatePair?.()?.local?.candidate ?? "";
