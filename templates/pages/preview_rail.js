/* The preview's rail: which newsletter, at which moment, for whom. */

import { asked, go } from "./preview_address.js";
import { $, choices, count, counted, fill, isNew, make, radios } from "./preview_dom.js";

const NARROW = matchMedia("(max-width: 56rem)");

/** All moments that are known, by time: editions that are past, the next slot (value ""), slots to come. */
let moments = [];

export function showRail(state) {
  choices($("newsletter"), state.newsletters.map((each) => [each.name, each.title]), state.newsletter);
  showMoments(state);
  showReaders(state);
  showMadeUp(state);
  $("verdict").hidden = !state.when;
  $("when").textContent = state.when;
  $("frozen").hidden = !state.frozen;
  $("verdict-words").textContent = state.verdict;
  const title = state.newsletters.find((each) => each.name === state.newsletter)?.title;
  $("rail-words").textContent = [title, state.when, state.reader || "a made-up reader"].filter(Boolean).join(" · ");
}

function showMoments({ slots, at, when }) {
  const of = (kind) => slots.filter((slot) => slot.kind === kind).sort((a, b) => (a.value < b.value ? -1 : 1));
  const next = of("next").map((slot) => ({ ...slot, value: "", local: slot.value }));
  moments = [...of("past"), ...next, ...of("coming")];
  if (isNew("slots", slots, at, when)) {
    const isListed = moments.some((slot) => slot.value === at);
    const option = (slot) => make("option", { value: slot.value }, wordsOf(slot));
    const group = (label, found) => found.length > 0 && make("optgroup", { label }, found.map(option));
    fill($("slot"),
      !isListed && make("option", { value: at }, { now: "Now", "": "The next slot" }[at] ?? (when || at)),
      group("Next and coming", moments.filter((slot) => slot.kind !== "past")),
      group("Past", moments.filter((slot) => slot.kind === "past").reverse()));
  }
  $("slot").value = at;
  $("earlier").disabled = !neighbour(-1);
  $("later").disabled = !neighbour(1);
  $("next").setAttribute("aria-pressed", at === "");
  $("now").setAttribute("aria-pressed", at === "now");
  if (document.activeElement !== $("moment")) {
    $("moment").value = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/.test(at) ? at.slice(0, 16).replace(" ", "T") : "";
  }
}

function wordsOf(slot) {
  if (slot.kind === "next") return `${slot.words} (next)`;
  if (slot.kind === "coming") return slot.words;
  return `No. ${slot.number}, ${slot.words}${slot.sent ? `, sent to ${count(slot.sent)}` : ""}`;
}

/** The slot before (-1) or after (1) the moment that is asked for; undefined: none is known. */
function neighbour(way) {
  const { at } = asked();
  const here = moments.findIndex((slot) => slot.value === at);
  if (here >= 0) return moments[here + way];
  const isBefore = (slot) => (at === "now" ? slot.kind === "past" : (slot.local ?? slot.value) < at);
  return way < 0 ? moments.filter(isBefore).at(-1) : moments.find((slot) => !isBefore(slot));
}

export function step(way) {
  const slot = neighbour(way);
  if (slot) go({ at: slot.value });
}

function showReaders(state) {
  if (isNew("who", state.reader !== "", state.newsletter)) showWho(state.reader !== "");
  if (isNew("readers", state.readers)) fill($("readers"), state.readers.map((value) => make("option", { value })));
  const all = counted(state.readers_total, "reader");
  const isCut = state.readers_total > state.readers.length;
  $("readers-total").textContent = isCut ? `${all}, the first ${count(state.readers.length)} are offered` : all;
  if (document.activeElement !== $("reader")) $("reader").value = state.reader;
}

function showMadeUp({ categories, languages, zones, made_up: madeUp }) {
  if (isNew("categories", categories)) {
    const box = ({ name }) => make("input", { type: "checkbox", name: "categories", value: name, id: `of-${name}` });
    fill($("categories"), categories.map((each) => make("label", {}, box(each), make("span", {}, each.title))));
  }
  for (const box of $("categories").querySelectorAll("input")) box.checked = madeUp.categories.includes(box.value);
  choices($("language"), [["", "the site's"], ...languages.map((each) => [each.tag, each.name])], madeUp.language);
  choices($("zone"), [["", "the newsletter's"], ...zones.map((zone) => [zone, zone])], madeUp.zone);
}

/** Let a real reader be named, or one be made up. */
function showWho(isReal) {
  for (const radio of radios("who")) radio.checked = (radio.value === "real") === isReal;
  $("real").hidden = !isReal;
  $("made-up").hidden = isReal;
}

/** The reader as the form has them, as part of the address. */
function readerOfForm() {
  const isReal = radios("who").some((radio) => radio.checked && radio.value === "real");
  const reader = isReal ? $("reader").value.trim() : "";
  if (reader) return { reader, categories: [], language: "", zone: "" };
  const categories = [...$("categories").querySelectorAll("input:checked")].map((box) => box.value);
  return { reader: "", categories, language: $("language").value, zone: $("zone").value };
}

/** Unfold the rail where the screen is too narrow to show it always. */
export function openRail(isOpen) {
  $("rail").classList.toggle("open", isOpen);
  $("rail-toggle").setAttribute("aria-expanded", isOpen);
}

export function focusInRail(id) {
  if (NARROW.matches) openRail(true);
  if (id === "reader") showWho(true);
  $(id).focus();
}

export function listenToRail() {
  const on = (id, kind, act) => $(id).addEventListener(kind, act);
  on("question", "submit", (event) => {
    event.preventDefault();
    go(readerOfForm());
  });
  on("newsletter", "change", () => go({ newsletter: $("newsletter").value, at: "", reader: "", categories: [] }));
  on("slot", "change", () => go({ at: $("slot").value }));
  on("moment", "change", () => go({ at: $("moment").value }));
  on("earlier", "click", () => step(-1));
  on("later", "click", () => step(1));
  on("next", "click", () => go({ at: "" }));
  on("now", "click", () => go({ at: "now" }));
  on("real", "change", () => go(readerOfForm()));
  on("made-up", "change", () => go(readerOfForm()));
  for (const radio of radios("who")) {
    radio.addEventListener("change", () => {
      showWho(radio.value === "real");
      go(readerOfForm());
    });
  }
  on("rail-toggle", "click", () => openRail(!$("rail").classList.contains("open")));
}
