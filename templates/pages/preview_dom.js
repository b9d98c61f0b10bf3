/* How the preview's page is put together: elements, words for numbers, and leaving alone what has not changed. */

export const $ = (id) => document.getElementById(id);
export const count = (number) => new Intl.NumberFormat("en").format(number);
export const counted = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;
export const radios = (name) => [...document.querySelectorAll(`input[type=radio][name="${name}"]`)];

/**
 * An element. Attributes that begin with `on` are listeners; false, null and undefined leave an attribute out.
 * Children are elements or text, and text is never read as HTML.
 */
export function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...present(children));
  return made;
}

const present = (children) => children.flat(2).filter((child) => child || child === 0);

/** Text of a letter, in the direction of its own letters. */
export const foreign = (tag, text, attributes = {}) => make(tag, { dir: "auto", ...attributes }, text);

/** A link that leaves the page, where the address is one of the web; any other stands there as text. */
export function outward(url, text = url, attributes = {}) {
  if (!/^https?:\/\//i.test(url)) return make("span", attributes, text);
  return make("a", { href: url, target: "_blank", rel: "noopener noreferrer", ...attributes }, text);
}

/** Put `children` into `parent` without losing the focus of an element that is made anew under the same id. */
export function fill(parent, ...children) {
  const focused = parent.contains(document.activeElement) ? document.activeElement.id : "";
  parent.replaceChildren(...present(children));
  if (focused) $(focused)?.focus({ preventScroll: true });
}

/** Give `select` the options [value, words], with `chosen` chosen. */
export function choices(select, offered, chosen) {
  if (isNew(select.id, offered)) fill(select, offered.map(([value, words]) => make("option", { value }, words)));
  select.value = chosen;
}

const drawn = new Map();

/** Whether `data` is new for the part `name`: what has not changed is left alone, and keeps its scroll and focus. */
export function isNew(name, ...data) {
  const now = JSON.stringify(data);
  if (drawn.get(name) === now) return false;
  drawn.set(name, now);
  return true;
}
