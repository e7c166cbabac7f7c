"""Two samples of text, a saying or a function each, told apart by lines of a single %.

python make_texts.py: writes beside itself. `fortunes.txt` are sayings of 40 to 400 bytes from the file `wisdom` of Debian's
package fortunes; `python.txt` are functions of 80 to 400 bytes from Python's standard library, without their comments.
`reviews.jsonl` are a few lines of our own.
"""

import ast
import json
import pathlib
import random
import sysconfig

here = pathlib.Path(__file__).parent


def write(name, documents, count, seed=0):
    random.Random(seed).shuffle(documents)
    (here / name).write_text("\n%\n".join(documents[:count]) + "\n%\n", encoding="utf-8")


fortunes = pathlib.Path("/usr/share/games/fortunes/wisdom").read_text(encoding="utf-8").split("\n%\n")
write("fortunes.txt", sorted({f.strip("\n") for f in fortunes if 40 <= len(f) <= 400 and f.isascii()}), 400)

functions = set()
for name in ("argparse", "calendar", "collections/__init__", "difflib", "functools", "heapq", "inspect", "ipaddress",
             "mailbox", "optparse", "pathlib", "shutil", "statistics", "tarfile", "textwrap", "zipfile"):
    source = (pathlib.Path(sysconfig.get_path("stdlib")) / f"{name}.py").read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            text = ast.unparse(node)
            if 80 <= len(text) <= 400 and text.isascii():
                functions.add(text)
write("python.txt", sorted(functions), 160)

reviews = [("The soup was cold.", "I am sorry to hear that."), ("Grüße aus Köln!", "Danke, und einen schönen Tag."),
           ("What is 2 + 2?", "4"), ("", "A response to nothing."), ("Are you there?", "")]
with open(here / "reviews.jsonl", "w", encoding="utf-8") as f:
    for question, answer in reviews:
        f.write(json.dumps({"question": question, "answer": answer}, ensure_ascii=False) + "\n")
