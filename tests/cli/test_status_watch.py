"""`digest status --watch`: the same screen again, until it is stopped."""

import signal
import subprocess
import sys

DIGEST = [sys.executable, "-c", "from digest.cli import main; main()"]


def test_it_says_how_things_stand_until_it_is_interrupted(tmp_path):
    def digest(*words):
        return subprocess.run([*DIGEST, *words], cwd=tmp_path, check=True, capture_output=True, text=True, timeout=60)

    digest("init")
    digest("db", "upgrade")
    watching = subprocess.Popen(
        [*DIGEST, "status", "--watch"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        seen = [next(watching.stdout)]
        while not seen[-1].startswith("feeds:"):
            seen.append(next(watching.stdout))
        watching.send_signal(signal.SIGINT)
        _, errors = watching.communicate(timeout=30)
    finally:
        watching.kill()

    assert any(line.startswith("outbox: empty") for line in seen)
    assert watching.returncode == 0
    assert errors == ""


def test_it_is_not_for_machines(tmp_path):
    ended = subprocess.run(
        [*DIGEST, "status", "--watch", "--json"], cwd=tmp_path, check=False, capture_output=True, text=True, timeout=60
    )

    assert ended.returncode == 2
    assert "--json" in ended.stderr
