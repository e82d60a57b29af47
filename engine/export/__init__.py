"""The whole file of a Vorgang as one PDF with numbered sheets: for a court, an inspection, or another office.

Cover, contents and what is left out come first, then every document, then notes, history, decisions and the head of
the chain. It is a copy to read: what proves something stays in the file.
"""

from engine.export.whole import Exported, export

__all__ = ["Exported", "export"]
