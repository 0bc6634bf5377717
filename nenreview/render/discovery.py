"""What search engines, social networks and catalogues of data read, beside the pages."""

from __future__ import annotations

import json
from pathlib import Path
from xml.sax.saxutils import escape

from nenreview.paths import DATA
from nenreview.render.config import BookConfig
from nenreview.version import code_licence, made

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
