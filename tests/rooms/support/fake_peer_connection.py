"""A peer connection without a browser, which makes numbers instead of descriptions."""

FAKE_PEER_CONNECTION_JS = """
let made = 0;
globalThis.addEventListener = () => undefined;
globalThis.RTCRtpReceiver = class {};
globalThis.MediaStream = class {};
globalThis.RTCPeerConnection = class {
  constructor() {
    Object.assign(this, { number: ++made, signalingState: "stable", iceGatheringState: "complete" });
    Object.assign(this, { remoteDescription: null, transceivers: [] });
  }
  createDataChannel(label) { return { label }; }
  getTransceivers() { return this.transceivers; }
  addTransceiver(kind) {
    const sender = { replaceTrack: async () => undefined };
    this.transceivers.push({ receiver: { track: { kind } }, direction: "sendrecv", sender });
    return this.transceivers.at(-1);
  }
  setLocalDescription() {
    [this.signalingState, this.localDescription] = ["have-local-offer", this.number];
    return Promise.resolve();
  }
  close() { this.signalingState = "closed"; }
};
"""
