"""Says at the end what was killed how often; with several test processes too."""

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    told = [
        line
        for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed")
        for name, line in report.user_properties
        if name == "kills" and report.when == "call"
    ]
    if told:
        terminalreporter.section("kills")
        for line in told:
            terminalreporter.write_line(str(line))
