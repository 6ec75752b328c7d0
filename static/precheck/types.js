// @ts-check
// Types of the connection test (/api/v1/tests). No code.

/**
 * @typedef {"start" | "permissions" | "camera" | "microphone" | "speaker" | "socket" | "paths" | "media" | "send" | "wait"} Step
 * @typedef {"browser" | "permissions" | "camera" | "microphone" | "speaker" | "socket" | "paths" | "media"} Row
 * @typedef {"now" | "good" | "warn" | "bad" | "unknown"} RowState
 *
 * @typedef {object} Measured the figures so far; a missing field was not measured
 * @property {number} [rtt_ms]
 * @property {number} [jitter_ms]
 * @property {number} [loss_up_pct]
 * @property {number} [loss_down_pct]
 * @property {number} [loss_up_packets] how many packets the loss is a share of
 * @property {number} [loss_down_packets]
 * @property {number} [up_kbps]
 * @property {number} [down_kbps]
 * @property {"link" | "cap" | "window"} [up_limited_by] what limited the speed
 * @property {"link" | "cap" | "window"} [down_limited_by]
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
 * @property {string} [link] connection type, if the browser tells it
 * @property {string} [limited_by] the reason why the sent picture was small: "cpu", "bandwidth", "none", "other"
 * @property {number} [rtt_min_ms]
 * @property {number} [rtt_loaded_up_ms] median of the pings while the upload was full
 * @property {number} [rtt_loaded_down_ms]
 * @property {number} [page_lag_ms] how late the timers of this page ran (percentile 95)
 * @property {number} [dropped_frames_pct] of the returned pictures
 * @property {{ [way: string]: Way }} [ways] the relays, each tried alone
 * @property {Details} [details] for the technical report
 *
 * @typedef {{ ok: boolean, rtt_ms?: number, jitter_ms?: number, loss_pct?: number, packets?: number }} Way
 *
 * @typedef {"rtt_ms" | "loss_up_pct" | "loss_down_pct" | "up_kbps" | "down_kbps"} SeriesName
 * @typedef {object} Details
 * @property {string} [codec] of the picture
 * @property {{ local: string, remote: string }} [candidates] types only: host, srflx, prflx, relay
 * @property {{ [phase in "signaling" | "ice" | "dtls" | "first_media"]?: number }} [phases_ms]
 * @property {{ [name in SeriesName]?: [number, number][] }} [series] seconds since the connection began, value
 * @property {boolean} [synthetic_picture] the page drew the picture, because the camera gave none
 *
 * @typedef {{ seconds: number, probe_kbps: number, probe_seconds: number, sessions: number }} Limits
 * @typedef {{ token: string, code: string, ice_servers: RTCIceServer[], limits: Limits }} Test
 *
 * @typedef {object} PageFacts what the server wrote into the page
 * @property {string | null} appointment its token
 * @property {string | null} previous the token of the test to compare with
 * @property {"devices" | "voice" | "network" | null} repeat the part of an earlier test to repeat
 * @property {string} zone time zone of the office, for all times
 * @property {string} results URL prefix of the result; the key follows
 */

export {};
