"""The evidence of a trace: the image, boxes or the correlation map over it, and what is known in words."""

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QComboBox, QHBoxLayout

from desktop.admin.cards import Panel
from desktop.admin.trace_evidence import EvidenceView, Outline
from desktop.admin.trace_words import mark_details, picture_details
from desktop.background import Background, Task
from desktop.canvas.mark_overlay import MarkOverlay
from desktop.client.api import Gallery
from desktop.client.errors import Failure
from desktop.client.traces import FoundMark, FoundPicture, Trace, TraceResult
from desktop.look.appearance import Appearance
from desktop.look.surfaces import button, label

NO_PICTURE = (
    "The picture of this file is not kept, or not for your role. Boxes and map say where the evidence is."
)
UNREADABLE = "The picture of this part cannot be read. Trace the file again."

Finding = FoundMark | FoundPicture


class EvidencePanel(Panel):
    """Shows one finding of a trace at a time."""

    activity_requested = Signal()

    def __init__(
        self, look: Appearance, gallery: Gallery, background: Background, overlay: MarkOverlay
    ) -> None:
        super().__init__(look)
        self._gallery = gallery
        self._background = background
        self._trace: Trace | None = None
        self._finding: Finding | None = None
        self._previews: dict[int, QImage] = {}
        self._task: Task | None = None
        self.view = EvidenceView(look, overlay)
        self.parts = QComboBox()
        self.parts.setAccessibleName("Part of the file")
        self.map_button = button("Correlation map", "chip")
        self.map_button.setCheckable(True)
        self.details = label("", "normal", wrap=True)
        self.details.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        activity = button("Show the activity", "text")
        above = QHBoxLayout()
        above.addWidget(label("Evidence", "bold"))
        above.addStretch(1)
        above.addWidget(self.parts)
        above.addWidget(self.map_button)
        below = QHBoxLayout()
        below.addWidget(self.details, 1)
        below.addWidget(activity, 0, Qt.AlignmentFlag.AlignBottom)
        self.column.setSpacing(10)
        self.column.addLayout(above)
        self.column.addWidget(self.view, 1)
        self.column.addLayout(below)
        self.map_button.toggled.connect(self.view.show_map)
        self.parts.activated.connect(lambda _number: self._show_part())
        activity.clicked.connect(lambda _checked: self.activity_requested.emit())

    def show_trace(self, trace: Trace, result: TraceResult) -> None:
        """Show a trace's first part, without a finding yet."""
        self._trace = trace
        for part in result.parts:
            self.parts.addItem(part.label or "The picture")
        self.parts.setVisible(len(result.parts) > 1)
        self._show_part()

    def show_finding(self, finding: Finding) -> None:
        """Show where a finding lies, and all that is known of it."""
        result = self._result
        if result is None:
            return
        self._finding = finding
        if isinstance(finding, FoundMark):
            self.details.setText(mark_details(finding, result))
            self.parts.setCurrentIndex(max(finding.spots, key=lambda spot: spot.agreement).part)
        else:
            self.details.setText(picture_details(finding))
            self.parts.setCurrentIndex(finding.part)
        self._show_part()

    def forget(self) -> None:
        """Drop everything that is shown."""
        if self._task is not None:
            self._task.cancel()
        self._trace, self._finding = None, None
        self._previews.clear()
        self.parts.clear()
        self.details.clear()
        self.view.forget()

    @property
    def _result(self) -> TraceResult | None:
        return None if self._trace is None else self._trace.result

    def _show_part(self) -> None:
        trace, result = self._trace, self._result
        if trace is None or result is None or not result.parts:
            return
        number = max(0, self.parts.currentIndex())
        part = result.parts[number]
        self.view.show_shape(part.width, part.height)
        outlines, map_png = _drawn(self._finding, result, number)
        self.map_button.setVisible(map_png is not None)
        self.view.show_evidence(outlines, map_png)
        preview = self._previews.get(number)
        if preview is not None:
            self.view.show_image(preview)
            return
        self.view.show_words("Fetching…" if trace.pictures_kept else NO_PICTURE)
        if trace.pictures_kept:
            if self._task is not None:
                self._task.cancel()
            asked = self._gallery.traces.part(trace.id, number)
            arrived = partial(self._arrived, number)
            self._task = self._background.run(asked, arrived, self._failed, self)

    def _arrived(self, number: int, content: bytes) -> None:
        image = QImage.fromData(content)
        if image.isNull():
            self.view.show_words(UNREADABLE)
            return
        self._previews[number] = image
        if number == max(0, self.parts.currentIndex()):
            self.view.show_image(image)

    def _failed(self, failure: Failure) -> None:
        self.view.show_words(f"{failure.message} {failure.advice}")


def _drawn(
    finding: Finding | None, result: TraceResult, part: int
) -> tuple[tuple[Outline, ...], bytes | None]:
    """Return the boxes of a finding in a part, and the clearest correlation map there."""
    outlines = [
        Outline(one.box, "good", one.title, dashed=True)
        for one in result.pictures
        if one.part == part and one.box is not None
    ]
    if not isinstance(finding, FoundMark):
        return tuple(outlines), None
    spots = sorted((spot for spot in finding.spots if spot.part == part), key=lambda spot: -spot.agreement)
    outlines += [Outline(spot.box, "accent", f"mark {finding.mark}") for spot in spots[:1]]
    return tuple(outlines), spots[0].map_png if spots else None
