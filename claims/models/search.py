"""The index that a search reads: the words of documents, claims, links and citations, on either database."""

from django.apps import apps
from django.db import models

from claims import words

SQLITE_INDEX = "claims_searchindex"


class WordsField(models.TextField):
    """Words in order: a tsvector on PostgreSQL, text under an FTS5 index on SQLite. Written as a list, never read."""

    description = "Indexed words"

    def db_type(self, connection):
        return "tsvector" if connection.vendor == "postgresql" else super().db_type(connection)

    def get_db_prep_value(self, value, connection, prepared=False):
        if value is None or isinstance(value, str):
            return value
        if connection.vendor != "postgresql":
            return " ".join(value)
        places = {}
        for position, word in enumerate(value, 1):
            # PostgreSQL keeps at most 256 places of a word and refuses words of 2 KB.
            places.setdefault(word[:500], []).append(position)
        return " ".join(f"'{word}':{','.join(map(str, found[:255]))}" for word, found in places.items())

    def get_prep_value(self, value):
        return value


@WordsField.register_lookup
class Matches(models.Lookup):
    """``words__matches=[Asked, …]``: rows that hold everything that was asked."""

    lookup_name = "matches"
    prepare_rhs = False

    def get_db_prep_lookup(self, value, connection):
        return "%s", [words.to_tsquery(value)]

    def as_postgresql(self, compiler, connection):
        column, parameters = self.process_lhs(compiler, connection)
        return f"{column} @@ (%s)::tsquery", [*parameters, words.to_tsquery(self.rhs)]

    def as_sqlite(self, compiler, connection):
        quote = connection.ops.quote_name
        row = f"{quote(self.lhs.alias)}.{quote('id')}"
        query = words.to_fts5(self.rhs)
        return f"{row} IN (SELECT rowid FROM {SQLITE_INDEX} WHERE {SQLITE_INDEX} MATCH %s)", [query]


# {model name: columns whose words are searched}
SEARCHED = {
    "document": ("title", "text"),
    "claim": ("quote", "wording"),
    "link": ("note",),
    "citation": ("title", "quote", "note"),
}


class SearchEntryQuerySet(models.QuerySet):
    def index(self, kind, rows, *, project, are_new=True):
        """Write the words of ``rows``, [{column: value}, …] with uuid and layer_id, in place of what was there.

        A long text takes several entries. Rows without words have none.
        """
        if not are_new:
            self.filter(object_id__in=[row["uuid"] for row in rows]).delete()
        if entries := entries_of(kind, rows, project=project):
            self.bulk_create(SearchEntry(**entry) for entry in entries)


def entries_of(kind, rows, *, project):
    """Return [{column: value}, …] of the entries that hold the words of ``rows``."""
    return [
        {
            "kind": kind,
            "object_id": row["uuid"],
            "part": part,
            "project_id": project,
            "layer_id": row.get("layer_id"),
            "words": found,
        }
        for row in rows
        for part, found in enumerate(words.parts_of("\n".join(row[name] for name in SEARCHED[kind] if row.get(name))))
        if found
    ]


class SearchEntry(models.Model):
    """The words of one row, or of one part of a long one. Written with the row, by Act and by imports."""

    kind = models.TextField()
    object_id = models.UUIDField()
    part = models.PositiveIntegerField(default=0)
    # Without indexes of their own: rows are found by their words, and written by the thousand.
    project = models.ForeignKey("claims.Project", on_delete=models.CASCADE, related_name="+", db_index=False)
    layer = models.ForeignKey(
        "claims.Layer", null=True, blank=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    words = WordsField()

    objects = SearchEntryQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["object_id", "part"], name="one_entry_a_part")]

    def __str__(self):
        return f"{self.kind} {self.object_id}"


def create_sqlite_index(cursor):
    """Create the FTS5 table over the entries; triggers keep it in step, see claims/triggers.py."""
    cursor.execute(
        f"CREATE VIRTUAL TABLE IF NOT EXISTS {SQLITE_INDEX} USING fts5("
        "words, content='claims_searchentry', content_rowid='id', columnsize=0, tokenize=\"ascii tokenchars '.'\")"
    )


def reindex(project):
    """Write every entry of a project anew; what verify proposes where the index and the rows differ."""
    SearchEntry.objects.filter(project=project).delete()
    owner = {"document": "project", "claim": "layer__project", "link": "layer__project", "citation": "layer__project"}
    for kind, columns in SEARCHED.items():
        model = apps.get_model("claims", kind)
        layer = [] if kind == "document" else ["layer_id"]
        rows = model._base_manager.filter(**{owner[kind]: project}).values("uuid", *layer, *columns)
        batch = []
        for row in rows.iterator(chunk_size=500):
            batch.append(row)
            if len(batch) == 500:
                SearchEntry.objects.index(kind, batch, project=project.pk)
                batch = []
        SearchEntry.objects.index(kind, batch, project=project.pk)
