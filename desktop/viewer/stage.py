"""Where pictures stand in the viewer: one canvas, or two that move together, and the zoom pill over them."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop.canvas.canvas import Canvas
from desktop.canvas.deliveries import Deliveries
from desktop.canvas.mark_overlay import MarkOverlay
from desktop.canvas.shield_page import ShieldReason
from desktop.canvas.viewport import Viewport
from desktop.client.models import Picture
from desktop.look.appearance import Appearance
from desktop.viewer.zoom_pill import ZoomPill

SIDE = 20
ABOVE = 12
PILL_ABOVE = 4


class Stage(QWidget):
    """Holds the canvases; while two are compared, they share zoom and place."""

    explain_requested = Signal()

    def __init__(
        self, look: Appearance, pictures: Deliveries, thumbnails: Deliveries, overlay: MarkOverlay
    ) -> None:
        super().__init__()
        self.canvas = Canvas(look, pictures, thumbnails, overlay)
        self.other = Canvas(look, pictures, thumbnails, overlay)
        self.other.setAccessibleName("Compared picture")
        self.other.hide()
        self._following = False
        self._row = QHBoxLayout(self)
        self._row.setSpacing(8)
        self._row.addWidget(self.canvas, 1)
        self._row.addWidget(self.other, 1)
        self.set_bare(False)
        self._pill = ZoomPill(look, self)
        self._pill.zoom_in.connect(self.canvas.zoom_in)
        self._pill.zoom_out.connect(self.canvas.zoom_out)
        self._pill.fit.connect(self.canvas.fit)
        self._pill.full_size.connect(self.canvas.full_size)
        for canvas in (self.canvas, self.other):
            canvas.explain_requested.connect(self.explain_requested)
        self.canvas.view_changed.connect(self._moved)
        self.other.view_changed.connect(self._other_moved)

    @property
    def comparing(self) -> bool:
        """Say whether two pictures are shown."""
        return not self.other.isHidden()

    def set_bare(self, bare: bool) -> None:
        """Use the whole width (full screen), or leave an edge."""
        edge, above = (0, 0) if bare else (SIDE, ABOVE)
        self._row.setContentsMargins(edge, above, edge, 0)

    def compare_with(self, picture: Picture | None) -> None:
        """Show a second picture beside the first; None goes back to one."""
        self.other.setVisible(picture is not None)
        self.other.show_picture(picture)

    def set_shielded(self, reason: ShieldReason | None) -> None:
        """Hide every picture, or show them again."""
        for canvas in (self.canvas, self.other):
            canvas.set_shielded(reason)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the pill at the bottom middle."""
        self._place_pill()

    def _moved(self, view: Viewport) -> None:
        self._pill.show_view(view)
        self._pill.adjustSize()
        self._place_pill()
        self._follow(self.canvas, self.other)

    def _other_moved(self, view: Viewport) -> None:
        self._follow(self.other, self.canvas)

    def _follow(self, leader: Canvas, follower: Canvas) -> None:
        """Look at the same part of the other picture, measured by its own size."""
        view, own = leader.view, follower.view
        if self._following or not self.comparing or view is None or own is None:
            return
        self._following = True
        if view.fitting:
            follower.fit()
        else:
            across, down = view.x / view.picture_width, view.y / view.picture_height
            zoomed = own.at_zoom(own.fit_zoom * view.zoom / view.fit_zoom)
            at_x, at_y = zoomed.to_view(across * own.picture_width, down * own.picture_height)
            follower.set_view(zoomed.panned(own.width / 2 - at_x, own.height / 2 - at_y))
        self._following = False

    def _place_pill(self) -> None:
        middle = self.canvas.geometry().center().x() if not self.comparing else self.width() // 2
        self._pill.move(middle - self._pill.width() // 2, self.height() - self._pill.height() - PILL_ABOVE)
        self._pill.raise_()
