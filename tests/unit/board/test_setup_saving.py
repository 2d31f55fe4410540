"""What becomes of the set-up page's `save`: its limit, its errors in words, its note, one at a time."""

import asyncio

from arduino_cloud_board.setup_page.form import saved
from reports import Reports
from setup_rig import Phones


class Slow:
    """A save that goes on until `done` is set."""

    def __init__(self, stubborn=False, note=None):
        self.done = asyncio.Event()
        self.stubborn = stubborn
        self.note = note
        self.log = []

    async def save(self, entered):
        self.log.append("begin " + entered["ssid"])
        while not self.done.is_set():
            try:
                await self.done.wait()
            except asyncio.CancelledError:
                self.log.append("cancelled")
                if not self.stubborn:
                    raise
        self.log.append("end " + entered["ssid"])
        return self.note


async def begun(slow, count=1):
    """Wait until so many saves have begun."""
    while len([line for line in slow.log if line[:5] == "begin"]) < count:
        await asyncio.sleep(0.01)


async def test_a_save_may_take_much_longer_than_a_request():
    slow = Slow()
    with Phones(slow.save) as phones:
        answer = asyncio.create_task(phones.post(ssid="home"))
        await begun(slow)
        phones.ahead += 55000
        await phones.later()
        slow.done.set()
        assert "Saved." in await answer
        assert await phones.serving == {"ssid": "home", "password": None}
    assert slow.log == ["begin home", "end home"]


async def test_a_save_beyond_its_limit_is_told_and_the_next_one_counts():
    slow = Slow()
    with Phones(slow.save) as phones, Reports() as reports:
        answer = asyncio.create_task(phones.post(ssid="home"))
        await begun(slow)
        phones.ahead += 60100
        text = await answer
        assert "This could not be saved within 60 s." in text and "<form" in text
        assert slow.log == ["begin home", "cancelled"] and "could not be saved within 60 s" in reports
        slow.done.set()
        assert "Saved." in await phones.post(ssid="home")
        assert (await phones.serving)["ssid"] == "home"


async def test_a_save_that_does_not_end_at_its_limit_has_no_other_beside_it():
    slow = Slow(stubborn=True)
    with Phones(slow.save) as phones:
        answer = asyncio.create_task(phones.post(ssid="home"))
        await begun(slow)
        phones.ahead += 60100
        await phones.later()
        phones.ahead += 2000
        assert "This could not be saved within 60 s." in await answer
        assert "Something else is being saved right now" in await phones.post(ssid="cellar")
        slow.done.set()  # it has saved after all
        assert "Saved." in await phones.post(ssid="home")
        assert (await phones.serving)["ssid"] == "home"
    assert slow.log == ["begin home", "cancelled", "end home"]


async def test_two_taps_make_one_save_and_both_are_answered():
    slow = Slow()
    with Phones(slow.save) as phones:
        answers = [asyncio.create_task(phones.post(ssid="home")) for _ in range(2)]
        await begun(slow)
        await phones.later()
        slow.done.set()
        for answer in answers:
            assert "Saved." in await answer
    assert slow.log == ["begin home", "end home"]


async def test_the_end_of_the_page_does_not_cut_a_save():
    for fails in (False, True):
        slow = Slow()
        with Phones(slow.save, timeout=5) as phones, Reports():
            answer = asyncio.create_task(phones.post(ssid="home"))
            await begun(slow)
            phones.ahead += 30000
            await phones.later()
            if fails:
                phones.ahead += 31000
                assert "could not be saved within 60 s" in await answer
                assert await phones.serving is None
            else:
                slow.done.set()
                assert "Saved." in await answer
                assert (await phones.serving)["ssid"] == "home"


async def test_what_a_save_says_is_on_the_page():
    note = "The stored network '<cellar>' cannot be used: password: expected 8 to 63 characters, got 7"

    async def slowly(entered):
        await asyncio.sleep(0)
        return note

    for save in (lambda entered: note, slowly):
        with Phones(save) as phones:
            text = await phones.post(ssid="home")
            assert "Saved." in text and "&#39;&lt;cellar&gt;&#39; cannot be used: password: expected 8" in text
            await phones.serving


def test_the_note_is_escaped():
    text = "".join(saved("Title", "<script>"))
    assert "&lt;script&gt;" in text and "<script" not in text and "Saved." in text


async def test_why_nothing_was_saved_is_said_without_the_entries():
    failures = (
        (OSError(28), "the board&#39;s storage is full"),
        (OSError(-0x1105, "ESP_ERR_NVS_NOT_ENOUGH_SPACE"), "the board&#39;s storage is full"),
        (OSError(30, "secrets.py: a password"), "the board&#39;s storage is read-only"),
        (OSError(5), "the board&#39;s storage fails"),
        (OSError(19, "nvs needs an ESP32"), "the board lacks that storage"),
        (OSError(2), "error 2"),
        (OSError("a password"), "OSError"),
        (MemoryError("a password"), "the board has too little memory"),
        (KeyError("a password"), "the program failed (KeyError)"),
        (ValueError("No more room."), None),
    )
    given = list(failures)

    def save(entered):
        if given:
            raise given[0][0]

    async def slowly(entered):
        await asyncio.sleep(0)
        save(entered)

    for function in (save, slowly):
        given = list(failures)
        with Phones(function) as phones, Reports() as reports:
            while given:
                error, why = given[0]
                text = await phones.post(ssid="home", password="a+password")
                expected = "This could not be saved: %s." % why if why else "No more room."
                assert expected in text and "a password" not in text, (error, text)
                given.pop(0)
            assert "Saved." in await phones.post(ssid="home", password="a+password")
            await phones.serving
        assert "a password" not in str(reports.texts) and len(reports.warnings) == len(failures) - 1
