// What the card speaks of lights up in the text, its partners more quietly; the text scrolls only when it is out of sight.
"use strict";

const visited = [];

function light() {
  const card = document.getElementById("card");
  if (!card) return;
  document.querySelectorAll(".focused, .partner").forEach((mark) => mark.classList.remove("focused", "partner"));
  const each = (names, className) =>
    (names || "").split(" ").filter(Boolean).forEach((name) =>
      document.querySelectorAll(`[data-m~="${name}"], .gutter [data-name="${name}"]`).forEach((mark) => mark.classList.add(className)));
  each(card.dataset.partners, "partner");
  each(card.dataset.focus, "focused");
}

function follow() {
  light();
  const first = document.querySelector(".txt .focused");
  if (!first) return;
  const box = first.getBoundingClientRect();
  const low = document.getElementById("card").getBoundingClientRect();
  const floor = low.top > 200 && low.left < 40 ? low.top : window.innerHeight - 60;
  if (box.top < 90 || box.bottom > floor) {
    first.scrollIntoView({ block: "center", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  }
}

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id === "card" || document.getElementById("card").contains(event.target)) follow();
});
document.addEventListener("DOMContentLoaded", follow);

document.addEventListener("click", (event) => {
  const go = event.target.closest("[data-goes]");
  if (!go) return;
  event.preventDefault();
  visited.push(window.scrollY);
  const words = document.querySelector(`.txt [data-m~="${go.dataset.goes}"]`);
  if (words) words.scrollIntoView({ block: "center" });
});

const Follow = {
  back() {
    if (visited.length) window.scrollTo({ top: visited.pop() });
  },
};
