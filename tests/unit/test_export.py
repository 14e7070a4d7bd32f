"""Tables for spreadsheets: nothing in a profile becomes a formula."""

import csv
import io

import pytest
from openpyxl import load_workbook

from influencerflow.feedback.export import as_csv, as_xlsx

COLUMNS = ("name", "note", "match_score")
DANGEROUS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1+1", "  =1+1", "\r=1", "\n@x", "＝1+1", '=HYPERLINK("http://x","y")']


def read_csv(content: bytes) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf"), "Excel would take it for another encoding"
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("text", DANGEROUS)
def test_what_begins_like_a_formula_is_text(text: str) -> None:
    row = {"name": text, "note": None, "match_score": -1.5}
    _, cells = read_csv(as_csv(COLUMNS, [row]))
    assert cells == ["'" + text.replace("\r", "\n"), "", "-1.5"], "numbers stay numbers"
    sheet = load_workbook(io.BytesIO(as_xlsx(COLUMNS, [row], "Matches"))).active
    cell = sheet["A2"]
    assert (cell.data_type, cell.value.strip()) == ("s", text.strip())
    assert (sheet["B2"].value, sheet["C2"].value) == (None, -1.5)


def test_ordinary_text_comes_back_as_it_was() -> None:
    names = ["Ana “Lift” Ólafs", 'a, "b"; c', "two\nlines", "🇩🇪👩‍👩‍👧‍👦", "مرحبا", "https://x.example/", "5,000 = many"]
    rows = [{"name": name, "note": "", "match_score": 1} for name in names]
    assert [cells[0] for cells in read_csv(as_csv(COLUMNS, rows))[1:]] == names
    sheet = load_workbook(io.BytesIO(as_xlsx(COLUMNS, rows, "Matches"))).active
    assert [cell.value for cell in sheet["A"][1:]] == names
    assert sheet["A7"].hyperlink is None
    assert sheet.freeze_panes == "A2"


def test_what_no_spreadsheet_can_hold_is_left_out() -> None:
    row = {"name": "a\x00b\x07c\ud800d", "note": "x" * 50_000, "match_score": None}
    assert read_csv(as_csv(COLUMNS, [row]))[1][0] == "abcd"
    sheet = load_workbook(io.BytesIO(as_xlsx(COLUMNS, [row], "A title longer than a sheet's may be"))).active
    assert sheet["A2"].value == "abcd"
    assert len(sheet["B2"].value) == 32_000


def test_a_table_without_rows_has_its_head() -> None:
    assert read_csv(as_csv(COLUMNS, [])) == [list(COLUMNS)]
    assert [cell.value for cell in load_workbook(io.BytesIO(as_xlsx(COLUMNS, [], "M"))).active[1]] == list(COLUMNS)
