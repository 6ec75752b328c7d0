// @ts-check
// Types of the room's messages (docs/protocol.md, /ws/room). No code.

/**
 * @typedef {"outside" | "lobby" | "admitted"} Place
 * @typedef {{ audio: boolean, video: boolean, screen: boolean, lost?: ("camera" | "microphone")[] }} Media
 *   `lost`: devices that stopped by themselves
 *
 * @typedef {object} Person another participant
 * @property {string} participant
 * @property {"citizen" | "agent" | "interpreter" | "relative" | "colleague" | "supervisor"} role
 * @property {string} name
 * @property {Place} state
 * @property {boolean} polite whether this page is the polite side towards them
 * @property {boolean} connected
 * @property {boolean} [away] whether their page said that it closes
 * @property {Media} media
 * @property {boolean} signs whether they sign in this appointment
 * @property {boolean} held whether they are on hold: no signals either way
 * @property {string} since RFC 3339
 * @property {{ code: string | null, verdict: "green" | "amber" | "red" | "unknown", quick: boolean, start_kbps?: number | null }} [test] for staff
 *
 * @typedef {object} Welcome
 * @property {string} session
 * @property {boolean} resumed
 * @property {number} seq
 * @property {string} participant
 * @property {Place} state
 * @property {boolean} held whether this page is on hold
 * @property {RTCIceServer[]} ice_servers empty outside the call; `admitted` brings them
 * @property {number} resume_window_s
 * @property {number | null} talking_s
 * @property {string | null} [by_phone_since] RFC 3339
 * @property {Person[]} participants
 *
 * @typedef {{ position: number, agent: "available" | "busy" | "away", agent_name?: string, message?: string, eta?: { earliest: string, latest: string } }} LobbyMessage
 * @typedef {{ from: string, pc_gen: number }} Signal
 * @typedef {Signal & { description: RTCSessionDescriptionInit }} DescriptionSignal
 * @typedef {Signal & { candidate: RTCIceCandidateInit | null }} CandidateSignal
 *
 * @typedef {{ id: string, appointment: string, kind: string, to: string, state: string, inside: boolean }} OwnTransfer
 *
 * @typedef {object} RoomFacts what the server wrote into the page
 * @property {"citizen" | "agent" | "guest"} role
 * @property {boolean} inside whether another page of the person is in the room; joining here ends it
 * @property {{ token?: string, appointment?: string }} hello
 * @property {boolean} signs whether the appointment is in sign language
 * @property {string} office
 * @property {string} closes clock time until which the person can return
 * @property {number} offset_minutes of the office's clock
 * @property {number} now when the page was made, in ms since 1970 by the server's clock
 * @property {string} [me]
 * @property {string} [guest]
 * @property {boolean} [has_come] whether the citizen was in the lobby before
 * @property {string} [call_to] the citizen's telephone number, masked; empty without a number
 */

export {};
