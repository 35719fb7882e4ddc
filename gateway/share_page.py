"""The page that a shared link leads to: card and type, nothing else, with tags that unfold it in a chat."""

from dataclasses import dataclass
from html import escape

_LOCALES = {"en": "en_GB", "ko": "ko_KR"}
_WORDS = {
    "en": {
        "alt": "Card: {name}. {lines}",
        "try": "Find your own type",
        "gone": "This card is no longer here",
        "gone_words": "It was deleted by its owner, or its time has passed.",
    },
    "ko": {
        "alt": "카드: {name}. {lines}",
        "try": "나도 유형 알아보기",
        "gone": "이제 볼 수 없는 카드예요",
        "gone_words": "주인이 지웠거나 보관 기간이 지났어요.",
    },
}

_PAGE = """<!doctype html>
<html lang="{language}">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <meta name="robots" content="noindex">
  <title>{title}</title>
{tags}  <link rel="icon" href="/web/favicon.svg" type="image/svg+xml">
  <link rel="stylesheet" href="/web/style.css">
  <link rel="stylesheet" href="/web/share.css">
</head>
<body class="shared">
  <header class="top">
    <a class="brand" href="/">
      <img src="/web/favicon.svg" alt="" width="32" height="32">
      <span>Pawtrait</span>
    </a>
  </header>
  <main>
{content}    <p class="try"><a class="button primary" href="/#face">{try_it}</a></p>
  </main>
</body>
</html>
"""


@dataclass(frozen=True, slots=True)
class SharePage:
    """What the page says. Addresses are absolute where the gateway knows its own."""

    url: str
    language: str
    type_name: str
    lines: tuple[str, ...]
    description: str
    portrait_url: str
    landscape_url: str
    card_language: str


def render(page: SharePage) -> str:
    """The page as HTML; every text is escaped."""
    words = _words(page.language)
    lines = " ".join(page.lines)
    alt = words["alt"].format(name=page.type_name, lines=lines)
    tags = _tags(page, lines, alt)
    paragraphs = "".join(f"      <p>{escape(text)}</p>\n" for text in page.description.split("\n\n") if text)
    content = (
        f'    <img class="share-card" src="{escape(page.portrait_url)}" alt="{escape(alt)}" '
        f'width="1080" height="1350">\n'
        f'    <article class="card">\n      <h1>{escape(page.type_name)}</h1>\n{paragraphs}    </article>\n'
    )
    return _PAGE.format(
        language=escape(page.language),
        title=f"{escape(page.type_name)} · Pawtrait",
        tags=tags,
        content=content,
        try_it=escape(words["try"]),
    )


def render_gone(language: str) -> str:
    """The page of a card that is not there (any more)."""
    words = _words(language)
    content = (
        f'    <article class="card">\n      <h1>{escape(words["gone"])}</h1>\n'
        f"      <p>{escape(words['gone_words'])}</p>\n    </article>\n"
    )
    return _PAGE.format(
        language=escape(language),
        title=f"{escape(words['gone'])} · Pawtrait",
        tags="",
        content=content,
        try_it=escape(words["try"]),
    )


def _words(language: str) -> dict[str, str]:
    return _WORDS.get(language, _WORDS["en"])


def _tags(page: SharePage, lines: str, alt: str) -> str:
    """Open Graph (ogp.me) and Twitter's own, which most messengers read."""
    properties = {
        "og:type": "website",
        "og:site_name": "Pawtrait",
        "og:title": page.type_name,
        "og:description": lines,
        "og:url": page.url,
        "og:locale": _LOCALES.get(page.language, _LOCALES["en"]),
        "og:image": page.landscape_url,
        "og:image:type": "image/png",
        "og:image:width": "1200",
        "og:image:height": "630",
        "og:image:alt": alt,
    }
    names = {
        "description": lines,
        "twitter:card": "summary_large_image",
        "twitter:title": page.type_name,
        "twitter:description": lines,
        "twitter:image": page.landscape_url,
        "twitter:image:alt": alt,
    }
    rows = [f'  <meta property="{name}" content="{escape(value)}">\n' for name, value in properties.items()]
    rows += [f'  <meta name="{name}" content="{escape(value)}">\n' for name, value in names.items()]
    return "".join(rows)
