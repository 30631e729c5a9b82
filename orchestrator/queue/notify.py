"""Tells the operator how the night was: by the local mail program, or by a webhook."""

import subprocess
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

import orjson

from phase_worker.contract import ConfigError, DaybreakError

_LIMIT_S = 60.0


@dataclass(frozen=True, slots=True)
class Notify:
    """Where to: an address for `sendmail -t`, a URL that takes a POST of JSON, both or neither."""

    mail_to: str | None = None
    sendmail: str = "/usr/sbin/sendmail"
    webhook: str | None = None

    def __post_init__(self) -> None:
        if self.webhook and not self.webhook.startswith(("http://", "https://")):
            raise ConfigError(f"a webhook is an http:// or https:// address, got {self.webhook!r}", code="E-NOTIFY")
        if self.mail_to and any(character.isspace() for character in self.mail_to):
            raise ConfigError(f"{self.mail_to!r} is not an e-mail address", code="E-NOTIFY")

    def send(self, title: str, text: str, document: Mapping[str, Any]) -> list[DaybreakError]:
        """Send the summary; gives what could not be sent."""
        errors = []
        for address, deliver in ((self.mail_to, self._mail), (self.webhook, self._post)):
            if address:
                try:
                    deliver(title, text, document)
                except (OSError, ValueError, subprocess.SubprocessError) as error:
                    errors.append(DaybreakError(f"the summary was not sent: {error}", where=address, code="E-NOTIFY"))
        return errors

    def _mail(self, title: str, text: str, _document: Mapping[str, Any]) -> None:
        message = EmailMessage()
        message["To"] = self.mail_to
        message["Subject"] = f"daybreak: {title}"
        message.set_content(text)
        subprocess.run(
            [self.sendmail, "-t", "-oi"], input=message.as_bytes(), capture_output=True, check=True, timeout=_LIMIT_S
        )

    def _post(self, title: str, text: str, document: Mapping[str, Any]) -> None:
        assert self.webhook is not None
        request = urllib.request.Request(  # noqa: S310 -- http and https only, see above
            self.webhook,
            data=orjson.dumps({"text": f"daybreak: {title}\n{text}", **document}),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=_LIMIT_S):  # noqa: S310
            pass
