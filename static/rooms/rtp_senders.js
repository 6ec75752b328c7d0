// @ts-check
// What I send on a peer connection: one voice and one picture, whether or not there is something to send.

/** @param {RTCPeerConnection} pc @param {import("./peer.js").Tracks} tracks */
export function attachTracks(pc, tracks) {
  for (const [kind, track] of /** @type {const} */ ([["audio", tracks.audio], ["video", tracks.video]])) {
    const known = pc.getTransceivers().find((one) => one.receiver.track.kind === kind);
    const transceiver = known ?? pc.addTransceiver(kind, { direction: "sendrecv" });
    if (!["sendrecv", "stopped"].includes(transceiver.direction)) transceiver.direction = "sendrecv";
    if (transceiver.sender.track !== track) void transceiver.sender.replaceTrack(track).catch(() => undefined);
  }
}
