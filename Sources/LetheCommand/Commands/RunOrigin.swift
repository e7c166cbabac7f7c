import Checkpoints
import Foundation

/// What is known of where a checkpoint comes from.
enum RunOrigin {
  /// The data that a run's checkpoint was last trained on, as the user gave them; nil where it is in no run's folder.
  static func data(ofCheckpoint path: String) -> String? {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().deletingLastPathComponent().path
    guard let run = try? Run.open(folder),
      let options = try? ConfigurationFile(yaml: run.record.commandOptions, origin: folder)
    else { return nil }
    return options.value(of: "data") ?? options.value(of: "target")
  }
}
