// @ts-check
// Changes of an SDP answer: the bit rate at which the browser starts to send video, and the length of its voice packets.

/** Of the slower direction. A video that starts above the capacity loses packets, and the browser's estimate collapses. */
export const START_SHARE = 0.7;
const NOT_A_CODEC = /^(rtx|red|ulpfec|flexfec)/i;

/**
 * Set the start bit rate. Chromium otherwise starts at 300 kbps and needs ten seconds to reach a measured rate.
 * @param {string} sdp
 * @param {number} kbps
 */
export function setStartBitrate(sdp, kbps) {
  const [session = "", ...media] = sdp.split(/^(?=m=)/m);
  return session + media.map((part) => (part.startsWith("m=video") ? withStartBitrate(part, Math.round(kbps)) : part)).join("");
}

/**
 * Set the length of a voice packet (RFC 8866 section 6.4). Shorter packets are more packets, by which a loss is known better.
 * @param {string} sdp
 * @param {number} ms
 */
export function setPacketTime(sdp, ms) {
  return sdp.replace(/^m=audio [\s\S]*?(?=^m=|$(?![\s\S]))/m, (part) => `${part.replace(/^a=ptime:.*\r\n/gm, "")}a=ptime:${ms}\r\n`);
}

/** @param {string} part @param {number} kbps */
function withStartBitrate(part, kbps) {
  const plain = part.replace(/;?x-google-start-bitrate=\d+/g, "");
  const extra = `x-google-start-bitrate=${kbps}`;
  return plain.replace(/^a=rtpmap:(\d+) ([^/\r\n]+).*\r?\n/gm, (line, type, name) => {
    if (NOT_A_CODEC.test(name) || new RegExp(`^a=fmtp:${type} `, "m").test(plain)) return line;
    return `${line}a=fmtp:${type} ${extra}\r\n`;
  }).replace(/^(a=fmtp:(\d+) )(.*?)(\r?)$/gm, (line, begin, type, values, end) => {
    const name = new RegExp(`^a=rtpmap:${type} ([^/\r\n]+)`, "m").exec(plain)?.[1] ?? "";
    if (NOT_A_CODEC.test(name) || values.includes(extra)) return line;
    return `${begin}${values ? `${values};` : ""}${extra}${end}`;
  });
}
