"""Search by meaning for MkDocs: the plugin `inkling`, in place of the plugin `search`.

Each page gets a box where its theme has one, and a build ends with the search that the box asks. `mkdocs serve` builds like that, too.
"""

import json
import logging
import pathlib
import re
import shutil
import subprocess
import sys

from mkdocs.config import base, config_options
from mkdocs.exceptions import PluginError
from mkdocs.plugins import BasePlugin
from mkdocs.utils import get_relative_url

log = logging.getLogger("mkdocs.plugins.inkling")

# Between two builds the search lies here: MkDocs empties the folder of the site.
CACHE = pathlib.Path(".cache", "inkling")

# Where the box goes, by what the pages of themes have: Material, Read the Docs, the theme `mkdocs`, then any other.
PLACES = [
    re.compile(r'<div class="md-header__source">|</nav>(?=\s*(?:<nav class="md-tabs|</header>))'),
    re.compile(r'</div>(?=\s*<div class="wy-menu)'),
    re.compile(r'<ul class="nav navbar-nav ms-md-auto">'),
    re.compile(r"</nav>|</header>|(?<=<body>)"),
]

# The box in the colours of Material, and small enough for its header.
STYLE = """<style>
.md-header inkling-search{--inkling-surface:var(--md-default-bg-color);--inkling-text:var(--md-default-fg-color);
--inkling-muted:var(--md-default-fg-color--light);--inkling-accent:var(--md-typeset-a-color);--inkling-raised:var(--md-code-bg-color);
--inkling-border:var(--md-default-fg-color--lightest);inline-size:11rem;margin-inline:.4rem}
.md-header .inkling-box{min-block-size:1.8rem;border:0;font-size:.8rem}.md-header .inkling-box input{block-size:1.8rem}
.md-header .inkling-dialog{font-size:.8rem;line-height:1.5}
.wy-side-nav-search inkling-search,.navbar inkling-search{margin:.5rem auto;max-inline-size:16rem;text-align:start}
</style>"""


class InklingConfig(base.Config):
    model = config_options.Optional(config_options.Type(str))
    args = config_options.Type(list, default=[])


class InklingPlugin(BasePlugin[InklingConfig]):
    def on_config(self, config):
        for name in ["search", "material/search"]:
            if name in config.plugins:
                log.warning("remove the plugin `%s`: each page now has two searches", name)
        return config

    def on_post_page(self, output, page, config):
        return insert(output, get_relative_url(".", page.url) + "/")

    def on_post_template(self, output_content, template_name, config):
        # The page of errors is shown at any address, so its own are whole.
        if template_name != "404.html":
            return output_content
        path = re.sub(r"^https?://[^/]*", "", config.site_url or "/")
        return insert(output_content, path.rstrip("/") + "/")

    def on_post_build(self, config):
        root = pathlib.Path(config.config_file_path or ".").resolve().parent
        out, site = root / CACHE, pathlib.Path(config.site_dir)
        # `./`: the site may be put below any address.
        flags = ["site", str(site), "--out", str(out), "--base", "./", "--json", *map(str, self.config.args)]
        if self.config.model:
            flags += ["--model", str(root / self.config.model)]
        called = subprocess.run([sys.executable, "-m", "inkling_search", *flags], cwd=root, capture_output=True, text=True)
        if called.returncode != 0:
            raise PluginError(f"inkling: {called.stderr.strip()}")
        shutil.copytree(out, site / "search", dirs_exist_ok=True, ignore=shutil.ignore_patterns("encoded.json"))
        summary = json.loads(called.stdout)
        log.info("%s pages can be found", summary["pages"])


def insert(html, root):
    """Puts the box into a page, and what loads it into the page's head. `root` leads from the page to the site."""
    search = f"{root}search/"
    head = (
        f'<link rel="stylesheet" href="{search}page/element.css">{STYLE}'
        f'<script type="module" src="{search}page/element-define.js"></script></head>'
    )
    html = html.replace("</head>", head, 1)
    box = f'<inkling-search src="{search}" modal></inkling-search>'
    found = next((found for place in PLACES if (found := place.search(html))), None)
    return html[: found.start()] + box + html[found.start() :] if found else html
