// Puts each margin name beside the line its claim begins on; crowded names stack. Also the switches of what is shown.
"use strict";

function place(paragraph) {
  const gutter = paragraph.querySelector(".gutter");
  const names = [...gutter.children];
  if (!names.length) return;
  const top = paragraph.getBoundingClientRect().top;
  const wanted = names.map((name) => {
    const mark = paragraph.querySelector(`.txt [data-m~="${name.dataset.name}"]`);
    return { name, at: mark ? mark.getClientRects()[0].top - top : 0 };
  });
  wanted.sort((a, b) => a.at - b.at);
  let free = 0;
  for (const { name, at } of wanted) {
    const y = Math.max(at, free);
    name.style.setProperty("--y", `${y}px`);
    free = y + name.offsetHeight + 2;
  }
  gutter.classList.add("placed");
  // On the gutter, which has no id: htmx copies the attributes of elements with one, and the CSP refuses a copied style.
  gutter.style.setProperty("--gutter", `${free}px`);
}

function placeAll() {
  document.querySelectorAll(".para").forEach(place);
}

function show() {
  document.querySelectorAll("[data-toggle]").forEach((box) => {
    const kept = localStorage.getItem(`show-${box.dataset.toggle}`);
    if (kept !== null) box.checked = kept === "1";
    document.getElementById("panes").classList.toggle(`no-${box.dataset.toggle}`, !box.checked);
  });
}

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-toggle]")) return;
  localStorage.setItem(`show-${event.target.dataset.toggle}`, event.target.checked ? "1" : "0");
  show();
});
document.addEventListener("DOMContentLoaded", () => {
  show();
  placeAll();
});
document.addEventListener("htmx:load", (event) => {
  const fresh = event.detail.elt;
  if (fresh.id === "panes") {
    show();
    placeAll();
  } else if (fresh.classList && fresh.classList.contains("para")) place(fresh);
});
window.addEventListener("resize", placeAll);
