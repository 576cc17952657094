"""Settings of all tests."""

from hypothesis import settings

# no deadline: cores are shared, and a first example pays for imports
settings.register_profile("a4g", deadline=None, print_blob=True)
settings.load_profile("a4g")
