// Drag a block of the agenda to another time or advisor. It sends what the form "Move" sends; the server decides.
// The keyboard has that form; without this script everybody has.
"use strict";
{
const doc = document, EDGE = 6;
let drag = null;

const rowsOf = (table) => [...table.tBodies[0].rows];
const pad = (n) => String(n).padStart(2, "0");
// 14 h 30, 2.30 pm: as the pages write it
function hour(wall) {
  const h = Math.floor(wall / 60) % 24, m = wall % 60;
  return doc.documentElement.lang === "fr" ? `${h}\u00a0h${m ? "\u00a0" + pad(m) : ""}` : `${h % 12 || 12}${m ? "." + pad(m) : ""} ${h < 12 ? "am" : "pm"}`;
}

// where the pointer is: a start on the store's clock, stepped as its service begins, and an advisor
function spot(x, y) {
  const table = doc.querySelector(".diary");
  if (!table) return null;
  const column = [...table.tHead.rows[0].cells].find((th) => { const box = th.getBoundingClientRect(); return x >= box.left && x < box.right; });
  const row = rowsOf(table).find((tr) => { const box = tr.getBoundingClientRect(); return y >= box.top && y < box.bottom; });
  if (!column?.dataset.advisor || !row) return null;
  const box = row.getBoundingClientRect();
  const wall = +row.dataset.wall, within = ((y - box.top) / box.height) * +row.dataset.minutes;
  const stepped = Math.floor((wall + within) / drag.step) * drag.step;
  const start = new Date(Date.parse(row.dataset.start) + (stepped - wall) * 60000);
  return { place: start.toISOString().slice(0, 16) + "Z/" + column.dataset.advisor, top: box.top + ((stepped - wall) / +row.dataset.minutes) * box.height,
    column: column.getBoundingClientRect(), words: `${hour(stepped)}, ${column.firstChild.textContent.trim()}` };
}

function lift() {
  const box = drag.block.getBoundingClientRect();
  drag.ghost = drag.block.cloneNode(true);
  drag.ghost.removeAttribute("id");
  drag.ghost.classList.add("ghost");
  drag.ghost.setAttribute("aria-hidden", "true");
  drag.ghost.style.width = box.width + "px";
  drag.note = doc.createElement("strong");
  drag.ghost.prepend(drag.note);
  doc.body.append(drag.ghost);
  drag.block.classList.add("lifted");
  drag.under = drag.y - box.top;
}

function follow(x, y) {
  drag.at = spot(x, y - drag.under + 1);
  const left = drag.at ? drag.at.column.left : x - 40, top = drag.at ? drag.at.top : y - drag.under;
  drag.ghost.style.transform = `translate(${left}px, ${top}px)`;
  drag.note.textContent = drag.at ? drag.at.words : "";
}

function drop() {
  drag?.ghost?.remove();
  drag?.block.classList.remove("lifted");
  drag = null;
}

async function send({ block, at }) {
  const data = new URLSearchParams({ place: at.place, version: block.dataset.version });
  const agenda = doc.getElementById("agenda");
  try {
    const answer = await fetch(block.dataset.move, { method: "POST", body: data, headers: { "HX-Request": "true" } });
    if (answer.ok) {
      window.vitrine.say(agenda.dataset.moved.replace("{when}", at.words));
    } else {
      const said = new DOMParser().parseFromString(await answer.text(), "text/html");
      window.vitrine.warn((answer.status < 500 && said.querySelector("hx-partial")?.textContent.trim()) || doc.body.dataset.failed);
    }
  } catch {
    window.vitrine.warn(doc.body.dataset.cut);
  }
  window.htmx?.trigger(agenda, "refresh");
}

doc.addEventListener("pointerdown", (e) => {
  const block = e.target.closest?.("[data-move]"), grip = e.target.closest?.(".grip");
  if (!block || !block.closest(".diary") || e.button || (e.pointerType === "touch" && !grip) || (e.target.closest(".move") && !grip)) return;
  drag = { block, x: e.clientX, y: e.clientY, step: +block.dataset.step, id: e.pointerId };
});
doc.addEventListener("pointermove", (e) => {
  if (!drag || e.pointerId !== drag.id) return;
  if (!drag.ghost) {
    if (Math.hypot(e.clientX - drag.x, e.clientY - drag.y) < EDGE) return;
    lift();
  }
  e.preventDefault();
  follow(e.clientX, e.clientY);
});
doc.addEventListener("pointerup", (e) => {
  if (!drag || e.pointerId !== drag.id) return;
  const done = drag.ghost ? drag : null;
  drop();
  if (!done) return;
  // a link that was dragged is not opened; where no click follows, the next one counts again
  const still = (click) => { click.preventDefault(); click.stopPropagation(); };
  addEventListener("click", still, { capture: true, once: true });
  setTimeout(() => removeEventListener("click", still, { capture: true }), 50);
  if (done.at) send(done);
});
doc.addEventListener("pointercancel", drop);
doc.addEventListener("keydown", (e) => { if (e.key === "Escape" && drag) drop(); });
doc.addEventListener("selectstart", (e) => { if (drag) e.preventDefault(); });
doc.addEventListener("dragstart", (e) => { if (e.target.closest?.("[data-move]")) e.preventDefault(); });
// nothing is fetched under the hand that holds a block
doc.addEventListener("htmx:before:request", (e) => { if (drag?.ghost && e.detail.ctx.sourceElement?.id === "agenda") e.preventDefault(); });
doc.addEventListener("htmx:before:swap", (e) => { if (drag?.ghost && e.detail.ctx.sourceElement?.id === "agenda") e.preventDefault(); });

// what somebody has opened stays open when the day is fetched again
window.htmx?.config.morphIgnore.push("open");

// a free half hour that is pressed begins a new appointment there
doc.addEventListener("click", (e) => {
  const cell = e.target.closest?.(".diary td.free");
  const table = cell?.closest("[data-new]");
  if (!table) return;
  const row = cell.parentElement;
  const x = cell.getBoundingClientRect().left + 2;
  const column = [...table.tHead.rows[0].cells].find((th) => { const box = th.getBoundingClientRect(); return x >= box.left && x < box.right; });
  const to = new URL(table.dataset.new, location.href);
  to.searchParams.set("start", row.dataset.start);
  if (column?.dataset.advisor) to.searchParams.set("advisor", column.dataset.advisor);
  location.assign(to);
});
}
