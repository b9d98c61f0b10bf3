"""`digest suppressions`: addresses that are not mailed."""

import json

A, B = "ada@reader.test", "bob@reader.test"


def listed(office) -> dict[str, str]:
    return {it["address"]: it["reason"] for it in json.loads(office.digest("suppressions", "list", "--json").stdout)}


def test_who_is_suppressed_is_not_mailed_until_it_is_removed(office):
    office.stock()
    office.join(A, B)
    office.digest("suppressions", "add", "ada@READER.test", "--reason", "complaint", "--evidence", "a letter")
    assert "for 1 reader" in office.digest("send", "daily").stdout
    assert set(office.mail.mails()) == {B}
    office.digest("suppressions", "remove", A)
    assert listed(office) == {}
    assert "1 sent" in office.digest("send", "daily").stdout


def test_the_first_reason_stands(office):
    office.digest("suppressions", "add", A, "--reason", "bounce")
    assert "already" in office.digest("suppressions", "add", A, "--reason", "complaint").stdout
    assert listed(office) == {A: "bounce"}


def test_what_is_not_suppressed_cannot_be_removed(office):
    office.digest("db", "upgrade")
    assert "there is no suppression of" in office.digest("suppressions", "remove", A, code=2).stderr


def test_an_export_can_be_imported(office):
    office.digest("suppressions", "add", A, "--evidence", "=1+1")
    path = office.folder / "list.csv"
    office.digest("suppressions", "export", "--output", str(path))
    text = path.read_text()
    assert office.digest("suppressions", "export").stdout == text
    (office.folder / "digest.db").unlink()
    path.write_text(f"{text}{B},complaint,\n")
    assert "2 addresses suppressed" in office.digest("suppressions", "import", str(path)).stdout
    assert listed(office) == {A: "manual", B: "complaint"}


def test_a_wrong_line_stops_all_of_it(office):
    path = office.folder / "list.csv"
    for wrong, said in (("nobody,\n", "not an e-mail address"), (f"{B},dislike\n", "there is no reason 'dislike'")):
        path.write_text(f"address,reason\n{A},\n{wrong}")
        assert f"line 3: {said}" in office.digest("suppressions", "import", str(path), code=1).stderr
    assert listed(office) == {}
