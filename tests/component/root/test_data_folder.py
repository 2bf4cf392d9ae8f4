"""The data folder belongs to one process at a time, and tells where that one serves."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from services import data_folder
from services.data_folder import Lock
from shared.kernel.errors import Conflict

HOLD = """
import sys, time
from pathlib import Path
from services.data_folder import Lock
with Lock(Path(sys.argv[1]), "http://localhost:1234"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the folder."""
    root = Path(__file__).resolve().parents[3]
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout and process.stdout.readline() == b"held\n"
    yield process
    process.kill()
    process.communicate()


def test_nobody_else_gets_a_folder_that_is_held(tmp_path, holder):
    with pytest.raises(Conflict) as caught, Lock(tmp_path):
        pass
    assert caught.value.code == "data_folder_in_use"
    assert str(holder.pid) in caught.value.cause
    assert "http://localhost:1234" in caught.value.remedy


def test_the_holders_address_is_told(tmp_path, holder):
    assert data_folder.address(tmp_path) == "http://localhost:1234"


def test_a_killed_holder_leaves_the_folder_free(tmp_path, holder):
    holder.kill()
    holder.wait()
    assert data_folder.address(tmp_path) is None
    with Lock(tmp_path):
        assert data_folder.address(tmp_path) == ""  # held, by a process that does not serve


def test_a_folder_that_nobody_made_is_held_by_nobody(tmp_path):
    assert data_folder.address(tmp_path / "never") is None
    assert data_folder.kept_key(tmp_path / "never") == ""


def test_folder_and_key_can_be_read_by_their_owner_alone(tmp_path):
    before = os.umask(0)
    try:
        path = data_folder.keep_key(tmp_path / "new", "tbk_first")
        path = data_folder.keep_key(tmp_path / "new", "tbk_second")
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert data_folder.kept_key(tmp_path / "new") == "tbk_second"
