"""What is for operators alone: who is let in, the figures, and whether the service is ready."""

import base64
import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from digest.app.house import open_house
from digest.app.vitals import Vitals
from digest.store import schema
from digest.store.fence import Fence
from digest.web import public

HERE = "http://127.0.0.1:8080"
TOKEN = "a token of some length"


@pytest.fixture
def vitals():
    return Vitals()


@pytest.fixture
def opened(house, vitals, request):
    """A client of this machine."""

    def client(base_url=HERE, who=("127.0.0.1", 50_000)):
        return TestClient(public.application(house, vitals), base_url=base_url, client=who, follow_redirects=False)

    return client


@pytest.fixture
def guarded(house, vitals):
    """The pages of a house whose configuration has a token."""
    text = house.path.read_text(encoding="utf-8") + f'web: {{token: "{TOKEN}"}}\n'
    path = house.path.with_name("guarded.yaml")
    path.write_text(text, encoding="utf-8")
    with open_house(path, environ={}, clock=house.clock) as other:
        yield TestClient(public.application(other, vitals), base_url="https://news.example", follow_redirects=False)


def basic(password):
    return {"Authorization": "Basic " + base64.b64encode(f"ops:{password}".encode()).decode()}


def test_without_a_token_figures_are_for_this_machine_alone(opened):
    assert opened().get("/metrics").status_code == 200
    assert opened(who=("192.0.2.7", 1)).get("/metrics").status_code == 404


@pytest.mark.parametrize("header", ["Forwarded", "Via", "X-Forwarded-For", "X-Real-IP", "X-Forwarded-Proto"])
def test_what_a_proxy_passed_on_is_not_from_this_machine(opened, header):
    assert opened().get("/metrics", headers={header: "127.0.0.1"}).status_code == 404


def test_a_name_that_leads_here_is_not_this_machine(opened):
    assert opened("http://rebound.example:8080").get("/metrics").status_code == 404


def test_a_token_is_asked_of_everybody(guarded):
    assert guarded.get("/metrics").status_code == 401
    assert guarded.get("/metrics").headers["www-authenticate"].startswith("Basic")
    assert guarded.get("/metrics", headers=basic("wrong")).status_code == 401
    assert guarded.get("/metrics", headers=basic(TOKEN)).status_code == 200
    assert guarded.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200


@pytest.mark.parametrize("value", ["Basic", "Basic !!!", "Basic /w==", "Bearer", "Bearer ", "Digest x", "\u00e9"])
def test_junk_at_the_door_is_no_token(guarded, value):
    assert guarded.get("/metrics", headers={"Authorization": value.encode("latin-1")}).status_code == 401


def test_whoever_guesses_tokens_is_soon_not_listened_to_and_later_again(guarded, house):
    for guess in range(20):
        assert guarded.get("/metrics", headers=basic(f"guess {guess}")).status_code == 401
    assert guarded.get("/metrics", headers=basic(TOKEN)).status_code == 429

    house.clock.now += timedelta(minutes=2)

    assert guarded.get("/metrics", headers=basic(TOKEN)).status_code == 200


def test_figures_are_those_of_the_store_and_of_this_process(opened, vitals, house):
    vitals.meter.outcomes["sent"] += 3
    vitals.meter.replies[2] += 3
    vitals.meter.answered(0.02)
    vitals.polls["failed"] += 1
    vitals.made("outbox", house.clock())

    told = opened().get("/metrics").text

    found = dict(re.findall(r"^(\S+?(?:\{[^}]*\})?) ([0-9.e+]+)$", told, re.MULTILINE))
    assert found['digest_deliveries_total{outcome="sent"}'] == "3.0"
    assert found['digest_smtp_replies_total{class="2xx"}'] == "3.0"
    assert found['digest_smtp_answer_seconds_bucket{le="0.01"}'] == "0.0"
    assert found['digest_smtp_answer_seconds_bucket{le="0.025"}'] == "1.0"
    assert found["digest_smtp_answer_seconds_count"] == "1.0"
    assert found['digest_polls_total{outcome="failed"}'] == "1.0"
    assert found['digest_outbox_deliveries{state="queued"}'] == "0.0"
    assert float(found["digest_articles_stored"]) > 0
    assert float(found["digest_process_resident_memory_bytes"]) > 1e6


def test_figures_name_no_reader(opened, subscribed):
    subscribed("ada@reader.example")

    assert "@" not in opened().get("/metrics").text


def test_ready_while_rounds_are_made_and_not_when_they_stop(opened, vitals, house):
    assert opened().get("/readyz").status_code == 200
    vitals.made("slots", house.clock())
    assert opened().get("/readyz").status_code == 200

    house.clock.now += timedelta(minutes=6)

    answer = opened().get("/readyz")
    assert answer.status_code == 503
    assert "slots" in answer.text
    assert opened().get("/healthz").status_code == 200


def test_not_ready_while_the_restore_fence_holds_the_store(opened, house):
    held = update(schema.instance).values(held="it is older than what it has sent")
    house.database.call(Fence(house.database).look, "here")
    house.database.call(lambda connection: connection.execute(held))

    answer = opened().get("/readyz")

    assert answer.status_code == 503
    assert "older" in answer.text


DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture
def metrics(opened, vitals, house, subscribed):
    """The names of all metrics there are, as they are asked for."""
    subscribed()
    vitals.slots["daily", "frozen"] += 1
    vitals.made("outbox", house.clock())
    told = opened().get("/metrics").text
    return {line.split()[2] for line in told.splitlines() if line.startswith("# TYPE")}


def asked_for(text):
    return {re.sub(r"_(bucket|sum|count)$", "", name) for name in re.findall(r"\bdigest_[a-z_]+[a-z]\b", text)}


def test_the_dashboard_for_grafana_asks_for_what_there_is(metrics):
    board = json.loads((DOCS / "grafana.json").read_text(encoding="utf-8"))
    expressions = [target["expr"] for panel in board["panels"] for target in panel["targets"]]

    assert expressions
    assert {name for each in expressions for name in asked_for(each)} <= metrics


def test_every_metric_is_in_the_documentation_and_nothing_else(metrics):
    told = asked_for((DOCS / "watching.md").read_text(encoding="utf-8"))

    own = {name for name in metrics if not name.startswith("digest_process_")}
    assert own <= told
    assert {name for name in told if name != "digest_process"} <= own
