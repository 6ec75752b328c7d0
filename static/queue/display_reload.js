// @ts-check
// A screen runs for years. Each night, and when the server comes back with another build, the page is read anew;
// never while the server does not answer, for a browser's own error page would stay until somebody comes.

const NIGHT_HOUR = 4;
const MIN_AGE_MS = 6 * 3600_000; // what was read anew this night is not read anew again in the same hour
const SPREAD_MS = 20_000; // the screens of all offices do not come at once

const loaderUrl = () => document.querySelector("script[src*='/core/module_loader.js']")?.getAttribute("src") ?? "";

/** The page as the server would give it now; nothing when it does not. */
async function fetchPage() {
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    return answer.ok ? await answer.text() : "";
  } catch {
    return "";
  }
}

/** @param {(page: string) => boolean} isWanted */
async function reloadIf(isWanted) {
  const page = await fetchPage();
  if (page && isWanted(page)) location.reload();
}

export function makeReloader() {
  const startedAt = performance.now();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  return {
    /** The socket is back: perhaps with a newer page behind it. */
    onReconnected() {
      clearTimeout(timer);
      timer = setTimeout(() => void reloadIf((page) => !page.includes(loaderUrl())), Math.random() * SPREAD_MS);
    },
    /** Called every minute with the office's clock. @param {string} time such as "4:07" */
    onMinute(time) {
      if (Number(time.split(":")[0]) !== NIGHT_HOUR || performance.now() - startedAt < MIN_AGE_MS) return;
      void reloadIf(() => true);
    },
    /** The server says that there is nothing for us; perhaps it knows better in a minute. */
    onRefused() {
      clearTimeout(timer);
      timer = setTimeout(() => void reloadIf(() => true).then(() => this.onRefused()), 60_000);
    },
  };
}
