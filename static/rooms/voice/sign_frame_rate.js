// @ts-check
// The frame rate of a picture in which a person signs. Pure, except for the notice.

import { text } from "../../core/i18n.js";
import { fillSlot, setShown } from "../../core/dom.js";

const READABLE_FPS = 20; // signs blur below (EN 301 549, section 6.5.3; docs/video.md)
const SAMPLES = 5; // seconds: a short stop of the picture is no reason to interrupt a person

/**
 * Return whether signs cannot be read: the mean of the last seconds, once they are known, is below 20 frames a second.
 * @param {(number | null)[]} rates of the last seconds; null while no picture is expected
 */
export function isTooSlowForSigns(rates) {
  const known = rates.slice(-SAMPLES).flatMap((rate) => (rate === null ? [] : [rate]));
  return known.length === SAMPLES && meanRate(known) < READABLE_FPS;
}

/** @param {number[]} rates */
const meanRate = (rates) => rates.reduce((sum, rate) => sum + rate, 0) / rates.length;

/**
 * Warn the agent while the picture of a person who signs has too few frames.
 * @param {HTMLElement} root
 * @param {import("./voice_guard.js").VoiceGuard} guard
 * @param {import("../roster.js").Roster} roster
 */
export function warnOfSlowSigns(root, guard, roster) {
  /** @type {Map<string, (number | null)[]>} */
  const rates = new Map();
  guard.on("view", () => {
    for (const id of rates.keys()) if (!guard.guarded.has(id)) rates.delete(id);
    for (const [id, { figures }] of guard.guarded) {
      const person = roster.person(id);
      const isExpected = Boolean(person?.signs && person.media.video && !guard.peers.all.get(id)?.soundOnly);
      rates.set(id, [...(rates.get(id) ?? []), isExpected ? (figures?.fps ?? null) : null].slice(-SAMPLES));
    }
    const slow = [...rates].find(([, seen]) => isTooSlowForSigns(seen));
    setShown(root, "[data-slow-signs]", Boolean(slow));
    if (!slow) return;
    const [id, seen] = slow;
    const rate = Math.round(meanRate(seen.flatMap((sample) => sample ?? [])));
    fillSlot(root, "slow_signs", text("slow_signs", { name: roster.person(id)?.name ?? "", rate }));
  });
}
