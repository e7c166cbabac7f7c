import Checkpoints

extension Run {
  /// The checkpoint that the run began from, the same as it was then.
  ///
  /// - Parameter given: what is held to be it; nil reads it from where it was.
  /// - Throws: ``TrainingError/badResume(_:)`` where it is gone, or is another by now.
  public func base(given: Checkpoint? = nil) throws -> Checkpoint {
    let known = record.data.base
    let start = "\(path) was stopped before its first epoch was stored"
    let place = known.map { $0.path.isEmpty ? "the checkpoint" : $0.path } ?? "the checkpoint"
    guard let base = try given ?? known?.found.map({ try Checkpoint(contentsOf: $0) }) else {
      throw TrainingError.badResume("\(start), and \(place) that it began from is not there")
    }
    if let fingerprint = known?.fingerprint {
      guard try base.fingerprint == fingerprint else {
        throw TrainingError.badResume("\(start), and \(place) is not what it began from any more")
      }
    } else if given == nil {
      throw TrainingError.badResume("\(start), by a version that did not say what \(place) held")
    }
    return base
  }
}
