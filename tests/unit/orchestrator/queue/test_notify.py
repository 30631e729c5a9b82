"""The summary of a night reaches the mail program and the webhook, and what goes wrong there is told."""

import json
import os
import socket
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from orchestrator.queue.night import Night
from orchestrator.queue.notify import Notify
from orchestrator.queue.record import JobState
from phase_worker.contract import ConfigError
from tests.fakes.turned_clock import FIRST_MOMENT


@pytest.fixture
def night() -> Night:
    night = Night(FIRST_MOMENT)
    night.end("wf-1", JobState.DONE, "")
    night.end("wf-2", JobState.HELD, "it was killed")
    return night


def send(notify: Notify, night: Night) -> list[str]:
    errors = notify.send(night.title(), night.report(3, FIRST_MOMENT), night.document(3, FIRST_MOMENT))
    return [str(error) for error in errors]


def program(folder: Path, line: str) -> str:
    file = folder / "sendmail"
    file.write_text(f"#!/bin/sh\n{line}\n")
    file.chmod(0o755)
    return str(file)


def test_the_mail_program_gets_a_message_with_the_summary(tmp_path: Path, night: Night) -> None:
    sendmail = program(tmp_path, f'echo "$@" > {tmp_path}/words; cat > {tmp_path}/mail')
    assert send(Notify("me@example.org", sendmail), night) == []
    assert (tmp_path / "words").read_text() == "-t -oi\n"
    head, _, body = (tmp_path / "mail").read_text().partition("\n\n")
    assert "To: me@example.org" in head
    assert "Subject: daybreak: 1 done, 1 held" in head
    assert "wf-2 held: it was killed" in body
    assert "3 still in the" in body


def test_a_mail_program_that_fails_is_told_of(tmp_path: Path, night: Night) -> None:
    (error,) = send(Notify("me@example.org", program(tmp_path, "exit 75")), night)
    assert error.startswith("me@example.org: error E-NOTIFY: the summary was not sent: ")
    (error,) = send(Notify("me@example.org", str(tmp_path / "missing")), night)
    assert "No such file" in error


def test_the_webhook_gets_the_summary_as_json(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server is a child process: it answers one request, which must not go by way of the machine's proxy."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    reader, writer = os.pipe()

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            os.write(writer, self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nobody reads it."""

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        server.timeout = 20
        child = os.fork()
        if child == 0:
            server.handle_request()
            os._exit(0)
        assert send(Notify(webhook=f"http://127.0.0.1:{server.server_port}/hook"), night) == []
        os.waitpid(child, 0)
    os.close(writer)
    with os.fdopen(reader) as posted:
        document = json.loads(posted.read())
    assert document["text"].startswith("daybreak: 1 done, 1 held\n")
    assert (document["ended"], document["waiting"], document["success"]) == ({"done": 1, "held": 1}, 3, False)


def test_a_webhook_that_nobody_answers_is_told_of(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        (error,) = send(Notify(webhook=f"http://127.0.0.1:{unused.getsockname()[1]}"), night)
    assert "E-NOTIFY" in error


@pytest.mark.parametrize("setting", [{"webhook": "file:///etc/passwd"}, {"mail_to": "me\nBcc: you"}])
def test_an_address_that_is_none_is_refused_before_the_night(setting: dict[str, str]) -> None:
    with pytest.raises(ConfigError) as caught:
        Notify(**setting)
    assert caught.value.code == "E-NOTIFY"


def test_the_books_do_not_grow_with_the_troubles() -> None:
    night = Night(FIRST_MOMENT)
    for number in range(1000):
        night.end(f"wf-{number}", JobState.FAILED, "why")
    assert night.ended[JobState.FAILED] == 1000
    assert len(night.troubles) == 50
