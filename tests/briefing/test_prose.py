"""Notebook prose stands in two languages; a page shows one."""

from __future__ import annotations

import nbformat
import pytest

from analysis import wording
from analysis.briefing import prose
from analysis.briefing.chapters import _without_chinese_comments, chapters, said_once
from analysis.briefing.page import file_name, render, script_hash, with_language_of_names
from analysis.briefing.section_needs import NEEDED, missing_titles, tables_of
from analysis.tables import contracts


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        ("1 需要多少 · How many?", "1 需要多少", "1 How many?"),
        ("局限 · Limits", "局限", "Limits"),
        ("只有中文", "只有中文", "只有中文"),
    ],
)
def test_heading_in_one_language(text, zh, en):
    assert prose.heading(text, "zh") == zh
    assert prose.heading(text, "en") == en


def test_blocks_are_chosen_by_language_and_lists_item_by_item():
    source = "中文段。\n\nEnglish paragraph.\n\n* 第一条\n* first point\n* 第二条\n  续行"
    zh = [b for b in (prose.in_language(x, "zh") for x in prose.blocks(source)) if b]
    en = [b for b in (prose.in_language(x, "en") for x in prose.blocks(source)) if b]

    assert zh == ["中文段。", "* 第一条\n* 第二条\n  续行"]
    assert en == ["English paragraph.", "* first point"]


def test_fenced_blocks_stay_whole_in_both_languages():
    source = "```\nx = 1\n\ny = 2\n```"

    assert prose.blocks(source) == [source]
    assert prose.in_language(source, "en") == source


def test_raw_html_in_markdown_is_shown_as_text():
    assert "<script>" not in prose.to_html("a <script>alert(1)</script>")


def test_chinese_comments_leave_the_code_of_an_english_page():
    source = 'a = "区"  # 区域\nb = 1  # base'

    assert _without_chinese_comments(source) == 'a = "区"\nb = 1  # base'


def test_names_on_an_english_page_carry_their_language():
    page = "<title>新铺</title><p>Town 新铺镇 and more</p><a title='新'>x</a>"

    assert with_language_of_names(page) == (
        '<title>新铺</title><p>Town <span lang="zh-Hans">新铺镇</span> and more</p>'
        "<a title='新'>x</a>"
    )


def test_names_in_a_picture_on_an_english_page_carry_their_language():
    drawn = '<title>新铺</title><text x="1">新铺镇</text><text x="2">short 12</text>'
    page = f'<svg role="img">{drawn}</svg>'
    said = with_language_of_names(page)

    # no element of a page may stand inside a text of a picture
    assert said == (
        '<svg role="img"><title lang="zh-Hans">新铺</title><text x="1" lang="zh-Hans">新铺镇</text>'
        '<text x="2">short 12</text></svg>'
    )


def test_file_names_are_safe():
    assert file_name("town_../../etc") == "town_------etc.html"


def test_script_hash_by_hand():
    # SHA-256 of the empty string, in base64
    assert script_hash("") == "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"


def test_error_page_says_what_happened_as_text(tmp_path):
    from analysis.briefing import error_page

    path = error_page("x_2025_central", "某县", "zh", ValueError("<b>坏</b>"), tmp_path)
    text = path.read_text("utf-8")

    assert "ValueError: &lt;b&gt;坏&lt;/b&gt;" in text
    assert "Traceback" not in text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_title_cannot_leave_the_style_sheet(language):
    page = render(
        "error.html.j2",
        language=language,
        title='a"; } </style><script>alert(1)</script>',
        problem="x",
        run_name="r",
    )
    style = page.partition("<style>")[2].partition("</style>")[0]

    assert "alert(1)</script>" not in style
    assert page.count("<script>") == 1


def shown(*outputs: dict[str, str]) -> nbformat.NotebookNode:
    cell = nbformat.v4.new_code_cell("show()")
    cell.outputs = [nbformat.v4.new_output("display_data", data) for data in outputs]
    return cell


def test_that_there_is_nothing_to_show_is_said_once_a_section(tmp_path):
    """Empty figures with an empty list between them say it once; beside a finding nobody does."""
    nothing = {"text/markdown": wording.say("figures.nothing", "zh"), "text/plain": "x"}
    empty = {"text/html": '<ul class="findings"></ul>', "text/plain": "x"}
    found = {"text/html": '<ul class="findings"><li>一句话</li></ul>', "text/plain": "x"}
    cells = [
        nbformat.v4.new_markdown_cell("# 标题 · Title"),
        nbformat.v4.new_markdown_cell("## 1 第一节 · First"),
        shown(nothing),
        shown(empty, nothing),
        nbformat.v4.new_markdown_cell("## 2 第二节 · Second"),
        shown(nothing, found, nothing),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "10_a.ipynb")
    (chapter,) = chapters(tmp_path, "zh")

    first, second = chapter.html.split('<h3 id="s10-2">')
    assert first.count(nothing["text/markdown"]) == 1
    assert second.count(nothing["text/markdown"]) == 0
    assert "一句话" in second


@pytest.mark.parametrize(
    ("beside", "count", "said"),
    [
        ("", 1, "请补报：学校、在校生。"),  # nothing shown: the tables are named, once
        ('<ul class="findings"><li>没有差异系数可说。</li></ul>', 1, "请补报：学校、在校生。"),
        ('<ul class="findings"><li>补充“学校”“在校生”表即可。</li></ul>', 0, ""),  # named there
        ("<table><tr><td>1</td></tr></table>", 0, ""),  # something is shown
    ],
)
def test_a_section_with_nothing_to_show_names_the_tables_that_would_fill_it(beside, count, said):
    nothing = "<p>现有数据不足以回答这个问题。</p>"
    body = f'<h3 id="s10-1">1 节</h3><p>引言</p>{nothing}{beside}{nothing}'

    shown = said_once(body, "zh", {"s10-1": ("学校", "在校生")}.__getitem__)

    assert shown.count("现有数据不足以回答这个问题") == count
    assert said in shown
    assert "<p>引言</p>" in shown


def test_a_section_that_lacks_no_table_says_nothing_beside_a_finding():
    nothing = "<p>现有数据不足以回答这个问题。</p>"
    body = f'<h3 id="s60-6">6 节</h3>{nothing}<ul><li>没有上一年的规划可比。</li></ul>'

    assert nothing not in said_once(body, "zh", lambda _: ())


def test_needs_are_tables_and_anchors_are_sections(run):
    inputs = {name for name, item in contracts().items() if item.group == "input"}

    assert {name for names in NEEDED.values() for name in names} <= inputs
    # a section without needs of its own has its chapter's
    assert tables_of("s30-9") == NEEDED["s30"]
    assert missing_titles(run, "s70-2") == ("缺口清单",)
