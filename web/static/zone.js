// The store's clock is named where it is not the reader's own; for one time, hers is said beside it.
"use strict";
{
const note = document.querySelector("#zone");
const at = note?.dataset.at || document.querySelector("main time[datetime*='T']")?.getAttribute("datetime") || "";
const told = at.match(/([+-])(\d\d):(\d\d)$/);
if (told) {
  const there = (told[1] === "-" ? -1 : 1) * (60 * told[2] + 1 * told[3]), when = new Date(at);
  if (there !== -when.getTimezoneOffset()) {
    note.hidden = false;
    const hers = when.toLocaleTimeString(document.documentElement.lang === "en" ? "en-GB" : "fr-FR", { hour: "2-digit", minute: "2-digit" });
    if (note.dataset.at) note.append(" ", note.dataset.yours.replace("{}", hers));
  }
}
}
