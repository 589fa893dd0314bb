"""A run as one HTML file that needs nothing else: what was trained, how it went, and what the network does.

    write("runs/lenet")         runs/lenet/report.html

| file                                     | what                                                                  |
|------------------------------------------|-----------------------------------------------------------------------|
| page, style                              | HTML as a tree, its look                                              |
| opened                                   | the folder, checked                                                   |
| general                                  | score, layers, curves, command, configuration, versions               |
| classifier, autoencoder, language, numbers | figures for each kind of network                                    |
| words                                    | names from a folder, fit for pictures                                 |

Pictures come from netcore.plot, numbers from netcore.analysis.
"""

from netcore.report.build import html_of, write
from netcore.report.opened import Opened, open_folder
