"""The guide to signing in does what it says: its commands are typed and its Python is run, in order, over a socket."""

from __future__ import annotations

import re
import shlex
import threading
from pathlib import Path

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

from services.cli import exits, main
from tests.journeys.api.people import People

PAGE = Path(__file__).parents[3] / "docs/guide/sign-in.md"
BLOCK = re.compile(r"```(sh|python)\n(.*?)```", re.DOTALL)


class Quiet(WSGIRequestHandler):
    def log(self, *said):
        pass


@pytest.fixture
def serving(make_database, tmp_path, monkeypatch):
    """Ingest at an address, which the environment names together with its owner's key; real time."""
    people = People(make_database, None)
    server = make_server("127.0.0.1", 0, people.service.app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    monkeypatch.setenv("TIMEBOOKS_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TIMEBOOKS_URL", f"http://127.0.0.1:{server.port}")
    monkeypatch.setenv("TIMEBOOKS_API_KEY", people.owner.key)
    yield
    server.shutdown()
    thread.join(10)
    server.server_close()


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.row("I2")
def test_people_are_let_in_and_go_as_the_guide_says(serving, capsys):
    known, done = {}, []
    for language, text in BLOCK.findall(PAGE.read_text("utf-8")):
        done.append(language)
        if language == "python":
            exec(compile(text, PAGE.name, "exec"), known)
            continue
        for line in text.splitlines():
            assert main(shlex.split(line)[1:]) == exits.DONE, f"{line}\n{capsys.readouterr()}"
    assert (done.count("sh"), done.count("python")) == (1, 10)
    assert "Paula Sample" not in capsys.readouterr().out  # invited, not joined
    assert main(["user", "list"]) == main(["user", "end", known["user"]]) == exits.DONE
    told = capsys.readouterr().out.splitlines()
    assert [line.split()[1:3] for line in told[1:3]] == [["Olive", "Owner"], ["Robin", "Sample"]]
