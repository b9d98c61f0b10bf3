// Chooses the browser's time zone, and does the work that the form asks for. By hand the form works without it.
"use strict";

(() => {
  const zone = document.getElementById("timezone");
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && zone.dataset.guess && [...zone.options].some((each) => each.value === own)) zone.value = own;

  const form = document.getElementById("subscribe");
  const moment = document.getElementById("moment");
  const proof = document.getElementById("proof");
  if (!form || !moment || !proof) return;

  // SHA-256 (FIPS 180-4): its constants are roots of the first primes. The browser's own is much slower for short texts.
  const primes = [];
  for (let n = 2; primes.length < 64; n++) if (primes.every((prime) => n % prime)) primes.push(n);
  const fraction = (root) => ((root - Math.floor(root)) * 2 ** 32) | 0;
  const K = primes.map((prime) => fraction(prime ** (1 / 3)));
  const START = primes.slice(0, 8).map((prime) => fraction(prime ** 0.5));
  const words = new Int32Array(64);
  const turned = (x, by) => (x >>> by) | (x << (32 - by));

  const mix = (state, bytes, from) => {
    for (let i = 0; i < 16; i++) {
      const at = from + 4 * i;
      words[i] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
    }
    for (let i = 16; i < 64; i++) {
      const a = words[i - 15];
      const b = words[i - 2];
      const low = turned(a, 7) ^ turned(a, 18) ^ (a >>> 3);
      const high = turned(b, 17) ^ turned(b, 19) ^ (b >>> 10);
      words[i] = (words[i - 16] + low + words[i - 7] + high) | 0;
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < 64; i++) {
      const one = (h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + words[i]) | 0;
      const two = ((turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
    }
    return [a, b, c, d, e, f, g, h].map((part, i) => (part + state[i]) | 0);
  };

  // The first 32 bits of the hash of an ASCII text.
  const head = (text) => {
    const bytes = new Uint8Array(((text.length + 72) >> 6) << 6);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    bytes[text.length] = 128;
    new DataView(bytes.buffer).setUint32(bytes.length - 4, text.length * 8);
    let state = START;
    for (let from = 0; from < bytes.length; from += 64) state = mix(state, bytes, from);
    return state[0] >>> 0;
  };

  const bits = Number(proof.dataset.bits);
  const button = form.querySelector("button[type=submit]");
  let number = 0;
  let isAsked = false;

  const work = () => {
    const until = performance.now() + 40;
    while (performance.now() < until) {
      if (head(`${moment.value}:${number}`) >>> (32 - bits) === 0) {
        proof.value = String(number);
        if (isAsked) form.submit();
        return;
      }
      number++;
    }
    setTimeout(work, 0);
  };

  form.addEventListener("submit", (event) => {
    if (proof.value) return;
    event.preventDefault();
    isAsked = true;
    button.disabled = true;
    button.textContent = proof.dataset.waiting;
  });
  work();
})();
