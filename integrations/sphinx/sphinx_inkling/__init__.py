"""Search by meaning for Sphinx: the extension `sphinx_inkling`.

The box of the theme answers as one types, and a build of HTML ends with the search that it asks. Of a page, only its box and its head are
changed: by the templates beside this file, which put the theme's own box into the element.
"""

import json
import pathlib
import subprocess
import sys

from sphinx.errors import ExtensionError
from sphinx.util import logging

__version__ = "0.1.0"

log = logging.getLogger(__name__)

FOLDER = "search"

BUILDERS = ["html", "dirhtml"]


def add_templates(app, config):
    # Before those of the theme, behind those of the project.
    config.templates_path.append(str(pathlib.Path(__file__).parent / "templates"))


def add_head(app, pagename, templatename, context, doctree):
    if app.builder.name not in BUILDERS:
        return
    root = context.get("content_root", "./")
    search = f"{root}{FOLDER}/"
    context["inkling"] = {"src": search, "action": f"{search}page/results.html"}
    context["metatags"] = context.get("metatags", "") + (
        f'<link rel="stylesheet" href="{search}page/element.css">'
        f'<script type="module" src="{search}page/element-define.js"></script>'
    )


def index(app, exception):
    if exception or app.builder.name not in BUILDERS:
        return
    out = pathlib.Path(app.outdir)
    # `./`: the site may be put below any address. What Sphinx lists of all pages is on the pages themselves.
    flags = ["site", str(out), "--out", str(out / FOLDER), "--base", "./", "--json", *map(str, app.config.inkling_args)]
    if app.config.inkling_model:
        flags += ["--model", str(pathlib.Path(app.confdir) / app.config.inkling_model)]
    called = subprocess.run([sys.executable, "-m", "inkling_search", *flags], cwd=app.confdir, capture_output=True, text=True)
    if called.returncode != 0:
        raise ExtensionError(f"inkling: {called.stderr.strip()}")
    log.info("inkling: %s pages can be found", json.loads(called.stdout)["pages"])


def setup(app):
    app.add_config_value("inkling_model", None, "", [str])
    app.add_config_value("inkling_args", [], "", [list, tuple])
    app.connect("config-inited", add_templates)
    app.connect("html-page-context", add_head)
    app.connect("build-finished", index)
    return {"version": __version__, "parallel_read_safe": True, "parallel_write_safe": True}
