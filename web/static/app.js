// Every page works without this script; it makes pages smoother.
"use strict";
{
const doc = document, words = doc.body.dataset;
const $ = (sel, from = doc) => from.querySelector(sel);
const $$ = (sel, from = doc) => [...from.querySelectorAll(sel)];
const on = (name, act) => doc.addEventListener(name, act);
doc.documentElement.classList.add("js");

// --- #say for what happened, #alert for what failed
const timers = {};
function tell(id, text) {
  const box = $("#" + id);
  if (!box) return;
  box.textContent = "";
  clearTimeout(timers[id]);
  setTimeout(() => { box.textContent = text; }, 50);
  timers[id] = setTimeout(() => { box.textContent = ""; }, 9000);
}
const say = (text) => tell("say", text), warn = (text) => tell("alert", text);

// --- confirm: Escape means no, focus starts on the safe button
function ask(text, from) {
  const box = $("#confirm");
  $("p", box).textContent = text;
  $$("button", box).forEach((b) => { b.textContent = (b.value === "yes" && from?.dataset.yes) || (b.value === "no" && from?.dataset.no) || b.dataset.default; });
  box.returnValue = "no";
  return new Promise((answer) => {
    box.addEventListener("close", () => answer(box.returnValue === "yes"), { once: true });
    box.showModal();
  });
}
on("htmx:confirm", (e) => {
  const { ctx, issueRequest, dropRequest } = e.detail;
  if (!ctx.confirm) return;
  e.preventDefault();
  ask(ctx.confirm, ctx.sourceElement).then((yes) => (yes ? issueRequest() : dropRequest()));
});

// --- a pressed button says "one moment" after 300 ms; its width and its focus stay
function press(button) {
  if (!button || button.dataset.was) return;
  button.dataset.wait = setTimeout(() => {
    button.dataset.was = button.innerHTML;
    button.style.minWidth = button.offsetWidth + "px";
    button.textContent = words.moment;
    button.setAttribute("aria-busy", "true");
  }, 300);
}
function release(button) {
  if (!button) return;
  clearTimeout(button.dataset.wait);
  if (button.dataset.was) button.innerHTML = button.dataset.was;
  delete button.dataset.was;
  button.style.minWidth = "";
  button.removeAttribute("aria-busy");
}
window.addEventListener("pageshow", () => $$("[data-was]").forEach(release));

on("submit", async (e) => {
  const form = e.target, button = e.submitter || $("button:not([type=button])", form);
  if (form.method === "dialog" || e.defaultPrevented) return;
  if (form.dataset.confirm && !form.dataset.sure) {
    e.preventDefault();
    if (!(await ask(form.dataset.confirm, form))) return;
    form.dataset.sure = "1";
    form.requestSubmit(e.submitter);
    delete form.dataset.sure;
    return;
  }
  if (form.method !== "post") return;
  if (form.dataset.going) { e.preventDefault(); return; }
  press(button);
  if ("send" in form.dataset) { e.preventDefault(); send(form, button, e.submitter); }
});

// --- <form data-send data-receipt>: sent by fetch, so a lost answer leaves the page and its fields. Its idempotency key
// makes a second sending safe. Receipt answers 200 {"url"} (or a redirect) once the key arrived, 404 before.
async function send(form, button, submitter) {
  form.dataset.going = "1";
  $("#lost-words")?.remove();
  const data = new FormData(form, submitter || undefined);
  const body = form.enctype === "multipart/form-data" ? data : new URLSearchParams(data);
  const stop = new AbortController();
  const slow = setTimeout(() => say(words.long), 8000), late = setTimeout(() => stop.abort(), 30000);
  try {
    const answer = await fetch(form.getAttribute("action") || location, { method: "POST", body, signal: stop.signal, headers: { "HX-Request": "true", "HX-Request-Type": "full" } });
    const to = answer.headers.get("HX-Redirect") || (answer.redirected && answer.url);
    if (to) { location.assign(to); return; }
    if (answer.status >= 500) { warn(words.failed); lost(form, "unsure"); return; }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = $("main", page) || $("#" + CSS.escape(form.id || "main"), page);
    if (!fresh) { location.reload(); return; }
    $("#" + (fresh.id || "main")).replaceWith(doc.adoptNode(fresh));
    if (page.title) doc.title = page.title;
    window.htmx?.process(fresh);
    watch(fresh);
    land(fresh, "error");
  } catch {
    await lost(form, await arrived(form));
  } finally {
    clearTimeout(slow); clearTimeout(late);
    delete form.dataset.going;
    release(button);
  }
}
async function arrived(form) {
  if (!form.dataset.receipt) return "unsure";
  for (const wait of [0, 1500, 4000]) {
    await new Promise((go) => setTimeout(go, wait));
    try {
      const answer = await fetch(form.dataset.receipt, { headers: { Accept: "application/json" } });
      if (answer.status === 404) return "not-arrived";
      if (!answer.ok) continue;
      const to = answer.redirected ? answer.url : (await answer.json()).url;
      setTimeout(() => location.assign(to), 600);
      return "arrived";
    } catch { /* still cut */ }
  }
  return "unsure";
}
function lost(form, how) {
  const box = $("#lost").content.cloneNode(true).firstElementChild;
  $$("[data-when]", box).forEach((p) => { p.hidden = p.dataset.when !== how; });
  const again = $("[data-again]", box);
  if (how === "arrived") { $("h2", box).remove(); again.remove(); box.classList.replace("err", "ok"); }
  again.addEventListener("click", () => form.requestSubmit());
  $("#lost-words")?.remove();
  form.append(box);
  box.focus();
}

// --- htmx: data-focus on the source says where focus goes
on("htmx:before:request", (e) => {
  const ctx = e.detail.ctx, from = ctx.sourceElement;
  ctx.button = from.matches("button") ? from : from.matches("form") ? ctx.sourceEvent?.submitter : null;
  press(ctx.button);
  ctx.kept = doc.activeElement?.id;
  (ctx.target instanceof Element ? ctx.target : null)?.setAttribute("aria-busy", "true");
});
on("htmx:finally:request", (e) => {
  release(e.detail.ctx.button);
  if (e.detail.ctx.target instanceof Element) e.detail.ctx.target.removeAttribute("aria-busy");
});
on("htmx:response:error", (e) => { const s = e.detail.ctx?.response?.status; if (s !== 409 && s !== 422) warn(words.failed); });
on("htmx:error", () => warn(words.cut));
on("htmx:after:swap", (e) => {
  const ctx = e.detail.ctx, from = ctx?.sourceElement;
  if (!from) return;
  const target = ctx.target instanceof Element ? (ctx.target.isConnected ? ctx.target : $("#" + CSS.escape(ctx.target.id || "main"))) : null;
  land(target || doc, $("#error-summary", target || doc) ? "error" : from.closest("[data-focus]")?.dataset.focus || "keep", ctx.kept);
  watch(doc);
  $$("[data-words-of]").forEach((el) => { const t = doc.getElementById(el.dataset.wordsOf)?.dataset.words; if (t) el.textContent = t; });
});
function land(where, policy, kept) {
  const to = { error: $("#error-summary", where) || $("h1", where), heading: $("h1, h2", where), target: where, keep: kept && doc.activeElement === doc.body ? doc.getElementById(kept) : null }[policy];
  if (!to || to === doc) return;
  if (!to.hasAttribute("tabindex") && !to.matches("a[href], button, input, select, textarea, summary")) to.tabIndex = -1;
  to.focus({ preventScroll: policy === "keep" });
  if (policy === "error") scrollTo({ top: Math.max(0, to.getBoundingClientRect().top + scrollY - 100) });
}

// --- the header comes back on the way up; the action bar shows while the real button is away
const head = $(".site-head");
let last = 0;
if (head) addEventListener("scroll", () => {
  const y = scrollY;
  if (Math.abs(y - last) < 8) return;
  head.classList.toggle("away", y > last && y > 160);
  last = y;
}, { passive: true });

function watch(from) {
  const bar = $(".action-bar", from), real = $("[data-main-action]", from);
  if (bar && real && !bar.dataset.on && window.IntersectionObserver) {
    bar.dataset.on = "1";
    new IntersectionObserver(([seen]) => bar.classList.toggle("shown", !seen.isIntersecting)).observe(real);
  }
  $$("[data-near]", from).forEach((b) => { if (navigator.geolocation) b.hidden = false; });
  $$("[data-js]", from).forEach((el) => { el.hidden = false; });
  $$("select[data-go], [data-go] select", from).forEach((s) => { if (!s.dataset.on) { s.dataset.on = "1"; s.addEventListener("change", () => s.form.requestSubmit()); } });
  const strip = $(".strip", from), thumbs = $$(".thumbs a", from);
  if (strip && thumbs.length && window.IntersectionObserver) {
    const seen = new IntersectionObserver((all) => all.forEach((one) => {
      if (one.isIntersecting) thumbs.forEach((t) => (t.hash === "#" + one.target.id ? t.setAttribute("aria-current", "true") : t.removeAttribute("aria-current")));
    }), { root: strip, threshold: 0.6 });
    [...strip.children].forEach((one) => seen.observe(one));
  }
}
watch(doc);

// --- "Near me": asked on this press only, rounded to about a kilometre
on("click", (e) => {
  const near = e.target.closest?.("[data-near]");
  if (near) {
    press(near);
    navigator.geolocation.getCurrentPosition((at) => {
      const to = new URL(near.dataset.near, location.href);
      to.searchParams.set("lat", at.coords.latitude.toFixed(2));
      to.searchParams.set("lon", at.coords.longitude.toFixed(2));
      location.assign(to);
    }, () => {
      release(near);
      const input = near.form && $("#town");
      input?.focus();
      say(near.dataset.refused);
    }, { timeout: 8000, maximumAge: 600000 });
  }
  const thumb = e.target.closest?.(".thumbs a");
  const picture = thumb && doc.getElementById(thumb.hash.slice(1));
  if (picture) { e.preventDefault(); picture.parentElement.scrollTo({ left: picture.offsetLeft - picture.parentElement.offsetLeft }); }
  const open = $("details.menu[open]");
  if (open && !open.contains(e.target)) open.open = false;
});
on("keydown", (e) => {
  const open = e.key === "Escape" && $("details.menu[open]");
  if (open) { open.open = false; $("summary", open).focus(); }
});

$("#error-summary")?.focus();
window.vitrine = { say, warn, ask };
}
