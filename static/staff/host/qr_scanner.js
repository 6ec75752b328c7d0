// @ts-check
// The QR scanner, in browsers with BarcodeDetector. In other browsers its button stays hidden.

import { text } from "../../core/i18n.js";

const SCAN_MS = 200;

/** @param {HTMLElement} form with the button @param {(text: string) => void} onFound */
export async function bindQrScanner(form, onFound) {
  const button = form.querySelector("[data-scan]");
  const dialog = document.getElementById("scan");
  // @ts-ignore - not in TypeScript's own library yet
  const Detector = /** @type {any} */ (globalThis.BarcodeDetector);
  if (!Detector || !(button instanceof HTMLElement) || !(dialog instanceof HTMLDialogElement)) return;
  const formats = await Detector.getSupportedFormats();
  if (!formats.includes("qr_code")) return;
  const detector = new Detector({ formats: ["qr_code"] });
  button.hidden = false;
  button.addEventListener("click", () => void scan(dialog, detector, onFound));
}

/** @param {HTMLDialogElement} dialog @param {any} detector @param {(text: string) => void} onFound */
async function scan(dialog, detector, onFound) {
  const video = /** @type {HTMLVideoElement} */ (dialog.querySelector("[data-scanner]"));
  const words = /** @type {HTMLElement} */ (dialog.querySelector("[data-scan-text]"));
  words.textContent = words.dataset.hint ??= words.textContent ?? "";
  dialog.showModal();
  /** @type {MediaStream} */
  let camera;
  try {
    camera = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    words.textContent = text("no_camera");
    return;
  }
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let looking;
  const end = () => {
    clearInterval(looking);
    for (const track of camera.getTracks()) track.stop();
    video.srcObject = null;
  };
  if (!dialog.open) return end(); // closed while the permission prompt was open
  dialog.addEventListener("close", end, { once: true });
  video.srcObject = camera;
  await video.play().catch(() => undefined);
  if (!dialog.open) return;
  looking = setInterval(async () => {
    const [code] = await detector.detect(video).catch(() => []);
    if (!code || !dialog.open) return;
    dialog.close();
    onFound(code.rawValue);
  }, SCAN_MS);
}
