// @ts-check
// The week of opening hours: empty intervals are hidden until they are added, and Monday is copied in place.

/** @param {HTMLElement} week */
export default function start(week) {
  const status = /** @type {HTMLElement} */ (week.querySelector("[data-status]"));
  for (const day of days(week)) {
    show(day);
    day.querySelector("[data-add]")?.addEventListener("click", () => addInterval(day));
    day.addEventListener("input", () => showButtons(day));
  }
  const copy = week.querySelector("[data-copy]");
  if (!(copy instanceof HTMLElement)) return;
  copy.addEventListener("click", (event) => {
    event.preventDefault();
    const monday = inputs(/** @type {HTMLElement} */ (copy.closest("[data-day]")));
    const names = (copy.dataset.copy ?? "").split(" ");
    for (const day of days(week).filter((one) => names.includes(one.dataset.day ?? ""))) {
      inputs(day).forEach((input, index) => (input.value = monday[index]?.value ?? ""));
      show(day);
    }
    status.textContent = status.dataset.copied ?? "";
  });
}

/** @param {HTMLElement} week */
const days = (week) => /** @type {HTMLElement[]} */ ([...week.querySelectorAll("[data-day]")]);

/** @param {HTMLElement} day */
const intervals = (day) => /** @type {HTMLElement[]} */ ([...day.querySelectorAll("[data-interval]")]);

/** @param {HTMLElement} element @returns {HTMLInputElement[]} */
const inputs = (element) => [...element.querySelectorAll("input")];

/** @param {HTMLElement} element */
const isFilled = (element) => inputs(element).some((input) => input.value || input.validity.badInput);

/** Show the first interval, and all up to the last that is filled. @param {HTMLElement} day */
function show(day) {
  const filled = intervals(day).map(isFilled).lastIndexOf(true);
  intervals(day).forEach((interval, index) => (interval.hidden = index > Math.max(filled, 0)));
  showButtons(day);
}

/** @param {HTMLElement} day */
function showButtons(day) {
  const closed = day.querySelector("[data-closed]");
  if (closed instanceof HTMLElement) closed.hidden = isFilled(day);
  const add = day.querySelector("[data-add]");
  if (add instanceof HTMLElement) add.hidden = !isFilled(day) || !intervals(day).some((interval) => interval.hidden);
}

/** @param {HTMLElement} day */
function addInterval(day) {
  const next = intervals(day).find((interval) => interval.hidden);
  if (!next) return;
  next.hidden = false;
  showButtons(day);
  inputs(next)[0]?.focus();
}
