// @ts-check
// A form while offline: it shows a notice and keeps its fields, where the browser would show an error page.

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
