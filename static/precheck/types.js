// @ts-check
// The words of a test, as types (contract.md, /api/v1/tests). Nothing runs here.

/**
 * @typedef {"start" | "permissions" | "camera" | "microphone" | "speaker" | "socket" | "paths" | "media" | "send" | "wait"} Step
 * @typedef {"browser" | "permissions" | "camera" | "microphone" | "speaker" | "socket" | "paths" | "media"} Row
 * @typedef {"now" | "good" | "warn" | "bad" | "unknown"} RowState
 *
 * @typedef {object} Measured what was measured so far; what is missing was not
 * @property {number} [rtt_ms]
 * @property {number} [jitter_ms]
 * @property {number} [loss_up_pct]
 * @property {number} [loss_down_pct]
 * @property {number} [up_kbps]
 * @property {number} [down_kbps]
 * @property {number} [video_width]
 * @property {number} [video_height]
 * @property {number} [video_fps]
 * @property {"udp" | "tcp" | "tls" | "none"} [path]
 * @property {number} [microphone_dbfs]
 * @property {number} [microphone_clipping_pct]
 * @property {number} [camera_luma]
 * @property {number} [camera_std]
 * @property {boolean} [camera_moving]
 * @property {boolean} [websocket_ok]
 * @property {"granted" | "denied" | "unavailable"} [permissions]
 * @property {{ camera?: boolean, microphone?: boolean, speaker?: boolean }} [devices]
 * @property {string} [link] how the device is connected, as far as its browser says
 * @property {string} [limited_by] what kept our own picture small: "cpu", "bandwidth", "none", "other"
 * @property {number} [rtt_min_ms]
 * @property {{ [way: string]: { ok: boolean, rtt_ms?: number } }} [ways] relays tried one by one
 *
 * @typedef {{ seconds: number, probe_kbps: number, probe_seconds: number, sessions: number }} Limits
 * @typedef {{ token: string, code: string, ice_servers: RTCIceServer[], limits: Limits }} Test
 *
 * @typedef {object} PageFacts what the server wrote into the page
 * @property {string | null} appointment its token
 * @property {string | null} previous the token of the test to compare with
 * @property {string} zone of the office, by whose clock all times are
 * @property {string} results where a result stands; the test's token follows
 */

export {};
