// @ts-check
// A data channel beside the media, on which both sides tell each other how they hear and see.
// Only the receiver knows what part of a voice was concealed, and only the sender can stop the picture in its favour.

const VOICE_CHANNEL = 9; // both sides create it with this id, so neither waits for the other
const FRESH_MS = 4_000; // a report is sent every second; several may be lost
const SLOW_MS = 10_000; // a slow line loses more of them, and does not end within a second

/** @typedef {{ concealed_pct: number | null, sound_only: boolean, red: boolean, slow: boolean }} VoiceReport `red`: there is room for redundancy; `slow`: for the voice only */

/** @param {RTCPeerConnection} pc @param {() => void} onChange called when the other side starts or stops sending only sound */
export function openVoiceChannel(pc, onChange) {
  const channel = pc.createDataChannel("voice", { negotiated: true, id: VOICE_CHANNEL, ordered: false, maxRetransmits: 0 });
  /** @type {VoiceReport | undefined} */
  let last;
  let lastAt = 0;
  channel.onmessage = ({ data }) => {
    const report = parseReport(data);
    if (!report) return;
    const changed = report.sound_only !== (last?.sound_only ?? false);
    [last, lastAt] = [report, Date.now()];
    if (changed) onChange();
  };
  return {
    /** Tell the other side. @param {VoiceReport} report */
    send: (report) => channel.readyState === "open" && channel.send(JSON.stringify(report)),
    /** Return how the other side hears this page, or null if unknown. */
    heardConcealed_pct: () => (last && Date.now() - lastAt <= FRESH_MS ? last.concealed_pct : null),
    hasRoomForRed: () => last?.red ?? true,
    /** Whether the other side has a slow line. */
    isSlow: () => Boolean(last?.slow) && Date.now() - lastAt <= SLOW_MS,
    isSoundOnly: () => last?.sound_only ?? false,
  };
}

/** Return a report, or null if the other side sent something else. @param {unknown} data @returns {VoiceReport | null} */
export function parseReport(data) {
  try {
    const { concealed_pct, sound_only, red, slow } = JSON.parse(String(data));
    const isShare = typeof concealed_pct === "number" && concealed_pct >= 0 && concealed_pct <= 100;
    return { concealed_pct: isShare ? concealed_pct : null, sound_only: sound_only === true, red: red !== false, slow: slow === true };
  } catch {
    return null;
  }
}
