"""The bodies of ``manage.py tag`` and ``manage.py suggest_pairs``: text or JSON lines in, JSON lines out, no database."""

from __future__ import annotations

import json
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, TextIO

from annotate.pipeline.pairs import Statement, rank_all


class InputError(ValueError):
    """A line on standard input that is not what the command takes; says which line and what would help."""


def _records(stdin: Iterable[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(stdin, start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError(f"Line {number} is not JSON ({error}).") from error
        if not isinstance(record, dict):
            raise InputError(f"Line {number} holds no JSON object.")
        yield number, record


def tag_lines(stdin: TextIO, stdout: TextIO, jsonl: bool = False, *, processes: int = 1) -> int:
    """Read plain text, or with ``jsonl`` a {"text"} a line, and write a line of JSON a document; return how many.

    With ``jsonl`` other keys of a record are written back beside the reading, except those that the reading itself uses.
    ``processes`` above one reads that many documents side by side, each process with its own model; the order stays.
    """
    if not jsonl:
        text = stdin.read().replace("\r\n", "\n").replace("\r", "\n")
        _write(stdout, _tagged({"text": text}))
        return 1
    records = _texts(stdin)
    count = 0
    if processes > 1:
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
            waiting: deque[Future[dict[str, Any]]] = deque()
            for record in records:
                waiting.append(pool.submit(_tagged, record))
                if len(waiting) >= 4 * processes:  # a bound on what is held in memory
                    _write(stdout, waiting.popleft().result())
                    count += 1
            while waiting:
                _write(stdout, waiting.popleft().result())
                count += 1
        return count
    for record in records:
        _write(stdout, _tagged(record))
        count += 1
    return count


def _texts(stdin: Iterable[str]) -> Iterator[dict[str, Any]]:
    for number, record in _records(stdin):
        if not isinstance(record.get("text"), str):
            raise InputError(f'Line {number} has no "text".')
        excluded = record.get("excluded") or []
        if not isinstance(excluded, list) or not all(_is_stretch(stretch) for stretch in excluded):
            raise InputError(f'Line {number}: "excluded" is a list of [start, end].')
        yield record


def _is_stretch(stretch: Any) -> bool:
    return isinstance(stretch, list) and len(stretch) >= 2 and all(type(offset) is int for offset in stretch[:2])


def _tagged(record: dict[str, Any]) -> dict[str, Any]:
    from annotate.pipeline import as_line, read_document

    text = record["text"]
    excluded = [(stretch[0], stretch[1]) for stretch in record.get("excluded") or []]
    line = as_line(text, read_document(text, excluded=excluded, language=str(record.get("language") or "en")))
    return {**{key: value for key, value in record.items() if key not in line}, **line}


def suggest_pairs_lines(stdin: TextIO, stdout: TextIO) -> int:
    """Read a case a line, {"id", "claims", "responses"}, and write ranked targets for each response; return the number of cases.

    Claims and responses are {"id", "text"} with, where known, "speaker", "kind", "figures" and "entities", in the order of
    their texts. Out comes {"id", "responses": [{"id", "scope", "targets": [{"id", "score", "reasons"}], "others"}]}.
    """
    count = 0
    for number, record in _records(stdin):
        claims, responses = record.get("claims"), record.get("responses")
        if not isinstance(claims, list) or not isinstance(responses, list):
            raise InputError(f'Line {number} needs "claims" and "responses", both lists.')
        ranked = rank_all(list(_statements(claims, number)), list(_statements(responses, number)))
        lines = []
        for response, candidates in zip(responses, ranked, strict=True):
            targets = [c for c in candidates if c.scope == "claim"]
            others = [c for c in candidates if c.scope != "claim"]
            lines.append(
                {
                    "id": response["id"],
                    "scope": candidates[0].scope if candidates else "open",
                    "targets": [{"id": c.target_id, "score": c.score, "reasons": c.reasons} for c in targets],
                    "others": [
                        {"scope": c.scope, "id": c.target_id, "score": c.score, "reasons": c.reasons} for c in others
                    ],
                }
            )
        _write(stdout, {"id": record.get("id"), "responses": lines})
        count += 1
    return count


def _statements(rows: list[Any], number: int) -> Iterator[Statement]:
    for order, row in enumerate(rows):
        if not isinstance(row, dict) or "id" not in row or not isinstance(row.get("text"), str):
            raise InputError(f'Line {number}: every claim and response needs an "id" and a "text".')
        yield Statement(
            id=row["id"],
            text=row["text"],
            order=order,
            speaker=row.get("speaker"),
            figures=tuple(str(figure) for figure in row.get("figures") or ()),
            entities=tuple(str(entity) for entity in row.get("entities") or ()),
            kind=row.get("kind") if isinstance(row.get("kind"), str) else None,
        )


def _write(stdout: TextIO, record: dict[str, Any]) -> None:
    stdout.write(json.dumps(record, ensure_ascii=False) + "\n")
    stdout.flush()


def main(argv: list[str]) -> int:
    """Run without Django: ``python -m annotate.pipeline.cli tag|tag-jsonl|suggest_pairs``."""
    deeds = {
        "tag": lambda: tag_lines(sys.stdin, sys.stdout),
        "tag-jsonl": lambda: tag_lines(sys.stdin, sys.stdout, jsonl=True),
        "suggest_pairs": lambda: suggest_pairs_lines(sys.stdin, sys.stdout),
    }
    if len(argv) != 1 or argv[0] not in deeds:
        sys.stderr.write(f"Say one of {', '.join(deeds)}.\n")
        return 2
    try:
        deeds[argv[0]]()
    except InputError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
