"""Every refusal names the file, the line and what is wrong with it."""

import json
from pathlib import Path

import pytest

from influencerflow.errors import InvalidInputError
from influencerflow.evaluation.readers import Collection, read_collection

ANA, BO = "6d0f2a9e-8a53-4f5e-9d0e-3c1f0f6b2a01", "6d0f2a9e-8a53-4f5e-9d0e-3c1f0f6b2a02"
BRIEF = {"product_name": "Lift Log", "brand_name": "Ironvale", "product_niche": "strength", "total_budget": 9000}
GOOD = {
    "creators.jsonl": "".join(json.dumps({"id": key, "name": "n", "platform": "x"}) + "\n" for key in (ANA, BO)),
    "briefs.jsonl": json.dumps({"qid": "b1", **BRIEF, "narrative": "secret"}) + "\n",
    "qrels.tsv": f"b1\t0\t{ANA}\t3\nb1 0 {BO} 0\n",
}


def read(folder: Path, **contents: str) -> Collection:
    paths = []
    for name, good in GOOD.items():
        path = folder / name
        path.write_text(contents.get(name.split(".")[0], good), encoding="utf-8")
        paths.append(path)
    return read_collection(*paths)


def test_good_files(tmp_path: Path) -> None:
    collection = read(tmp_path)
    assert collection.creators == {ANA, BO}
    assert [(item.qid, item.grades) for item in collection.briefs] == [("b1", {ANA: 3, BO: 0})]
    assert collection.unjudged_briefs == 0


def test_what_is_not_of_a_brief_never_gets_into_it(tmp_path: Path) -> None:
    brief = read(tmp_path).briefs[0].brief
    assert "secret" not in brief.model_dump_json()


def test_blank_lines_a_byte_order_mark_and_capital_ids_are_read(tmp_path: Path) -> None:
    qrels = f"\ufeffb1 0 {ANA.upper()} 2\n\n\n"
    assert read(tmp_path, qrels=qrels).briefs[0].grades == {ANA: 2}


def test_briefs_without_judgments_are_left_out_and_counted(tmp_path: Path) -> None:
    briefs = GOOD["briefs.jsonl"] + json.dumps({"qid": "b2", **BRIEF})
    collection = read(tmp_path, briefs=briefs)
    assert [item.qid for item in collection.briefs] == ["b1"]
    assert collection.unjudged_briefs == 1


@pytest.mark.parametrize(
    ("file", "content", "expected"),
    [
        ("creators", "", "creators.jsonl is empty"),
        ("creators", "\n \n", "creators.jsonl is empty"),
        ("creators", "{", "creators.jsonl, line 1: is not JSON"),
        ("creators", '"x"', "creators.jsonl, line 1: is not a JSON object"),
        ("creators", json.dumps({"id": 17}), "creators.jsonl, line 1: the id 17 is not a UUID"),
        ("creators", json.dumps({"id": ANA}) + '\n{"name": "x"}', "creators.jsonl, line 2: the creator has no id"),
        ("creators", f'{{"id": "{ANA}"}}\n{{"id": "{ANA}"}}', f"line 2: the id {ANA} is that of line 1"),
        ("briefs", "", "briefs.jsonl is empty"),
        ("briefs", json.dumps(BRIEF), "briefs.jsonl, line 1: the brief has no qid"),
        ("briefs", json.dumps({"qid": "b 1", **BRIEF}), 'line 1: the qid "b 1" is not one word'),
        ("briefs", GOOD["briefs.jsonl"] * 2, "briefs.jsonl, line 2: there is a brief b1 already"),
        ("briefs", json.dumps({"qid": "b1", "product_name": "x"}), "briefs.jsonl, line 1: brand_name: Field required"),
        ("briefs", json.dumps({"qid": "b1", **BRIEF, "total_budget": 0}), "briefs.jsonl, line 1: total_budget"),
        ("qrels", "", "qrels.tsv is empty"),
        ("qrels", f"b1 0 {ANA}", "qrels.tsv, line 1: has 3 columns instead of 4"),
        ("qrels", f"b1 0 {ANA} 1\nb7 0 {BO} 1", 'qrels.tsv, line 2: there is no brief with the qid "b7"'),
        ("qrels", f"b1 0 {ANA[:-2]}99 1", "qrels.tsv, line 1: there is no creator with the id"),
        ("qrels", "b1 0 ana 1", 'qrels.tsv, line 1: there is no creator with the id "ana"'),
        ("qrels", f"b1 0 {ANA} good", 'qrels.tsv, line 1: the grade "good" is not an integer'),
        ("qrels", f"b1 0 {ANA} 1.5", 'the grade "1.5" is not an integer'),
        ("qrels", f"b1 0 {ANA} -1", 'the grade "-1" is not an integer from 0'),
        ("qrels", f"b1 0 {ANA} {'9' * 5000}", "is not an integer from 0 to 10"),
        ("qrels", f"b1 0 {ANA} 1\nb1 0 {ANA} 1", f"qrels.tsv, line 2: b1 has a grade for {ANA} already"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, file: str, content: str, expected: str) -> None:
    with pytest.raises(InvalidInputError) as error:
        read(tmp_path, **{file: content})
    assert expected in str(error.value)
    assert len(str(error.value)) < 500


def test_a_file_that_is_missing_or_not_text_is_named(tmp_path: Path) -> None:
    read(tmp_path)
    names = [tmp_path / name for name in GOOD]
    with pytest.raises(InvalidInputError, match="none: No such file"):
        read_collection(tmp_path / "none", *names[1:])
    names[2].write_bytes(b"b1 0 \xff\xfe 1")
    with pytest.raises(InvalidInputError, match=r"qrels.tsv is not UTF-8 text"):
        read_collection(*names)
