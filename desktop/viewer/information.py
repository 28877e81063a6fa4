"""The information panel: stars, facts, histogram, tags and what protects the picture."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from desktop.canvas.shield_page import SHIELDED
from desktop.client.errors import Failure
from desktop.client.models import Picture, PictureDetail, Protection
from desktop.look.appearance import Appearance
from desktop.look.buttons import IconButton
from desktop.look.surfaces import Card, button, head, label
from desktop.look.tokens import INFORMATION
from desktop.viewer.facts import LEVEL_WORDS, camera_facts, picture_facts
from desktop.viewer.histogram import Histogram
from desktop.viewer.stars import Stars
from desktop.viewer.tags import Tags

NAME_WIDTH = 76


class InformationPanel(QWidget):
    """Shows one picture's detail; knows not where it comes from."""

    closed = Signal()
    rated = Signal(int)
    tags_changed = Signal(tuple)
    retry_requested = Signal()
    guard_requested = Signal()

    def __init__(self, look: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self.setFixedWidth(INFORMATION)
        self._stars = Stars(look)
        self._stars.rated.connect(self.rated)
        self._picture_facts = QGridLayout()
        self._camera_facts = QGridLayout()
        self._camera_head = head("Camera", look.fonts)
        self._histogram_head = head("Histogram", look.fonts)
        self.histogram = Histogram(look)
        self._tags_head = head("Tags", look.fonts)
        self.tags = Tags(look)
        self.tags.changed.connect(self.tags_changed)
        self._problem = label("", "caution", wrap=True)
        self._retry = button("Try again")
        self._retry.clicked.connect(self.retry_requested)
        self._live = label("", "normal", wrap=True)
        self._test = button("Test protection", "text")
        self._test.clicked.connect(self.guard_requested)
        self._card, self._card_icon, self._card_words = self._make_card()
        self._mark_id = ""
        self._detail: PictureDetail | None = None
        self._rated: Picture | None = None
        self._hidden = False
        self._lay_out()
        self.clear()
        look.changed.connect(self._refresh)
        self._refresh()

    def set_editable(self, editable: bool) -> None:
        """Say whether this person may rate and tag."""
        self._stars.set_editable(editable)
        self.tags.set_editable(editable)

    def show_mark(self, mark_id: str) -> None:
        """Take the mark id of this session, for pictures whose answer names none."""
        self._mark_id = mark_id

    def show_guard(self, words: str) -> None:
        """Say how much of the guard is live on this machine."""
        self._live.setText(words)

    def set_shielded(self, hidden: bool) -> None:
        """Say nothing of the picture, to eyes or to other programs, or all of it again."""
        if hidden == self._hidden:
            return
        detail, rated = self._detail, self._rated
        self._hidden = hidden
        if hidden:
            self._empty()
            self._problem.setText(SHIELDED)
            self._problem.setVisible(rated is not None)
        else:
            self._problem.hide()
            if rated is not None:
                self.show_rating(rated)
            if detail is not None:
                self.show_detail(detail)

    def clear(self) -> None:
        """Show nothing but the frame."""
        self._detail = self._rated = None
        self._empty()

    def _empty(self) -> None:
        for widget in self._optional():
            widget.hide()
        self._stars.show_rating(0)
        self.histogram.show_counts(())
        self.tags.show_tags(())
        self._card_words.clear()

    def show_rating(self, picture: Picture) -> None:
        """Light the stars of the opened picture before its detail arrives."""
        self._rated = picture
        if self._hidden:
            return
        self._stars.show_rating(picture.rating)
        self._stars.show()

    def show_detail(self, detail: PictureDetail) -> None:
        """Show everything of one picture."""
        self._detail = detail
        if self._hidden:
            return
        self._problem.hide()
        self._retry.hide()
        self._stars.show_rating(detail.rating)
        _fill(self._picture_facts, picture_facts(detail))
        camera = camera_facts(detail)
        _fill(self._camera_facts, camera)
        self._stars.show()
        self._picture_head.show()
        self._camera_head.setVisible(bool(camera))
        self._histogram_head.setVisible(bool(detail.histogram))
        self.histogram.setVisible(bool(detail.histogram))
        self.histogram.show_counts(detail.histogram or ())
        self._tags_head.show()
        self.tags.show_tags(detail.tags)
        self.tags.show()
        self._show_protection(detail.protection)

    def show_failure(self, failure: Failure) -> None:
        """Say why there is no detail."""
        self.clear()
        if self._hidden:
            return
        self._problem.setText(f"{failure.message} {failure.advice}")
        self._problem.show()
        self._retry.show()

    def toggle_histogram(self) -> None:
        """Show or hide the histogram."""
        known = self._detail is not None and not self._hidden
        shown = known and not self.histogram.isVisible() and bool(self._detail and self._detail.histogram)
        self.histogram.setVisible(shown)
        self._histogram_head.setVisible(shown)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the panel and its edge."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._look.colour("panel"))
        painter.fillRect(0, 0, 1, self.height(), self._look.colour("line"))
        painter.end()

    def _optional(self) -> Sequence[QWidget]:
        _fill(self._picture_facts, [])
        _fill(self._camera_facts, [])
        return (
            self._stars,
            self._picture_head,
            self._camera_head,
            self._histogram_head,
            self.histogram,
            self._tags_head,
            self.tags,
            self._problem,
            self._retry,
            self._card,
        )

    def _show_protection(self, protection: Protection) -> None:
        strong = self._look.palette.strong
        mark = protection.mark_id or self._mark_id or "of this session"
        words = LEVEL_WORDS.get(protection.level, "").format(mark=f"<b>{_safe(mark)}</b>")
        source = " by default" if protection.source == "default" else f" from {_safe(protection.source)}"
        level = f"Level <b>{_safe(protection.level.capitalize())}</b>{source}. {words}"
        self._card_words.setText(
            f"<style>b {{ color: {strong}; font-weight: 500; }}</style>"
            f'<p style="line-height: 133%">{level}</p>'
        )
        self._card.show()

    def _lay_out(self) -> None:
        title = label("Information", "bold")
        title.setStyleSheet("font-size: 14px; font-weight: 600;")
        top = QHBoxLayout()
        top.addWidget(title, 1)
        top.addWidget(IconButton(self._look, "x", "Close", self.closed.emit, keys="I", size=16))
        self._picture_head = head("Picture", self._look.fonts)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(17, 0, 16, 16)
        column.setSpacing(0)
        column.addWidget(self._stars)
        column.addWidget(self._problem)
        column.addWidget(self._retry, 0, Qt.AlignmentFlag.AlignLeft)
        for title_label, content in (
            (self._picture_head, self._picture_facts),
            (self._camera_head, self._camera_facts),
        ):
            title_label.setContentsMargins(0, 17, 0, 13)
            content.setHorizontalSpacing(10)
            content.setVerticalSpacing(10)
            content.setColumnMinimumWidth(0, NAME_WIDTH)
            content.setColumnStretch(1, 1)
            column.addWidget(title_label)
            column.addLayout(content)
        self._histogram_head.setContentsMargins(0, 20, 0, 10)
        column.addWidget(self._histogram_head)
        column.addWidget(self.histogram)
        self._tags_head.setContentsMargins(0, 14, 0, 10)
        column.addWidget(self._tags_head)
        column.addWidget(self.tags)
        column.addStretch(1)
        column.addSpacing(16)
        column.addWidget(self._card)
        area = QScrollArea()
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(inside)
        inside.setAutoFillBackground(False)
        area.viewport().setAutoFillBackground(False)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        top.setContentsMargins(17, 16, 16, 12)
        outer.addLayout(top)
        outer.addWidget(area, 1)

    def _make_card(self) -> tuple[Card, QLabel, QLabel]:
        card, icon, words = Card(), QLabel(), QLabel()
        words.setTextFormat(Qt.TextFormat.RichText)
        words.setWordWrap(True)
        words.setProperty("tone", "normal")
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(icon)
        top.addWidget(label("Protection", "bold"), 1)
        card.column.addLayout(top)
        card.column.addSpacing(2)
        card.column.addWidget(words)
        card.column.addWidget(self._live)
        card.column.addWidget(self._test, 0, Qt.AlignmentFlag.AlignLeft)
        return card, icon, words

    def _refresh(self) -> None:
        good = self._look.palette.good
        self._card_icon.setPixmap(self._look.icons.pixmap("fingerprint", 17, good, self.devicePixelRatioF()))
        if self._detail is not None and not self._hidden:
            self._show_protection(self._detail.protection)
        self.update()


def _fill(grid: QGridLayout, facts: Sequence[tuple[str, str]]) -> None:
    while (item := grid.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
    for line, (name, words) in enumerate(facts):
        grid.addWidget(label(name, "faint"), line, 0, Qt.AlignmentFlag.AlignTop)
        value = label(words, wrap=True)
        value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        value.setAccessibleName(f"{name}: {words}")
        grid.addWidget(value, line, 1)


def _safe(words: str) -> str:
    return words.replace("&", "&amp;").replace("<", "&lt;")
