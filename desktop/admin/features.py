"""The card of switches: what each role may do, for the admin to change."""

from collections.abc import Callable, Mapping
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout

from desktop.admin.cards import Panel
from desktop.client.features import Feature, Features
from desktop.look.appearance import Appearance
from desktop.look.fields import Tick
from desktop.look.surfaces import label

TITLES: Final[Mapping[str, str]] = {
    "information_gps": "Where it was taken",
    "histogram": "Histogram",
    "open_files": "Open files by path",
    "slideshow": "Slideshow",
    "compare": "Compare",
    "command_palette": "Command palette",
    "uploads": "Send pictures",
    "guard_trial": "Guard on trial",
}


class FeaturesCard(Panel):
    """A row a feature, a column a role; a box shows what the server has said, not what was clicked."""

    switched = Signal(str, str, bool)

    def __init__(self, look: Appearance) -> None:
        super().__init__(look)
        self.boxes: dict[tuple[str, str], QCheckBox] = {}
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(8)
        self._grid.setColumnStretch(0, 1)
        self.column.addWidget(label("Switches by role", "bold"))
        self.column.addWidget(
            label(
                "No role gets what it may not do; a guard on trial hides nothing.",
                "small",
                wrap=True,
            )
        )
        self.column.addLayout(self._grid)

    def show_features(self, features: Features) -> None:
        """Show every switch as it is."""
        if not self.boxes:
            self._build(features)
        for feature in features.items:
            for role, on in feature.roles.items():
                if (feature.name, role) in self.boxes:
                    self.boxes[feature.name, role].setChecked(on)

    def show_feature(self, feature: Feature) -> None:
        """Show one switch as it is now."""
        self.show_features(Features((feature,)))

    def _build(self, features: Features) -> None:
        for row, feature in enumerate(features.items, 1):
            title = TITLES.get(feature.name, feature.name.replace("_", " ").capitalize())
            name = label(title, "normal")
            held = "The server holds it." if feature.kept_by == "server" else "The desktop hides it."
            name.setToolTip(f"{feature.meaning} {held}")
            self._grid.addWidget(name, row, 0)
            for column, role in enumerate(feature.roles, 1):
                if row == 1:
                    self._grid.addWidget(label(role.capitalize(), "small"), 0, column)
                box = Tick(self._look, "")
                box.setAccessibleName(f"{title} for {role}")
                box.setToolTip(f"{feature.meaning} {held}")
                box.clicked.connect(self._asking(box, feature.name, role))
                self.boxes[feature.name, role] = box
                self._grid.addWidget(box, row, column, Qt.AlignmentFlag.AlignHCenter)

    def _asking(self, box: QCheckBox, name: str, role: str) -> Callable[[bool], None]:
        def ask(on: bool) -> None:
            # Back until the server has said yes.
            box.setChecked(not on)
            self.switched.emit(name, role, on)

        return ask
