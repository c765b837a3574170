// Shows the OpenAPI document, with the caller's own session to try things out.
const place = document.getElementById("api");

function token() {
  const cookie = document.cookie.split("; ").find((part) => part.startsWith("csrftoken="));
  return cookie ? decodeURIComponent(cookie.slice("csrftoken=".length)) : "";
}

SwaggerUIBundle({
  domNode: place,
  url: place.dataset.schema,
  deepLinking: true,
  docExpansion: "none",
  // The schema is our own and small; asking another server whether it is valid would tell it who reads here.
  validatorUrl: null,
  requestInterceptor(request) {
    if (new URL(request.url, location.href).origin === location.origin) request.headers["X-CSRFToken"] = token();
    return request;
  },
});
