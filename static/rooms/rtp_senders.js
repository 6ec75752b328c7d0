// @ts-check
// The senders of a peer connection: always one audio and one video transceiver, with or without a track.

/**
 * Put the tracks on the connection, adding missing transceivers.
 * @param {RTCPeerConnection} pc
 * @param {import("./peer.js").Tracks} tracks
 */
export function attachTracks(pc, tracks) {
  for (const [kind, track] of /** @type {const} */ ([["audio", tracks.audio], ["video", tracks.video]])) {
    const existing = pc.getTransceivers().find((transceiver) => transceiver.receiver.track.kind === kind);
    const transceiver = existing ?? pc.addTransceiver(kind, { direction: "sendrecv" });
    if (!["sendrecv", "stopped"].includes(transceiver.direction)) transceiver.direction = "sendrecv";
    if (transceiver.sender.track !== track) void transceiver.sender.replaceTrack(track).catch(() => undefined);
  }
}
