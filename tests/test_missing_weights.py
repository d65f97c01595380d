"""Without the small model of the crisis check the house opens all the same, and asks how somebody is rather than staying silent."""

from core.phrases import say
from tests.fakes.house_process import HouseProcess, Page
from tests.test_bad_input import after, is_made, says


async def test_a_bot_without_the_crisis_model_starts_checks_in_and_still_answers_danger(tmp_path):
    house = HouseProcess(tmp_path / "data")
    page = Page(house)
    try:
        house.start("core")
        house.start("bot", crash="lacks:crisis.npz")
        ordinary = await page.send("오늘은 강가를 걸었다")
        replies = await after(page, ordinary, lambda replies: says("safety.check_failed")(replies) and is_made(replies))
        assert say("ko", "safety.check_failed") in replies[0]["text"]  # first of all
        await after(
            page, await page.send("오늘 밤에 죽을 거야"), lambda replies: any("119" in one["text"] for one in replies)
        )
        assert house.is_alive("bot")
        log = house.log.read_text()
        assert "asks about every line" in log and "FileNotFoundError" in log and "강가" not in log
    finally:
        house.stop()
