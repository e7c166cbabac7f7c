import Checkpoints
import Foundation

/// What is known of where a checkpoint comes from.
enum RunOrigin {
  /// The data that a run's checkpoint was last trained on; nil where it is in no run's folder.
  static func data(ofCheckpoint path: String) -> DataReference? {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().deletingLastPathComponent().path
    guard let target = try? Run.open(folder).record.data.target, !target.isInMemory else { return nil }
    return target
  }
}
