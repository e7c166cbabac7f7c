"""Programs that `torch.export` wrote, with what PyTorch computes from them, for the tests of `lethe import`.

For each model NAME, small and with random weights:
  NAME.pt2.gz  torch.export.save of the model in evaluation mode with a free batch size, compressed
  NAME.h5      inputs/<name>, labels; evaluation/logits; training/loss, training/gradients/<parameter>,
               training/buffers/<name>: one forward and backward pass in training mode, from the same weights
NAME-train.pt2.gz is the same model exported in training mode, with dropout and stochastic depth left on.

python make_programs.py [NAME ...]     torch 2.13.0, torchvision 0.28.0, transformers 5.23.0
python make_programs.py versions       the model `versions-TORCH`, with whatever torch runs this (2.11, 2.12, 2.14.1, 2.15.0)
"""

import copy
import gzip
import os
import sys

import h5py
import numpy as np
import torch
import torch.nn as nn

folder = os.path.dirname(os.path.abspath(__file__))
free = torch.export.Dim.DYNAMIC


def thin(model, factor):
    """The same network with its inner channels divided."""
    narrow = lambda count: count if count <= 5 else count // factor
    for name, module in list(model.named_modules()):
        if isinstance(module, nn.Conv2d):
            new = nn.Conv2d(narrow(module.in_channels), narrow(module.out_channels), module.kernel_size,
                            module.stride, module.padding, bias=module.bias is not None)
        elif isinstance(module, nn.BatchNorm2d):
            new = nn.BatchNorm2d(narrow(module.num_features))
        elif isinstance(module, nn.Linear):
            new = nn.Linear(narrow(module.in_features), narrow(module.out_features))
        else:
            continue
        owner, _, leaf = name.rpartition(".")
        setattr(model.get_submodule(owner), leaf, new)
    return model


class SequenceClassifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(50, 12)
        self.lstm = nn.LSTM(12, 10, num_layers=2, bidirectional=True, batch_first=True)
        self.classifier = nn.Linear(20, 4)

    def forward(self, tokens):
        states, _ = self.lstm(self.embedding(tokens))
        return self.classifier(states.mean(1))


class Versions(nn.Module):
    """Convolution, normalization, attention, symbolic sizes, in-place operators: what graphs of all versions share."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.ReLU(inplace=True))
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.norm = nn.LayerNorm(8)
        self.drop = nn.Dropout(0.0)
        self.head = nn.Linear(8, 3)

    def forward(self, image):
        features = self.stem(image)
        tokens = features.reshape(features.shape[0], 8, -1).transpose(1, 2)
        mixed, _ = self.attention(tokens, tokens, tokens, need_weights=False)
        tokens = self.norm(tokens + mixed)
        return self.head(self.drop(tokens.mean(1)))


def resnet():
    from torchvision.models.resnet import BasicBlock, ResNet
    return thin(ResNet(BasicBlock, [1, 1, 1, 1], num_classes=5), 8), image(32)


def efficientnet(depth=0.0, dropout=0.0):
    from torchvision.models.efficientnet import EfficientNet, MBConvConfig
    setting = [MBConvConfig(1, 3, 1, 8, 8, 1, 1, 1), MBConvConfig(4, 5, 2, 8, 16, 2, 1, 1)]
    return EfficientNet(setting, dropout, stochastic_depth_prob=depth, num_classes=5, last_channel=32), image(32)


def mobilenet_v3():
    from torchvision.models.mobilenetv3 import InvertedResidualConfig, MobileNetV3
    setting = [InvertedResidualConfig(8, 3, 8, 8, True, "RE", 2, 1, 1),
               InvertedResidualConfig(8, 5, 24, 16, True, "HS", 2, 1, 1)]
    return MobileNetV3(setting, 24, num_classes=5, dropout=0.0), image(32)


def convnext():
    from torchvision.models.convnext import CNBlockConfig, ConvNeXt
    return ConvNeXt([CNBlockConfig(8, 16, 1), CNBlockConfig(16, None, 2)], num_classes=5), image(32)


def vgg():
    from torchvision.models.vgg import VGG, make_layers
    model = VGG(make_layers([8, "M", 16, "M"], batch_norm=True), num_classes=5, init_weights=False)
    model.classifier = nn.Sequential(
        nn.Linear(16 * 7 * 7, 16), nn.ReLU(True), nn.Dropout(0.0), nn.Linear(16, 16), nn.ReLU(True), nn.Dropout(0.0),
        nn.Linear(16, 5))
    return model, image(32)


def densenet():
    from torchvision.models.densenet import DenseNet
    return DenseNet(4, (2, 2), 8, num_classes=5), image(32)


def vit():
    from torchvision.models.vision_transformer import VisionTransformer
    return VisionTransformer(16, 8, 2, 2, 16, 32, num_classes=5), image(16)


def swin():
    from torchvision.models.swin_transformer import SwinTransformer
    return SwinTransformer([2, 2], 8, [2, 2], [2, 2], [4, 4], stochastic_depth_prob=0.0, num_classes=5), image(24)


def transformer_configuration(cls, **options):
    return cls(vocab_size=60, num_labels=3, max_position_embeddings=24, pad_token_id=0, **options)


def bert():
    from transformers import BertConfig, BertForSequenceClassification
    return BertForSequenceClassification(transformer_configuration(
        BertConfig, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)), tokens()


def distilbert():
    from transformers import DistilBertConfig, DistilBertForSequenceClassification
    return DistilBertForSequenceClassification(transformer_configuration(
        DistilBertConfig, dim=16, n_layers=2, n_heads=2, hidden_dim=32, dropout=0.0, attention_dropout=0.0,
        seq_classif_dropout=0.0)), tokens()


def lstm():
    return SequenceClassifier(), lambda batch: {"tokens": torch.randint(0, 50, (batch, 9))}  # its export fixes the length


def image(size):
    return lambda batch: {None: torch.randn(batch, 3, size, size)}


def tokens():
    def make(batch):
        length = 6 + batch
        mask = torch.ones(batch, length, dtype=torch.int64)
        mask[batch // 2:, length - 3:] = 0
        return {"input_ids": torch.randint(1, 60, (batch, length)) * mask, "attention_mask": mask}
    return make


def randomize(model):
    """Leaves no parameter at a value that hides a mistake: biases of 0, scales of 1, statistics of 0 and 1."""
    for name, tensor in model.state_dict().items():
        if name.endswith("running_var"):
            tensor.uniform_(0.5, 1.5)
        elif name.endswith("running_mean"):
            tensor.normal_(0, 0.2)
        elif tensor.is_floating_point() and tensor.dim() <= 1:
            tensor.add_(torch.randn_like(tensor) * 0.1)
        elif name.endswith("layer_scale"):
            tensor.uniform_(0.2, 0.4)


def logits_of(output):
    return output if isinstance(output, torch.Tensor) else output.logits


def export(model, make, path):
    inputs = make(2)
    names = list(inputs)
    sizes = lambda tensor: {0: free, 1: free} if len(names) == 2 else {0: free}
    if names == [None]:
        program = torch.export.export(model, (inputs[None],), dynamic_shapes=({0: free},))
    else:
        program = torch.export.export(model, (), kwargs=inputs, dynamic_shapes={n: sizes(t) for n, t in inputs.items()})
    torch.export.save(program, path)
    with open(path, "rb") as file, gzip.GzipFile(path + ".gz", "wb", 9, mtime=0) as packed:
        packed.write(file.read())
    os.remove(path)
    return [spec.arg.name for spec in program.graph_signature.input_specs if spec.kind.name == "USER_INPUT"]


def record(name, model, make):
    torch.manual_seed(11)
    randomize(model)
    model.eval()
    input_names = export(model, make, f"{folder}/{name}.pt2")
    inputs = make(6)
    labels = torch.arange(6) % 3
    call = lambda: logits_of(model(inputs[None]) if None in inputs else model(**inputs))
    with h5py.File(f"{folder}/{name}.h5", "w") as file:
        for key, tensor in zip(input_names, inputs.values()):
            file[f"inputs/{key}"] = tensor.numpy()
        file["labels"] = labels.numpy()
        with torch.no_grad():
            file["evaluation/logits"] = call().numpy()
        model.train()
        loss = nn.functional.cross_entropy(call(), labels)
        loss.backward()
        file["training/loss"] = np.float32(loss.item())
        for key, parameter in model.named_parameters():
            gradient = parameter.grad if parameter.grad is not None else torch.zeros_like(parameter)
            file.create_dataset(f"training/gradients/{key}", data=gradient.numpy(), compression="gzip")
        for key, buffer in model.named_buffers():
            if key in model.state_dict():
                file.create_dataset(f"training/buffers/{key}", data=buffer.numpy())
    print(name, sum(p.numel() for p in model.parameters()), "parameters")


def record_training_program():
    torch.manual_seed(5)
    model, make = efficientnet(depth=0.5, dropout=0.3)
    randomize(model)
    inputs = make(6)
    export(copy.deepcopy(model).train(), make, f"{folder}/efficientnet-train.pt2")
    with h5py.File(f"{folder}/efficientnet-train.h5", "w") as file, torch.no_grad():
        file["inputs/x"] = inputs[None].numpy()
        file["evaluation/logits"] = model.eval()(inputs[None]).numpy()


models = [resnet, efficientnet, mobilenet_v3, convnext, vgg, densenet, vit, swin, bert, distilbert, lstm]
wanted = sys.argv[1:]
torch.manual_seed(3)
if wanted == ["versions"]:
    version = ".".join(torch.__version__.split(".")[:2])
    record(f"versions-{version}", Versions(), image(8))
else:
    for build in models:
        torch.manual_seed(3)
        if not wanted or build.__name__ in wanted:
            record(build.__name__, *build())
    if not wanted or "efficientnet-train" in wanted:
        record_training_program()
    if not wanted:
        record("versions-2.13", Versions(), image(8))
