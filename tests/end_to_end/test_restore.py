"""A backup that is put back, and a copy of a store: neither mails anybody until the operator says how to go on."""

import shutil
import signal

READERS = 60


def test_a_restored_backup_mails_nobody_and_once_resumed_nobody_twice(newsroom, mail_server, wait_until, tmp_path):
    server = mail_server()
    room = newsroom(f"sqlite:///{tmp_path}/store/digest.db", server.port, READERS)
    backup, store = tmp_path / "backup.db", tmp_path / "store" / "digest.db"
    room.run("db", "backup", str(backup))
    room.run("send", "daily", "--yes")
    assert len(server.taken()) == READERS

    for part in store.parent.glob("digest.db-*"):
        part.unlink()
    shutil.copyfile(backup, store)
    refused = room.start("send", "daily", "--yes")
    assert refused.wait(60) == 1
    assert "nothing is sent until `digest resume" in room.said(room.processes.index(refused))
    assert "nothing is sent until `digest resume" in room.run("status")
    service = room.start("run")
    wait_until(lambda: "nothing is collected, published or sent" in room.said(room.processes.index(service)))
    service.send_signal(signal.SIGTERM)
    assert service.wait(60) == 0
    assert len(server.taken()) == READERS

    assert "taken as told until now: daily" in room.run("resume", "--from", "2026-01-01 00:00")
    assert "nothing is sent" in room.run("send", "daily", "--yes")
    assert len(server.taken()) == READERS


def test_a_clone_mails_nobody_while_the_store_itself_goes_on(newsroom, mail_server, tmp_path):
    server = mail_server()
    room = newsroom(f"sqlite:///{tmp_path}/store/digest.db", server.port, READERS)
    room.run("send", "daily", "--yes")
    shutil.copytree(tmp_path / "store", tmp_path / "clone")
    own = room.config.read_text()
    room.config.write_text(own.replace("/store/digest.db", "/clone/digest.db"))
    for words in (("send", "daily", "--resume"), ("send", "daily", "--yes")):
        assert room.start(*words).wait(60) == 1
    assert len(server.taken()) == READERS
    room.run("resume", "--from", "now")
    room.run("send", "daily", "--resume")
    room.config.write_text(own)
    room.run("send", "daily", "--resume")
    assert len(server.taken()) == READERS
