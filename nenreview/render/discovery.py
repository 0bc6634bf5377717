"""What search engines, social networks and catalogues of data read, beside the pages."""

from __future__ import annotations

import io
import json
import textwrap
from pathlib import Path
from xml.sax.saxutils import escape

from matplotlib.figure import Figure

from nenreview.figures.style import DARK, LIGHT, style
from nenreview.paths import DATA
from nenreview.render.config import BookConfig
from nenreview.version import code_licence, date_in_words, made, version

CARD_NAME = "card.png"
SITEMAP_NAME = "sitemap.xml"
PACKAGE_NAME = "datapackage.json"
DATA_FOLDER = "data"  # below the book's folder


def data_package(folder: Path = DATA) -> dict | None:
    """Return the description of the data package in `folder`; None where there is none."""
    path = folder / PACKAGE_NAME
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def dataset(config: BookConfig, folder: Path = DATA) -> str | None:
    """Return the data as a schema.org ``Dataset`` in JSON-LD; None where there is no package.

    Addresses are in it only where the book says where it is published.
    """
    package = data_package(folder)
    if package is None:
        return None
    files = []
    for resource in package["resources"]:
        entry = {
            "@type": "DataDownload",
            "name": resource["title"],
            "description": resource["description"],
            "encodingFormat": resource["mediatype"],
        }
        if config.site_url:
            entry["contentUrl"] = f"{config.site_url}{DATA_FOLDER}/{resource['path']}"
        files.append(entry)
    described = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "name": package["title"],
        "description": package["description"],
        "license": [licence["path"] for licence in package["licenses"]],
        "version": package["version"],
        "dateModified": made().date().isoformat(),
        "isAccessibleForFree": True,
        "distribution": files,
    }
    if config.author:
        described["creator"] = {"@type": "Organization", "name": config.author}
    if config.site_url:
        described["url"] = config.site_url
    # Nothing in it may end the element that holds it.
    return json.dumps(described, ensure_ascii=False, indent=1).replace("<", "\\u003c")


def licences(folder: Path = DATA) -> str:
    """Return under which licences data and code are, in one line; empty where none is named."""
    package = data_package(folder)
    named = [("Data", one["name"]) for one in package["licenses"]] if package else []
    named.append(("Code", code_licence()))
    return "; ".join(f"{what}: {name}" for what, name in named if name)


def data_files(folder: Path = DATA) -> list[Path]:
    """Return the data package's files, its description first; none where there is no package."""
    package = data_package(folder)
    if package is None:
        return []
    return [
        folder / PACKAGE_NAME,
        *(folder / resource["path"] for resource in package["resources"]),
    ]


def sitemap(config: BookConfig) -> str:
    """Return the addresses of all pages, for search engines."""
    day = made().date().isoformat()
    first = config.chapters[0]
    entries = "".join(
        f"<url><loc>{escape(config.site_url + ('' if entry is first else entry.page))}</loc>"
        f"<lastmod>{day}</lastmod></url>\n"
        for entry in config.chapters
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{entries}</urlset>\n'
    )


def card(config: BookConfig) -> bytes:
    """Return the picture that social networks show: title, version and date, 1200 by 630."""
    title, subtitle = textwrap.wrap(config.title, 30)[:3], textwrap.wrap(config.subtitle, 58)[:2]
    buffer = io.BytesIO()
    with style():
        figure = Figure(figsize=(6, 3.15), dpi=200, facecolor=DARK)
        below = 0.80 - 0.13 * len(title)
        figure.text(0.07, 0.86, "\n".join(title), size=21, weight="bold", color="white", va="top")
        figure.text(0.07, below, "\n".join(subtitle), size=11, color=LIGHT, va="top")
        figure.text(0.07, 0.09, f"Version {version()}, {date_in_words()}", size=11, color=LIGHT)
        # No version of the program, so that the same review has the same card.
        metadata = {"Software": None}
        figure.savefig(buffer, format="png", dpi=200, facecolor=DARK, metadata=metadata)
    return buffer.getvalue()
