"""Hostile and damaged files, for the tests that nothing of them runs, crashes or hangs.

programs.json   programs in Lethe's form, each with the stage that must refuse it and a part of what is said:
                read (by the names of its operators), find (by their schemas), call (by what they are given), or runs
from_file.pt2   an exported program that would map, and grow, a file of the user's; FILE in it is replaced by the test
shape.pth       a state dict whose tensor has the shape (2**62, 8, 0)

The calls were found by hand and by calling every operator of the list with random arguments, whose tensors lay between
pages that cannot be read (torch 2.13.0); those that ended the process stand here.

python make_hostile.py     torch 2.13.0
"""

import collections
import json
import os
import zipfile

import torch

folder = os.path.dirname(os.path.abspath(__file__))
cases = []


def case(name, stage, says, *nodes, **tensors):
    """A node is (operator, {argument: value}); a value is a name as "@name", a number, a list or one tagged object."""
    calls = []
    for index, (operator, arguments) in enumerate(nodes):
        base, _, overload = operator.partition(".")
        outputs = ["y"] if index == len(nodes) - 1 else [f"v{index}"]
        calls.append({"operator": base, "overload": overload, "layer": "evil", "outputs": outputs,
                      "inputs": [{"name": key, "value": tagged(value)} for key, value in arguments.items()]})
    buffers = [{"name": key, "shape": list(shape), "elementType": kind, "initialization": {"constant": value}}
               for key, (shape, kind, value) in tensors.items()]
    cases.append({"name": name, "stage": stage, "says": says, "program": {
        "version": 1, "architecture": "hostile", "inputs": [{"name": "x", "elementType": "float32", "shape": [-1, 4]}],
        "parameters": [], "buffers": buffers, "nodes": calls, "outputs": ["y"]}})


def tagged(value):
    if isinstance(value, dict):
        return value
    if isinstance(value, bool):
        return {"bool": value}
    if isinstance(value, int):
        return {"int": value}
    if isinstance(value, float):
        return {"double": value}
    if value is None:
        return {"none": True}
    if isinstance(value, str):
        return {"value": value[1:]} if value.startswith("@") else {"string": value}
    if value and isinstance(value[0], str):
        return {"values": [name[1:] for name in value]}
    return {"ints": value}


def tensor(*shape, kind="float32", value=1.0):
    return (shape, kind, value)


LONG = "int64"

# By name.
for operator, arguments in {
    "aten::from_file": {"filename": "/etc/passwd", "shared": True, "size": 64},
    "aten::_sparse_coo_tensor_unsafe": {"indices": "@x", "values": "@x", "size": [4, 4]},
    "aten::sparse_coo_tensor.indices": {"indices": "@x", "values": "@x"},
    "aten::to_dense": {"self": "@x"}, "aten::to_sparse": {"self": "@x"},
    "aten::set_.source_Tensor": {"self": "@x", "source": "@x"},
    "aten::set_": {"self": "@x"}, "aten::resize_": {"self": "@x", "size": [1 << 20]},
    "aten::resize_as_": {"self": "@x", "the_template": "@x"},
    "aten::empty_strided": {"size": [1 << 40], "stride": [0]},
    "aten::quantize_per_tensor": {"self": "@x", "scale": 1.0, "zero_point": 0, "dtype": 12},
    "aten::native_batch_norm": {"input": "@x"}, "aten::_native_batch_norm_legit": {"input": "@x"},
    "aten::batch_norm_update_stats": {"input": "@x"}, "aten::ctc_loss.IntList": {"log_probs": "@x"},
    "aten::segment_reduce": {"data": "@x", "reduce": "sum"}, "aten::_fft_r2c": {"self": "@x", "dim": [9]},
    "aten::lstm.data": {"data": "@x"}, "aten::shallow_copy_data_": {"self": "@x", "other": "@x"},
    "aten::set_data": {"self": "@x", "new_data": "@x"}, "aten::pin_memory": {"self": "@x"},
    "aten::_to_cpu": {"tensors": ["@x"]}, "aten::sym_storage_offset": {"self": "@x"},
    "quantized::linear_unpack": {"W_prepack": "@x"}, "prim::device": {"a": "@x"}, "profiler::_record_function_enter": {},
    "aten::special_legendre_polynomial_p": {"x": "@x", "n": "@x"}, "aten::median.dim": {"self": "@x", "dim": 0}, "aten::lcm": {"self": "@x", "other": "@x"}, "aten::no_such_thing": {}, "torch::compile": {},
    "mylib::attention": {"self": "@x"}, "relu": {"self": "@x"}, "aten::": {}, "aten": {}, " aten::relu": {"self": "@x"},
}.items():
    case(f"name {operator}", "read", "is not among the operators", (operator, arguments))

# By schema.
case("out=", "find", "which no program from a file may", ("aten::div.out", {"self": "@x", "other": "@x", "out": "@x"}))
case("out= of a list's name", "find", "which no program from a file may",
     ("aten::cat.out", {"tensors": ["@x"], "out": "@x"}))
case("no such overload", "find", "has no operator", ("aten::relu.Tensor", {"self": "@x"}))
case("no such argument", "find", "has no argument", ("aten::relu", {"selves": "@x"}))

# By argument.
NO = "has a value that no program from a file may give"
case("sparse layout", "call", NO, ("aten::zeros", {"size": [2, 2], "layout": 1}))
case("computed layout", "call", NO, ("_operator::add", {"a": 0, "b": 1}), ("aten::zeros", {"size": [2], "layout": "@v0"}))
case("mkldnn layout", "call", NO, ("aten::to.dtype_layout", {"self": "@x", "layout": 7}))
case("quantized type", "call", NO, ("aten::empty.memory_format", {"size": [2], "dtype": 13}))
case("type as text", "call", NO, ("aten::to.dtype", {"self": "@x", "dtype": "float32"}))
case("another device", "call", NO, ("aten::zeros", {"size": [2], "device": "cuda:7"}))
case("pinned memory", "call", NO, ("aten::zeros", {"size": [2], "pin_memory": True}))
case("a generator", "call", NO, ("aten::rand.generator", {"size": [2], "generator": "@x"}))
case("no memory format", "call", NO, ("aten::clone", {"self": "@x", "memory_format": 1 << 40}))
case("text for a tensor", "call", "", ("aten::relu", {"self": "a"}))
case("a tensor for a number", "call", "", ("aten::leaky_relu", {"self": "@x", "negative_slope": "@x"}))
case("a list for a tensor", "call", "", ("aten::relu", {"self": [1, 2]}))
case("a tensor for a list", "call", "", ("aten::cat", {"tensors": "@x"}))
case("a number for sizes", "call", "", ("aten::view", {"self": "@x", "size": 1.5}))

# Guards.
case("division that traps", "call", "divides whole numbers toward zero",
     ("aten::div.Tensor_mode", {"self": "@a", "other": "@b", "rounding_mode": "trunc"}),
     a=tensor(4, kind=LONG, value=-(2.0**63)), b=tensor(4, kind=LONG, value=-1.0))
case("division that traps in place", "call", "divides whole numbers toward zero",
     ("aten::div_.Scalar_mode", {"self": "@a", "other": -1, "rounding_mode": "trunc"}),
     a=tensor(4, kind="int32", value=-(2.0**31)))
for name, g, dim in [("short", (3,), 0), ("one", (1,), 0), ("wrong axis", (1, 5), 0), ("no axis", (4, 1), 7)]:
    case(f"weight norm, {name}", "call", "", ("aten::_weight_norm", {"v": "@v", "g": "@g", "dim": dim}),
         v=tensor(4, 5), g=tensor(*g))
for name, k, v in [("keys longer", (1, 1, 4000, 4), (1, 1, 4, 4)), ("values longer", (1, 1, 4, 4), (1, 1, 4000, 4)),
                   ("heads", (1, 3, 4, 4), (1, 3, 4, 4)), ("batch", (5, 2, 4, 4), (5, 2, 4, 4)),
                   ("width", (1, 2, 4, 9), (1, 2, 4, 9)), ("no keys' heads", (1, 0, 4, 4), (1, 0, 4, 4))]:
    for operator in ["aten::scaled_dot_product_attention", "aten::_scaled_dot_product_flash_attention_for_cpu"]:
        case(f"{operator}, {name}", "call", "", (operator, {"query": "@q", "key": "@k", "value": "@v"}),
             q=tensor(2, 2, 4, 4), k=tensor(*k), v=tensor(*v))
for kind, gates, states in [("lstm", 4, 2), ("gru", 3, 1), ("rnn_tanh", 1, 1), ("rnn_relu", 1, 1)]:
    good = {"w": (gates * 6, 4), "u": (gates * 6, 6), "b": (gates * 6,), "c": (gates * 6,), "h": (1, 2, 6)}
    for name, wrong in [("short bias", {"b": (1,)}), ("wide weight", {"w": (gates * 6, 400)}),
                        ("square weight", {"u": (4, 4)}), ("other state", {"h": (1, 2, 600)}),
                        ("state of another batch", {"h": (1, 200, 6)}), ("empty weight", {"u": (0, 6)})]:
        shapes = {**good, **wrong}
        hx = ["@h"] * states if kind == "lstm" else "@h"
        case(f"{kind}, {name}", "call", "", (f"aten::{kind}.input", {
            "input": "@i", "hx": hx, "params": ["@w", "@u", "@b", "@c"], "has_biases": True, "num_layers": 1,
            "dropout": 0.0, "train": False, "bidirectional": False, "batch_first": False}),
             i=tensor(3, 2, 4), **{key: tensor(*shape) for key, shape in shapes.items()})
    case(f"{kind}, no weights", "call", "", (f"aten::{kind}.input", {
        "input": "@i", "hx": ["@h"] * states if kind == "lstm" else "@h", "params": ["@w"], "has_biases": False,
        "num_layers": 1 << 40, "dropout": 0.0, "train": False, "bidirectional": False, "batch_first": False}),
         i=tensor(3, 2, 4), h=tensor(1, 2, 6), w=tensor(gates * 6, 4))
for name, offsets in [("negative", -7.0), ("beyond", 100.0), ("far", 2.0**40)]:
    case(f"bags, {name}", "call", "offsets that do not rise",
         ("aten::embedding_bag", {"weight": "@w", "indices": "@i", "offsets": "@o"}),
         w=tensor(10, 3), i=tensor(5, kind=LONG), o=tensor(2, kind=LONG, value=offsets))
case("bags, no numbers", "call", "lists of whole numbers",
     ("aten::_embedding_bag", {"weight": "@w", "indices": "@i", "offsets": "@o"}),
     w=tensor(3, 5), i=tensor(4, 3, kind="bool", value=1.0), o=tensor(4, 4, 0, kind=LONG))
for operator in ["aten::_upsample_bicubic2d_aa", "aten::_upsample_bilinear2d_aa", "aten::upsample_bicubic2d",
                 "aten::upsample_bilinear2d"]:
    for name, size, scale in [("scale", [1, 100], 0.1), ("scale of nothing", [1, 2], 1e-30), ("size", [2, 1 << 40], 0.5), ("negative", [1, 4], -1.0)]:
        case(f"{operator}, {name}", "call", "",
             (operator, {"self": "@i", "output_size": size, "align_corners": False, "scales_h": None, "scales_w": scale}),
             i=tensor(1, 4, 3, 4))

# Arguments that libtorch itself refuses.
case("batch norm, short statistics", "call", "", ("aten::batch_norm", {
    "input": "@x", "weight": None, "bias": None, "running_mean": "@m", "running_var": "@m", "training": True,
    "momentum": 0.1, "eps": 1e-5, "cudnn_enabled": False}), m=tensor(1))
case("embedding outside", "call", "", ("aten::embedding", {"weight": "@w", "indices": "@i"}),
     w=tensor(3, 2), i=tensor(4, kind=LONG, value=2.0**40))
case("gather outside", "call", "", ("aten::gather", {"self": "@w", "dim": 0, "index": "@i"}),
     w=tensor(3, 2), i=tensor(1, 2, kind=LONG, value=-9.0))
case("window outside", "call", "", ("aten::as_strided", {"self": "@x", "size": [9], "stride": [1 << 40]}))
case("transform of a far axis", "call", "", ("aten::fft_rfft", {"self": "@x", "dim": 9}))

# More than there is.
MANY = "elements, at most"
case("a trillion shown", "call", MANY, ("aten::expand", {"self": "@s", "size": [1 << 20, 1 << 20]}), s=tensor(1))
case("a window of a trillion", "call", MANY,
     ("aten::as_strided", {"self": "@x", "size": [1 << 20, 1 << 20], "stride": [0, 0]}))
BEYOND = "at most 8589934592"
case("an extent of a trillion", "call", BEYOND, ("aten::expand", {"self": "@s", "size": [1 << 40]}), s=tensor(1))
case("a pool of 2^63", "call", BEYOND, ("aten::max_pool1d", {"self": "@i", "kernel_size": [2**63 - 1], "padding": [3]}),
     i=tensor(2, 4, 3, kind="float64"))
case("a trillion made", "call", "", ("aten::zeros", {"size": [1 << 40]}))
case("2^62 made", "call", "", ("aten::zeros", {"size": [1 << 62, 8, 0, 1 << 62]}))
case("a range without end", "call", "", ("aten::arange", {"end": 1e15}))
case("one-hot without end", "call", "", ("aten::one_hot", {"self": "@i", "num_classes": 1 << 40}), i=tensor(2, kind=LONG))
case("repeated without end", "call", "", ("aten::repeat", {"self": "@x", "repeats": [1 << 30, 1 << 30]}))
case("many that nobody touches", "call", "not enough memory",
     *[("aten::empty.memory_format", {"size": [1 << 31]})] * 100, ("aten::cat", {"tensors": [f"@v{i}" for i in range(100)]}))

# Sizes.
for operator, arguments, says in [
    ("math::floor", {"0": 1e300}, "is no size"), ("math::ceil", {"0": -1e300}, "is no size"),
    ("math::trunc", {"0": {"double": "nan"}}, "is no size"), ("math::floor", {"0": {"double": "inf"}}, "is no size"),
    ("_operator::floordiv", {"0": -(2**63), "1": -1}, "overflow"), ("_operator::floordiv", {"0": 1, "1": 0}, "zero"),
    ("_operator::mod", {"0": 1, "1": 0}, "zero"), ("_operator::add", {"0": 2**63 - 1, "1": 1}, "overflow"),
    ("_operator::sub", {"0": -(2**63), "1": 1}, "overflow"), ("_operator::mul", {"0": 2**62, "1": 2}, "overflow"),
    ("_operator::neg", {"0": -(2**63)}, "overflow"), ("_operator::pow", {"0": 2, "1": 2**62}, "overflow"),
    ("_operator::pow", {"0": 2, "1": -1}, "negative power"), ("_operator::truediv", {"0": 1, "1": 0}, "zero"),
    ("_operator::add", {}, "no arguments"), ("_operator::add", {"0": "@x", "1": 1}, "is not a number"),
]:
    case(f"{operator} {arguments}", "call", says, (operator, arguments),
         ("aten::expand", {"self": "@s", "size": {"sizes": ["v0"]}}), s=tensor(1))
for operator, arguments in [
    ("_operator::mod", {"0": -(2**63), "1": -1}), ("_operator::mod", {"0": 2**63 - 2, "1": 2**63 - 1}),
    ("_operator::floordiv", {"0": -(2**63), "1": 2**63 - 1}), ("_operator::pow", {"0": -1, "1": 2**62 + 1}),
    ("_operator::floordiv", {"0": 2**63 - 1, "1": -(2**63)}),
]:
    # What it gives is no size, or one of too many elements: an error of libtorch's or none, and no trap.
    case(f"{operator} {arguments}", "any", "", (operator, arguments),
         ("aten::expand", {"self": "@s", "size": {"sizes": ["v0"]}}), s=tensor(1))

case("what is harmless runs", "runs", "", ("aten::relu", {"self": "@x"}))
case("division that cannot trap runs", "runs", "",
     ("aten::div.Tensor_mode", {"self": "@x", "other": "@x", "rounding_mode": "trunc"}))
case("attention with grouped heads runs", "runs", "",
     ("aten::scaled_dot_product_attention", {"query": "@q", "key": "@k", "value": "@k", "enable_gqa": True}),
     q=tensor(2, 4, 5, 8), k=tensor(2, 2, 6, 8))

with open(os.path.join(folder, "programs.json"), "w") as file:
    json.dump(cases, file, indent=0, sort_keys=True)

# An exported program with one call exchanged.
model = torch.nn.Sequential(torch.nn.Linear(784, 8), torch.nn.ReLU(), torch.nn.Linear(8, 10)).eval()
program = torch.export.export(
    torch.nn.Sequential(torch.nn.Flatten(), model), (torch.zeros(2, 1, 28, 28),),
    dynamic_shapes=({0: torch.export.Dim.DYNAMIC},))
plain = os.path.join(folder, "plain.pt2")
torch.export.save(program, plain)
with zipfile.ZipFile(plain) as source, zipfile.ZipFile(os.path.join(folder, "from_file.pt2"), "w") as target:
    for entry in source.infolist():
        data = source.read(entry)
        if entry.filename.endswith("models/model.json"):
            graph = json.loads(data)
            nodes = graph["graph_module"]["graph"]["nodes"]
            for node in nodes:  # nothing of the machine that made it
                node["metadata"].pop("stack_trace", None)
            node = next(node for node in nodes if node["target"] == "torch.ops.aten.relu.default")
            node["target"] = "torch.ops.aten.from_file.default"
            node["inputs"] = [{"name": "filename", "arg": {"as_string": "FILE"}, "kind": 1},
                              {"name": "shared", "arg": {"as_bool": True}, "kind": 1},
                              {"name": "size", "arg": {"as_int": 16}, "kind": 1}]
            data = json.dumps(graph).encode()
        target.writestr(entry.filename, data)
os.remove(plain)


class Endless:
    def __reduce__(self):
        storage = torch.storage.TypedStorage(wrap_storage=torch.zeros(4).untyped_storage(), dtype=torch.float32, _internal=True)
        return torch._utils._rebuild_tensor_v2, (storage, 0, (2**62, 8, 0), (1, 1, 1), False, collections.OrderedDict())


torch.save({"weight": torch.zeros(2), "endless": Endless()}, os.path.join(folder, "shape.pth"))
