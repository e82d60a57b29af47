"""Letters: a procedure's template, plain data and the law's locked blocks become one HTML page.

`brief.html` beside this file is the base layout; its head says what a letter template has. The template comes from the
deployment, the data from the process, and citizens' words are in it: so Jinja runs in a sandbox that knows no methods,
no files and no unescaped output. A `Renderer` (integrations/letters) draws the PDF in a child process.
"""

from engine.letters.compose import Letter, check_template, compose
from engine.letters.head import Head, Sender
from engine.letters.port import Attachment, LetterRefused, Renderer, RenderFailed, decision_attachment

__all__ = [
    "Attachment",
    "Head",
    "Letter",
    "LetterRefused",
    "RenderFailed",
    "Renderer",
    "Sender",
    "check_template",
    "compose",
    "decision_attachment",
]
