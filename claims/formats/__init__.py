"""Every format a project can be written in or read from: one module each, one table.

A module holds ``NAME``, ``LABEL``, ``SUFFIX``, ``MEDIA_TYPE``; ``LOSES``, sentences on what it cannot carry; ``READABLE``;
``write(records, stream, **options)`` and, where it is readable, ``read(stream)`` and ``sniff(head)``. Streams hold bytes.
``OPTIONS`` names the options that ``write`` takes and says in a line what each does.
"""

from . import aif, claim_review, conll, csv_table, docbin, jsonl, parquet, web_annotation

FORMATS = {
    module.NAME: module for module in (jsonl, csv_table, web_annotation, conll, docbin, parquet, claim_review, aif)
}
