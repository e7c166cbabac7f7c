"""The callbacks, with the trainers that they are for: what is judged is what PyTorch makes of each checkpoint."""

import os
import re
import tempfile
import unittest

import lethe
import torch
from lethe._watch import Judge
from models import TRAINERS, data, language_model, nats, points_network, share_right
from torch import nn


class TransformersTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        from transformers import Trainer

        cls.model = language_model()
        with tempfile.TemporaryDirectory() as folder:
            Trainer(cls.model, cls.arguments(folder, 120, save_strategy="no"), train_dataset=cls.rows("old.h5")).train()
        cls.start = {name: tensor.clone() for name, tensor in cls.model.state_dict().items()}

    @staticmethod
    def arguments(folder, steps, **others):
        from transformers import TrainingArguments

        return TrainingArguments(
            folder, max_steps=steps, per_device_train_batch_size=8, learning_rate=5e-3, report_to=[], use_cpu=True,
            disable_tqdm=True, seed=3, **others)

    @staticmethod
    def rows(name):
        (texts,) = data(name, "train", "inputs/input_ids")
        return [{"input_ids": row, "labels": row} for row in texts]

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.model.load_state_dict(self.start)
        lethe.export(self.model, data("old.h5", "test", "inputs/input_ids")[0][:2], self.program)

    @property
    def program(self):
        return f"{self.folder}/model.pt2"

    def callback(self, **options):
        from lethe.transformers import WatchCallback

        return WatchCallback(
            program=self.program, source=TRAINERS / "old.h5", target=TRAINERS / "new.h5", run=f"{self.folder}/run",
            options=["--settle", "0.2"], **options)

    def train(self, callback, steps, every):
        from transformers import Trainer

        arguments = self.arguments(f"{self.folder}/out", steps, save_steps=every)
        trainer = Trainer(self.model, arguments, train_dataset=self.rows("new.h5"), callbacks=[callback])
        trainer.train()
        return trainer

    def test_each_checkpoint_is_judged_as_pytorch_judges_it(self):
        before = {name: nats(self.model, name) for name in ("old.h5", "new.h5")}
        callback = self.callback()
        self.train(callback, 6, 2)
        self.assertIsNone(callback.watch.stopped)
        epochs = lethe.read_run(f"{self.folder}/run").epochs
        self.assertEqual(list(epochs["epoch"]), [0, 1, 2, 3])
        for column, name in (("source_nats_per_token", "old.h5"), ("target_nats_per_token", "new.h5")):
            self.assertAlmostEqual(epochs[column].iloc[0], before[name], places=5)
            self.assertAlmostEqual(epochs[column].iloc[3], nats(self.model, name), places=5)

    def test_a_training_that_forgets_is_stopped(self):
        callback = self.callback(max_forgetting=0.05)
        trainer = self.train(callback, 4000, 4)
        self.assertLess(trainer.state.global_step, 4000)
        self.assertRegex(callback.watch.stopped["checkpoint"], r"checkpoint-\d+")
        self.assertIn("0.05", callback.watch.stopped["reason"])
        epochs = lethe.read_run(f"{self.folder}/run").epochs
        lost = epochs["source_nats_per_token"] - epochs["source_nats_per_token"].iloc[0]
        self.assertGreater(lost.iloc[-1], 0.05)

    def test_what_the_command_refuses_is_said_before_the_training(self):
        callback = self.callback(max_forgetting="2 bananas")
        with self.assertRaisesRegex(lethe.CommandError, "2 bananas"):
            self.train(callback, 6, 2)
        self.assertFalse(os.path.exists(f"{self.folder}/out/checkpoint-2"))
        with self.assertRaisesRegex(FileNotFoundError, "none.pt2"):
            lethe.Watch(program="none.pt2", target="new.h5", run="run")


def decide(rank, folder):
    """What a process of two makes of the first one's judgement."""
    torch.distributed.init_process_group("gloo", init_method=f"file://{folder}/store", rank=rank, world_size=2)
    judge = Judge(lethe.Watch(program=TRAINERS / "net.pt2", target=TRAINERS / "second.h5", run=f"{folder}/run"))
    answers = []
    for stopped in (None, {"reason": "too much"}):
        if rank == 0:
            judge._watches, judge.watch.stopped = True, stopped
        answers.append(judge.should_stop())
    with open(f"{folder}/{rank}", "w") as file:
        file.write(str(answers))
    torch.distributed.destroy_process_group()


class DistributedTests(unittest.TestCase):
    def test_all_processes_stop_where_the_first_one_says_so(self):
        with tempfile.TemporaryDirectory() as folder:
            torch.multiprocessing.spawn(decide, (folder,), nprocs=2)
            for rank in range(2):
                with open(f"{folder}/{rank}") as file:
                    self.assertEqual(file.read(), "[False, True]", f"process {rank}")


class LightningTests(unittest.TestCase):
    def test_each_checkpoint_is_judged_as_pytorch_judges_it(self):
        import lightning
        from lethe.lightning import WatchCallback
        from lightning.pytorch.callbacks import ModelCheckpoint

        class Network(lightning.LightningModule):
            def __init__(self):
                super().__init__()
                self.model = points_network()

            def training_step(self, batch, _):
                return nn.functional.cross_entropy(self.model(batch[0]), batch[1])

            def configure_optimizers(self):
                return torch.optim.Adam(self.parameters(), lr=0.03)

        def fit(name, epochs, *callbacks):
            examples = torch.utils.data.TensorDataset(*data(name, "train", "inputs/x", "labels"))
            trainer = lightning.Trainer(
                max_epochs=epochs, accelerator="cpu", logger=False, enable_progress_bar=False,
                enable_model_summary=False, callbacks=list(callbacks), enable_checkpointing=bool(callbacks))
            trainer.fit(network, torch.utils.data.DataLoader(examples, batch_size=8))
            return trainer

        network = Network()
        fit("first.h5", 20)
        start = {name: tensor.clone() for name, tensor in network.state_dict().items()}
        for limit, epochs in ((None, 3), (0.02, 400)):
            with self.subTest(max_forgetting=limit), tempfile.TemporaryDirectory() as folder:
                network.load_state_dict(start)
                lethe.export(network.model, data("first.h5", "test", "inputs/x")[0][:2], f"{folder}/net.pt2")
                before = share_right(network.model, "first.h5")
                callback = WatchCallback(
                    program=f"{folder}/net.pt2", source=TRAINERS / "first.h5", target=TRAINERS / "second.h5",
                    run=f"{folder}/run", max_forgetting=limit, options=["--target-head", "keep", "--settle", "0.2"])
                trainer = fit("second.h5", epochs, callback, ModelCheckpoint(f"{folder}/out", save_top_k=-1))
                found = lethe.read_run(f"{folder}/run").epochs
                self.assertAlmostEqual(found["source_accuracy"].iloc[0], before, places=6)
                if limit is None:
                    self.assertIsNone(callback.watch.stopped)
                    self.assertEqual(len(found), 4)
                    after = share_right(network.model, "first.h5")
                    self.assertAlmostEqual(found["source_accuracy"].iloc[-1], after, places=6)
                else:
                    self.assertLess(trainer.current_epoch, epochs)
                    self.assertTrue(re.search(r"epoch=\d+", callback.watch.stopped["checkpoint"]))

    def test_a_trainer_without_checkpoints_is_refused(self):
        from lethe.lightning import WatchCallback

        class Trainer:
            checkpoint_callback = None

        callback = WatchCallback(program=TRAINERS / "net.pt2", target=TRAINERS / "second.h5", run="run")
        with self.assertRaisesRegex(ValueError, "ModelCheckpoint"):
            callback.on_fit_start(Trainer(), None)


if __name__ == "__main__":
    unittest.main()
