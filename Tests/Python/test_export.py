"""lethe.export against torch.export typed by hand, and what the command makes of its files."""

import json
import tempfile
import unittest
import warnings

import lethe
import torch
from models import LENGTH, TRAINERS, WORDS, Images, language_model, nats
from torch import nn


class ExportTests(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = f"{self.folder.name}/model.pt2"

    def layers(self):
        return json.loads(lethe.command("inspect", self.path, "--json"))

    def test_it_writes_what_is_written_by_hand(self):
        model = Images().eval()
        images = torch.randn(2, 1, 28, 28)
        by_hand = torch.export.export(model, (images,), dynamic_shapes=({0: torch.export.Dim.DYNAMIC},))
        lethe.export(model, images, self.path)
        written = torch.export.load(self.path)
        self.assertEqual(str(written.graph), str(by_hand.graph))
        self.assertEqual(str(written.graph_signature), str(by_hand.graph_signature))
        self.assertEqual(written.state_dict.keys(), model.state_dict().keys())
        for name, tensor in model.state_dict().items():
            self.assertTrue(torch.equal(written.state_dict[name], tensor), name)

    def test_names_are_the_models_and_a_single_example_is_enough(self):
        model = Images().train()
        lethe.export(model, torch.randn(1, 1, 28, 28), self.path)
        self.assertTrue(all(module.training for module in model.modules()), "the model is as it was")
        lethe.command("import", self.path, "-o", f"{self.folder.name}/model.h5")
        found = json.loads(lethe.command("inspect", f"{self.folder.name}/model.h5", "--json"))
        self.assertLessEqual({"stem.0", "stem.1", "fc"}, {layer["name"] for layer in found["layers"]})

    def test_a_language_model_is_judged_by_the_command_as_by_pytorch(self):
        model = language_model()
        model.config.use_cache = True
        lethe.export(model, {"input_ids": torch.randint(0, WORDS, (2, 7)), "labels": torch.zeros(2, 7)}, self.path)
        self.assertTrue(model.config.use_cache, "the configuration is as it was")
        lethe.command("import", self.path, "-o", f"{self.folder.name}/model.h5")
        found = json.loads(lethe.command(
            "evaluate", f"{self.folder.name}/model.h5", "--data", TRAINERS / "old.h5", "--json", "--quiet"))
        self.assertNotEqual(LENGTH, 7, "texts have another length than the example")
        self.assertAlmostEqual(found["loss"], nats(model, "old.h5"), places=5)

    def test_a_wrapped_model_and_named_inputs(self):
        model = torch.nn.DataParallel(Images())
        lethe.export(model, {"image": torch.randn(3, 1, 28, 28)}, self.path)
        self.assertEqual(torch.export.load(self.path).state_dict.keys(), model.module.state_dict().keys())

    def test_training_keeps_what_evaluation_has_lost(self):
        class Stochastic(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(4, 2)

            def forward(self, x):
                return self.fc(x * torch.bernoulli(torch.full((x.shape[0], 1), 0.5)) if self.training else x)

        calls = {}
        for training in (False, True):
            lethe.export(Stochastic(), torch.randn(2, 4), self.path, training=training)
            calls[training] = [str(node.target) for node in torch.export.load(self.path).graph.nodes]
        self.assertFalse(any("bernoulli" in call for call in calls[False]))
        self.assertTrue(any("bernoulli" in call for call in calls[True]))

    def test_what_stands_in_the_way_is_said_and_nothing_is_written(self):
        class Fixed(nn.Module):
            def forward(self, x):
                return x.view(2, -1)

        class Deciding(nn.Module):
            def forward(self, x):
                return x if x.sum() > 0 else -x

        for model, words in ((Fixed(), "fixes a size"), (Deciding(), "decides by its data")):
            with self.assertRaises(lethe.ExportError) as raised:
                lethe.export(model, torch.ones(2, 4), self.path)
            self.assertIn(words, str(raised.exception))
        for example, words in (("text", "found str"), (torch.tensor(1.0), "a batch of inputs")):
            with self.assertRaises(lethe.ExportError) as raised:
                lethe.export(Images(), example, self.path)
            self.assertIn(words, str(raised.exception))
        with self.assertRaises(FileNotFoundError):
            open(self.path)

    def test_a_length_that_the_model_fixes_is_said(self):
        class Positions(nn.Module):
            def __init__(self):
                super().__init__()
                self.words, self.places = nn.Embedding(9, 4), nn.Parameter(torch.randn(5, 4))

            def forward(self, tokens):
                return (self.words(tokens) + self.places).mean(1)

        with self.assertWarnsRegex(UserWarning, "tokens: the model fixes its length at 5"):
            lethe.export(Positions(), torch.zeros(2, 5, dtype=torch.int64), self.path)
        with self.assertRaises(lethe.ExportError):
            lethe.export(Positions(), torch.zeros(2, 5, dtype=torch.int64), self.path, sequence=True)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            lethe.export(Positions(), torch.zeros(2, 5, dtype=torch.int64), self.path, sequence=False)

    def test_an_operator_that_no_file_may_call_is_said(self):
        @torch.library.custom_op("lethe_test::twice", mutates_args=())
        def twice(x: torch.Tensor) -> torch.Tensor:
            return x + x

        twice.register_fake(torch.empty_like)

        class Doubling(nn.Module):
            def forward(self, x):
                return twice(x)

        with self.assertWarnsRegex(UserWarning, "calls lethe_test::twice.*--allow-operator"):
            lethe.export(Doubling(), torch.ones(2, 4), self.path)


if __name__ == "__main__":
    unittest.main()
