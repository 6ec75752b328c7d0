// @ts-check
// A record test goes to the office, once: a test that the office does not know yet is opened under its own id.

import { saveTest } from "./test_storage.js";
import { reportOf } from "./test_record.js";
import { TestRequestError, openReport, sendReport } from "./api.js";

/** @param {import("./test_record.js").TestRecord} record */
async function openOnServer(record) {
  try {
    const { token, code } = await openReport(record.appointment, `${record.id}.${record.refusals ?? 0}`);
    Object.assign(record, { token, code });
  } catch (problem) {
    // Refusals too are answered again for a day (docs/api.md): nothing was opened, so the next try is another request.
    if (problem instanceof TestRequestError && problem.reason === "limited") record.refusals = (record.refusals ?? 0) + 1;
    throw problem;
  } finally {
    saveTest(record);
  }
}

/** Raises Problem; of "gone" no second try is of use. @param {import("./test_record.js").TestRecord} record @returns {Promise<any>} what the office makes of it */
export async function uploadReport(record) {
  if (!record.token) await openOnServer(record);
  const result = await sendReport(/** @type {string} */ (record.token), reportOf(record));
  record.sent = true;
  saveTest(record);
  return result;
}
