"""Refused secrets are told to the operator: in the log as its level has it, in the audit log always."""

import logging
from collections import Counter

import pytest
from localcloud.identity import failures
from localcloud.identity.failures import Failures


@pytest.mark.parametrize("level", [logging.INFO, logging.ERROR])
def test_a_refusal_is_audited_whatever_the_log_shows(caplog, level):
    noted = []
    with caplog.at_level(level, logger=failures.log.name):
        Failures(Counter(), lambda action, **more: noted.append((action, more["address"]))).note("device", "d", "10.0.0.1")
    assert noted == [("device refused", "10.0.0.1")]
    assert len(caplog.messages) == (level == logging.INFO)
