"""Where the time of a training step goes: layer by layer, phase by phase, beside what the processor could do at best.

    with Stopwatch(net, loss) as watch: ...      seconds, FLOPs, bytes and the kernels called      stopwatch.py
    measure_roofline()                           the best arithmetic and the best memory traffic   roofline.py
    profile(net, step, loss)                     both together: a table of costs                   report.py

`netcore profile` prints it. Read report.py first.
"""

from netcore.profiling.report import Cost, Profile, profile
from netcore.profiling.roofline import Roofline, measure_roofline
from netcore.profiling.stopwatch import Stopwatch
