// @ts-check
// Who speaks, from the audio levels of the others. Pure: the caller brings levels and time.

const SPEECH_LEVEL = 0.02; // of full scale, about -34 dB: above breath and room noise
const CONFIRM_MS = 700; // a cough does not move the pictures
const STAY_MS = 3_000; // in a quick exchange the pictures do not jump

export class ActiveSpeaker {
  constructor() {
    this.id = "";
    this.since = -Infinity;
    this.candidate = "";
    this.heardSince = 0;
  }

  /**
   * Return the id of the speaker, or an empty string before anyone spoke.
   * @param {Map<string, number>} levels of each person, 0 to 1
   * @param {number} now in ms
   */
  update(levels, now) {
    const [loudest, level] = [...levels].reduce((best, entry) => (entry[1] > best[1] ? entry : best), ["", 0]);
    if (!levels.has(this.id)) this.id = "";
    if (level < SPEECH_LEVEL || loudest === this.id) {
      this.candidate = "";
      return this.id;
    }
    if (loudest !== this.candidate) [this.candidate, this.heardSince] = [loudest, now];
    const isConfirmed = now - this.heardSince >= CONFIRM_MS;
    if (isConfirmed && (!this.id || now - this.since >= STAY_MS)) [this.id, this.since] = [loudest, now];
    return this.id;
  }
}
