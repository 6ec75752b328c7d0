// @ts-check
// A voice measured twice: before the browser's own processing where that opens, else after it. The recording is the
// processed voice, which the office hears. Gain control hides both faults: it lifts a voice of −60 dBFS to −32, and turns
// a voice that is cut at full scale down to 0.5 % of clipped samples (docs/video.md).

import { openUnprocessed } from "../core/media/get_user_media.js";
import { VoiceAnalysis, recordTrack } from "./voice_recorder.js";

const MIN_READINGS = 10; // a second: with fewer, the unprocessed track opened too late to be told from a pause

export class MicrophoneCheck {
  /** @param {MediaStreamTrack} track */
  constructor(track) {
    this.track = track;
    this.isClosed = false;
    this.processed = new VoiceAnalysis(track);
    /** @type {VoiceAnalysis | null} */
    this.unprocessed = null;
    this.recording = recordTrack(track);
    this.dropUnprocessed = () => this.stopUnprocessed();
    track.addEventListener("mute", this.dropUnprocessed); // the second track must not cost the first its sound
    void this.openUnprocessed();
  }

  async openUnprocessed() {
    const track = await openUnprocessed(this.track);
    if (!track) return;
    if (this.isClosed || this.track.muted) return track.stop();
    this.unprocessed = new VoiceAnalysis(track);
  }

  /** Take a reading. Returns the level that the office hears, in dBFS. */
  sample() {
    this.unprocessed?.sample();
    return this.processed.sample();
  }

  /** Return the analysis that decides. */
  get voice() {
    const raw = this.unprocessed;
    return raw && raw.levels.length >= MIN_READINGS ? raw : this.processed;
  }

  /** Whether a voice is loud enough, and no better reading is about to come. */
  get isHeard() {
    return (this.unprocessed ?? this.processed).isHeard;
  }

  /** Start the recording anew, so that playback has no long silence first. */
  restartRecording() {
    void this.recording?.stop();
    this.recording = recordTrack(this.track);
  }

  stopUnprocessed() {
    this.unprocessed?.track.stop();
    this.unprocessed?.close();
    this.unprocessed = null;
  }

  /** Release everything except the processed track. Returns the recording. @returns {Promise<Blob | null>} */
  async close() {
    this.isClosed = true;
    this.track.removeEventListener("mute", this.dropUnprocessed);
    const words = (await this.recording?.stop()) ?? null;
    this.processed.close();
    this.stopUnprocessed();
    return words;
  }
}
