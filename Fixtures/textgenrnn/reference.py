"""Nats a character by NumPy: python reference.py WEIGHTS DATA. Needs h5py.

WEIGHTS is textgenrnn_weights.hdf5, or a file like it: LSTM layers as cuDNN's kernels had them, which Keras turns round as here. DATA is what
`lethe data convert --tokenizer` made: of its test examples every place is predicted from the 40 characters before, zeros where there are none.
"""

import sys

import h5py
import numpy as np

CONTEXT = 40


def turned(kernel, recurrent, bias):
    """cuDNN's four gates as Keras' own layer has them; its two biases are added."""
    kernel = np.hstack([gate.T.reshape(gate.shape, order="F") for gate in np.hsplit(kernel, 4)])
    recurrent = np.hstack([gate.T for gate in np.hsplit(recurrent, 4)])
    return kernel, recurrent, bias.reshape(2, -1).sum(0)


def lstm(values, kernel, recurrent, bias):
    state, cell, states = np.zeros((len(values), len(recurrent))), 0, []
    for place in range(values.shape[1]):
        inlet, forget, candidate, outlet = np.split(values[:, place] @ kernel + state @ recurrent + bias, 4, axis=1)
        cell = cell / (1 + np.exp(-forget)) + np.tanh(candidate) / (1 + np.exp(-inlet))
        state = np.tanh(cell) / (1 + np.exp(-outlet))
        states.append(state)
    return np.stack(states, 1)


def logarithms(weights, windows):
    embedded = weights["embedding"][0][windows]
    first = lstm(embedded, *turned(*weights["rnn_1"]))
    features = np.concatenate([embedded, first, lstm(first, *turned(*weights["rnn_2"]))], -1)
    attention = np.exp(features @ weights["attention"][0])
    mixed = (features * attention / attention.sum(1, keepdims=True)).sum(1)
    kernel, bias = weights["output"]
    logits = mixed @ kernel + bias
    logits -= logits.max(1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(1, keepdims=True))


def main():
    names = {"embedding": ["embeddings"], "rnn_1": ["kernel", "recurrent_kernel", "bias"], "attention": ["attention_W"], "output": ["kernel", "bias"]}
    names["rnn_2"] = names["rnn_1"]
    with h5py.File(sys.argv[1]) as file:
        weights = {layer: [file[f"{layer}/{layer}/{name}:0"][()].astype(float) for name in own] for layer, own in names.items()}
    with h5py.File(sys.argv[2]) as file:
        tokens, labels = file["test/inputs/input_ids"][()].astype(int), file["test/labels"][()].astype(int)
    total = count = 0
    for row, label in zip(tokens, labels):
        padded = np.concatenate([np.zeros(CONTEXT - 1, int), row])
        windows = np.lib.stride_tricks.sliding_window_view(padded, CONTEXT)[:-1]
        said = np.flatnonzero(label[1:] != -100)
        total -= logarithms(weights, windows)[said, label[1:][said]].sum()
        count += len(said)
    print(total / count)


if __name__ == "__main__":
    main()
