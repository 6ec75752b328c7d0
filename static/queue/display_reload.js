// @ts-check
// Reloads the waiting-room screen each night and after the server was updated. Never while the server does not
// answer: the browser's error page would stay on an unattended screen.

const NIGHT_HOUR = 4;
const MIN_AGE_MS = 6 * 3600_000; // one nightly reload is enough
const SPREAD_MS = 20_000; // spreads the reloads of all offices' screens

const loaderUrl = () => document.querySelector("script[src*='/core/module_loader.js']")?.getAttribute("src") ?? "";

/** Fetch the page; return an empty string if the server does not answer. */
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
    /** Reload if the server now delivers another build, whose script has another address. */
    onReconnected() {
      clearTimeout(timer);
      timer = setTimeout(() => void reloadIf((page) => !page.includes(loaderUrl())), Math.random() * SPREAD_MS);
    },
    /** Reload in the night. @param {string} time by the office's clock, @param {string} time such as "4:07" */
    onMinute(time) {
      if (Number(time.split(":")[0]) !== NIGHT_HOUR || performance.now() - startedAt < MIN_AGE_MS) return;
      void reloadIf(() => true);
    },
    /** Try to reload every minute after the server refused the socket. */
    onRefused() {
      clearTimeout(timer);
      timer = setTimeout(() => void reloadIf(() => true).then(() => this.onRefused()), 60_000);
    },
  };
}
