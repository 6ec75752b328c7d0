// @ts-check
// A kept test goes to the office, once: a test that the office does not know yet is opened under its own id.

import { keepTest } from "./test_storage.js";
import { reportOf } from "./test_record.js";
import { Problem, openReport, report } from "./api.js";

/** @param {import("./test_record.js").Kept} kept */
async function open(kept) {
  try {
    const { token, code } = await openReport(kept.appointment, `${kept.id}.${kept.refusals ?? 0}`);
    Object.assign(kept, { token, code });
  } catch (problem) {
    // Refusals too are answered again for a day (docs/api.md): nothing was opened, so the next try is another request.
    if (problem instanceof Problem && problem.why === "limited") kept.refusals = (kept.refusals ?? 0) + 1;
    throw problem;
  } finally {
    keepTest(kept);
  }
}

/** Raises Problem; of "gone" no second try is of use. @param {import("./test_record.js").Kept} kept @returns {Promise<any>} what the office makes of it */
export async function deliver(kept) {
  if (!kept.token) await open(kept);
  const told = await report(/** @type {string} */ (kept.token), reportOf(kept));
  kept.sent = true;
  keepTest(kept);
  return told;
}
