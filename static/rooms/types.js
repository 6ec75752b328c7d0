// @ts-check
// The words of the room's wire, as types (contract.md, /ws/room). Nothing runs here.

/**
 * @typedef {"outside" | "lobby" | "admitted"} Place
 * @typedef {{ audio: boolean, video: boolean, screen: boolean }} Media
 *
 * @typedef {object} Person somebody else in the room
 * @property {string} participant
 * @property {"citizen" | "agent" | "interpreter" | "supervisor"} role
 * @property {string} name
 * @property {Place} state
 * @property {boolean} polite what I am towards them
 * @property {boolean} connected
 * @property {Media} media
 * @property {string} since RFC 3339
 *
 * @typedef {object} Welcome
 * @property {string} session
 * @property {boolean} resumed
 * @property {number} seq
 * @property {string} participant
 * @property {Place} state
 * @property {RTCIceServer[]} ice_servers
 * @property {number} resume_window_s
 * @property {number | null} talking_s
 * @property {Person[]} participants
 *
 * @typedef {{ position: number, agent: "available" | "busy" | "away", agent_name?: string, message?: string }} LobbyMessage
 * @typedef {{ from: string, pc_gen: number }} Signal
 * @typedef {Signal & { description: RTCSessionDescriptionInit }} DescriptionSignal
 * @typedef {Signal & { candidate: RTCIceCandidateInit | null }} CandidateSignal
 *
 * @typedef {object} RoomFacts what the server wrote into the page
 * @property {"citizen" | "agent"} role
 * @property {boolean} inside by another page, which this one would end
 * @property {{ token?: string, appointment?: string }} hello
 * @property {string} office
 * @property {string} closes clock time until which one can come back
 * @property {number} offset_minutes of the office's clock
 * @property {string} [me]
 * @property {string} [guest]
 */

export {};
