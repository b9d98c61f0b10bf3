// What moves on the desk: the figures of editions under way. Without it the page stands as it was made.
"use strict";

function show(row, edition) {
  for (const part of row.querySelectorAll("[data-part]")) {
    const value = edition[part.dataset.part];
    const counts = ["sent", "failed", "open", "in_doubt"].includes(part.dataset.part);
    part.textContent = counts && !edition.total ? "" : value;
  }
  row.querySelector("[data-part=state]").classList.toggle("bad", edition.state === "paused");
  const bar = row.querySelector("progress");
  if (bar) {
    bar.max = edition.total;
    bar.value = edition.done;
  }
}

const told = new EventSource("/desk/events");
told.addEventListener("editions", (event) => {
  const rows = new Map([...document.querySelectorAll("[data-edition]")].map((row) => [row.dataset.edition, row]));
  for (const edition of JSON.parse(event.data)) {
    const row = rows.get(String(edition.id));
    if (row) {
      show(row, edition);
    }
  }
});
