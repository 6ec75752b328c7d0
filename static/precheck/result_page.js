// @ts-check
// A result that was opened is remembered by this browser, so that the next one can stand beside it.

import { readJson } from "../core/dom.js";
import { saveResult } from "./test_storage.js";

export default function start() {
  const past = readJson("result");
  if (past.page) saveResult(past);
}
