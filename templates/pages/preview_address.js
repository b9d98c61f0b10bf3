/* What the address of the preview's page says: the question, which the server answers, and how the answer is shown. */

export const VIEWS = ["letter", "text", "source", "headers", "lint", "links", "why", "changes"];
/** How a letter is shown; of each, the first is meant where the address does not say. */
export const DISPLAY = {
  view: VIEWS,
  scheme: ["light", "dark", "forced", "inverted"],
  images: ["on", "off"],
  width: ["all", "phone", "tablet", "desktop"],
};
const ASKED = ["newsletter", "at", "reader", "language", "zone"];

let now = {};
let onQuestion = () => {};
let onDisplay = () => {};

/** What the address says now. */
export const asked = () => now;

/** Read the address, and from now on call `question` when it asks for another letter, `display` for another look. */
export function begin(newsletter, question, display) {
  [onQuestion, onDisplay] = [question, display];
  now = fromAddress();
  // The newsletter that the server begins with is no other question once it is named.
  now.newsletter ||= newsletter;
  addEventListener("popstate", () => {
    const next = fromAddress();
    next.newsletter ||= newsletter;
    follow(next);
  });
}

/** Go to what `changes` makes of the address, so that Back leads here again. */
export function go(changes) {
  const next = { ...now, ...changes };
  if (address(next) === address(now)) return;
  history.pushState(null, "", address(next));
  follow(next);
}

/** The next value of `name`, one of DISPLAY, after the one that the address has. */
export function turn(name) {
  const values = DISPLAY[name];
  go({ [name]: values[(values.indexOf(now[name]) + 1) % values.length] });
}

/** The part of the address that the server answers, as a query. */
export function question(wanted = now) {
  const query = new URLSearchParams();
  for (const name of ASKED) if (wanted[name]) query.set(name, wanted[name]);
  for (const category of wanted.categories) query.append("categories", category);
  return query.toString();
}

function address(wanted) {
  const query = new URLSearchParams(question(wanted));
  for (const [name, values] of Object.entries(DISPLAY)) if (wanted[name] !== values[0]) query.set(name, wanted[name]);
  return `?${query}`;
}

function fromAddress() {
  const query = new URLSearchParams(location.search);
  const found = { categories: query.getAll("categories") };
  for (const name of ASKED) found[name] = query.get(name) ?? "";
  for (const [name, values] of Object.entries(DISPLAY)) {
    found[name] = values.includes(query.get(name)) ? query.get(name) : values[0];
  }
  return found;
}

function follow(next) {
  const isOther = question(next) !== question(now);
  now = next;
  if (isOther) onQuestion();
  else onDisplay();
}
