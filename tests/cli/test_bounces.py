"""`digest bounces`: what a mail server hands over and what lies in a Maildir is taken in once."""

import mailbox

from tests.mail.returns.test_reading import block, report

A = "ada@reader.test"
DEAD = report(block(A, "5.1.1", "550 5.1.1 User unknown"))


def test_a_mail_server_hands_a_bounce_over(office):
    office.join(A)
    said = office.digest("bounces", "read", input=DEAD)
    assert said.stdout == "1 bounce: suppressed\n"
    assert f"{A}\tbounce" in office.digest("suppressions", "list").stdout


def test_a_maildir_is_read_once_and_what_was_read_is_marked_as_seen(office):
    office.join(A)
    box = mailbox.Maildir(office.folder / "bounces")
    box.add(DEAD)
    office.configure(
        mail=f'{{from: "Digest <digest@news.test>", bounces: {{maildir: bounces}}, smtp: {{host: 127.0.0.1, '
        f"port: {office.mail.port}, security: none, timeout: 5s}}}}"
    )
    assert office.digest("bounces", "fetch").stdout == "1 bounce: suppressed\n"
    assert office.digest("bounces", "fetch").stdout == "nothing has come back\n"
    (message,) = box
    assert (message.get_subdir(), message.get_flags()) == ("cur", "S")


def test_a_maildir_that_is_none_is_said(office):
    office.join(A)
    office.configure(
        mail=f'{{from: "Digest <digest@news.test>", bounces: {{maildir: nowhere}}, smtp: {{host: 127.0.0.1, '
        f"port: {office.mail.port}, security: none, timeout: 5s}}}}"
    )
    assert "is no Maildir" in office.digest("bounces", "fetch", code=1).stderr


def test_each_message_goes_out_with_a_return_path_of_its_own_and_its_bounce_finds_the_reader(office):
    office.stock()
    office.configure(
        mail=f'{{from: "Digest <digest@news.test>", bounces: {{verp: true}}, smtp: {{host: 127.0.0.1, '
        f"port: {office.mail.port}, security: none, timeout: 5s}}}}"
    )
    office.join(A, "bob@reader.test")
    office.digest("send", "daily")
    paths = office.mail.return_paths
    assert len(set(paths.values())) == 2
    assert all(path.startswith("digest+") for path in paths.values())
    forged = office.digest("bounces", "read", input=DEAD)
    assert "not believed" in forged.stdout
    office.digest("bounces", "read", "--to", paths[A], input=report(block("x@alias.test", "5.1.1", "User unknown")))
    listed = office.digest("suppressions", "list").stdout
    assert f"{A}\tbounce" in listed
    assert "bob@" not in listed
