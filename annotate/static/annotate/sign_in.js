// Signs in at once where the link says so after its "#". Previews and mail filters never see that part of an address,
// so a link that they opened is not spent.
"use strict";

if (location.hash === "#now") {
  // Coming back to this page with the browser's button must not send it again.
  history.replaceState(null, "", location.pathname + location.search);
  document.getElementById("by-link").requestSubmit();
}
