"""Dossiers for programs: starting, changing and deleting them, and confirming who is on which side."""

from django.core.exceptions import ValidationError as Refused
from rest_framework import serializers

from annotate import access
from annotate.access import require
from claims import assigning
from claims.dossiers import delete_dossier, save_dossier, set_up, start_dossier
from claims.models import Act, Dossier, DossierActor, Exclusion, Project, Side

from .filters import by_id
from .serializers import Choice, DossierSerializer, Identifier, PlaceSerializer, Strict, Text
from .viewsets import Deed, RecordViewSet, Writing, layer_to_write


class DossierViewSet(Writing, RecordViewSet):
    """Disputes, each with its documents and who is on which side."""

    http_method_names = ["get", "post", "patch", "delete"]
    queryset = Dossier.objects.all()
    serializer_class = DossierSerializer
    get = access.get_dossier
    filters = {"project": by_id("project"), "document": by_id("places__document")}
    orderings = ("created_at", "title")
    noun = "dossier"

    def get_queryset(self):
        return super().get_queryset().prefetch_related("places", "parties")

    def add(self, data):
        user, project = self.request.user, data.pop("project")
        require(user, "change_dossier", project)
        places, parties = sides_in(data, project)
        with Act(actor=user, project=project) as act:
            return start_dossier(act, data.pop("title"), places or [], parties=parties or [], **self.free_uuid(data))

    def require_may_write(self, row):
        require(self.request.user, "change_dossier", row.project)

    def act_on(self, row, verb):
        return Act(actor=self.request.user, project=row.project, verb=verb)

    def alter(self, act, row, version, values):
        places, parties = sides_in(values, row.project)
        if places is None:
            places = list(row.places.values_list("document", "side"))
        save_dossier(act, row, seen=version, title=values.get("title", row.title), places=places, parties=parties)

    def remove(self, act, row, version):
        delete_dossier(act, row, seen=version)


def sides_in(data, project):
    """Return the (id, side) of the documents and of the actors that a request names; None where it names none."""
    found = []
    for name, sides in (("document", Side), ("actor", DossierActor.Side)):
        rows = data.pop(f"{name}s", None)
        if rows is not None:
            check_sides(name, rows, project, sides)
            rows = [(row[name].pk, row["side"]) for row in rows]
        found.append(rows)
    return found


def check_sides(name, rows, project, sides):
    """Refuse documents or actors of another project, named twice, or on a side there is not."""
    found = [row[name] for row in rows]
    if any(row.project_id != project.pk for row in found):
        raise Refused({f"{name}s": f"That {name} belongs to another project."})
    if len({row.pk for row in found}) < len(found):
        raise Refused({f"{name}s": f"The same {name} stands there twice."})
    check_choices(f"{name}s", rows, sides)


def check_choices(field, rows, sides):
    for row in rows:
        if row["side"] not in sides.values:
            raise Refused({field: f"{row['side']!r} is not a side; known are {', '.join(sides.values)}."})


class PersonSerializer(Strict):
    name = Text(max_length=500, help_text="One who is new here becomes an actor.")
    side = Choice(DossierActor.Side)


class SetUpSerializer(Strict):
    """Who is on which side, and what is not the story; what is left out stays as it is."""

    documents = PlaceSerializer(many=True, required=False, max_length=1000)
    people = PersonSerializer(many=True, required=False, max_length=1000)
    work = Text(max_length=1000, required=False, help_text="The title of a report they answer, whose text is not here.")
    left_out = serializers.ListField(
        child=Identifier(),
        required=False,
        max_length=10_000,
        help_text="The exclusions that are left out, all others kept; where this is missing, all that are not kept.",
    )


class SetUpViewSet(Deed):
    """Confirming the set-up of a dossier."""

    queryset = Dossier.objects.all()
    get = access.get_dossier
    serializer_class = SetUpSerializer
    answer_class = DossierSerializer

    def set_up(self, request, pk):
        """Say who is on which side and what is left out, before annotating; may be said again."""
        dossier, user = self.get_object(), request.user
        layer = layer_to_write(user, dossier.project, None)

        def deed(data):
            said = self.checked(dossier, data)
            with Act(
                actor=user, project=dossier.project, layer=layer, dossier=dossier, verb="set the dossier up"
            ) as act:
                set_up(act, dossier, **said)
            if dossier.project.kind == Project.Kind.INDEPENDENT:
                assigning.note_work(user, dossier)
            return dossier.version, DossierSerializer.represent(dossier)

        return self.answer_once(deed)

    def checked(self, dossier, data):
        """Return what was said as ``claims.dossiers.set_up`` takes it."""
        places, people = data.get("documents", []), data.get("people", [])
        check_sides("document", places, dossier.project, Side)
        check_choices("people", people, DossierActor.Side)
        held = set(dossier.places.values_list("document", flat=True))
        if any(place["document"].pk not in held for place in places):
            raise Refused({"documents": "That document is not in the dossier."})
        names = [person["name"].strip() for person in people]
        if not all(names):
            raise Refused({"people": "Write a name."})
        exclusions = list(Exclusion.objects.live().filter(document__in=held))
        known = {row.pk for row in exclusions}
        left_out = set(data.get("left_out", (row.pk for row in exclusions if row.state != Exclusion.State.KEPT)))
        if left_out - known:
            raise Refused({"left_out": "That stretch is in no document of the dossier."})
        return {
            "sides": {place["document"].pk: place["side"] for place in places},
            "people": [(name, person["side"]) for name, person in zip(names, people, strict=True)],
            "work": data.get("work", "").strip(),
            "exclusions": exclusions,
            "left_out": left_out,
        }
