// "/" goes to the search from every page, unless somebody is writing.
"use strict";

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable]") || document.querySelector("dialog[open]")) return;
  const field = document.getElementById("id_q") || document.getElementById("search-words");
  if (!field) return;
  event.preventDefault();
  field.focus();
  field.select();
});
