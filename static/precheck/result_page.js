// @ts-check
// The result page. It saves the result in this browser, so that the next test can be compared with it.

import { readJson } from "../core/dom.js";
import { saveResult } from "./record/test_storage.js";

export default function start() {
  const past = readJson("result");
  if (past.page) saveResult(past);
}
