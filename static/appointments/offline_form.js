// @ts-check
// A form that cannot be sent says so and keeps everything, where the browser would show its own page instead.

/** @param {HTMLElement} form */
export default function start(form) {
  const notice = form.querySelector("[data-offline]");
  if (!(notice instanceof HTMLElement)) return;
  form.addEventListener("submit", (event) => {
    notice.hidden = navigator.onLine;
    if (navigator.onLine) return;
    event.preventDefault();
    notice.scrollIntoView({ block: "center" });
  });
  addEventListener("online", () => {
    notice.hidden = true;
  });
}
