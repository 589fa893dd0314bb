"""Each view in a headless Chromium, driven as a reader does: by mouse, by keyboard alone, at a phone's width; no console message."""

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
