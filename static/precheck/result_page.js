// @ts-check
// A result that was opened is remembered by this browser, so that the next one can stand beside it.

import { facts } from "../core/dom.js";
import { remember } from "./test_storage.js";

export default function start() {
  const past = facts("result");
  if (past.page) remember(past);
}
