"""When two questions are the same, and which rows of a source are questions at all."""

import html
import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from efir.domain.quiz import (
    MAX_EASY,
    MAX_MEDIUM,
    MAX_SOURCE_ID,
    Candidate,
    Difficulty,
    InvalidQuestionCount,
    RawQuestion,
    Refusal,
    candidate,
    check_count,
    clean,
    distinct,
    fingerprint,
    normal,
)

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
MARKUP = st.lists(
    st.one_of(
        WORDS, st.sampled_from(["<i>", "</i>", "&amp;", "&lt;b&gt;", '\\"', "“", "—", "\u200b", "<", ">", "&", "ﬁ"])
    ),
    max_size=12,
).map("".join)
ANYTHING = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=30), st.binary(max_size=9))
REST = ("category", "difficulty", "value", "id", "invalid_count", "created_at", "aired_at")
RAW = st.builds(RawQuestion, question=ANYTHING, answer=ANYTHING, **dict.fromkeys(REST, ANYTHING))
PLAIN = st.text(st.characters(categories=["L", "N"], max_codepoint=0x24F), min_size=1, max_size=40)


@given(MARKUP)
@example("&amp;amp;amp;lt;i&gt;")
@example("<<i>i>x</i>")
@example("ͅΐ\u0345")
def test_a_normal_form_is_its_own_normal_form(text: str) -> None:
    once = normal(text)
    assert normal(once) == once


@given(PLAIN)
def test_case_tags_entities_and_spaces_make_no_other_question(text: str) -> None:
    same = normal(text)
    assert normal(f"  <i>{text}</i>\n ") == same
    assert normal(html.escape(f"<b>{text}</b>")) == same
    assert normal(unicodedata.normalize("NFD", text)) == same
    assert normal("".join(char.upper() if char.isascii() else char for char in text)) == same


@pytest.mark.parametrize(
    ("one", "other"),
    [("“It’s—so”", '"it\'s-so"'), ("A &amp;amp; B", "a & b"), ('say \\"x\\"', 'SAY "x"'), ("ﬁn\u00adland", "FINLAND")],
)
def test_spellings_of_one_text_are_equal(one: str, other: str) -> None:
    assert normal(one) == normal(other)


@pytest.mark.parametrize(
    ("one", "other"), [("The moon", "moon"), ("Is 3 < 5?", "Is 3 > 5?"), ("a (b)", "a b"), ("Who?", "Who"), ("é", "e")]
)
def test_articles_brackets_signs_and_accents_do_make_another_question(one: str, other: str) -> None:
    assert normal(one) != normal(other)


@given(WORDS, WORDS)
def test_question_and_answer_do_not_run_into_each_other(question: str, answer: str) -> None:
    assert len(fingerprint(question, answer)) == 32
    if normal(answer):
        assert fingerprint(question + answer, "") != fingerprint(question, answer)


@given(PLAIN, PLAIN)
def test_the_answer_belongs_to_the_question(question: str, answer: str) -> None:
    assert fingerprint(question, answer) == fingerprint(f"<i>{question}</i>", f" {answer} ")
    assert fingerprint(question, answer) != fingerprint(question, f"{answer} more")


def test_deeply_nested_markup_is_read_in_no_time() -> None:
    assert len(normal("&" + "amp;" * 2_400)) < 10_000
    assert normal("<" * 5_000 + "i" + ">" * 5_000)


@given(RAW)
def test_whatever_a_row_holds_it_is_a_question_or_refused(raw: RawQuestion) -> None:
    found = candidate(raw, source="test")
    if isinstance(found, Candidate):
        assert found.question == clean(found.question) != ""
        assert found.answer != ""
        (found.question + found.answer + (found.category or "") + (found.source_id or "")).encode()
        assert "\0" not in found.question + found.answer
        assert found.created_at is None or found.created_at.tzinfo is UTC
    else:
        assert found in set(Refusal)


@pytest.mark.parametrize(
    ("question", "answer", "more", "refusal"),
    [
        ("", "b", {}, Refusal.BLANK), ("a", "  ", {}, Refusal.BLANK), ("<i></i>", "b", {}, Refusal.BLANK),
        (None, "b", {}, Refusal.BLANK), ("a", None, {}, Refusal.BLANK), (5, "b", {}, Refusal.TYPE),
        ("a", ["b"], {}, Refusal.TYPE), ("a" * 10_001, "b", {}, Refusal.LENGTH), ("a", "b" * 2_001, {}, Refusal.LENGTH),
        ("a\0b", "b", {}, Refusal.CONTROL), ("a", "\ud800", {}, Refusal.CONTROL),
        ("a", "b", {"invalid_count": 1}, Refusal.INVALID),
        ("a", "b", {"invalid_count": "2"}, Refusal.INVALID),
    ],
)  # fmt: skip
def test_a_row_that_is_no_question_is_refused_for_a_reason(
    question: object, answer: object, more: dict[str, object], refusal: Refusal
) -> None:
    assert candidate(RawQuestion(question=question, answer=answer, **more), source="test") is refusal


def test_a_clue_keeps_what_its_source_says_and_no_date_is_invented() -> None:
    raw = RawQuestion(
        question='<i>This</i> is \\"so\\" &amp; so', answer="A &quot;B&quot;", value="600", id=173322,
        category="  potent   potables",
        created_at="2022-12-30T21:08:15.201Z", invalid_count=None,
    )  # fmt: skip
    found = candidate(raw, source="jservice")
    assert isinstance(found, Candidate)
    assert (found.question, found.answer) == ('This is "so" & so', 'A "B"')
    assert (found.value, found.difficulty, found.source_id) == (600, Difficulty.MEDIUM, "173322")
    assert found.category == "potent potables"
    assert found.created_at == datetime(2022, 12, 30, 21, 8, 15, 201_000, tzinfo=UTC)
    assert found.aired_at is None


@pytest.mark.parametrize(
    ("found", "kept"),
    [(5, "5"), ("a-5", "a-5"), ("x" * 500, "x" * MAX_SOURCE_ID), (None, None), ("", None), (True, None), ([], None),
     ("a\0", None)],
)  # fmt: skip
def test_an_id_of_a_source_is_a_short_printable_text(found: object, kept: str | None) -> None:
    row = candidate(RawQuestion(question="a", answer="b", id=found), source="test")
    assert isinstance(row, Candidate)
    assert row.source_id == kept


@pytest.mark.parametrize(
    ("value", "difficulty"),
    [(None, None), (0, None), (1, Difficulty.EASY), (MAX_EASY, Difficulty.EASY), (MAX_EASY + 1, Difficulty.MEDIUM),
     (MAX_MEDIUM, Difficulty.MEDIUM), (MAX_MEDIUM + 1, Difficulty.HARD)],
)  # fmt: skip
def test_what_a_clue_is_worth_says_how_hard_it_is(value: int | None, difficulty: Difficulty | None) -> None:
    row = candidate(RawQuestion(question="a", answer="b", value=value), source="test")
    assert isinstance(row, Candidate)
    assert (row.value, row.difficulty) == (value, difficulty)


def test_the_first_of_equal_rows_stays() -> None:
    rows = [
        candidate(RawQuestion(question=text, answer="x", id=text), source="test")
        for text in ("A", "b", "<i>a</i>", "B", "c")
    ]
    assert [one.source_id for one in distinct([row for row in rows if isinstance(row, Candidate)])] == ["A", "b", "c"]


@pytest.mark.parametrize("count", [0, -1, 101, 10**30])
def test_a_count_outside_of_the_bounds_is_refused(count: int) -> None:
    with pytest.raises(InvalidQuestionCount) as refused:
        check_count(count, 100)
    assert refused.value.errors[0].pointer == "/questions_num"


def test_a_count_inside_of_the_bounds_is_taken() -> None:
    assert [check_count(count, 100) for count in (1, 100)] == [1, 100]
