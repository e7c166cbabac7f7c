"""Learning rates of torch.optim.lr_scheduler over 3 epochs of 20 steps, as factors of the peak rate.

    python make_schedules.py

Writes schedules.json: for each name as `lethe --schedule` takes it, 60 factors.
"""

import json
from pathlib import Path

import torch
from torch.optim import lr_scheduler

STEPS, EPOCHS = 20, 3
TOTAL = STEPS * EPOCHS


def factors(make, by_epoch=False):
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=1.0)
    scheduler = make(optimizer)
    found = []
    for step in range(TOTAL):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step + 1 < TOTAL and (not by_epoch or (step + 1) % STEPS == 0):
            scheduler.step()
    return found


def one_cycle(rise, divisor, final):
    return lambda optimizer: lr_scheduler.OneCycleLR(
        optimizer, max_lr=1.0, total_steps=TOTAL, pct_start=rise, div_factor=divisor, final_div_factor=final,
        cycle_momentum=False)


result = {
    "step:1,0.1": factors(lambda o: lr_scheduler.StepLR(o, 1, 0.1), by_epoch=True),
    "step:2,0.5": factors(lambda o: lr_scheduler.StepLR(o, 2, 0.5), by_epoch=True),
    "exponential:0.8": factors(lambda o: lr_scheduler.ExponentialLR(o, 0.8), by_epoch=True),
    "cosine": factors(lambda o: lr_scheduler.CosineAnnealingLR(o, TOTAL)),
    "one-cycle": factors(one_cycle(0.3, 25, 1e4)),
    "one-cycle:0.5,10,100": factors(one_cycle(0.5, 10, 100)),
}
Path(__file__).with_name("schedules.json").write_text(json.dumps({"torch": torch.__version__, "factors": result}))
