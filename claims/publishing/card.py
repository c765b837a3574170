"""README.md: a dataset card as the Hugging Face hub reads it, https://huggingface.co/docs/hub/datasets-cards."""

from collections.abc import Sequence

from .about import SPLITS, About, PublishedFile
from .citing import in_words, yaml
from .codebook import tables_page
from .markdown import cell, join, some, table
from .measures import agreement_table

KNOWN_LICENCES = {"CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "CC0-1.0"}
OTHER_NAMES = {"ODC-By-1.0": "odc-by"}
SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
FIRST = "claims"


def card(about: About, files: Sequence[PublishedFile]) -> str:
    return front_matter(about, files) + join(
        f"# {about.title}, release {about.number}",
        about.description,
        "Assertions of reports and what the accused responded, as linked claims: who said what, which response answers "
        "which assertion, what kind of answer it is, what it disputes, and on what evidence. Made with Rejoinder.",
        f"**New in this release:** {about.summary}" if about.summary else "",
        loading(about, files),
        "## What is in it",
        tables_page(about),
        f"Rows are of the reading that counts, “{about.reading}”; those of other readings have the same columns under "
        "`layers/`. `corpus.jsonl` holds everything, line by line, as `corpus.schema.json` says; `pairs.csv` one link a "
        "row, for spreadsheets. Offsets count Unicode code points of a document's text, the end not included.",
        readings(about),
        "## Train, dev, test",
        splits(about),
        "## Texts and licences",
        texts(about),
        "## Where annotations came from",
        origins(about),
        "## Agreement",
        agreement(about),
        "## What is not a link",
        f"{some(about.negatives, 'pair was', 'pairs were')} looked at and found unrelated; they are kept in `links` with "
        f"the relation `unrelated`. For {some(about.searched, 'assertion')} a response was searched for and none found "
        f"(`no_responses`, with the documents read). {some(about.excluded, 'stretch', 'stretches')} of text are not the "
        "story and were left out of the reading (`exclusion` lines of the corpus).",
        "## Limits",
        limits(about),
        since(about),
        "## Cite",
        cell(in_words(about)),
        "## Check",
        "`sha256sum -c SHA256SUMS` shows that the files are those of the release; `manage.py verify` of Rejoinder proves "
        "besides that texts, marks, tables and papers agree with one another.",
    )


def front_matter(about: About, files: Sequence[PublishedFile]) -> str:
    licence = about.licence.lower() if about.licence in KNOWN_LICENCES else OTHER_NAMES.get(about.licence, "other")
    rows = about.tables.get(FIRST, 0)
    lines = ["---", f"pretty_name: {yaml(f'{about.title}, release {about.number}')}"]
    if about.languages:
        lines += [
            "language:",
            *(f"- {yaml(one)}" for one in sorted({one.partition("-")[0] for one in about.languages})),
        ]
    lines += [f"license: {licence}"]
    lines += [f"license_name: {yaml(about.licence)}"] if licence == "other" and about.licence else []
    lines += ["task_categories:", "- text-classification", "- token-classification"]
    lines += ["tags:", "- argument-mining", "- fact-checking", "- claim-detection", "- stance-detection"]
    lines += ["annotations_creators:", "- expert-generated"]
    lines += ["size_categories:", f"- {next((name for most, name in SIZES if rows < most), '1M<n<10M')}"]
    names = config_names(files)
    lines += ["configs:"] if names else []
    for name in names:
        lines += [f"- config_name: {name}"]
        lines += ["  default: true"] if name == FIRST else []
        lines += ["  data_files:"]
        for split, path in data_files(files, name):
            lines += [f"  - split: {split}", f"    path: {path}"]
    return "\n".join([*lines, "---", "", ""])


def config_names(files: Sequence[PublishedFile]) -> list[str]:
    """Return the tables that have rows in a split, the claims first."""
    found = {part[2] for file in files if (part := parts(file)) is not None}
    return sorted(found, key=lambda name: (name != FIRST, name))


def data_files(files: Sequence[PublishedFile], name: str) -> list[tuple[str, str]]:
    found = [(part[1], file.path) for file in files if (part := parts(file)) is not None and part[2] == name]
    return sorted(found, key=lambda row: SPLITS.index(row[0]))


def parts(file: PublishedFile) -> tuple[str, str, str] | None:
    """Return ("data", split, table) of a table of a split of the reading that counts."""
    found = file.path.removesuffix(".parquet").split("/")
    if len(found) != 3 or found[0] != "data" or found[1] not in SPLITS:
        return None
    return found[0], found[1], found[2]


def loading(about: About, files: Sequence[PublishedFile]) -> str:
    names = config_names(files)
    if not names:
        return ""
    name = names[0]
    split = data_files(files, name)[0][0]
    return join(
        "## Load it",
        "Beside the folder of the release:",
        "```python\n"
        "from datasets import load_dataset\n\n"
        f'{name} = load_dataset("./{about.name}", "{name}")  # or the name under which it is on the hub\n'
        f'print({name}["{split}"][0])\n'
        "```",
        f"Tables: {', '.join(f'`{one}`' for one in names)}. They are joined by uuid: `links.response` and "
        "`links.target_claim` name `claims.uuid`, `claims.document` names `documents.uuid`.",
    )


def readings(about: About) -> str:
    rows = [(layer.name, layer.kind, layer.claims, layer.links) for layer in about.layers]
    told = table(("Reading", "Kind", "Claims", "Links"), rows)
    return join("## Readings", "Annotators go by pseudonyms, the same from release to release.", told) if told else ""


def splits(about: About) -> str:
    asked = " / ".join(f"{about.shares.get(name, 0)}" for name in SPLITS)
    return (
        f"Drawn with seed {about.seed} for {asked} per cent of the documents. Documents that a dossier, a link or an "
        "edition joins are in one part, and each keeps its part from one release to the next (`splits.csv`). A work that "
        "is cited without its text stands in each part that speaks of it."
    )


def texts(about: About) -> str:
    held = [one for one in about.documents if not one.is_cited_work]
    withheld = sum(not one.has_text for one in held)
    masks = sum(len(one.masks) for one in held)
    rows = [
        (
            one.title,
            one.licence or "not known",
            "yes" if one.has_text else "cited only" if one.is_cited_work else "hash and offsets",
            one.url,
        )
        for one in about.documents[:200]
    ]
    return join(
        f"The annotations are under {about.licence or 'no licence that is said'}. Each text has its own:",
        table(("Document", "Licence", "Text here", "Address"), rows),
        f"The first 200 of {len(about.documents):,}; all are in `release.json`." if len(about.documents) > 200 else "",
        f"{some(withheld, 'text has', 'texts have')} no licence that lets others pass the text on, and with the text goes "
        "every word quoted from it. Whoever has the texts puts both back: "
        "`manage.py rehydrate FOLDER --texts TEXTS --output WHOLE`."
        if withheld
        else "",
        f"{some(masks, 'stretch is', 'stretches are')} masked with `█` of the same length for people's safety, and the "
        "same words wherever else they stood."
        if masks
        else "",
    )


def origins(about: About) -> str:
    rows = [
        (f"{kind}s", counts.get("scratch", 0), counts.get("accepted", 0), counts.get("edited", 0))
        for kind, counts in about.origins.items()
    ]
    told = table(("", "from scratch", "suggestion accepted", "suggestion edited"), rows)
    by = ", ".join(f"{cell(name)} ({number:,})" for name, number in about.suggesters.items())
    return join(
        told or "Nothing is annotated in the reading that counts.",
        f"Suggested by: {by}. `origins` says for each claim and link which suggester and version it was, its score and "
        "its rank."
        if by
        else "",
        f"{some(about.control, 'dossier was', 'dossiers were')} drawn by lot to go without suggestions."
        if about.control
        else "",
    )


def agreement(about: About) -> str:
    if not about.agreement:
        return "There is one reading, so there is no agreement to tell."
    shown = agreement_table(about).splitlines()
    return join("Before adjudication; all of it is in `AGREEMENT.md`.", "\n".join(shown[:9]))


def limits(about: About) -> str:
    told = []
    if about.open_dossiers:
        told.append(f"{about.open_dossiers:,} of {some(about.dossiers, 'dossier')} not signed off by an editor.")
    if not about.reading:
        told.append("No reading is settled yet; only those of the annotators are here.")
    told.append("Labels say what kind of answer was given, not whether it is true; only `assessments` speak of truth.")
    told.append("Suggestions were seen by those who annotated, and may have drawn their eye.")
    return "\n".join(f"- {sentence}" for sentence in told)


def since(about: About) -> str:
    if not about.previous:
        return ""
    rows = [
        (name.replace("_", " "), *(said[what] for what in ("added", "changed", "removed")))
        for name, said in about.changes.items()
    ]
    told = table(("Rows", "Added", "Changed", "Removed"), rows) or "Nothing in the corpus has changed."
    return join(f"## Since release {about.previous}", told)
