// @ts-check
// The row of people ahead of a ticket, as on the page that the server renders.

const DOTS = 5; // more people than these are shown as one dotted ring

/** @param {HTMLElement} page @param {number} ahead */
export function renderPeopleAhead(page, ahead) {
  const row = page.querySelector("[data-people]");
  if (!row || row.getAttribute("data-people") === String(ahead)) return;
  row.setAttribute("data-people", String(ahead));
  const people = Array.from({ length: Math.min(ahead, DOTS) }, (_, place) => {
    const person = document.createElement("li");
    person.className = place === 0 && ahead > DOTS ? "person many" : "person";
    return [gap(), person];
  });
  const [first, last] = [row.firstElementChild, row.lastElementChild];
  if (first && last) row.replaceChildren(first, ...people.flat(), gap(), last);
}

function gap() {
  const item = document.createElement("li");
  item.className = "gap";
  return item;
}
