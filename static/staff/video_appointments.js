// @ts-check
// Today's video appointments, beside the console and beside the choice of a desk.

import { fill, fillRows, show } from "./slots.js";
import { watchOffice } from "./board_socket.js";

/** @param {ParentNode} page @param {{ count: string, rows: any[] }} video */
export function paintVideo(page, video) {
  const panel = page.querySelector("[data-panel='video']");
  if (!panel) return;
  fill(panel, { count: video.count });
  fillRows(panel, "video", video.rows);
  show(panel, "[data-empty]", video.rows.length === 0);
}

/** The choice of a desk has only this panel live. @param {HTMLElement} page with `data-office` */
export default function start(page) {
  watchOffice(page, (frame) => paintVideo(page, frame.console.video));
}
