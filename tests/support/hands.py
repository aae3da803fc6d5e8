"""The two ways a person uses a page: with a mouse, or with nothing but a keyboard."""

from pathlib import Path

from playwright.sync_api import FileChooser, Locator, Page, expect

MOST_TABS = 400  # the way round a page is not longer
CHOICE = "input[type=radio], input[type=checkbox]"


class Mouse:
    """Points at what it means; its keyboard only writes."""

    def press(self, control: Locator) -> None:
        """A button, a link, a box to tick."""
        control.click()

    def choose(self, group: Locator, name: str) -> None:
        """One of a few choices side by side."""
        radio = group.page.get_by_role("radio", name=name, exact=True)
        group.locator("label").filter(has=radio).click()

    def pick(self, chips: Locator, words: str) -> None:
        """The last chip of a text that holds these words."""
        chips.filter(has_text=words).last.click()

    def write(self, field: Locator, text: str) -> None:
        """In the place of all that is in a field."""
        field.click()
        _over(field.page, text)

    def paste(self, field: Locator, text: str) -> None:
        """What was copied elsewhere."""
        field.click()
        _pasted(field.page, text)

    def hand_in(self, button: Locator, file: Path) -> None:
        """A file, by the dialog that a button opens."""
        with button.page.expect_file_chooser() as chooser:
            button.click()
        _given(chooser.value, file)


class Keyboard:
    """Reaches everything by Tab, as somebody does who can't or won't use a mouse."""

    def press(self, control: Locator) -> None:
        expect(control).to_be_enabled()
        self._reach(control)
        ticked = control.evaluate("(element, choice) => element.matches(choice)", CHOICE)
        control.page.keyboard.press("Space" if ticked else "Enter")

    def choose(self, group: Locator, name: str) -> None:
        radio = group.get_by_role("radio", name=name, exact=True)
        self._reach(group)
        keyboard = group.page.keyboard
        if not group.locator("input:checked").count():
            keyboard.press("Space")
        for _ in range(group.locator("input").count()):
            if radio.is_checked():
                return
            keyboard.press("ArrowRight")
        raise AssertionError(f"no arrow key reaches {name}")

    def pick(self, chips: Locator, words: str) -> None:
        keyboard = chips.page.keyboard
        self._reach(chips.first.locator("xpath=ancestor::*[@tabindex][1]"))
        wanted = chips.filter(has_text=words).last
        for _ in range(chips.count()):
            keyboard.press("ArrowRight")
            if "cursor" in (wanted.get_attribute("data-on") or ""):
                keyboard.press("Enter")
                return
        raise AssertionError(f"no arrow key reaches {words}")

    def write(self, field: Locator, text: str) -> None:
        self._reach(field)
        _over(field.page, text)

    def paste(self, field: Locator, text: str) -> None:
        self._reach(field)
        _pasted(field.page, text)

    def hand_in(self, button: Locator, file: Path) -> None:
        with button.page.expect_file_chooser() as chooser:
            self.press(button)
        _given(chooser.value, file)

    def _reach(self, control: Locator) -> None:
        """Tab by Tab, until the focus is on it or in it, and what has it is in sight."""
        control.wait_for(state="attached")
        for _ in range(MOST_TABS):
            if _has_focus(control):
                seen = f"label:has(> :is({CHOICE}):focus), :focus"  # of a choice, its label
                expect(control.page.locator(seen).first).to_be_in_viewport()
                return
            control.page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not reach {control}")


Hand = Mouse | Keyboard


def _has_focus(control: Locator) -> bool:
    inside: bool = control.evaluate("element => element.contains(document.activeElement)")
    return inside


def _over(page: Page, text: str) -> None:
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(text)


def _pasted(page: Page, text: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    page.keyboard.press("ControlOrMeta+v")


def _given(chooser: FileChooser, file: Path) -> None:
    chooser.set_files(file)
