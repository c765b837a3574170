"""What a layer makes of what the pipeline saw: suggested claims accepted, mended or rejected."""

from django.shortcuts import get_object_or_404
from rest_framework import serializers

from annotate import access
from claims import annotating
from claims.models import Act, Claim, Decision, Layer, Suggestion

from .filters import by_choice, by_id
from .serializers import (
    Choice,
    ClaimSerializer,
    Day,
    Place,
    RecordSerializer,
    Reference,
    SpanSerializer,
    Strict,
    Text,
    Whole,
    get_layer,
    get_suggestion,
)
from .viewsets import Deed, RecordViewSet, dossier_of, layer_to_write, parts_of, undecided


def visible_to(user):
    """Decisions of the layers this person may read."""
    return Decision.objects.live().filter(layer__in=Layer.objects.readable_by(user).values("pk"))


def get_decision(user, pk):
    return get_object_or_404(visible_to(user).select_related("layer__project"), pk=pk)


class DecisionSerializer(RecordSerializer):
    """What one layer decided on a suggestion, or on how a figure is read."""

    uuid = None
    layer = serializers.UUIDField(source="layer_id", read_only=True)
    suggestion = serializers.UUIDField(source="suggestion_id", read_only=True, allow_null=True)
    mention = serializers.UUIDField(source="mention_id", read_only=True, allow_null=True, help_text="A figure.")
    outcome = serializers.ChoiceField(Decision.Outcome.choices, read_only=True)
    reading = serializers.DictField(read_only=True, help_text="A mended figure; decimals are text.")


class DecisionViewSet(RecordViewSet):
    """What the layers you may read decided on suggestions and figures."""

    queryset = Decision.objects.all()
    serializer_class = DecisionSerializer
    get = get_decision
    filters = {
        "project": by_id("layer__project"),
        "layer": by_id("layer"),
        "suggestion": by_id("suggestion"),
        "mention": by_id("mention"),
        "outcome": by_choice("outcome", Decision.Outcome),
    }

    def get_queryset(self):
        return visible_to(self.request.user)


class WhereSerializer(Strict):
    """In which dossier, and in which layer."""

    dossier = Place(access.get_dossier, required=False, help_text="Needed where the document stands in several.")
    layer = Place(get_layer, required=False, help_text="The layer you work in, unless you name one.")


class AcceptSerializer(WhereSerializer):
    """What is said otherwise than it was suggested. ``{}`` takes the suggestion as it is."""

    role = Choice(Claim.Role, required=False)
    start = Whole(required=False)
    end = Whole(required=False)
    quote = Text(max_length=None, required=False, help_text="Checked against the text if sent.")
    stretches = SpanSerializer(many=True, required=False, max_length=1000)
    kind = Choice(Claim.Kind, required=False)
    speaker = Reference(access.get_actor, required=False, allow_null=True, help_text="Null means the narrator.")
    reporter = Reference(access.get_actor, required=False, allow_null=True)
    speech = Choice(Claim.Speech, required=False)
    period_start = Day(required=False, allow_null=True)
    period_end = Day(required=False, allow_null=True)
    wording = Text(required=False, allow_blank=True)


class SuggestionDeedViewSet(Deed):
    """Deeds on one suggestion, in the layer that one works in unless another is named."""

    queryset = Suggestion.objects.all()
    get = get_suggestion

    def answer_in_layer(self, verb, deed):
        """Answer with what ``deed(act, row, data)`` makes of the suggestion in the layer that the request names."""
        suggestion, user = self.get_object(), self.request.user
        layer_to_write(user, suggestion.document.project, None)

        def decide(data):
            dossier = data.pop("dossier", None) or dossier_of(user, suggestion.document)
            layer = layer_to_write(user, dossier.project, data.pop("layer", None))
            row = undecided(user, dossier, layer, suggestion)
            with Act(actor=user, project=dossier.project, layer=layer, dossier=dossier, verb=verb) as act:
                made = deed(act, row, data)
            return made.version, self.answer_class.represent(made)

        return self.answer_once(decide)


class AcceptViewSet(SuggestionDeedViewSet):
    """Accepting a suggested claim."""

    serializer_class = AcceptSerializer
    answer_class = ClaimSerializer

    def accept(self, request, pk):
        """Make a suggested claim a claim of the layer, as it was suggested or mended."""

        def deed(act, row, data):
            if "stretches" in data:
                data["stretches"] = parts_of(data)
            claim = annotating.accept(act, row, **{"role": row.role, **data})
            act.verb = f"accept {claim.name}"
            return claim

        return self.answer_in_layer("accept", deed)


class RejectViewSet(SuggestionDeedViewSet):
    """Rejecting a suggested claim."""

    serializer_class = WhereSerializer
    answer_class = DecisionSerializer

    def reject(self, request, pk):
        """Say that a suggestion is no claim; the layer is not asked again."""

        def deed(act, row, data):
            return annotating.decide(act, Decision.Outcome.REJECTED, suggestion=row)

        return self.answer_in_layer("reject a suggested claim", deed)
