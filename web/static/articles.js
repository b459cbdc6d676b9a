// The list of articles: keys, a tick for the whole page, and how many are ticked. Without this script the list is a form.
"use strict";
{
const doc = document, KEPT = "vitrine-list-keys";
const $ = (sel, from = doc) => from.querySelector(sel);
const $$ = (sel, from = doc) => [...from.querySelectorAll(sel)];
const rows = () => $$(".articles tbody tr");
const boxes = () => $$('.articles tbody input[name="ref"]');

function count() {
  const all = boxes(), ticked = all.filter((box) => box.checked), head = $(".articles [data-all]"), said = $(".ticked");
  all.forEach((box) => { box.closest("tr").ariaSelected = box.checked ? "true" : null; });
  if (head) {
    head.hidden = false;
    head.checked = all.length > 0 && ticked.length === all.length;
    head.indeterminate = ticked.length > 0 && ticked.length < all.length;
  }
  if (said) said.textContent = ticked.length ? $(".articles").dataset.ticked.replace("{count}", ticked.length) : "";
}
doc.addEventListener("change", (e) => {
  if (e.target.matches(".articles [data-all]")) boxes().forEach((box) => { box.checked = e.target.checked; });
  if (e.target.closest(".articles")) count();
});
doc.addEventListener("htmx:after:swap", count);
window.addEventListener("pageshow", count);

// --- keys, which can be turned off
const use = $("#use-keys");
if (use) {
  use.closest("label").hidden = false;
  use.checked = localStorage.getItem(KEPT) !== "off";
  use.addEventListener("change", () => localStorage.setItem(KEPT, use.checked ? "on" : "off"));
}
const link = (row) => $("th a", row);
function go(by) {
  const all = rows(), at = all.findIndex((row) => row.contains(doc.activeElement));
  const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1)];
  if (next) { link(next).focus(); next.scrollIntoView({ block: "nearest" }); }
}
const keys = {
  j: () => go(1),
  k: () => go(-1),
  x: (row) => { const box = row && $('input[name="ref"]', row); if (box) { box.checked = !box.checked; count(); } },
  e: (row) => row && link(row).click(),
  "/": () => $("#q")?.focus(),
  "?": () => { const box = $("#keys"); if (box) { box.open = true; $("summary", box).focus(); } },
};
doc.addEventListener("keydown", (e) => {
  if (!use?.checked || e.ctrlKey || e.metaKey || e.altKey || e.defaultPrevented || !keys[e.key]) return;
  if (e.target.matches('input:not([type="checkbox"]), textarea, select, [contenteditable]') || $("dialog[open]")) return;
  e.preventDefault();
  keys[e.key](rows().find((row) => row.contains(doc.activeElement)));
});
count();
}
