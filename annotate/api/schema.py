"""The OpenAPI document: what drf-spectacular cannot read off the views by itself."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from . import errors, serializers

VERSION = OpenApiParameter(
    "ETag", str, OpenApiParameter.HEADER, response=[200, 201], description='The version, such as "3".'
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    {"type": "string", "pattern": '^(W/)?"[0-9]{1,9}"$'},
    OpenApiParameter.HEADER,
    required=True,
    description="The version you saw.",
)
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "maxLength": 200, "pattern": "^[ -~]*$"},
    OpenApiParameter.HEADER,
    description="The same request sent again under the same key does nothing and gets the same answer, for 24 hours.",
)
REFUSALS = {
    "GET": [400, 401, 404],
    "POST": [400, 401, 403, 404, 412, 413, 415, 422],
    "PUT": [400, 401, 403, 404, 412, 413, 415, 422, 428],
    "PATCH": [400, 401, 403, 404, 412, 413, 415, 422, 428],
    "DELETE": [400, 401, 403, 404, 412, 422, 428],
}


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "annotate.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema):
        return {"type": "http", "scheme": "bearer", "description": "“Token” works in the place of “Bearer” too."}


class Schema(AutoSchema):
    """Adds versions, request ids and refusals to every operation."""

    def get_override_parameters(self):
        if self.method == "POST":
            return [IDEMPOTENCY_KEY, VERSION]
        if self.method in ("PUT", "PATCH", "DELETE"):
            return [IF_MATCH, VERSION]
        asked = getattr(self.view, "asked", {})
        return [OpenApiParameter(name, str, many=True, description=told) for name, told in asked.items()]

    def get_response_serializers(self):
        if self.method == "POST":
            # Whatever a POST does, it is answered as what was made of it.
            return {201: getattr(self.view, "answer_class", None) or self._get_serializer()}
        if getattr(self.view, "action", "") == "file":
            return {(200, "application/octet-stream"): OpenApiTypes.BINARY}
        return super().get_response_serializers()

    def _get_response_bodies(self, direction="response"):
        answers = super()._get_response_bodies(direction)
        for code in REFUSALS[self.method]:
            answers[str(code)] = {
                **self._get_response_for_code(serializers.ProblemSerializer, str(code), [errors.CONTENT_TYPE]),
                "description": errors.TITLES[code][1],
            }
        return answers

    def _map_serializer(self, serializer, direction, bypass_extensions=False):
        found = super()._map_serializer(serializer, direction, bypass_extensions)
        if direction == "request" and isinstance(serializer, serializers.Strict):
            # Names we do not know are refused, so that a misspelt one is not lost.
            found["additionalProperties"] = False
        return found
