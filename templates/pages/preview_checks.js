/* What the preview says of a letter: its size, its lint, its links, why it holds what it holds, and what is new. */

import { go } from "./preview_address.js";
import { $, choices, count, counted, fill, foreign, isNew, make, outward } from "./preview_dom.js";
import { jump, placeOf } from "./preview_letter.js";

const SEVERITIES = { error: "Errors", warning: "Warnings", note: "Notes" };
/** Rows of a long list that are put on the page at once. */
const MOST_ROWS = 300;
const UNASKED = "Only this button asks other machines.";

/** The letter that is shown, and what its links were found to be, by URL. */
let current = null;
let checked = new Map();
/** The articles that are left out, how many more the server does not list, and how many are too old for that. */
let others = [];
let unlisted = 0;
let tooOld = 0;

export function showChecks(letter) {
  current = letter;
  showGauges(letter);
  showLint(letter.lint);
  showLinks(letter.links);
}

const percent = (number) => `${Number(number).toFixed(1)} %`;
const numberOf = (findings, severity) => findings.filter((each) => each.severity === severity).length;

/* ---- At a glance ------------------------------------------------------------------------------------------------ */

function showGauges({ size, lint }) {
  if (!isNew("gauges", size, lint)) return;
  showSize(size);
  const { supported, partial, unsupported } = lint;
  fill($("clients-words"), make("strong", {}, percent(supported)), " supported by mail programs");
  bar($("clients-bar"), [["good", supported], ["fair", partial], ["poor", unsupported]], 100,
    `${percent(supported)} supported, ${percent(partial)} in part, ${percent(unsupported)} not`);
  fill($("lint-open"), Object.keys(SEVERITIES).map((severity) => {
    const number = numberOf(lint.findings, severity);
    const words = number === 1 ? severity : `${severity}s`;
    return make("span", { class: number ? severity : "none" }, make("strong", {}, count(number)), ` ${words}`);
  }));
}

function showSize({ html, limit, budget, style, sections }) {
  const rest = Math.max(0, html - sections.reduce((sum, each) => sum + each.bytes, 0));
  const parts = [
    ...sections.map(({ title, bytes }, place) => ({ title, bytes, kind: `part-${place % 4}` })),
    { title: "The rest", bytes: rest, kind: "rest" },
  ].filter(({ bytes }) => bytes > 0);
  const full = Math.max(html, limit);
  const isOver = html > limit ? "Gmail cuts it off" : html > budget ? "over the budget" : "shown whole";
  fill($("size-words"), make("strong", {}, `${count(html)} bytes`), ` of ${count(limit)}, ${isOver}`);
  $("size-words").classList.toggle("bad", html > budget);
  bar($("size-bar"), parts.map(({ kind, bytes }) => [kind, bytes]), full,
    `${count(html)} bytes of HTML; the budget is ${count(budget)}, Gmail cuts at ${count(limit)}`);
  const mark = make("span", { class: "mark" });
  mark.style.insetInlineStart = `${(100 * budget) / full}%`;
  $("size-bar").append(mark);
  const row = (title, bytes, kind) => make("li", {},
    make("span", { class: `swatch ${kind}` }), foreign("span", title), make("span", { class: "mute" }, count(bytes)));
  fill($("size-list"), parts.map(({ title, bytes, kind }) => row(title, bytes, kind)),
    row("Style sheets, within the head", style, ""), row("Budget: the mark in the bar", budget, ""));
}

/** Fill a meter with [class, amount] segments out of `full`, described by `words`. */
function bar(meter, segments, full, words) {
  meter.setAttribute("aria-label", words);
  fill(meter, segments.filter(([, amount]) => amount > 0).map(([kind, amount]) => {
    const segment = make("span", { class: kind });
    segment.style.inlineSize = `${(100 * amount) / full}%`;
    return segment;
  }));
}

/* ---- Lint ------------------------------------------------------------------------------------------------------- */

export const seriousIn = (findings) => numberOf(findings, "error") + numberOf(findings, "warning");

function showLint(lint) {
  if (!isNew("lint", lint)) return;
  const groups = Object.entries(SEVERITIES).map(([severity, title]) => {
    const found = lint.findings.filter((each) => each.severity === severity);
    const item = (each) => findingItem(each, lint.findings.indexOf(each));
    return found.length > 0 && [
      make("h2", {}, `${title} `, make("span", { class: "mute" }, count(found.length))),
      make("ul", { class: "findings" }, found.map(item)),
    ];
  });
  const none = make("p", { class: "fine" }, "Nothing was found that could be better.");
  fill($("lint-list"), lint.findings.length ? groups : none);
}

function findingItem(finding, place) {
  const { part, line } = placeOf(finding);
  const template = finding.template + (finding.template_line ? `:${finding.template_line}` : "");
  const about = [
    finding.readers,
    finding.count > 1 && `${count(finding.count)} times`,
    finding.template && ["from ", make("code", {}, template)],
    ["rule ", make("code", {}, finding.rule)],
    finding.source && outward(finding.source, finding.source.replace(/^https?:\/\//i, "")),
  ];
  const go = { type: "button", id: `finding-${place}`, onclick: () => jump(part, line) };
  const snippet = { class: "snippet", tabindex: 0, role: "region", "aria-label": `What finding ${place + 1} is about` };
  return make("li", { class: `finding ${finding.severity}` },
    make("h3", {}, finding.what),
    finding.mend && make("p", {}, finding.mend),
    finding.snippet && make("pre", snippet, finding.snippet),
    make("p", { class: "about" }, about.filter(Boolean).map((words) => make("span", {}, words))),
    part && make("button", go, `Go to ${finding.where}`));
}

/* ---- Links ------------------------------------------------------------------------------------------------------ */

function showLinks(links) {
  if (isNew("links-of", links)) {
    checked = new Map();
    $("links-said").textContent = UNASKED;
  }
  if (!isNew("links", links, [...checked])) return;
  const heads = ["Answer", "Link", "Times", "In the text"].map((title) => make("th", { scope: "col" }, title));
  const table = () => make("table", {},
    make("thead", {}, make("tr", {}, heads)), make("tbody", {}, links.map(linkRow)));
  fill($("links-list"), links.length ? table() : make("p", {}, "The letter has no links."));
}

function linkRow(link) {
  const found = checked.get(link.url);
  const answer = found ? make("span", { class: `answer ${found.status}` }, found.status)
    : make("span", { class: "mute" }, link.url.startsWith("#") ? "jumps" : "not asked");
  return make("tr", {},
    make("td", {}, answer),
    make("td", {},
      foreign("span", link.text || "(no words)", { class: "title" }),
      outward(link.url, link.url, { class: "url" }),
      found?.detail && make("span", { class: "mute" }, found.detail)),
    make("td", { class: "figure" }, count(link.count)),
    make("td", {}, link.in_text ? "yes" : make("strong", { class: "bad" }, "no")));
}

async function checkLinks(post) {
  const letter = current;
  $("links-check").disabled = true;
  $("links-said").textContent = `Asking for ${counted(letter.links.length, "address", "addresses")}…`;
  try {
    const { links } = await post(`letters/${letter.key}/links`);
    if (JSON.stringify(current.links) === JSON.stringify(letter.links)) {
      checked = new Map(links.map((each) => [each.url, each]));
      showLinks(current.links);
      const good = links.filter((each) => each.status === "ok").length;
      $("links-said").textContent = `${count(good)} of ${count(links.length)} answer as they should.`;
    }
  } catch (error) {
    $("links-said").textContent = error.message;
  }
  $("links-check").disabled = false;
}

/* ---- Why -------------------------------------------------------------------------------------------------------- */

export function showWhy({ told, others: left, others_more: more = 0, too_old: old }) {
  if (!isNew("why", told, left, more, old)) return;
  [others, unlisted, tooOld] = [left, more, old];
  const sections = Map.groupBy(told, (each) => each.section);
  fill($("why-told"), told.length ? [...sections].map(([section, stories]) => [
    foreign("h3", section || "Stories"),
    make("ol", { class: "stories" }, stories.map(toldItem)),
  ]) : make("p", { class: "mute" }, "No story is told."));
  const rules = Map.groupBy(left, (each) => each.verdict);
  const offered = [...rules].map(([rule, found]) => [rule, `${rule} (${count(found.length)})`]);
  const chosen = rules.has($("why-rule").value) ? $("why-rule").value : "";
  choices($("why-rule"), [["", `all (${count(left.length)})`], ...offered], chosen);
  showOthers();
}

const scoreOf = ({ score }) => (typeof score === "number" ? `${score.toFixed(1)} points` : score);

function toldItem(story) {
  const also = story.articles.slice(1);
  const other = (each) => make("li", {},
    foreign("span", each.title), " ", make("span", { class: "mute" }, `${each.source}, article ${each.number}`));
  return make("li", { value: story.place },
    foreign("p", story.title, { class: "title" }),
    make("p", { class: "about" },
      foreign("span", story.source),
      story.is_pinned && make("span", { class: "chip" }, "pinned"),
      story.is_update && make("span", { class: "chip" }, "update"),
      story.score && make("span", {}, scoreOf(story))),
    also.length > 0 && make("details", {},
      make("summary", {}, `${counted(also.length, "other article tells", "other articles tell")} it`),
      make("ul", {}, also.map(other))));
}

function showOthers() {
  const rule = $("why-rule").value;
  const words = $("why-filter").value.trim().toLowerCase();
  const found = others.filter((each) => (!rule || each.verdict === rule)
    && (!words || String(each.number) === words || each.title.toLowerCase().includes(words)));
  const said = [
    others.length ? `${count(found.length)} of ${counted(others.length, "article")}.` : "Nothing is left out.",
    found.length > MOST_ROWS && `The first ${MOST_ROWS} are listed; the filter finds the others.`,
    unlisted && `${counted(unlisted, "more is", "more are")} not listed.`,
    tooOld && `${counted(tooOld, "more is", "more are")} too old.`,
  ];
  $("why-count").textContent = said.filter(Boolean).join(" ");
  fill($("why-others"), found.slice(0, MOST_ROWS).map((each) => make("li", {},
    foreign("p", each.title, { class: "title" }),
    make("p", { class: "about" },
      make("span", { class: "chip" }, each.verdict),
      each.words && make("span", {}, each.words),
      each.score && make("span", {}, scoreOf(each)),
      make("span", {}, `article ${each.number}`)))));
}

/* ---- Changes ---------------------------------------------------------------------------------------------------- */

export function showChanges(changes) {
  if (!isNew("changes", changes)) return;
  if (!changes) {
    fill($("changes-list"), make("p", { class: "fine" }, "There is no earlier edition to compare it with."));
    return;
  }
  const { edition, subject, size, added, dropped, kept } = changes;
  const grown = size.now - size.then;
  const list = (kind, title, titles) => make("section", { class: `change ${kind}` },
    make("h3", {}, `${title} `, make("span", { class: "mute" }, count(titles.length))),
    titles.length ? make("ul", {}, titles.map((each) => foreign("li", each))) : make("p", { class: "mute" }, "none"));
  fill($("changes-list"),
    make("h2", {}, `Since ${edition}`),
    make("dl", { class: "pairs" },
      make("dt", {}, "Subject then"), foreign("dd", subject.then),
      make("dt", {}, "Subject now"), foreign("dd", subject.now),
      make("dt", {}, "HTML"), make("dd", {},
        `${count(size.then)} bytes then, ${count(size.now)} now (${grown > 0 ? "+" : ""}${count(grown)})`)),
    make("div", { class: "three" },
      list("added", "New", added), list("dropped", "Gone", dropped), list("kept", "In both", kept)));
}

/** `post` asks the server of this machine: see preview.js. */
export function listenToChecks(post) {
  $("lint-open").addEventListener("click", () => {
    go({ view: "lint" });
    $("panel-lint").focus();
  });
  $("links-check").addEventListener("click", () => checkLinks(post));
  $("why-rule").addEventListener("change", showOthers);
  $("why-filter").addEventListener("input", showOthers);
}
