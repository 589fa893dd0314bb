import pytest

import netcore as nc


@pytest.fixture(autouse=True)
def one_thread():
    """Small work, on a machine that may be busy."""
    before = nc.get_num_threads()
    nc.set_num_threads(1)
    yield
    nc.set_num_threads(before)
