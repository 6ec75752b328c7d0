// @ts-check
// Perfect negotiation (W3C WebRTC, section 10.7) of a peer connection, except that only the impolite side
// makes the first offer. With both offering at once, 6 of 12 calls hung in a trial with Chromium.

/**
 * @typedef {object} NegotiationOptions
 * @property {boolean} polite
 * @property {() => void} attachTracks adds the local tracks, before the polite side answers
 * @property {(description: RTCSessionDescription | null) => void} sendDescription
 */

export class Negotiation {
  /** @param {RTCPeerConnection} pc @param {NegotiationOptions} sides */
  constructor(pc, { polite, attachTracks, sendDescription }) {
    this.pc = pc;
    this.polite = polite;
    this.attachTracks = attachTracks;
    this.sendDescription = sendDescription;
    this.offering = this.ignoring = this.answering = false;
    pc.onnegotiationneeded = () => void this.offer();
  }

  async offer() {
    if (this.polite && !this.pc.remoteDescription) return;
    try {
      this.offering = true;
      await this.pc.setLocalDescription();
      this.sendDescription(this.pc.localDescription);
    } catch (error) {
      if (this.pc.signalingState !== "closed") console.warn("offer", error);
    } finally {
      this.offering = false;
    }
  }

  /** Return whether the description was accepted. @param {RTCSessionDescriptionInit} description */
  async acceptDescription(description) {
    const ready = !this.offering && (this.pc.signalingState === "stable" || this.answering);
    this.ignoring = !this.polite && description.type === "offer" && !ready;
    if (this.ignoring) return false;
    if (description.type === "answer" && this.pc.signalingState !== "have-local-offer") return false; // a duplicate
    this.answering = description.type === "answer";
    await this.pc.setRemoteDescription(description).finally(() => (this.answering = false));
    if (description.type !== "offer") return true;
    // Before the answer, which then sends our media too, without an offer of our own.
    if (this.polite) this.attachTracks();
    await this.pc.setLocalDescription();
    this.sendDescription(this.pc.localDescription);
    return true;
  }

  /** @param {RTCIceCandidateInit | null} candidate null after the last candidate */
  async addCandidate(candidate) {
    await this.pc.addIceCandidate(candidate ?? undefined).catch((error) => {
      if (!this.ignoring) console.warn("candidate", error); // candidates of an ignored offer fit no description
    });
  }
}
