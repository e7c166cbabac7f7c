"""A lesson's page with its outputs, and the index: HTML that needs no network. Formulas become MathML, which browsers draw."""

import copy
import html
import os
import re

import latex2mathml.converter
import nbconvert
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

# Without the scripts that nbconvert's pages load from elsewhere.
TEMPLATE = "{% extends 'lab/index.html.j2' %}" + "".join(
    f"{{% block {name} %}}{{% endblock %}}" for name in ("html_head_js", "html_head_js_mathjax", "html_head_js_mermaidjs")
)


class Renderer(IPythonRenderer):
    def inline_math(self, body):
        return latex2mathml.converter.convert(body)

    def block_math(self, body):
        return latex2mathml.converter.convert(body, display="block")


def write_lesson(lesson, notebook, folder):
    """The lesson's page, and what the index says of it: file, title, first sentence."""
    folder.mkdir(parents=True, exist_ok=True)
    notebook = copy.copy(notebook)
    notebook.cells = [cell for cell in notebook.cells if "solution" not in cell.metadata]
    renderer = Renderer(escape=False, embed_images=True, path=str(lesson.parent))
    filters = {"markdown2html": MarkdownWithMath(renderer=renderer).render}
    exporter = nbconvert.HTMLExporter(raw_template=TEMPLATE, filters=filters)
    body, _ = exporter.from_notebook_node(notebook, resources={"metadata": {"name": lesson.stem}})
    body = re.sub(r'(?<=<a href=")(?!https?:|#)[^"#]*', lambda link: linked(link[0], lesson.parent, folder), body)
    (folder / f"{lesson.stem}.html").write_text(body)
    text = notebook.cells[0].source.splitlines()
    title = next(line[2:] for line in text if line.startswith("# "))
    sentence = next((line for line in text if line and not line.startswith(("#", "<", "|", "-"))), "")
    return f"{lesson.stem}.html", title, re.sub(r"[*_`]|\[|\]\([^)]*\)", "", sentence)


def linked(file, source, folder):
    """Where a page in `folder` finds what a lesson in `source` links to: the page of another lesson, or the file itself."""
    lesson = re.fullmatch(r"(\d\d-[\w-]+)\.md", file)
    return f"{lesson[1]}.html" if lesson else os.path.relpath(source / file, folder)


def write_index(written, folder):
    items = "".join(
        f'<li><a href="{file}">{html.escape(title)}</a><br>{html.escape(sentence)}</li>' for file, title, sentence in written
    )
    (folder / "index.html").write_text(
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Lessons of Lethe</title>'
        "<style>body{font:16px/1.5 sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem}li{margin:.8rem 0}</style>"
        f"<h1>Fine-tuning, and what it forgets</h1><ol>{items}</ol></html>"
    )
