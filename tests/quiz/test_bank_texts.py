"""Files of questions as people have put them together: encodings of single lines, ends of lines, layouts."""

import codecs
import json
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from efir.adapters.quiz.bank import FileBank
from efir.adapters.quiz.rows import read_rows
from efir.adapters.quiz.texts import decode_line, detect_wide_encoding, split_lines
from efir.adapters.quiz.trivia import file_rows, folder_rows
from efir.domain.quiz import QuestionSourceUnavailable

ENDS = st.sampled_from([b"\n", b"\r\n", b"\r"])
WORDS = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=8)
SENTENCES = st.lists(WORDS, min_size=1, max_size=5).map(" ".join)


def without_ends(body: bytes) -> bytes:
    return body.replace(b"\r", b"").replace(b"\n", b"")


def read(tmp_path: Path, body: bytes) -> list[str]:
    """Questions of a bank with this content, in any order."""
    path = tmp_path / "bank"
    path.write_bytes(body)
    rows = read_rows(path)
    return sorted(row["question"] for place in range(len(rows.order)) if isinstance(row := rows.row(place), dict))


@settings(deadline=None)
@given(st.lists(st.binary(max_size=30).map(without_ends), max_size=8), ENDS)
@example([b"caf\xc3\xa9", b"caf\xe9", b"\x81\x8d"], b"\n")
def test_every_line_is_read_by_itself(lines: list[bytes], end: bytes) -> None:
    body = end.join(lines)
    if detect_wide_encoding(body) is None:
        assert split_lines(body) == [decode_line(line) for line in lines or [b""]]


@settings(deadline=None)
@given(SENTENCES)
def test_a_line_of_either_encoding_is_read(text: str) -> None:
    assert decode_line(text.encode()) == text
    try:
        narrow = text.encode("cp1252")
    except UnicodeEncodeError:
        return
    try:
        narrow.decode()
    except UnicodeDecodeError:
        assert decode_line(narrow) == text


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (b"na\xefve \x93quoted\x94 \x96 5\x80", "naïve “quoted” – 5€"),
        (b"caf\xe9 \x81\x8d\x8f\x90\x9d end", "café \ufffd\ufffd\ufffd\ufffd\ufffd end"),
        ("cafÃ©".encode(), "cafÃ©"),  # spoilt before it came here: who knows what it was
        (codecs.BOM_UTF8 + b"first", "first"),
        ("one\x85two\u2028three\x0bfour".encode(), "one\x85two\u2028three\x0bfour"),
    ],
)
def test_what_a_line_says_is_kept(line: bytes, text: str) -> None:
    assert split_lines(line) == [text]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_wide_text_is_read_whole(tmp_path: Path, encoding: str, end: str) -> None:
    rows = [{"question": f"Was ist №{n}, 中 oder é?", "answer": "x"} for n in range(3)]
    text = end.join(json.dumps(row, ensure_ascii=False) for row in rows)
    assert read(tmp_path, text.encode(encoding)) == [row["question"] for row in rows]
    trivia = end.join(["#Q Was ist 中?", "^ é", "A é", "B x"])
    assert list(file_rows(trivia.encode(encoding))) == [{"question": "Was ist 中?", "answer": "é"}]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_rows_of_a_bank_have_encodings_of_their_own(tmp_path: Path, end: bytes) -> None:
    lines = [b'{"question": "Qui est n\xe9e?", "answer": "x"}', '{"question": "Где 中?", "answer": "x"}'.encode()]
    wanted = ["Qui est née?", "Где 中?"]
    assert read(tmp_path, end.join([*lines, b"", b"rubbish \xff"])) == wanted
    assert read(tmp_path, b"[" + end + (b"," + end).join(lines) + end + b"]") == wanted
    header = codecs.BOM_UTF8 + b'{"bank": {"licence": "caf\xe9"}}'
    assert read(tmp_path, end.join([header, *lines])) == wanted


@settings(deadline=None)
@given(st.lists(SENTENCES, min_size=1, max_size=6), st.data())
def test_no_question_of_a_file_is_spoilt_by_another(texts: list[str], data: st.DataObject) -> None:
    """Each question is written in an encoding that can hold it."""
    blocks = []
    for text in texts:
        narrow = text.encode("cp1252", "ignore")
        encodings = ["utf-8", "cp1252"] if narrow.decode("cp1252") == text and not _is_utf8(narrow) else ["utf-8"]
        blocks.append(f"#Q Was: {text}?\n^ x\nA x\nB y\n\n".encode(data.draw(st.sampled_from(encodings))))
    found = [row["question"] for row in file_rows(b"".join(blocks))]
    assert found == [f"Was: {text}?" for text in texts]


def _is_utf8(line: bytes) -> bool:
    try:
        return bool(line.decode())
    except UnicodeDecodeError:
        return False


@settings(deadline=None)
@given(st.binary(max_size=300))
@example(b"#Q\n^\n\nA")
@example(b"#Q\xff\xfe\0^A\r^")
def test_no_bytes_break_the_reader(body: bytes) -> None:
    for row in file_rows(body):
        assert set(row) == {"question", "answer"}


@settings(deadline=None)
@given(st.binary(max_size=300))
@example(b"\xff\xfe[\0")
def test_no_bytes_break_a_bank(tmp_path_factory: pytest.TempPathFactory, body: bytes) -> None:
    path = tmp_path_factory.mktemp("bank") / "bank"
    path.write_bytes(body)
    try:
        rows = read_rows(path)
    except OSError:
        return
    for place in range(len(rows.order)):
        rows.row(place)
    assert rows.has_questions() in {True, False}


@pytest.mark.parametrize(
    ("block", "question", "answer"),
    [
        ("#Q Two?\n^ 2\nA 2\nB 3\nC 4\nD 5", "Two?", "2"),
        ("#Q Two?\n^ 2\nA 2\nB 3\nC 4\nD 5\nE 6\nF 7", "Two?", "2"),
        ("#Q Two?\n^ 2\na 2\nb 3", "Two?", "2"),
        ("#Q Two?\n^ 2\nA) 2\nB) 3", "Two?", "2"),
        ("#Q Two?\n^ 2\nA. 2\nB. 3", "Two?", "2"),
        ("#Q Two?\n^ 2\nA\t2\nB: 3\nC", "Two?", "2"),
        ("#Q Two?\nA 2\nB 3\nC 4\n^ 2", "Two?", "2"),
        ("#Q Two?\na) 2\nb) 3\n^ 2", "Two?", "2"),
        ("#q Two?\n^2", "Two?", "2"),
        ("#Q  Which line is next?\nA rose is a rose\n^ is a rose", "Which line is next? A rose is a rose", "is a rose"),
        ("#Q Who said:\nI came\nA long way?\n^ Me\nA Me\nB You", "Who said: I came A long way?", "Me"),
        ("#Q Who?\n\n^ Me\n\nA stray line", "Who?", "Me"),
        ("#Q Who?\n^ A man\nof two lines\nA A man\nB Nobody", "Who?", "A man of two lines"),
        ("#Q Which?\n^ B\nA Flore\nB Seine", "Which?", "Seine"),
        ("#Q Which?\n^ B Seine\nA Flore\nB Seine", "Which?", "Seine"),
        ("#Q Which?\n^ b) Seine\nA Flore\nB Seine", "Which?", "Seine"),
        ("#Q Which vitamin?\n^ B\nA A\nB K\nC B", "Which vitamin?", "B"),
        ("#Q Which?\n^ A bird\nA A bird\nB A plane", "Which?", "A bird"),
        ("#Q Which?\n^ U.S. Navy\nA Nobody\nB U.S. Navy", "Which?", "U.S. Navy"),
        ("#Q None?\nA x\nB y", "None?", ""),
        ("#Q None?\n^\nA x\nB y", "None?", ""),
        ("#Q Later?\n^\nx\nA x\nB y", "Later?", "x"),
    ],
)
def test_choices_are_no_part_of_a_question(block: str, question: str, answer: str) -> None:
    after = "\n\n#Q Next?\n^ yes\nA yes\nB no\n"
    for end in ("\n", "\r\n", "\r"):
        body = f"noise\n\n{block}{after}".replace("\n", end).encode()
        assert list(file_rows(body)) == [
            {"question": question, "answer": answer},
            {"question": "Next?", "answer": "yes"},
        ]


def test_a_block_without_an_empty_line_before_it_is_a_block_of_its_own() -> None:
    body = b"#Q One?\n^ 1\nA 1\nB 2\n#Q Two?\n#Q Three?\n^ 3\n"
    assert [(row["question"], row["answer"]) for row in file_rows(body)] == [
        ("One?", "1"),
        ("Two?", ""),
        ("Three?", "3"),
    ]


def test_hidden_files_and_folders_are_not_read(tmp_path: Path) -> None:
    for name in ("general", ".hidden", ".git/objects", "more/world-history"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(f"#Q In {name}?\n^ x".encode())
    found = list(folder_rows(tmp_path))
    assert [(row["question"], row["category"]) for row in found] == [
        ("In general?", "General"), ("In more/world-history?", "World history"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "content", [b"<!doctype html>\n<p>Gone</p>", b"[null, 5]", b'{"question": 5}\n{"answer": "x"}']
)
async def test_a_bank_of_nonsense_is_broken_and_not_empty(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bank"
    path.write_bytes(content)
    with pytest.raises(QuestionSourceUnavailable, match="none of them is a question"):
        await FileBank(path, made=False).identity()
