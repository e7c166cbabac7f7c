"""HTML of what lethe wrote, for a notebook: pictures, tables, pages, and images of a data file."""

import base64
import csv
import html
import pathlib
import sys


def picture(*files):
    """SVG files one below the other. As images: each keeps its own style."""
    return "".join(
        f'<p><img alt="{html.escape(file)}" src="data:image/svg+xml;base64,{encoded(pathlib.Path(file).read_bytes())}"></p>'
        for file in files
    )


def table(file, *columns):
    """A CSV file, or the columns of it that are named."""
    with open(file, newline="") as stream:
        rows = list(csv.DictReader(stream))
    columns = columns or tuple(rows[0])
    cells = lambda row, tag: "".join(f"<{tag}>{html.escape(readable(value))}</{tag}>" for value in row)
    head = f"<tr>{cells(columns, 'th')}</tr>"
    body = "".join(f"<tr>{cells((row[column] for column in columns), 'td')}</tr>" for row in rows)
    return f"<table>{head}{body}</table>"


def page(file, height="640"):
    """A page of lethe, whole and within the notebook."""
    # Without a base, links within the page would lead to the notebook that it stands in.
    text = pathlib.Path(file).read_text().replace("<head>", '<head><base href="about:srcdoc">', 1)
    text = html.escape(text, quote=True)
    return (
        f"<p>{html.escape(file)}</p>"
        f'<iframe srcdoc="{text}" style="width:100%;height:{int(height)}px;border:1px solid #ccc"></iframe>'
    )


def images(file, count="4"):
    """The first images of each class of the test part, a row a class."""
    import h5py

    with h5py.File(file) as data:
        inputs, labels = next(iter(data["test/inputs"].values())), data["test/labels"][:]
        names = [name.decode() for name in data["class_names"][:]]
        rows = ""
        for label, name in enumerate(names):
            chosen = [index for index in range(len(labels)) if labels[index] == label][: int(count)]
            shown = "".join(f'<img width=64 style="image-rendering:pixelated" src="{pixels(inputs[i])}">' for i in chosen)
            rows += f"<tr><th>{label} {html.escape(name)}</th><td>{shown}</td></tr>"
    return f"<table>{rows}</table>"


def pixels(image):
    """A PNG of an image [channels, rows, columns] of bytes, as a data address."""
    import struct
    import zlib

    channels, rows, columns = image.shape
    lines = b"".join(b"\0" + image[:, row].T.tobytes() for row in range(rows))
    chunk = lambda kind, body: struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    header = struct.pack(">IIBBBBB", columns, rows, 8, {1: 0, 3: 2}[channels], 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    return f"data:image/png;base64,{encoded(png)}"


def encoded(data):
    return base64.b64encode(data).decode()


def readable(value):
    """Numbers with four digits, as what CSV files carry is exact."""
    try:
        return value if value.lstrip("-").isdigit() else f"{float(value):.4g}"
    except ValueError:
        return value


if __name__ == "__main__":
    shown = {function.__name__: function for function in (picture, table, page, images)}
    try:
        print(shown[sys.argv[1]](*sys.argv[2:]))
    except (OSError, KeyError) as error:
        sys.exit(f"{sys.argv[1]}: {error}")
