// @ts-check
// Upload of a saved test, idempotent: a test that the server does not know yet is opened under its own key first.

import { saveTest } from "./test_storage.js";
import { reportOf } from "./test_record.js";
import { TestRequestError, openReport, sendReport } from "../api.js";

/** @param {import("./test_record.js").TestRecord} record */
async function openOnServer(record) {
  try {
    const { token, code } = await openReport(record.appointment, `${record.id}.${record.refusals ?? 0}`);
    Object.assign(record, { token, code });
  } catch (problem) {
    // The server repeats its answer to the same key for a day, refusals too (docs/api.md): the next try needs a new key.
    if (problem instanceof TestRequestError && problem.reason === "limited") record.refusals = (record.refusals ?? 0) + 1;
    throw problem;
  } finally {
    saveTest(record);
  }
}

/**
 * Upload the report and return the server's verdict. Throws TestRequestError; a retry is useless after "gone".
 * @param {import("./test_record.js").TestRecord} record
 * @returns {Promise<any>}
 */
export async function uploadReport(record) {
  if (!record.token) await openOnServer(record);
  const result = await sendReport(/** @type {string} */ (record.token), reportOf(record));
  record.sent = true;
  saveTest(record);
  return result;
}
