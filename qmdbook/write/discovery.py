"""Describe the book and its data to search engines, social networks and catalogues of data."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from xml.sax.saxutils import escape

from qmdbook.config import BookConfig
from qmdbook.datapackage import read_package, resource_paths
from qmdbook.edition import Edition

CARD_NAME = "card.png"
SITEMAP_NAME = "sitemap.xml"


def read_data_package(config: BookConfig) -> dict | None:
    """Return the parsed ``datapackage.json`` of the book; None if the book has no data package."""
    if not config.data_package:
        return None
    return read_package(config.root / config.data_package, config.data_package)


def data_folder(config: BookConfig) -> str:
    """Return the path of the data folder, relative to the root and to the rendered book alike."""
    return str(PurePosixPath(config.data_package).parent)


def data_files(config: BookConfig) -> list[Path]:
    """Return the files of the data package, ``datapackage.json`` first; empty without a package."""
    package = read_data_package(config)
    if package is None:
        return []
    description = config.root / config.data_package
    files = (path for resource in package["resources"] for path in resource_paths(resource))
    return [description, *(description.parent / path for path in files)]


def dataset(config: BookConfig, edition: Edition) -> str | None:
    """Return a description of the data as a schema.org ``Dataset`` in JSON-LD; None without data.

    It has web addresses only if ``book.site-url`` is set.
    """
    package = read_data_package(config)
    if package is None:
        return None
    files = []
    for resource, path in (
        (one, path) for one in package["resources"] for path in resource_paths(one)
    ):
        entry = {
            "@type": "DataDownload",
            "name": resource["title"],
            "description": resource["description"],
            "encodingFormat": resource["mediatype"],
        }
        if config.site_url:
            entry["contentUrl"] = f"{config.site_url}{data_folder(config)}/{path}"
        files.append(entry)
    described = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "name": package["title"],
        "description": package["description"],
        "license": [licence["path"] for licence in package["licenses"]],
        "version": package["version"],
        "dateModified": edition.date,
        "isAccessibleForFree": True,
        "distribution": files,
    }
    if config.author:
        described["creator"] = {"@type": "Organization", "name": config.author}
    if config.site_url:
        described["url"] = config.site_url
    # No "</script>" in it may end the element that holds it.
    return json.dumps(described, ensure_ascii=False, indent=1).replace("<", "\\u003c")


def licences(config: BookConfig, edition: Edition) -> str:
    """Return the licences of data and code in one line; empty if neither is known."""
    package = read_data_package(config)
    named = [("Data", one["name"]) for one in package["licenses"]] if package else []
    named.append(("Code", edition.licence))
    return "; ".join(f"{what}: {name}" for what, name in named if name)


def sitemap(config: BookConfig, edition: Edition) -> str:
    """Return the sitemap: the addresses of all pages as XML, for search engines."""
    first = config.chapters[0]
    entries = "".join(
        f"<url><loc>{escape(config.site_url + ('' if entry is first else entry.page))}</loc>"
        f"<lastmod>{edition.date}</lastmod></url>\n"
        for entry in config.chapters
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{entries}</urlset>\n'
    )
