// A caret in the text for those who mark without a mouse: arrows move it, Shift extends, Ctrl goes by word, Alt by sentence.
"use strict";

const Caret = {
  on: false,

  start() {
    const focus = document.getElementById("card").dataset.focus.split(" ")[0];
    const text = (focus && document.querySelector(`.txt [data-m~="${focus}"]`)) || firstVisibleText();
    if (!text) return;
    const node = document.createTreeWalker(text, NodeFilter.SHOW_TEXT).nextNode();
    if (!node) return;
    document.getSelection().collapse(node, 0);
    text.closest(".reading").focus({ preventScroll: true });
    document.getSelection().collapse(node, 0);
    Caret.on = true;
    Caret.draw();
  },

  stop() {
    Caret.on = false;
    document.querySelectorAll(".caret").forEach((line) => line.remove());
  },

  move(event) {
    const direction = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "backward", ArrowDown: "forward" }[event.key];
    const lines = event.key === "ArrowUp" || event.key === "ArrowDown";
    const unit = event.altKey ? "sentence" : event.ctrlKey || event.metaKey ? "word" : lines ? "line" : "character";
    const way = lines || event.altKey ? (event.key === "ArrowLeft" || event.key === "ArrowUp" ? "backward" : "forward") : direction;
    if (unit === "sentence") sentence(way, event.shiftKey);
    else document.getSelection().modify(event.shiftKey ? "extend" : "move", way, unit);
    Caret.draw();
  },

  draw() {
    document.querySelectorAll(".caret").forEach((line) => line.remove());
    const selection = document.getSelection();
    if (!selection.focusNode || !selection.focusNode.parentElement.closest(".txt")) return;
    const range = document.createRange();
    range.setStart(selection.focusNode, selection.focusOffset);
    range.collapse(true);
    const box = range.getClientRects()[0] || selection.focusNode.parentElement.getBoundingClientRect();
    const line = document.createElement("i");
    line.className = "caret";
    line.style.setProperty("--left", `${box.left + window.scrollX}px`);
    line.style.setProperty("--top", `${box.top + window.scrollY}px`);
    line.style.setProperty("--height", `${box.height}px`);
    document.body.append(line);
    if (box.bottom > window.innerHeight - 80 || box.top < 80) line.scrollIntoView({ block: "center" });
  },
};

function firstVisibleText() {
  return [...document.querySelectorAll(".txt")].find((text) => text.getBoundingClientRect().bottom > 120);
}

// Browsers differ in what they call a sentence, so its ends are found here, within the paragraph.
function sentence(way, extend) {
  const selection = document.getSelection();
  const text = selection.focusNode.parentElement.closest(".txt");
  const words = text.textContent;
  const before = document.createRange();
  before.selectNodeContents(text);
  before.setEnd(selection.focusNode, selection.focusOffset);
  const at = before.toString().length;
  const ends = [0, ...[...words.matchAll(/[.!?]["”’)]*\s+/g)].map((found) => found.index + found[0].length), words.length];
  const to = way === "forward" ? ends.find((end) => end > at) : [...ends].reverse().find((end) => end < at);
  if (to === undefined) return selection.modify(extend ? "extend" : "move", way, "line");
  const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
  let left = to;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (left <= node.length) {
      if (extend) selection.extend(node, left);
      else selection.collapse(node, left);
      return undefined;
    }
    left -= node.length;
  }
  return undefined;
}

document.addEventListener("keydown", (event) => {
  if (!Caret.on) return;
  if (event.key.startsWith("Arrow")) {
    event.preventDefault();
    Caret.move(event);
  } else if (event.key === "Escape") Caret.stop();
});
document.addEventListener("pointerdown", Caret.stop);
document.addEventListener("htmx:afterSwap", Caret.stop);
