"""croissant.json: the tables as data tools find them, http://mlcommons.org/croissant/1.1."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from claims.formats import parquet

from .about import About, PublishedFile
from .citing import SPDX, in_words, title
from .tables import TABLES

CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
TYPES = {
    "string": "sc:Text",
    "int64": "sc:Integer",
    "bool": "sc:Boolean",
    "double": "sc:Float",
    "date32[day]": "sc:Date",
    "timestamp[us, tz=UTC]": "sc:DateTime",
}
FORMATS = {
    ".parquet": "application/x-parquet",
    ".jsonl": "application/jsonlines",
    ".csv": "text/csv",
}


def croissant(about: About, files: Sequence[PublishedFile]) -> str:
    made: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.1",
        "name": title(about),
        "description": about.description or f"Assertions and the responses to them: {about.title}.",
        "citeAs": in_words(about),
        "datePublished": about.day,
        "version": f"{about.number}.0.0",
        "license": licence_of(about) or None,
        "url": about.url or f"urn:uuid:{about.uuid}",
        "inLanguage": list(about.languages) or None,
        "creator": [{"@type": "sc:Person", "name": name} for name in about.creators] or None,
        "distribution": list(distribution(files)),
        "recordSet": list(record_sets(files)),
    }
    return (
        json.dumps({key: value for key, value in made.items() if value is not None}, indent=1, ensure_ascii=False)
        + "\n"
    )


def licence_of(about: About) -> str:
    return f"https://spdx.org/licenses/{about.licence}.html" if SPDX.fullmatch(about.licence) else about.licence


def distribution(files: Iterable[PublishedFile]) -> Iterable[dict[str, Any]]:
    for file in files:
        ending = f".{file.path.rpartition('.')[2]}"
        yield {
            "@type": "cr:FileObject",
            "@id": file.path,
            "name": file.path,
            "contentUrl": file.path,
            "contentSize": f"{file.size} B",
            "encodingFormat": FORMATS.get(ending, "application/octet-stream"),
            "sha256": file.sha256,
        }


def record_sets(files: Iterable[PublishedFile]) -> Iterable[dict[str, Any]]:
    """Yield one record set a table and split."""
    for file in files:
        if not file.path.endswith(".parquet"):
            continue
        top, split, name = file.path.removesuffix(".parquet").split("/")
        key = f"{split}-{name}" if top == "data" else f"{top}-{split}-{name}"
        about = " ".join((TABLES[name].__doc__ or "").split())
        yield {
            "@type": "cr:RecordSet",
            "@id": key,
            "name": key,
            "description": about if top == "data" else f"{about} Of the readings beside the one that counts.",
            "field": list(fields(key, file.path, name)),
        }


def fields(key: str, path: str, name: str) -> Iterable[dict[str, Any]]:
    """Yield the columns of a table, but for those that hold rows of their own."""
    import pyarrow

    for column in parquet.schema_of(TABLES[name]):
        is_list = pyarrow.types.is_list(column.type)
        kind = TYPES.get(str(column.type.value_type if is_list else column.type))
        if kind is None:
            continue
        found: dict[str, Any] = {
            "@type": "cr:Field",
            "@id": f"{key}/{column.name}",
            "name": f"{key}/{column.name}",
            "dataType": kind,
            "source": {"fileObject": {"@id": path}, "extract": {"column": column.name}},
        }
        told = (column.metadata or {}).get(b"about", b"").decode()
        if told:
            found["description"] = told
        if is_list:
            found |= {"isArray": True, "arrayShape": "-1"}
        yield found
