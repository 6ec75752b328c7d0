// @ts-check
// When the browser tells that the page lost its network or may have it again.

/** @param {{ back: () => void, lost: () => void }} listeners @returns {() => void} stops listening */
export function watchPageNetwork({ back, lost }) {
  const onVisible = () => document.visibilityState === "visible" && back();
  addEventListener("online", back);
  addEventListener("offline", lost);
  document.addEventListener("visibilitychange", onVisible);
  return () => {
    removeEventListener("online", back);
    removeEventListener("offline", lost);
    document.removeEventListener("visibilitychange", onVisible);
  };
}
