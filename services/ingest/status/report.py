"""Problems of ingest's own, beside those that the connectors tell of."""

from __future__ import annotations

import sqlalchemy as sa

from services.ingest.status.models import problem
from services.ingest.status.store import keep_problem
from services.ingest.tables import within
from shared.contract.messages import ProblemMessage
from shared.kernel.ids import document_id
from shared.platform.session import Session
from shared.platform.vault import Vault

SERVICE = "ingest"


def say(
    session: Session,
    vault: Vault,
    organisation: str,
    subject: str,
    *,
    code: str,
    title: str,
    cause: str,
    remedy: str,
    blocks: int,
) -> None:
    """There is one problem for a subject; what is said last of it holds, and opens it."""
    number = document_id(organisation, "problem", subject)
    version = _version(session, organisation, number) + 1
    message = ProblemMessage(
        problem=number, version=version, connection=None, code=code, subject=subject, about=None,
        title=title, cause=cause, remedy=remedy, blocks=blocks, open=True,
    )  # fmt: skip
    _keep(session, vault, organisation, message)


def settle(session: Session, vault: Vault, organisation: str, subject: str) -> None:
    """Close a subject's problem, if it has one that is open."""
    number = document_id(organisation, "problem", subject)
    mine = sa.select(problem).where(within(problem, organisation), problem.c.id == number, problem.c.open.is_(sa.true()))
    row = session.execute(mine).first()
    if row is not None:
        message = ProblemMessage(
            problem=number, version=row.version + 1, connection=None, code=row.code, subject=subject, about=None,
            title=row.title, cause="", remedy=row.remedy, blocks=0, open=False,
        )  # fmt: skip
        _keep(session, vault, organisation, message)


def _version(session: Session, organisation: str, number: str) -> int:
    mine = sa.select(problem.c.version).where(within(problem, organisation), problem.c.id == number)
    return session.execute(mine).scalar() or 0


def _keep(session: Session, vault: Vault, organisation: str, message: ProblemMessage) -> None:
    cause = vault.keyring(session, organisation).seal(None, "problem.cause", message.problem, message.cause)
    keep_problem(session, {"organisation": organisation, "service": SERVICE, "about": None, "cause": cause}, message)
