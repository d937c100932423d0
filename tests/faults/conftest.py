"""Runs of the small project need no PDF; kernels are warm unless a test says otherwise."""

import pytest


@pytest.fixture(autouse=True)
def without_browser(monkeypatch):
    monkeypatch.setenv("XUEWEI_PDF", "0")
    monkeypatch.setenv("XUEWEI_WARM", "")
