// The page of an article: keeps what is typed, saves by Ctrl-S, writes formats. Without it every button still works.
"use strict";
{
const form = document.querySelector("form#article");
const $$ = (sel, from = document) => [...from.querySelectorAll(sel)];

// --- a draft every ten seconds, while there is something new to keep
const KEPT_EVERY = 10000;
const kept = document.getElementById("kept");
const sent = () => new URLSearchParams(new FormData(form)).toString();
const standing = form && !("unsaved" in form.dataset) && sent(); // a page that came back holds what nobody has saved
let going = false, request = null;
const changed = () => sent() !== standing;
let saved = standing;

async function keep() {
  const now = sent();
  if (going || request || now === saved || "offered" in form.dataset) return;
  request = new AbortController();
  try {
    const answer = await fetch(form.dataset.draft, { method: "POST", body: new URLSearchParams(now), signal: request.signal });
    if (answer.ok && !answer.redirected) {
      saved = now;
      kept.textContent = await answer.text();
      setTimeout(() => kept.removeAttribute("role"), 1000); // said once, then only shown
    }
  } catch { /* the next one will */ }
  request = null;
}

if (form) {
  setInterval(keep, KEPT_EVERY);
  document.addEventListener("visibilitychange", () => { if (document.hidden) keep(); });
  form.addEventListener("submit", () => { going = true; request?.abort(); });
  addEventListener("pageshow", () => { going = false; });
  addEventListener("beforeunload", (e) => { if (!going && changed()) e.preventDefault(); });

  // --- Ctrl-S and Cmd-S save; Enter in a field of the grid does not
  document.addEventListener("keydown", (e) => {
    if ((e.ctrlKey || e.metaKey) && !e.altKey && e.key.toLowerCase() === "s") {
      e.preventDefault();
      if (!going) form.requestSubmit(form.querySelector("button[value=save]"));
    }
  });
  form.addEventListener("keydown", (e) => {
    if (e.key !== "Enter" || !e.target.matches("input:not([type=checkbox], [type=radio])")) return;
    const own = { media_words: "media", article_words: "find" }[e.target.name];
    e.preventDefault();
    if (own) form.requestSubmit(form.querySelector(`button[value="${own}"]`));
  });

  // --- a summary of errors leads to fields of the language that a narrow screen hides
  document.addEventListener("click", (e) => {
    const to = e.target.closest?.("a[href^='#']")?.hash.slice(1);
    const side = to && document.getElementById(to)?.closest(".in-fr, .in-en");
    if (side) document.getElementById(side.classList.contains("in-fr") ? "shown-fr" : "shown-en").checked = true;
  });
}

// --- formats: written with execCommand, so that Ctrl-Z takes them back
function write(box, from, to, text, select) {
  box.focus();
  box.setSelectionRange(from, to);
  if (!document.execCommand("insertText", false, text)) {
    box.setRangeText(text, from, to, "end");
    box.dispatchEvent(new Event("input", { bubbles: true }));
  }
  if (select) box.setSelectionRange(from + select[0], from + select[1]);
}
function around(box, sign) {
  const { selectionStart: a, selectionEnd: b, value } = box, n = sign.length, said = value.slice(a, b);
  const inner = said.trim(), before = said.slice(0, said.length - said.trimStart().length), after = inner ? said.slice(said.trimEnd().length) : "";
  if (value.slice(a - n, a) === sign && value.slice(b, b + n) === sign) write(box, a - n, b + n, said, [0, said.length]);
  else write(box, a, b, (inner ? before : "") + sign + inner + sign + after, [(inner ? before.length : 0) + n, (inner ? before.length : 0) + n + inner.length]);
}
function lines(box, sign) {
  const { value } = box, a = value.lastIndexOf("\n", box.selectionStart - 1) + 1;
  const end = value.indexOf("\n", box.selectionEnd), b = end < 0 ? value.length : end;
  const all = value.slice(a, b).split("\n"), has = all.every((line) => line.startsWith(sign));
  const text = all.map((line) => (has ? line.slice(sign.length) : sign + line.replace(/^(#+|-) /, ""))).join("\n");
  write(box, a, b, text, [0, text.length]);
}
const FORMATS = {
  bold: (box) => around(box, "**"),
  italic: (box) => around(box, "*"),
  heading: (box) => lines(box, "### "),
  list: (box) => lines(box, "- "),
  break: (box) => write(box, box.selectionStart, box.selectionEnd, "\n"),
  link(box) {
    const { selectionStart: a, selectionEnd: b, value } = box, said = value.slice(a, b);
    const text = `[${said}](https://)`;
    write(box, a, b, text, said ? [text.length - 1, text.length - 1] : [1, 1]);
  },
};
document.addEventListener("click", (e) => {
  const button = e.target.closest?.("[data-format]");
  if (button) FORMATS[button.dataset.format](document.getElementById(button.parentElement.getAttribute("aria-controls")));
});
document.addEventListener("keydown", (e) => {
  const bar = e.target.closest?.(".formats");
  if (bar && ["ArrowRight", "ArrowLeft", "Home", "End"].includes(e.key)) {
    const all = $$("button", bar), at = all.indexOf(e.target);
    const to = { ArrowRight: (at + 1) % all.length, ArrowLeft: (at - 1 + all.length) % all.length, Home: 0, End: all.length - 1 }[e.key];
    all.forEach((one, n) => { one.tabIndex = n === to ? 0 : -1; });
    all[to].focus();
    e.preventDefault();
  }
  if ((e.ctrlKey || e.metaKey) && !e.altKey && e.target.matches?.("textarea[data-formatted]")) {
    const format = { b: "bold", i: "italic" }[e.key.toLowerCase()];
    if (format) { e.preventDefault(); FORMATS[format](e.target); }
  }
});

// --- how long a text for search engines is, and how it looks there
document.addEventListener("input", (e) => {
  const name = e.target.name || "";
  $$(`[data-signs-of="${CSS.escape(name)}"]`).forEach((el) => { el.textContent = el.textContent.replace(/\d+/, [...e.target.value.trim()].length); });
  $$("[data-shows]").forEach((el) => {
    if (el.dataset.shows !== name && el.dataset.else !== name) return;
    const said = form.elements[el.dataset.shows]?.value.trim() || form.elements[el.dataset.else]?.value.trim();
    if (said) el.textContent = said;
  });
});
}
