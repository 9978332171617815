"""Takes the screenshots of the description page: screenshots.py ADDRESS FOLDER

Waits for what is to be seen, never for a time; pictures have 256 colours, which screens of an
office program do not miss.
"""

import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import sync_playwright

CHROMIUM = "/usr/bin/chromium"
OPTIONS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
SIZE = {"width": 1366, "height": 768}
#: Milliseconds: the first page builds the web client's assets.
PATIENCE = 300_000


class Camera:
    def __init__(self, page, address, folder):
        self.page, self.address, self.folder = page, address, folder

    def take(self, name, wait):
        """Write what is on screen once something is to be seen there."""
        self.page.wait_for_selector(wait)
        # A tooltip of the button that was pressed would lie over the picture.
        self.page.mouse.move(5, 760)
        self.page.wait_for_timeout(1500)
        file = self.folder / f"{name}.png"
        self.page.screenshot(path=file)
        Image.open(file).convert("RGB").quantize(256).save(file, optimize=True)
        print(file.name, file.stat().st_size // 1024, "kB")

    def open(self, project):
        """Open a migration from the home of the app."""
        self.page.goto(f"{self.address}/odoo/crm-migration")
        self.page.click(f".o_kanban_record:has-text('{project}')")
        self.page.wait_for_selector(".o_form_view .o_crm_migration_upload", state="attached")

    def press(self, text):
        self.page.locator(f".o_form_view button:has-text('{text}'):visible").first.click()


def log_in(page, address):
    page.goto(f"{address}/web/login")
    page.fill("input[name=login]", "admin")
    page.fill("input[name=password]", "admin")
    page.click("button[type=submit]")
    page.wait_for_selector(".o_web_client")


def walk(camera):
    page = camera.page
    page.goto(f"{camera.address}/odoo/crm-migration")
    camera.take("home", ".o_kanban_record:has-text('Try it')")
    camera.open("Try it")
    camera.take("files", ".o_field_widget[name=file_ids] .o_data_row")
    camera.press("Review Map")
    # The map of the other account is remembered: there are no questions, all columns are shown.
    page.click(".o_searchview_facet:has-text('Questions') .o_facet_remove")
    camera.take("map", ".o_list_view .o_data_row")
    camera.open("Try it")
    page.click(".nav-link:has-text('Values')")
    camera.press("Owners")
    camera.take("owners", ".o_crm_migration_board .o_crm_migration_card")
    for name, project in (("proof", "Smart CRM Online demo"), ("questions", "karmaCRM demo")):
        camera.open(project)
        page.click(f".oe_stat_button:has-text('{name.capitalize()}')")
        camera.take(
            name, f".o_crm_migration_{'proof canvas' if name == 'proof' else 'doubts article'}"
        )
    page.goto(page.url.replace("crm-migration-questions", "crm-migration-sample"))
    camera.take("sample", ".o_crm_migration_picture")


def make_banner(folder):
    """Write the cover of the page in the list of apps: title, and a corner of the board."""
    banner = Image.new("RGB", (1120, 560), "#714B67")
    icon = Image.open(folder / "icon.png").convert("RGBA")
    banner.paste(icon, (60, 60), icon)
    draw = ImageDraw.Draw(banner)
    draw.text((220, 70), "CRM Migration", "white", ImageFont.load_default(size=64))
    told = "Map, sample, load, prove, undo"
    draw.text((222, 150), told, "#EADFE7", ImageFont.load_default(size=32))
    board = Image.open(folder / "sample.png").convert("RGB").crop((0, 40, 1366, 620))
    banner.paste(board.resize((1000, 424)), (60, 240))
    banner.quantize(256).save(folder / "banner.png", optimize=True)


def wait_for(address):
    """Wait until the server answers."""
    for __ in range(120):
        try:
            with urllib.request.urlopen(f"{address}/web/login", timeout=PATIENCE / 1000):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(1)
    raise SystemExit(f"{address} does not answer")


def main(address, folder):
    wait_for(address)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        page = browser.new_context(viewport=SIZE).new_page()
        page.set_default_timeout(PATIENCE)
        log_in(page, address)
        walk(Camera(page, address, Path(folder)))
        browser.close()
    make_banner(Path(folder))


if __name__ == "__main__":
    main(*sys.argv[1:])
