// Selected words go where they are wanted: to the form in the card that takes them, else to the bar that marks them.
"use strict";

let lastSelection = null;

function fill(form, found) {
  for (const name of ["document", "start", "end", "quote"]) {
    const field = form.elements[name];
    if (field && field.type === "hidden") field.value = found ? found[name] : "";
  }
}

function panesShown(form) {
  const shown = [...document.querySelectorAll(".pane")].map((pane) => pane.dataset.document);
  form.elements.left.value = shown[0] || "";
  form.elements.right.value = shown[1] || "";
}

function offerMarks(found, rectangle) {
  const bar = document.getElementById("selection");
  if (!bar) return;
  bar.hidden = !found;
  if (!found) return;
  fill(bar, found);
  panesShown(bar);
  bar.elements.request_id.value = crypto.randomUUID ? crypto.randomUUID() : String(Math.random()).slice(2);
  const width = bar.offsetWidth;
  const left = Math.min(Math.max(8, rectangle.left + window.scrollX), window.scrollX + document.documentElement.clientWidth - width - 8);
  bar.style.setProperty("--left", `${left}px`);
  bar.style.setProperty("--top", `${rectangle.bottom + window.scrollY + 8}px`);
}

function takeSelection() {
  const selection = document.getSelection();
  const found = Offsets.selected(selection);
  const taking = document.querySelector("#card [data-takes=selection]");
  if (taking && found) {
    fill(taking, found);
    const shown = taking.querySelector("[data-taken]");
    if (shown) {
      shown.hidden = false;
      taking.querySelector("[data-untaken]").hidden = true;
      shown.querySelector("q").textContent = selection.toString();
    }
    if (taking.id === "citing") return offerMarks(null);
  }
  lastSelection = found;
  offerMarks(found, found && selection.getRangeAt(0).getBoundingClientRect());
}

function takeCaret() {
  const selection = document.getSelection();
  const form = document.querySelector("#card [data-takes=caret]");
  if (!form || !selection.rangeCount || !selection.isCollapsed) return;
  const at = Offsets.of(selection.anchorNode, selection.anchorOffset);
  if (at !== null) form.elements.at.value = at;
}

document.addEventListener("pointerup", () => setTimeout(takeSelection));
document.addEventListener("keyup", (event) => {
  if (event.shiftKey || event.key === "Shift") takeSelection();
});
document.addEventListener("selectionchange", takeCaret);

document.addEventListener("htmx:afterSwap", () => {
  if (lastSelection && document.getElementById("notice").querySelector(".error")) return;
  lastSelection = null;
  offerMarks(null);
});

// A click on a claim in the text: the target, when the card asks for one; else what the card shows next.
document.addEventListener("click", (event) => {
  const marked = event.target.closest(".txt [data-m]");
  if (!marked || !document.getSelection().isCollapsed) return;
  const names = marked.dataset.m.split(" ");
  const name = names[names.length - 1];
  const link = document.querySelector(`.gutter [data-name="${name}"]`);
  if (!link) return;
  const picking = document.querySelector("#card form[data-picks]");
  if (picking && name !== document.getElementById("card").dataset.focus) {
    const kind = link.classList.contains("name") ? "claim" : "suggestion";
    const button = document.createElement("button");
    button.name = picking.dataset.picks;
    button.value = `${kind}:${new URL(link.href).searchParams.get("on")}`;
    button.hidden = true;
    picking.append(button);
    button.click();
    return;
  }
  if (!document.querySelector("#card [data-takes=caret]")) link.click();
});

// The bar goes along with the words, and goes when they are no longer selected: no key acts on what is not lit.
document.addEventListener("scroll", (event) => {
  if (event.target.classList && event.target.classList.contains("pane") && lastSelection) {
    offerMarks(lastSelection, document.getSelection().getRangeAt(0).getBoundingClientRect());
  }
}, true);
document.addEventListener("selectionchange", () => {
  if (lastSelection && document.getSelection().isCollapsed) {
    lastSelection = null;
    offerMarks(null);
  }
});
