import Foundation

extension TransferScores {
  /// How much of the target's label is settled by the label that a source head gives: minus the conditional entropy.
  ///
  /// `NCE = −H(y | z) = Σ_{y,z} P(y, z) log (P(y, z) / P(z))`, with the frequencies of the sample.
  ///
  /// - Parameters:
  ///   - sourceLabels: the source head's most probable class of each example.
  ///   - labels: the target's, one an example.
  /// - Returns: nats, at most 0, which is reached where each source label goes with one target label; at least
  ///   `Σ_y P(y) log P(y)`, where they are independent.
  /// - Throws: ``AnalysisError/nothingToCompare(_:)`` without examples.
  ///
  /// It ranks source models for one target; with many source labels and few examples it is too high, and 0 where every
  /// example has a source label of its own.
  ///
  /// Tran, Nguyen, Hassner, "Transferability and Hardness of Supervised Classification Tasks", ICCV 2019.
  public static func nce(sourceLabels: [Int32], labels: [Int32]) throws -> Double {
    precondition(sourceLabels.count == labels.count, "\(sourceLabels.count) source labels for \(labels.count) labels")
    guard !labels.isEmpty else { throw AnalysisError.nothingToCompare("no examples to score") }
    var joint: [Int32: [Int32: Int]] = [:]
    for (source, label) in zip(sourceLabels, labels) { joint[source, default: [:]][label, default: 0] += 1 }
    var sum = 0.0
    // In the order of the labels, so that the last bit is the same each time.
    for (_, counts) in joint.sorted(by: { $0.key < $1.key }) {
      let mass = Double(counts.values.reduce(0, +))
      for (_, count) in counts.sorted(by: { $0.key < $1.key }) { sum += Double(count) * log(Double(count) / mass) }
    }
    return sum / Double(labels.count)
  }
}
