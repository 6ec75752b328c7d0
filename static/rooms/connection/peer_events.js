// @ts-check
// Events of a peer connection for its peer: candidates to send, media, its state, and channels of the other side.

import { batchCandidates } from "./candidate_batch.js";
import { UNAUTHORIZED } from "./prepared_connection.js";

/** @param {import("./peer.js").Peer} peer @param {RTCPeerConnection} pc events of an older connection are ignored */
export function listenTo(peer, pc) {
  const stream = new MediaStream();
  const sendCandidate = batchCandidates((candidates) => peer.sendSignal("candidates", { candidates }, pc));
  pc.onicecandidate = ({ candidate }) => sendCandidate(candidate?.toJSON() ?? null);
  pc.onicecandidateerror = ({ errorCode }) => {
    if (errorCode === UNAUTHORIZED && pc === peer.pc) peer.watchdog.tell("refused");
  };
  pc.ontrack = ({ track }) => {
    stream.addTrack(track);
    peer.emit("stream", stream);
  };
  pc.onconnectionstatechange = () => {
    if (pc !== peer.pc) return;
    peer.watchdog.check();
    peer.emit("state", pc.connectionState);
  };
  pc.ondatachannel = ({ channel }) => peer.emit("channel", channel);
}
