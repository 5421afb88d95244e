/** Makes an element with properties, children and, by the name `data`, attributes data-*. Strings become text, never markup. */
export function element(name, { data = {}, ...properties } = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  Object.assign(made.dataset, data);
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** The element with this id; what the page's own markup has is there. */
export const byId = (id) => document.getElementById(id);
