"""Deeds on one annotation that are more than a change of its fields: splitting a claim, withholding figures."""

from django.core.exceptions import ValidationError as Refused
from django.http import Http404
from rest_framework import serializers

from annotate import access
from claims import annotating
from claims.figures import figures_answered
from claims.models import Claim, Link

from .serializers import ClaimSerializer, LinkSerializer, NamedSerializer, NothingSerializer, Strict, Whole
from .viewsets import AnnotationViewSet


class SplitSerializer(Strict):
    """Where a claim is cut."""

    at = Whole(help_text="The first code point of the second part.")
    seen = Whole(help_text="The claim's version that you saw.")


class SplitClaimSerializer(serializers.Serializer):
    """The claim, which keeps its name and links, and the new one made of its second part."""

    first = NamedSerializer()
    second = NamedSerializer()


class SplitViewSet(AnnotationViewSet):
    """Cutting a claim in two."""

    http_method_names = ["post"]
    queryset = Claim.objects.all()
    get = access.get_claim
    serializer_class = SplitSerializer
    answer_class = SplitClaimSerializer
    filters = {}
    orderings = ()

    def represent(self, row):
        return ClaimSerializer.represent(row)

    def split(self, request, pk):
        """Cut a claim in two. White space around the cut belongs to neither part."""
        claim = self.get_object()
        self.require_may_write(claim)

        def deed(data):
            with self.act_on(claim, f"split {claim.name}") as act:
                second = annotating.split(act, claim, seen=data["seen"], at=data["at"])
                act.verb = f"split {claim.name} into {claim.name} and {second.name}"
            parts = {"first": claim, "second": second}
            told = {key: {"id": str(row.pk), "name": row.name, "version": row.version} for key, row in parts.items()}
            return None, told

        return self.answer_once(deed)


class WithheldSerializer(Strict):
    """What was recorded."""

    comparisons = serializers.ListField(child=serializers.UUIDField(), read_only=True)


class WithholdViewSet(AnnotationViewSet):
    """Recording that a response withholds the figures of the claim it answers."""

    http_method_names = ["post"]
    queryset = Link.objects.all()
    get = access.get_link
    serializer_class = NothingSerializer
    answer_class = WithheldSerializer
    filters = {}
    orderings = ()

    def represent(self, row):
        return LinkSerializer.represent(row)

    def withhold(self, request, pk):
        """Record “withheld” for every figure of the answered claim that has no outcome in this link yet."""
        link = self.get_object()
        self.require_may_write(link)
        if link.target_claim_id is None:
            raise Http404("That response answers no claim.")

        def deed(data):
            claim = link.target_claim
            with self.act_on(link, f"{link.response.name} withholds the figures of {claim.name}") as act:
                made = annotating.withhold(act, [link], figures=figures_answered(link))
                if not made:
                    raise Refused(f"Every figure of {claim.name} has an outcome in {link.response.name}.")
            return None, {"comparisons": [str(row.pk) for row in made]}

        return self.answer_once(deed)
