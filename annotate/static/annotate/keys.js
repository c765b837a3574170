// One key, one decision: a key does what the element that carries it in data-key does, as if it had been clicked.
"use strict";

function typed(event) {
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code);
  // Letters go by what is printed on the key; on a keyboard without Latin letters by where the key is.
  const letter = /^[a-z]$/i.test(event.key) ? event.key.toLowerCase() : (/^Key([A-Z])$/.exec(event.code) || [])[1]?.toLowerCase();
  const key = digit ? digit[1] : letter || event.key;
  const mod = event.ctrlKey || event.metaKey ? "Mod+" : "";
  const shift = event.shiftKey && (digit || letter) ? "Shift+" : "";
  return mod + shift + key;
}

function carrier(key) {
  const seen = (element) => element.getClientRects().length && !element.disabled;
  const among = (root) => root && [...root.querySelectorAll(`[data-key~="${CSS.escape(key)}"]`)].find(seen);
  const bar = document.getElementById("selection");
  return (bar && !bar.hidden && among(bar)) || among(document.getElementById("card")) || among(document.getElementById("status"));
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.altKey || event.repeat) return;
  const dialog = document.querySelector("dialog[open]");
  if (dialog) return;
  const field = event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select");
  if (field) {
    if (event.key === "Escape") field.blur();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && field.form) field.form.requestSubmit();
    return;
  }
  const key = typed(event);
  const onControl = event.target.closest("a, button, summary, label, input");
  if (key === "Enter" && onControl && !Caret.on) return;
  if (key === "Mod+Enter") {
    document.querySelector("#card form.labels, #card form.stack")?.requestSubmit();
    return;
  }
  const found = carrier(key);
  if (found) {
    event.preventDefault();
    found.click();
  } else if (key === document.body.dataset.caretKey || key === "m") {
    event.preventDefault();
    Caret.start();
  } else if (key === "v") {
    document.querySelector("[data-splits]")?.click();
  } else if (key === "Backspace") {
    event.preventDefault();
    Follow.back();
  }
});

document.addEventListener("click", (event) => {
  const opens = event.target.closest("[data-opens]");
  const closes = event.target.closest("[data-closes]");
  if (opens) document.getElementById(opens.dataset.opens).showModal();
  if (closes) document.getElementById(closes.dataset.closes).close();
});

// The button that links several together shows while something is ticked.
function showTicked() {
  const form = document.getElementById("pairing");
  if (form) form.querySelector(".ticked").hidden = !form.querySelector("input[type=checkbox]:checked");
}

document.addEventListener("change", showTicked);
document.addEventListener("DOMContentLoaded", showTicked);
document.addEventListener("htmx:load", showTicked);
