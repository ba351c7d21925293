"""Small drawings of what a system shows, without a word in them: they look the same in every language, and are turned
round where one reads from right to left.

Colours are the page's own: lines in the text's soft colour, and what is to be pressed in the colour of its button."""

from collections.abc import Mapping
from typing import Final, Literal

Drawing = Literal["download", "switch", "button", "settings", "shield", "refused", "drag"]

STYLE: Final = """
.steps { list-style: none; margin: 1.5rem 0; padding: 0; counter-reset: step }
.steps li { display: flex; gap: 1rem; align-items: center; margin: 1rem 0; counter-increment: step }
.steps svg { flex: none; width: 6rem; height: 4.5rem; border: 1px solid var(--line); border-radius: .6rem; fill: none;
  stroke: var(--soft); stroke-width: 2; stroke-linecap: round; stroke-linejoin: round }
.steps svg .on { stroke: var(--act) }
.steps svg .full { fill: var(--act); stroke: none }
.steps svg .knob { fill: var(--back); stroke: none }
[dir=rtl] .steps svg { transform: scaleX(-1) }
.steps p { margin: 0 }
.steps p::before { content: counter(step) ". "; font-weight: 600 }
.sum { font: .8125rem/1.4 ui-monospace, monospace }
@media (max-width: 24rem) { .steps svg { width: 4.5rem } .steps li { align-items: start; gap: .75rem } }
"""

_BOX: Final = '<rect x="16" y="11" width="64" height="50" rx="6"/>'
_SHAPES: Final[Mapping[Drawing, str]] = {
    "download": '<path class="on" d="M48 14v28M36 31l12 12 12-12"/><path d="M24 46v10h48V46"/>',
    "switch": '<path d="M14 18h30M14 54h44"/><path d="M14 36h36"/>'
    '<rect class="full" x="60" y="28" width="28" height="16" rx="8"/><circle class="knob" cx="80" cy="36" r="6"/>',
    "button": _BOX + '<path d="M26 24h44M26 33h30"/><rect class="full" x="50" y="44" width="24" height="11" rx="4"/>'
    '<path d="M26 50h14"/>',
    "settings": '<path d="M12 16h4M26 16h46M12 56h4M26 56h34"/>'
    '<rect class="on" x="7" y="25" width="82" height="22" rx="5"/>'
    '<path class="on" d="M16 36h4M28 36h34M76 31l5 5-5 5"/>',
    "shield": '<path d="M48 8l16 6v11c0 9-6 15-16 19-10-4-16-10-16-19V14zM48 18v11M48 35v1"/>'
    '<path class="on" d="M32 58h32"/>',
    "refused": _BOX + '<circle cx="48" cy="27" r="9"/><path d="M42 33l12-12"/>'
    '<rect class="full" x="36" y="45" width="24" height="10" rx="4"/>',
    "drag": '<rect class="full" x="10" y="24" width="24" height="24" rx="6"/>'
    '<path class="on" d="M40 36h12M47 31l5 5-5 5"/><path d="M60 22h9l4 5h15v24H60z"/>',
}


def svg(drawing: Drawing) -> str:
    """The drawing, for a page with STYLE. A screen reader passes it by: the text beside it says it all."""
    return f'<svg viewBox="0 0 96 72" aria-hidden="true">{_SHAPES[drawing]}</svg>'
