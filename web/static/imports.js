// Step 1 of an import: a file that is too large is told before it is sent.
"use strict";
{
const form = document.getElementById("import-file"), file = document.getElementById("file"), said = document.getElementById("too-large");
const isTooLarge = () => [...file.files].some((one) => one.size > Number(form.dataset.most));
const tell = () => {
  said.hidden = !isTooLarge();
  said.textContent = said.hidden ? "" : form.dataset.tooLarge;
};
file.addEventListener("change", tell);
form.addEventListener("submit", (e) => {
  tell();
  if (isTooLarge()) { e.preventDefault(); file.focus(); }
});
}
