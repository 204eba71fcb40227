"""One profile for every property: no deadline, because a busy machine is not a wrong answer."""

from hypothesis import settings

settings.register_profile("pishkhan", deadline=None, print_blob=True)
settings.load_profile("pishkhan")
