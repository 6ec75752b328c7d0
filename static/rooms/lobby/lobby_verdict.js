// @ts-check
// Which results of the test in the lobby concern the call as the person goes into it. Pure.

/** Causes that only a picture depends on (precheck/domain/deciding_cause.py). */
export const PICTURE_CAUSES = [
  ...["camera_denied", "camera_missing", "camera_busy", "camera_dark", "camera_covered", "camera_frozen", "camera_not_measured"],
  ...["picture", "slow", "voice_only"],
];

/**
 * Whether a result says something about the call that is to come: a call by voice needs neither a camera nor a fast line.
 * @param {string} cause of the verdict
 * @param {boolean} sendsPicture
 */
export const concernsCall = (cause, sendsPicture) => sendsPicture || !PICTURE_CAUSES.includes(cause);
