// Facets with many labels: type to filter, Enter ticks the first that is left; every tick is saved at once.
"use strict";

function filter(field) {
  const wanted = field.value.toLowerCase();
  field.closest("details").querySelectorAll(".ticks label").forEach((label) => {
    label.hidden = !label.textContent.toLowerCase().includes(wanted);
  });
}

document.addEventListener("input", (event) => {
  if (event.target.matches(".filter")) filter(event.target);
});

document.addEventListener("keydown", (event) => {
  if (!event.target.matches(".filter") || event.key !== "Enter") return;
  event.preventDefault();
  if (!event.target.value.trim()) {
    event.target.blur();
    document.querySelector("#card .foot .primary")?.click();
    return;
  }
  const box = event.target.closest("details").querySelector(".ticks label:not([hidden]) input");
  if (box) box.click();
});

document.addEventListener("change", (event) => {
  const form = event.target.closest("form.labels");
  if (!form || !event.target.matches(".ticks input, #note, #secondary")) return;
  const facet = event.target.closest("[data-facet]");
  if (facet) {
    const opened = document.createElement("input");
    opened.type = "hidden";
    opened.name = "facet";
    opened.value = facet.dataset.facet;
    form.append(opened);
  }
  if (form.querySelector("[name=facets]")) form.requestSubmit();
});

function focusFilter() {
  const field = document.querySelector("#card details[open] .filter");
  if (field && !field.closest("form").contains(document.activeElement)) field.focus({ preventScroll: true });
}

document.addEventListener("toggle", (event) => {
  if (event.target.matches && event.target.matches("#card details[open]")) {
    const field = event.target.querySelector(".filter, input:not([type=hidden])");
    if (field) field.focus({ preventScroll: true });
  }
}, true);
document.addEventListener("htmx:afterSettle", focusFilter);
