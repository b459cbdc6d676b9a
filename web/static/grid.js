// The grid of stock: arrows go from cell to cell, what was changed is outlined and counted. Without this script it is a form.
"use strict";
{
const form = document.querySelector("#grid");
if (form) {
  const button = form.querySelector("#apply");
  const fields = () => [...form.querySelectorAll("[data-before]")];
  const plain = (text) => text.trim().replace(/\s/g, "");
  const value = (field) => field.type === "checkbox" ? (field.checked ? "1" : "") : plain(field.value);
  const changed = (field) => value(field) !== plain(field.dataset.before);
  let going = false;

  function count() {
    let all = 0;
    for (const field of fields()) {
      const is = changed(field);
      field.closest("td").classList.toggle("changed", is);
      all += is;
    }
    const { none, one, many } = form.dataset;
    button.textContent = all === 0 ? none : all === 1 ? one : many.replace("{count}", all);
    return all;
  }
  form.addEventListener("input", (e) => {
    const whole = e.target;
    if ("row" in whole.dataset) for (const field of whole.closest("tr").querySelectorAll("[data-before]")) {
      field.value = plain(whole.value) === "" ? field.dataset.before : whole.value;
    }
    count();
  });
  form.addEventListener("submit", () => { going = true; });
  window.addEventListener("pageshow", () => { going = false; count(); });
  window.addEventListener("beforeunload", (e) => { if (!going && count()) e.preventDefault(); });

  // --- as in a spreadsheet: up and down always, left and right from the ends of what is typed
  const rows = () => [...form.querySelectorAll("tbody tr")];
  const seen = (row) => [...row.querySelectorAll("input")].filter((field) => field.offsetParent);
  const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  function atEnd(field, by) {
    if (field.type === "checkbox" || field.selectionStart !== field.selectionEnd) return true;
    return field.selectionStart === (by < 0 ? 0 : field.value.length);
  }
  form.addEventListener("keydown", (e) => {
    const step = steps[e.key], field = e.target, row = field.closest("tbody tr");
    if (!step || !row || !field.matches("input") || e.altKey || e.ctrlKey || e.metaKey || e.shiftKey) return;
    const [down, right] = step;
    if (right && !atEnd(field, right)) return;
    const all = rows(), here = seen(row), next = all[all.indexOf(row) + down];
    const to = next && seen(next)[here.indexOf(field) + right];
    if (!to) return;
    e.preventDefault();
    to.focus();
    if (to.select) to.select();
    to.scrollIntoView({ block: "nearest", inline: "nearest" });
  });
}
}
