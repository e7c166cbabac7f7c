/// Exports a perceptron with dropout to the path that it is given: a run that goes on has to go on with its generators.
let dropoutPerceptron = """
  import sys, torch
  from torch import nn
  torch.manual_seed(0)
  model = nn.Sequential(nn.Flatten(), nn.Linear(784, 32), nn.ReLU(), nn.Dropout(0.3), nn.Linear(32, 5)).train()
  batch = torch.export.Dim("batch", min=1)
  exported = torch.export.export(model, (torch.zeros(2, 1, 28, 28),), dynamic_shapes=({0: batch},))
  torch.export.save(exported, sys.argv[1])
  """
