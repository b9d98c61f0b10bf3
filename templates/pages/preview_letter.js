/* The letter in the preview: in the inbox, in frames as wide as devices, as text, as source and with its headers. */

import { DISPLAY, asked, go } from "./preview_address.js";
import { $, count, counted, fill, foreign, isNew, make, radios } from "./preview_dom.js";

const DEVICES = { phone: 375, tablet: 768, desktop: 1280 };
const SCHEMES = {
  light: "As most programs show it, and all whose device is set to light.",
  dark: "With the letter's own dark colours, as Apple Mail and others show it that ask for them.",
  forced: "Lightness turned over by the program, hues kept, as Outlook.com and programs on Android do.",
  inverted: "Every colour turned into its opposite: the worst that a program does.",
};
/** Where each part of the message is to be seen. */
const SHOWN_IN = { html: "source", text: "text", headers: "headers" };
/** Characters of a subject that a phone held upright has room for. */
const PHONE_SUBJECT = 40;
/** After so long a frame is shown although its pictures, which come from far away, are not all there. */
const PATIENCE_MS = 1500;

export function showLetter(letter, when) {
  showInbox(letter, when);
  showFrames(letter);
  showText(letter);
  showSource(letter);
  showHeaders(letter);
}

function showInbox(letter, when) {
  const sender = letter.sender.replace(/\s*<[^<>]*>$/, "").replace(/^"(.*)"$/, "$1") || letter.sender;
  $("face").textContent = [...sender][0] ?? "";
  $("row-sender").textContent = sender;
  $("row-time").textContent = /\d\d:\d\d/.exec(when)?.[0] ?? "";
  $("row-subject").textContent = letter.subject;
  $("row-preheader").textContent = letter.preheader || "There is no preheader: what the letter begins with is here.";
  const long = [...letter.subject].length;
  const fit = long > PHONE_SUBJECT ? `phones show about ${PHONE_SUBJECT}` : "phones show all of it";
  $("row-words").textContent = `Subject: ${counted(long, "character")}, ${fit}. ${factsOf(letter)}.`;
}

function factsOf(letter) {
  const rest = [[letter.linked, "only linked"], [letter.carried, "left for the next letter"]];
  const words = rest.filter(([number]) => number).map(([number, what]) => `${count(number)} ${what}`);
  return [counted(letter.stories, "story", "stories"), ...words, counted(letter.images, "image")].join(", ");
}

/* ---- Frames ----------------------------------------------------------------------------------------------------- */

function showFrames(letter) {
  const { view, width, scheme, images } = asked();
  for (const [name, value] of Object.entries({ width, scheme, images })) {
    for (const radio of radios(name)) radio.checked = radio.value === value;
  }
  $("scheme-words").textContent = SCHEMES[scheme];
  $("frames").dataset.width = width;
  for (const device of Object.keys(DEVICES)) {
    const isWanted = width === "all" || width === device;
    $(`frame-${device}`).hidden = !isWanted;
    if (view === "letter" && isWanted && isNew(`frame-${device}`, letter.html, scheme, images)) {
      load(device, `letters/${letter.key}/frame?scheme=${scheme}&images=${images}`);
    }
  }
  fit();
}

/** Load `url` behind the frame that stands there, and show it once it is whole: nothing flashes, nothing jumps. */
function load(device, url) {
  const frame = make("iframe", {
    sandbox: "allow-same-origin allow-popups allow-popups-to-escape-sandbox",
    title: `The letter, ${DEVICES[device]} pixels wide`,
    class: "coming",
    src: url,
  });
  frame.style.inlineSize = `${DEVICES[device]}px`;
  const done = () => {
    if (!frame.isConnected) return;
    while (frame.previousElementSibling) frame.previousElementSibling.remove();
    frame.classList.remove("coming");
    fit();
  };
  frame.addEventListener("load", done);
  setTimeout(done, PATIENCE_MS);
  $(`glass-${device}`).append(frame);
}

/** Scale each frame to the room it has, and make it as tall as its letter where the browser tells how tall that is. */
function fit() {
  for (const [device, wide] of Object.entries(DEVICES)) {
    const glass = $(`glass-${device}`);
    const frame = glass.querySelector("iframe:not(.coming)");
    if (!frame || !glass.clientWidth) continue;
    const scale = Math.min(1, glass.clientWidth / wide);
    const tall = heightOf(frame) ?? (0.85 * innerHeight) / scale;
    frame.style.blockSize = `${tall}px`;
    frame.style.transform = `scale(${scale})`;
    glass.style.blockSize = `${Math.ceil(tall * scale)}px`;
    $(`scale-${device}`).textContent = scale < 1 ? `${wide} px, at ${Math.round(scale * 100)} %` : `${wide} px`;
  }
}

function heightOf(frame) {
  const body = frame.contentDocument?.body;
  return body ? Math.ceil(body.getBoundingClientRect().height) : null;
}

/* ---- Text, source, headers -------------------------------------------------------------------------------------- */

const linesOf = (text) => text.replace(/\r?\n$/, "").split(/\r?\n/);

/** The part of the message that a finding is about, and the line there; 0: the whole part. */
export function placeOf(finding) {
  const [, part = "", line = "0"] = /^(html|text|headers)(?:, line (\d+))?/.exec(finding.where) ?? [];
  return { part, line: Number(line) };
}

/** Lines of a part with their numbers, and under a line what is found there. */
function numbered(part, text, findings) {
  const found = Map.groupBy(findings.filter((each) => placeOf(each).part === part), (each) => placeOf(each).line);
  return linesOf(text).map((words, place) => {
    const here = found.get(place + 1) ?? [];
    const line = make("div",
      { class: here.length ? `line marked ${here[0].severity}` : "line", id: `${part}-${place + 1}`, tabindex: -1 },
      make("span", { class: "number", "aria-hidden": "true" }, place + 1),
      // An empty line would be no higher than nothing.
      make("code", { dir: part === "html" ? "ltr" : "auto" }, words || "\u200b"));
    return [line, here.length > 0 && make("p", { class: "said-of" }, here.map((each) => each.what).join(" "))];
  });
}

function showText(letter) {
  if (!isNew("text", letter.text, letter.lint.findings)) return;
  fill($("text-lines"), numbered("text", letter.text, letter.lint.findings));
  const head = headOfText(letter.raw);
  const isFlowed = /format="?flowed/i.test(head);
  $("reflow-words").textContent = isFlowed
    ? "Its lines run together, as format=flowed allows."
    : "A line that is longer than the screen breaks twice.";
  const phone = isFlowed ? flowed(letter.text, /delsp="?yes/i.test(head)) : letter.text;
  fill($("text-phone"), linesOf(phone).map((line) => foreign("div", line || "\u200b")));
}

/** The Content-Type of the text part, with the lines that it is folded into. */
const headOfText = (raw) => /^content-type:\s*text\/plain[^\n]*(?:\n[ \t][^\n]*)*/im.exec(raw)?.[0] ?? "";

/** Lines that end in a space run on in the next, but for the signature's (RFC 3676, 4.1 to 4.3). */
function flowed(text, isSpaceLost) {
  const unstuffed = linesOf(text).map((line) => line.replace(/^ /, ""));
  return unstuffed.map((line) => {
    if (!line.endsWith(" ") || line === "-- ") return `${line}\n`;
    return isSpaceLost ? line.slice(0, -1) : line;
  }).join("");
}

function showSource(letter) {
  if (!isNew("source", letter.html, letter.lint.findings)) return;
  const places = letter.lint.findings.map(placeOf).filter(({ part, line }) => part === "html" && line > 0);
  const marked = new Set(places.map(({ line }) => line)).size;
  const lines = counted(linesOf(letter.html).length, "line");
  $("source-words").textContent = marked ? `${lines}, of which ${count(marked)} with findings.` : `${lines}.`;
  fill($("source-lines"), numbered("html", letter.html, letter.lint.findings));
}

function showHeaders(letter) {
  if (!isNew("headers", letter.headers, letter.envelope, letter.raw)) return;
  const pair = (name, value, attributes = {}) => [make("dt", attributes, name), foreign("dd", value)];
  const { from, to } = letter.envelope;
  fill($("envelope"), pair("MAIL FROM", from), pair("RCPT TO", [to].flat().join(", ")));
  const header = (each, place) => pair(each.name, each.value, { id: `headers-${place + 1}`, tabindex: -1 });
  fill($("header-list"), letter.headers.map(header));
  $("raw").textContent = letter.raw;
}

/** Show a line of a part of the message, and put the focus there. */
export function jump(part, line) {
  go({ view: SHOWN_IN[part] });
  const target = $(`${part}-${line}`) ?? $(`panel-${SHOWN_IN[part]}`);
  target.scrollIntoView({ block: "center" });
  target.focus({ preventScroll: true });
}

export function listenToFrames() {
  for (const name of Object.keys(DISPLAY)) {
    for (const radio of radios(name)) radio.addEventListener("change", () => go({ [name]: radio.value }));
  }
  for (const device of Object.keys(DEVICES)) new ResizeObserver(fit).observe($(`frame-${device}`));
}
