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
    const hour = when.getHours(), minutes = String(when.getMinutes()).padStart(2, "0"), whole = minutes === "00";
    const hers = document.documentElement.lang === "en"
      ? `${hour % 12 || 12}${whole ? "" : "." + minutes} ${hour < 12 ? "am" : "pm"}`
      : `${hour}\u00a0h${whole ? "" : "\u00a0" + minutes}`;
    if (note.dataset.at) note.append(" ", note.dataset.yours.replace("{}", hers));
  }
}
}
