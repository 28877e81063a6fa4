"""One style sheet and one QPalette, both made from the tokens."""

from __future__ import annotations

from PySide6.QtGui import QColor, QPalette

from desktop.look.tokens import (
    CONTROL,
    RADIUS,
    RADIUS_CARD,
    TEXT_LARGE,
    TEXT_SMALL,
    TEXT_TITLE,
    Palette,
    blend,
)


def qpalette(colours: Palette) -> QPalette:
    """Map the tokens to Qt's roles, for everything that no style sheet reaches."""
    role = QPalette.ColorRole
    mapped = {
        role.Window: colours.panel,
        role.WindowText: colours.strong,
        role.Base: colours.ground,
        role.AlternateBase: colours.panel,
        role.Text: colours.strong,
        role.PlaceholderText: colours.faint,
        role.Button: colours.raised,
        role.ButtonText: colours.strong,
        role.Highlight: colours.accent,
        role.HighlightedText: colours.on_accent,
        role.ToolTipBase: colours.raised,
        role.ToolTipText: colours.strong,
        role.Link: colours.accent,
        role.Mid: colours.line,
    }
    palette = QPalette()
    for key, colour in mapped.items():
        palette.setColor(key, QColor(colour))
    for key in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, key, QColor(colours.faint))
    return palette


def style_sheet(c: Palette) -> str:
    """Write the style sheet of the whole program.

    Widgets choose a look by dynamic properties: `kind` on buttons (primary, plain, text, chip, filter,
    dashed, danger), `tone` on labels (faint, normal, small, bold, title, large, good, caution, alarm),
    `surface` on frames (panel, ground, card, raised, stage, line).
    """
    hover = blend(c.pressed, c.raised, 0.6)
    return f"""
QWidget {{ color: {c.strong}; }}
QMainWindow, QDialog {{ background: {c.panel}; }}
QFrame[surface="panel"], QWidget[surface="panel"] {{ background: {c.panel}; }}
QFrame[surface="ground"], QWidget[surface="ground"] {{ background: {c.ground}; }}
QFrame[surface="stage"], QWidget[surface="stage"] {{ background: {c.stage}; }}
QFrame[surface="raised"] {{ background: {c.raised}; border-radius: {RADIUS}px; }}
QFrame[surface="card"] {{
  background: {c.raised}; border: 1px solid {c.line}; border-radius: {RADIUS_CARD}px;
}}
QFrame[surface="line"] {{ background: {c.line}; border: none; }}
#box {{ background: {c.panel}; border: 1px solid {c.line}; border-radius: {RADIUS_CARD}px; }}

QLabel {{ background: transparent; color: {c.strong}; }}
QLabel[tone="normal"] {{ color: {c.normal}; }}
QLabel[tone="faint"] {{ color: {c.faint}; }}
QLabel[tone="title"] {{ font-size: {TEXT_TITLE}px; font-weight: 600; }}
QLabel[tone="large"] {{ font-size: {TEXT_LARGE}px; font-weight: 600; }}
QLabel[tone="bold"] {{ font-weight: 600; }}
QLabel[tone="small"] {{ font-size: {TEXT_SMALL}px; color: {c.normal}; }}
QLabel[tone="good"] {{ color: {c.good}; }}
QLabel[tone="caution"] {{ color: {c.caution}; }}
QLabel[tone="alarm"] {{ color: {c.alarm}; }}

QPushButton {{
  background: {c.pressed}; color: {c.strong}; border: 2px solid transparent; border-radius: {RADIUS}px;
  min-height: {CONTROL - 4}px; padding: 0 12px; font-weight: 500;
}}
QPushButton:hover {{ background: {hover}; }}
QPushButton:pressed {{ background: {c.line}; }}
QPushButton:focus {{ border-color: {c.accent}; }}
QPushButton:disabled {{ color: {c.faint}; }}
QPushButton[kind="primary"] {{ background: {c.accent}; color: {c.on_accent}; font-weight: 600; }}
QPushButton[kind="primary"]:hover {{ background: {blend("#FFFFFF", c.accent, 0.12)}; }}
QPushButton[kind="primary"]:focus {{ border-color: {c.strong}; }}
QPushButton[kind="primary"]:disabled {{ background: {c.pressed}; color: {c.faint}; }}
QPushButton[kind="danger"] {{ background: transparent; color: {c.alarm}; border-color: {c.alarm}; }}
QPushButton[kind="danger"]:focus {{ border-color: {c.accent}; }}
QPushButton[kind="text"] {{ background: transparent; color: {c.accent}; padding: 0 4px; }}
QPushButton[kind="text"]:hover {{ color: {c.strong}; }}
QPushButton[kind="chip"] {{
  background: {c.raised}; color: {c.normal}; border-radius: 12px; min-height: 20px; padding: 0 8px;
  font-size: {TEXT_SMALL}px; font-weight: 400;
}}
QPushButton[kind="chip"]:hover {{ color: {c.strong}; }}
QPushButton[kind="chip"]:focus {{ border-color: {c.accent}; }}
QPushButton[kind="dashed"] {{
  background: transparent; color: {c.normal}; border: 1px dashed {c.line}; min-height: 24px; padding: 0 9px;
}}
QPushButton[kind="dashed"]:hover {{ color: {c.strong}; }}
QPushButton[kind="dashed"]:focus {{ border: 1px solid {c.accent}; }}
QPushButton[kind="filter"] {{ background: {c.pressed}; min-height: 24px; padding: 0 8px; }}

QToolButton {{
  background: transparent; color: {c.normal}; border: 2px solid transparent; border-radius: {RADIUS}px;
  padding: 0;
}}
QToolButton:hover {{ background: {c.raised}; }}
QToolButton:pressed, QToolButton:checked {{ background: {c.pressed}; }}
QToolButton[kind="dashed"] {{ border: 1px dashed {c.line}; border-radius: 12px; }}
QToolButton:focus {{ border-color: {c.accent}; }}

QLineEdit, QPlainTextEdit, QComboBox, QSpinBox, QDateEdit {{
  background: {c.ground}; color: {c.strong}; border: 1px solid {c.line}; border-radius: {RADIUS}px;
  min-height: {CONTROL - 2}px; padding: 0 8px; selection-background-color: {c.accent};
  selection-color: {c.on_accent};
}}
QLineEdit:focus, QPlainTextEdit:focus, QComboBox:focus, QSpinBox:focus, QDateEdit:focus {{
  border-color: {c.accent};
}}
QLineEdit:disabled, QComboBox:disabled, QSpinBox:disabled, QDateEdit:disabled {{ color: {c.faint}; }}
QDateEdit QLineEdit {{
  background: transparent; border: none; padding: 0; min-height: 0;
}}
QComboBox::drop-down, QDateEdit::drop-down {{ border: none; width: 20px; }}
QComboBox QAbstractItemView {{ background: {c.raised}; border: 1px solid {c.line}; outline: none; }}

QCheckBox {{ spacing: 8px; }}
QCheckBox::indicator {{
  width: 16px; height: 16px; border: 1px solid {c.faint}; border-radius: 4px; background: {c.ground};
}}
QCheckBox::indicator:checked {{ background: {c.accent}; border-color: {c.accent}; }}
QCheckBox:focus {{ color: {c.accent}; }}
QCheckBox::indicator:focus {{ border-color: {c.accent}; }}

QRadioButton {{ spacing: 8px; }}
QRadioButton::indicator {{
  width: 16px; height: 16px; border: 1px solid {c.faint}; border-radius: 8px; background: {c.ground};
}}
QRadioButton::indicator:checked {{ background: {c.accent}; border-color: {c.accent}; }}
QRadioButton:focus {{ color: {c.accent}; }}

QSlider::groove:horizontal {{ height: 3px; background: {c.line}; border-radius: 1px; }}
QSlider::handle:horizontal {{
  width: 14px; height: 14px; margin: -6px 0; border-radius: 7px; background: {c.strong};
}}
QSlider::handle:horizontal:focus {{ background: {c.accent}; }}

QProgressBar {{ background: {c.line}; border: none; border-radius: 2px; max-height: 4px; min-height: 4px; }}
QProgressBar::chunk {{ background: {c.accent}; border-radius: 2px; }}

QScrollArea, QAbstractScrollArea {{ background: transparent; border: none; }}
QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
QScrollBar::handle {{
  background: {c.line}; border-radius: 3px; margin: 2px; min-height: 32px; min-width: 32px;
}}
QScrollBar::handle:hover {{ background: {c.faint}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}

QToolTip {{ background: {c.raised}; color: {c.strong}; border: 1px solid {c.line}; padding: 4px 8px; }}
QMenu {{ background: {c.raised}; border: 1px solid {c.line}; border-radius: {RADIUS}px; padding: 4px; }}
QMenu::item {{ padding: 4px 24px 4px 12px; border-radius: 4px; min-height: 24px; }}
QMenu::item:selected {{ background: {c.pressed}; }}
QMenu::separator {{ height: 1px; background: {c.line}; margin: 4px; }}

QTableView, QTreeView, QListView {{
  background: {c.ground}; alternate-background-color: {c.panel}; border: none; gridline-color: {c.line};
  selection-background-color: {c.pressed}; selection-color: {c.strong}; outline: none;
}}
QHeaderView::section {{
  background: {c.panel}; color: {c.faint}; border: none; border-bottom: 1px solid {c.line}; padding: 4px 8px;
}}
"""
