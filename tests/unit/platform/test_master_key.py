"""The master key file: made once, and refused when it can't be trusted."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.kernel.errors import Invalid
from shared.platform.vault import load_master


def test_the_first_run_makes_a_file_that_only_its_owner_can_read(tmp_path):
    path = tmp_path / "data" / "master.key"
    key = load_master(path)
    assert len(key) == 32 and path.stat().st_mode & 0o777 == 0o600
    assert load_master(path) == key
    assert os.listdir(path.parent) == ["master.key"]


def test_many_first_runs_at_once_end_with_one_key(tmp_path):
    for trial in range(20):
        path = tmp_path / str(trial)
        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(load_master, [path] * 8))) == 1


@pytest.mark.parametrize("mode", [0o604, 0o644, 0o602, 0o620])
def test_a_file_that_others_can_read_or_change_is_refused_with_the_command_that_mends_it(tmp_path, mode):
    path = tmp_path / "key"
    load_master(path)
    path.chmod(mode)
    with pytest.raises(Invalid) as refused:
        load_master(path)
    assert refused.value.remedy == f"Run: chmod 600 {path}"


@pytest.mark.parametrize("text", ["", "00" * 32, "ab" * 16, "xyz", "5a" * 33, "é", "01" * 31])
def test_a_short_empty_or_default_key_is_refused(tmp_path, text):
    path = tmp_path / "key"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(Invalid) as refused:
        load_master(path)
    assert refused.value.code == "master_key_bad" and str(path) in refused.value.cause
    assert path.read_text() == text
