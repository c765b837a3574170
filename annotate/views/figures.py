"""The Figures page: every figure inside a claim, what came of it in the responses, the sums, and the rulings."""

from urllib.parse import parse_qsl, urlsplit

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import redirect
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotate.access import get_comparison, get_link, require
from annotate.conflicts import meanwhile
from annotate.figure_forms import CheckForm, CompareForm, MendForm, RuleForm
from annotate.figure_page import EMPTY, FILTERS, Conflict, Desk, Group, differing, listed, per_cent, signed
from annotate.htmx import render_part
from annotate.requests import OtherBody, new_id, once
from claims import annotating
from claims.errors import RejoinderError, StaleWrite
from claims.figures import (
    WITHHELD,
    counter_for,
    decide_check,
    figures_answered,
    from_plain,
    mend,
    propose_outcome,
    read,
    rejected,
    rounded,
)
from claims.merging import Merging
from claims.models import Citation, Decision, FigureComparison

PAGE = "figures/figures.html"
# Claims on one page; a claim's figures stay together.
PER_PAGE = 40


def query_of(request):
    """Return the query of the page a part goes into: which filter it shows, and which page of it."""
    query = dict(parse_qsl(urlsplit((request.htmx and request.htmx.current_url) or "").query))
    return {"state": query["state"] if query.get("state") in FILTERS else "all", "page": query.get("page")}


def context_of(desk, **more):
    return {
        "dossier": desk.dossier,
        "project": desk.project,
        "layer": desk.layer,
        "tab": "figures",
        "may_annotate": desk.may_annotate,
        "may_rule": desk.may_rule,
        "request_id": new_id(),
        "counts": desk.counts(),
        "state": query_of(desk.request)["state"],
        "said": desk.said,
        **more,
    }


@require_GET
def figures(request, pk):
    """Every figure inside a claim, a claim a group; ``state`` narrows it to what is asked for."""
    desk = Desk(request, pk)
    state = request.GET.get("state") or "all"
    if state not in FILTERS:
        raise Http404("There is no such state of a figure.")
    if "only" in request.GET:
        return show_again(request, desk, request.GET["only"])
    pages = Paginator(desk.groups(state), PER_PAGE)
    page = pages.get_page(request.GET.get("page"))
    context = context_of(desk, state=state, groups=page.object_list, page=page, empty=EMPTY[state])
    if state == "all" and not page.has_next():
        context["rejected"] = set_aside(desk)
    return render_part(request, PAGE, "list", context)


def show_again(request, desk, key):
    """Show one figure or one check as it stands, for a form that was left."""
    for entry in desk.entries:
        if entry.key == key:
            return show_entry(request, desk, entry)
    for line in desk.lines:
        if line.key == key:
            return show_line(request, desk, line)
    raise Http404("That figure stands in no claim of this reading.")


def set_aside(desk):
    names = ("claim", "mention", "decision")
    return [dict(zip(names, row, strict=True)) for row in rejected(desk.layer, desk.dossier)]


def show_entry(request, desk, entry, *, status=200, changed=()):
    """Render one figure with the form open in it: its part for htmx, or the page with its claim alone."""
    for form, name in ((entry.form, entry.key), *((one.form, f"ruling-{one.comparison.pk}") for one in entry.outcomes)):
        # Two forms may be open on one page; every control keeps an id of its own.
        if form is not None:
            form.auto_id = f"{name}-%s"
    context = context_of(desk, entry=entry, changed=changed)
    if not request.htmx or request.htmx.history_restore_request:
        group = Group(entry.row.claim, [one for one in desk.entries if one.row.claim.pk == entry.row.claim.pk])
        context |= {"groups": [group], "alone": entry.row.claim}
    return render_part(request, PAGE, "changed", context, status=status)


def show_line(request, desk, line, *, status=200):
    if line.form is not None:
        line.form.auto_id = f"{line.key}-%s"
    context = context_of(desk, line=line)
    if not request.htmx or request.htmx.history_restore_request:
        context |= {"groups": [Group(line.check.claim, lines=[line])], "alone": line.check.claim}
    return render_part(request, PAGE, "changed_check", context, status=status)


def done(request, desk, key, answer):
    """Answer a deed: for htmx what changed, otherwise the page at the row it was about."""
    if request.htmx:
        return answer()
    if desk.said:
        messages.info(request, f"Saved; {desk.said}.")
    index = next((at for at, group in enumerate(desk.groups("all")) if key in keys_of(group)), 0)
    page = index // PER_PAGE + 1
    query = f"?page={page}" if page > 1 else ""
    return redirect(f"{reverse('figures', args=[desk.dossier.pk])}{query}#{key}")


def keys_of(group):
    return {entry.key for entry in group.entries} | {line.key for line in group.lines}


def sentence(error):
    """Return what a refusal says, as one sentence."""
    if isinstance(error, ValidationError):
        return " ".join(dict.fromkeys(error.messages))
    return str(error)


def attempt(request, deed):
    """Do a deed once; return (outcome, None) or (None, what refused it)."""
    try:
        return once(request, deed), None
    except (ValidationError, RejoinderError, OtherBody) as error:
        return None, error


# --- mending a reading ------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def figure_mend(request, pk, claim, mention):
    """How this layer reads one figure: mended, as first read, or no figure at all."""
    desk = Desk(request, pk)
    require(request.user, "annotate", desk.project, desk.layer)
    if request.method == "POST" and "outcome" in request.POST:
        return settle_mention(request, desk, claim, mention)
    entry = desk.find(claim, mention)
    decision = decision_on(desk, entry.row.mention)
    entry.form_kind = "mend"
    if request.method == "GET":
        entry.form = MendForm(reading=entry.row.reading)
        entry.form.initial = {**(entry.form.initial or {}), "version": decision.version if decision else 0}
        return show_entry(request, desk, entry)
    entry.form = form = MendForm(request.POST)
    if not form.is_valid():
        return show_entry(request, desk, entry, status=422)

    def deed():
        with desk.act(f"mend {entry.row.mention.quote} in {entry.row.claim.name}") as act:
            mend(act, entry.row.mention, seen=form.cleaned_data["version"], outcome="mended", reading=form.as_reading())
        return {"mended": str(mention)}

    _, error = attempt(request, deed)
    if isinstance(error, StaleWrite):
        return overtaken_reading(request, desk, entry, form)
    if error is not None:
        form.add_error(None, sentence(error))
        return show_entry(request, desk, entry, status=422)
    return mended(request, desk, claim, mention)


def decision_on(desk, mention):
    return Decision.objects.live().filter(layer=desk.layer, mention=mention).select_related("created_by").first()


def overtaken_reading(request, desk, entry, form):
    """Show both readings of a figure that somebody else mended first; yours stays in the form."""
    decision = decision_on(desk, entry.row.mention)
    theirs = read(entry.row.mention, getattr(entry.row.mention, "quantity", None), decision)
    mine = from_plain(form.as_reading())
    values = [
        (
            form.fields[name].label or name.replace("_", " "),
            mine[name],
            getattr(theirs, name) if theirs else "no figure",
        )
        for name in mine
        if theirs is None or mine[name] != getattr(theirs, name)
    ]
    version = decision.version if decision else 0
    entry.conflict = Conflict([(name, shown(yours), shown(their)) for name, yours, their in values], version)
    form.data = {**form.data.dict(), "version": version}
    return show_entry(request, desk, entry, status=409)


def shown(value):
    return "–" if value in (None, "") else str(value)


def settle_mention(request, desk, claim, mention):
    """Record that something is no figure, or that it is one after all, as it was first read."""
    outcome = request.POST["outcome"]
    if outcome not in (Decision.Outcome.REJECTED, Decision.Outcome.ACCEPTED):
        raise Http404("There is no such decision on a figure.")
    found = next((row.mention for row in desk.rows if row.mention.pk == mention and row.claim.pk == claim), None)
    name = next((row.claim.name for row in desk.rows if row.claim.pk == claim), "")
    if found is None:
        found, name = next(
            (
                (one, of.name)
                for of, one, _ in rejected(desk.layer, desk.dossier)
                if one.pk == mention and of.pk == claim
            ),
            (None, ""),
        )
    if found is None:
        raise Http404("That figure stands in no claim of this reading.")
    version = request.POST.get("version", "")
    verb = "set aside" if outcome == Decision.Outcome.REJECTED else "bring back"

    def deed():
        if not version.isdecimal():
            raise ValidationError("The page did not say which version it shows; reload it.")
        with desk.act(f"{verb} {found.quote} in {name}") as act:
            mend(act, found, seen=int(version), outcome=outcome)
        return {"mended": str(mention)}

    _, error = attempt(request, deed)
    if error is not None:
        status = 409 if isinstance(error, StaleWrite) else 422
        return refused(request, desk, sentence(error), status)
    return mended(request, desk, claim, mention)


def refused(request, desk, told, status):
    """Say in one sentence what was refused, above the page as it stands now."""
    page = Paginator(desk.groups("all"), PER_PAGE).get_page(1)
    context = context_of(desk, error=told, groups=page.object_list, page=page)
    response = render_part(request, PAGE, "refused", context, status=status)
    if request.htmx:
        response["HX-Retarget"], response["HX-Reswap"] = "#notice", "innerHTML"
    return response


def mended(request, desk, claim, mention):
    """Show the page anew: a reading bears on its sums and on what it is compared with."""
    desk.load()
    key = f"figure-{claim}-{mention}"
    entry = next((entry for entry in desk.entries if entry.key == key), None)
    if entry is None:
        # What is no figure has no row to swap.
        return redirect(f"{reverse('figures', args=[desk.dossier.pk])}#claim-{claim}")
    return done(request, desk, key, lambda: show_entry(request, desk, entry, changed=touching(desk, entry)))


def touching(desk, entry):
    """Return the other entries that show the same comparisons, or the same figure in another claim."""
    compared = {row.pk for row in entry.row.comparisons}
    return [
        other
        for other in desk.entries
        if other is not entry
        and (other.row.mention.pk == entry.row.mention.pk or compared & {row.pk for row in other.row.comparisons})
    ]


# --- comparing --------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def figure_compare(request, pk, claim, mention):
    """The outcome for one figure in one link: new, changed, or taken back."""
    desk = Desk(request, pk)
    require(request.user, "annotate", desk.project, desk.layer)
    entry = desk.find(claim, mention)
    said = request.POST if request.method == "POST" else request.GET
    link, comparison = what_is_compared(entry, said)
    entry.form_kind = "compare"
    counters = counters_of(desk, link)
    entry.proposal, entry.form = compare_form(request, desk, entry, link, comparison, counters)
    if request.method == "GET":
        return show_entry(request, desk, entry)
    form, merging = entry.form, Merging()
    if not form.is_valid():
        return show_entry(request, desk, entry, status=422)
    said = form.cleaned_data
    if "take_back" in request.POST and comparison is not None:
        # Written out, for taking back shows what it took back in the history.
        def deed():
            with desk.act(f"take back the outcome of {entry.row.mention.quote} in {entry.row.claim.name}") as act:
                annotating.drop(act, comparison, seen=said["version"])
            return {"comparison": str(comparison.pk)}
    else:

        def deed():
            values = outcome_of(desk, entry, link, said, counters)
            verb = f"compare {entry.row.mention.quote} of {entry.row.claim.name} in {link.response.name}"
            with desk.act(verb, merging=merging) as act:
                if comparison is not None:
                    annotating.change(act, comparison, seen=said["version"], **values)
                    return {"comparison": str(comparison.pk)}
                made = annotating.compare(act, link=link, quantity=entry.row.mention, **values)
            return {"comparison": str(made.pk)}

    before = touching(desk, entry)
    _, error = attempt(request, deed)
    if isinstance(error, StaleWrite):
        return overtaken_outcome(request, desk, entry, comparison, form, error.merge)
    desk.said = meanwhile(merging)
    if error is not None:
        form.add_error(None, sentence(error))
        return show_entry(request, desk, entry, status=422)
    return settled(request, desk, entry, before)


def what_is_compared(entry, said):
    """Return (link, comparison or None) that a request is about; 404 for another's."""
    comparison = next((row for row in entry.row.comparisons if str(row.pk) == said.get("comparison")), None)
    if comparison is not None and comparison.quantity_id == entry.row.mention.pk:
        return comparison.link, comparison
    link = next((link for link in entry.row.links if str(link.pk) == said.get("link")), None)
    if link is None:
        raise Http404("That response does not bear on this claim.")
    return link, None


def counters_of(desk, link):
    """Return {mention id as text: Reading} of the response's own figures."""
    return {
        str(row.mention.pk): row.reading.in_claim(row.claim) for row in desk.rows if row.claim.pk == link.response_id
    }


def compare_form(request, desk, entry, link, comparison, counters):
    """Return (proposal, form): what comparing gives for the chosen or the likeliest counter-figure, and the form."""
    reading = entry.row.reading.in_claim(entry.row.claim)
    said = request.POST if request.method == "POST" else request.GET
    if "counter" in said:
        counter = counters.get(said["counter"])
    elif comparison is not None:
        counter = counters.get(str(comparison.counter_quantity_id))
    else:
        # The likeliest one is a suggestion, which the control part goes without.
        counter = None if desk.dossier.is_control else counter_for(reading, counters.values())
    outcome, differs_in, absolute, relative = propose_outcome(reading, counter)
    if counter is None and "withholds" in link.strategies:
        outcome = WITHHELD
    is_control = desk.dossier.is_control
    proposal = {
        "outcome": "" if is_control else desk.phrase(outcome),
        "differs_in": listed(differs_in),
        "absolute": signed(absolute),
        "relative": per_cent(relative),
        "link": link,
        "comparison": comparison,
    }
    # "As computed" follows the chosen counter-figure even without a script; only what a link says itself is set.
    kept = {"outcome": WITHHELD if outcome == WITHHELD else "", "differs_in": [], "note": said.get("note", "")}
    if comparison is not None and "counter" not in said:
        kept = {name: getattr(comparison, name) for name in kept}
    initial = {
        **kept,
        "version": comparison.version if comparison else 0,
        "link": str(link.pk),
        "comparison": comparison.pk if comparison else "",
        # Neither is chosen beforehand where nothing is proposed.
        "counter": str(counter.mention_id) if counter else "?" if is_control and comparison is None else "",
    }
    words = [
        (key, " · ".join(part for part in (other.quote, other.details) if part)) for key, other in counters.items()
    ]
    form = CompareForm(
        request.POST if request.method == "POST" else None,
        links=[link],
        counters=words,
        labels=desk.choices(comparison),
        initial=initial,
        is_computed=not is_control,
    )
    return proposal, form


def outcome_of(desk, entry, link, said, counters):
    """Return the fields of a comparison as the form has them; differences are computed here, never taken over."""
    reading = entry.row.reading.in_claim(entry.row.claim)
    counter = counters.get(said["counter"])
    outcome, differs_in, absolute, relative = propose_outcome(reading, counter)
    chosen = said["outcome"] or outcome
    if chosen == "not_comparable":
        # What a person ticked counts; what was computed stands where nothing was.
        differs_in, absolute, relative = said["differs_in"] or differs_in, None, None
    elif outcome == "not_comparable" and counter is not None and counter.unit == reading.unit:
        # Somebody who knows better says that they are; then the difference can be told.
        absolute = counter.value - reading.value
        relative = rounded(absolute / abs(reading.value)) if reading.value else None
    return {
        "counter_quantity": next(
            (row.mention for row in desk.rows if counter and row.mention.pk == counter.mention_id), None
        ),
        "outcome": chosen,
        "differs_in": list(differs_in) if chosen == "not_comparable" else [],
        "absolute_difference": absolute,
        "relative_difference": relative,
        "note": said["note"] or (differing(differs_in) if chosen == "not_comparable" else ""),
    }


def overtaken_outcome(request, desk, entry, comparison, form, merge):
    """Show both outcomes of a comparison that somebody else changed first; yours stays in the form.

    What others alone had changed stands in it too: saving yours does not take that back.
    """
    now = FigureComparison.objects.filter(pk=comparison.pk).select_related("counter_quantity").first()
    said = form.cleaned_data
    mine = {
        "outcome": desk.phrase(said["outcome"]) if said["outcome"] else "as computed",
        "what differs": listed(said["differs_in"]),
        "note": said["note"],
    }
    if now.deleted_at is not None:
        theirs = dict.fromkeys(mine, "taken back")
    else:
        theirs = {"outcome": desk.phrase(now.outcome), "what differs": listed(now.differs_in), "note": now.note}
    entry.conflict = Conflict(
        [(name, shown(mine[name]), shown(theirs[name])) for name in mine if mine[name] != theirs[name]], now.version
    )
    data = {**form.data.dict(), "version": now.version, "differs_in": said["differs_in"]}
    data |= {name: value or "" for name, value in (merge.kept if merge else {}).items() if name == "note"}
    if now.deleted_at is not None:
        data |= {"version": 0, "comparison": ""}
    form.data = data
    return show_entry(request, desk, entry, status=409)


def settled(request, desk, entry, before=()):
    """Show a figure whose comparisons changed, with the other rows that show them."""
    desk.load()
    fresh = desk.find(entry.row.claim.pk, entry.row.mention.pk)
    also = {other.key for other in before}
    changed = [other for other in desk.entries if other.key in also and other is not fresh]
    changed += [other for other in touching(desk, fresh) if other.key not in also]
    return done(request, desk, fresh.key, lambda: show_entry(request, desk, fresh, changed=changed))


@require_POST
def figure_withhold(request, pk):
    """Record that a response withholds every figure of the claim it answers that has no outcome yet."""
    link = get_link(request.user, pk)
    desk = Desk(request, link.dossier_id)
    if link.layer_id != desk.layer.pk or link.target_claim_id is None:
        raise Http404("That response answers no claim of this reading.")
    require(request.user, "annotate", desk.project, desk.layer)
    figures = figures_answered(link)

    def deed():
        with desk.act(f"{link.response.name} withholds the figures of {link.target_claim.name}") as act:
            made = annotating.withhold(act, [link], figures=figures)
            if not made:
                raise ValidationError(
                    f"Every figure of {link.target_claim.name} has an outcome in {link.response.name}."
                )
        return {"withheld": len(made)}

    _, error = attempt(request, deed)
    if error is not None:
        return refused(request, desk, sentence(error), 422)
    if request.htmx:
        # Several rows change at once, so the list comes anew.
        desk.load()
        shown = query_of(request)
        page = Paginator(desk.groups(shown["state"]), PER_PAGE).get_page(shown["page"])
        context = context_of(desk, groups=page.object_list, page=page, swapped=True, empty=EMPTY[shown["state"]])
        return render_part(request, PAGE, "list", context)
    return redirect(f"{reverse('figures', args=[desk.dossier.pk])}#claim-{link.target_claim_id}")


# --- arithmetic and rulings -------------------------------------------------------------------------------------------


@require_POST
def figure_check(request, pk):
    """Confirm or dismiss arithmetic that the text invites."""
    desk = Desk(request, pk)
    require(request.user, "annotate", desk.project, desk.layer)
    line = desk.line(request.POST.get("check", ""))
    form = CheckForm(request.POST)
    if not form.is_valid():
        line.error = " ".join(told for errors in form.errors.values() for told in errors)
        return show_line(request, desk, line, status=422)
    said = form.cleaned_data
    is_dismissed = said["decision"] == "dismiss"

    def deed():
        with desk.act(f"{said['decision']} {line.check.line} in {line.check.claim.name}") as act:
            made = decide_check(act, line.check, is_dismissed=is_dismissed, seen=said["version"], note=said["note"])
        return {"comparison": str(made.pk)}

    _, error = attempt(request, deed)
    if isinstance(error, StaleWrite):
        yours = "dismissed" if is_dismissed else "confirmed"
        theirs = line.check.comparison
        version = theirs.version if theirs else 0
        state = "dismissed" if theirs and theirs.is_dismissed else "confirmed" if theirs else "undecided"
        line.conflict = Conflict([("decision", yours, state)], version)
        return show_line(request, desk, line, status=409)
    if error is not None:
        line.error = sentence(error)
        return show_line(request, desk, line, status=422)
    desk.load()
    return done(request, desk, line.key, lambda: show_line(request, desk, desk.line(line.check.key)))


@require_http_methods(["GET", "POST"])
def figure_rule(request, pk):
    """An editor's ruling on a compared figure or on a check, with its justification and its source."""
    comparison = get_comparison(request.user, pk)
    owner = comparison.link or comparison.claim
    desk = Desk(request, owner.dossier_id)
    if comparison.layer_id != desk.layer.pk:
        raise Http404("That comparison belongs to another reading.")
    require(request.user, "rule_on_figures", desk.project)
    require(request.user, "annotate", desk.project, desk.layer)
    show = ruling_place(request, desk, comparison)
    if request.method == "GET":
        initial = {
            "version": comparison.version,
            "ruling": comparison.ruling or comparison.outcome,
            "justification": comparison.justification,
            "stance": Citation.Stance.SUPPORTS,
        }
        return show(RuleForm(labels=desk.choices(comparison), initial=initial))
    form = RuleForm(request.POST, labels=desk.choices(comparison))
    if not form.is_valid():
        return show(form, status=422)
    said = form.cleaned_data

    def deed():
        verb = f"rule on {comparison.quantity.quote} in {owner_name(comparison)}"
        with desk.act(verb if said["ruling"] else f"take back the ruling: {verb}") as act:
            annotating.rule(
                act, comparison, seen=said["version"], ruling=said["ruling"], justification=said["justification"]
            )
            if form.source():
                annotating.cite(act, comparison, **form.source())
        return {"comparison": str(comparison.pk)}

    _, error = attempt(request, deed)
    if isinstance(error, StaleWrite):
        now = FigureComparison.objects.get(pk=comparison.pk)
        mine = {"ruling": desk.phrase(said["ruling"]) if said["ruling"] else "no ruling", "why": said["justification"]}
        theirs = {"ruling": desk.phrase(now.ruling) if now.ruling else "no ruling", "why": now.justification}
        if (now.outcome, now.is_dismissed) != (comparison.outcome, comparison.is_dismissed):
            theirs["ruling"] += f" (outcome now: {desk.phrase(now.outcome)})"
        values = [(name, shown(mine[name]), shown(theirs[name])) for name in mine if mine[name] != theirs[name]]
        form.data = {**form.data.dict(), "version": now.version}
        return show(form, status=409, conflict=Conflict(values, now.version))
    if error is not None:
        form.add_error(None, sentence(error))
        return show(form, status=422)
    desk.load()
    if comparison.link_id is None:
        line = next(line for line in desk.lines if line.check.comparison and line.check.comparison.pk == comparison.pk)
        return done(request, desk, line.key, lambda: show_line(request, desk, line))
    entry = entry_of(desk, comparison)
    return done(request, desk, entry.key, lambda: show_entry(request, desk, entry, changed=touching(desk, entry)))


def owner_name(comparison):
    return str(comparison.link) if comparison.link_id else comparison.claim.name


def entry_of(desk, comparison):
    """Return the Entry of the figure a comparison is about."""
    return desk.find(comparison.link.target_claim_id, comparison.quantity_id)


def ruling_place(request, desk, comparison):
    """Return show(form, status, conflict), which renders the ruling's form where the comparison stands."""
    if comparison.link_id is None:
        line = next(
            (line for line in desk.lines if line.check.comparison and line.check.comparison.pk == comparison.pk), None
        )
        if line is None:
            raise Http404("The text invites no such arithmetic any more.")

        def show(form, *, status=200, conflict=None):
            line.form, line.conflict = form, conflict
            return show_line(request, desk, line, status=status)

        return show
    entry = entry_of(desk, comparison)

    def show(form, *, status=200, conflict=None):
        outcome = next(outcome for outcome in entry.outcomes if outcome.comparison.pk == comparison.pk)
        outcome.form, outcome.conflict = form, conflict
        return show_entry(request, desk, entry, status=status)

    return show


urlpatterns = [
    path("dossiers/<uuid:pk>/figures/", figures, name="figures"),
    path("dossiers/<uuid:pk>/figures/check/", figure_check, name="figure_check"),
    path("dossiers/<uuid:pk>/figures/<uuid:claim>/<uuid:mention>/mend/", figure_mend, name="figure_mend"),
    path("dossiers/<uuid:pk>/figures/<uuid:claim>/<uuid:mention>/compare/", figure_compare, name="figure_compare"),
    path("comparisons/<uuid:pk>/rule/", figure_rule, name="figure_rule"),
    path("links/<uuid:pk>/withhold/", figure_withhold, name="figure_withhold"),
]
