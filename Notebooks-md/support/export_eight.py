"""Writes eight.pt2, the small network of eight layers of two lessons, for images of 28 × 28 and five classes."""

from collections import OrderedDict

import torch
from torch import nn


def convolution(inputs, outputs, stride=1):
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU())


torch.manual_seed(0)
model = nn.Sequential(OrderedDict(
    conv1=convolution(1, 16, 2), conv2=convolution(16, 24), conv3=convolution(24, 32, 2),
    conv4=convolution(32, 32), conv5=convolution(32, 32, 2), flat=nn.Flatten(),
    fc6=nn.Sequential(nn.Linear(512, 64), nn.ReLU()), fc7=nn.Sequential(nn.Linear(64, 64), nn.ReLU()),
    fc8=nn.Linear(64, 5)))
free = {0: torch.export.Dim.DYNAMIC}
torch.export.save(torch.export.export(model.eval(), (torch.zeros(2, 1, 28, 28),), dynamic_shapes=(free,)), "eight.pt2")
