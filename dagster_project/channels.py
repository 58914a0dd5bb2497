"""Where messages go: a webhook that understands Slack's JSON, and e-mail by SMTP.

Secrets come from the environment and are in no text made here: what went wrong is told by the kind
of the error and the number the other side answered, never by its words.
"""

import http.client
import json
import os
import smtplib
import ssl
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from dagster_project.settings import AlertsConfig, EmailConfig

WEBHOOK_VARIABLE = "KEIZOKU_ALERT_WEBHOOK_URL"
PASSWORD_VARIABLE = "KEIZOKU_SMTP_PASSWORD"
WAIT_SECONDS = 10
SLACK_MARKS = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


@dataclass(frozen=True)
class Message:
    """A subject of one line and a text; files go with e-mail only."""

    subject: str
    text: str
    files: Sequence[Path] = ()


class NotSent(Exception):
    """The message did not arrive; `str()` says why without a secret and without the text."""


def send(channel: str, config: AlertsConfig, message: Message) -> str | None:
    """Sends a message by one channel; says why where some of its receivers were refused: it is not
    sent again to those who have it. Raises NotSent.
    """
    if channel == "webhook":
        return _post(message)
    return _mail(config.email, message)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None  # the address is a secret: it is not carried to where somebody points


def _post(message: Message) -> None:
    address = _secret(WEBHOOK_VARIABLE)
    if not address.startswith(("https://", "http://")):
        raise NotSent(f"{WEBHOOK_VARIABLE}: http(s)://…")
    text = f"{message.subject}\n{message.text}"
    for mark, written in SLACK_MARKS.items():
        text = text.replace(mark, written)
    try:
        request = urllib.request.Request(
            address,
            data=json.dumps({"text": text}, ensure_ascii=False).encode(),
            headers={"Content-Type": "application/json; charset=utf-8"},
        )
        opener = urllib.request.build_opener(_NoRedirect)
        with opener.open(request, timeout=WAIT_SECONDS) as answer:
            answer.read(1)
    except urllib.error.HTTPError as error:
        raise NotSent(f"HTTP {error.code}") from None
    except urllib.error.URLError as error:
        raise NotSent(_kind(error.reason)) from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise NotSent(_kind(error)) from None


def _mail(config: EmailConfig, message: Message) -> str | None:
    password = _secret(PASSWORD_VARIABLE) if config.user else None
    try:
        with smtplib.SMTP(config.host, config.port, timeout=WAIT_SECONDS) as server:
            if config.starttls:
                server.starttls(context=ssl.create_default_context())
            if password is not None:
                server.login(config.user, password)
            refused = server.send_message(_letter(config, message))
    except smtplib.SMTPResponseException as error:
        raise NotSent(f"SMTP {error.smtp_code}") from None
    except (smtplib.SMTPException, OSError, ValueError) as error:
        raise NotSent(_kind(error)) from None
    if not refused:
        return None
    return f"SMTP {next(iter(refused.values()))[0]} ({len(refused)}/{len(config.to)})"


def _letter(config: EmailConfig, message: Message) -> EmailMessage:
    letter = EmailMessage()
    letter["Subject"] = " ".join(message.subject.split())
    letter["From"] = config.sender
    letter["To"] = ", ".join(config.to)
    letter.set_content(message.text)
    for file in message.files:
        letter.add_attachment(
            file.read_bytes(), maintype="application", subtype="octet-stream", filename=file.name
        )
    return letter


def _secret(variable: str) -> str:
    value = os.environ.get(variable)
    if not value:
        raise NotSent(f"{variable} ?")
    return value


def _kind(error: object) -> str:
    return type(error).__name__ if isinstance(error, Exception) else "URLError"
