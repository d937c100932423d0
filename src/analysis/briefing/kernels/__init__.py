"""Kernels forked from a process that has already imported the heavy libraries.

A kernel so started is a process of its own with its own IPython, as any other; only the import of
pandas, matplotlib, statsmodels and of this package is not paid again. Where a fork would not give
the very same kernel as a cold start, there is a cold start, and the log says why.
"""

from analysis.briefing.kernels.client import (
    ForkServer,
    close_shared_server,
    shared_server,
    why_cold,
)
from analysis.briefing.kernels.provisioner import (
    PROVISIONER_NAME,
    PromptClient,
    WarmProvisioner,
    register,
)

__all__ = [
    "PROVISIONER_NAME",
    "ForkServer",
    "PromptClient",
    "WarmProvisioner",
    "close_shared_server",
    "register",
    "shared_server",
    "why_cold",
]
