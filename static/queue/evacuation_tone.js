// @ts-check
// The repeated tone of an evacuation on the waiting-room screen. It sounds even where the chime is turned off, as far
// as the browser allows sound: after any key or touch, or with the autoplay policy of docs/waiting_room_display.md.

import { ALARM_MS, playAlarm } from "./chime.js";

export function makeEvacuationTone() {
  /** @type {AudioContext | undefined} */
  let audio;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let timer;

  const allow = () => void audio?.resume();
  addEventListener("keydown", allow);
  addEventListener("pointerdown", allow);

  return {
    /** Start or stop the tone. Idempotent. @param {boolean} isOn */
    set(isOn) {
      if (isOn === Boolean(timer)) return;
      clearInterval(timer);
      timer = undefined;
      if (!isOn) return void audio?.suspend();
      audio ??= new AudioContext();
      void audio.resume().then(() => playAlarm(audio));
      timer = setInterval(() => playAlarm(audio), ALARM_MS);
    },
  };
}
