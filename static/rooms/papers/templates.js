// @ts-check
// Copies of the page's <template> elements.

/** Copy the first element of a template. @param {ParentNode} box @param {string} selector @returns {HTMLElement} */
export function cloneTemplate(box, selector) {
  const template = box.querySelector(selector);
  const first = template instanceof HTMLTemplateElement ? template.content.firstElementChild : null;
  if (!first) throw new Error(`missing ${selector}`);
  return /** @type {HTMLElement} */ (first.cloneNode(true));
}
