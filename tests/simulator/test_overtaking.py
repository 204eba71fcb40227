"""A word that was said first and waits is tried again after each other one that applies, from the first on."""

from tests.simulator.people import REQUESTS
from tests.simulator.story import Story
from tests.simulator.world import OFFICES


def test_an_answer_that_came_before_its_question_applies_in_the_turn_of_the_question() -> None:
    story = Story()
    try:
        story.tell(story.people.say(0, "approve", partition=0))
        story.everybody()
        for what in ("accept", "collect", "start", "ask"):
            for desk in OFFICES:
                story.tell(story.people.say(0, what, desk=desk))
            story.everybody()
        story.everybody()
        story.tell(story.people.say(0, "submit", partition=1))
        story.everybody()
        state = story.people.state(REQUESTS[0])
        assert state is not None
        assert state.approved
        story.check()
    finally:
        story.world.end()
