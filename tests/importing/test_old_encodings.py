"""Guesses of the encoding of a table that is not Unicode."""

from pathlib import Path

import pytest

from lodespace.importing.tables.old_encodings import is_unlikely, likely
from lodespace.importing.tables.text_file import TextFile

TEXTS = [
    ("cp1250", "1,żółw\n2,łoś\n3,jeleń\n"),
    ("cp1250", "1,liška\n2,čáp\n3,kůň\n"),
    ("cp1251", "имя,вид\n1,лиса\n2,волк\n"),
    ("cp1252", "fichier,espèce\n2,forêt\n3,hérisson\n"),
    ("cp1252", "fil,art\n1,bjørn\n2,måge\n3,ræv\n"),
    ("cp1252", "1,Käfer\n2,Füchse\n"),
    ("cp1253", "αρχείο,είδος\n1,αλεπού\n"),
    ("cp1254", "dosya,tür\n1,çakal\n3,İnek\n4,kuş\n6,ağaç\n"),
    ("cp1257", "failas,rūšis\n1,lapė\n2,šernas\n"),
    ("cp932", "ファイル,種\n1,キツネ\n2,狸\n"),
    ("gb18030", "文件,物种\n1,狐狸\n2,狼\n"),
    ("euc-kr", "파일,종\n1,여우\n2,늑대\n"),
    ("mac-roman", "1,Käfer\n2,Füchse\n"),
    ("mac-roman", "fichier,espèce\n3,hérisson\n"),
]


@pytest.mark.parametrize(("encoding", "text"), TEXTS)
def test_the_encoding_is_guessed_by_the_letters(encoding: str, text: str) -> None:
    assert likely(text.encode(encoding))[0] == encoding
    assert not is_unlikely(text.encode(encoding), encoding)


def test_a_guess_is_doubtful_and_names_other_encodings(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("1,Käfer\n".encode("cp1252"))
    file = TextFile(path, None)
    assert file.encoding == "cp1252"
    assert [(f.doubtful, f.option) for f in file.findings] == [
        (True, "--encoding cp1250 or cp1257")
    ]


@pytest.mark.parametrize("given", ["cp1252", "latin-1", "mac-roman"])
def test_a_given_encoding_with_unlikely_letters_is_doubtful(tmp_path: Path, given: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("gatunek\nżółw\nświstak\nłoś\n".encode("cp1250"))
    findings = TextFile(path, given).findings
    assert [f.doubtful for f in findings] == [True]
    assert findings[0].option.startswith("--encoding cp1250")
    assert TextFile(path, "cp1250").findings == []
