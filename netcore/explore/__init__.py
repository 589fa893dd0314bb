"""The explorer: a page on this machine that looks into a trained network, or into one that is being trained.

| file                      | what                                                                       |
|---------------------------|----------------------------------------------------------------------------|
| server.py                 | from a run's folder to an address; which path is answered by whom          |
| guard.py                  | who may ask: this machine's own page, in small requests, and nobody else   |
| session.py                | the open run: recipe, network, data, and what can be shown of it           |
| asked.py, wire.py         | a question, checked; an answer: JSON and raw bytes                         |
| images.py, units.py       | view 1: a picture through all layers; one unit                             |
| codes.py                  | view 2: the code plane of an auto-encoder                                  |
| texts.py                  | view 3: the gates of a character LSTM                                      |
| steps.py                  | view 4: one training step, phase by phase                                  |
| curves.py, live.py        | view 5: curves and filters, also while it trains                           |
| static/                   | the page: HTML, CSS and ES modules, as they are served                     |

Read session.py first, then images.py beside static/view-image.js.
"""

from netcore.explore.live import Live
from netcore.explore.server import Server, serve
from netcore.explore.session import Broken, Session, open_session
