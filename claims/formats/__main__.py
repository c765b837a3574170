"""Prints what is made from the records: ``python -m claims.formats schema`` or ``fields`` (docs/exchange.md's tables)."""

import json
import sys

from . import jsonl

if sys.argv[1:] == ["schema"]:
    print(json.dumps(jsonl.schema(), indent=1, ensure_ascii=False))
elif sys.argv[1:] == ["fields"]:
    print(jsonl.fields_in_words())
else:
    sys.exit("Write: python -m claims.formats schema, or: python -m claims.formats fields")
