"""DATA_STATEMENT.md, after Bender and Friedman (2018), https://doi.org/10.1162/tacl_a_00041."""

from collections import Counter

from .about import About
from .markdown import join, some, table


def data_statement(about: About) -> str:
    texts = [one for one in about.documents if not one.is_cited_work]
    languages = Counter(one.language or "not said" for one in texts)
    kinds = Counter(one.kind for one in texts)
    days = sorted(one.published_on for one in about.documents if one.published_on)
    annotators = some(about.annotators, "annotator") if about.annotators else "A team in one shared reading"
    works_alone = " worked unseen by one another; an editor settled where they differed." if about.annotators else "."
    return join(
        f"# Data statement of {about.title}, release {about.number}",
        "## Curation rationale",
        about.description or "The project gives no description.",
        f"Documents were gathered in {some(about.dossiers, 'dossier')}, each one dispute: what was asserted, and what was "
        "responded. The selection is the project's own; nothing here says that it stands for more than itself.",
        "## Language variety",
        table(("Language (BCP 47)", "Texts"), sorted(languages.items())),
        "## Speakers",
        "Those quoted are public actors as the documents name them (`data/all/actors.parquet`). Their demography is not "
        "recorded.",
        "## Annotators",
        f"{annotators}{works_alone} Who they are is not published, and their demography and training are not recorded; "
        f"guidelines, where the project has any, are in `GUIDELINES.md` (version {about.guidelines or 'none'}).",
        "## Speech situation",
        f"Written and published texts{f', dated {days[0]} to {days[-1]}' if days else ''}; speech is there as they report "
        "it.",
        "## Text characteristics",
        table(("Kind", "Texts"), sorted(kinds.items())),
        f"{some(sum(one.length for one in texts), 'character')} in all. "
        f"{some(about.excluded, 'stretch', 'stretches')} that are not the story (titles printed twice, captions, teasers) "
        "are marked as exclusions.",
        "## Recording quality",
        "Texts were taken from files or pasted; line ends are one character, and nothing else was changed.",
        "## Other",
        f"{some(sum(len(one.masks) for one in about.documents), 'stretch is', 'stretches are')} masked for people's "
        f"safety. {some(about.control, 'dossier was', 'dossiers were')} annotated without suggestions.",
        "## Provenance",
        "See `release.json`: address, publisher, day and licence of each document.",
    )
