// Puts each layer's margin names beside the line they begin on, a column a layer; names of one column stack.
"use strict";

function placeNames(paragraph) {
  const gutter = paragraph.querySelector(".gutter");
  const names = [...gutter.children];
  if (!names.length) return;
  const top = paragraph.getBoundingClientRect().top;
  const wanted = names.map((name) => {
    const mark = paragraph.querySelector(`.txt [data-m~="${name.dataset.name}"]`);
    return { name, at: mark ? mark.getClientRects()[0].top - top : 0 };
  });
  wanted.sort((a, b) => a.at - b.at);
  const free = {};
  for (const { name, at } of wanted) {
    // On a narrow screen several columns share one place; they stack as if they were one.
    const column = Math.round(name.offsetLeft);
    const y = Math.max(at, free[column] || 0);
    name.style.setProperty("--y", `${y}px`);
    free[column] = y + name.offsetHeight + 2;
  }
  gutter.style.setProperty("--gutter", `${Math.max(...Object.values(free))}px`);
}

function placeReadings() {
  document.querySelectorAll(".para .gutter").forEach((gutter) => gutter.classList.add("placed"));
  document.querySelectorAll(".para").forEach(placeNames);
}

document.addEventListener("DOMContentLoaded", placeReadings);
document.addEventListener("htmx:load", (event) => {
  const fresh = event.detail.elt;
  if (fresh.id === "panes") placeReadings();
  else if (fresh.classList && fresh.classList.contains("para")) {
    fresh.querySelector(".gutter").classList.add("placed");
    placeNames(fresh);
  }
});
window.addEventListener("resize", placeReadings);

// The key of a note puts the caret into its field; Escape leaves it, and the keys work again.
document.addEventListener("keydown", (event) => {
  if (event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select") || event.ctrlKey || event.metaKey || event.altKey) return;
  const field = document.querySelector(`#card [data-focuses="${CSS.escape(event.key.toLowerCase())}"]`);
  if (!field || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  field.focus();
});
