import Checkpoints
import Files
import Findings
import Foundation
import Reports
import Training

extension Run {
  /// Writes the logs that other tools read: `metrics.csv`, `steps.csv`, `trainer_state.json` and TensorBoard's event file, each whole.
  func writeLogs() throws {
    let log = log
    try AtomicFile.write(Data(TrainerState.text(of: log).utf8), to: "\(path)/trainer_state.json")
    let folder = "\(path)/tensorboard"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try AtomicFile.write(Data(TensorBoardEvents.bytes(of: log)), to: "\(folder)/\(TensorBoardEvents.fileName(of: log))")
    let files = RunReport(runs: [finding], title: "").csvs()
    for (name, content) in files where ["metrics.csv", "dose.csv", "steps.csv"].contains(name) {
      try AtomicFile.write(Data(content.utf8), to: "\(path)/\(name)")
    }
  }
}
