"""What stops a run before or while it plays: the user's machine or setting is at fault."""

from __future__ import annotations


class EmulationError(Exception):
    """The machine cannot do what the run needs; the text is one line that says what to mend."""


class RunFailed(Exception):
    """The run itself broke off, such as by an agent that died unasked."""


class Terminated(BaseException):
    """The run was asked to end, by SIGTERM or by Ctrl-C."""
