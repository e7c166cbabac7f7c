import Foundation
import TestSupport
import Testing

/// Runs that a rule ends, as a user sees them.
@Suite struct StopRuleCommandTests {
  /// The looks after the last epoch that is kept stand in the files too.
  @Test func whatEndedARunWithinItsFirstEpochIsInItsFiles() throws {
    let folder = try TemporaryFolder()
    let data = Repository.fixture("fashion-mnist-small")
    func lethe(_ arguments: String...) throws -> Command {
      let command = try Command(array: arguments)
      #expect(command.status == 0, "\(command.errors)")
      return command
    }
    _ = try lethe("new", "mlp", "--classes", "5", "--hidden", "8", "-o", folder.file("base.h5"))
    _ = try lethe(
      "train", folder.file("base.h5"), "--data", data + ":0-4", "--epochs", "1", "-o", folder.file("source"))
    let run = try lethe(
      "finetune", folder.file("source"), "--target", data + ":5-9", "--lr", "1", "--eval-every", "1", "--stop-when",
      "gauge > 0.0001", "-o", folder.file("run"))
    #expect(run.output.contains("stopped at step 1 (epoch ") && run.output.contains("the model is kept as it was"))
    let steps = try String(contentsOfFile: folder.file("run/steps.csv"), encoding: .utf8)
    #expect(
      steps.split(whereSeparator: \.isNewline).map { $0.split(separator: ",")[1] } == ["step", "0", "1"], "\(steps)")
    let state = try String(contentsOfFile: folder.file("run/trainer_state.json"), encoding: .utf8)
    #expect(state.contains("\"global_step\": 1"))
  }
}
