"""What the report finds about the source: a row for each of its claims, made from the verdicts for and against it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from pages import Page

# What the verdicts on a claim say together, by whether it holds in each of their cases.
ANSWERS = {
    ("true",): "confirmed",
    ("false",): "refuted",
    ("open",): "open",
    ("false", "true"): "in part",
    ("open", "true"): "in part",
    ("false", "open", "true"): "in part",
    ("false", "open"): "refuted in part",
}
CASES = {"true": "Yes", "false": "No", "open": "Open"}
ORDER = ("confirmed", "in part", "refuted", "refuted in part", "true", "false", "open")


@dataclass(frozen=True)
class Finding:
    """A claim of the source, and where it holds: the words of each case, by the answer there."""

    source: str
    answer: str
    cases: list[tuple[str, list[str]]]  # Yes, No or Open, and what holds there
    seeds: str
    places: list[tuple[Page, str]]  # a part, and its first verdict on the claim

    @property
    def mark(self) -> str:
        """The class of its answer in the style sheet."""
        return self.answer.replace(" ", "-")


def holds(verdict: dict) -> str:
    """Whether the source's claim holds by a verdict for or against it."""
    contrary = {"true": "false", "false": "true"}
    return contrary.get(verdict["answer"], "open") if verdict["denies"] else verdict["answer"]


def findings(pages: list[Page]) -> list[Finding]:
    """A row for each claim, in the order of the parts. Of notebooks with one number, only the first counts."""
    rows: dict[str, list[tuple[Page, dict]]] = {}
    for page in pages:
        for verdict in page.verdicts if page.key != page.slug else []:
            if verdict["source"]:
                rows.setdefault(verdict["source"], []).append((page, verdict))
    return [finding(source, row) for source, row in rows.items()]


def finding(source: str, row: list[tuple[Page, dict]]) -> Finding:
    cases = {answer: [v["here"] for _, v in row if holds(v) == answer] for answer in CASES}
    found = tuple(sorted(answer for answer, here in cases.items() if here))
    seeds = sorted({verdict["seeds"] for _, verdict in row})
    places = {page.slug: (page, verdict["id"]) for page, verdict in reversed(row)}  # the first of each part stays
    return Finding(
        source,
        ANSWERS[found],
        [(CASES[answer] if len(found) > 1 else "", cases[answer]) for answer in CASES if cases[answer]],
        " to ".join(str(n) for n in dict.fromkeys((seeds[0], seeds[-1]))),
        list(reversed(places.values())),
    )


def tally(answers: Iterable[str], noun: str) -> str:
    """How many there are of each: `3 verdicts: 2 true, 1 open`."""
    counts = Counter(answers)
    many = "" if counts.total() == 1 else "s"
    return f"{counts.total()} {noun}{many}: " + ", ".join(f"{counts[a]} {a}" for a in ORDER if counts[a])
