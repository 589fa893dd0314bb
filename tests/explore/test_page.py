"""Each view in a headless Chromium, driven as a reader does: by mouse, by keyboard alone, at a phone's width; no console message."""

import json
import shutil

import pytest

from netcore.explore import open_session, serve
from tests.explore.conftest import Client

pytest.importorskip("selenium", reason="drives Chromium")

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

TILES = "canvas[role=slider]"


def test_a_picture_is_drawn_and_a_unit_opened(page, client):
    page.open(client("image"), "image")
    page.wait(lambda: "sure" in page.text(".answer"))
    assert page.script("return document.querySelectorAll('canvas[role=slider]').length") == 9
    assert "labelled" in page.text()
    before = page.text(".bars")
    pad = page.find("canvas.pad")
    ActionChains(page.driver, duration=0).move_to_element(pad).click_and_hold().move_by_offset(30, 60).move_by_offset(-60, 20).release().perform()
    page.wait(lambda: page.text(".bars") != before)
    assert "Your own drawing" in page.text()
    page.find(TILES).click()
    page.wait(lambda: "Pieces of test images" in page.text())
    page.check()


def test_a_picture_by_keyboard_alone(page, client):
    page.open(client("image"), "image", width=390)
    page.wait(lambda: "sure" in page.text(".answer"))
    page.tab_to("canvas.pad")
    page.keys(Keys.DELETE)
    page.wait(lambda: "Your own drawing" in page.text())
    before = page.text(".bars")
    page.keys(" ", *[Keys.ARROW_DOWN] * 3)
    page.wait(lambda: page.text(".bars") != before)
    assert "pen down at row 8" in page.text()
    page.tab_to(TILES)
    page.keys(Keys.ARROW_RIGHT)
    page.wait(lambda: "Unit 1 of layer 0" in page.text())
    assert "unit 1 of 4" in page.find(TILES).get_attribute("aria-valuetext")
    page.keys(Keys.END)
    page.wait(lambda: "Unit 3 of layer 0" in page.text())
    page.check()


def test_a_training_step_by_keyboard(page, client):
    page.open(client("image"), "step", width=390)
    page.tab_to("[aria-label=Next]")
    page.keys(*[Keys.ENTER] * 2)
    page.wait(lambda: "3 of 24. Forward" in page.text("[role=status]"))
    held = page.text(".small")
    assert "3 pending forward phases" in held
    page.tab_to("input[type=range]")
    page.keys(Keys.END)
    page.wait(lambda: "The update" in page.text("[role=status]"))
    assert "0 pending forward phases" in page.text(".small") and "The loss goes from" in page.text()
    page.keys(Keys.ARROW_LEFT)
    page.wait(lambda: "Backward, Conv2d" in page.text("[role=status]"))
    assert "consumed" in page.text("tbody")
    page.tab_to("button:nth-of-type(3)")
    page.keys(" ", " ")  # play, and pause
    page.check()


def test_gates_while_a_text_is_typed(page, client):
    page.open(client("text"), "gates")
    assert page.script("return document.querySelectorAll('main figure canvas').length") == 5
    page.tab_to("textarea")
    page.keys(Keys.END, " which")
    page.wait(lambda: page.text(".chars").endswith("youth, which"))
    assert "After ‘h’ it expects" in page.text(".answer")
    page.tab_to("input[type=range]")
    page.keys(Keys.HOME)
    page.wait(lambda: "After ‘S’ it expects" in page.text(".answer"))
    assert "‘h’ follows" in page.text(".answer")
    page.keys(Keys.ARROW_RIGHT)
    page.wait(lambda: "After ‘h’ it expects" in page.text(".answer"))
    page.script("const c = document.querySelector('main figure canvas'); c.scrollIntoView()")
    ActionChains(page.driver, duration=0).move_to_element_with_offset(page.find("main figure canvas"), 0, 0).click().perform()
    page.wait(lambda: "After ‘h’" not in page.text(".answer"))
    page.check()


def test_the_point_of_the_code_plane_is_moved(page, client):
    for kind in ("codes", "plane"):
        page.open(client(kind), "codes", width=390)
        page.wait(lambda: "no. " in page.text("[role=status]"))
        before = page.text("[role=status]")
        page.tab_to("canvas.plane")
        page.keys(Keys.ARROW_RIGHT, Keys.ARROW_UP)
        page.wait(lambda before=before: page.text("[role=status]") != before)
        page.keys(Keys.HOME)
        page.wait(lambda before=before: page.text("[role=status]") == before)
        ActionChains(page.driver, duration=0).move_to_element_with_offset(page.find("canvas.plane"), 40, 50).click().perform()
        page.wait(lambda before=before: page.text("[role=status]") != before)
        page.check()


def test_other_directions_and_another_base(page, client):
    page.open(client("codes"), "codes")
    page.tab_to("select")
    page.keys(Keys.ARROW_DOWN)
    page.wait(lambda: page.script("return !document.querySelector('[aria-label=\"Number of the code across\"]').closest('span').hidden"))
    page.tab_to("label:nth-of-type(1) + span ~ select, div.row:nth-of-type(2) select")
    page.keys(Keys.ARROW_DOWN)
    page.wait(lambda: "the chosen test image" in page.text())
    page.check()


def test_curves(page, client):
    for kind in ("image", "text", "series"):
        page.open(client(kind), "training")
        page.wait(lambda: "Training has finished." in page.text(".answer"))
        assert "steps" in page.find("main canvas").get_attribute("aria-label")
        page.check()


def test_names_are_text_and_a_broken_run_says_so(page, runs, tmp_path):
    """A class, a run and an error that look like markup stay text; Try again works after the folder was mended."""
    folder = tmp_path / "<img src=x onerror=alert(1)>"
    shutil.copytree(runs("mlp"), folder)
    config = json.loads((folder / "config.json").read_text())
    nasty = "<b onclick=alert(1)>three</b>"
    config["facts"]["classes"][3] = nasty
    (folder / "config.json").write_text(json.dumps(config | {"recipe": nasty}))
    with serve(open_session(folder)) as server:
        page.open(Client(server), "image")
        assert nasty in page.text("main [role=alert]") and str(folder) in page.text("#about")
        (folder / "config.json").write_text(json.dumps(config))
        page.tab_to("button")
        page.keys(Keys.ENTER)
        page.wait(lambda: "sure" in page.text())
        assert nasty in page.text(".bars") and str(folder) in page.text("#about")
        assert page.script("return document.querySelectorAll('main b, main img, header img').length") == 0
        page.check()


def test_light_and_dark_have_contrast(page, client):
    """Text on its panel: at least 4.5 to 1 (WCAG 2.2, 1.4.3), in both schemes."""
    for scheme in ("light", "dark"):
        page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
        page.open(client("image"), "step")
        for css in ("main .panel h2", "main .panel .hint", "main .panel .small", "#about"):
            assert page.script(CONTRAST, css) > 4.5, (scheme, css)
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


CONTRAST = """
const light = (text) => text.match(/[\\d.]+/g).slice(0, 3).map((v) => v / 255)
  .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4).reduce((sum, v, k) => sum + v * [0.2126, 0.7152, 0.0722][k], 0);
const e = document.querySelector(arguments[0]), back = getComputedStyle(e.closest('.panel') || document.body).backgroundColor;
const [a, b] = [light(getComputedStyle(e).color), light(back)].sort((x, y) => y - x);
return (a + 0.05) / (b + 0.05)
"""
