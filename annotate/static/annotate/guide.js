// The guidelines beside the work: opened by a link or its key, put away by the same, by Escape or by Close.
"use strict";

const guide = document.getElementById("guide");
let openedBy = null;

function closeGuide() {
  guide.replaceChildren();
  if (openedBy && openedBy.isConnected) openedBy.focus({ preventScroll: true });
  else document.getElementById("card").focus({ preventScroll: true });
}

function showSection(anchor) {
  const heading = anchor && [...guide.querySelectorAll("[id]")].find((found) => found.id === anchor);
  if (heading) {
    heading.scrollIntoView({ block: "start" });
    guide.querySelectorAll(".pointed").forEach((other) => other.classList.remove("pointed"));
    heading.classList.add("pointed");
  }
}

document.addEventListener("htmx:beforeRequest", (event) => {
  if (!event.target.matches("[data-guide]")) return;
  if (guide.childElementCount && !event.target.dataset.section) {
    event.preventDefault();
    closeGuide();
  }
  openedBy = event.target;
});

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target !== guide) return;
  guide.scrollTop = 0;
  guide.focus({ preventScroll: true });
  showSection(event.detail.requestConfig.elt.dataset.section);
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-empties=guide]")) closeGuide();
  const within = event.target.closest('#guide a[href^="#"]');
  if (!within) return;
  event.preventDefault();
  showSection(decodeURIComponent(within.hash.slice(1)));
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !guide.childElementCount || document.querySelector("dialog[open]")) return;
  if (event.target.closest("input, textarea, select")) return;
  closeGuide();
});
