"""Tables set for reading: numbers to the right, the first column as the rows' names."""

import re
from collections.abc import Iterable

from bs4 import BeautifulSoup, Tag

VALUE = r"[-−+]?\d[\d.,]*(e[-−+]?\d+|\s?[×·]\s?10[⁻⁰¹²³⁴-⁹]+)?(\s?(%|s|ms|µs|min|h))?"
SHORT = 24  # characters of numbers that fit on one line of a column
SHORT_WORDS = 12  # of words, which can be read on two lines
NUMBER = re.compile(rf"({VALUE}(\s?±\s?{VALUE}|\s?(–|…|to|/)\s?{VALUE}|\s?[(\[].*[)\]])*|[-–—]?)")


def typeset(markup: str) -> str:
    """The same tables, with row headers, the class `number` on the cells of numeric columns, `short` on those not to be broken."""
    soup = BeautifulSoup(markup, "html.parser")
    for table in soup.find_all("table"):
        rows = [row.find_all(["td", "th"], recursive=False) for row in table.find_all("tr")]
        if rows and len({len(row) for row in rows}) == 1 and not table.find(colspan=True):
            typeset_columns(rows)
    return str(soup)


def typeset_columns(rows: list[list[Tag]]) -> None:
    body = [row for row in rows if any(cell.name == "td" for cell in row)]
    for column in zip(*rows, strict=True):
        cells = [cell for cell in column if cell.name == "td"]
        values = [cell.get_text().strip() for cell in cells]
        numeric = any(values) and all(NUMBER.fullmatch(value) for value in values)
        if numeric:
            add_class(column, "number")
        ranges = numeric and any(" (" in value for value in values)
        if not ranges and all(len(value) <= (SHORT if numeric else SHORT_WORDS) for value in values):
            add_class(cells, "short")
        else:
            keep_brackets(cells)
    for row in body:
        keep_hyphens(row[0])
        if row[0].name == "td" and "number" not in row[0].get_attribute_list("class", []):
            row[0].name, row[0]["scope"] = "th", "row"


def keep_brackets(cells: Iterable[Tag]) -> None:
    """Lets a number with its range in brackets break only before the bracket, which happens if the table is too wide."""
    for cell in cells:
        number, bracket, rest = cell.get_text().partition(" (")
        if bracket and NUMBER.fullmatch(number.strip()) and rest.find(")") == len(rest) - 1 < SHORT:
            cell.clear()
            cell.extend([f"{number} ", on_one_line(f"({rest}")])


def keep_hyphens(cell: Tag) -> None:
    """Lets a name break at its spaces, but not within CNN-1 or 784-16-10."""
    parts = re.split(rf"(\b\S{{1,{SHORT}}}-\S{{1,{SHORT}}})", cell.string or "")  # every second one has a hyphen
    if len(parts) > 1:
        cell.clear()
        cell.extend(on_one_line(part) if i % 2 else part for i, part in enumerate(parts))


def on_one_line(text: str) -> Tag:
    """A text that is not broken."""
    span = Tag(name="span", attrs={"class": "short"})
    span.string = text
    return span


def add_class(cells: Iterable[Tag], name: str) -> None:
    for cell in cells:
        cell["class"] = [*cell.get_attribute_list("class", []), name]
