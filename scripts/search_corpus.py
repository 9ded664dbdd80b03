#!/usr/bin/env python3
"""Makes the articles that search is measured with, out of documentation in English and in Chinese.

Downloads the packages of MANIFEST through apt, checks their sums, and writes target/search-corpus/articles.jsonl: one article a
line, with id, lang, title, description, tags, text, author and source. The same packages give the same file.
"""

import argparse
import collections
import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True  # nothing is written beside the sources
import search_pages as pages

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "target/search-corpus"
# Debian 12's; its documentation does not depend on the machine's architecture.
MANIFEST = [
    # package, version, SHA-256 of the .deb
    ("debian-faq-zh-cn", "11.1", "3545356b1aa04d87e91dd15e8406210cf5b4f476662e597897bcb42234591758"),
    ("debian-faq", "11.1", "427426e0cfa6888622fc1d72631071cb4b5a1f86ccde722e7820bcef284de5d0"),
    ("debian-handbook", "11.20220922", "3d5dbeac1f1afc9c094eab9d0f701f6ecff99c4927d5a4794cf6c85678134faa"),
    ("debian-reference-en", "2.100", "9f31d3a17df505de09689ca255512ea58c1fc47c59bb1b0c7bf1c23362e9743f"),
    ("debian-reference-zh-cn", "2.100", "6d2d8d9a646397e28b04cdff23d2e4374101ebf9be348e35961af62c8a2d0977"),
    ("developers-reference", "12.18", "0dba82f6fa16e373f2a84ad07e7971aa9264ad2e7d2ae46b37edbc9c5fd57e2e"),
    ("fortunes-zh", "2.98", "211c5ddee59d0ae74ce01cbfd02f7c8714740bae1835d5661eb2254edd739105"),
    ("git-doc", "1:2.39.5-0+deb12u3", "3c89668a11053a6bafade3de1f611f4613db31e082af63f43d8c5b69ad8795ec"),
    ("gnome-user-docs", "43.0-2", "0d635a840747958ca84da778b40d341f1155603851f922c9a171f5a181d6a39f"),
    ("jargon-text", "4.4.7-4.1", "17d05997e30eb3d5d6713929b8e2f81b63a5f50073858ad2a06701c71f54dcdb"),
    ("libreoffice-help-en-us", "4:7.4.7-1+deb12u14", "8faa840285734d6cfe1ed25537b48f07e74bd6412e3917bf8e5f8a653f7b3712"),
    ("libreoffice-help-zh-cn", "4:7.4.7-1+deb12u14", "db867cdece4c2f9c7eebe65e519c6cf386fdcf49d6e061db3dffec893b3e1dee"),
    ("maint-guide-zh-cn", "1.2.53", "d605b60a034f63857bc44205aed5ad7ba6e17d0d2b1ba5e79179b4e7ec4ee4bc"),
    ("manpages-zh", "1.6.4.0-1", "81bae29495f6445db290e3f329f1203eb19b651c2a7ea165b74ebdc853a32ac1"),
    ("postgresql-doc-15", "15.18-0+deb12u1", "3c598277a463c44d672daa2c335deb8d8252e1852fb025fd4578ea2d9a1b90f0"),
]
HELP = "usr/share/libreoffice/help"
SOURCES = [
    # prefix of ids, package, language, folder, pattern, reader, subject
    ("office-zh", "libreoffice-help-zh-cn", "zh", f"{HELP}/zh-CN/text", "**/*.html", "html0", "办公"),
    ("office-en", "libreoffice-help-en-us", "en", f"{HELP}/en-US/text", "**/*.html", "html0", "office"),
    ("desktop-zh", "gnome-user-docs", "zh", "usr/share/help/zh_CN", "*/*.page", "mallard", "桌面"),
    ("desktop-en", "gnome-user-docs", "en", "usr/share/help/C", "*/*.page", "mallard", "desktop"),
    ("reference-zh", "debian-reference-zh-cn", "zh", "usr/share/debian-reference", "ch*.html", "html3", "debian"),
    ("reference-en", "debian-reference-en", "en", "usr/share/debian-reference", "ch*.html", "html3", "debian"),
    ("handbook-zh", "debian-handbook", "zh", "usr/share/doc/debian-handbook/html/zh-CN", "*.html", "html3", "管理"),
    ("handbook-en", "debian-handbook", "en", "usr/share/doc/debian-handbook/html/en-US", "*.html", "html3", "administration"),
    ("faq-zh", "debian-faq-zh-cn", "zh", "usr/share/doc/debian/FAQ/zh-cn", "*.html", "html2", "debian"),
    ("faq-en", "debian-faq", "en", "usr/share/doc/debian/FAQ", "*.html", "html2", "debian"),
    ("maint-zh", "maint-guide-zh-cn", "zh", "usr/share/doc/maint-guide-zh-cn/html", "*.html", "html3", "打包"),
    ("man-zh", "manpages-zh", "zh", "usr/share/man/zh_CN", "man*/*", "roff", "linux"),
    ("poem-zh", "fortunes-zh", "zh", "usr/share/games/fortunes", "*[0-9]", "poems", "文学"),
    ("developer-en", "developers-reference", "en", "usr/share/developers-reference", "[a-z]*.html", "html2", "debian"),
    ("postgres-en", "postgresql-doc-15", "en", "usr/share/doc/postgresql-doc-15/html", "*.html", "html0", "postgresql"),
    ("git-en", "git-doc", "en", "usr/share/doc/git", "*/**/*.html", "html0", "git"),
    ("jargon-en", "jargon-text", "en", "usr/share/doc/jargon-text", "jargon.txt.gz", "jargon", "culture"),
]
# Lists of changes and of contents, and the same text in one large page.
LEFT_OUT = re.compile(r"/(release-[^/]*|bookindex|biblio|index(\.[^/]*)?|search|genindex|developers-reference|RelNotes/[^/]*|"
                      r"main\d+|toc|user-manual)\.html$|/RelNotes/|/features\.html$")
HAN = re.compile(r"[\u3400-\u9fff]")
LETTER = re.compile(r"[A-Za-z]")
# Characters below which a page is no article but a remark, unless it is a poem, and behind which one is cut.
SHORTEST = {"zh": 60, "en": 240}
SHORTEST_POEM = 20
LONGEST = 60_000
MAX_TAGS, MAX_TAG, MAX_TITLE, MAX_ID = 5, 40, 200, 90


class Failure(Exception):
    """What went wrong, in one line for people."""


def say(text):
    print(f"search-corpus: {text}", file=sys.stderr, flush=True)


def fetch(name, version, digest):
    """The package's file, downloaded unless it is there."""
    folder = FOLDER / "packages"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}_{version.replace(':', '%3a')}_all.deb"
    if not file.exists():
        say(f"downloading {name} {version}")
        got = subprocess.run(["apt-get", "download", "-qq", f"{name}={version}"], cwd=folder, capture_output=True, text=True)
        if got.returncode != 0 or not file.exists():
            raise Failure(f"apt has no {name} {version}: {got.stderr.strip() or 'another file came'}\n"
                          "  It is of Debian 12 (bookworm), which must be among apt's sources; run `apt-get update`.\n"
                          f"  If the archive has dropped this version, put {file.name}\n"
                          f"  into {folder} from elsewhere. A newer version, put into MANIFEST with\n"
                          "  its sum, is another corpus: articles that were judged may be missing.")
    if (sum := hashlib.sha256(file.read_bytes()).hexdigest()) != digest:
        raise Failure(f"{file} has the sum {sum} and not {digest}: delete it and try again")
    return file


def unpack(file, name):
    folder = FOLDER / "unpacked" / name
    if not (folder / "whole").exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["dpkg-deb", "-x", str(file), str(folder)], check=True)
        (folder / "whole").touch()
    return folder


def read(reader, files, root):
    if reader.startswith("html"):
        return pages.html(files, root, int(reader[4:]))
    return getattr(pages, reader)(files, root)


def is_of(lang, title, text):
    """Whether it is written in that language: translations are never whole."""
    if lang == "en":
        return len(HAN.findall(text)) < 0.02 * len(text)
    han, letters = len(HAN.findall(text)), len(LETTER.findall(text))
    return bool(HAN.search(title)) and han > 0.25 * letters


def identity(prefix, place, used):
    slug = re.sub(r"[^a-z0-9]+", "-", f"{prefix}-{place}".lower()).strip("-")[:MAX_ID].strip("-")
    used[slug] += 1
    return slug if used[slug] == 1 else f"{slug}-{used[slug]}"


def tidy(subject, tags):
    """A few short tags: of keywords the part before the comma."""
    short = [re.split(r"[,;，；]", tag)[0].strip() for tag in tags]
    kept = dict.fromkeys(tag for tag in [subject, *short] if 0 < len(tag) <= MAX_TAG)
    return list(kept)[:MAX_TAGS]


def description(lang, text):
    """The first paragraph that says something, up to the end of its first sentence."""
    lines = text.split("\n")
    said = [line for line in lines if len(line) > 15 and (lang == "en" or HAN.search(line)) and not line.startswith("作者")]
    first = (said or lines)[0]
    sentence = re.match(r".{10,}?([。！？]|[.!?:](?=\s|$))", first)
    return (sentence.group() if sentence else first)[:200]


def articles(unpacked):
    used, seen = collections.Counter(), set()
    for prefix, package, lang, where, pattern, reader, subject in SOURCES:
        root, shortest = unpacked[package] / where, SHORTEST_POEM if reader == "poems" else SHORTEST[lang]
        files = sorted(file for file in root.glob(pattern)
                       if file.is_file() and not file.is_symlink() and not LEFT_OUT.search(str(file)))
        for place, title, tags, text in read(reader, files, root):
            # Ids are given before anything is left out, so that they do not depend on it.
            name, text = identity(prefix, place, used), text[:LONGEST]
            if not 0 < len(title) <= MAX_TITLE or len(text) < shortest or not is_of(lang, title, text) or text in seen:
                continue
            seen.add(text)
            yield {"id": name, "lang": lang, "title": title, "description": description(lang, text),
                   "tags": tidy(subject, tags), "text": text, "author": prefix, "source": package}


def main():
    argparse.ArgumentParser(description=__doc__.partition("\n")[0]).parse_args()
    try:
        unpacked = {name: unpack(fetch(name, version, digest), name) for name, version, digest in MANIFEST}
    except Failure as failure:
        say(failure)
        return 1
    counts, file = collections.Counter(), FOLDER / "articles.jsonl"
    new = file.with_suffix(".new")
    with new.open("w", encoding="utf-8") as out:
        for article in articles(unpacked):
            counts[article["author"]] += 1
            counts[article["lang"]] += 1
            out.write(json.dumps(article, ensure_ascii=False) + "\n")
    new.replace(file)
    for prefix, *_ in SOURCES:
        say(f"{counts[prefix]:6} {prefix}")
    say(f"{counts['en']} articles in English and {counts['zh']} in Chinese are in {file.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
