"""The command `vaultsecure`: starts server and window, and turns their end into an exit status."""

import gc
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from desktop import command_line
from desktop.command_line import Options
from desktop.guard.hardening import harden

if TYPE_CHECKING:
    from desktop.server_process import ServerProcess


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit status."""
    options = command_line.read(arguments)
    harden()
    if not command_line.has_display():
        sys.stderr.write(
            "vaultsecure: there is no display to open a window on.\n"
            "Start it in a graphical session, or set DISPLAY; `make run` tours the program without one.\n"
        )
        return command_line.OUTAGE
    # The server needs longest to be ready: it is on its way before Qt is loaded.
    from desktop.server_launch import bundled
    from desktop.server_process import ServerProcess

    server = ServerProcess(bundled(options.data_dir))
    server.start()
    try:
        return _run(options, server)
    finally:
        server.stop()


def _run(options: Options, server: "ServerProcess") -> int:
    # Loading makes next to no garbage, and looking for it takes an eighth of the time.
    gc.disable()
    from PySide6.QtWidgets import QApplication

    from desktop.program import Program
    from desktop.shell.bug_reports import BugReports
    from desktop.shell.end_signals import EndSignals
    from desktop.shell.error_reports import error_lines

    gc.freeze()
    gc.enable()
    application = QApplication(["vaultsecure"])
    application.setApplicationName("vaultsecure")
    application.setApplicationDisplayName("VaultSecure Gallery")
    application.setDesktopFileName("vaultsecure")
    with BugReports(options.data_dir / "logs" / "desktop.log", application) as bugs:
        program = Program(application, options, server)
        bugs.on_bug = program.rooms.errors.add_bug
        signals = EndSignals(program.end)
        try:
            with error_lines(program.rooms.errors):
                program.start()
                application.exec()
        finally:
            signals.restore()
            program.stop()
        return command_line.BUG if bugs.seen else program.exit_status
