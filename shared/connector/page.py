"""The page that a person sees on coming back from the provider."""

from __future__ import annotations

from html import escape

STYLE = """
:root { color-scheme: light dark; --edge: #d5d8d2; --good: #0b6b4a; --bad: #9a3412; }
@media (prefers-color-scheme: dark) { :root { --edge: #3a403b; --good: #63c7a0; --bad: #f0a27a; } }
body { margin: 0; font: 1.0625rem/1.5 system-ui, sans-serif; }
main { max-inline-size: 34rem; margin: 12vh auto 0; padding: 1.5rem 2rem; border: 1px solid var(--edge);
  border-radius: .75rem; border-block-start: .375rem solid var(--good); }
main.bad { border-block-start-color: var(--bad); }
h1 { margin: 0 0 .5rem; font-size: 1.5rem; }
p { margin: .5rem 0; }
"""


def connected(title: str, company: str) -> str:
    """It went well."""
    return _page(f"{title} is connected", [f"{company} is connected.", "You can close this page."], "good")


def refused(title: str, cause: str, remedy: str) -> str:
    """It did not, why, and what to do."""
    return _page(f"{title} is not connected", [cause, remedy], "bad")


def _page(heading: str, paragraphs: list[str], mood: str) -> str:
    said = "".join(f"<p><bdi>{escape(text)}</bdi></p>" for text in paragraphs if text)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(heading)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f'<link rel="stylesheet" href="page.css"></head><body><main class="{mood}"><h1>{escape(heading)}</h1>{said}</main>'
        "</body></html>"
    )
