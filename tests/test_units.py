"""What ships for systemd and for containers: units that hold, commands that exist, steps that can be run."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest
from ruamel.yaml import YAML

from digest.cli import main
from tests.documents import ROOT

UNITS = sorted((ROOT / "packaging/systemd").glob("*.service"))
COMPOSITIONS = sorted(ROOT.glob("compose*.yaml"))
#: In tenths, as systemd-analyze wants it; it calls 0 to 2 "OK" at its best.
EXPOSURE = 20


def _values(unit: Path, key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", unit.read_text(encoding="utf-8"), re.MULTILINE)


def _analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    if not (program := shutil.which("systemd-analyze")):
        pytest.skip("systemd-analyze is not here")
    return subprocess.run([program, *arguments], check=False, capture_output=True, text=True)


def _exists(words: list[str]) -> bool:
    return main.get_command(click.Context(main), words[0]) is not None


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_unit_is_exposed_to_less_than_two(unit: Path) -> None:
    result = _analyze("security", "--offline=true", "--no-pager", f"--threshold={EXPOSURE}", str(unit))
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_systemd_understands_every_line_of_a_unit(unit: Path, tmp_path: Path) -> None:
    program = tmp_path / "digest"
    program.symlink_to("/bin/true")
    text = unit.read_text(encoding="utf-8").replace("/usr/local/bin/digest", str(program))
    # No manual is installed here, and no user made.
    text = re.sub(r"^(Documentation|User|Group)=.*\n", "", text, flags=re.MULTILINE)
    copy = tmp_path / unit.name.replace("@", "@1")
    copy.write_text(text, encoding="utf-8")
    result = _analyze("verify", "--man=no", str(copy))
    assert str(copy) not in result.stderr
    assert unit.name not in result.stderr


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_unit_waits_for_the_service_to_say_that_it_works(unit: Path) -> None:
    assert _values(unit, "Type") == ["notify"]
    assert _values(unit, "NotifyAccess") == ["main"]
    assert int(_values(unit, "WatchdogSec")[0]) >= 30


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_unit_starts_a_command_that_exists(unit: Path) -> None:
    (start,) = _values(unit, "ExecStart")
    program, *words = shlex.split(start)
    assert program.endswith("/digest")
    assert _exists(words)


def test_the_units_differ_in_what_they_start_alone() -> None:
    service, worker = (
        set((ROOT / "packaging/systemd" / name).read_text().splitlines())
        for name in ("digest.service", "digest-worker@.service")
    )
    assert {line.partition("=")[0] for line in service ^ worker} == {"Description", "Documentation", "ExecStart"}


def test_the_user_and_the_folders_of_the_units_are_made() -> None:
    users = (ROOT / "packaging/sysusers.d/digest.conf").read_text(encoding="utf-8")
    folders = (ROOT / "packaging/tmpfiles.d/digest.conf").read_text(encoding="utf-8")
    for unit in UNITS:
        assert re.search(rf"^u\s+{_values(unit, 'User')[0]}\s", users, re.MULTILINE)
        (config,) = re.findall(r"DIGEST_CONFIG=(\S+)", unit.read_text(encoding="utf-8"))
        for folder in (str(Path(config).parent), *_values(unit, "WorkingDirectory")):
            assert re.search(rf"^d\s+{folder}\s", folders, re.MULTILINE)


@pytest.mark.parametrize("path", COMPOSITIONS, ids=lambda path: path.name)
def test_a_composition_runs_commands_that_exist_with_as_little_as_they_need(path: Path) -> None:
    services: dict[str, dict[str, Any]] = YAML(typ="safe", pure=True).load(path)["services"]
    ours = [service for service in services.values() if service["image"] == "digest-newsletter"]
    assert ours
    for service in ours:
        assert _exists(service.get("command", ["run"]))
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        assert any(volume.endswith(":/config:ro") for volume in service["volumes"])
    published = [port for service in services.values() for port in service.get("ports", ())]
    assert all(port.startswith("127.0.0.1:") for port in published)


def _dockerfile() -> list[tuple[str, str]]:
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = text.replace("\\\n", " ").splitlines()
    return [(name, rest) for name, _, rest in (line.strip().partition(" ") for line in lines) if name]


def test_the_dockerfile_copies_what_is_there_and_not_ignored() -> None:
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    for name, rest in _dockerfile():
        if name == "COPY" and not rest.startswith("--from"):
            for source in rest.split()[:-1]:
                assert source.removeprefix("./") in let_in
                assert (ROOT / source).exists()


def test_the_steps_of_the_dockerfile_are_shell() -> None:
    steps = [rest for name, rest in _dockerfile() if name == "RUN"]
    assert steps
    for step in steps:
        checked = subprocess.run(["/bin/sh", "-n"], input=step, check=False, capture_output=True, text=True)
        assert checked.returncode == 0, f"{step}\n{checked.stderr}"


def test_the_container_runs_a_command_that_exists() -> None:
    steps = dict(_dockerfile())
    assert steps["ENTRYPOINT"] == '["digest"]'
    assert _exists(re.findall(r'"([^"]+)"', steps["CMD"]))
    assert steps["USER"] == "10001:10001"
