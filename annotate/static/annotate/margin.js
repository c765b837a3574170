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
  paragraph.style.setProperty("--gutter", `${free}px`);
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
document.addEventListener("htmx:oobAfterSwap", (event) => {
  const paragraph = event.detail.target.closest ? document.getElementById(event.detail.target.id) : null;
  if (paragraph && paragraph.classList.contains("para")) place(paragraph);
  if (event.detail.target.id === "panes") {
    show();
    placeAll();
  }
});
window.addEventListener("resize", placeAll);
