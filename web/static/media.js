// Images: dropped files are sent one by one, and the focal point is where the picture is pressed. Without this script
// the same form sends them at once, and the point is typed.
"use strict";
{
const $ = (sel, from = document) => from.querySelector(sel);

const drop = $("#drop");
if (drop) {
  const field = $("#files"), box = $("#sending"), line = $("p", box), list = $("ul", box), button = $("button", drop);
  const over = (yes) => (e) => { e.preventDefault(); drop.classList.toggle("over", yes); };
  drop.addEventListener("dragover", over(true));
  drop.addEventListener("dragleave", over(false));
  drop.addEventListener("drop", (e) => {
    over(false)(e);
    if (e.dataTransfer.files.length) send([...e.dataTransfer.files]);
  });
  // one file goes by the form itself, which leads on to its page
  drop.addEventListener("submit", (e) => {
    if (field.files.length < 2) return;
    e.preventDefault();
    e.stopPropagation();
    send([...field.files]);
  });

  async function send(files) {
    box.hidden = false;
    button.setAttribute("aria-busy", "true");
    list.replaceChildren();
    for (const [at, file] of files.entries()) {
      line.textContent = drop.dataset.one.replace("{n}", at + 1).replace("{all}", files.length);
      $("#say").textContent = line.textContent;
      const body = new FormData();
      body.append("files", file);
      try {
        const answer = await fetch(drop.action, { method: "POST", body, redirect: "manual" });
        if (answer.type !== "opaqueredirect") tell(file.name, reason(await answer.text()) || drop.dataset.lost);
      } catch { tell(file.name, drop.dataset.lost); }
    }
    button.removeAttribute("aria-busy");
    line.textContent = "";
    field.value = "";
    if (!list.children.length) { location.assign(drop.dataset.done); return; }
    $(".actions", box).hidden = false;
    $("#alert").textContent = [...list.children].map((item) => `${item.firstChild.textContent}: ${item.lastChild.textContent}`).join(" ");
  }
  function reason(page) {
    const said = $("#refused li", new DOMParser().parseFromString(page, "text/html"));
    return said?.lastChild?.textContent.trim();
  }
  function tell(name, words) {
    const item = document.createElement("li"), strong = document.createElement("strong");
    strong.textContent = name;
    item.append(strong, document.createElement("br"), words);
    list.append(item);
  }
}

const point = $("#point");
if (point) {
  const circle = $("circle", point), view = $("svg", point).viewBox.baseVal, x = $("#focal_x"), y = $("#focal_y");
  const percent = (field) => Math.min(Math.max(parseInt(field.value, 10) || 0, 0), 100);
  const show = () => {
    circle.setAttribute("cx", view.width * percent(x) / 100);
    circle.setAttribute("cy", view.height * percent(y) / 100);
    const across = Math.round(percent(x) / 10) * 10, down = Math.round(percent(y) / 10) * 10;
    document.querySelectorAll(".crops img").forEach((img) => {
      img.className = [across !== 50 && `fx-${across}`, down !== 50 && `fy-${down}`].filter(Boolean).join(" ");
    });
  };
  point.addEventListener("click", (e) => {
    const at = point.getBoundingClientRect();
    x.value = Math.round((e.clientX - at.left) / at.width * 100);
    y.value = Math.round((e.clientY - at.top) / at.height * 100);
    show();
  });
  point.classList.add("pressed-at");
  x.addEventListener("input", show);
  y.addEventListener("input", show);
}

// --- rows that can be dragged: their number fields say the order, and are what is sent
const order = $("#order");
if (order) {
  let held = null;
  const number = () => order.querySelectorAll("input[type=number]").forEach((field, at) => { field.value = (at + 1) * 10; });
  order.querySelectorAll("tr").forEach((row) => { row.draggable = true; });
  order.addEventListener("dragstart", (e) => { held = e.target.closest?.("tr"); held?.classList.add("held"); });
  order.addEventListener("dragover", (e) => {
    const row = e.target.closest("tr");
    if (!held || !row || row === held) return;
    e.preventDefault();
    const at = row.getBoundingClientRect();
    row[e.clientY > at.top + at.height / 2 ? "after" : "before"](held);
  });
  order.addEventListener("drop", (e) => e.preventDefault());
  order.addEventListener("dragend", () => { held?.classList.remove("held"); held = null; number(); });
}
}
