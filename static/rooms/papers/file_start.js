// @ts-check
// Types of files that the server would refuse, told before anything is sent.

// As in rooms/domain/document_types.py: PDF, JPEG, PNG, WebP, HEIC, and the ZIP of DOCX and ODT.
const ACCEPTED_STARTS = /** @type {const} */ ([[0, "%PDF-"], [0, "\xff\xd8\xff"], [0, "\x89PNG"], [8, "WEBP"], [4, "ftyp"], [0, "PK\x03\x04"]]);

/** Tell by its first bytes whether a file may be of an accepted type, before it is sent. @param {File} file */
export async function mayBeAccepted(file) {
  const bytes = new Uint8Array(await file.slice(0, 16).arrayBuffer().catch(() => new ArrayBuffer(0)));
  const start = String.fromCharCode(...bytes);
  return !start || ACCEPTED_STARTS.some(([at, sign]) => start.startsWith(sign, at)); // an empty file is refused by the server
}
