"""Programs whose outputs, heads or normalization are not the usual, with what PyTorch computes from them.

  NAME.pt2   torch.export.save of the model in evaluation mode with a free batch size
  heads.h5   NAME/inputs/x, NAME/logits

python make_heads.py     torch 2.13.0
"""

import os

import h5py
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.parametrizations import weight_norm

folder = os.path.dirname(os.path.abspath(__file__))
free = torch.export.Dim.DYNAMIC


def model(forward, **modules):
    made = type("Net", (nn.Module,), {"forward": lambda self, x: forward(self, x)})()
    for name, module in modules.items():
        setattr(made, name, module)
    return made


def features(self, x):
    return F.relu(self.c(x)).mean((2, 3))


class StandardizedConv(nn.Conv2d):
    """timm's ScaledStdConv2d: its weights are normalized by batch_norm without running statistics."""

    def forward(self, x):
        weight = F.batch_norm(self.weight.reshape(1, self.out_channels, -1), None, None, training=True, momentum=0.0)
        return F.conv2d(x, weight.reshape_as(self.weight), self.bias)


def last_token(self, x):
    logits = self.score(self.mix(self.e(x)))
    last = (x != 0).long().sum(1) - 1
    return logits[torch.arange(x.shape[0]), last]


conv = lambda: nn.Conv2d(1, 6, 3)
models = {
    "features_first": (model(lambda s, x: (features(s, x), s.fc(features(s, x))), c=conv(), fc=nn.Linear(6, 3)), 1),
    "named": (model(lambda s, x: {"features": features(s, x), "logits": s.fc(features(s, x))}, c=conv(),
                    fc=nn.Linear(6, 3)), "logits"),
    "maps_beside": (model(lambda s, x: (F.relu(s.c(x)), s.fc(features(s, x))), c=conv(), fc=nn.Linear(6, 3)), 1),
    "cosine": (model(lambda s, x: F.normalize(features(s, x), dim=1) @ F.normalize(s.w, dim=1).t() * 10, c=conv(),
                     w=nn.Parameter(torch.randn(3, 6))), None),
    "weight_norm": (model(lambda s, x: s.fc(features(s, x)), c=conv(), fc=weight_norm(nn.Linear(6, 3))), None),
    "averaged": (model(lambda s, x: (s.head(features(s, x)) + s.head_dist(features(s, x) * 0.5)) / 2, c=conv(),
                       head=nn.Linear(6, 3), head_dist=nn.Linear(6, 3)), None),
    "norm_after": (model(lambda s, x: s.bn(s.fc(features(s, x))), c=conv(), fc=nn.Linear(6, 3), bn=nn.BatchNorm1d(3)),
                   None),
    "batch_statistics": (model(lambda s, x: s.fc(F.relu(s.b(s.c(x))).mean((2, 3))), c=conv(),
                               b=nn.BatchNorm2d(6, track_running_stats=False), fc=nn.Linear(6, 3)), None),
    "standardized": (model(lambda s, x: s.fc(features(s, x)), c=StandardizedConv(1, 6, 3), fc=nn.Linear(6, 3)), None),
    "decomposed": (model(lambda s, x: s.fc(F.relu(s.b(s.c(x))).mean((2, 3))), c=conv(), b=nn.BatchNorm2d(6),
                         fc=nn.Linear(6, 3)), None),
    "last_token": (model(last_token, e=nn.Embedding(20, 8), mix=nn.Linear(8, 8), score=nn.Linear(8, 3, bias=False)),
                   None),
}

with h5py.File(os.path.join(folder, "heads.h5"), "w") as file:
    for name, (net, key) in models.items():
        torch.manual_seed(0)
        for parameter in net.parameters():
            if parameter.dim() > 1:
                nn.init.normal_(parameter, std=0.5)
        net.eval()
        x = torch.randint(1, 20, (16, 5)) if name == "last_token" else torch.randn(16, 1, 9, 9)
        if name == "last_token":
            x[::3, 3:] = 0
        program = torch.export.export(net, (x[:2],), dynamic_shapes=({0: free},))
        if name == "decomposed":
            program = program.run_decompositions()
        torch.export.save(program, os.path.join(folder, name + ".pt2"))
        with torch.no_grad():
            outputs = net(x)
        file[f"{name}/inputs/x"] = x.numpy()
        file[f"{name}/logits"] = (outputs if key is None else outputs[key]).numpy()
