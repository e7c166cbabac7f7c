import Findings
import Foundation
import TestSupport
import Testing

@testable import Reports

@Suite struct TrainerStateTests {
  @Test func everyEpochHasATrainingAndAnEvaluationEntry() throws {
    let expected: JSONValue = [
      ["epoch": 0.0, "eval_source_accuracy": 0.75, "eval_source_loss": 0.5, "step": 0],
      [
        "dose.l2-sp.penalty": 0.02, "epoch": 1.0, "learning_rate": 5e-5, "loss": 1.25, "penalty": 0.03, "step": 40,
      ],
      [
        "epoch": 1.0, "eval_source_accuracy": 0.5, "eval_source_loss": 0.9, "eval_target_accuracy": 0.625,
        "eval_target_loss": 1.1, "step": 40,
      ],
      ["epoch": 2.0, "loss": 0.75, "step": 80],
      [
        "epoch": 2.0, "eval_proxy_agreement": 1.0, "eval_proxy_divergence": 123456.789, "eval_source_accuracy": 0.4,
        "eval_source_loss": 1e-12, "eval_target_accuracy": 0.8, "eval_target_loss": -0.7, "step": 80,
      ],
    ]
    #expect(TrainerState.json(of: .sample)["log_history"] == expected)
  }

  @Test func theStateIsThatOfTheLastRow() {
    let state = TrainerState.json(of: .sample)
    #expect(state["epoch"] == 2.0 && state["global_step"] == 80)
    // The run was to have 3 epochs of 40 steps and was interrupted after 2.
    #expect(state["max_steps"] == 120 && state["num_train_epochs"] == 3)
    #expect(state["best_metric"] == 0.8 && state["best_model_checkpoint"] == "checkpoints/epoch-0002.h5")
  }

  @Test func aRunWithoutRowsHasAStateToo() {
    let state = TrainerState.json(
      of: RunLog(startTime: 0, rows: [], stepsPerEpoch: 5, epochCount: 2, batchSize: 8))
    #expect(state["epoch"] == 0.0 && state["global_step"] == 0 && state["best_metric"] == JSONValue.null)
    #expect(state["log_history"] == JSONValue.array([]))
  }

  @Test func theFileIsAsLastSeen() { expectSnapshot(TrainerState.text(of: .sample), "trainer_state.json") }

  @Test func infinityIsLeftOut() {
    let row = RunLog.Row(epoch: 1, step: 5, wallTime: 1, values: [("training_loss", .infinity), ("penalty", 2)])
    let log = RunLog(startTime: 0, rows: [row], stepsPerEpoch: 5, epochCount: 1, batchSize: 8)
    #expect(TrainerState.json(of: log)["log_history"] == [["epoch": 1.0, "penalty": 2.0, "step": 5]])
  }

  @Test(.enabled(if: Python.hasTransformers)) func transformersLoadsItAndWritesItBackTheSame() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("trainer_state.json")
    try Data(TrainerState.text(of: .sample).utf8).write(to: URL(fileURLWithPath: path))
    let output = try Python.run(
      """
      import json, sys
      from transformers import TrainerState
      state = TrainerState.load_from_json(sys.argv[1])
      assert state.global_step == 80 and state.log_history[1]["loss"] == 1.25, state
      state.save_to_json(sys.argv[1] + ".again")
      ours, again = json.load(open(sys.argv[1])), json.load(open(sys.argv[1] + ".again"))
      assert list(ours) == sorted(ours) and [list(e) for e in ours["log_history"]] == [sorted(e) for e in ours["log_history"]]
      assert {**ours, "best_global_step": None} == {"best_global_step": None, **again}, (ours, again)
      print("the same")
      """, path)
    #expect(output.hasSuffix("the same"))
  }
}
