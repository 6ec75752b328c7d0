// @ts-check
// The desks in the transfer form: those with an agent. The selection is kept.

/** @param {{ id: string, name: string }[]} desks */
export function renderDeskChoices(desks) {
  const group = document.querySelector("[data-desk-choices]");
  const select = group?.closest("select");
  if (!(group instanceof HTMLElement) || !select) return;
  const shown = JSON.stringify(desks);
  if (group.dataset.shown === shown) return;
  group.dataset.shown = shown;
  const chosen = select.value;
  group.replaceChildren(...desks.map(({ id, name }) => new Option(name, `desk:${id}`)));
  if ([...select.options].some((option) => option.value === chosen)) select.value = chosen;
}
