// @ts-check
// The kind of browser, used to choose help texts. Capabilities are tested, never guessed from the browser's name.

const IN_APP =
  /FBAN|FBAV|FB_IAB|Instagram|WhatsApp|Telegram|GSA\/|Line\/|MicroMessenger|TikTok|musical_ly|Bytedance|Snapchat|Pinterest|LinkedInApp|Twitter|; wv\)/;
const IPHONE = /iPhone|iPad|iPod/;

/**
 * Whether another app shows this page in its built-in browser. On iOS only browsers name Safari; a web view does not.
 * @param {string} [agent]
 * @returns {boolean}
 */
export const isInApp = (agent = navigator.userAgent) => IN_APP.test(agent) || (IPHONE.test(agent) && !/Safari\//.test(agent));

/** Whether the browser has every API that a video call needs. */
export function canCall() {
  return (
    "mediaDevices" in navigator &&
    typeof RTCPeerConnection === "function" &&
    "restartIce" in RTCPeerConnection.prototype &&
    "replaceTrack" in RTCRtpSender.prototype
  );
}

/**
 * Return the key of the text that explains how to allow camera and microphone in this browser.
 * @param {string} [agent]
 * @returns {"allow_chrome" | "allow_chrome_phone" | "allow_firefox" | "allow_safari" | "allow_safari_phone" | "allow_other"}
 */
export function permissionHelpKey(agent = navigator.userAgent) {
  const phone = /Android|iPhone|iPad|Mobile/.test(agent);
  if (/iPhone|iPad/.test(agent)) return "allow_safari_phone"; // every browser on iOS uses Safari's engine
  if (/Firefox\//.test(agent)) return "allow_firefox";
  if (/Chrome\/|Chromium\/|Edg\//.test(agent)) return phone ? "allow_chrome_phone" : "allow_chrome";
  if (/Safari\//.test(agent)) return "allow_safari";
  return "allow_other";
}
