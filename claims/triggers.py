"""What no application bug may break, kept by small triggers on both engines.

A span lies inside its text and holds the words it says; a document's text never changes; history is append-only;
both ends of a link are in its layer. SQLite's index of words is kept in step the same way. They are dropped before migrations, since SQLite rebuilds tables, and made again
afterwards; ``missing()`` is what /readyz asks.
"""

from django.db import connections

SPANS = {
    "claims_claim": "NEW.document_id",
    "claims_mention": "NEW.document_id",
    "claims_suggestion": "NEW.document_id",
    "claims_exclusion": "NEW.document_id",
    "claims_redaction": "NEW.document_id",
    "claims_citation": "NEW.document_id",
    "claims_stretch": "(SELECT document_id FROM claims_claim WHERE uuid = NEW.claim_id)",
}
SPAN_REFUSED = "The marked words are not what stands at that place in the text."
TEXT_REFUSED = "The text of a document never changes; import a new edition."
HISTORY_REFUSED = "History is append-only."
LINK_REFUSED = "Both ends of a link belong to its layer."

SPAN_HOLDS = """EXISTS (
    SELECT 1 FROM claims_document d
    WHERE d.uuid = {document} AND NEW."end" <= d.length
      AND substr(d.text, (NEW.start + 1){int}, (NEW."end" - NEW.start){int}) = NEW.quote
)"""
LINK_HOLDS = """NOT EXISTS (
    SELECT 1 FROM claims_claim c
    WHERE c.uuid IN (NEW.response_id, NEW.target_claim_id, NEW.target_response_id) AND c.layer_id <> NEW.layer_id
)"""


def rules():
    """Yield (name, table, event, condition that must hold, message) for every trigger."""
    for table, document in SPANS.items():
        holds = SPAN_HOLDS.format(document=document, int="{int}")
        if table == "claims_citation":
            holds = f"(NEW.document_id IS NULL OR {holds})"
        columns = 'start, "end", quote' + ("" if table == "claims_stretch" else ", document_id")
        yield f"{table}_span_added", table, "INSERT", holds, SPAN_REFUSED
        yield f"{table}_span_changed", table, f"UPDATE OF {columns}", holds, SPAN_REFUSED
    yield "claims_document_text_kept", "claims_document", "UPDATE OF text, sha256, length", "NULL", TEXT_REFUSED
    yield "claims_change_kept", "claims_change", "UPDATE", "NULL", HISTORY_REFUSED
    yield "claims_change_not_deleted", "claims_change", "DELETE", "NULL", HISTORY_REFUSED
    ends = "response_id, target_claim_id, target_response_id, layer_id"
    yield "claims_link_added", "claims_link", "INSERT", LINK_HOLDS, LINK_REFUSED
    yield "claims_link_changed", "claims_link", f"UPDATE OF {ends}", LINK_HOLDS, LINK_REFUSED


# SQLite's index of words is a table of its own, kept in step with the entries it indexes.
INDEX = "claims_searchindex"
FORGET = f"INSERT INTO {INDEX}({INDEX}, rowid, words) VALUES ('delete', OLD.id, OLD.words);"
LEARN = f"INSERT INTO {INDEX}(rowid, words) VALUES (NEW.id, NEW.words);"
INDEXING = {
    "claims_searchentry_added": ("INSERT", LEARN),
    "claims_searchentry_removed": ("DELETE", FORGET),
    "claims_searchentry_changed": ("UPDATE", f"{FORGET} {LEARN}"),
}


def names_on(vendor):
    """Return {name: table} of the triggers that ``sqlite`` or ``postgresql`` should have."""
    found = {name: table for name, table, *_ in rules()}
    return found | (dict.fromkeys(INDEXING, "claims_searchentry") if vendor == "sqlite" else {})


def statements(vendor):
    """Yield the SQL that creates every trigger on ``sqlite`` or ``postgresql``."""
    if vendor == "sqlite":
        for name, (event, deed) in INDEXING.items():
            yield f"CREATE TRIGGER {name} AFTER {event} ON claims_searchentry BEGIN {deed} END"
    for name, table, event, holds, message in rules():
        fails = "1" if holds == "NULL" else f"NOT ({holds})"
        if vendor == "sqlite":
            condition = fails.replace("{int}", "")
            yield (
                f"CREATE TRIGGER {name} BEFORE {event} ON {table} WHEN {condition} "
                f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
            )
        else:
            condition = ("TRUE" if fails == "1" else fails).replace("{int}", "::int")
            yield (
                f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                f"IF {condition} THEN RAISE EXCEPTION '{message}' USING ERRCODE = 'check_violation'; END IF; "
                f"RETURN {'OLD' if event == 'DELETE' else 'NEW'}; END $$"
            )
            yield f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"


def present(connection):
    """Return the names of our triggers that the database has."""
    table = (
        "sqlite_master WHERE type = 'trigger'" if connection.vendor == "sqlite" else "pg_trigger WHERE NOT tgisinternal"
    )
    column = "name" if connection.vendor == "sqlite" else "tgname"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table}")  # noqa: S608  constants of this module
        found = {row[0] for row in cursor.fetchall()}
    return found & names_on(connection.vendor).keys()


def missing(connection):
    """Return the names of triggers that should be there and are not."""
    return names_on(connection.vendor).keys() - present(connection)


def drop(connection):
    """Remove every trigger that is there."""
    tables = names_on(connection.vendor)
    with connection.cursor() as cursor:
        for name in present(connection):
            cursor.execute(f"DROP TRIGGER {name}" + ("" if connection.vendor == "sqlite" else f" ON {tables[name]}"))


def create(connection):
    """Create every trigger anew, once all tables they read are there."""
    if not {*names_on(connection.vendor).values(), "claims_document"} <= set(connection.introspection.table_names()):
        return
    drop(connection)
    with connection.cursor() as cursor:
        for statement in statements(connection.vendor):
            cursor.execute(statement)


def drop_before_migrating(sender, using, **kwargs):
    drop(connections[using])


def create_after_migrating(sender, using, **kwargs):
    create(connections[using])
