"""Every format a project can be written in or read from: one module each, one table.

A module holds ``NAME``, ``LABEL``, ``SUFFIX``, ``MEDIA_TYPE``; ``LOSES``, sentences on what it cannot carry; ``READABLE``;
``write(records, stream, **options)`` and, where it is readable, ``read(stream)`` and ``sniff(head)``. Streams hold bytes.
``OPTIONS`` names the options that ``write`` takes and says in a line what each does. ``write`` may return a Counter of
what it left out. A format of another tool that knows only texts, spans and ties has ``bundles(stream, report)`` instead of
``read``; ``foreign.py`` makes the records; a table has ``columns(stream, named)`` and ``MEANINGS`` besides. One that tells what others made of claims that are here has ``reviews(stream,
report)``; ``claims/reviewing.py`` finds the claims.
"""

from . import (
    aif,
    brat,
    cas,
    claim_review,
    conll,
    csv_table,
    docbin,
    doccano,
    jsonl,
    label_studio,
    parquet,
    web_annotation,
)

FORMATS = {
    module.NAME: module
    for module in (
        jsonl,
        csv_table,
        web_annotation,
        brat,
        cas,
        label_studio,
        doccano,
        conll,
        docbin,
        parquet,
        claim_review,
        aif,
    )
}
