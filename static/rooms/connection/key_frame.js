// @ts-check
// A whole picture at once, after a path was lost: otherwise the other side asks for it only after some 0.7 s.

/** @param {RTCPeerConnection | undefined} pc */
export function sendKeyFrame(pc) {
  for (const sender of pc?.getSenders() ?? []) {
    if (sender.track?.kind !== "video") continue;
    const parameters = sender.getParameters();
    const encodingOptions = parameters.encodings.map(() => ({ keyFrame: true }));
    // Browsers that do not know the second argument change nothing.
    void sender.setParameters(parameters, /** @type {any} */ ({ encodingOptions })).catch(() => undefined);
  }
}
