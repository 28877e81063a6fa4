"""The widget that shows one picture: zoom at the cursor, pan, and the mark over everything it paints."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QInputDevice,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from desktop.canvas.deliveries import Deliveries
from desktop.canvas.layers import paint_layers
from desktop.canvas.levels import is_protected
from desktop.canvas.loading import PictureLoad
from desktop.canvas.mark_overlay import MarkOverlay
from desktop.canvas.shield_page import SHIELDED, ShieldPage, ShieldReason
from desktop.canvas.viewport import WHEEL_STEP, Viewport, opened
from desktop.client.errors import Failure
from desktop.client.models import Picture
from desktop.look.appearance import Appearance
from desktop.look.notice import Notice

BUTTON_STEP = 1.4
KEY_PAN = 80


class Canvas(QWidget):
    """Shows one picture; lives on the GUI thread and never decodes or scales there."""

    view_changed = Signal(object)
    painted_first = Signal(str)
    explain_requested = Signal()

    def __init__(
        self,
        look: Appearance,
        pictures: Deliveries,
        thumbnails: Deliveries,
        overlay: MarkOverlay,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._look = look
        self._overlay = overlay
        self._picture: Picture | None = None
        self._view: Viewport | None = None
        self._hidden = False
        self._load = PictureLoad(pictures, thumbnails, self)
        self._load.changed.connect(self._loaded)
        self._load.failed.connect(self._failed)
        self._load.slow.connect(self._say_loading)
        self._first_paint_due = False
        self._dragged_from: QPointF | None = None
        self._notice = Notice(look, self)
        self._notice.acted.connect(self.reload)
        self._shield = ShieldPage(look, self)
        self._shield.explain_requested.connect(self.explain_requested)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Picture")
        overlay.changed.connect(self.update)
        look.changed.connect(self.update)

    # What is shown

    @property
    def picture(self) -> Picture | None:
        """Give the picture that is shown."""
        return self._picture

    @property
    def view(self) -> Viewport | None:
        """Give how it is looked at."""
        return self._view

    def show_picture(self, picture: Picture | None) -> None:
        """Show another picture, fitting; None empties the canvas."""
        self._load.stop()
        self._picture = picture
        self._notice.hide()
        self._view = None
        self._say_what_it_is()
        if picture is not None:
            ratio = self.devicePixelRatioF()
            self._view = opened(
                self.width(), self.height(), ratio, max(picture.width, 1), max(picture.height, 1)
            )
            self._first_paint_due = True
            self.reload()
            self.view_changed.emit(self._view)
        self._show_cursor()
        self.update()

    def reload(self) -> None:
        """Ask for what is missing of the picture."""
        picture = self._picture
        if picture is None or self._hidden:
            return
        self._notice.hide()
        if self._view is not None:
            self._load.start(picture, self._view)

    def refresh_picture(self, picture: Picture) -> None:
        """Take a picture's changed facts (title, rating) without loading it again."""
        if self._picture is not None and self._picture.id == picture.id:
            self._picture = picture
            self._say_what_it_is()

    def set_shielded(self, reason: ShieldReason | None) -> None:
        """Hide the picture and say why, or show it again."""
        self._hidden = reason is not None
        self._say_what_it_is()
        if reason is not None:
            self._load.stop()
            self._notice.hide()
            self._shield.show_reason(reason)
        else:
            self._shield.clear()
            self.reload()
        self._show_cursor()
        self.repaint() if reason is not None else self.update()

    # Looking closer

    def set_view(self, view: Viewport) -> None:
        """Look at the picture in another way (also for two canvases that move together)."""
        if self._view is None or view == self._view:
            return
        self._view = view
        self._load.follow(view)
        self._show_cursor()
        self.view_changed.emit(view)
        self.update()

    def zoom_in(self) -> None:
        """Enlarge around the middle."""
        if self._view is not None:
            self.set_view(self._view.zoomed(BUTTON_STEP))

    def zoom_out(self) -> None:
        """Make smaller around the middle."""
        if self._view is not None:
            self.set_view(self._view.zoomed(1 / BUTTON_STEP))

    def fit(self) -> None:
        """Show the whole picture."""
        if self._view is not None:
            self.set_view(self._view.fitted())

    def full_size(self) -> None:
        """Show one picture pixel on one device pixel."""
        if self._view is not None:
            self.set_view(self._view.at_zoom(1.0))

    def toggle(self) -> None:
        """Go between fitting and 100 %."""
        if self._view is not None:
            self.set_view(self._view.toggled())

    def pan(self, across: int, down: int) -> bool:
        """Move by steps of a key press; False when the whole picture is in view already."""
        if self._view is None or not self._view.can_pan:
            return False
        self.set_view(self._view.panned(-across * KEY_PAN, -down * KEY_PAN))
        return True

    # Events

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint ground, picture and mark; under the shield the ground alone."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._look.colour("stage"))
        picture, view = self._picture, self._view
        if picture is not None and view is not None and not self._hidden:
            protected = is_protected(picture.level)
            if not protected or self._overlay.ready:
                layers = self._load.layers(picture, view)
                paint_layers(painter, view, layers)
                if protected and layers.any_pixels:
                    place = QRectF(*view.box).intersected(QRectF(self.rect()))
                    self._overlay.paint(painter, place)
                if layers.any_pixels and self._first_paint_due and layers.thumbnail is None:
                    self._first_paint_due = False
                    self.painted_first.emit(picture.id)
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the view on the picture and the covers over it."""
        self._notice.setGeometry(self.rect())
        self._shield.setGeometry(self.rect())
        if self._view is not None:
            self.set_view(self._view.resized(self.width(), self.height(), self.devicePixelRatioF()))

    def event(self, event: QEvent) -> bool:
        """Follow a move to a screen of another pixel ratio, and pinches."""
        if event.type() == QEvent.Type.DevicePixelRatioChange and self._view is not None:
            self.set_view(self._view.resized(self.width(), self.height(), self.devicePixelRatioF()))
        if (
            isinstance(event, QNativeGestureEvent)
            and self._view is not None
            and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture
        ):
            at = event.position()
            self.set_view(self._view.zoomed(1 + event.value(), (at.x(), at.y())))
            return True
        return super().event(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the cursor; two fingers on a trackpad pan unless Ctrl is held."""
        if self._view is None or self._hidden:
            return
        # A wheel on X11 may tell pixels too; only a trackpad's are movements of fingers.
        on_trackpad = event.device().type() == QInputDevice.DeviceType.TouchPad
        fingers = event.pixelDelta() if on_trackpad else QPoint()
        with_ctrl = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        at = (event.position().x(), event.position().y())
        if not fingers.isNull() and not with_ctrl:
            self.set_view(self._view.panned(fingers.x(), fingers.y()))
        else:
            steps = event.angleDelta().y() / 120
            self.set_view(self._view.zoomed(WHEEL_STEP**steps, at))
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the picture."""
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._dragged_from = event.position()
            self._show_cursor()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Pan with the hand."""
        if self._dragged_from is not None and self._view is not None:
            moved = event.position() - self._dragged_from
            self._dragged_from = event.position()
            self.set_view(self._view.panned(moved.x(), moved.y()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._dragged_from = None
        self._show_cursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Go between fitting and 100 % at the cursor."""
        if self._view is not None and event.button() == Qt.MouseButton.LeftButton:
            self.set_view(self._view.toggled((event.position().x(), event.position().y())))

    def _loaded(self) -> None:
        self._notice.hide()
        self.update()

    def _failed(self, failure: Failure) -> None:
        icon = "wifi-off" if failure.status is None else "image-off"
        self._notice.say(icon, failure.message, failure.advice, "Try again", "caution")

    def _say_loading(self) -> None:
        if self._picture is not None:
            self._notice.say("loader-circle", "Loading", self._picture.title or self._picture.name)

    def _say_what_it_is(self) -> None:
        """Name the picture for who listens to the screen; a hidden one has no name."""
        picture = self._picture
        named = "Picture" if picture is None else f"Picture {picture.title or picture.name}"
        self.setAccessibleName(SHIELDED if self._hidden else named)

    def _show_cursor(self) -> None:
        shape = Qt.CursorShape.ArrowCursor
        if self._view is not None and self._view.can_pan and not self._hidden:
            held = self._dragged_from is not None
            shape = Qt.CursorShape.ClosedHandCursor if held else Qt.CursorShape.OpenHandCursor
        self.setCursor(shape)
