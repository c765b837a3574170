"""Read, convert and compare the numbers of a text. Plain Python: no Django, no language model.

Reading, converting and comparing are three jobs:

- ``read(text)`` finds figures: value, unit or currency, modifier, what is counted as far as words alone tell.
- ``read_periods(text)`` finds the stretches of time named by the calendar ("in 2021", "from 2016-2018").
- ``convert(...)`` brings a figure to another unit (pint, loaded at the first call).
- ``compare(a, b)``, ``check_sum``, ``check_part`` and ``implied_rate`` say how figures stand to each other.

Values are ``Decimal`` throughout; offsets are code points, start included, end excluded. Currency names come from the
Unicode CLDR by way of babel, loaded at the first amount of money that is not a plain symbol.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Literal

Kind = Literal["count", "money", "percent", "percentage_point", "measure", "duration", "age", "rate"]
Modifier = Literal["=", "~", ">", "<", "up", "down"]
Outcome = Literal["same", "within_rounding", "differs", "not_comparable"]
Difference = Literal["unit", "population", "period", "definition"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with its unit, as read from ``text[start:end] == quote``.

    ``value_high`` is the second bound of a range, or where a change ended: "fell from 9 to 4" is value 9, value_high 4,
    modifier "down". ``unit`` is a plain singular name ("kilometre", "US dollar per share", "percent"), ``currency`` an
    ISO 4217 code. ``at`` is where the digits or number words themselves begin.
    """

    start: int
    end: int
    quote: str
    value: Decimal
    value_high: Decimal | None = None
    modifier: Modifier = "="
    unit: str | None = None
    currency: str | None = None
    counted: str | None = None
    kind: Kind = "count"
    period_start: date | None = None
    period_end: date | None = None
    definition: str | None = None
    at: int = 0
    counted_at: int | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of calendar time named in a text; both days belong to it."""

    start: int
    end: int
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Comparison:
    """How two figures stand to each other; ``absolute`` and ``relative`` are b minus a, and that divided by a."""

    outcome: Outcome
    differs_in: frozenset[Difference] = field(default_factory=frozenset)
    absolute: Decimal | None = None
    relative: Decimal | None = None


def _table(rows: str) -> dict[str, str]:
    """Return {"us": "USD", "a": "AUD"} from "us=USD; a=AUD"."""
    return {key: value for key, _, value in (" ".join(row.split()).partition("=") for row in rows.split(";"))}


def _words(row: str) -> frozenset[str]:
    return frozenset(row.split())


def _row(row: str) -> list[str]:
    return row.split()


# --- number words -----------------------------------------------------------------------------------------------------

_SMALL = {
    word: number
    for number, word in enumerate(
        _row(
            """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen
    """
        )
    )
}
_TENS = {
    word: 10 * number
    for number, word in enumerate(
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], start=2
    )
} | {"fourty": 40}
_SCALES = {
    "hundred": Decimal("1E2"),
    "dozen": Decimal(12),
    "thousand": Decimal("1E3"),
    "lakh": Decimal("1E5"),
    "million": Decimal("1E6"),
    "crore": Decimal("1E7"),
    "billion": Decimal("1E9"),
    "trillion": Decimal("1E12"),
    "quadrillion": Decimal("1E15"),
}
_SHORT_SCALES = {
    "k": Decimal("1E3"),
    "m": Decimal("1E6"),
    "mn": Decimal("1E6"),
    "mln": Decimal("1E6"),
    "mil": Decimal("1E6"),
    "mio": Decimal("1E6"),
    "b": Decimal("1E9"),
    "bn": Decimal("1E9"),
    "bln": Decimal("1E9"),
    "t": Decimal("1E12"),
    "tn": Decimal("1E12"),
    "trn": Decimal("1E12"),
}
_PARTS = {
    "half": 2, "halve": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8,
    "ninth": 9, "tenth": 10, "hundredth": 100, "thousandth": 1000,
}  # fmt: skip
_GLYPHS: dict[str, str] = _table(
    """
    ½=1/2; ⅓=1/3; ⅔=2/3; ¼=1/4; ¾=3/4; ⅕=1/5; ⅖=2/5; ⅗=3/5; ⅘=4/5; ⅙=1/6; ⅚=5/6; ⅛=1/8; ⅜=3/8; ⅝=5/8; ⅞=7/8; ⅑=1/9;
    ⅒=1/10
    """
)
_VAGUE = {"dozens": 12, "scores": 20, "hundreds": 100, "thousands": 1000, "millions": 10**6, "billions": 10**9}

_SPACE = r"[ \t\u00a0\u202f\u2009]"
_BASIC = "|".join(sorted({*_SMALL, *_TENS}, key=len, reverse=True))
_SCALE = "|".join(sorted(_SCALES, key=len, reverse=True))
_DIGITS = (
    r"(?:\d{1,3}(?:,\d{2})*,\d{3}(?!\d)(?:,\d{3}(?!\d))*"  # 12,814 and 12,34,567
    rf"|\d{{1,3}}(?:{_SPACE}\d{{3}})+(?![\d,])"  # 10 000
    r"|\d{1,3}(?:,[ ]000)+(?!\d)"  # 80, 000, as tokenised corpora print it
    r"|\d+)(?:\.\d+)?|(?<![\d.])\.\d+"
)
_NUMBER = re.compile(
    rf"""
    (?P<digits>{_DIGITS})
      (?P<exponent>[eE][+-]?\d{{1,3}}(?![\d.\w])|{_SPACE}?[x×]{_SPACE}?10\^?[-−]?\d+)?
      (?:{_SPACE}?(?P<glyph>[{"".join(_GLYPHS)}])
        |(?P<slash>{_SPACE}?/{_SPACE}?\d+(?![\d/]))
        |{_SPACE}(?P<mixed>\d{{1,2}}{_SPACE}?/{_SPACE}?\d{{1,2}})(?![\d/]))?
      (?:{_SPACE}?-?(?P<scale>(?i:{_SCALE}|mln|mio|trn)s?)\b(?!s))?
    |(?P<loneglyph>[{"".join(_GLYPHS)}])
    |\b(?P<tens>(?i:tens|hundreds|thousands|dozens))\s+of\s+(?P<of>(?i:hundreds|thousands|millions|billions))\b
    |\b(?P<vague>(?i:dozens|scores(?=\s+of)|hundreds|thousands|millions(?=\s+of|\s+more)|billions(?=\s+of|\s+more)))\b
    |\b(?P<few>(?i:several|a\s+few|few|many|a\s+couple(?:\s+of)?))\s+(?P<fewscale>(?i:{_SCALE}))\b
    |\b(?P<fraction>(?i:(?:an?|one|two|three|four|five|six|seven|eight|nine)(?:\s+|\s?-\s?)(?:halves|thirds?|quarters?|fourths?|fifths?|sixths?|sevenths?|eighths?|ninths?|tenths?|hundredths?)))\b(?!\s+(?:million|billion|trillion))
    |\b(?P<words>(?i:
        (?:{_BASIC}|an?(?=[\s-]+(?:{_SCALE})\b)|(?:half|quarter)(?=\s+(?:a\s+)?(?:million|billion|trillion|dozen)\b)
          |a\s+(?:half|quarter)(?=\s+(?:million|billion)\b)|three\s+quarters(?=\s+(?:million|billion)\b)
          |thousand(?=\s+of\s+times))
        (?:(?:[\s-]+(?:and\s+|&\s+|a\s+)?|,\s+|\s?-\s?)(?:{_BASIC}|{_SCALE}|a\s+half|a\s+quarter)\b)*
      ))\b
    |\b(?<!first\s)(?<!second\s)(?<!latter\s)(?<!other\s)(?P<half>(?i:half))\b(?=(?i:\s+(?:of\b|the\b|its\b|their\b|all\b|his\b|her\b|our\b)|\s+turn\b))
    """,
    re.VERBOSE,
)
_WORD_PIECE = re.compile(r"[a-z]+|&|,", re.IGNORECASE)


@dataclass(slots=True)
class _Number:
    start: int
    end: int
    value: Decimal
    high: Decimal | None = None
    raw: Decimal = Decimal(0)
    scale: Decimal | None = None
    is_words: bool = False
    is_vague: bool = False
    is_fraction: bool = False


def _plain(digits: str) -> Decimal:
    return Decimal(re.sub(r"[,\s\u00a0\u202f\u2009]", "", digits))


def _ratio(words: str) -> Decimal | None:
    top, _, bottom = words.partition("/")
    return Decimal(top.strip()) / Decimal(bottom.strip()) if int(bottom.strip()) else None


def _read_words(text: str, start: int, end: int) -> list[_Number]:
    """Split a run of number words into the numbers it holds: "twenty one" is one, "eight nine" two."""
    found: list[_Number] = []
    total, group, last = Decimal(0), Decimal(0), ""
    begun, stop, smallest, pending_and = -1, start, Decimal("1E30"), False

    def close() -> None:
        nonlocal total, group, last, begun, smallest, pending_and
        if begun >= 0:
            value = total + group
            found.append(_Number(begun, stop, value, raw=value, is_words=True))
        total, group, last, begun, smallest, pending_and = Decimal(0), Decimal(0), "", -1, Decimal("1E30"), False

    pieces = [(m.group().lower(), m.start(), m.end()) for m in _WORD_PIECE.finditer(text, start, end)]
    skip = False
    for index, (word, at, until) in enumerate(pieces):
        if skip:
            skip = False
            continue
        following = pieces[index + 1][0] if index + 1 < len(pieces) else ""
        if word in ("a", "an") and following in ("half", "quarter"):
            if last and pending_and and not (total == 0 and group == 0):  # two and a half
                group += Decimal("0.5") if following == "half" else Decimal("0.25")
                stop, last, skip = pieces[index + 1][2], "fraction", True
                continue
            close()
            begun, group, stop, last, skip = (
                at, Decimal("0.5") if following == "half" else Decimal("0.25"), pieces[index + 1][2], "fraction", True,
            )  # fmt: skip
        elif word in ("half", "quarter", "quarters"):
            if last == "small" and word == "quarters":
                group *= Decimal("0.25")
            else:
                close()
                begun, group = at, Decimal("0.5") if word == "half" else Decimal("0.25")
            stop, last = until, "fraction"
        elif word in ("and", "&", ","):
            if last not in ("scale", "small", "tens") or (word == "," and last != "scale"):
                close()
            pending_and = True
            continue
        elif word in ("a", "an"):
            if last == "fraction":  # half a million
                continue
            close()
            begun, group, stop, last = at, Decimal(1), until, "article"
        elif word in _SMALL or word in _TENS:
            number = Decimal(_SMALL.get(word, _TENS.get(word, 0)))
            kind = "tens" if word in _TENS else "small"
            fits = (last == "scale" and number < smallest) or (
                last == "tens" and kind == "small" and 0 < number < 10 and not pending_and
            )
            if begun >= 0 and not fits:
                close()
            if begun < 0:
                begun = at
            group += number
            stop, last, pending_and = until, kind, False
        elif word in _SCALES:
            scale = _SCALES[word]
            if begun < 0 or pending_and:
                close()
                begun, group = at, Decimal(1)
            if word in ("hundred", "dozen"):
                head = group - group % 100 if group >= 100 else Decimal(0)
                group = head + (group - head or Decimal(1)) * scale
            else:
                total += (group or Decimal(1)) * scale
                group = Decimal(0)
            smallest, stop, last = scale, until, "scale"
    close()
    return found


def _numbers(text: str) -> list[_Number]:
    found: list[_Number] = []
    for match in _NUMBER.finditer(text):
        start, end = match.span()
        if match["digits"]:
            value: Decimal | None = _plain(match["digits"])
            assert value is not None
            is_fraction = False
            if exponent := match["exponent"]:
                power = re.sub(r".*10\^?|[eE+\s]", "", exponent).replace("−", "-")
                value = value * Decimal(10) ** int(power) if abs(int(power)) < 400 else value
            extra = _GLYPHS.get(match["glyph"] or "") or match["mixed"]
            if extra:
                part = _ratio(extra)
                if part is not None and part < 1:
                    value += part
            elif match["slash"]:
                value = _ratio(f"{match['digits']}{match['slash']}") if match["digits"].isdecimal() else None
                is_fraction = True
            if value is None:
                continue
            scale = None
            raw = value
            if word := match["scale"]:
                word = word.lower()
                scale = _SCALES.get(word) or _SCALES.get(word.rstrip("s")) or _SHORT_SCALES.get(word)
                value *= scale or 1
            found.append(_Number(start, end, value, raw=raw, scale=scale, is_fraction=is_fraction))
        elif match["loneglyph"]:
            part = _ratio(_GLYPHS[match["loneglyph"]])
            if part is not None:
                found.append(_Number(start, end, part, raw=part, is_fraction=True))
        elif match["tens"]:
            tens = {"tens": 10, "hundreds": 100, "thousands": 1000, "dozens": 12}[match["tens"].lower()]
            low = Decimal(tens * _VAGUE[match["of"].lower()])
            found.append(_Number(start, end, low, high=low * 10, raw=low, is_words=True, is_vague=True))
        elif match["vague"]:
            low = Decimal(_VAGUE[match["vague"].lower()])
            found.append(_Number(start, end, low, high=low * 10, raw=low, is_words=True, is_vague=True))
        elif match["few"]:
            low = _SCALES[match["fewscale"].lower()]
            found.append(_Number(start, end, low, high=low * 10, raw=low, is_words=True, is_vague=True))
        elif match["fraction"]:
            top, bottom = re.split(r"[\s-]+", match["fraction"].lower(), maxsplit=1)
            share = Decimal(_SMALL.get(top, 1)) / _PARTS[bottom.lstrip("- ").removesuffix("s")]
            if (
                top in ("a", "an")
                and not re.match(r"\s+of\b", text[end : end + 5])
                and not re.search(
                    r"\b(?:by|nearly|about|almost|than|roughly|over|around|only|just)\s+$",
                    text[max(0, start - 9) : start],
                )
            ):
                continue  # "a third person", "a quarter": ordinals and coins more often than shares
            found.append(_Number(start, end, share, raw=share, is_words=True, is_fraction=True))
        elif match["half"]:
            found.append(_Number(start, end, Decimal("0.5"), raw=Decimal("0.5"), is_words=True, is_fraction=True))
        else:
            found.extend(_read_words(text, start, end))
    return found


# --- dates and other numbers that are none ----------------------------------------------------------------------------

_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name} | {
    name.lower(): number for number, name in enumerate(calendar.month_abbr) if name
}
_MONTHS["sept"] = 9
_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)\b\.?"
)
_YEAR = r"(?:1[4-9]|20|21)\d\d"
_NOT_A_FIGURE = re.compile(
    rf"""
    (?:https?://|www\.)\S+ | \S+@\S+\.\w+
    | \b\d{{4}}-\d{{2}}-\d{{2}}\b | \b\d{{1,2}}[/.]\d{{1,2}}[/.](?:\d{{4}}|\d{{2}})\b
    | (?i:{_MONTH})\s+\d{{1,2}}(?:st|nd|rd|th)?(?:\s?[-–]\s?\d{{1,2}}\b|(?=\W|$))(?!\s?%|,\d{{3}}|\.\d)(?:\s?,?\s+{_YEAR}\b)?
    | \b\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?(?:{_MONTH})(?:,?\s+{_YEAR}\b)?
    | (?i:{_MONTH}),?\s+(?:of\s+)?{_YEAR}\b
    | \b\d{{1,2}}:\d{{2}}(?:[:.]\d+)*(?:\s?[ap]\.?m\b\.?)? | \b\d{{1,2}}[:.]\d{{2}}\s?[ap]\.?m\b\.? | \b\d{{1,2}}\s?(?:[ap]m\b|[ap]\.m\.)
    | \b\d{{1,2}}\s+o['’]clock
    | \b\d{{4}}s\b | \b(?:mid|early|late)-\d+s?\b | ['’]\d0s\b | \b\d0s\b
    | \b{_YEAR}\s?[-–—/]\s?(?:{_YEAR}|\d\d)\b(?!\s*(?:%|per\s?cent|percent|million|billion|km|kg)|,\d{{3}}|[.]\d)
    | \b(?:A\.?D\.?|B\.?C\.?(?:E\.?)?|c\.)\s?\d+(?:\s(?:and|to|-)\s\d+)? | \b\d+(?:\s(?:and|to|-)\s\d+)?\s?(?:B\.?C\.?(?:E\b\.?)?|A\.?D\b\.?)
    | \b\d+(?:st|nd|rd|th)\b(?:[\s-]+century)?
    | \b\d+(?:\.\d+){{2,}}\b | \+?\b\d+(?:-\d+){{2,}}\b | \+\d{{1,3}}(?:[\s-]\d{{2,4}}){{2,}}\b
    | \b\d+\s+(?-i:(?:[A-Z]\w+\s+){{1,3}}(?:Street|Road|Avenue|Lane|Drive|Boulevard|Square|Terrace)\b)
    | (?<![(\w])\d{{1,2}}\s\)(?=\s)
    | (?m:^)\s*\(?\d{{1,2}}[.)](?=\s)
    | \b\d{{1,2}}-\d{{1,2}}\b(?=\s+(?i:win|won|loss|lead|defeat|victory|draw|record|up|down|at|on|vote|majority)\b)
    | (?:one\s+another|no[\s-]one|any\s?one|some\s?one|every\s?one|each\s+one|(?:this|that|which|the|another|other|last|first|next)\s+one(?=\s*(?:[.,;:!?)]|$|(?:who|that|which|is|was)\b))|one['’]s|one[\s-]by[\s-]one|(?<=\bat\s)one\s+point\b(?=\s+(?:last|in|during)))
    """,
    re.VERBOSE | re.IGNORECASE,
)
_LABELS = _words(
    """
    tier section sections article articles chapter page pages no. no nos. number figure fig. fig table room
    route highway interstate flight phase level grade group game week day season episode type class category
    step question item appendix annex part volume vol. version model war covid exit street box track lane
    platform gate district precinct ward resolution act bill rule protocol psalm verse windows iphone ipad xbox
    playstation galaxy formula fortune nasdaq ftse dow sp s&p p dax nikkei top boeing airbus apollo channel
    radio studio catch line paragraph para clause schedule lot unit block suite apartment apt. round matchday
    stage heat race bowl voyager zone area51 intel core i7 euro mach english page. area sector sdg goal agenda
    vision world
    """
)
_PLAIN_STARTS = _words(
    """
    the a an in on at of by for from to with about around over under some nearly almost only just more less at
    least all and or but if when while after before since because as than that these those this they we he she
    it there their our his her its most many another other both each every no not up down approximately roughly
    between among of which who are is was were will would has have had did do does also then so now today
    yesterday last next past first within fewer currently however meanwhile altogether overall together
    including during through until till per
    """
)


def _blocked(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in _NOT_A_FIGURE.finditer(text)]


# --- units ------------------------------------------------------------------------------------------------------------

# name: other spellings. Singular; a regular plural is understood. The first is the unit's name in our records.
_NAMED_UNITS: dict[Kind, str] = {
    "measure": """metre: meter; foot: feet; inch: inches; yard; mile; nautical mile; furlong; fathom; light year: light-year;
        micron; acre; hectare; gram: gramme, gm; pound: lb, lbs; pound-mass; ounce: oz; stone; ton; metric ton: tonne;
        litre: liter; gallon: gal; pint; quart; cup; tablespoon: tbsp; teaspoon: tsp; dram: drachma; bushel; barrel: bbl;
        carat; karat; degree: deg, °; degree Celsius: celsius, celcius, centigrade, centigrate, °c; degree Fahrenheit: fahrenheit,
        farenheit, °f; kelvin; radian: rad; turn; watt; watt hour: watt-hour; volt; ampere: amp; ohm; joule; calorie; newton;
        newton metre; pascal; bar; hertz; decibel; bit; byte; pixel; lumen; lux; mole; becquerel; sievert; gray; curie;
        roentgen; tesla; horsepower: hp, bhp; cubic centimetre: cc; electronvolt; coulomb; farad; knot;
        mile per hour: mph; kilometre per hour: kph, kmph, kmh; mile per gallon: mpg; revolutions per minute: rpm;
        frame per second: fps; pound per square inch: psi; kilopound per square inch: ksi; foot pound-force: lb-ft, ft-lb,
        pound-foot; square foot: sqft; British thermal unit: btu; point per game: ppg; rebound per game: rpg;
        assist per game: apg; win above replacement: war; dots per inch: dpi; pixel per inch: ppi;
        part per million: ppm; part per billion: ppb; dollar barrel; ton per day: tpd; square metre: sqm; megapixel: mp; sol;
        acre-foot; board foot; kilopascal; beat per minute: bpm""",
    "duration": """second: sec, secs; minute: min, mins; hour: hr, hrs; day; week: wk, wks; fortnight; month; quarter;
        year: yr, yrs; decade; century; millennium: millennia; night; generation""",
    "percent": "percent: %, per cent, pct, pct., percentage, per-cent, ٪",
    "percentage_point": "percentage point: pp, percent point, per cent point, % point; basis point: bp, bps",
}
_SI_NAMES: dict[str, str] = _table(
    """
    yocto=y; zepto=z; atto=a; femto=f; pico=p; nano=n; micro=µ; milli=m; centi=c; deci=d; hecto=h; kilo=k; mega=M;
    giga=G; tera=T; peta=P; exa=E
    """
)
_SI_BASES: dict[str, str] = _table(
    """
    metre=m; gram=g; litre=l; watt=W; watt hour=Wh; volt=V; ampere=A; joule=J; pascal=Pa; hertz=Hz; byte=B; bit=bit;
    electronvolt=eV; newton=N; second=s; calorie=cal; metric ton=t; sievert=Sv; gray=Gy; becquerel=Bq; ohm=Ω; mole=mol
    """
)
_SI_ALLOWED: dict[str, str] = _table(
    """
    metre=fpnµmcdk; gram=nµmk; litre=µmcdhM; watt=mkMGT; watt hour=kMGT; volt=mkM; ampere=mk; joule=mkMG;
    pascal=hkMG; hertz=kMGT; byte=kMGTPE; bit=kMGT; electronvolt=mkMGT; newton=mkM; second=pnµm; calorie=k;
    metric ton=kM; sievert=mµ; gray=mµk; becquerel=kMGT; ohm=kM; mole=mµ
    """
)
_SYMBOLS_ALONE: dict[str, str] = _table(
    """
    m=metre; g=gram; l=litre; L=litre; W=watt; V=volt; J=joule; Pa=pascal; Hz=hertz; HZ=hertz; N=newton; s=second;
    t=metric ton; h=hour; K=kelvin; Nm=newton metre; ft=foot; yd=yard; mi=mile; ha=hectare; ac=acre; C=degree Celsius;
    F=degree Fahrenheit; dB=decibel; PS=horsepower; mb=megabit; kb=kilobit; gb=gigabyte; tb=terabyte; KB=kilobyte;
    Mbps=megabit per second; Gbps=gigabit per second; mAh=milliampere hour; kn=knot; eV=electronvolt; Wh=watt hour;
    mcg=microgram; kcal=kilocalorie; MPG=mile per gallon; kWh=kilowatt hour; lb=pound; oz=ounce; R=roentgen;
    A=ampere; B=byte; Ga=gigayear; Ma=megayear; °=degree; '=foot; ’=foot; ′=foot; "=inch; ”=inch; ″=inch; ''=inch;
    in=inch
    """
)
_NOT_ATTACHED = frozenset({"s", "A", "R", "C", "F", "ac", "B"})
_NOT_SPACED = frozenset({"K", "R", "A", "B", "in", "kn", "'", "’", '"', "”", "Ma", "Ga", "N", "F", "C", "ac"})
_IRREGULAR = {"feet": "foot", "inches": "inch", "centuries": "century", "people": "people", "halves": "half"}
_QUALIFIERS = {"square": "square", "sq": "square", "sq.": "square", "cubic": "cubic", "cu": "cubic"}


def _plural(name: str) -> str:
    head, _, tail = name.partition(" per ")
    if head.endswith(("s", "x", "ch", "hertz")):
        words = head + ("" if head.endswith("hertz") else "es")
    elif head.endswith("y") and head[-2:-1] not in "aeiou":
        words = head[:-1] + "ies"
    else:
        words = head + "s"
    return f"{words} per {tail}" if tail else words


@cache
def _unit_names() -> dict[str, tuple[str, Kind]]:
    """Return {spelling in small letters: (unit, kind)}."""
    names: dict[str, tuple[str, Kind]] = {}

    def add(spelling: str, unit: str, kind: Kind) -> None:
        names.setdefault(spelling.lower(), (unit, kind))
        names.setdefault(_plural(spelling).lower(), (unit, kind))
        if spelling.endswith("foot"):
            names.setdefault(spelling.lower().removesuffix("foot") + "feet", (unit, kind))

    for kind, table in _NAMED_UNITS.items():
        for entry in table.split(";"):
            unit, _, others = entry.strip().partition(":")
            unit = " ".join(unit.split())
            add(unit, unit, kind)
            for other in filter(None, (part.strip() for part in others.split(","))):
                add(other, unit, kind)
    for base in _SI_BASES:
        kind = "duration" if base == "second" else "measure"
        spellings = {"metre": ("metre", "meter"), "litre": ("litre", "liter"), "gram": ("gram", "gramme")}.get(
            base, (base,)
        )
        for prefix in _SI_NAMES:
            for spelling in spellings:
                add(prefix + spelling, prefix + base, kind)
    for base in ("byte", "bit"):
        for prefix in ("kibi", "mebi", "gibi", "tebi"):
            add(prefix + base, prefix + base, "measure")
    for short, unit in (
        ("kilo", "kilogram"),
        ("km", "kilometre"),
        ("kg", "kilogram"),
        ("kgs", "kilogram"),
        ("mm", "millimetre"),
    ):
        names.setdefault(short, (unit, "measure"))
    return names


@cache
def _unit_symbols() -> dict[str, str]:
    symbols = dict(_SYMBOLS_ALONE)
    for base, symbol in _SI_BASES.items():
        for name, prefix in _SI_NAMES.items():
            if prefix in _SI_ALLOWED[base]:
                symbols.setdefault(prefix + symbol, name + base)
                if prefix == "µ":
                    symbols.setdefault("μ" + symbol, name + base)
                if base == "litre":
                    symbols.setdefault(prefix + "L", name + base)
    for prefix, name in (("K", "kilo"), ("M", "mega"), ("G", "giga"), ("T", "tera")):
        symbols[prefix + "B"] = name + "byte"
    return symbols


_WEATHER = re.compile(
    r"\b(?:temperatures?|minus|heat|cold\w*|warm\w*|freez\w+|mercury|thermometer|(?:high|low)s?\s+of)\b", re.IGNORECASE
)
_SYMBOL = re.compile(
    r"(?P<power>(?:sq|cu)\.?\s)?(?P<top>[A-Za-zµμΩ°]{1,5}|[°'’′\"”″]{1,2}[CF]?)(?P<exp>[²³]|\^?[23](?![\d\w]))?"
    r"(?P<below>(?:\s?/\s?[A-Za-zµμ]{1,11}(?:[²³]|\^?[23](?![\d\w]))?)*)(?![\w])"
)
_POWERS = {"²": "square ", "2": "square ", "^2": "square ", "³": "cubic ", "3": "cubic ", "^3": "cubic "}
_RATE_WORD = (
    r"hour|minute|second|millisecond|day|week|month|quarter|year|decade|century|annum|share|barrel|person|head|capita|tonne|ton"
    r"|pound|ounce|kilogram|kilo|kg|kilometre|kilometer|km|mile|metre|meter|gallon|litre|liter|dozen|unit|household|student|child|game|match"
    r"|night|piece|item|member|employee|worker|customer|user|vehicle|car|hectare|acre|megawatt|kilowatt|inch|foot|gram|gramme|cubic metre|cubic meter"
    r"|kilowatt[- ]hour|megawatt[- ]hour|square foot|square feet|square metre|square meter|square mile|square kilometre|square kilometer|sq ft|sq m|yard|minute|inhabitant|family|class|session|case|ticket|bushel|bottle|trip|passenger"
)
_RATE = re.compile(
    rf"""(?:\s+|\s?-\s?)?(?:
        (?:(?:per|each|(?:for\s+)?every)\b|/|(?<=\s)p(?=/))(?:\s+|\s?-\s?)?
            (?:(?P<base>\d{{1,3}}(?:,\d{{3}})+|100|1000|(?:one\s+|a\s+)?(?:hundred(?:\s+thousand)?|thousand|million|billion))(?P<basenoun>(?:\s+(?!in\b|at\b|of\b|by\b|for\b|on\b|and\b|or\b|to\b|is\b|was\b)[a-z]+){{0,2}})
              |(?P<per>(?:square\s|cubic\s|sq\s)?[a-z]+)\b)
        | an?(?:\s|\s?-\s?)(?P<article>{_RATE_WORD})\b(?!\s+(?:ago|later|earlier|after|before))
        | (?P<adverb>hourly|daily|weekly|monthly|annually|yearly|p\.a\.|pa\b)(?!\s+[a-z]+s?\b)
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_ADVERBS = {
    "hourly": "hour",
    "daily": "day",
    "weekly": "week",
    "monthly": "month",
    "annually": "year",
    "yearly": "year",
    "p.a.": "year",
    "pa": "year",
}

# --- currencies -------------------------------------------------------------------------------------------------------

_CURRENCY_SYMBOLS: dict[str, str] = _table(
    """
    $=USD; €=EUR; £=GBP; ¥=JPY; ₹=INR; ₽=RUB; ₩=KRW; ₪=ILS; ₫=VND; ฿=THB; ₿=XBT; ₱=PHP; ₴=UAH; ₦=NGN; ៛=KHR; ₭=LAK;
    ₺=TRY; ₡=CRC; ₲=PYG; ₵=GHS; ₸=KZT; ₾=GEL; ₼=AZN; 元=CNY; 円=JPY; ৳=BDT; ₮=MNT; ؋=AFN; ﷼=IRR; ரூ=LKR
    """
)
_DOLLARS: dict[str, str] = _table(
    """
    us=USD; u.s.=USD; u.s=USD; usd=USD; a=AUD; au=AUD; aud=AUD; c=CAD; ca=CAD; cad=CAD; can=CAD; hk=HKD; hkd=HKD;
    nz=NZD; nzd=NZD; s=SGD; sg=SGD; sgd=SGD; nt=TWD; ntd=TWD; mex=MXN; mx=MXN; mxn=MXN; r=BRL; brl=BRL; j=JMD;
    tt=TTD; fj=FJD; z=ZWL; n=NAD; b=BND
    """
)
_LETTER_CODES: dict[str, str | None] = _table(
    """
    RM=MYR; Rs=INR; Rs.=INR; Rp=IDR; CHF=CHF; Fr=CHF; zł=PLN; RMB=CNY; rmb=CNY; BTC=XBT; R=ZAR; NTD=TWD; STG=GBP;
    Ksh=KES; KSh=KES; Tk=BDT
    """
) | dict.fromkeys(_words("kr Sh P sen"))
# Words without a country: the code where one country is plainly meant, else none, and only the word is kept.
_CURRENCY_WORDS: dict[str, str | None] = _table(
    """
    dollar=USD; buck=USD; euro=EUR; sterling=GBP; quid=GBP; yen=JPY; yuan=CNY; renminbi=CNY; kuai=CNY; rmb=CNY;
    rupee=INR; rouble=RUB; ruble=RUB; rand=ZAR; riel=KHR; baht=THB; dong=VND; kip=LAK; ringgit=MYR; rupiah=IDR;
    shekel=ILS; zloty=PLN; forint=HUF; koruna=CZK; hryvnia=UAH; leva=BGN; taka=BDT; kyat=MMK; tugrik=MNT; birr=ETB;
    naira=NGN; cedi=GHS; real=BRL; reais=BRL; bitcoin=XBT; kuna=HRK; won=KRW; lira=TRY; peseta=ESP; guilder=NLG;
    markka=FIM; drachma=GRD; lari=GEL; tenge=KZT; dram=AMD; leu=RON; lei=RON
    """
) | dict.fromkeys(
    _words(
        "peso franc krone kroner krona kronor dinar dirham riyal rial shilling crown mark escudo som manat kwacha satoshi"
    )
)
_MINOR: dict[str, str] = _table(
    """
    cent=cent; ¢=cent; penny=penny; pence=penny; pennies=penny; p=penny; centime=centime; sen=sen; satoshi=satoshi;
    dime=dime; nickel=nickel; kopek=kopek; paisa=paisa
    """
)
_NATIONS: dict[str, str] = _table(
    """
    us=USD; u.s.=USD; american=USD; united states=USD; british=GBP; uk=GBP; french=FRF; greek=GRD; german=DEM;
    japanese=JPY; chinese=CNY; indian=INR; russian=RUB; finnish=FIM; dutch=NLG; spanish=ESP; portuguese=PTE;
    italian=ITL; belgian=BEF; taiwan=TWD; korean=KRW; israeli=ILS; irish=IEP; austrian=ATS; saudi=SAR; emirati=AED;
    cambodian=KHR
    """
)
_POSSIBLE_CODE = re.compile(r"[A-Z]{3}$")


@cache
def _currency_names() -> dict[str, str]:
    """Return {"australian dollar": "AUD"}, singular and plural, by CLDR's English names; loads babel."""
    from babel import Locale  # a web process that only shows stored figures never needs it
    from babel.numbers import get_currency_name

    names: dict[str, str] = {}
    for code in sorted(Locale("en").currencies):
        if not code.startswith("X") or code in ("XAF", "XOF", "XPF"):
            for count in (1, 2):
                name = re.sub(r"\s*\(.*", "", get_currency_name(code, count, "en")).lower()
                names.setdefault(name, code)
    return names


@cache
def _currency_codes() -> frozenset[str]:
    return frozenset(_currency_names().values()) | {"USD", "EUR", "GBP", "CNH"}


@cache
def currency_name(code: str) -> str:
    """Return the English name of an ISO 4217 code, "US dollar" for USD; the code itself where CLDR has none."""
    if code == "XBT":  # ISO has none for bitcoin; the X code in use is outside CLDR
        return "bitcoin"
    from babel.numbers import get_currency_name

    return re.sub(r"\s*\(.*", "", get_currency_name(code, 1, "en"))


_MONEY_BEFORE = re.compile(
    r"""(?:
      (?P<dollars>(?<![\w.])(?:U\.S\.?|[A-Za-z]{1,3}))?\s?(?P<symbol>[$€£¥₹₽₩₪₫฿₿₱₴₦៛₭₺₡₲₵₸₾₼৳₮؋﷼])
      |(?<![\w])(?P<millions>[Mm](?=[A-Z]{3}))?(?P<code>[A-Z]{3}|[Rr]mb|usd|eur|gbp)
      |(?<![\w])(?P<letters>RM|Rs\.?|Rp|kr|zł|R|Ksh|KSh|Tk|sen)
      |(?<![\w])(?P<name>dollar|euro)
    )(?P<gap>\s{0,2})(?P<sign>[-−–]?)$""",
    re.VERBOSE,
)
_SIGN_BEFORE = re.compile(r"(?:(?<=[\s(\[=:~≈])|^)(?:[-−–]|(?i:minus|negative)[\s-])$|(?<=[\s(])-[\s](?=$)")
_AFTER_WORDS = re.compile(r"[^\W\d_]+(?:['’.][^\W\d_]+)*\.?|[%‰٪¢$€£¥₹₽₩₪₫฿₿₱₴₦៛₭₺₡₲₵₸₾₼元円]|ரூ")
_GAP = re.compile(r"\s?-\s?|[\s\u00a0\u202f]?[(\[{<](?=\S{1,4}[)\]}>])|[\s\u00a0\u202f\u2009]{0,2}(?!\n)")


@dataclass(slots=True)
class _Raw:
    start: int
    end: int
    at: int
    number: _Number
    value: Decimal
    high: Decimal | None = None
    unit: str | None = None
    currency: str | None = None
    kind: Kind = "count"
    is_symbol: bool = False  # currency stood in front, so that a suffix "m" is million
    is_closed: bool = False
    modifier: Modifier = "="
    is_change: bool = False
    counted: str | None = None
    counted_at: int | None = None


def _words_after(text: str, at: int, limit: int = 4) -> list[tuple[str, int]]:
    """Return up to ``limit`` words right after ``at`` with where each ends; hyphens join as spaces do."""
    words: list[tuple[str, int]] = []
    position = at
    while len(words) < limit:
        gap = _GAP.match(text, position)
        position = gap.end() if gap else position
        match = _AFTER_WORDS.match(text, position)
        if not match or "\n" in text[at:position]:
            break
        word, end = match.group(), match.end()
        if word.endswith(".") and word.lower() not in ("u.s.", "sq.", "deg.", "p.m.", "a.m.", "pct.", "p.a."):
            word, end = word[:-1], end - 1
        words.append((word, end))
        position = end
        if text[end : end + 1] in ")]}>" and text[at:end].count("(") + text[at:end].count("[") + text[at:end].count(
            "{"
        ) + text[at:end].count("<"):
            words[-1] = (word, end + 1)
            break
    return words


_PAID = re.compile(
    r"\b(?:fined?|paid|pays?|paying|costs?|worth|earn\w*|spent|spend\w*|pric\w+|owe\w*|donat\w+|raised|budget\w*|salar\w+|compensation|fees?|loans?|debts?|cash|bill)\b[^.;]{0,25}$",
    re.IGNORECASE,
)


def _currency_after(text: str, at: int, *, is_scaled: bool) -> tuple[str, str | None, int] | None:
    """Return (unit, ISO code or None, end) of a currency standing right after ``at``."""
    words = _words_after(text, at)
    if not words:
        return None
    first, end = words[0]
    if first in _CURRENCY_SYMBOLS:
        if text[end : end + 1].isdigit() or "(" in text[at:end]:
            return None  # "771.3 billion ($1tn)": the sign belongs to what follows
        code: str | None = _CURRENCY_SYMBOLS[first]
        return currency_name(code), code, end
    if first in ("¢",):
        return "cent", None, end
    if (first.upper() == first and _POSSIBLE_CODE.match(first)) or first in ("usd", "eur", "gbp", "rmb", "cny", "jpy"):
        upper = {"RMB": "CNY", "BTC": "XBT", "NTD": "TWD"}.get(first.upper(), first.upper())
        if upper == "XBT" or upper in _currency_codes():
            return currency_name(upper), upper, end
    if first == "R" and text[end : end + 1] in ("", ".", ",", ";", ")", " "):
        following = words[1][0].lower() if len(words) > 1 else ""
        return (currency_name("ZAR"), "ZAR", end) if following not in ("per", "a") else None
    if first == "kn" and not text[at : at + 1].isalpha():
        return currency_name("HRK"), "HRK", end
    if first in ("p", "c") and text[at : at + 1] == first:
        return ("penny" if first == "p" else "cent"), None, end
    for length in (4, 3, 2, 1):
        if len(words) < length:
            continue
        phrase = " ".join(word for word, _ in words[:length]).lower()
        end = words[length - 1][1]
        if length > 1:
            nation, _, noun = phrase.rpartition(" ")
            singular = noun.removesuffix("s")
            if singular in _CURRENCY_WORDS or singular in ("pound", "yuan", "reai", "cent"):
                if nation == "pounds" and noun == "sterling":
                    return currency_name("GBP"), "GBP", end
                if singular == "cent":
                    if nation in _NATIONS or nation in ("euro", "australian", "canadian"):
                        return "cent", None, end
                    continue
                code = (
                    _currency_names().get(phrase)
                    or _currency_names().get(f"{nation} {singular}")
                    or _NATIONS.get(nation)
                )
                if code:
                    return currency_name(code), code, end
            continue
        if phrase in ("p", "ps"):
            return None
        if phrase in _MINOR or phrase.removesuffix("s") in _MINOR:
            return _MINOR.get(phrase) or _MINOR[phrase.removesuffix("s")], None, end
        singular = phrase if phrase in _CURRENCY_WORDS else phrase.removesuffix("s")
        if singular in _CURRENCY_WORDS:
            if singular in ("real", "won", "mark", "som", "dram", "lei", "dong", "buck", "lira", "drachma") and not (
                phrase in ("bucks", "marks", "drachmas") or is_scaled or singular == "lira"
            ):
                if (
                    singular == "won"
                    and re.match(r"\s?won\b(?!\s+(?:the|a|by|in|their|his|her))", text[at : at + 30])
                    and is_scaled
                ):
                    return currency_name("KRW"), "KRW", end
                continue
            code = _CURRENCY_WORDS[singular]
            return (currency_name(code) if code else singular), code, end
        if singular == "pound" and (is_scaled or _PAID.search(text[max(0, at - 50) : at])):
            return currency_name("GBP"), "GBP", end
    return None


def _rate_after(text: str, at: int) -> tuple[str, int] | None:
    """Return ("hour", end) for "per hour", "a hour", "/h", "per 100,000 people" standing right after ``at``."""
    match = _RATE.match(text, at)
    if not match:
        return None
    if base := match["base"]:
        number = _numbers(
            base if not base.lower().startswith(("hundred", "thousand", "million", "billion")) else f"one {base}"
        )
        value = format(number[0].value, "f") if number else base
        return " ".join([value, *match["basenoun"].split()]), match.end()
    if adverb := match["adverb"]:
        return _ADVERBS[adverb.lower()], match.end()
    word = (match["per"] or match["article"] or "").lower()
    if not word or word in ("cent", "the", "se"):
        return None
    word = {
        "annum": "year",
        "kg": "kilogram",
        "km": "kilometre",
        "kilo": "kilogram",
        "h": "hour",
        "hr": "hour",
        "s": "second",
        "min": "minute",
        "sec": "second",
        "sq ft": "square foot",
        "sq m": "square metre",
        "square feet": "square foot",
        "head": "person",
        "capita": "person",
        "ms": "millisecond",
    }.get(word, word)
    qualifier, _, noun = word.rpartition(" ")
    known = _unit_names().get(noun)
    noun = known[0] if known else noun
    return (f"{_QUALIFIERS.get(qualifier, qualifier)} {noun}".strip() if qualifier else noun), match.end()


def _closes_quotation(text: str, at: int, mark: str) -> bool:
    """Return whether a mark that could mean feet or inches closes a quotation: “Work at Sea 2025”."""
    line = text[max(text.rfind("\n", 0, at) + 1, at - 1000) : at]
    if mark == '"':
        return line.count('"') % 2 == 1
    opening = {"”": "“", "’": "‘"}.get(mark)
    return opening is not None and line.rfind(opening) > line.rfind(mark)


def _symbol_after(text: str, at: int, *, is_attached: bool) -> tuple[str, Kind, int] | None:
    match = _SYMBOL.match(text, at)
    if not match:
        return None
    top = match["top"]
    symbols = _unit_symbols()
    if top == "°" and (
        scale := re.match(r"\s?(Celsius|Fahrenheit|centigrade)\b", text[match.end("top") : match.end("top") + 12], re.I)
    ):
        return (
            ("degree Fahrenheit" if scale[1].lower() == "fahrenheit" else "degree Celsius"),
            "measure",
            match.end("top") + scale.end(),
        )
    if top in ("°C", "°F", "ºC"):
        return ("degree Celsius" if top.endswith("C") else "degree Fahrenheit"), "measure", match.end()
    if top not in symbols or _closes_quotation(text, match.start("top"), top):
        return None
    end, exponent = match.end(), match["exp"]
    if is_attached and top in ("C", "F") and _WEATHER.search(text[max(0, at - 70) : at]):
        return ("degree Celsius" if top == "C" else "degree Fahrenheit"), "measure", match.end()
    if top in (_NOT_ATTACHED if is_attached else _NOT_SPACED) and not exponent and not match["below"]:
        return None
    if top == "m" and exponent and re.match(r"\d\d", text[match.end("top") : match.end("top") + 2]):
        return None
    unit = symbols[top]
    if exponent or match["power"]:
        power = _POWERS.get(exponent or "", "cubic " if (match["power"] or "").startswith("cu") else "square ")
        unit = power + unit
    for below in filter(None, (part.strip() for part in (match["below"] or "").split("/"))):
        bare = re.sub(r"[²³]|\^?[23]$", "", below)
        squared = _POWERS.get(below[len(bare) :], "")
        named = (
            symbols.get(bare)
            or (_unit_names().get(bare.lower()) or (None,))[0]
            or {"hr": "hour", "hour": "hour"}.get(bare)
        )
        if not named:
            end = match.start("below")
            break
        unit += f" per {squared}{named}"
    kind: Kind = "duration" if unit in ("second", "hour", "minute", "millisecond") else "measure"
    return unit, kind, end


def _named_unit_after(text: str, at: int) -> tuple[str, Kind, int] | None:
    words = _words_after(text, at)
    names = _unit_names()
    if words and words[0][0].lower() in _QUALIFIERS and len(words) > 1:
        known = names.get(words[1][0].lower()) or (
            (_unit_symbols()[words[1][0]], "measure") if words[1][0] in _unit_symbols() else None
        )
        if known:
            return f"{_QUALIFIERS[words[0][0].lower()]} {known[0]}", "measure", words[1][1]
    if words and words[0][0].lower().rstrip(".") in ("degree", "degrees", "deg") and len(words) > 1:
        scale = {"c": "Celsius", "f": "Fahrenheit"}.get(words[1][0].lower())
        known = names.get(words[1][0].lower())
        if known and known[0].startswith("degree "):
            return known[0], "measure", words[1][1]
        if scale:
            return f"degree {scale}", "measure", words[1][1]
    for length in (4, 3, 2, 1):
        if len(words) >= length:
            phrase = " ".join(word for word, _ in words[:length]).lower().rstrip(".")
            for spelling in (phrase, phrase.replace(" ", "-")):
                if spelling in names:
                    unit, kind = names[spelling]
                    end = words[length - 1][1]
                    if spelling in (
                        "war",
                        "sol",
                        "bar",
                        "gray",
                        "tesla",
                        "rad",
                        "mp",
                        "deg",
                        "pp",
                        "bp",
                        "turn",
                        "stone",
                        "cup",
                        "second",
                        "quarter",
                        "gal",
                    ) and not _is_sure(text, at, end, spelling):
                        continue
                    if unit in ("metre", "kilometre", "mile", "foot", "centimetre", "inch") and (
                        power := re.match(r"\s(squared|cubed)\b", text[end : end + 9])
                    ):
                        return ("square " if power[1] == "squared" else "cubic ") + unit, "measure", end + power.end()
                    return unit, kind, end
    return None


def _is_sure(text: str, at: int, end: int, spelling: str) -> bool:
    written = text[at:end].strip(" -")
    if spelling in ("war", "mp"):
        return written.isupper()
    if spelling in ("second", "quarter"):
        return not re.match(r"\s*(?:-\s*)?[a-z]+", text[end : end + 12]) or written.startswith("-")
    if spelling in ("tesla", "gray", "stone"):
        return written.islower()
    return True


_BEFORE_RATE = re.compile(
    r"\s+(?P<noun>[a-z-]+(?:\s+[a-z-]+){0,3}?)(?=\s+(?:per|for\s+every)\s+(?:\d|(?:one\s+)?(?:hundred|thousand|million)))"
)
_SCALE_AFTER = re.compile(r"(?P<gap>\s?)(?P<scale>[kKmMbBtT]n?|mil|Mil|mln|bln|trn|MN|BN)(?![\w/²³^])")
_UNIT_LETTERS = re.compile(r"\s?(?P<m>[mM])(?P<code>[A-Z]{3})\b")


def _attach(text: str, number: _Number, floor: int) -> _Raw | None:
    """Put sign, currency, scale and unit round a number; None where letters touching it make it a code or a label."""
    raw = _Raw(number.start, number.end, number.start, number, number.value, number.high)
    before = text[max(floor, number.start - 12) : number.start]
    money = (
        _MONEY_BEFORE.search(before)
        if before and not number.is_words or before.rstrip().endswith(("$", "£", "€"))
        else None
    )
    code: str | None = None
    unit: str | None = None
    if money:
        start = number.start - (len(before) - money.start())
        gap = money["gap"]
        if money["symbol"]:
            code = _CURRENCY_SYMBOLS[money["symbol"]]
            letters = (money["dollars"] or "").lower()
            if letters and money["symbol"] == "$":
                if letters in _DOLLARS:
                    code = _DOLLARS[letters]
                else:
                    start += money.start("symbol") - money.start()
            elif letters:
                start += money.start("symbol") - money.start()
            else:
                start += money.start("symbol") - money.start()
        elif money["code"]:
            upper = {"RMB": "CNY"}.get(money["code"].upper(), money["code"].upper())
            # "USD 200" and "EUR50m" are money; "rmb 10" too; a code after its number belongs to that number
            if upper in _currency_codes() and not (gap == "" and money["code"].islower()):
                code = upper
                if money["millions"]:
                    raw.value *= Decimal("1E6")
        elif money["name"]:
            code = "USD" if money["name"] == "dollar" else "EUR"
            if not number.scale:
                code = None
        elif money["letters"]:
            if money["letters"] == "sen":
                unit = "sen"
            else:
                code = _LETTER_CODES.get(money["letters"])
                if money["letters"] == "R" and gap:
                    code = None
        if code or unit:
            raw.start, raw.currency, raw.kind, raw.is_symbol = start, code, "money", True
            raw.unit = currency_name(code) if code else unit
            if money["sign"] and not gap:
                raw.value = -raw.value
            elif (
                re.search(r"(?:^|[\s(])[-−]$", text[max(floor, raw.start - 2) : raw.start])
                and text[raw.start : raw.start + 1] in _CURRENCY_SYMBOLS
            ):
                raw.value, raw.start = -raw.value, raw.start - 1
    if raw.kind != "money" and not number.is_words:
        touching = text[number.start - 1 : number.start] if number.start > floor else ""
        if touching and (touching.isalnum() or touching in "_#/^\\@&"):
            return None
        if touching in "-–—" and re.search(r"[^\W\d_][^\W_]*[-–—]$", before):
            lead = re.search(r"(?i)\b(minus|sub|non|pre|post|plus|ex|now|then)[-–—]$", before)
            if not lead and not re.search(r"[^\W\d_]{2,}[–—]$", before):
                return None
            if lead and lead[1].lower() == "minus":
                raw.value, raw.start = -raw.value, number.start - 6
        elif (sign := _SIGN_BEFORE.search(text[max(0, number.start - 10) : number.start])) and not re.search(
            r"\d\s?[-–−]$", text[max(0, number.start - 3) : number.start]
        ):
            words = sign.group()
            is_spaced = words.endswith(" ") and not words[0].isalpha()
            if not is_spaced or re.match(r"\s?°|\s?deg", text[number.end : number.end + 5]):
                raw.value = -raw.value
                raw.start = number.start - len(words.lstrip())
    end = number.end
    if number.is_vague and (of := re.match(r"\s+of(?=\s)", text[end : end + 4])):
        known = _currency_after(text, end + of.end(), is_scaled=True)
        named_unit = None if known else _named_unit_after(text, end + of.end())
        if known:
            raw.unit, raw.currency, raw.end = known
            raw.kind = "money"
            return raw
        if named_unit:
            raw.unit, raw.kind, raw.end = named_unit
            return raw
    following = text[end : end + 1]
    # A scale of one or two letters: 2.2bn, 8 B people, $1.2m, 4.3M sales, 40k
    if number.scale is None and not number.is_words and (scale := _SCALE_AFTER.match(text, end)):
        letters = scale["scale"]
        is_money = raw.is_symbol or _currency_after(text, scale.end(), is_scaled=True) is not None
        sure = len(letters) > 1 or (is_money and (letters != "t" or raw.is_symbol)) or letters in ("k", "M")
        if letters in ("m", "b", "B", "T", "K", "t") and not sure:
            after = re.match(
                r"\s+(?:of\s+(?:its|their|the|all|his|her)\b|(?!long|tall|wide|high|deep|away|apart|from|above|below|of|to|in|and|or|by|at|on|for|x|is|was)[a-z]+(?:-[a-z]+)*s\b|people\b)",
                text[scale.end() : scale.end() + 24],
            )
            sure = bool(after) and letters != "t" or letters == "K"
        if (
            letters == "M"
            and scale["gap"]
            and not raw.is_symbol
            and not re.match(r"\s+[a-z]+", text[scale.end() : scale.end() + 3])
        ):
            sure = False
        if letters == "k" and scale["gap"]:
            sure = False
        if sure and letters.lower() in _SHORT_SCALES:
            number.scale = _SHORT_SCALES[letters.lower()]
            raw.value *= number.scale
            end = scale.end()
            following = text[end : end + 1]
    elif number.scale is None and (coded := _UNIT_LETTERS.match(text, end)) and coded["code"] in _currency_codes():
        raw.value *= Decimal("1E6")
        raw.currency, raw.kind, raw.unit = coded["code"], "money", currency_name(coded["code"])
        raw.end, raw.is_closed = coded.end(), True
        return raw
    raw.end = end
    if raw.kind != "money":
        is_scaled = number.scale is not None or number.is_words and number.value >= 100000
        after_money = _currency_after(text, end, is_scaled=is_scaled)
        if after_money:
            raw.unit, raw.currency, raw.end = after_money
            raw.kind = "money"
            late = re.match(r"\s(million|billion|trillion)\b", text[raw.end : raw.end + 9])
            if late and number.scale is None:  # 75 USD million
                raw.value *= _SCALES[late[1]]
                raw.end += late.end()
    else:
        again = _currency_after(text, end, is_scaled=True)
        if (
            again
            and not re.match(r"\s?[^\w\s]", text[end : end + 2])
            and (again[1] == raw.currency or (raw.currency == "USD" and again[0].endswith("dollar")))
        ):
            raw.unit, raw.currency, raw.end = again[0], again[1] or raw.currency, again[2]
    if raw.kind == "money":
        rate = _rate_after(text, raw.end)
        if rate:
            raw.unit, raw.end = f"{raw.unit} per {rate[0]}", rate[1]
        elif (aside := re.match(r"\s\([^()]{2,24}\)", text[raw.end : raw.end + 30])) and (
            rate := _rate_after(text, raw.end + aside.end())
        ):
            raw.unit = f"{raw.unit} per {rate[0]}"
        return raw
    # Ages before units, for "years" is in both
    if age := _AGE_AFTER.match(text, end):
        spelled = (age["unit"] or "year").lower().rstrip("s")
        raw.unit, raw.kind, raw.end = f"{'year' if spelled == 'yr' else spelled} of age", "age", age.end()
        return raw
    gap = _GAP.match(text, end)
    position = gap.end() if gap else end
    is_attached = position == end
    named = _named_unit_after(text, end)
    symbol = (
        None if named and len(text[position : named[2]]) > 3 else _symbol_after(text, position, is_attached=is_attached)
    )
    if named and symbol and named[2] >= symbol[2]:
        symbol = None
    if symbol and is_attached and symbol[0] == "metre" and raw.number.scale:
        symbol = None
    if symbol and gap and "-" in gap.group() and len(text[position : symbol[2]]) < 2:
        symbol = None
    if (
        symbol
        and not is_attached
        and text[position : symbol[2]] in ("in", "IN")
        and not re.match(r"\s*(?:$|\.\s*$|thick|long|wide|tall|more or less)", text[symbol[2] : symbol[2] + 14])
    ):
        symbol = None
    if symbol is None and not named and not is_attached:
        inch = re.match(
            r"\s(in)(?=\.?\s*$|\s+(?:thick|long|wide|tall|more\s+or\s+less))|\s?\"(?=\s+(?:long|wide|thick|tall|high))",
            text[end : end + 24],
        )
        if inch:
            raw.unit, raw.kind, raw.end = "inch", "measure", end + inch.end()
            return raw
    chosen = symbol or named
    if chosen:
        raw.unit, raw.kind, raw.end = chosen
        if raw.kind in ("measure", "percent", "duration", "percentage_point"):
            rate = _rate_after(text, raw.end)
            if (
                rate is None
                and raw.kind == "measure"
                and (
                    of := re.match(
                        r"\s+of(?:\s+(?!per\b|an?\b)[a-z-]+){1,3}(?=\s+(?:an?|per|each)\s)",
                        text[raw.end : raw.end + 50],
                    )
                )
            ):
                late_rate = _rate_after(text, raw.end + of.end())
                if late_rate:
                    raw.unit, raw.kind = f"{raw.unit} per {late_rate[0]}", "rate"
            if rate and not (raw.kind == "duration" and text[raw.end : raw.end + 3] in (" a ", " an")):
                raw.unit, raw.end = f"{raw.unit} per {rate[0]}", rate[1]
                if raw.kind != "percent":
                    raw.kind = "rate"
        return raw
    if following and not number.is_words and (following.isalpha() or following == "_"):
        return None  # 24703L202, Model 3s, 3D
    if following in "-–" and not number.is_words and re.match(r"[-–][A-Z]\d|[-–]\d*[A-Z]{1,3}\b", text[end : end + 6]):
        return None
    rate = _rate_after(text, end)
    if rate and re.match(r"\s+(?:per|times)\b|\s?/", text[end : end + 6]):
        raw.unit, raw.kind, raw.end = f"per {rate[0]}", "rate", rate[1]
        return raw
    if (noun := _BEFORE_RATE.match(text, end)) and (based := _rate_after(text, noun.end())) and based[0][:1].isdigit():
        raw.unit, raw.kind, raw.end = f"per {based[0]}", "rate", based[1]
        raw.counted, raw.counted_at = noun["noun"], noun.start("noun")
        return raw
    times = re.match(r"(?:\s+|-)times?\b", text[end : end + 7])
    if times:
        raw.unit, raw.end = "count", end + times.end()
        rate = _rate_after(text, raw.end)
        if rate:
            raw.unit, raw.end, raw.kind = f"count per {rate[0]}", rate[1], "rate"
    return raw


_AGE_AFTER = re.compile(
    r"\s?-?\s?(?:(?P<unit>years?|yrs?|months?|weeks?|days?)(?:(?:\s?-\s?|\s)olds?\b|\s+of\s+age\b)|(?:yo|y/o)\b)",
    re.IGNORECASE,
)
_AGE_AROUND = re.compile(
    r"(?:\b(?:who|she|he|[A-Z][a-z]+)\s+(?:is|was|were|turned|turns|will\s+be|be)(?:\s+(?:now|only|just|about|around))?|\blife\s+expectancy\b[^.;]{0,50}\b(?:is|was|of|to|at)(?:\s+(?:about|around|roughly|only))?|\b(?:average|median|mean|retirement|legal)\s+age\b[^.;]{0,30}\b(?:is|was|of|to|at|from)(?:\s+(?:about|around))?)\s+$"
)
_AGE_END = re.compile(r"\s*(?:[.,;)]|$|\s(?:when|at\s+the\s+time|and\s+(?:has|had|was|is|in|still)|raising|years?\b))")
_AGE_NAMED = re.compile(
    r"(?:\b(?:man|woman|boy|girl|suspect|victim|father|mother|son|daughter|teenager|driver|student|farmer|widow|brother|sister|husband|wife),\s+$)|(?:\b[A-Z][\w’'-]+\s+[A-Z][\w’'-]+|\b[A-Z][\w’'-]+),\s+$"
)
_AGE_BEFORE = re.compile(
    r"\b(?:aged|age|ages|age\s+of|as\s+(?:young|old)\s+as|(?:turned|turning|turns)(?=\s\d\d\b))\s+$", re.IGNORECASE
)

# --- putting figures together -----------------------------------------------------------------------------------------

_RANGE_JOIN = re.compile(
    r"\s?(?:-|–|—|−|~)\s?|\s+(?:to|through|till|until)\s+|,?\s+to\s+(?:about|around|as\s+much\s+as|as\s+many\s+as|over|nearly)\s+",
    re.IGNORECASE,
)
_FROM_BEFORE = re.compile(
    r"\b(?:from|between|ranges?|ranging|ranged|anywhere)\s+(?:about|around|roughly|some|between|from)?\s*$|\bfrom\s+$",
    re.IGNORECASE,
)
_BETWEEN_BEFORE = re.compile(r"\bbetween\s+(?:about\s+|around\s+|roughly\s+|some\s+)?$", re.IGNORECASE)
_FROM_TO = re.compile(
    r"(?:(?P<noun>(?:\s+(?!to\b|and\b|but\b|from\b|while\b)[\w’'-]+){0,2})?)(?:\s+(?:in|at|on|during)\s+(?:(?!to\b|and\b)[\w.:’']+\s?){1,4}?)?,?\s*\bto\s+(?:about\s+|around\s+|just\s+|over\s+|nearly\s+|some\s+|more\s+than\s+)?$",
    re.IGNORECASE,
)
_ALSO_JOIN = re.compile(
    r"\s*(?:,\s*(?:and\s+|or\s+)?|and\s+|or\s+|to\s+)\s*(?:about\s+|around\s+|some\s+)?$", re.IGNORECASE
)
_CLOSE_FRACTION = re.compile(r"\s+(?:and\s+)?$")

_UP = (
    "rise rose risen rises rising increase increased increases increasing grow grew grown grows growing climb climbed climbs "
    "climbing jump jumped jumps jumping surge surged surges surging gain gained gains gaining advance advanced advances soar "
    "soared soars soaring rally rallied swell swelled spike spiked up skyrocket skyrocketed leap leapt leaped "
    "appreciate appreciated strengthen strengthened raise raised improve improved expand expanded higher"
)
_DOWN = (
    "fall fell fallen falls falling drop dropped drops dropping decline declined declines declining decrease decreased decreases "
    "decreasing sink sank sunk slide slid slides slump slumped slumps tumble tumbled tumbles plunge plunged plunges plummet "
    "plummeted plummets down shed sheds dip dipped dips ease eased shrink shrank shrunk contract contracted slip slipped slips "
    "retreat retreated crash crashed dive dived weaken weakened depreciate depreciated reduce reduced cut slash slashed lower"
)
_CHANGE_BEFORE = re.compile(
    rf"\b(?:(?P<up>{'|'.join(_UP.split())})|(?P<down>{'|'.join(_DOWN.split())}))"
    r"(?P<mid>(?:\s+(?:by|another|a\s+further|further|some|about|around|roughly|nearly|almost|more\s+than|over|under|less\s+than|"
    r"just|only|at\s+least|an?|approximately|up\s+to|as\s+much\s+as|(?:sales|prices?|costs?|output|production|revenues?|profits?|spending|rates?|numbers?)(?=\s+by)|"
    r"between|from|to)|\s+[a-z]+ly)*)\s*$",
    re.IGNORECASE,
)
_STANDS_BEFORE: list[tuple[Modifier, re.Pattern[str]]] = [
    ("=", re.compile(r"(?:\bno\s+more\s+nor\s+less\s+than|\bexactly|\bprecisely)\s+$", re.IGNORECASE)),
    (
        "<",
        re.compile(
            r"(?:\b(?:less|fewer|lower|smaller|younger|shorter|cheaper|lighter|not?\s+(?:more|over|higher|greater|longer|larger)|no\s+(?:more|greater|higher|larger))\s+than(?:\s+the)?|"
            r"\b(?:under|below|beneath|at\s+most|at\s+the\s+most|up\s+to|(?:as|so)\s+(?:many|much|little|few|high|long|large)\s+as|a\s+maximum\s+of|maximum(?:\s+of)?|short\s+of|within|not\s+exceeding|capped\s+at)"
            r"(?:\s+(?:a|an|the|just))?|<|≤)\s*$|\bsub-$",
            re.IGNORECASE,
        ),
    ),
    (
        ">",
        re.compile(
            r"(?:\b(?:more|greater|higher|larger|older|longer|bigger|better|no\s+(?:less|fewer|lower)|not\s+(?:less|fewer))\s+than(?:\s+the)?|"
            r"\b(?:over(?:\s+than)?|above|exceed(?:s|ed|ing)?|at\s+least|at\s+the\s+least|in\s+excess\s+of|upwards?\s+of|north\s+of|a\s+minimum\s+of|minimum(?:\s+of)?|beyond|"
            r"surpass(?:es|ed|ing)?|topp?(?:ed|ing|s)|well\s+over)(?:\s+(?:a|an|the))?|>|≥)\s*$",
            re.IGNORECASE,
        ),
    ),
    (
        "~",
        re.compile(
            r"(?:\b(?:about|around|roughly|approximately|approx\.?|some|nearly|almost|close\s+to|estimated(?:\s+at)?|near|nearing|circa|ca\.|"
            r"in\s+the\s+(?:region|neighbou?rhood)\s+of|on\s+the\s+order\s+of|approaching|virtually|give\s+or\s+take|perhaps|maybe|reportedly|averag(?:ed|ing|es))"
            r"(?:\s+(?:a|an|the|only|just))?|[~≈∼±])\s*$|\bmid-$",
            re.IGNORECASE,
        ),
    ),
]
_STANDS_AFTER: list[tuple[Modifier, re.Pattern[str]]] = [
    ("~", re.compile(r"\s+(?:or\s+so|more\s+or\s+less|approximately|give\s+or\s+take|-?odd)\b", re.IGNORECASE)),
    (
        ">",
        re.compile(
            r"\s*(?:\+(?!\d)|,?\s+(?:or|and)\s+(?:more|above|over|up|older|higher|upwards?)\b|\s+(?:at\s+least|plus)\b)",
            re.IGNORECASE,
        ),
    ),
    (
        "<",
        re.compile(r"\s*,?\s+(?:or\s+(?:less|fewer|under|below|younger|lower)|at\s+(?:the\s+)?most)\b", re.IGNORECASE),
    ),
]
_STOP_COUNTING = _words(
    """
    a an the of in on at by for from to with into onto about around over under between among against per as than
    then so but and or nor if when while after before since because until till though although that which who
    whom whose where what how why is are was were be been being am has have had having do does did will would
    shall should can could may might must not n't no it its this these those they their them he she his her him
    we our us you your my me i there here also only just even still yet already ago later earlier each every
    apiece said says say told tell according including include included involved involving compared versus vs
    via within without during through across up down out off off-the more less fewer most least both either
    neither went go came come took take made make got get left began ended today yesterday tomorrow now
    respectively total overall instead next last again too very much many ever never away
    """
)
_COUNT_WORD = re.compile(r"(?P<gap>\s+|-|\s-\s)(?P<word>[^\W\d_][\w’'-]*(?:\.(?=[A-Z]\.))?|&)", re.UNICODE)
_OF_BEFORE_NOUN = re.compile(
    r"\s+(?:more\s+)?of\s+(?:the|its|their|his|her|our|all|these|those|them|which|whom)\b(?:\s+(?:world|country|nation|city)[’']s\b)?",
    re.IGNORECASE,
)


def singular(noun: str) -> str:
    """Return the singular of an English noun phrase by its last word: "suspected traffickers" → "suspected trafficker"."""
    head, space, last = noun.rpartition(" ")
    low = last.lower()
    if low in _IRREGULAR:
        last = _IRREGULAR[low]
    elif low in ("men", "women", "children", "persons"):
        last = {"men": "man", "women": "woman", "children": "child", "persons": "person"}[low]
    elif low.endswith("ies") and len(low) > 4:
        last = last[:-3] + "y"
    elif low.endswith(("sses", "shes", "ches", "xes", "zes")):
        last = last[:-2]
    elif low.endswith("s") and not low.endswith(("ss", "us", "is")) and len(low) > 2:
        last = last[:-1]
    return f"{head}{space}{last}"


def _looks_plural(word: str) -> bool:
    low = word.lower()
    return low in ("people", "men", "women", "children", "police", "staff") or (
        low.endswith("s") and not low.endswith(("ss", "us", "is", "’s", "'s"))
    )


def _count_after(text: str, at: int) -> tuple[str, int, int] | None:
    """Return (words, start, end) of what a bare number counts, as far as spelling tells: "370 suspected traffickers, …"."""
    position, begin = at, -1
    words: list[str] = []
    if part := _OF_BEFORE_NOUN.match(text, at):
        position = part.end()
    while len(words) < 6 and (match := _COUNT_WORD.match(text, position)):
        word = match["word"]
        if "\n" in match["gap"] or word.lower() in _STOP_COUNTING:
            if not (word.lower() in ("and", "&", "more", "other", "most") and words == [] and word.lower() != "and"):
                break
            position = match.end()
            continue
        if word.endswith(("’s", "'s")) and words:
            break
        if words and _looks_plural(words[-1]) and not _looks_plural(word):
            break
        if words and word.endswith(("ed", "ing")) and word.islower():
            break
        if begin < 0:
            begin = match.start("word")
        words.append(word)
        position = match.end()
    if not words:
        return None
    end = position
    # "thousands of men" and the like: the noun stands after "of"
    if not words[0][0].islower() and len(words) == 1 and not _looks_plural(words[0]) and part is None:
        return None
    return text[begin:end], begin, end


def _is_year_like(raw: _Raw, text: str) -> bool:
    digits = text[raw.at : raw.number.end]
    return len(digits) == 4 and digits.isdecimal() and 1400 <= int(digits) <= 2199


_YEAR_CUES = _words(
    """
    in since from by until till of during after before for and the early late mid end fiscal year summer winter
    spring autumn fall a this its through between vs to his her their our christmas january february march april
    may june july august september october november december edition first last than or version
    """
)


_DATED = re.compile(r"\b(?:in|since|during|until|till|of|by)\s+$", re.IGNORECASE)


def _is_dated(text: str, raw: _Raw) -> bool:
    """Return whether a year-like number is plainly a year, so that "from 20 in 2008 to 29" is seen past it."""
    return (
        1800 <= raw.value <= 2100
        and bool(_DATED.search(text[max(0, raw.start - 8) : raw.start]))
        and not re.match(r"\s+[a-z]+s\b(?<!was)(?<!is)(?<!has)", text[raw.end : raw.end + 16])
    )


_YEAR_NOUNS = _words(
    """
    sales elections results earnings olympics games models levels profits revenues figures prices protests attacks floods
    elections forecasts estimates targets standards rankings talks rules wildfires fires championships playoffs finals polls riots
    """
)


def _is_label(text: str, raw: _Raw, floor: int) -> bool:
    """Return whether a bare number names a thing ("Tier 3", "in 2021") rather than counting anything."""
    before = re.search(r"([^\W\d_][\w.&’'-]*|&)[\s\u00a0]+(?:\()?$", text[max(floor, raw.start - 30) : raw.start])
    word = before[1] if before else ""
    following = re.match(r"\s+([^\W\d_][\w’'-]*)", text[raw.end : raw.end + 30])
    next_word = following[1] if following else ""
    next_counts = bool(next_word) and _looks_plural(next_word) and next_word.lower() not in _STOP_COUNTING
    digits = text[raw.at : raw.number.end]
    if raw.number.is_words:
        return word.lower().rstrip(".") in (
            "tier",
            "phase",
            "chapter",
            "article",
            "section",
            "act",
            "world",
            "war",
            "covid",
            "type",
            "page",
            "level",
            "part",
            "episode",
            "season",
        )
    if raw.number.scale is not None or "," in digits or " " in digits:
        return False
    if _is_year_like(raw, text) and raw.modifier in ("=",):
        if word.lower() in _YEAR_CUES:
            is_of = word.lower() in ("of", "to", "a", "than", "or", "for", "and", "from")
            if is_of and (next_counts or (int(digits) < 1800)):
                return False
            return not (word.lower() in ("and", "or", "the") and next_counts)
        if next_counts and next_word.lower() in _YEAR_NOUNS and raw.value >= 1900:
            return True
        return not (next_counts and next_word.islower())
    if "." in digits and raw.value != raw.value.to_integral_value():
        return False
    if word:
        low = word.lower()
        if low in _LABELS or low.rstrip(".") in ("no", "nos", "vol", "fig"):
            return not (
                next_counts
                and low
                in (
                    "group",
                    "top",
                    "stage",
                    "unit",
                    "lot",
                    "act",
                    "bill",
                    "part",
                    "page",
                    "class",
                    "number",
                    "page",
                    "volume",
                    "game",
                    "week",
                    "street",
                    "war",
                )
            )
        if low == "to" and re.search(r"\d\s+to\s+$", text[max(floor, raw.start - 12) : raw.start]):
            return False
        if word[0].isupper() and not next_counts and low not in _PLAIN_STARTS and low.rstrip(".") not in _MONTHS:
            at_start = re.search(
                r"(?:^|[.!?:;\n“\"‘(]\s*)$",
                text[max(floor, raw.start - 60) : raw.start - len(before.group()) if before else raw.start],
            )
            if not at_start or not next_word:
                return True
    return False


def read(text: str) -> list[Figure]:
    """Return the figures of a text in order of position.

    Left out are dates, times of day, ordinals, labels ("Tier 3", "Section 427"), scores, telephone numbers and addresses
    on the web. Nothing is raised on any text; what cannot be read is not listed.
    """
    if not re.search(
        r"[\d½⅓⅔¼¾]|\b(?i:" + _BASIC + "|" + _SCALE + r"|half|thirds?|quarters?|hundreds|thousands|dozens|millions)\b",
        text,
    ):
        return []
    blocked = _blocked(text)
    raws: list[_Raw] = []
    floor, block = 0, 0
    for number in _numbers(text):
        while block < len(blocked) and blocked[block][1] <= number.start:
            block += 1
        if block < len(blocked) and blocked[block][0] < number.end and number.start < blocked[block][1]:
            continue
        if raws and number.start < raws[-1].end:
            continue  # "per 100,000" has been taken as part of the rate
        raw = _attach(text, number, floor)
        if raw is not None:
            floor = raw.end
            if _is_bare(raw) and raw.kind == "count" and _is_year_like(raw, text) and _is_dated(text, raw):
                continue
            raws.append(raw)
    raws = _join_ranges(text, _join_money(text, raws))
    for index, raw in enumerate(raws):
        _read_modifier(text, raw, raws[index - 1].end if index else 0)
        if raw.kind == "count" and raw.unit is None and raw.currency is None:
            _read_age(text, raw)
    raws = [raw for index, raw in enumerate(raws) if not _drop(text, raw, raws[index - 1].end if index else 0)]
    for raw in raws:
        if (
            raw.kind == "count"
            and raw.unit is None
            and (counted := _count_after(text, raw.end))
            or raw.kind == "percent"
            and (counted := _share_of(text, raw.end))
        ):
            raw.counted, raw.counted_at = counted[0], counted[1]
        elif raw.kind == "measure" and (
            of := re.match(
                r"\s+of\s+(?!the\b|its\b|their\b|his\b|her\b|an?\b)([a-z][\w-]*)", text[raw.end : raw.end + 40]
            )
        ):
            raw.counted, raw.counted_at = of[1], raw.end + of.start(1)
        if raw.number.is_fraction and raw.kind == "count":
            raw.kind = "rate"
    _share_units(text, raws)
    _name_currencies(raws)
    return [
        Figure(
            start=raw.start, end=raw.end, quote=text[raw.start : raw.end], value=raw.value, value_high=raw.high,
            modifier=raw.modifier, unit=raw.unit, currency=raw.currency, counted=raw.counted, kind=raw.kind, at=raw.at,
            counted_at=raw.counted_at,
        )
        for raw in raws
    ]  # fmt: skip


def _name_currencies(raws: list[_Raw]) -> None:
    """Let "198 million francs" be Swiss once "230 million Swiss francs" has been said."""
    named: dict[str, _Raw] = {}
    for raw in raws:
        if raw.kind != "money" or not raw.unit:
            continue
        word = raw.unit.rpartition(" ")[2].lower()
        if raw.currency:
            named[word] = raw
        elif raw.unit == word and word in named:
            raw.unit, raw.currency = named[word].unit, named[word].currency


def _share_of(text: str, at: int) -> tuple[str, int, int] | None:
    if re.match(r"\s+(?:of|in)\s+(?:the|its|their|his|her|our|all)?\s*[a-z]", text[at : at + 40]) is None:
        return None
    of = re.match(r"\s+of\b(?:\s+(?:the|its|their|his|her|our|all|these|those))?", text[at:])
    return _count_after(text, at + of.end()) if of else None


def _read_age(text: str, raw: _Raw) -> None:
    before = text[max(0, raw.start - 90) : raw.start]
    is_age = _AGE_BEFORE.search(before) or (
        raw.number.scale is None
        and raw.value == raw.value.to_integral_value()
        and (
            (_AGE_AROUND.search(before) and _AGE_END.match(text[raw.end : raw.end + 16]) and raw.value < 110)
            or (
                _AGE_NAMED.search(before)
                and re.match(r"\s*,\s|\s*\.\s*$", text[raw.end : raw.end + 3])
                and 3 < raw.value < 105
                and not raw.number.is_words
            )
        )
    )
    if is_age and Decimal(0) < raw.value < 130:
        following = re.match(r"\s+(months?|weeks?|days?|years?)\b", text[raw.end : raw.end + 9])
        raw.unit, raw.kind = f"{following[1].rstrip('s') if following else 'year'} of age", "age"


def _drop(text: str, raw: _Raw, floor: int) -> bool:
    has_unit = raw.kind != "count" or raw.unit is not None or raw.high is not None
    if not has_unit and _is_label(text, raw, floor):
        return True
    if not has_unit and raw.number.is_words and re.match(r"\s?-\s?[a-z]", text[raw.end : raw.end + 4]):
        return True  # "a four-door car" describes and counts nothing
    if raw.unit is None and not raw.number.is_words and raw.high is None:
        near = text[raw.end : raw.end + 3]
        if re.match(r"[-–]\d", near) and not raw.number.is_fraction:  # a score: 2-2
            return True
        if re.search(r"\d[-–]$", text[max(0, raw.start - 2) : raw.start]):
            return True
    if raw.number.is_fraction and raw.high is None and not raw.number.is_words and raw.unit is None:
        # 24/7, 9/11, 4/5 stars: a share wants a noun or "of"
        return (
            not re.match(r"\s+(?:of|the|[a-z])|[.,;)]|\s*$", text[raw.end : raw.end + 8])
            or "24/7" in text[raw.start : raw.end]
            or "9/11" in text[raw.start : raw.end]
        )
    return False


_MONEY_MINOR_JOIN = re.compile(r"(?:\s+and)?\s+$", re.IGNORECASE)


def _join_money(text: str, raws: list[_Raw]) -> list[_Raw]:
    """Join "15 dollars 50", "3 dollars 50 cents" and "c$ 100 and fifty" into one amount."""
    joined: list[_Raw] = []
    for raw in raws:
        last = joined[-1] if joined else None
        if (
            last
            and last.kind == "money"
            and last.currency
            and " per " not in (last.unit or "")
            and last.value == last.value.to_integral_value()
            and last.number.scale is None
            and _MONEY_MINOR_JOIN.fullmatch(text[last.end : raw.start])
            and 0 < raw.value < 100
            and raw.value == raw.value.to_integral_value()
            and not last.is_change
        ):
            is_cents = raw.unit in ("cent", "penny")
            is_bare = (
                raw.kind == "count"
                and raw.unit is None
                and not last.is_symbol
                and raw.value >= 10
                and not re.match(r"\s+(?!more\b|or\b|less\b|and\b)[a-z]", text[raw.end : raw.end + 8])
                and not re.match(r"\s*[%$€£-]", text[raw.end : raw.end + 2])
            )
            if is_cents or is_bare:
                last.value += raw.value / 100 if last.value >= 0 else -raw.value / 100
                last.end = raw.end
                continue
        joined.append(raw)
    return joined


def _is_bare(raw: _Raw) -> bool:
    return raw.unit is None and raw.currency is None


def _same_measure(a: _Raw, b: _Raw) -> bool:
    """Return whether two figures have one unit; "from $5 to $9 a year" has its rate at the end only."""
    if a.currency != b.currency:
        return False
    return a.unit == b.unit or bool(a.unit and b.unit and b.unit.startswith(f"{a.unit} per "))


def _take_unit(source: _Raw, to: _Raw) -> None:
    to.unit, to.currency, to.kind = source.unit, source.currency, source.kind


def _is_one_in(text: str, one: _Raw, many: _Raw) -> bool:
    """Return whether "one in five" is a share: both in one spelling, no year, nothing measured."""
    return (
        text[one.end : many.start].strip() == "in"
        and one.number.is_words == many.number.is_words
        and many.number.scale is None
        and bool(re.match(r"\s+(?:of\b|[a-z]+)|\s*[,.;)]", text[many.end : many.end + 12]))
    )


def _join_ranges(text: str, raws: list[_Raw]) -> list[_Raw]:
    joined: list[_Raw] = []
    for raw in raws:
        last = joined[-1] if joined else None
        if (
            last
            and last.value == 1
            and _is_bare(last)
            and _is_bare(raw)
            and 2 <= raw.value <= 10**6
            and _is_one_in(text, last, raw)
        ):
            last.value, last.kind, last.end = 1 / raw.value, "rate", raw.end
            last.number.is_fraction = True
            continue
        if last is None or last.high is not None or raw.high is not None:
            joined.append(raw)
            continue
        between = text[last.end : raw.start]
        before = text[max(0, last.start - 24) : last.start]
        is_from = _FROM_BEFORE.search(before) is not None
        is_between = _BETWEEN_BEFORE.search(before) is not None
        simple = _RANGE_JOIN.fullmatch(between) is not None
        comparable = _same_measure(last, raw) or _is_bare(last) or (_is_bare(raw) and is_from)
        is_range = False
        if simple and comparable:
            dashed = "to" not in between.lower() and "through" not in between and "till" not in between
            if dashed:
                is_range = (
                    not (_is_bare(last) and _is_bare(raw) and not re.match(r"\s*[a-z%]", text[raw.end : raw.end + 2]))
                    or is_between
                    or is_from
                )
                if raw.value < 0 and last.value >= 0 and "-" in text[raw.start : raw.at]:
                    is_range = is_range and False
                if _is_bare(last) and last.value > raw.value and not is_from and raw.number.scale is None:
                    is_range = False
            else:
                changed = _CHANGE_BEFORE.search(before)
                is_range = (
                    is_from
                    or not (changed and _same_measure(last, raw) and not _is_bare(last))
                    or bool(changed and " by " in f" {changed['mid']} ")
                    and _is_bare(last)
                )
                if _is_bare(raw) and not is_from:
                    is_range = False
                if (
                    _is_bare(last)
                    and not is_from
                    and not _is_bare(raw)
                    and last.value * (raw.number.scale or 1) > raw.value
                ):
                    is_range = False
                if is_from and _is_year_like(last, text) and _is_year_like(raw, text):
                    is_range = False
        elif is_between and re.fullmatch(r"\s+and\s+", between) and comparable:
            is_range = not (_is_year_like(last, text) and _is_year_like(raw, text))
        elif is_from and comparable and _FROM_TO.fullmatch(between) and not re.search(r"[;:.]\s", between):
            is_range = not (_is_year_like(last, text) and _is_bare(last))
        if not is_range:
            joined.append(raw)
            continue
        if last.number.scale is None and raw.number.scale and last.value < 1000 and last.number.raw <= raw.number.raw:
            last.value *= raw.number.scale
        last.high = raw.value
        if not _is_bare(raw) and (_is_bare(last) or last.unit == raw.unit or simple):
            _take_unit(raw, last)
        last.end = raw.end
        last.is_change = bool(is_from and not is_between)
    return joined


def _share_units(text: str, raws: list[_Raw]) -> None:
    """Give "eight or nine euros" and "45 and 50 mg" one unit, "2.2 billion to the north and 1.8 to the south" none."""
    for index in range(len(raws) - 2, -1, -1):
        raw, following = raws[index], raws[index + 1]
        if _is_bare(raw) and not _is_bare(following) and raw.kind == "count" and raw.high is None:
            between = text[raw.end : following.start]
            if (
                re.fullmatch(r"(?:\s*,\s*(?:and\s+|or\s+)?|\s+(?:and|or|to)\s+(?:about\s+|around\s+)?)", between)
                and not following.is_symbol
            ):
                if raw.number.is_words and raw.value == 1:
                    continue
                if following.number.scale and raw.number.scale is None and raw.value < 1000:
                    raw.value *= following.number.scale
                _take_unit(following, raw)
                raw.counted = raw.counted_at = None
        elif _is_bare(raw) and _is_bare(following) and raw.counted is None and following.counted is not None:
            between = text[raw.end : following.start]
            if re.fullmatch(
                r"(?:\s*,\s*(?:and\s+|or\s+)?|\s+(?:and|or|to)\s+(?:about\s+|around\s+|another\s+)?)", between
            ):
                raw.counted, raw.counted_at = following.counted, following.counted_at


def _read_modifier(text: str, raw: _Raw, floor: int) -> None:
    before = text[max(floor, raw.start - 60) : raw.start]
    if raw.number.start != raw.start and raw.kind != "money":
        before = text[max(floor, raw.start - 60) : raw.start]
    stands: Modifier = "="
    for modifier, pattern in _STANDS_BEFORE:
        if match := pattern.search(before):
            found = match.group().lower()
            if found.split() and found.split()[0] == "some" and raw.number.is_words and raw.value == 1:
                continue
            if (
                (
                    found.strip() in ("over", "within", "above", "below", "under")
                    and raw.kind == "duration"
                    and "over" in found
                )
                and re.search(r"\b(?:\w+(?:ed|ing)?|billion|million)\s+over\s+$", before)
                and re.match(r"\s*(?:[,.;]|$)", text[raw.end : raw.end + 2])
            ):
                continue
            if found.startswith("within"):
                continue
            if before.strip().lower() == "over" and floor and raw.kind in ("duration", "measure"):
                continue  # "$1.9 trillion over 10 years": a span, not a bound
            stands = modifier
            break
    if stands == "=":
        for modifier, pattern in _STANDS_AFTER:
            if pattern.match(text, raw.end):
                stands = modifier
                break
    if stands == "=" and raw.number.is_vague:
        stands = "="
    if change := _CHANGE_BEFORE.search(before):
        mid = change["mid"].lower()
        word = (change["up"] or change["down"] or "").lower()
        is_far = re.search(r"\b(?:over|more\s+than|at\s+least)\b", mid)
        noun_use = (
            word in ("lower", "higher")
            or (word == "contract" and raw.kind == "money")
            or (word in ("up", "down") and mid.split()[:1] == ["to"])  # "up to four days" is a bound
        )
        if (
            not noun_use
            and not (is_far and raw.kind != "percent")
            and (raw.kind != "count" or raw.unit or raw.is_change or " by " in f" {mid} " or word in ("up", "down"))
        ):
            raw.modifier = "up" if change["up"] else "down"
            if re.search(r"\bjust\b|\bonly\b|\bbetween\b", mid) or (
                "from" in mid.split() and (not raw.is_change or word in ("up", "down"))
            ):
                raw.modifier = "="
            if word in ("up", "down") and raw.kind == "count" and raw.unit is None:
                raw.modifier = stands
            return
    raw.modifier = stands


# --- periods ----------------------------------------------------------------------------------------------------------

_PERIOD = re.compile(
    rf"""
      (?P<iso>\b\d{{4}}-\d{{2}}-\d{{2}}\b)
    | \b(?P<m1>{_MONTH})(?:\s+(?P<d1>\d{{1,2}}))?(?:,?\s+(?P<y1>{_YEAR}))?\s*(?:to|through|until|and|[-–—])\s*(?P<m2>{_MONTH})(?:\s+(?P<d2>\d{{1,2}}))?,?\s+(?P<y2>{_YEAR})\b
    | \b(?P<q>first|second|third|fourth|last)[\s-]quarter(?:\s+of)?\s+(?P<qy>{_YEAR})\b | \bQ(?P<qn>[1-4])\s+(?P<qny>{_YEAR})\b
    | \b(?P<half>first|second)\s+half\s+of\s+(?P<hy>{_YEAR})\b
    | \b(?P<month>{_MONTH})\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<dy>{_YEAR})\b
    | \b(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<month2>{_MONTH}),?\s+(?P<dy2>{_YEAR})\b
    | \b(?P<month3>{_MONTH}),?\s+(?:of\s+)?(?P<my>{_YEAR})\b
    | \b(?P<ya>{_YEAR})\s?(?:[-–—/]|to|through|and(?=\s+{_YEAR}))\s?(?P<yb>{_YEAR}|\d\d)\b(?![,.]\d|\s*(?:%|per\s?cent))
    | \b(?P<decade>{_YEAR[:-4]}\d)0s\b
    | (?<![\d,.$€£])\b(?P<year>{_YEAR})\b(?![,.]\d|\s*(?:%|per\s?cent|percent|km|kg|people|million))
    """.replace(f"{_YEAR[:-4]}\\d", r"(?:1[4-9]|20|21)\d"),
    re.VERBOSE,
)


def _month(word: str) -> int:
    return _MONTHS[word.lower().rstrip(".")]


def _day(year: int, month: int, day: int) -> date:
    return date(year, month, min(max(day, 1), calendar.monthrange(year, month)[1]))


def read_periods(text: str) -> list[Period]:
    """Return the periods a text names by calendar year or day, in order; "last year" needs a date we do not have."""
    found: list[Period] = []
    for match in _PERIOD.finditer(text):
        try:
            bounds = _period_bounds(match)
        except (ValueError, KeyError):  # 2021-13-45 looks like a day and is none
            continue
        if bounds and bounds[0] <= bounds[1]:
            found.append(Period(match.start(), match.end(), *bounds))
    return _joined_periods(text, found)


_SPANNED_BY = {"between": re.compile(r"\s+and\s+"), "from": re.compile(r"\s+(?:to|until|till|through)\s+")}


def _joined_periods(text: str, found: list[Period]) -> list[Period]:
    """Make one period of two that "between … and …" or "from … to …" spans: "Between 1 April 2024 and 31 March 2025"."""
    joined: list[Period] = []
    for period in found:
        last = joined[-1] if joined else None
        opening = re.search(r"(between|from)\s+$", text[max(0, last.start - 12) : last.start], re.I) if last else None
        spans = last and opening and _SPANNED_BY[opening[1].lower()].fullmatch(text, last.end, period.start)
        if last and spans and last.first <= period.last:
            joined[-1] = Period(last.start, period.end, last.first, period.last)
        else:
            joined.append(period)
    return joined


def _period_bounds(match: re.Match[str]) -> tuple[date, date] | None:
    if match["iso"]:
        day = date.fromisoformat(match["iso"])
        return day, day
    if match["m1"]:
        last_year = int(match["y2"])
        first_year = int(match["y1"] or last_year)
        last_month = _month(match["m2"])
        first = _day(first_year, _month(match["m1"]), int(match["d1"] or 1))
        return first, _day(last_year, last_month, int(match["d2"] or 31))
    if match["qy"] or match["qny"]:
        year = int(match["qy"] or match["qny"])
        quarter = int(match["qn"] or {"first": 1, "second": 2, "third": 3}.get((match["q"] or "").lower(), 4))
        return date(year, 3 * quarter - 2, 1), _day(year, 3 * quarter, 31)
    if match["hy"]:
        year, is_first = int(match["hy"]), match["half"].lower() == "first"
        return date(year, 1 if is_first else 7, 1), _day(year, 6 if is_first else 12, 31)
    if match["dy"] or match["dy2"]:
        day = _day(
            int(match["dy"] or match["dy2"]),
            _month(match["month"] or match["month2"]),
            int(match["day"] or match["day2"]),
        )
        return day, day
    if match["my"]:
        year, month = int(match["my"]), _month(match["month3"])
        return date(year, month, 1), _day(year, month, 31)
    if match["ya"]:
        first_year = int(match["ya"])
        last = match["yb"]
        last_year = int(last) if len(last) == 4 else first_year - first_year % 100 + int(last)
        return date(first_year, 1, 1), date(last_year, 12, 31)
    if match["decade"]:
        first_year = int(match["decade"]) * 10
        return date(first_year, 1, 1), date(first_year + 9, 12, 31)
    year = int(match["year"])
    return date(year, 1, 1), date(year, 12, 31)


# --- converting -------------------------------------------------------------------------------------------------------

_PINT_NAMES: dict[str, str] = _table(
    """
    degree Celsius=degC; degree Fahrenheit=degF; percent=percent; metric ton=metric_ton;
    pound=pound; pound-mass=pound; mile per gallon=mile/gallon; part per million=ppm; revolutions per minute=rpm;
    kilopound per square inch=ksi; foot pound-force=foot_pound; year of age=year; month of age=month;
    week of age=week; day of age=day; knot=knot
    """
)


@cache
def _registry():  # type: ignore[no-untyped-def]
    import pint  # a third of a second and 30 MB that an idle web process does without

    return pint.UnitRegistry(non_int_type=Decimal, autoconvert_offset_to_baseunit=True)


def _pint_unit(unit: str) -> str:
    def part(words: str) -> str:
        words = words.strip()
        if words in _PINT_NAMES:
            return _PINT_NAMES[words]
        power = {"square ": "**2", "cubic ": "**3"}
        for prefix, exponent in power.items():
            if words.startswith(prefix):
                return f"({words.removeprefix(prefix).replace(' ', '_')}{exponent})"
        return words.replace(" ", "_")

    if unit in _PINT_NAMES:
        return _PINT_NAMES[unit]
    top, *below = unit.split(" per ")
    return "/".join([part(top), *(part(words) for words in below)])


def convert(value: Decimal, unit: str, to: str) -> Decimal:
    """Return ``value`` of ``unit`` in the unit ``to``; both as ``Figure.unit`` spells them.

    Raises ValueError where the two do not measure the same thing, or a unit is unknown. Money is never converted: a rate
    is evidence, not arithmetic (see ``implied_rate``).
    """
    if unit == to:
        return value
    shares = {"percent": Decimal(1), "basis point": Decimal("0.01"), "percentage point": Decimal(1)}
    if {unit, to} == {"basis point", "percentage point"}:
        return value * shares[unit] / shares[to]
    import pint

    registry = _registry()
    try:
        return Decimal(registry.Quantity(value, _pint_unit(unit)).to(_pint_unit(to)).magnitude)
    except (pint.errors.PintError, TypeError, AttributeError, InvalidOperation, AssertionError) as error:
        raise ValueError(f"{unit} cannot be converted to {to}.") from error


# --- comparing --------------------------------------------------------------------------------------------------------


def _head(noun: str | None) -> str | None:
    if not noun:
        return None
    words = re.split(r"\s+(?:of|in|for)\s+", noun.lower())[0].split()
    return singular(words[-1]) if words else None


def _half_step(figure: Figure, value: Decimal) -> Decimal:
    """Return half of the last printed place: 0.05 for 2.2, fifty million for 2.2 billion, 500 for "about 12,000"."""
    exponent = value.as_tuple().exponent
    places = exponent if isinstance(exponent, int) else 0
    if places == 0 and value != 0:
        digits = str(abs(int(value)))
        zeros = len(digits) - len(digits.rstrip("0"))
        places = zeros if zeros >= 2 or figure.modifier == "~" else 0
    return Decimal(5) * Decimal(10) ** (places - 1)


def _bounds(figure: Figure) -> tuple[Decimal, Decimal]:
    high = figure.value if figure.value_high is None else figure.value_high
    return min(figure.value, high), max(figure.value, high)


def compare(a: Figure, b: Figure) -> Comparison:
    """Return how b stands to a.

    "not_comparable" names what differs: unit, population (what is counted), period, definition. What either figure leaves
    unsaid is not held against it. "within_rounding": the values agree as far as the coarser of the two was printed, an
    "about" allows 5 %, and a bound ("more than 300") holds.
    """
    differs: set[Difference] = set()
    b_value, b_high = b.value, b.value_high
    money = {a.currency, b.currency}
    if a.unit != b.unit or a.currency != b.currency:
        if None not in money or a.kind == "money" or b.kind == "money" or a.unit is None or b.unit is None:
            differs.add("unit")
        else:
            try:
                b_value = convert(b.value, b.unit, a.unit)
                b_high = None if b.value_high is None else convert(b.value_high, b.unit, a.unit)
            except ValueError:
                differs.add("unit")
    if _head(a.counted) and _head(b.counted) and _head(a.counted) != _head(b.counted):
        differs.add("population")
    if a.period_start and b.period_start and (a.period_start, a.period_end) != (b.period_start, b.period_end):
        differs.add("period")
    if a.definition and b.definition and a.definition != b.definition:
        differs.add("definition")
    if differs:
        return Comparison("not_comparable", frozenset(differs))
    b = replace(b, value=b_value, value_high=b_high)
    absolute = b.value - a.value
    relative = absolute / abs(a.value) if a.value else None
    if a.value == b.value and a.value_high == b.value_high and a.modifier == b.modifier:
        return Comparison("same", frozenset(), absolute, relative)
    if a.value == b.value and a.value_high == b.value_high and {a.modifier, b.modifier} <= {"=", "up", "down"}:
        return Comparison("same", frozenset(), absolute, relative)
    outcome: Outcome = "within_rounding" if _agree(a, b) else "differs"
    return Comparison(outcome, frozenset(), absolute, relative)


def _agree(a: Figure, b: Figure) -> bool:
    (a_low, a_high), (b_low, b_high) = _bounds(a), _bounds(b)
    for first, second_low, second_high in ((a, b_low, b_high), (b, a_low, a_high)):
        low, high = _bounds(first)
        if first.modifier == ">" and second_high >= low:
            return True
        if first.modifier == "<" and second_low <= high:
            return True
    if {a.modifier, b.modifier} & {"<", ">"}:
        return False
    slack = max(_half_step(a, a.value), _half_step(b, b.value))
    if "~" in (a.modifier, b.modifier):
        slack = max(slack, Decimal("0.05") * max(abs(a.value), abs(b.value)))
    return a_low <= b_high + slack and b_low <= a_high + slack


def check_sum(parts: Iterable[Figure], whole: Figure) -> Comparison:
    """Return how the sum of the parts stands to the whole; "not_comparable" where units differ or there is no part."""
    listed = list(parts)
    if not listed or any(part.unit != whole.unit or part.currency != whole.currency for part in listed):
        return Comparison("not_comparable", frozenset({"unit"}))
    total = sum((part.value for part in listed), Decimal(0))
    absolute = whole.value - total
    relative = absolute / abs(total) if total else None
    if absolute == 0:
        return Comparison("same", frozenset(), absolute, relative)
    slack = sum((_half_step(part, part.value) for part in listed if not _is_exact(part)), Decimal(0))
    slack += Decimal(0) if _is_exact(whole) else _half_step(whole, whole.value)
    return Comparison("within_rounding" if abs(absolute) <= slack else "differs", frozenset(), absolute, relative)


def _is_exact(figure: Figure) -> bool:
    return figure.modifier == "=" and figure.value == figure.value.to_integral_value() and figure.value % 100 != 0


def check_part(part: Figure, whole: Figure) -> bool | None:
    """Return whether the part is not above the whole; None where their units differ and nothing can be said."""
    if part.unit != whole.unit or part.currency != whole.currency:
        return None
    return _bounds(part)[0] <= _bounds(whole)[1]


def implied_rate(a: Figure, b: Figure) -> Decimal | None:
    """Return how many units of a one unit of b is worth: 2.2 billion riel and $543,080 imply 4,051 riel a dollar."""
    if a.value == 0 or b.value == 0:
        return None
    return a.value / b.value


def total(figures: Sequence[Figure]) -> Decimal:
    """Return the sum of the values."""
    return sum((figure.value for figure in figures), Decimal(0))
