/* The preview's page: asks the server on this machine for a letter, shows it from all sides, and asks again whenever
   a template, a style sheet or the configuration is saved.

   What is asked, and how it is shown, stands in the address; what the server says of it is `state`, which
   templates/README.md describes. Whatever comes from a letter is put on the page as text, never as HTML; the letter
   itself is only ever in frames in which no script runs. */

import { VIEWS, asked, begin, go, question, turn } from "./preview_address.js";
import { listenToChecks, seriousIn, showChanges, showChecks, showWhy } from "./preview_checks.js";
import { $, count, fill, isNew, make } from "./preview_dom.js";
import { listenToFrames, showLetter } from "./preview_letter.js";
import { focusInRail, listenToRail, openRail, showRail, step } from "./preview_rail.js";

const REMEMBERED = "digest-preview-address";

let state = null;
/** What the sheet shows: the last state without a mistake in a file; null: there has been none. */
let shown = null;
/** Ends the request that is under way. */
let loading = null;
/** The view that is open, and how far down each one was when it was left. */
let open = "";
const depths = new Map();

/* ---- The server ------------------------------------------------------------------------------------------------- */

/** Say how things are: `kind` is "well", "wrong" (in a file) or "lost" (the server). */
function say(words, kind = "well") {
  $("said").textContent = words;
  $("said").className = `said ${kind}`;
}

/** Ask for the state of what the address says; `because` is said when it has come. */
async function load(because = "") {
  loading?.abort();
  const mine = new AbortController();
  loading = mine;
  $("stage").setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(`state?${question()}`, { signal: mine.signal });
    if (answer.status === 404) throw new Error("There is no such newsletter.");
    if (!answer.ok) throw new Error(`It says ${answer.status}.`);
    take(await answer.json(), because);
  } catch (error) {
    if (mine.signal.aborted) return;
    const words = error instanceof TypeError ? "Is `digest preview` still running?" : error.message;
    showTrouble({ words: `The preview's server has no answer. ${words}` });
  }
  if (loading === mine) $("stage").removeAttribute("aria-busy");
}

function take(answer, because = "") {
  state = answer;
  const isBroken = Boolean(state.problem?.template);
  if (!isBroken) shown = state;
  if (isBroken) say(`There is a mistake in ${state.problem.template}`, "wrong");
  else if (because) say(because);
  show();
}

function watch() {
  const events = new EventSource("events");
  let isLost = false;
  events.addEventListener("hello", () => {
    if (!shown || shown === state) say("Watching your files");
    if (isLost) load("The server is back");
    isLost = false;
  });
  events.addEventListener("changed", (event) => {
    const { files } = JSON.parse(event.data);
    if (files.some((name) => name.includes("pages/preview"))) location.reload();
    load(`${files.slice(0, 3).join(", ")} saved, ${new Date().toLocaleTimeString("en-GB")}`);
  });
  events.addEventListener("error", () => {
    isLost = true;
    const isOver = events.readyState === EventSource.CLOSED;
    say(isOver ? "The preview has ended; start it again" : "The preview does not answer; waiting for it", "lost");
  });
}

/** Post to the server; gives the JSON that it answers. Throws an Error with a sentence where it does not. */
async function post(path, fields = {}) {
  const answer = await fetch(path, { method: "POST", body: new URLSearchParams(fields) }).catch(() => null);
  if (!answer) throw new Error("The preview's server does not answer.");
  if (!answer.ok) throw new Error(`The preview's server says ${answer.status}.`);
  return answer.json();
}

/* ---- The page --------------------------------------------------------------------------------------------------- */

function show() {
  const isStale = shown !== state;
  const letter = shown?.letter ?? null;
  showRail(state);
  showTrouble(isStale ? state.problem : null);
  $("sheet").classList.toggle("stale", isStale);
  $("sheet").inert = isStale;
  $("sheet").hidden = shown === null;
  $("top").hidden = letter === null;
  $("actions").hidden = letter === null || isStale;
  showTabs(letter);
  showAbsence(letter);
  if (letter) {
    document.title = `${letter.subject} - Preview`;
    for (const kind of ["html", "txt", "eml"]) $(`save-${kind}`).href = `letters/${letter.key}/letter.${kind}`;
    $("save-png").href = `letters/${letter.key}/letter.png?width=600&scheme=${asked().scheme}`;
    showLetter(letter, shown.when);
    showChecks(letter);
  }
  if (shown) {
    showWhy(shown.why);
    showChanges(shown.changes);
  }
}

function showTabs(letter) {
  const { view } = asked();
  const depth = scrollY;
  for (const each of VIEWS) {
    $(`tab-${each}`).setAttribute("aria-selected", each === view);
    $(`tab-${each}`).tabIndex = each === view ? 0 : -1;
    $(`panel-${each}`).hidden = each !== view;
  }
  if (open && open !== view) {
    depths.set(open, depth);
    const top = $(`panel-${view}`).offsetTop - $("tabs").offsetHeight;
    if (depth > top) scrollTo(0, Math.max(top, depths.get(view) ?? 0));
  }
  open = view;
  const badges = { lint: letter && seriousIn(letter.lint.findings), links: letter?.links.length };
  for (const [view, number] of Object.entries(badges)) {
    $(`badge-${view}`).hidden = !number;
    $(`badge-${view}`).textContent = number ? count(number) : "";
  }
}

/** In the views of a letter say that there is none, and why. */
function showAbsence(letter) {
  for (const words of document.querySelectorAll(".panel > .empty")) {
    words.textContent = letter ? "" : shown?.problem?.words ?? "There is no letter.";
    for (const part of words.parentElement.children) part.hidden = (part === words) === Boolean(letter);
  }
}

/** A mistake with its file, its line and the lines around it; null: there is none. */
function showTrouble(problem) {
  if (!isNew("trouble", problem, shown === null)) return;
  $("trouble").hidden = problem === null;
  if (problem === null) {
    fill($("trouble"));
    return;
  }
  const { template, line } = problem;
  const place = template && template + (line ? `, line ${line}` : "");
  const words = problem.words.replace(`${template}:${line}: `, "");
  const after = shown?.letter ? "Below is the last letter without it." : "";
  fill($("trouble"),
    place && make("h2", {}, place),
    make("p", { class: "words" }, words),
    problem.source?.length > 0 && excerpt(problem.source),
    place && make("p", { class: "hint" }, `${after} Save the file, and the letter comes by itself.`));
}

function excerpt(source) {
  const line = ({ line: number, text, is_here: isHere }) => make("div",
    { class: isHere ? "line here" : "line", "aria-current": isHere && "true" },
    make("span", { class: "number" }, number), make("code", {}, text || "\u200b"));
  const region = { class: "paper lines", role: "region", tabindex: 0, "aria-label": "The lines around it" };
  return make("div", region, source.map(line));
}

/* ---- What is done with a letter --------------------------------------------------------------------------------- */

const report = (words) => { $("send-said").textContent = words; };

async function send(event) {
  event.preventDefault();
  const address = $("address").value.trim();
  localStorage.setItem(REMEMBERED, address);
  report("Sending…");
  try {
    const { ok, detail } = await post(`letters/${shown.letter.key}/send`, { address });
    report(ok ? detail : `Not sent: ${detail}`);
  } catch (error) {
    report(`Not sent: ${error.message}`);
  }
}

/** A picture takes a browser on the server's side, which may be missing: then the page stays, and says so. */
async function savePicture(event) {
  event.preventDefault();
  report("Taking the picture…");
  const answer = await fetch($("save-png").href).catch(() => null);
  if (!answer?.ok) {
    report(answer ? await answer.text() : "The preview's server does not answer.");
    return;
  }
  const url = URL.createObjectURL(await answer.blob());
  make("a", { href: url, download: "letter.png" }).click();
  URL.revokeObjectURL(url);
  report("Saved as letter.png.");
}

async function copyLink() {
  try {
    await navigator.clipboard.writeText(location.href);
    report("The link is copied.");
  } catch {
    report("The browser does not let it be copied; it stands in the address bar.");
  }
}

/* ---- Keys ------------------------------------------------------------------------------------------------------- */

const KEYS = new Map([
  ...VIEWS.map((view, place) => [`${place + 1}`, () => go({ view })]),
  ["d", () => turn("scheme")],
  ["i", () => turn("images")],
  ["w", () => turn("width")],
  ["n", () => focusInRail("newsletter")],
  ["/", () => focusInRail("reader")],
  ["?", () => $("help").showModal()],
  ["ArrowLeft", () => step(-1)],
  ["ArrowRight", () => step(1)],
  ["Escape", () => openRail(false)],
]);
const TYPED_IN = "dialog, select, textarea, input:not([type=radio], [type=checkbox])";
const MOVED_IN = "input, [role=tab], [role=region]";

/** Whether the key belongs to what has the focus: a field in which one types, a group in which arrows move. */
function isTaken({ target, key }) {
  if (target.closest(TYPED_IN)) return key !== "Escape" || target.closest("dialog") !== null;
  return key.startsWith("Arrow") && target.closest(MOVED_IN) !== null;
}

function onKey(event) {
  const act = KEYS.get(event.key);
  if (!act || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTaken(event)) return;
  event.preventDefault();
  act();
}

function onTabKey(event) {
  const here = VIEWS.indexOf(asked().view);
  const to = { ArrowLeft: here - 1, ArrowRight: here + 1, Home: 0, End: -1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  go({ view: VIEWS.at(to % VIEWS.length) });
  $(`tab-${asked().view}`).focus();
}

function start() {
  for (const part of document.querySelectorAll(".plain")) part.remove();
  const first = JSON.parse($("state").textContent);
  begin(first.newsletter, load, show);
  listenToRail();
  listenToFrames();
  listenToChecks(post);
  for (const view of VIEWS) $(`tab-${view}`).addEventListener("click", () => go({ view }));
  $("tabs").addEventListener("keydown", onTabKey);
  $("send").addEventListener("submit", send);
  $("save-png").addEventListener("click", savePicture);
  $("copy").addEventListener("click", copyLink);
  $("help-open").addEventListener("click", () => $("help").showModal());
  $("address").value = localStorage.getItem(REMEMBERED) ?? "";
  document.addEventListener("keydown", onKey);
  take(first);
  watch();
}

start();
