// Says in #notice what went wrong with a request; what the person had on the screen stays there.
"use strict";

function say(sentence) {
  const line = document.createElement("p");
  line.className = "error";
  line.textContent = sentence;
  document.getElementById("notice").replaceChildren(line);
}

document.addEventListener("htmx:sendError", () => {
  document.body.dataset.saving = "failed";
  say("The server did not answer. What you entered is still here; try again when you are connected.");
});

document.addEventListener("htmx:responseError", (event) => {
  const { status, responseText } = event.detail.xhr;
  document.body.dataset.saving = "failed";
  const page = new DOMParser().parseFromString(responseText, "text/html");
  const told = page.querySelector("[data-sentence]");
  say(told ? told.textContent : `The server refused this (${status}). What you entered is still here.`);
});

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.requestConfig.verb !== "get") document.body.dataset.saving = "busy";
});

document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.requestConfig.verb === "get") return;
  // htmx calls a 422 or 409 successful, since its answer is shown; nothing was saved all the same.
  if (event.detail.xhr.status >= 400) {
    document.body.dataset.saving = "failed";
    document.querySelectorAll(".saved").forEach((line) => (line.textContent = "not saved"));
  } else if (event.detail.successful) {
    document.body.dataset.saving = "saved";
    document.querySelectorAll("#notice .error, #notice .overtaken").forEach((line) => line.remove());
  }
});
