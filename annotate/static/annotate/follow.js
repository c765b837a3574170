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

function bringIntoSight(mark) {
  const box = mark.getBoundingClientRect();
  const frame = mark.closest(".pane").getBoundingClientRect();
  const card = document.getElementById("card").getBoundingClientRect();
  const caption = document.querySelector(".tour")?.getBoundingClientRect();
  const top = Math.max(frame.top, caption ? caption.bottom : 0, 0) + 10;
  const bottom = Math.min(frame.bottom, card.left < 40 ? card.top : window.innerHeight) - 40;
  if (box.top >= top && box.bottom <= bottom) return;
  // At once: two texts cannot scroll smoothly at the same time, and a reader wants the words, not the ride.
  mark.scrollIntoView({ block: card.left < 40 && frame.height > window.innerHeight ? "start" : "center" });
}

// The focused words, and the partner's where they stand in the other text.
function follow() {
  light();
  const first = document.querySelector(".txt .focused");
  if (!first) return;
  bringIntoSight(first);
  const partner = document.querySelector(".txt .partner");
  if (partner && partner.closest(".pane") !== first.closest(".pane")) bringIntoSight(partner);
}

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id === "card" || document.getElementById("card").contains(event.target)) follow();
});
document.addEventListener("DOMContentLoaded", follow);

document.addEventListener("click", (event) => {
  const go = event.target.closest("[data-goes]");
  if (!go) return;
  event.preventDefault();
  const words = document.querySelector(`.txt [data-m~="${go.dataset.goes}"]`);
  if (!words) return;
  const pane = words.closest(".pane");
  visited.push({ pane, top: pane.scrollTop, page: window.scrollY });
  words.scrollIntoView({ block: "center" });
});

const Follow = {
  back() {
    const last = visited.pop();
    if (!last) return;
    last.pane.scrollTop = last.top;
    window.scrollTo({ top: last.page });
  },
};
