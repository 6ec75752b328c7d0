// @ts-check
// What kind of browser this is: only to say what to press in it, never to decide what it can do.

const IN_APP = /FBAN|FBAV|FB_IAB|Instagram|Line\/|MicroMessenger|TikTok|musical_ly|Snapchat|LinkedInApp|Twitter|; wv\)/;

/** @param {string} [agent] @returns {boolean} whether another app shows this page in a window of its own */
export const isInApp = (agent = navigator.userAgent) => IN_APP.test(agent);

/** Whether the browser has all that a call needs. */
export function canCall() {
  return (
    "mediaDevices" in navigator &&
    typeof RTCPeerConnection === "function" &&
    "restartIce" in RTCPeerConnection.prototype &&
    "replaceTrack" in RTCRtpSender.prototype
  );
}

/**
 * The text that says how to allow camera and microphone here.
 * @param {string} [agent]
 * @returns {"allow_chrome" | "allow_chrome_phone" | "allow_firefox" | "allow_safari" | "allow_safari_phone" | "allow_other"}
 */
export function permissionHelpKey(agent = navigator.userAgent) {
  const phone = /Android|iPhone|iPad|Mobile/.test(agent);
  if (/iPhone|iPad/.test(agent)) return "allow_safari_phone"; // every browser there is Safari underneath
  if (/Firefox\//.test(agent)) return "allow_firefox";
  if (/Chrome\/|Chromium\/|Edg\//.test(agent)) return phone ? "allow_chrome_phone" : "allow_chrome";
  if (/Safari\//.test(agent)) return "allow_safari";
  return "allow_other";
}
