"""What the first page says of the source's claims."""

import unittest

from findings import findings, tally
from fixture import VERDICT
from pages import Page


def page(key: str, *verdicts: dict) -> Page:
    numbered = [VERDICT | verdict | {"id": f"verdict-{i}"} for i, verdict in enumerate(verdicts, 1)]
    return Page(f"{key}-part", key, "Part", [], verdicts=numbered)


def says(source: str, answer: str, here: str = "x", seeds: int = 3, denies: bool = False) -> dict:
    return {"source": source, "answer": answer, "here": here, "seeds": seeds, "denies": denies}


class Findings(unittest.TestCase):
    def answer(self, *verdicts: dict) -> str:
        (row,) = findings([page("1-1", *verdicts)])
        return row.answer

    def test_verdicts_on_one_claim_combine(self):
        for answers, together in {
            "true": "confirmed",
            "true true": "confirmed",
            "false": "refuted",
            "open": "open",
            "open open": "open",
            "true false": "in part",
            "false open true": "in part",
            "true open": "in part",
            "false open": "refuted in part",
        }.items():
            with self.subTest(answers):
                self.assertEqual(self.answer(*(says("a", answer) for answer in answers.split())), together)

    def test_a_verdict_against_the_claim_counts_the_other_way(self):
        for answer, together in {"true": "refuted", "false": "confirmed", "open": "open"}.items():
            self.assertEqual(self.answer(says("a", answer, denies=True)), together)

    def test_a_row_has_its_cases_seeds_and_places(self):
        first = page("1-1", {}, says("a", "true", "here", 25), says("b", "open"), says("a", "false", "there", 5))
        row, other = findings([first, page("2-3", says("a", "true", "twice", 5)), page("3-1", {})])
        self.assertEqual((row.source, other.source), ("a", "b"))
        self.assertEqual(row.cases, [("Yes", ["here", "twice"]), ("No", ["there"])])
        self.assertEqual(other.cases, [("", ["x"])])
        self.assertEqual((row.seeds, other.seeds), ("5 to 25", "3"))
        self.assertEqual([(p.key, place) for p, place in row.places], [("1-1", "verdict-2"), ("2-3", "verdict-1")])

    def test_a_copy_of_a_part_does_not_count(self):
        copy = page("1-1", says("a", "false"))
        copy.key = copy.slug
        (row,) = findings([page("1-1", says("a", "true")), copy])
        self.assertEqual((row.answer, len(row.places)), ("confirmed", 1))

    def test_tally(self):
        self.assertEqual(tally(["open", "true", "false", "true"], "verdict"), "4 verdicts: 2 true, 1 false, 1 open")
        self.assertEqual(tally(["refuted"], "claim"), "1 claim: 1 refuted")
        self.assertEqual(tally(["in part", "open", "confirmed"], "claim"), "3 claims: 1 confirmed, 1 in part, 1 open")


if __name__ == "__main__":
    unittest.main()
