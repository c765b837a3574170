"""Figures for programs: marking one that was missed, and saying how a layer reads one, or that it is none."""

from django.core.exceptions import ValidationError as Refused
from rest_framework import serializers

from annotate import access, pairing
from annotate.figure_forms import MendForm
from claims import annotating
from claims.figures import mend, read
from claims.models import Act, Decision, Mention

from .decisions import DecisionSerializer
from .filters import by_choice, by_id, by_text
from .serializers import (
    MentionSerializer,
    Reference,
    Strict,
    Text,
    Whole,
    get_layer,
    get_mention,
    optional,
    readable_marks,
)
from .viewsets import Deed, RecordViewSet, Writing, dossier_of, layer_to_write


class NewFigureSerializer(Strict):
    """Words of a document that hold a figure."""

    document = Reference(access.get_document)
    dossier = Reference(access.get_dossier, **optional(help_text="Wanted where the document is in several."))
    layer = Reference(get_layer, **optional())
    start = Whole(help_text="In code points.")
    end = Whole()
    quote = Text(max_length=10_000, **optional(help_text="Checked against the text."))


class MentionViewSet(Writing, RecordViewSet):
    """Names, figures and speakers that the pipeline marked, and figures that a layer marked besides."""

    http_method_names = ["get", "post"]
    queryset = Mention.objects.all()
    serializer_class = MentionSerializer
    answer_class = MentionSerializer
    get = get_mention
    filters = {
        "document": by_id("document"),
        "project": by_id("document__project"),
        "dossier": by_id("document__places__dossier"),
        "kind": by_choice("kind", Mention.Kind),
        "layer": by_id("layer"),
        "label": by_text("label"),
    }
    orderings = ()
    ordering = ("document", "start", "end", "uuid")

    def get_queryset(self):
        return readable_marks(Mention, self.request.user).select_related("quantity")

    def get_serializer_class(self):
        return NewFigureSerializer if self.action == "create" else self.serializer_class

    def add_and_describe(self, data):
        user, document = self.request.user, data["document"]
        dossier = data["dossier"] or dossier_of(user, document)
        layer = layer_to_write(user, dossier.project, data["layer"])
        verb = f"mark the figure {data['quote'] or ''}".strip()
        with Act(actor=user, project=dossier.project, layer=layer, dossier=dossier, verb=verb) as act:
            annotating.check_place(act, document)
            place = {name: data[name] for name in ("start", "end", "quote")}
            row = pairing.mark_figure(act, document=document, **place)
        return None, MentionSerializer.represent(get_mention(user, row.pk))


class ReadFigureSerializer(Strict):
    """How a layer reads a figure."""

    outcome = serializers.ChoiceField(
        Decision.Outcome.choices, help_text="accepted: as first read; rejected: it is no figure; mended: see reading."
    )
    reading = serializers.DictField(
        child=Text(max_length=300, allow_blank=True, allow_null=True),
        required=False,
        default=dict,
        help_text="With mended, what differs of: value, value_high, modifier, kind, unit, currency, counted, period_start, period_end.",
    )
    dossier = Reference(access.get_dossier, **optional(help_text="Wanted where the document is in several."))
    layer = Reference(get_layer, **optional())
    seen = Whole(help_text="The version of the layer's decision that you saw; 0 for none.")


class ReadFigureViewSet(Deed):
    """Saying how a layer reads a figure."""

    queryset = Mention.objects.all()
    serializer_class = ReadFigureSerializer
    answer_class = DecisionSerializer
    get = get_mention

    def represent(self, row):
        return DecisionSerializer.represent(row)

    def decide(self, request, pk):
        """Mend how a figure is read, say that it is none, or that the first reading stands."""
        mention, user = self.get_object(), request.user

        def deed(data):
            dossier = data["dossier"] or dossier_of(user, mention.document)
            layer = layer_to_write(user, dossier.project, data["layer"])
            reading = None
            if data["outcome"] == Decision.Outcome.MENDED:
                reading = as_reading(data["reading"], of=mention, seen=data["seen"])
            verb = f"{DEEDS[data['outcome']]} {mention.quote}"
            with Act(actor=user, project=dossier.project, layer=layer, dossier=dossier, verb=verb) as act:
                annotating.check_place(act, mention.document)
                if mention.kind != Mention.Kind.QUANTITY:
                    raise Refused(f"“{mention.quote}” is not a figure.")
                row = mend(act, mention, seen=data["seen"], outcome=data["outcome"], reading=reading)
            return row.version, DecisionSerializer.represent(row)

        return self.answer_once(deed)


DEEDS = {"mended": "mend", "rejected": "take for no figure:", "accepted": "read as at first:"}


def as_reading(said, *, of, seen):
    """Return a mended reading as the page takes it, the rest of it as it was first read; refused in the page's words."""
    unknown = set(said) - set(MendForm.field_order)
    if unknown or not said:
        told = f"A reading has no {min(unknown)}" if unknown else "Say what is read otherwise"
        raise Refused({"reading": f"{told}; it has {', '.join(MendForm.field_order)}."})
    first = MendForm(reading=read(of, getattr(of, "quantity", None), None)).initial
    form = MendForm({**{name: value for name, value in first.items() if value is not None}, **said, "version": seen})
    if not form.is_valid():
        raise Refused({"reading": [f"{name}: {' '.join(errors)}" for name, errors in form.errors.items()]})
    return form.as_reading()
